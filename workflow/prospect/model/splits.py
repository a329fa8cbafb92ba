"""One part of a data set, and parts of that: subsets, and what a recipe trains on."""

from typing import NamedTuple

import torch
from torch import Tensor

from prospect.base.errors import ProspectError
from prospect.base.seeding import generator
from prospect.model.structure import Structure, count, on, taken


class Split(NamedTuple):
    """One part of a data set: inputs (N, …) and targets, (N,) int64 where they are classes."""

    inputs: Structure
    targets: Structure

    @property
    def samples(self) -> int:
        """N, the number of samples."""
        return count(self.targets)

    @property
    def strata(self) -> Tensor:
        """What subsets keep the shares of (N,): the classes, where there are any."""
        targets = self.targets
        if isinstance(targets, Tensor) and targets.ndim == 1 and not targets.is_floating_point():
            return targets
        return torch.zeros(self.samples, dtype=torch.int64)

    def to(self, device) -> "Split":
        """Return the split on a device."""
        return Split(on(self.inputs, device), on(self.targets, device))

    def take(self, index) -> "Split":
        """Return some of the samples."""
        return Split(taken(self.inputs, index), taken(self.targets, index))

    def subset(self, count: int | None, seed: int) -> "Split":
        """Return a fixed random subset of `count` samples, stratified by class, in their order.

        None or a count of at least N returns the split itself.
        """
        if count is None or count >= self.samples:
            return self
        return self.take(self.pick(count, seed))

    def pick(self, count: int, seed: int) -> Tensor:
        """Pick `count` samples at random, stratified by class: a mask (N,).

        Every class keeps its share to within one sample (largest remainders).
        """
        strata = self.strata
        classes, sizes = strata.unique(return_counts=True)
        quota = sizes.double() * count / len(strata)
        take = quota.floor().long()
        order = torch.argsort(take - quota, stable=True)
        take[order[: count - int(take.sum())]] += 1
        rng = generator(seed, "subset", count)
        mask = torch.zeros(len(strata), dtype=torch.bool)
        for label, number in zip(classes, take, strict=True):
            members = torch.nonzero(strata == label).squeeze(1)
            mask[members[torch.randperm(len(members), generator=rng)[:number]]] = True
        return mask


def training_part(split: Split, classes: int, recipe: dict) -> Split:
    """Return the part of a training set that a recipe asks for, the same for every seed.

    `recipe` holds ``parts`` and ``part`` (disjoint, stratified by class), ``samples`` (the first k
    of one fixed random order of the part) and ``label_noise`` (the share of labels that are
    replaced by another class, each as likely). Raises ProspectError where no sample of a class is
    left.
    """
    index, strata = torch.arange(split.samples), split.strata
    if recipe["parts"] > 1:
        rng = generator(0, "parts")
        dealt = torch.empty_like(index)
        for label in strata.unique():
            members = index[strata == label]
            order = members[torch.randperm(len(members), generator=rng)]
            dealt[order] = torch.arange(len(order)) % recipe["parts"]
        index = index[dealt == recipe["part"]]
        if missing := len(strata.unique()) - len(strata[index].unique()):
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
    part = split.take(index)
    if noisy := round(recipe["label_noise"] * len(index)):
        if not classes:
            raise ProspectError("training.label_noise: the targets are no classes; want 0 here")
        rng = generator(0, "label noise")
        some = torch.randperm(len(index), generator=rng)[:noisy]
        shift = torch.randint(1, classes, (noisy,), generator=rng)
        targets = part.targets.clone()
        targets[some] = (targets[some] + shift) % classes
        part = Split(part.inputs, targets)
    return part
