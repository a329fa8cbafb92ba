"""Lines through two networks, and how the loss rises about one."""

from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from prospect.landscape import directions
from prospect.landscape.asymmetry import asymmetry
from prospect.landscape.evaluate import evaluate
from prospect.model.objective import Objective
from prospect.model.setting import Setting


class Tables(NamedTuple):
    """Two kinds of networks A and B held against each other.

    pairs : a row a pair
    curves : a row a pair and point of the line through it
    """

    pairs: pd.DataFrame
    curves: pd.DataFrame


def line(setting: Setting, theta_a: Tensor, theta_b: Tensor, alpha: np.ndarray) -> pd.DataFrame:
    """Evaluate (1 − α)θ_a + αθ_b for all α (K,), on training and test samples.

    Columns ``alpha``, ``loss``, ``accuracy``, ``test_loss``, ``test_accuracy``; losses in nats, NaN
    where one is not finite.
    """
    columns = {"alpha": alpha}
    for prefix, objective in (("", setting.train), ("test_", setting.test)):
        along = (theta_b - theta_a)[None]
        found = evaluate(objective, theta_a, along, alpha[:, None], what=None)
        columns |= {f"{prefix}loss": found.loss, f"{prefix}accuracy": found.accuracy}
    return pd.DataFrame(columns)


def point_of(curve: pd.DataFrame, alpha: float) -> dict[str, float]:
    """Return losses and accuracies at a point of a line."""
    here = curve[np.isclose(curve["alpha"], alpha)].iloc[0]
    return {str(name): float(number) for name, number in here.items() if name != "alpha"}


def named(names: dict, curve: pd.DataFrame) -> pd.DataFrame:
    """Return a line with columns before its own that say what it is of."""
    return pd.DataFrame(names, index=curve.index).join(curve)


def sides(curve: pd.DataFrame, at: float, plus: float, step: float) -> dict[str, float | bool]:
    """Compare the two sides of a point of a line, as `landscape.asymmetry` does, at a `step` of α.

    The + side is that of larger α where `plus` is above 0, and of smaller where it is below.
    """
    sign = 1 if plus > 0 else -1
    curve = curve.iloc[::sign]
    alpha = sign * (curve["alpha"].to_numpy() - at)
    loss, accuracy = curve["loss"].to_numpy(), curve["accuracy"].to_numpy()
    return asymmetry(alpha, loss, accuracy, float(np.interp(0, alpha, loss)), step)


def rise(objective: Objective, theta: Tensor, radius: float, draws: int, seed: int) -> float:
    """Return the mean rise of the loss in nats at a distance from θ (P,), our sharpness.

    The mean over random Gaussian directions of length `radius`, in units of weights; the same
    `seed` draws the same directions at every θ.
    """
    noise = [directions.noise("gaussian", len(theta), seed, "rise", n) for n in range(draws)]
    steps = torch.stack([radius * vector / vector.norm() for vector in noise])
    found = evaluate(objective, theta, steps, np.eye(draws), what=None)
    return float(found.loss.mean()) - found.center_loss
