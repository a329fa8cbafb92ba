"""Data set -> resident tensors of inputs and targets, for training and test.

Built in: scikit-learn's digits (ships with the dependency) and the downloadable sets of
torchvision. Your own: an import path ``package.module:function`` that returns
``train_inputs, train_targets, test_inputs, test_targets``.
"""

from collections.abc import Sized
from typing import NamedTuple

import torch
from torch import Tensor

from prospect.base.errors import ProspectError, brief, shortened
from prospect.base.plugins import by_import_path, own_code
from prospect.model import datasets
from prospect.model.splits import Split


class Data(NamedTuple):
    """A data set: its train and test splits and its number of classes C."""

    train: Split
    test: Split
    classes: int


def load(dataset: dict) -> Data:
    """Load a data set as the config describes it.

    Built-in inputs are standardised by the training set, your own are taken as they are. Raises
    ProspectError where the data cannot be had or has the wrong form.
    """
    name = dataset["name"]
    arrays = _own(name, dataset["options"]) if ":" in name else datasets.built_in(dataset)
    return _checked(f"dataset.name: '{name}'", *arrays)


def _own(name: str, options: dict):
    """Call a function of your own, which gives four arrays."""
    make = by_import_path(name, "dataset.name")
    with own_code(f"dataset.name: '{name}' with {brief(options)}"):
        arrays = make(**options)
    if not isinstance(arrays, tuple | list) or len(arrays) != 4:
        raise ProspectError(
            f"dataset.name: '{name}' gives {_kind(arrays)}; want a tuple of train_inputs, "
            "train_targets, test_inputs, test_targets"
        )
    return arrays


def _checked(what: str, train_inputs, train_targets, test_inputs, test_targets) -> Data:
    """Bring four arrays to the form of `Data`, or say what is wrong with them."""
    train = _split(f"{what}: the training set", train_inputs, train_targets)
    test = _split(f"{what}: the test set", test_inputs, test_targets)
    if train.inputs.shape[1:] != test.inputs.shape[1:]:
        one, other = (tuple(split.inputs.shape[1:]) for split in (train, test))
        raise ProspectError(f"{what}: training samples are {one}, test samples {other}; want one")
    there = train.targets.unique()
    if len(there) < 2 or there[0] < 0 or there[-1] >= len(there):
        raise ProspectError(
            f"{what}: the training targets are {_some(there)}; want 0, 1, … C - 1 of at least two "
            "classes with a sample each"
        )
    strange = test.targets[(test.targets < 0) | (test.targets >= len(there))].unique()
    if len(strange):
        raise ProspectError(
            f"{what}: the test targets {_some(strange)} are no classes of the training set; want "
            f"0 to {len(there) - 1}"
        )
    return Data(train, test, len(there))


def _split(what: str, inputs, targets) -> Split:
    """Bring inputs and targets to the form of a `Split`, or say what is wrong with them."""
    inputs, targets = _numbers(f"{what}: inputs", inputs), _numbers(f"{what}: targets", targets)
    shapes = f"inputs {tuple(inputs.shape)} and targets {tuple(targets.shape)}"
    if targets.ndim == 2 and len(targets) == len(inputs):
        raise ProspectError(f"{what}: {shapes}; want the numbers of the classes, (N,), in one axis")
    if inputs.ndim < 2 or targets.ndim != 1 or len(inputs) != len(targets):
        raise ProspectError(f"{what}: {shapes} do not match; want (N, …) and (N,)")
    if not inputs.numel():
        raise ProspectError(f"{what}: {shapes} are empty; want at least one sample")
    if (targets.double() != targets.long().double()).any():
        raise ProspectError(f"{what}: {_some(targets.unique())} are no classes; want whole numbers")
    inputs = inputs.float()
    if not torch.stack(inputs.aminmax()).isfinite().all():
        bad = torch.nonzero(~inputs.flatten(1).isfinite().all(1)).squeeze(1)
        raise ProspectError(
            f"{what}: {len(bad)} of {len(inputs)} inputs hold NaN, infinity or more than a float32 "
            f"can, the first is sample {int(bad[0])}; want them filled or left out"
        )
    return Split(inputs, targets.long())


def _numbers(what: str, values) -> Tensor:
    """Turn an array into a tensor of real numbers in plain memory."""
    try:
        tensor = torch.as_tensor(values).detach().cpu().contiguous()
    except (TypeError, ValueError, RuntimeError) as error:
        raise ProspectError(
            f"{what} are {_kind(values)}; want one array or tensor of numbers "
            f"({shortened(str(error), 100)})"
        ) from error
    if tensor.is_complex():
        raise ProspectError(f"{what} are complex; want real numbers")
    return tensor


def _kind(values: object) -> str:
    """Say what something is that is no array.

    >>> _kind((1, 2)), _kind(None)
    ('a tuple of 2', 'nothing')
    """
    if values is None:
        return "nothing"
    size = f" of {len(values)}" if isinstance(values, Sized) else ""
    return f"a {type(values).__name__}{size}"


def _some(values: Tensor) -> str:
    """Write some sorted values."""
    return brief([round(value, 6) for value in values[:20].tolist()])
