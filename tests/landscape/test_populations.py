"""Populations in another arithmetic, against the same ones that are exact."""

import numpy as np
import pytest
import torch

from prospect.base.resume import Partial
from prospect.landscape import nearby, populations
from prospect.landscape.landscapes import Landscape
from prospect.model import checkpoints, networks
from prospect.model.approximation import in_arithmetic
from prospect.records import grids, shards
from prospect.records.losses import Losses

NETWORK = {"architecture": "resnet", "width": 4, "blocks": [1, 1]}
PARAMS = {
    "dataset": {"name": "digits", "root": "data", "options": {}},
    "device": "cpu",
    "network": NETWORK,
    "evaluation": {"split": "train", "samples": 300, "batchnorm": "recompute", "batch": 4096},
}
ITEM = {"center": "t", "noise": "gaussian", "normalise": "scaled", "count": 12, "points": 7}
ITEM |= {"window": 1.0, "tolerance": 0.03, "arithmetic": "auto"}
BOTH = [torch.bfloat16, torch.float32]


@pytest.fixture
def landscape(tmp_path, monkeypatch):
    monkeypatch.setattr(populations, "MANY", 1)
    monkeypatch.setattr(nearby, "WORTH", 0)
    monkeypatch.setattr(populations, "arithmetics", lambda *_: BOTH)
    network = networks.build(NETWORK, (1, 8, 8), 10, seed=1)
    checkpoints.write(tmp_path / "t.safetensors", network.state_dict(), {})
    files = {"centers/t": tmp_path / "t.safetensors"}
    return Landscape(PARAMS, {"study": "s", "network": "n", "seed": 1}, files)


def made(landscape, output, partial=None, **others) -> Losses:
    """Evaluate a population and read it back."""
    partial = partial or Partial(str(output), {})
    populations.evaluate_population(landscape, ITEM | others, str(output), partial)
    return grids.read(output).values


def test_it_is_as_good_as_exact_and_says_so(landscape, tmp_path):
    exact = made(landscape, tmp_path / "exact.h5", tolerance=0)
    assert (exact.approximate, exact.approximation, exact.error_estimate) == (0, "", 0)
    quick = made(landscape, tmp_path / "quick.h5")
    assert (quick.approximate, quick.approximation) == (12 * 7, "bfloat16")
    apart = np.abs(quick.loss - exact.loss).max(axis=1) / np.ptp(exact.loss, axis=1)
    assert 0 < apart.max() <= 0.03 / 2
    assert 0 < quick.error_estimate <= 0.03 * populations.QUICK
    assert quick.center_loss == exact.center_loss


def test_that_of_a_small_network_is_exact(landscape, tmp_path, monkeypatch):
    monkeypatch.undo()
    monkeypatch.setattr(populations, "MANY", 1)
    monkeypatch.setattr(populations, "arithmetics", lambda *_: BOTH)
    assert made(landscape, tmp_path / "p.h5").approximation == ""


@pytest.mark.parametrize("others", [{"tolerance": 1e-6}, {"count": 7}, {"points": 3}])
def test_it_is_exact_where_that_is_wanted_or_a_trial_is_not_worth_it(landscape, tmp_path, others):
    exact = made(landscape, tmp_path / "exact.h5", **(others | {"tolerance": 0}))
    found = made(landscape, tmp_path / "found.h5", **others)
    assert found.approximation == ""
    assert np.array_equal(found.loss, exact.loss)


def test_an_arithmetic_that_is_wrong_or_that_a_layer_has_not_is_not_used(
    landscape, tmp_path, monkeypatch
):
    exact = made(landscape, tmp_path / "exact.h5", tolerance=0)
    right = landscape.objective.run

    def wrong(part):
        return 1.3 * right(part)

    def missing(part):
        raise RuntimeError("not implemented for 'BFloat16'")

    for run in (wrong, missing):

        def other(objective, dtype, run=run):
            changed = in_arithmetic(objective, dtype)
            changed.run = run
            return changed

        monkeypatch.setattr(populations, "in_arithmetic", other)
        found = made(landscape, tmp_path / "found.h5")
        assert found.approximation == ""
        assert np.array_equal(found.loss, exact.loss)


def test_shards_are_the_whole_byte_for_byte(landscape, tmp_path):
    whole = made(landscape, tmp_path / "whole.h5")
    files = [str(tmp_path / f"{shard}.h5") for shard in range(3)]
    for shard, file in enumerate(files):
        populations.evaluate_shard(landscape, ITEM, file, Partial(file, {}), shard, 3)
    theta = landscape.go_to("t")
    joined = shards.read(files, landscape.place("t", theta))
    for name in Losses.FIELDS:
        assert np.array_equal(getattr(joined, name), getattr(whole, name).ravel()), name
    for name in Losses.SCALARS:
        assert getattr(joined, name) == getattr(whole, name), name


def test_what_was_kept_in_another_arithmetic_is_evaluated_again(landscape, tmp_path, monkeypatch):
    monkeypatch.setattr("prospect.base.resume.SHARE", 0)
    exact = made(landscape, tmp_path / "exact.h5", tolerance=0)
    partial = Partial(str(tmp_path / "p.h5"), {}, every=0)
    quick = made(landscape, tmp_path / "p.h5", partial)
    kept = partial.load()["losses"]
    assert kept["approximation"] == "bfloat16"
    assert np.array_equal(made(landscape, tmp_path / "again.h5", partial).loss, quick.loss)
    monkeypatch.setattr(populations, "arithmetics", lambda *_: [torch.float32])
    assert np.array_equal(made(landscape, tmp_path / "other.h5", partial).loss, exact.loss)
