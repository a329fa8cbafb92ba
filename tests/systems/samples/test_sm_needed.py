"""Samples needed: the closed form, what is measured there, and pilots that know and do not."""

import pytest
import torch

from prospect.base.errors import ProspectError
from prospect.systems.samples.needed import needed, samples_needed
from prospect.systems.samples.orders import orders

N = 1000


def on_grid(losses):
    """The losses of a curve of 11 points, whose mean spans 1 nat: a slope times 1 plus noise."""
    slope = torch.linspace(0, 1, 11)[:, None]
    return slope + losses[None] - losses.mean()


def drawn_losses(heavy=False):
    """Losses of N samples with standard deviation 1; where heavy, one in 200 carries it."""
    rng = torch.Generator().manual_seed(0)
    losses = torch.randn(N, generator=rng).double()
    if heavy:
        losses = (torch.arange(N) % 200 == 0) * (1 + 0.1 * losses)
    return losses / losses.std(correction=0)


def test_the_number_undoes_the_formula():
    for variance, samples, k in ((2.0, 500, 37), (0.1, 10**6, 1200), (5.0, 100, 99)):
        error = (variance * (samples - k) / (k * (samples - 1))) ** 0.5
        assert samples_needed(variance, error, samples) == k
        assert samples_needed(variance, error * (1 - 1 / k), samples) > k
    assert samples_needed(1.0, 1e-9, 200) == 200  # at most all


@pytest.mark.parametrize("heavy", [False, True])
@pytest.mark.parametrize("accuracy", [0.05, 0.1, 0.3])
def test_as_many_as_said_hit_the_accuracy_within_ten_percent(accuracy, heavy):
    found = needed(on_grid(drawn_losses(heavy)), orders(2000, N, 0), accuracy, 100)
    assert found["range"] == pytest.approx(1) and found["deviation"] == pytest.approx(1)
    assert found["error"] == pytest.approx(1, abs=0.1)
    assert found["needed"] <= found["needed_most"] <= N
    # every sample moves the whole curve: there is no shape to get wrong
    assert found["offset_share"] == pytest.approx(1) and found["needed_shape"] == 1


def test_shape_alone_needs_less_by_what_the_offset_takes():
    rng = torch.Generator().manual_seed(1)
    losses = on_grid(drawn_losses()) + torch.randn(11, N, generator=rng).double()
    found = needed(losses, orders(2000, N, 0), 0.1, 100)
    assert found["offset_share"] == pytest.approx(0.54, abs=0.02)  # (1 + 1/11) / 2
    assert 1 < found["needed_shape"] < found["needed"]


def test_a_pilot_knows_common_samples_and_misses_rare_ones():
    common, rare = (
        needed(on_grid(drawn_losses(heavy)), orders(1000, N, 0), 0.2, 100)
        for heavy in (False, True)
    )
    assert common["pilot_ratio_large"] == pytest.approx(1, abs=0.05)
    assert common["pilot_low"] < common["needed"] < common["pilot_high"]
    assert rare["pilot_low"] < 0.1 * rare["needed"]  # 6 in 10 pilots meet none of the five


def test_a_pilot_of_more_samples_than_there_are_is_one_line():
    with pytest.raises(ProspectError, match="pilot: 1001 are more than the 1000 samples"):
        needed(on_grid(drawn_losses()), orders(2, N, 0), 0.1, 1001)
