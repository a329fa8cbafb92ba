"""Checkpoints: a start from another network, and what does not fit."""

import json

import pytest
import torch
from safetensors import safe_open

import prospect
from prospect.base.errors import ProspectError
from prospect.model import checkpoints, networks
from prospect.model.weights import flatten, layout, put


def built(seed, **options):
    return networks.build({"architecture": "mlp", **options}, (1, 8, 8), 10, seed)


def test_training_starts_where_another_network_stands(tmp_path):
    one, other = (built(seed, hidden=[6], batchnorm=True) for seed in (0, 1))
    one[2].running_mean += 3
    checkpoints.write(tmp_path / "a.safetensors", one.state_dict(), {})
    checkpoints.start_from(other, tmp_path / "a.safetensors")
    for name, tensor in one.state_dict().items():
        assert torch.equal(other.state_dict()[name], tensor), name


def test_a_start_that_does_not_fit_is_one_line_with_names_and_shapes(tmp_path):
    checkpoints.write(tmp_path / "a.safetensors", built(0, hidden=[6, 5]).state_dict(), {})
    with pytest.raises(ProspectError) as caught:
        checkpoints.start_from(built(0, hidden=[6]), tmp_path / "a.safetensors")
    text = str(caught.value)
    assert "training.start: " in text and "\n" not in text
    assert "3.bias (10,) here, (5,) there" in text
    assert "5.bias missing here, (10,) there" in text and "and 1 more" in text


def test_a_checkpoint_of_another_shape_is_one_line_with_both_shapes(tmp_path):
    path, here = tmp_path / "a.safetensors", layout(built(0, hidden=[6]))
    checkpoints.write(path, built(0, hidden=[5]).state_dict(), {})
    with pytest.raises(ProspectError) as caught:
        checkpoints.read(path, here)
    said = f"{path}: the network's parameter '1.weight' is (6, 64), and (5, 64) there"
    assert str(caught.value).startswith(said)
    checkpoints.write(path, {"1.weight": torch.zeros(6, 64)}, {})
    with pytest.raises(ProspectError, match=r"parameter '1.bias' is \(6,\), and missing there"):
        checkpoints.read(path, here)


def test_a_shared_tensor_moves_with_the_weights_whatever_its_second_name_held(tmp_path):
    network = torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.Linear(3, 3))
    network[1].weight = network[0].weight
    state = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    checkpoints.write(tmp_path / "a.safetensors", state, {})
    theta, fixed = checkpoints.read(tmp_path / "a.safetensors", layout(network))
    assert len(theta) == 9 + 3 + 3 and fixed.keys() == {"1.weight"}
    put(network, theta + 1, fixed)
    assert torch.equal(flatten(dict(network.named_parameters()), layout(network)), theta + 1)


def test_a_midpoint_of_two_architectures_is_one_line(tmp_path):
    one, other = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    checkpoints.write(one, built(0, hidden=[6]).state_dict(), {})
    checkpoints.write(other, built(0, hidden=[5]).state_dict(), {})
    with pytest.raises(ProspectError, match=r"are not of one architecture: 1.bias \(6,\) here, "):
        checkpoints.midpoint(one, other)


def test_a_checkpoint_says_what_made_it(tmp_path):
    path = tmp_path / "a.safetensors"
    checkpoints.write(path, built(0, hidden=[6]).state_dict(), {"seed": 3, "epoch": 1})
    with safe_open(path, "pt") as file:
        said = json.loads(file.metadata()["prospect"])
    assert said.items() >= {"seed": 3, "epoch": 1, "version": prospect.__version__}.items()
    assert said["content"].startswith("sha256:")


def test_a_center_of_other_shapes_is_refused_also_with_as_many_parameters(tmp_path):
    wide, deep = built(0, hidden=[6]), built(0, hidden=[7])
    checkpoints.write(tmp_path / "a.safetensors", wide.state_dict(), {})
    with pytest.raises(ProspectError, match=r"'1.weight' is \(7, 64\), and \(6, 64\) there"):
        checkpoints.read(tmp_path / "a.safetensors", layout(deep))
    state = wide.state_dict() | {"1.weight": wide[1].weight.T.contiguous()}
    checkpoints.write(tmp_path / "b.safetensors", state, {})
    with pytest.raises(ProspectError, match=r"'1.weight' is \(6, 64\), and \(64, 6\) there"):
        checkpoints.read(tmp_path / "b.safetensors", layout(wide))
