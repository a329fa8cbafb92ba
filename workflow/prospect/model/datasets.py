"""Data sets that come by name, as four arrays: digits, and the downloadable ones of torchvision.

Images (N, channels, height, width), resized where asked, and then standardised by the training set.
"""

import importlib.util
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from filelock import FileLock
from torch import Tensor
from torch.nn import functional

from prospect.base.errors import ProspectError
from prospect.model.splits import Split
from prospect.model.vision import torchvision_part

TORCHVISION = {
    "mnist": "MNIST",
    "fashion-mnist": "FashionMNIST",
    "cifar10": "CIFAR10",
    "cifar100": "CIFAR100",
    "svhn": "SVHN",
}


def built_in(dataset: Mapping) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Load a data set that comes by name: training images and targets, test images and targets.

    `dataset` holds ``name``, ``root``, and where images change, ``size`` (pixels a side) and
    ``channels`` (of grey images, each the same). Raises ProspectError where the data cannot be had,
    or where images with colours are asked for other channels.
    """
    name = dataset["name"]
    if name == "digits":
        train, test = digits()
    else:
        train, test = torchvision(TORCHVISION[name], dataset["root"])
    changed = (_resized(split.inputs, dataset) for split in (train, test))
    train_inputs, test_inputs = standardised(*changed)
    return train_inputs, train.targets, test_inputs, test.targets


def _resized(images: Tensor, dataset: Mapping) -> Tensor:
    """Resize images bilinearly, and repeat the channel of grey ones, as a data set asks."""
    size, channels = dataset.get("size"), dataset.get("channels")
    if size:
        images = functional.interpolate(images, (size, size), mode="bilinear", antialias=True)
    if channels and images.shape[1] != channels:
        if images.shape[1] != 1:
            raise ProspectError(
                f"dataset.channels: images of '{dataset['name']}' have {images.shape[1]}; leave it "
                "out"
            )
        images = images.expand(-1, channels, -1, -1).contiguous()
    return images


def standardised(train: Tensor, test: Tensor) -> tuple[Tensor, Tensor]:
    """Shift and scale images (N, channels, height, width) by the training set, per channel."""
    mean = train.mean(dim=(0, 2, 3), keepdim=True)
    std = train.std(dim=(0, 2, 3), keepdim=True)
    return (train - mean) / std, (test - mean) / std


def digits() -> tuple[Split, Split]:
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
    return train, test


def torchvision(name: str, root: str) -> tuple[Split, Split]:
    """Load a torchvision data set, downloading it into `root` where it is missing."""
    source_of = torchvision_part("datasets")
    parts = []
    for part in ("train", "test"):
        which = {"split": part} if name == "SVHN" else {"train": part == "train"}
        try:
            Path(root).mkdir(parents=True, exist_ok=True)
            with FileLock(Path(root, f"{name}.lock")):  # jobs start together, one downloads
                source = getattr(source_of, name)(root, download=True, **which)
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
        parts.append(Split(images.float() / 255, torch.as_tensor(targets)))
    train, test = parts
    return train, test
