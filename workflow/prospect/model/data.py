"""Data set -> resident tensors of inputs and targets, for training and test.

Built in: scikit-learn's digits (ships with the dependency) and the downloadable sets of
torchvision. Your own: an import path ``package.module:function`` that returns
``train_inputs, train_targets, test_inputs, test_targets``.
"""

import importlib.util
from collections.abc import Sized
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from filelock import FileLock
from torch import Tensor

from prospect.base.errors import ProspectError, brief, shortened
from prospect.base.plugins import by_import_path, own_code
from prospect.base.seeding import generator

TORCHVISION = {
    "mnist": "MNIST",
    "fashion-mnist": "FashionMNIST",
    "cifar10": "CIFAR10",
    "cifar100": "CIFAR100",
    "svhn": "SVHN",
}


class Split(NamedTuple):
    """One part of a data set: inputs (N, ...) float32 and targets (N,) int64."""

    inputs: Tensor
    targets: Tensor

    def to(self, device) -> "Split":
        """Return the split on a device."""
        return Split(self.inputs.to(device), self.targets.to(device))

    def subset(self, count: int | None, seed: int) -> "Split":
        """Return a fixed random subset of `count` samples, stratified by class, in their order.

        None or a count of at least N returns the split itself.
        """
        if count is None or count >= len(self.targets):
            return self
        mask = self.pick(count, seed)
        return Split(self.inputs[mask], self.targets[mask])

    def pick(self, count: int, seed: int) -> Tensor:
        """Pick `count` samples at random, stratified by class: a mask (N,).

        Every class keeps its share to within one sample (largest remainders).
        """
        classes, sizes = self.targets.unique(return_counts=True)
        quota = sizes.double() * count / len(self.targets)
        take = quota.floor().long()
        order = torch.argsort(take - quota, stable=True)
        take[order[: count - int(take.sum())]] += 1
        rng = generator(seed, "subset", count)
        mask = torch.zeros(len(self.targets), dtype=torch.bool)
        for label, number in zip(classes, take, strict=True):
            members = torch.nonzero(self.targets == label).squeeze(1)
            mask[members[torch.randperm(len(members), generator=rng)[:number]]] = True
        return mask


def training_part(split: Split, classes: int, recipe: dict) -> Split:
    """Return the part of a training set that a recipe asks for, the same for every seed.

    `recipe` holds ``parts`` and ``part`` (disjoint, stratified by class), ``samples`` (the first k
    of one fixed random order of the part) and ``label_noise`` (the share of labels that are
    replaced by another class, each as likely). Raises ProspectError where no sample of a class is
    left.
    """
    index = torch.arange(len(split.targets))
    if recipe["parts"] > 1:
        rng = generator(0, "parts")
        dealt = torch.empty_like(index)
        for label in split.targets.unique():
            members = index[split.targets == label]
            order = members[torch.randperm(len(members), generator=rng)]
            dealt[order] = torch.arange(len(order)) % recipe["parts"]
        index = index[dealt == recipe["part"]]
        if missing := len(split.targets.unique()) - len(split.targets[index].unique()):
            raise ProspectError(
                f"training.parts: with {recipe['parts']} parts, part {recipe['part']} has no "
                f"sample of {missing} of the {classes} classes; want fewer parts"
            )
    if recipe["samples"] is not None:
        if recipe["samples"] > len(index):
            raise ProspectError(
                f"training.samples: {recipe['samples']} are more than the {len(index)} there are"
            )
        order = torch.randperm(len(index), generator=generator(0, "order of samples"))
        index = index[order[: recipe["samples"]]]
    inputs, targets = split.inputs[index], split.targets[index]
    if noisy := round(recipe["label_noise"] * len(targets)):
        rng = generator(0, "label noise")
        some = torch.randperm(len(targets), generator=rng)[:noisy]
        shift = torch.randint(1, classes, (noisy,), generator=rng)
        targets = targets.clone()
        targets[some] = (targets[some] + shift) % classes
    return Split(inputs, targets)


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
    if name == "digits":
        arrays = _digits()
    elif name in TORCHVISION:
        arrays = _torchvision(TORCHVISION[name], dataset["root"])
    else:
        arrays = _own(name, dataset["options"])
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


def _standardised(train: Tensor, test: Tensor) -> tuple[Tensor, Tensor]:
    """Shift and scale images (N, channels, height, width) by the training set, per channel."""
    mean = train.mean(dim=(0, 2, 3), keepdim=True)
    std = train.std(dim=(0, 2, 3), keepdim=True)
    return (train - mean) / std, (test - mean) / std


def _digits():
    """Load scikit-learn's 8×8 digits: 1,437 training and 360 test images, split by class.

    Read from the file that ships with the package: importing scikit-learn takes two seconds, in
    every job.
    """
    package = importlib.util.find_spec("sklearn")
    if package is None or not package.submodule_search_locations:
        raise ProspectError("dataset: 'digits' comes with scikit-learn, which is not installed")
    folder = package.submodule_search_locations[0]
    table = np.loadtxt(Path(folder, "datasets", "data", "digits.csv.gz"), delimiter=",")
    whole = Split(
        torch.as_tensor(table[:, :-1], dtype=torch.float32).reshape(-1, 1, 8, 8),
        torch.as_tensor(table[:, -1], dtype=torch.int64),
    )
    held_out = whole.pick(360, seed=0)
    test, train = (Split(whole.inputs[mask], whole.targets[mask]) for mask in (held_out, ~held_out))
    train_inputs, test_inputs = _standardised(train.inputs, test.inputs)
    return train_inputs, train.targets, test_inputs, test.targets


def _torchvision(name: str, root: str):
    """Load a torchvision data set, downloading it into `root` where it is missing."""
    datasets = _torchvision_datasets()
    parts = []
    for train in (True, False):
        which = {"split": "train" if train else "test"} if name == "SVHN" else {"train": train}
        try:
            Path(root).mkdir(parents=True, exist_ok=True)
            with FileLock(Path(root, f"{name}.lock")):  # jobs start together, one downloads
                source = getattr(datasets, name)(root, download=True, **which)
        except (RuntimeError, OSError) as error:
            raise ProspectError(
                f"data set {name}: not in dataset.root '{root}' and could not be downloaded "
                f"({error})"
            ) from error
        images = torch.as_tensor(source.data)
        targets = source.labels if name == "SVHN" else source.targets
        if images.ndim == 3:  # grey images come without a channel axis
            images = images.unsqueeze(1)
        elif name != "SVHN":  # CIFAR comes with the channels last
            images = images.permute(0, 3, 1, 2)
        parts.append((images.float() / 255, torch.as_tensor(targets)))
    (train_images, train_targets), (test_images, test_targets) = parts
    train_inputs, test_inputs = _standardised(train_images, test_images)
    return train_inputs, train_targets, test_inputs, test_targets


_DECLARED: list[torch.library.Library] = []  # a declaration lives as long as its object


def _torchvision_datasets():
    """Import torchvision's data sets, also where its compiled operators are missing.

    The torchvision of the package index is built for CUDA. Beside a CPU-only PyTorch its import
    fails because it registers Python kernels for operators that were never declared. The data
    sets need none of them, so declaring the two schemas is enough.
    """
    declared = {schema.name for schema in torch._C._jit_get_all_schemas()}
    if "torchvision::nms" not in declared:
        try:
            import torchvision
        except RuntimeError:
            library = torch.library.Library("torchvision", "FRAGMENT")
            library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
            library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
            _DECLARED.append(library)
    import torchvision.datasets

    return torchvision.datasets
