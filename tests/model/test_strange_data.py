"""Strange data and networks of a user's: each is one line that says what is wrong and right."""

import logging
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from prospect.base import stage
from prospect.base.errors import ProspectError
from prospect.landscape.directions import noise
from prospect.model import data, networks, training
from prospect.model.objective import Objective, objective_of
from prospect.model.weights import flatten, layout

RNG = np.random.default_rng(0)
INPUTS, TARGETS = RNG.normal(size=(12, 3)), np.arange(12) % 3
GIVEN = {}  # what `own` gives, by name


def own(case):
    """A data set of a user's."""
    given = GIVEN[case]
    return given() if callable(given) else given


def sets(inputs=INPUTS, targets=TARGETS, test_inputs=INPUTS, test_targets=TARGETS):
    return inputs, targets, test_inputs, test_targets


def with_one(value):
    inputs = INPUTS.copy()
    inputs[7, 1] = value
    return inputs


def fails():
    """A function that fails on its way."""
    return {}["pixels"]


def leaves():
    raise SystemExit(3)


STRANGE = {
    "an error inside": (
        fails,
        r"KeyError: 'pixels' \(tests/model/test_strange_data.py, line "
        rf"{fails.__code__.co_firstlineno + 2}\)",
    ),
    "an exit inside": (leaves, r"SystemExit: 3 \(tests/model/test_strange_data.py, line \d+\)"),
    "nothing": (None, "gives nothing; want a tuple of train_inputs, train_targets"),
    "three": ((1, 2, 3), "gives a tuple of 3; want a tuple of train_inputs"),
    "a dict": ({"a": 1, "b": 2, "c": 3, "d": 4}, "gives a dict of 4; want a tuple"),
    "text": (
        sets(["a", "b"]),
        "the training set: inputs are a list of 2; want one array or tensor",
    ),
    "a name": (sets("mnist.npz"), "inputs are a str of 9; want one array or tensor of numbers"),
    "ragged": (sets([[1.0], [1.0, 2.0]]), "inputs are a list of 2; want one array or tensor"),
    "objects": (sets(np.array([{}, {}])), "inputs are a ndarray of 2; want one array or tensor"),
    "None": (sets(None), "inputs are nothing; want one array or tensor of numbers"),
    "complex": (sets(INPUTS * 1j), "inputs are complex; want real numbers"),
    "empty": (sets(np.zeros((0, 3)), []), r"inputs \(0, 3\) and targets \(0,\) are empty; want"),
    "samples of nothing": (sets(np.zeros((12, 0))), r"inputs \(12, 0\) and .* are empty"),
    "no test set": (
        sets(test_inputs=np.zeros((0, 3)), test_targets=[]),
        "the test set: inputs .* are empty; want at least one sample",
    ),
    "one axis": (sets(INPUTS[:, 0]), r"inputs \(12,\) and targets \(12,\) do not match; want"),
    "fewer targets": (sets(targets=TARGETS[1:]), r"inputs \(12, 3\) and targets \(11,\) do not"),
    "one-hot": (sets(targets=np.eye(3)[TARGETS]), r"\(12, 3\); want the numbers of the classes"),
    "a column": (sets(targets=TARGETS[:, None]), r"\(12, 1\); want the numbers of the classes"),
    "from 1": (
        sets(targets=TARGETS + 1, test_targets=TARGETS + 1),
        r"the training targets are \[1, 2, 3\]; want 0, 1, … C - 1 of at least two classes with a "
        "sample each",
    ),
    "a class without samples": (sets(targets=TARGETS * 2), r"targets are \[0, 2, 4\]; want 0, 1"),
    "below 0": (sets(targets=TARGETS - 1), r"targets are \[-1, 0, 1\]; want 0, 1"),
    "huge": (sets(targets=TARGETS * 10**12), r"targets are \[0, 10000000000.*; want 0, 1"),
    "one class": (sets(targets=TARGETS * 0), r"targets are \[0\]; want .* at least two classes"),
    "one sample": (sets(INPUTS[:1], TARGETS[:1]), r"targets are \[0\]; want .* at least two"),
    "fractions": (sets(targets=TARGETS / 2), r"the training set: \[0.0, 0.5, 1.0\] are no classes"),
    "no number as a target": (sets(targets=TARGETS * np.nan), r"\[nan, .* are no classes; want"),
    "another class in the test set": (
        sets(test_targets=TARGETS + 1),
        r"the test targets \[3\] are no classes of the training set; want 0 to 2",
    ),
    "NaN": (
        sets(with_one(np.nan)),
        "the training set: 1 of 12 inputs hold NaN, infinity .*, the first is sample 7; want them",
    ),
    "infinity": (sets(with_one(-np.inf)), "1 of 12 inputs hold NaN, infinity"),
    "beyond float32": (sets(with_one(1e300)), "more than a float32 can, the first is sample 7"),
    "NaN in the test set": (sets(test_inputs=with_one(np.nan)), "the test set: 1 of 12 inputs"),
    "another shape": (
        sets(test_inputs=INPUTS[:, :2]),
        r"training samples are \(3,\), test samples \(2,\); want one",
    ),
}


def message_of(call, *arguments):
    with pytest.raises(ProspectError) as caught:
        call(*arguments)
    (line,) = str(caught.value).splitlines()
    assert len(line) < 300
    return line


@pytest.mark.parametrize("case", STRANGE)
def test_strange_data_are_one_line(case, monkeypatch):
    given, message = STRANGE[case]
    monkeypatch.setitem(GIVEN, case, given)
    line = message_of(data.load, {"name": f"{__name__}:own", "options": {"case": case}})
    assert line.startswith(f"dataset.name: '{__name__}:own'")
    assert re.search(message, line), line


@pytest.mark.parametrize("options", [{}, {"case": "x", "more": 1}, {"case": ["x"] * 9999}])
def test_strange_options_are_one_line(options):
    line = message_of(data.load, {"name": f"{__name__}:own", "options": options})
    assert "TypeError: " in line


@pytest.mark.parametrize(
    "given",
    [
        sets(targets=TARGETS.astype(float)),
        sets(targets=TARGETS.astype(np.uint8)),
        sets(targets=TARGETS.astype(np.uint16)),
        sets((INPUTS * 9).astype(np.uint8)),
        sets(test_inputs=INPUTS[:1], test_targets=TARGETS[:1]),
        sets(INPUTS.tolist(), TARGETS.tolist()),
        sets(torch.from_numpy(INPUTS).requires_grad_(), torch.from_numpy(TARGETS)),
    ],
    ids=["float targets", "bytes", "uint16", "images", "one test sample", "lists", "tensors"],
)
def test_data_that_mean_what_is_wanted_are_taken(given, monkeypatch):
    monkeypatch.setitem(GIVEN, "right", given)
    loaded = data.load({"name": f"{__name__}:own", "options": {"case": "right"}})
    assert loaded.train.inputs.dtype == torch.float32
    assert loaded.train.targets.tolist() == TARGETS.tolist()
    assert loaded.classes == 3


# --- networks ------------------------------------------------------------------------------------


class Net(nn.Module):
    """A linear network whose forward pass a test says."""

    def __init__(self, forward):
        super().__init__()
        self.layer, self.way = nn.Linear(3, 2), forward

    def forward(self, x):
        return self.way(self, x)


def fails_forward(net, x):
    raise RuntimeError("no such way")


WAYS = {
    "right": lambda net, x: net.layer(x),
    "tuple": lambda net, x: (net.layer(x), x),
    "dict": lambda net, x: {"answers": net.layer(x)},
    "none": lambda net, x: None,
    "tuple in training": lambda net, x: (net.layer(x), x) if net.training else net.layer(x),
    "one number": lambda net, x: net.layer(x)[:, :1],
    "images": lambda net, x: net.layer(x)[:, :, None],
    "no samples": lambda net, x: net.layer(x).mean(0),
    "classes": lambda net, x: (net.layer(x) > 0).long(),
    "in place": lambda net, x: net.layer(x.add_(1)),
    "fails": fails_forward,
}


def make(input_shape, classes, way="right"):
    """A network of a user's."""
    return Net(WAYS[way])


def function(input_shape, classes):
    return lambda x: x


def frozen(input_shape, classes):
    return Net(WAYS["right"]).requires_grad_(False)


def lazy(input_shape, classes):
    return nn.LazyLinear(classes)


def built(name, **options):
    return networks.build({"architecture": f"{__name__}:{name}", "options": options}, (3,), 2, 0)


NETWORKS = {
    ("make", "tuple"): r"evaluated, maps 2 samples to tuple; want one tensor \(2, 2\), a row of C",
    ("make", "dict"): "evaluated, maps 2 samples to dict; want one tensor",
    ("make", "none"): "maps 2 samples to NoneType; want one tensor",
    ("make", "tuple in training"): "trained, maps 2 samples to tuple; want one tensor",
    ("make", "one number"): r"maps 2 samples to \(2, 1\); want one tensor \(2, 2\)",
    ("make", "images"): r"maps 2 samples to \(2, 2, 1\); want one tensor \(2, 2\)",
    ("make", "no samples"): r"maps 2 samples to \(2,\); want one tensor",
    ("make", "classes"): "gives torch.int64; want floating point numbers",
    ("make", "in place"): "changes its inputs in place; want a copy changed",
    ("make", "fails"): r"RuntimeError: no such way \(tests/model/test_strange_data.py, line \d+\)",
    ("make", "unknown"): r"KeyError: 'unknown' \(tests/model/test_strange_data.py, line \d+\)",
    ("function", None): "gives <function .*; want a torch.nn.Module",
    ("frozen", None): "has no parameter to train; want at least one",
    ("Net", None): "TypeError: ",
}


@pytest.mark.parametrize(("name", "way"), NETWORKS, ids=lambda value: str(value))
def test_strange_networks_are_one_line(name, way):
    line = message_of(lambda: built(name, **({"way": way} if way else {})))
    assert line.startswith(f"networks: '{__name__}:{name}'")
    assert re.search(NETWORKS[name, way], line), line


def test_a_network_that_does_not_fit_its_inputs_is_one_line():
    line = message_of(networks.build, {"architecture": "resnet"}, (64,), 10, 0)
    assert line.startswith("networks: 'resnet' with {} for inputs (64,) and 10 classes: ")


@pytest.mark.parametrize(
    ("spec", "shape", "message"),
    [
        ({"architecture": "vgg"}, (1, 8, 8), r"'vgg' is for images of 32×32 and more, .*size: 32"),
        ({"architecture": "alexnet"}, (1, 8, 8), "images of 16×16 and more"),
        ({"architecture": "vit"}, (64,), r"images of 4×4 and more, samples are \(64,\)"),
        ({"architecture": "vit", "patch": 5}, (1, 8, 8), "8×8 do not part into squares of 5"),
    ],
)
def test_images_that_are_too_small_are_one_line(spec, shape, message):
    line = message_of(networks.build, spec, shape, 10, 0)
    assert re.match(f"networks: .*{message}", line), line


def test_looking_at_a_network_changes_nothing_of_it():
    net = built("lazy")
    assert net.training and [*net.weight.shape] == [2, 3]
    batchnormed = networks.build({"architecture": "mlp", "batchnorm": True}, (3,), 2, 0)
    assert all(int(batchnormed[2].num_batches_tracked) == 0 for _ in range(2))


def test_no_batch_of_one_sample_is_left_for_batchnorm():
    """A last batch of one: samples are split evenly, and 3 is the least that a batch may be."""
    net = networks.build({"architecture": "mlp", "hidden": [4], "batchnorm": True}, (3,), 2, 0)
    for samples in range(2, 30):
        split = data.Split(torch.randn(samples, 3), torch.arange(samples) % 2)
        for batch in range(3, 9):
            objective = Objective(net, split, batch=batch)
            theta = flatten(dict(net.named_parameters()), layout(net))
            assert objective.sample_losses(theta).loss.isfinite().all()


RECIPE = {"epochs": 1, "batch": 4, "optimizer": {"name": "sgd", "lr": 0.1}}


def trained(net, batch=4):
    split = data.Split(torch.randn(8, 3), torch.arange(8) % 2)
    return list(
        training.train(net, data.Data(split, split, 2), RECIPE | {"batch": batch}, 0, "cpu")
    )


def test_batchnorm_of_an_own_network_needs_more_than_one_sample():
    net = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))
    line = message_of(trained, net, 1)
    assert line == "training.batch: BatchNorm needs more than 1 sample; want at least 2"


def test_a_network_that_gives_nan_is_not_told_to_learn_more_slowly():
    line = message_of(trained, Net(lambda net, x: net.layer(x) * float("nan")))
    assert line.startswith("training: the loss is nan before the first step; want a network that")


@pytest.mark.parametrize("drawn", ["text", None, {}, [1.0]])
def test_own_noise_that_is_none_is_one_line(drawn, monkeypatch):
    monkeypatch.setitem(GIVEN, "noise", drawn)
    assert message_of(noise, f"{__name__}:own_noise", 5, 0).startswith(f"noise: '{__name__}:own")


def own_noise(count, rng):
    return GIVEN["noise"]


# --- in a job ------------------------------------------------------------------------------------


@pytest.fixture
def job(tmp_path):
    """What Snakemake gives a script."""
    log = logging.getLogger("prospect")
    before = set(log.handlers)
    yield SimpleNamespace(rule="train", wildcards={}, log=[str(tmp_path / "job.log")])
    for handler in set(log.handlers) - before:
        log.removeHandler(handler)
        handler.close()


def later(net, x):
    """A forward pass that fails only on some data."""
    if x.sum() > 0:
        raise ValueError("only\nnegative sums")
    return net.layer(x)


WAYS["later"] = later


def test_an_error_in_own_code_anywhere_in_a_job_is_one_line(job):
    net = built("make", way="later")
    with pytest.raises(SystemExit) as caught, stage.running(job):
        net(torch.ones(2, 3))
    place = later.__code__.co_firstlineno + 3
    assert caught.value.code == (
        "in your own code: ValueError: only negative sums (tests/model/test_strange_data.py, line "
        f"{place})"
    )
    log = Path(job.log[0]).read_text()
    assert "Traceback" in log
    assert log.splitlines()[-1].endswith(caught.value.code)


def test_an_error_of_prospect_is_still_a_traceback(job, monkeypatch):
    monkeypatch.setattr("prospect.base.plugins.OWN", set())
    with pytest.raises(ZeroDivisionError), stage.running(job):
        1 / 0  # noqa: B018
    assert "unexpected" in Path(job.log[0]).read_text()


def test_a_subset_has_a_sample_of_every_class():
    evaluation = {"split": "train", "samples": 9, "batchnorm": "recompute", "batch": 128}
    params = {"network": {"architecture": "mlp"}, "dataset": {"name": "digits"}, "device": "cpu"}
    with pytest.raises(ProspectError, match="9 are fewer than the 10 classes; want"):
        objective_of(params | {"evaluation": evaluation})
    assert objective_of(params | {"evaluation": evaluation | {"samples": 10}}).samples == 10
