"""One part of a data set, and parts of that: subsets, and what a recipe trains on."""

from typing import NamedTuple

import torch
from torch import Tensor

from prospect.base.errors import ProspectError
from prospect.base.seeding import generator


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
