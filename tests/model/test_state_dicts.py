"""A user's file of weights: what is read, what is refused, and that nothing in it is run."""

import argparse
import os
import pickle

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from prospect.base.errors import ProspectError
from prospect.model import state_dicts
from prospect.model.data import CLASSIFICATION
from prospect.model.splits import Split


def small(seed=0):
    """A network with BatchNorm."""
    torch.manual_seed(seed)
    network = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 2))
    network[1].running_mean += torch.rand(4)
    network[1].num_batches_tracked += 7
    return network


class Tied(nn.Module):
    """A network whose first layer is also its last one."""

    def __init__(self, seed=0):
        super().__init__()
        torch.manual_seed(seed)
        self.one, self.other = nn.Linear(3, 3), nn.Linear(3, 3)
        self.other.weight = self.one.weight

    def forward(self, inputs):
        return self.other(self.one(inputs).relu())


def saved(path, content, **options):
    torch.save(content, path, **options)
    return path


def assert_same(state, network):
    own = network.state_dict()
    assert list(state) == list(own)
    for name, tensor in own.items():
        assert torch.equal(state[name], tensor) and state[name].dtype == tensor.dtype, name


def refused(path, network=None):
    with pytest.raises(ProspectError) as caught:
        state_dicts.read(path, network or small())
    text = str(caught.value)
    assert text.startswith(str(path)) and "\n" not in text
    return text.removeprefix(str(path))


# --- what is read --------------------------------------------------------------------------------


def wrapped(*prefixes):
    return {".".join([*prefixes, name]): tensor for name, tensor in small(1).state_dict().items()}


CONTENTS = {
    "alone": wrapped(),
    "parameters": dict(small(1).state_dict(keep_vars=True)),
    "DataParallel": wrapped("module"),
    "compiled": wrapped("_orig_mod"),
    "Lightning": {"state_dict": wrapped("model"), "epoch": 3, "hyper_parameters": {"lr": 0.1}},
    "nested": {"net": wrapped("module", "_orig_mod", "model"), "best": 0.5},
    "with an optimiser": {
        "model": small(1).state_dict(),
        "optimizer": torch.optim.Adam(small().parameters()).state_dict(),
    },
    "with another network": {"generator": {"x": torch.ones(3)}, "critic": wrapped("module")},
    "deep": {"a": {"b": {"model_state_dict": wrapped()}}},
}


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
def test_a_state_dict_is_found_where_it_lies(content, zipped, tmp_path):
    path = saved(tmp_path / "w.pth.tar", content, _use_new_zipfile_serialization=zipped)
    assert_same(state_dicts.read(path, small()), small(1))


def test_safetensors_are_read(tmp_path):
    save_file(wrapped("module"), tmp_path / "w.safetensors")
    assert_same(state_dicts.read(tmp_path / "w.safetensors", small()), small(1))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions_become_float32(dtype, tmp_path):
    state = {name: tensor.to(dtype) for name, tensor in small(1).state_dict().items()}
    found = state_dicts.read(saved(tmp_path / "w.pt", state), small())
    assert found["0.weight"].dtype == torch.float32
    assert torch.equal(found["0.weight"], state["0.weight"].float())
    assert found["1.num_batches_tracked"] == 7
    assert found["1.num_batches_tracked"].dtype == torch.int64


def test_the_count_of_batches_may_be_missing_other_buffers_may_not(tmp_path):
    state = wrapped()
    del state["1.num_batches_tracked"]
    found = state_dicts.read(saved(tmp_path / "w.pt", state), small())
    assert torch.equal(found["1.running_mean"], small(1)[1].running_mean)
    del state["1.running_mean"]
    text = refused(saved(tmp_path / "w.pt", state))
    assert text == " does not fit the network: 1.running_mean (4,) here, missing there"


def test_a_network_may_have_names_like_a_wrapper_itself(tmp_path):
    own = nn.ModuleDict({"model": small(), "head": nn.Linear(2, 2)})
    other = nn.ModuleDict({"model": small(1), "head": nn.Linear(2, 2)})
    assert_same(state_dicts.read(saved(tmp_path / "a.pt", other.state_dict()), own), other)
    state = {f"module.{name}": tensor for name, tensor in other.state_dict().items()}
    assert_same(state_dicts.read(saved(tmp_path / "b.pt", state), own), other)


def test_two_layers_that_differ_by_such_names_alone_are_told_apart(tmp_path):
    one, other = (
        nn.ModuleDict({"a": nn.Linear(2, 2), "module": nn.ModuleDict({"a": nn.Linear(2, 2)})})
        for _ in range(2)
    )
    assert_same(state_dicts.read(saved(tmp_path / "a.pt", other.state_dict()), one), other)


def test_a_shared_tensor_is_read_by_either_name(tmp_path):
    state = Tied(1).state_dict()
    assert_same(state_dicts.read(saved(tmp_path / "w.pt", state), Tied()), Tied(1))
    for name in ("one.weight", "other.weight"):
        part = {key: tensor for key, tensor in state.items() if key != name}
        assert_same(state_dicts.read(saved(tmp_path / "w.pt", part), Tied()), Tied(1))
    torn = state | {"other.weight": state["other.weight"] + 1}
    text = refused(saved(tmp_path / "w.pt", torn), Tied())
    assert text == ": 'one.weight' and 'other.weight' differ, and are one tensor in the network"


def test_frozen_parameters_are_read_too(tmp_path):
    network, other = small(), small(1)
    for parameter in network[0].parameters():
        parameter.requires_grad_(False)
    assert_same(state_dicts.read(saved(tmp_path / "w.pt", other.state_dict()), network), other)


# --- what is refused -----------------------------------------------------------------------------


class Touch:
    """An object that runs a command when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch {self.path}",)


PICKLED = [
    *((how, protocol) for how in ("zip", "legacy") for protocol in (2, 4)),
    *(("pickle", protocol) for protocol in (0, 2, 4)),
]


@pytest.mark.filterwarnings("ignore")  # PyTorch names the protocol
@pytest.mark.parametrize(("how", "protocol"), PICKLED)
def test_a_pickle_with_code_is_one_line_and_not_run(how, protocol, tmp_path):
    ran, path = tmp_path / "ran", tmp_path / "w.pt"
    if how == "pickle":
        path.write_bytes(pickle.dumps(Touch(ran), protocol))
    else:
        state = {"state_dict": wrapped(), "more": Touch(ran)}
        options = {"_use_new_zipfile_serialization": how == "zip"}
        saved(path, state, pickle_protocol=protocol, **options)
    text = refused(path)
    assert text.endswith(f"; {state_dicts.WANT}")
    if protocol == 2:
        assert text.startswith(": it holds 'posix.system' besides tensors, which may run any code")
    assert not ran.exists()
    with path.open("rb") as file:  # and it would have been
        pickle.load(file) if how == "pickle" else torch.load(file, weights_only=False)
    assert ran.exists()


def test_a_whole_network_is_one_line_that_says_how_to_save_it(tmp_path):
    text = refused(saved(tmp_path / "w.pt", small()))
    assert text.startswith(": it holds 'torch.nn.modules.container.Sequential' besides tensors")
    assert "torch.save(model.state_dict(), …)" in text
    content = {"state_dict": wrapped(), "args": argparse.Namespace(lr=0.1)}
    assert "'argparse.Namespace' besides" in refused(saved(tmp_path / "w.pt", content))


BYTES = {
    "empty": (b"", "the file is empty"),
    "text": (b"weights\nof mine\n", "a text file, which starts with 'weights'"),
    "pointer": (b"version https://git-lfs.github.com/spec/v1\n", "a text file, which starts with"),
    "blank": (b" \n\n", "damaged, or no file of torch.save"),
    "noise": (bytes(range(256)), "damaged, or no file of torch.save"),
}


@pytest.mark.parametrize(("content", "why"), BYTES.values(), ids=BYTES)
def test_what_is_no_file_of_weights_is_one_line(content, why, tmp_path):
    path = tmp_path / "w.pt"
    path.write_bytes(content)
    assert refused(path).startswith(f": {why}")
    path = tmp_path / "w.safetensors"
    path.write_bytes(content)
    assert refused(path).startswith((": not a safetensors file", ": the file is empty"))


def test_a_file_that_was_cut_and_one_that_is_missing_are_one_line(tmp_path):
    path = saved(tmp_path / "w.pt", wrapped())
    path.write_bytes(path.read_bytes()[:700])
    assert refused(path).startswith(": damaged, or no file of torch.save; want")
    assert refused(tmp_path / "no.pt") == ": cannot be read (No such file or directory)"
    assert refused(tmp_path) == ": cannot be read (Is a directory)"


@pytest.mark.filterwarnings("ignore")
def test_a_script_is_one_line(tmp_path):
    torch.jit.save(torch.jit.script(small()), tmp_path / "w.pt")
    assert refused(tmp_path / "w.pt").startswith(": a TorchScript archive, which is code; want a")


NONE = {
    "a tensor": torch.ones(3),
    "a list": [torch.ones(3)],
    "a step": {"epoch": 3, "loss": 0.1},
    "mixed": {"weight": torch.ones(3), "epoch": 3},
    "nothing": {},
}


@pytest.mark.parametrize("content", NONE.values(), ids=NONE)
def test_a_file_without_a_state_dict_is_one_line(content, tmp_path):
    assert refused(saved(tmp_path / "w.pt", content)).startswith(": no names with tensors in it")


def test_several_state_dicts_that_may_be_meant_are_named(tmp_path):
    content = {"model": wrapped(), "ema": wrapped("module")}
    text = refused(saved(tmp_path / "w.pt", content))
    assert text.startswith(": of 'model', 'ema' several fit the network; want a state dict")
    content = {"model": {"a": torch.ones(1)}, "ema": {"a": torch.ones(1)}}
    text = refused(saved(tmp_path / "w.pt", content))
    assert text.startswith(": of 'model', 'ema' none fit the network; want a state dict")


def test_what_does_not_fit_is_listed_with_shapes_and_a_count(tmp_path):
    state = wrapped("module")
    del state["module.0.bias"]
    state["module.0.weight"] = torch.ones(4, 5)
    state |= {"module.9.bias": torch.ones(3), "module.9.weight": torch.ones(3)}
    assert refused(saved(tmp_path / "w.pt", state)) == (
        " does not fit the network: 0.bias (4,) here, missing there; 0.weight (4, 3) here, "
        "(4, 5) there; module.9.bias missing here, (3,) there and 1 more"
    )


@pytest.mark.parametrize("strange", [float("nan"), float("inf"), 1e300])
def test_numbers_that_are_not_finite_are_refused_by_name(strange, tmp_path):
    state = wrapped() | {"3.bias": torch.tensor([0.0, strange], dtype=torch.float64)}
    text = refused(saved(tmp_path / "w.pt", state))
    assert text == ": '3.bias' holds numbers that are not finite, as torch.float32"


def test_weights_that_are_no_plain_numbers_are_refused_by_name(tmp_path):
    state = wrapped() | {"3.bias": torch.ones(2, dtype=torch.int8)}
    text = refused(saved(tmp_path / "w.pt", state))
    assert text == ": '3.bias' is torch.int8, torch.strided; want plain torch.float32"
    state = wrapped() | {"0.weight": torch.ones(4, 3).to_sparse()}
    text = refused(saved(tmp_path / "w.pt", state))
    assert text == ": '0.weight' is torch.float32, torch.sparse_coo; want plain torch.float32"


# --- loss and accuracy ---------------------------------------------------------------------------


SPLITS = [Split(torch.randn(n, 3), torch.arange(n) % 2) for n in (9, 5)]


def test_loss_and_accuracy_are_those_of_evaluation_mode():
    network = small(1)
    row = state_dicts.evaluated("w.pt", network, CLASSIFICATION, SPLITS)
    network.eval()
    for before, (inputs, targets) in zip(("", "test_"), SPLITS, strict=True):
        with torch.no_grad():
            outputs = network(inputs)
        wanted = nn.functional.cross_entropy(outputs, targets).item()
        assert row[f"{before}loss"] == pytest.approx(wanted, rel=1e-6)
        right = (outputs.argmax(1) == targets).double().mean().item()
        assert row[f"{before}accuracy"] == pytest.approx(right)


def test_a_loss_that_is_not_finite_is_one_line_with_the_file():
    network = small()
    with torch.no_grad():
        network[1].weight.fill_(1e30)
        network[3].weight.fill_(1e30)
    with pytest.raises(ProspectError, match=r"^w.pt: the loss is (nan|inf) on these data; want"):
        state_dicts.evaluated("w.pt", network, CLASSIFICATION, SPLITS)
