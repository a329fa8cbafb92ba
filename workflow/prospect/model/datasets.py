"""Data sets that come by name, as four arrays: digits, and the downloadable ones of torchvision."""

import importlib.util
from pathlib import Path

import numpy as np
import torch
from filelock import FileLock
from torch import Tensor

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


def standardised(train: Tensor, test: Tensor) -> tuple[Tensor, Tensor]:
    """Shift and scale images (N, channels, height, width) by the training set, per channel."""
    mean = train.mean(dim=(0, 2, 3), keepdim=True)
    std = train.std(dim=(0, 2, 3), keepdim=True)
    return (train - mean) / std, (test - mean) / std


def digits():
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
    train_inputs, test_inputs = standardised(train.inputs, test.inputs)
    return train_inputs, train.targets, test_inputs, test.targets


def torchvision(name: str, root: str):
    """Load a torchvision data set, downloading it into `root` where it is missing."""
    source_of = torchvision_part("datasets")
    parts = []
    for train in (True, False):
        which = {"split": "train" if train else "test"} if name == "SVHN" else {"train": train}
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
        parts.append((images.float() / 255, torch.as_tensor(targets)))
    (train_images, train_targets), (test_images, test_targets) = parts
    train_inputs, test_inputs = standardised(train_images, test_images)
    return train_inputs, train_targets, test_inputs, test_targets
