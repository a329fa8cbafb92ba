"""Data set -> resident tensors of inputs and targets, for training and test.

Built in: scikit-learn's digits (ships with the dependency) and the downloadable sets of
torchvision. Your own: an import path ``package.module:function`` that returns
``train_inputs, train_targets, test_inputs, test_targets``.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from prospect.errors import ProspectError
from prospect.plugins import by_import_path
from prospect.seeding import generator

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
        """Return a fixed random subset of about `count` samples, stratified by class.

        Every class keeps its share to within one sample (largest remainders); samples stay in
        their order. None or a count of at least N returns the split itself.
        """
        total = len(self.targets)
        if count is None or count >= total:
            return self
        classes, sizes = self.targets.unique(return_counts=True)
        quota = sizes.double() * count / total
        take = quota.floor().long()
        order = torch.argsort(take - quota, stable=True)
        take[order[: count - int(take.sum())]] += 1
        rng = generator(seed, "subset", count)
        chosen = []
        for label, number in zip(classes, take, strict=True):
            members = torch.nonzero(self.targets == label).squeeze(1)
            chosen.append(members[torch.randperm(len(members), generator=rng)[:number]])
        index = torch.cat(chosen).sort().values
        return Split(self.inputs[index], self.targets[index])


class Data(NamedTuple):
    """A data set: its train and test splits and its number of classes C."""

    train: Split
    test: Split
    classes: int


def load(dataset: dict) -> Data:
    """Load a data set as the config describes it; inputs standardised by the training set.

    Raises ProspectError where the data cannot be had or has the wrong form.
    """
    name = dataset["name"]
    if name == "digits":
        arrays = _digits()
    elif name in TORCHVISION:
        arrays = _torchvision(TORCHVISION[name], dataset["root"])
    else:
        arrays = by_import_path(name, "dataset.name")(**dataset["options"])
    return _checked(name, *arrays)


def _checked(name, train_inputs, train_targets, test_inputs, test_targets) -> Data:
    """Bring four arrays to the form of `Data`, or say what is wrong with them."""
    train = Split(
        torch.as_tensor(train_inputs, dtype=torch.float32).contiguous(),
        torch.as_tensor(train_targets, dtype=torch.int64),
    )
    test = Split(
        torch.as_tensor(test_inputs, dtype=torch.float32).contiguous(),
        torch.as_tensor(test_targets, dtype=torch.int64),
    )
    for part, split in (("training", train), ("test", test)):
        if len(split.inputs) != len(split.targets) or split.targets.ndim != 1:
            raise ProspectError(
                f"data set {name}: {part} inputs {tuple(split.inputs.shape)} and targets "
                f"{tuple(split.targets.shape)} do not match; want (N, ...) and (N,)"
            )
    return Data(train, test, classes=int(train.targets.max()) + 1)


def _standardised(train: Tensor, test: Tensor) -> tuple[Tensor, Tensor]:
    """Shift and scale images (N, channels, height, width) by the training set, per channel."""
    mean = train.mean(dim=(0, 2, 3), keepdim=True)
    std = train.std(dim=(0, 2, 3), keepdim=True)
    return (train - mean) / std, (test - mean) / std


def _digits():
    """Load scikit-learn's 8×8 digits: 1,437 training and 360 test images, split by class."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    images, targets = load_digits(return_X_y=True)
    images = torch.as_tensor(images, dtype=torch.float32).reshape(-1, 1, 8, 8)
    train, test, train_targets, test_targets = train_test_split(
        images.numpy(), targets, test_size=360, stratify=targets, random_state=0
    )
    train, test = _standardised(torch.from_numpy(train), torch.from_numpy(test))
    return train, train_targets, test, test_targets


def _torchvision(name: str, root: str):
    """Load a torchvision data set, downloading it into `root` where it is missing."""
    datasets = _torchvision_datasets()
    parts = []
    for train in (True, False):
        which = {"split": "train" if train else "test"} if name == "SVHN" else {"train": train}
        try:
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
    (train, train_targets), (test, test_targets) = parts
    train, test = _standardised(train, test)
    return train, train_targets, test, test_targets


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
            _torchvision_datasets.library = library  # the declaration lives as long as this object
    import torchvision.datasets

    return torchvision.datasets
