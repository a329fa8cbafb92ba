"""Data set -> resident tensors of inputs and targets, for training and test.

Built in: scikit-learn's digits (ships with the dependency) and the downloadable sets of
torchvision. Your own: an import path ``package.module:function`` that returns
``train_inputs, train_targets, test_inputs, test_targets``. With a loss of your own inputs and
targets may have any structure (`structure`).
"""

from collections.abc import Mapping, Sized
from typing import NamedTuple

import torch
from torch import Tensor

from prospect.base.errors import ProspectError, brief, shortened
from prospect.base.plugins import by_import_path, own_code
from prospect.model import datasets
from prospect.model.splits import Split
from prospect.model.structure import Structure, in_words, leaves, mapped, shape_of
from prospect.model.task import OwnTask, Task, task_of

CLASSIFICATION = Task()


class Data(NamedTuple):
    """A data set: its train and test splits, its number of classes C (0 where there are none).

    task : what outputs are held against
    """

    train: Split
    test: Split
    classes: int
    task: Task = CLASSIFICATION

    @property
    def target(self) -> Structure:
        """What outputs are for: the number of classes, or the shape of one sample's target."""
        return self.classes or shape_of(self.train.targets)


def load(dataset: Mapping, task: Mapping | None = None) -> Data:
    """Load a data set and the task as the config describes them; by default classification.

    Built-in inputs are standardised by the training set, your own are taken as they are. Raises
    ProspectError where the data cannot be had or have the wrong form.
    """
    name = dataset["name"]
    arrays = _own(name, dataset["options"]) if ":" in name else datasets.built_in(dataset)
    return _checked(f"dataset.name: '{name}'", task_of(task), *arrays)


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


def _checked(what: str, task: Task, train_inputs, train_targets, test_inputs, test_targets) -> Data:
    """Bring four arrays to the form of `Data`, or say what is wrong with them."""
    classifies = not isinstance(task, OwnTask)
    train = _split(f"{what}: the training set", train_inputs, train_targets, classifies)
    test = _split(f"{what}: the test set", test_inputs, test_targets, classifies)
    if shape_of(train.inputs) != shape_of(test.inputs):
        one, other = (shape_of(split.inputs) for split in (train, test))
        raise ProspectError(f"{what}: training samples are {one}, test samples {other}; want one")
    there = train.strata.unique()
    if not classifies:
        numbered = train.strata is train.targets and there[0] == 0 and there[-1] == len(there) - 1
        return Data(train, test, len(there) if numbered else 0, task)
    if len(there) < 2 or there[0] < 0 or there[-1] >= len(there):
        raise ProspectError(
            f"{what}: the training targets are {_some(there)}; want 0, 1, … C - 1 of at least two "
            "classes with a sample each, or another loss (task.loss)"
        )
    strange = test.targets[(test.targets < 0) | (test.targets >= len(there))].unique()
    if len(strange):
        raise ProspectError(
            f"{what}: the test targets {_some(strange)} are no classes of the training set; want "
            f"0 to {len(there) - 1}"
        )
    return Data(train, test, len(there), task)


def _split(what: str, inputs, targets, classifies: bool) -> Split:
    """Bring inputs and targets to the form of a `Split`, or say what is wrong with them."""
    inputs, targets = _numbers(f"{what}: inputs", inputs), _numbers(f"{what}: targets", targets)
    shapes = f"inputs {in_words(inputs)} and targets {in_words(targets)}"
    sizes = {leaf.shape[:1] for leaf in (*leaves(inputs), *leaves(targets))}
    if classifies and not isinstance(targets, Tensor):
        raise ProspectError(f"{what}: {shapes}; want the numbers of the classes, (N,)")
    if classifies and targets.ndim == 2 and len(sizes) == 1:
        raise ProspectError(f"{what}: {shapes}; want the numbers of the classes, (N,), in one axis")
    flat = isinstance(inputs, Tensor) and inputs.ndim < 2
    if len(sizes) != 1 or torch.Size() in sizes or (classifies and (flat or targets.ndim != 1)):
        raise ProspectError(f"{what}: {shapes} do not match; want (N, …) and (N,)")
    if not all(leaf.numel() for leaf in leaves(inputs)):
        raise ProspectError(f"{what}: {shapes} are empty; want at least one sample")
    if classifies and (targets.double() != targets.long().double()).any():
        raise ProspectError(f"{what}: {_some(targets.unique())} are no classes; want whole numbers")
    whole = {torch.int64} if isinstance(inputs, Tensor) else {torch.int64, torch.bool}
    inputs = mapped(lambda leaf: leaf if leaf.dtype in whole else leaf.float(), inputs)
    targets = targets.long() if classifies else mapped(_wide, targets)
    for name, values in (("inputs", inputs), ("targets", targets)):
        for leaf in leaves(values):
            _check_finite(what, name, leaf)
    return Split(inputs, targets)


def _wide(targets: Tensor) -> Tensor:
    """Bring targets to float32 or int64."""
    return targets.float() if targets.is_floating_point() else targets.long()


def _check_finite(what: str, name: str, values: Tensor) -> None:
    """Raise ProspectError where samples hold numbers that are not finite."""
    if not torch.stack(values.aminmax()).isfinite().all():
        bad = torch.nonzero(~values.flatten(1).isfinite().all(1)).squeeze(1)
        raise ProspectError(
            f"{what}: {len(bad)} of {len(values)} {name} hold NaN, infinity or more than a float32 "
            f"can, the first is sample {int(bad[0])}; want them filled or left out"
        )


def _numbers(what: str, values) -> Structure:
    """Turn arrays into tensors of real numbers in plain memory."""
    if isinstance(values, dict):
        return {name: _numbers(f"{what}: '{name}'", part) for name, part in values.items()}
    if isinstance(values, tuple) and all(getattr(part, "ndim", 0) for part in values):
        return tuple(_numbers(f"{what}: {number}", part) for number, part in enumerate(values))
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
