"""Flatness against generalisation: batch size × learning rate × seed, from the same starts.

At equal epochs settings end at different training losses, which decides trace and test loss alike;
so also at equal training loss. The unit of every comparison is the start: differences are paired.
Ours, after the abstract of arXiv:2407.20724.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from torch import Tensor

from prospect.base.errors import ProspectError
from prospect.landscape.directions import noise
from prospect.landscape.evaluate import evaluate
from prospect.landscape.shapes.curves import name_curve
from prospect.model.ensemble import collect, members, train_ensemble
from prospect.model.objective import Objective
from prospect.model.setting import Setting
from prospect.model.training import goal
from prospect.systems.spinglass.flatness import MEASURES, flatness
from prospect.systems.spinglass.overlaps import of_network

MATCHED = ("epochs", "loss")  # what the networks of a comparison have in common
OUTCOMES = ("loss", "test_loss", "accuracy", "test_accuracy")
START = ["network", "matched", "label_noise", "rate", "seed"]  # what a pair has in common
LINES, POINTS = 8, 81  # along ±‖θ‖
PERSISTENCE = 0.01  # of a basin, as a fraction of the curve's range
RADIUS, CIRCLES = 0.3, 32  # of the sphere on which the spectrum is taken


def recipe_of(
    training: dict,
    own: Mapping,
    condition: tuple[float, float],
    matched: str,
    rate: float,
    batch: int,
) -> dict:
    """Return the recipe of one setting of the section `own`.

    `condition` is a label noise and the training loss in nats at which networks stop with it,
    where they are `matched` by ``loss``. Then the rate is constant: a schedule would depend on
    epochs that are not trained.
    """
    label_noise, loss = condition
    recipe = training | {"batch": batch, "samples": own["train"], "label_noise": label_noise}
    recipe["optimizer"] = training["optimizer"] | {"lr": rate}
    if matched == "epochs":
        return recipe | {"epochs": own["epochs"], "until": None}
    return recipe | {
        "epochs": own["most_epochs"], "until": {"loss": loss}, "schedule": "constant"
    }  # fmt: skip


def ruggedness(setting: Setting, seeds: Sequence[int]) -> pd.DataFrame:
    """Train networks at one setting and measure how flat they are: a row a seed.

    Columns ``network``, ``matched`` (``epochs`` or ``loss``), ``label_noise``, ``batch``, ``rate``,
    ``seed``; ``epochs``, how many each was trained; ``reached``, whether its loss fell below
    ``until``; ``loss``, ``accuracy``, ``test_loss``, ``test_accuracy``; `flatness.MEASURES` of the
    training loss, noise of labels included; ``odd_share`` and ``even_order`` of
    `overlaps.of_network`; the means of `lines`.

    Parameters
    ----------
    setting
        The network and its recipe, see `recipe_of`: networks are looked at on what they are
        trained on.
    seeds : (M,)
        Of initialisation and order of batches: the same start at every setting.
    """
    training, data = setting.training, setting.data
    rate, until = training["optimizer"]["lr"], training["until"]
    networks = members(setting.network, data, seeds)
    what = f"{setting.name}: batch {training['batch']}, rate {rate:g}"
    last, _ = collect(train_ensemble(networks, data, training, seeds, setting.device, what=what))
    objective = Objective(networks[0], data.train, device=setting.device)
    rows = []
    for member, seed in enumerate(seeds):
        row = {
            "network": setting.name,
            "matched": "loss" if until else "epochs",
            "label_noise": training["label_noise"],
            "batch": training["batch"],
            "rate": rate,
            "seed": seed,
            "epochs": int(last.row["trained"][member]),
        }
        row |= {outcome: float(last.row[outcome][member]) for outcome in OUTCOMES}
        row["reached"] = row["loss"] < goal(training) if until else True
        theta = last.theta[member]
        row |= flatness(objective, theta, seed)
        row |= of_network(objective, theta, RADIUS, CIRCLES, seed)
        rows.append(row | lines(objective, theta, seed))
    return pd.DataFrame(rows)


def paired(table: pd.DataFrame, reference: int) -> pd.DataFrame:
    """Compare every network with that of a reference batch size at the same start and rate.

    A row a pair of which both reached their goal, and ``measure``: its ``difference``, that of
    logarithms for `flatness.MEASURES`, which are named ``log_…``. `table` is that of `ruggedness`,
    of which the columns that tell a network are kept. Raises ProspectError where no network has
    the reference's batch size.
    """
    if reference not in set(table["batch"]):
        sizes = ", ".join(str(size) for size in sorted(set(table["batch"])))
        raise ProspectError(f"ruggedness: no network of batch size {reference}; there are {sizes}")
    values = table[table["reached"]].set_index([*START, "batch"])
    logs = values[list(MEASURES)].transform(np.log).add_prefix("log_")
    compared = values[list(OUTCOMES)].join(logs).reset_index()
    compared = compared.melt([*START, "batch"], var_name="measure")
    base = compared[compared["batch"] == reference].drop(columns="batch")
    others = compared[compared["batch"] != reference]
    pairs = others.merge(base, on=[*START, "measure"], suffixes=("", "_reference"))
    pairs["difference"] = pairs["value"] - pairs["value_reference"]
    return pairs[[*START, "batch", "measure", "difference"]]


def lines(objective: Objective, theta: Tensor, seed: int) -> dict[str, float]:
    """Count what is rugged along `LINES` Gaussian lines through θ (P,), ±‖θ‖ long.

    Returns the means over lines of ``basins``, minima whose persistence exceeds `PERSISTENCE` of
    the curve's range, and ``sign_changes`` of the slope from point to point. Both are 1 for a plain
    valley; here they are so at nearly all trained networks and carry no information.
    """
    alpha = np.linspace(-1, 1, POINTS)
    basins, changes = [], []
    for number in range(LINES):
        drawn = noise("gaussian", len(theta), seed, "lines", number).to(theta)
        along = (drawn * (theta.norm() / drawn.norm()))[None]
        loss = evaluate(objective, theta, along, alpha[:, None], what=None).loss
        threshold = PERSISTENCE * float(loss.max() - loss.min())
        signs = np.sign(np.diff(loss))
        signs = signs[signs != 0]
        basins.append(len(name_curve(alpha, loss, threshold).basins))
        changes.append(int((signs[1:] != signs[:-1]).sum()))
    return {"basins": float(np.mean(basins)), "sign_changes": float(np.mean(changes))}
