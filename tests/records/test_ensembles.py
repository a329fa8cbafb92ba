"""Ensembles in files: the same content gives the same bytes, and a member is a center."""

import numpy as np
import pytest
import torch

from prospect.base.errors import ProspectError
from prospect.model import checkpoints, ensemble, networks
from prospect.model.objective import Objective
from prospect.model.weights import layout
from prospect.records import centers, ensembles

SPEC = {"architecture": "resnet", "width": 4, "blocks": [1]}
TRAINING = {"epochs": 2, "batch": 100, "optimizer": {"name": "sgd", "lr": 0.1}}
SEEDS = [5, 2**62 + 1]


@pytest.fixture(scope="module")
def trained(digits):
    """Two networks, trained together: their last state and their history."""
    few = digits._replace(train=digits.train.subset(200, seed=0))
    built = ensemble.members(SPEC, few, SEEDS)
    return ensemble.collect(ensemble.train_ensemble(built, few, TRAINING, SEEDS, "cpu"))


@pytest.fixture
def record(trained):
    last, history = trained
    attrs = {"study": "tiny", "params": {"training": TRAINING}}
    return ensembles.Ensemble(last.theta, SEEDS, last.fixed, history, attrs)


def test_what_is_written_is_read(tmp_path, record):
    ensembles.write(tmp_path / "e.h5", record)
    found = ensembles.read(tmp_path / "e.h5")
    assert found.theta.dtype == np.float32
    assert np.array_equal(found.theta, record.theta)
    assert found.seeds.tolist() == SEEDS
    for name in ("fixed", "history"):
        wanted = getattr(record, name)
        assert getattr(found, name).keys() == wanted.keys()
        for key, array in getattr(found, name).items():
            assert np.array_equal(array, wanted[key]), key
    assert found.history["loss"].shape == (2, 3)
    assert found.fixed["1.num_batches_tracked"].tolist() == [4, 4]
    assert found.attrs["params"] == {"training": TRAINING}


def test_the_same_content_gives_the_same_bytes(tmp_path, record):
    one, other = tmp_path / "one" / "e.h5", tmp_path / "other" / "e.h5"
    ensembles.write(one, record)
    record.fixed = dict(reversed(record.fixed.items()))
    record.history = dict(reversed(record.history.items()))
    record.attrs = dict(reversed(record.attrs.items()))
    ensembles.write(other, record)
    assert one.read_bytes() == other.read_bytes()
    record.theta = record.theta + 1
    ensembles.write(other, record)
    assert one.read_bytes() != other.read_bytes()


@pytest.mark.parametrize("policy", ["frozen", "recompute"])
def test_a_member_is_a_center(tmp_path, digits, trained, record, policy):
    ensembles.write(tmp_path / "e.h5", record)
    network = networks.build(SPEC, (1, 8, 8), 10, 0)
    blocks, (last, _) = layout(network), trained
    for number in range(2):
        state = {block.name: last.theta[number, block.start : block.stop] for block in blocks}
        state = {block.name: state[block.name].view(block.shape) for block in blocks}
        state |= {name: tensor[number] for name, tensor in last.fixed.items()}
        checkpoints.write(tmp_path / "c.safetensors", state, {})
        theta, fixed = ensembles.read_member(tmp_path / "e.h5", number)
        wanted, buffers = centers.read(tmp_path / "c.safetensors", blocks)
        assert torch.equal(theta, wanted)
        assert fixed.keys() == buffers.keys()
        for name, tensor in fixed.items():
            assert torch.equal(tensor, buffers[name]), name
            assert tensor.dtype == buffers[name].dtype, name
        objective = Objective(network, digits.test, batchnorm=policy, buffers=fixed)
        loss = objective.sample_losses(theta).loss.mean().item()
        if policy == "frozen":
            assert loss == pytest.approx(float(last.row["test_loss"][number]), abs=1e-5)


def test_an_ensemble_without_buffers_and_history(tmp_path):
    record = ensembles.Ensemble(np.zeros((3, 2)), np.arange(3), {}, {}, {})
    ensembles.write(tmp_path / "e.h5", record)
    assert ensembles.read(tmp_path / "e.h5").fixed == {}
    assert ensembles.read_member(tmp_path / "e.h5", 2)[1] == {}


@pytest.mark.parametrize("number", [-1, 3])
def test_a_member_that_is_not_there_is_said(tmp_path, number):
    record = ensembles.Ensemble(np.zeros((3, 2)), np.arange(3), {}, {}, {})
    ensembles.write(tmp_path / "e.h5", record)
    with pytest.raises(ProspectError, match=f"e.h5: there is no member {number}; it has 0 to 2"):
        ensembles.read_member(tmp_path / "e.h5", number)


def test_a_file_that_is_none_is_said(tmp_path):
    (tmp_path / "e.h5").write_text("no")
    with pytest.raises(ProspectError, match="not a readable HDF5 file"):
        ensembles.read_member(tmp_path / "e.h5", 0)
