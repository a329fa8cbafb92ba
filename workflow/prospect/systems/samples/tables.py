"""What the tables of the study say together: trends of the experiment, and advice on samples."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from prospect.base import intervals
from prospect.systems.samples import published

LINES = {"width": "depth", "depth": "width"}  # what is varied, and what stays


def lines_of(rows: pd.DataFrame) -> Iterator[tuple[str, str, int, int, pd.DataFrame]]:
    """Yield what is varied, what stays, at what, the epochs, and the rows of `increments.measure`.

    Every row comes twice: perceptrons of all widths at one depth, and of all depths at one width.
    """
    for varied, fixed in LINES.items():
        for epochs in rows["epochs"].unique():
            for at in rows[fixed].unique():
                own = rows[(rows["epochs"] == epochs) & (rows[fixed] == at)]
                yield varied, fixed, int(at), int(epochs), own


def trends(rows: pd.DataFrame) -> pd.DataFrame:
    """Return how the level follows the width at a depth, and the depth at a width, by seed.

    ``network`` says what stays, as ``depth 5``; ``trend`` is the rank correlation (Spearman's) of
    the level with what is varied: −1 where each wider perceptron has a lower level.
    """
    found = []
    for varied, fixed, at, epochs, own in lines_of(rows):
        said = {"network": f"{fixed} {at}", "varied": varied, "at": at, "epochs": epochs}
        for seed, of_seed in own.groupby("seed"):
            trend = of_seed[varied].corr(of_seed["level"], method="spearman")
            found.append(said | {"seed": seed, "trend": trend})
    return pd.DataFrame(found)


def steps(rows: pd.DataFrame) -> pd.DataFrame:
    """Return ln of the level over that of the next smaller width, or depth, of the same seed.

    ``step`` says from where to where. Missing where one of both is dead.
    """
    found = []
    for varied, fixed, at, epochs, own in lines_of(rows):
        said = {"network": f"{fixed} {at}", "varied": varied, "at": at, "epochs": epochs}
        alive = own[~own["dead"]]
        logs = np.log(alive.set_index(["seed", varied])["level"]).unstack()
        for one, other in zip(logs.columns, logs.columns[1:], strict=False):
            change = (logs[other] - logs[one]).rename("change").reset_index()
            found.append(change.assign(step=f"{one} to {other}", **said))
    return pd.concat(found, ignore_index=True)


def compared(rows: pd.DataFrame, dataset: str) -> pd.DataFrame:
    """Hold the published levels against ours after as many epochs: a row a published one.

    ``ours``, ``low``, ``high``: the mean over seeds with its 95 % interval, of perceptrons that the
    study has; ``same_data``, whether both are of the same data and inputs.
    """
    own = rows[rows["epochs"] == rows["epochs"].min()]
    found = []
    for (width, depth), of_one in own.groupby(["width", "depth"]):
        ours, low, high = intervals.mean(of_one["level"].tolist())
        said = {"width": width, "depth": depth, "dead": int(of_one["dead"].sum())}
        found.append(said | {"ours": ours, "low": low, "high": high})
    table = published.levels().merge(pd.DataFrame(found), on=["width", "depth"], how="left")
    return table.assign(same_data=(table["data"] == dataset) & (table["inputs"] == "direct"))


def advice(needed: pd.DataFrame, accuracy: float, pilot: int) -> list[str]:
    """Say in sentences how many samples curves and surfaces need.

    `needed` is a row a model and curve or surface, of `items.measure`.
    """
    n = int(needed["samples"].iloc[0])
    most = needed.iloc[int(needed["needed"].argmax())]
    where = f"{most['kind']} {most['item']} of {most['network']}, seed {most['seed']}"
    lines = [
        f"Curves and surfaces are within {100 * accuracy:g} % of their range with "
        f"{most['needed']:,} of the {n:,} samples (root mean square over random subsets; "
        f"evaluation.samples: {most['needed']}); the most is for the {where}."
    ]
    for (network, kind, item), own in needed.groupby(["network", "kind", "item"], sort=False):
        low, high = own["needed"].min(), own["needed"].max()
        span = f"{low:,}" if low == high else f"{low:,} to {high:,}"
        lines.append(
            f"  {network}, {kind} {item}: {span} samples, {own['needed_most'].max():,} for nine of "
            f"ten subsets; a pilot of {pilot} would say {own['pilot_ratio'].mean():.2f} times as "
            f"many. {100 * own['offset_share'].mean():.0f} % of its square is an offset."
        )
    return lines
