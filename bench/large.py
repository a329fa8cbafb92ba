"""A large data set: digits that are shifted and blurred with noise, for `dataset.name`.

Every image is one of the 1,797 of scikit-learn, moved by up to a pixel and a half either way and
with noise of its own, so that no two are alike.
"""

import torch
from torch import Tensor
from torch.nn import functional

from prospect.model import datasets
from prospect.model.splits import Split

SHIFT, NOISE = 1.5, 1.5  # pixels; grey levels of 16


def digits(train: int = 50_000, test: int = 10_000) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Make so many training and test samples, of the training and test digits."""
    rng = torch.Generator().manual_seed(0)
    sizes = zip(datasets.digits(), (train, test), strict=True)
    one, other = (_more(split, samples, rng) for split, samples in sizes)
    inputs = datasets.standardised(one.inputs, other.inputs)
    return inputs[0], one.targets, inputs[1], other.targets


def _more(split: Split, samples: int, rng: torch.Generator) -> Split:
    """Draw samples of a split, as often as it takes, each moved and with noise."""
    some = split.take(torch.arange(samples) % split.samples)
    moves = torch.eye(2, 3).repeat(samples, 1, 1)
    # a grid's coordinates go from -1 to 1
    reach = 2 * SHIFT / some.inputs.shape[-1]
    moves[:, :, 2] = reach * (2 * torch.rand(samples, 2, generator=rng) - 1)
    grid = functional.affine_grid(moves, list(some.inputs.shape), align_corners=False)
    moved = functional.grid_sample(some.inputs, grid, align_corners=False)
    noise = torch.randn(moved.shape, generator=rng)
    return Split(moved + NOISE * noise, some.targets)
