"""What the networks of a table have in common."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from prospect.base.device import device_of
from prospect.base.resume import Partial
from prospect.base.seeding import stable_hash
from prospect.model import data, splits
from prospect.model.data import Data
from prospect.model.ensemble import Epochs, members, train_ensemble
from prospect.model.objective import Objective, objective_of


class Setting(NamedTuple):
    """A network, what it is trained on and how, and where its losses are evaluated.

    name : the network's, for the tables
    network : its architecture and options, as the config describes them
    data, training : data set and recipe
    train, test : objectives on training and test samples; BatchNorm's statistics come from
        training samples in both
    device : where networks are trained
    """

    name: str
    network: dict
    data: Data
    training: dict
    train: Objective
    test: Objective
    device: torch.device | str = "cpu"

    def load(self, fixed: dict[str, Tensor]) -> None:
        """Let both objectives take over what is not trained, by name."""
        for objective in (self.train, self.test):
            objective.load(fixed)


def setting_of(name: str, params: dict) -> Setting:
    """Make the setting that a stage's parameters describe.

    `params` holds ``network``, ``dataset``, ``device``, ``training`` and ``evaluation``
    (``samples``, ``batchnorm``, ``batch``).
    """
    train, test = (
        objective_of(params | {"evaluation": params["evaluation"] | {"split": split}})
        for split in ("train", "test")
    )
    source = data.load(params["dataset"])
    part = splits.training_part(source.train, source.classes, params["training"])
    source = source._replace(train=part)
    device = device_of(params["device"])
    return Setting(name, params["network"], source, params["training"], train, test, device)


def after_epochs(
    setting: Setting, seeds: Sequence[int], epochs: Collection[int], partial: Partial | None
) -> dict[int, Epochs]:
    """Train networks together, one a seed; return their states after some epochs, in their order.

    What is trained is kept in `partial`, to go on after a stop.
    """
    networks = members(setting.network, setting.data, seeds)
    states = train_ensemble(
        networks, setting.data, setting.training, seeds, setting.device,
        what=f"{setting.name}: networks", kept=epochs, partial=partial,
    )  # fmt: skip
    return {state.epoch: state for state in states if state.epoch in epochs}


def twin_of(seed: int) -> int:
    """Return the seed of the other network of a pair."""
    return stable_hash(seed, "twin")


def with_options(training: dict, **optimizer: float) -> dict:
    """Return a recipe with other options of its optimiser."""
    return training | {"optimizer": training["optimizer"] | optimizer}


def recipe_of(training: dict, own: Mapping) -> dict:
    """Return a recipe with what a section has of its own: some of `epochs`, `batch` and `rate`."""
    recipe = training | {name: own[name] for name in ("epochs", "batch") if name in own}
    return with_options(recipe, lr=own["rate"]) if "rate" in own else recipe
