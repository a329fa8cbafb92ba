"""What is done to images at random while a network is trained on them.

As usual for 32×32 images (He et al. 2016): ``crop`` shifts an image by up to an eighth of its side,
4 of 32 pixels, and fills the rest with zeros, the mean of standardised images; ``flip`` mirrors it,
left and right, with probability a half.
"""

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional

from prospect.base.errors import ProspectError
from prospect.base.seeding import generator

SHIFT = 8  # a crop shifts by at most one part in so many


def augmented(images: Tensor, training: Mapping, seed: int, *step: int) -> Tensor:
    """Return a mini-batch (N, channels, height, width) with every image changed at random.

    By the ``augmentation`` of a recipe, ``crop``, ``flip`` or both; without it as it is. The same
    for the same seed and `step` (its epoch and its number in it), on every device. Raises
    ProspectError where the inputs are no images.
    """
    kinds = training.get("augmentation", ())
    if not kinds:
        return images
    if not isinstance(images, Tensor) or images.ndim != 4:
        form = tuple(images.shape) if isinstance(images, Tensor) else type(images).__name__
        raise ProspectError(
            f"training.augmentation: inputs {form} are no images (N, channels, height, width); "
            "leave it out"
        )
    rng = generator(seed, "augmentation", *step)
    if "crop" in kinds:
        images = _shifted(images, rng)
    if "flip" in kinds:
        mirrored = (torch.rand(len(images), 1, 1, 1, generator=rng) < 0.5).to(images.device)
        images = torch.where(mirrored, images.flip(3), images)
    return images


def _shifted(images: Tensor, rng: torch.Generator) -> Tensor:
    """Shift every image by as many pixels of its own, up and down, left and right."""
    count, channels, *sides = images.shape
    pads = [side // SHIFT for side in sides]
    padded = functional.pad(images, (pads[1], pads[1], pads[0], pads[0]))
    rows, columns = (
        torch.randint(2 * pad + 1, (count, 1), generator=rng) + torch.arange(side)
        for pad, side in zip(pads, sides, strict=True)
    )
    rows, columns = rows.to(images.device), columns.to(images.device)
    rows = rows[:, None, :, None].expand(-1, channels, -1, padded.shape[3])
    columns = columns[:, None, None, :].expand(-1, channels, sides[0], -1)
    return padded.gather(2, rows).gather(3, columns)
