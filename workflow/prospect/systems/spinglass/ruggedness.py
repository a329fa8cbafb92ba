"""Flatness against generalisation: batch size × learning rate × seed, from the same starts.

At equal epochs settings end at different training losses, which decides trace and test loss alike;
so also at equal training loss. The unit of every comparison is the start: differences are paired.
Ours, after the abstract of arXiv:2407.20724.
"""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from torch import Tensor

from prospect.base.errors import ProspectError
from prospect.base.intervals import Interval, mean
from prospect.landscape.directions import noise
from prospect.landscape.evaluate import evaluate
from prospect.landscape.shapes.curves import name_curve
from prospect.model.data import Data, training_part
from prospect.model.ensemble import collect, members, train_ensemble
from prospect.model.objective import Objective
from prospect.systems.spinglass.flatness import MEASURES, flatness

OUTCOMES = ("loss", "test_loss", "accuracy", "test_accuracy")
SETTING = ["batch", "rate"]
LINES, POINTS = 8, 81  # along ±‖θ‖
PERSISTENCE = 0.01  # of a basin, as a fraction of the curve's range


def ruggedness(
    name: str,
    network: dict,
    data: Data,
    training: dict,
    batch: int,
    rate: float,
    seeds: Sequence[int],
    until: float | None = None,
    device="cpu",
) -> pd.DataFrame:
    """Train networks at one setting and measure how flat they are: a row a seed.

    Columns ``network``, ``matched`` (``epochs`` or ``loss``), ``label_noise``, ``batch``, ``rate``,
    ``seed``; ``epochs``, how many each was trained; ``reached``, whether its loss fell below
    `until`; ``loss``, ``accuracy``, ``test_loss``, ``test_accuracy``; `flatness.MEASURES` of the
    training loss, noise of labels included.

    Parameters
    ----------
    name, network, data
        The network's name for the table, its architecture, and the whole data set.
    training
        The recipe; ``samples`` and ``label_noise`` say which part of the training set is taken.
        With `until` its schedule is best ``constant``: others depend on epochs not trained.
    batch, rate
        The setting: batch size and learning rate.
    seeds : (M,)
        Of initialisation and order of batches: the same start at every setting.
    until
        The training loss in nats below which a network stops, at the end of an epoch; None for
        equal epochs.
    device
        Where networks are trained.
    """
    optimizer = training["optimizer"] | {"lr": rate}
    goal = None if until is None else {"loss": until}
    recipe = training | {"batch": batch, "optimizer": optimizer, "until": goal}
    source = data._replace(train=training_part(data.train, data.classes, training))
    networks = members(network, source, seeds)
    what = f"{name}: batch {batch}, rate {rate:g}"
    last, _ = collect(train_ensemble(networks, source, recipe, seeds, device, what=what))
    objective = Objective(networks[0], source.train)
    rows = []
    for member, seed in enumerate(seeds):
        row = {
            "network": name,
            "matched": "epochs" if until is None else "loss",
            "label_noise": training["label_noise"],
            "batch": batch,
            "rate": rate,
            "seed": seed,
            "epochs": int(last.row["trained"][member]),
        }
        row |= {outcome: float(last.row[outcome][member]) for outcome in OUTCOMES}
        row["reached"] = until is None or row["loss"] < until
        rows.append(row | flatness(objective, last.theta[member], seed))
    return pd.DataFrame(rows)


def differences(table: pd.DataFrame, reference: int) -> pd.DataFrame:
    """Compare every batch size with a reference at the same rate and start: a row each and measure.

    `table` is of one network, kind of matching and label noise. Columns ``batch``, ``rate``,
    ``measure``, ``starts`` (pairs of networks that both reached their goal), and ``number``,
    ``low``, ``high``: the mean of the paired differences with its 95 % t interval over starts; of
    logarithms for `MEASURES`, which are named ``log_…``. Rates at which nothing is left to compare
    have no rows. Raises ProspectError where no network has the reference's batch size.
    """
    if reference not in set(table["batch"]):
        sizes = ", ".join(str(size) for size in sorted(set(table["batch"])))
        raise ProspectError(f"ruggedness: no network of batch size {reference}; there are {sizes}")
    rows = []
    for rate, of_rate in table[table["reached"]].groupby("rate"):
        by_batch = {batch: _values(own) for batch, own in of_rate.groupby("batch")}
        base = by_batch.pop(reference, None)
        if base is None:
            continue
        for batch, values in by_batch.items():
            paired = values.sub(base).dropna(how="all")  # the starts of both
            for measure, found in paired.items():
                interval = mean(found.to_list()) if len(found) else Interval(*[math.nan] * 3)
                names = {"batch": batch, "rate": rate, "measure": measure, "starts": len(found)}
                rows.append(names | interval._asdict())
    columns = [*SETTING, "measure", "starts", *Interval._fields]
    return pd.DataFrame(rows, columns=columns)


def _values(table: pd.DataFrame) -> pd.DataFrame:
    """Return what is compared of the networks of one setting, by seed."""
    values = table.set_index("seed")
    return values[list(OUTCOMES)].join(values[list(MEASURES)].transform(np.log).add_prefix("log_"))


def lines(name: str, objective: Objective, theta: Tensor, seed: int) -> pd.DataFrame:
    """Count what is rugged along Gaussian lines through θ (P,), ±‖θ‖ long: a row a line.

    Columns ``network``, ``seed``, ``line``; ``basins``, minima whose persistence exceeds
    `PERSISTENCE` of the curve's range; ``sign_changes`` of the slope from point to point. Both are
    1 for a plain valley; here they are so at nearly all trained networks and carry no information.
    """
    alpha = np.linspace(-1, 1, POINTS)
    rows = []
    for number in range(LINES):
        drawn = noise("gaussian", len(theta), seed, "lines", number).to(theta)
        along = (drawn * (theta.norm() / drawn.norm()))[None]
        loss = evaluate(objective, theta, along, alpha[:, None], what=None).loss
        threshold = PERSISTENCE * float(loss.max() - loss.min())
        signs = np.sign(np.diff(loss))
        signs = signs[signs != 0]
        rows.append(
            {
                "network": name,
                "seed": seed,
                "line": number,
                "basins": len(name_curve(alpha, loss, threshold).basins),
                "sign_changes": int((signs[1:] != signs[:-1]).sum()),
            }
        )
    return pd.DataFrame(rows)
