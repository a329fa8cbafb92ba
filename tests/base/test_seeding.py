"""Seeds: the hash is the same for ever and everywhere, and every purpose has its own numbers."""

import os
import subprocess
import sys

import pytest
import torch

from prospect.base.seeding import generator, stable_hash

PARTS = (0, "batches", 1)
PINNED = 1034286629273884401
DRAW = "from prospect.base.seeding import generator; import torch; "
DRAW += "print(*torch.randint(2**62, (3,), generator=generator(0, 'batches', 1)).tolist())"


def drawn(*purpose):
    return torch.randint(2**62, (3,), generator=generator(*purpose)).tolist()


def test_the_hash_of_known_parts_is_pinned():
    assert stable_hash(*PARTS) == PINNED  # another one would change every result there is
    assert stable_hash("κ", -1, None) == 5150080488148433641


def test_the_hash_fits_the_seed_of_a_generator():
    hashes = [stable_hash(number, "x") for number in range(1000)]
    assert len(set(hashes)) == 1000
    assert min(hashes) >= 0 and 2**62 < max(hashes) < 2**63


def test_the_same_purpose_gives_the_same_stream():
    assert drawn(*PARTS) == drawn(*PARTS)


@pytest.mark.parametrize(
    "other", [(1, "batches", 1), (0, "batches", 2), (0, "subset", 1), (0, "batches"), (0, 1)]
)
def test_another_purpose_gives_another_stream(other):
    assert not set(drawn(*PARTS)) & set(drawn(*other))


def test_order_and_place_of_the_parts_count():
    names = [("ab", "c"), ("a", "bc"), ("abc",), ("c", "ab"), ("a", "b", "c"), ("abc", "")]
    assert len({stable_hash(*parts) for parts in names}) == len(names)


def test_a_stream_is_its_own_whatever_else_is_drawn():
    state = torch.get_rng_state()
    one = generator(*PARTS)
    first = torch.randint(2**62, (1,), generator=one).tolist()
    drawn(0, "subset", 1)
    torch.manual_seed(5)
    rest = torch.randint(2**62, (2,), generator=one).tolist()
    torch.set_rng_state(state)
    assert first + rest == drawn(*PARTS)


def test_nothing_is_drawn_from_the_global_stream():
    before = torch.get_rng_state()
    drawn(*PARTS)
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize("salt", ["0", "1"])
def test_another_process_draws_the_same(salt):
    environment = os.environ | {"PYTHONPATH": "workflow", "PYTHONHASHSEED": salt}
    done = subprocess.run(
        [sys.executable, "-c", DRAW], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [str(number) for number in drawn(*PARTS)]
