"""What the recipe and the initialisation of BatchNorm change of the two sides of noise.

One thing other than the study's at a time (arXiv:2405.12489). Batch sizes at as many steps, beside
as many epochs, are ours, and so is noise in the weights of BatchNorm alone.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from prospect.base.progress import track
from prospect.landscape import directions
from prospect.landscape.asymmetry import asymmetry
from prospect.landscape.evaluate import evaluate
from prospect.model.ensemble import collect, members, train_ensemble
from prospect.model.setting import Setting, with_options
from prospect.model.task import Scores
from prospect.model.training import steps_of
from prospect.systems.valleys.pairs import log_ratio

ALPHA = np.linspace(-1, 1, 13)  # in units of ‖θ‖
RADIUS, NEAR = 1.0, 0.5  # where the sides are compared, and where the loss's rise is taken
RECIPE = "recipe"  # the variation that varies nothing
NOISES: dict[str, dict] = {
    "gaussian": {"noise": "gaussian", "normalise": "scaled"},
    "signed": {"noise": "gaussian", "normalise": "scaled", "signs": 1},
}


class Variation(NamedTuple):
    """A setting with one thing other than the study's.

    name : such as ``rate 0.2``
    varied : ``recipe``, ``rate``, ``batch`` (as many epochs), ``batch-steps`` (as many steps),
        ``weight-decay`` or ``batchnorm-init``
    change : -1 where the value is below the study's, 1 where it is above, 0 where neither
    """

    name: str
    varied: str
    change: int
    setting: Setting

    def __str__(self) -> str:
        return self.name


def plan(setting: Setting, own: Mapping) -> list[Variation]:
    """List the variations that a section asks for, the recipe itself first.

    `own` holds ``rates``, ``batches``, ``weight_decays`` and ``batchnorm_inits``; the last are for
    networks with BatchNorm, and those of the network itself or the study's recipe are left out.
    """
    training, network = setting.training, setting.network
    now = training["optimizer"]
    found = [Variation(RECIPE, RECIPE, 0, setting)]

    def add(name: str, varied: str, value: float, standard: float, **recipe) -> None:
        if value != standard:
            varied_setting = setting._replace(training=training | recipe)
            change = 1 if value > standard else -1
            found.append(Variation(name, varied, change, varied_setting))

    for rate in own["rates"]:
        add(f"rate {rate:g}", "rate", rate, now["lr"], **with_options(training, lr=rate))
    samples = len(setting.data.train.targets)
    for batch in own["batches"]:
        add(f"batch {batch}", "batch", batch, training["batch"], batch=batch)
        equal = _as_many_steps(training, batch, samples)
        add(f"batch {batch}, equal steps", "batch-steps", batch, training["batch"], **equal)
    for decay in own["weight_decays"]:
        recipe = with_options(training, weight_decay=decay)
        add(f"weight decay {decay:g}", "weight-decay", decay, now["weight_decay"], **recipe)
    for init in own["batchnorm_inits"] if setting.train.norms.layers else ():
        if init != network.get("batchnorm_init", "ones"):
            other = setting._replace(network=network | {"batchnorm_init": init})
            found.append(Variation(f"BatchNorm {init}", "batchnorm-init", 0, other))
    return found


def _as_many_steps(training: dict, batch: int, samples: int) -> dict:
    """Return batch size and epochs of a recipe with as many steps, to within half an epoch."""
    other = {"batch": batch}
    steps = training["epochs"] * steps_of(training, samples)
    return other | {"epochs": max(1, round(steps / steps_of(training | other, samples)))}


def vary(variation: Variation, seeds: Sequence[int], count: int) -> pd.DataFrame:
    """Train networks by a variation and look along noise about each: a row a network and noise.

    ``network``, ``variation``, ``varied``, ``change``, ``seed``.

    Of the trained network ``loss`` (in nats) and ``accuracy``, with ``test_`` on test samples,
    ``norm``; ``batchnorm_mean``, ``_sd`` and ``_positive`` of BatchNorm's weights, and
    ``batchnorm_init``, how these began; NaN and empty where there are none.

    ``directions``: ``gaussian`` noise scaled to ‖θ‖, the same ``signed`` as θ; and where
    initialisations of BatchNorm are compared, noise ``binary`` {0, 1} of all weights, and of
    BatchNorm's alone, scaled to theirs (``binary-batchnorm``).

    Over ``count`` draws of it: the share ``plus_lower`` whose + side is lower at `RADIUS`, the
    share ``plus_below`` whose + side lies below the center, the median ``log_asymmetry`` of those
    that have one, and the means ``error_difference`` and ``rise``, the mean rise of the loss at
    both ± `NEAR` in nats.
    """
    setting = variation.setting
    networks = members(setting.network, setting.data, seeds)
    states = train_ensemble(
        networks, setting.data, setting.training, seeds, setting.device, what=f"{variation}: epochs"
    )
    last, _ = collect(states)
    rows = []
    for member, seed in enumerate(track(seeds, f"{variation}: networks")):
        theta, fixed = last.center(member)
        setting.load(fixed)
        names: dict = {"network": setting.name, "variation": variation.name}
        names |= {"varied": variation.varied, "change": variation.change, "seed": seed}
        of_network = names | _trained(setting, theta)
        rows += [of_network | row for row in _along_noise(variation, theta, seed, count)]
    return pd.DataFrame(rows)


def _trained(setting: Setting, theta: Tensor) -> dict[str, float | str]:
    """Return what is said of a trained network."""
    row: dict[str, float | str] = {"norm": float(theta.norm())}
    for prefix, objective in (("", setting.train), ("test_", setting.test)):
        here = objective.sample_losses(theta)
        row |= {f"{prefix}loss": float(here.loss.double().mean())}
        row |= {f"{prefix}accuracy": float(here.metric.double().mean())}
    return row | _of_batchnorm(setting, theta)


def _of_batchnorm(setting: Setting, theta: Tensor) -> dict[str, float | str]:
    """Return what is said of the weights of BatchNorm; nothing where there are none."""
    numbers = [float("nan")] * 3
    init = ""
    if setting.train.norms.layers:
        names = re.compile(_batchnorm_weights(setting))
        blocks = [block for block in setting.train.flat.blocks if names.search(block.name)]
        weights = torch.cat([theta[block.start : block.stop] for block in blocks])
        numbers = [
            float(weights.mean()),
            float(weights.std()),
            float((weights > 0).double().mean()),
        ]
        init = setting.network.get("batchnorm_init", "ones")
    columns = ("batchnorm_mean", "batchnorm_sd", "batchnorm_positive")
    return {"batchnorm_init": init} | dict(zip(columns, numbers, strict=True))


def _batchnorm_weights(setting: Setting) -> str:
    """Return an expression that finds the weights of BatchNorm among names of tensors."""
    kind = nn.modules.batchnorm._BatchNorm
    modules = setting.train.flat.module.named_modules()
    names = [re.escape(name) for name, layer in modules if isinstance(layer, kind)]
    return rf"^({'|'.join(names)})\.weight$"


def _along_noise(variation: Variation, theta: Tensor, seed: int, count: int) -> list[dict]:
    """Return a row for every kind of noise about θ (P,)."""
    setting = variation.setting
    specs = dict(NOISES)
    if variation.varied in (RECIPE, "batchnorm-init") and setting.train.norms.layers:
        binary = {"noise": "binary", "normalise": "scaled"}
        specs |= {"binary": binary}
        specs |= {"binary-batchnorm": binary | {"only": _batchnorm_weights(setting)}}
    center = setting.train.sample_losses(theta)
    rows = []
    for name, spec in specs.items():
        # the same noise for every variation, and the same for raw and signed
        drawn = [
            directions.random(spec, theta, setting.train.flat.blocks, seed, "variations", number)
            for number in range(count)
        ]
        found = [_sides(setting, theta, direction, center) for direction in drawn]
        rows.append({"directions": name} | _summary(pd.DataFrame(found)))
    return rows


def _sides(
    setting: Setting, theta: Tensor, direction: Tensor, center: Scores
) -> dict[str, float | bool]:
    """Return the sides of one curve, and how far it rises."""
    points = ALPHA[:, None]
    curve = evaluate(setting.train, theta, direction[None], points, center=center, what=None)
    near = np.interp([-NEAR, NEAR], ALPHA, curve.loss).mean() - curve.center_loss
    sides = asymmetry(ALPHA, curve.loss, curve.accuracy, curve.center_loss, RADIUS)
    return sides | {"rise": float(near)}


def _summary(draws: pd.DataFrame) -> dict[str, float]:
    """Return shares and means over draws, and the median of what is not always defined."""
    names = ("plus_lower", "plus_below", "error_difference", "rise")
    means = {name: float(draws[name].astype(float).mean()) for name in names}
    median = float(draws["log_asymmetry"].median())
    return {"count": len(draws), "log_asymmetry": median} | means


def variations_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Add how networks differ from those of the recipe with the same seed and noise.

    ``rise_ratio`` is the logarithm of the rise over that of the recipe, positive where the
    variation is sharper; NaN where one does not rise.
    """
    keys = ["network", "seed", "directions"]
    recipe = rows[rows["variation"] == RECIPE].set_index(keys)["rise"]
    of_recipe = rows[keys].join(recipe, on=keys)["rise"]
    return rows.assign(rise_ratio=log_ratio(rows["rise"], of_recipe))
