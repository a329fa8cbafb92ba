"""Tables of asymmetry: a row a network, seed and kind of direction; and what the controls say.

The unit of every interval is the network: directions drawn in it are averaged first.
"""

from collections.abc import Iterable

import pandas as pd

from prospect.base import intervals
from prospect.base.intervals import Interval
from prospect.records.tables import read_tables

UNIT = ["network", "seed"]
KIND = ["family", "name", "signs"]
ROW = [*UNIT, "center", *KIND, "radius"]
COLUMNS = {
    "plus_lower": "mean",
    "plus_below": "mean",
    "log_asymmetry": "median",
    "error_difference": "mean",
    "error_plus": "mean",
    "error_minus": "mean",
    "rise_plus": "mean",
    "rise_minus": "mean",
    "sign_consistency": "mean",
    "overlap": "mean",
    "loss_center": "first",
}
SIGNED = ("noise", "gaussian")  # η, of which the controls are made
# contrast -> two kinds by family and name: what the first has more than the second
CONTRASTS = {
    "signs": (SIGNED, ("control", "same-cosine")),
    "signs of the smallest half": (
        ("control", "smallest"),
        ("control", "smallest-same-cosine"),
    ),
    "growth": (SIGNED, ("control", "rest")),
    "any": (SIGNED, ("control", "permuted")),
}


def asymmetries(files: Iterable[str]) -> pd.DataFrame:
    """Join the tables of all models: a row a model, center, kind of direction and radius.

    ``count`` directions; ``plus_lower`` and ``plus_below`` are the shares of them whose + side has
    the lower loss, and a lower one than the center; ``log_asymmetry`` is the median of those where
    it is defined; all else are means.
    """
    rows = read_tables(files)
    rows[["plus_lower", "plus_below"]] = rows[["plus_lower", "plus_below"]].astype(float)
    groups = rows.groupby(ROW, sort=False)
    table = groups.agg(COLUMNS)
    table.insert(0, "count", groups.size())
    return table.reset_index()


def contrasts(table: pd.DataFrame) -> pd.DataFrame:
    """Hold pairs of kinds against each other within each model: a row a model, radius, contrast.

    `table` is that of `asymmetries`. ``loss_gain`` in nats and ``error_gain``, a fraction, say how
    much larger the lead of the + side is in the first kind than in the second; ``overlap`` is the
    first one's.
    """
    rows = table.assign(
        lead=table["rise_minus"] - table["rise_plus"], error_lead=-table["error_difference"]
    )
    keys = [*UNIT, "center", "radius"]
    parts = []
    for name, (one, other) in CONTRASTS.items():
        pair = of_kind(rows, *one).merge(of_kind(rows, *other), on=keys, suffixes=("", "_other"))
        pair["contrast"] = name
        pair["loss_gain"] = pair["lead"] - pair["lead_other"]
        pair["error_gain"] = pair["error_lead"] - pair["error_lead_other"]
        parts.append(pair[[*keys, "contrast", "loss_gain", "error_gain", "overlap"]])
    return pd.concat(parts, ignore_index=True)


def trends(table: pd.DataFrame) -> pd.DataFrame:
    """Return how the lead of the + side follows the share of signs: a row a model and radius.

    ``loss_trend`` and ``error_trend`` are rank correlations (Spearman's) of share and lead.
    """
    rows = table[table["family"] == "ratio"]
    found = []
    for names, of_model in rows.groupby([*UNIT, "center", "radius"], sort=False):
        shares = of_model["signs"]
        leads = {
            "loss_trend": of_model["rise_minus"] - of_model["rise_plus"],
            "error_trend": -of_model["error_difference"],
        }
        found.append(
            dict(zip([*UNIT, "center", "radius"], names, strict=True))
            | {name: shares.corr(lead, method="spearman") for name, lead in leads.items()}
        )
    return pd.DataFrame(found, columns=[*UNIT, "center", "radius", "loss_trend", "error_trend"])


def of_kind(rows: pd.DataFrame, family: str, name: str) -> pd.DataFrame:
    """Return the rows of one kind; noise with all signs of θ."""
    named = (rows["family"] == family) & (rows["name"] == name)
    return rows[named & ((rows["signs"] == 1) | (family != "noise"))]


def over_networks(values: pd.Series) -> Interval:
    """Return the mean of numbers of networks with its interval."""
    return intervals.mean(values.dropna().tolist())


def findings(table: pd.DataFrame, controls: pd.DataFrame) -> list[str]:
    """Say in sentences what the two sides and the controls show, at radius 1 of the last center."""
    center = controls["center"].iloc[0] if len(controls) else table["center"].iloc[-1]
    here = table[(table["center"] == center) & (table["radius"] == 1)]
    lines = []
    for network, rows in here.groupby("network", sort=False):
        signed = of_kind(rows, *SIGNED)
        lead = over_networks(-100 * signed["error_difference"])
        lines.append(
            f"{network}, {len(signed)} networks: with the signs of θ the + side is lower along "
            f"{100 * signed['plus_lower'].mean():.0f} % of Gaussian directions; its mean error is "
            f"{_said(lead)} points lower."
        )
        of_network = controls[(controls["network"] == network) & (controls["radius"] == 1)]
        for name, text in (
            ("signs", "At equal cosine with θ, tensor by tensor, agreement of signs adds"),
            ("signs of the smallest half", "On the smallest half of |θ|, at equal cosine, it adds"),
            ("growth", "The part along θ adds"),
        ):
            rows_of = of_network[of_network["contrast"] == name]
            if len(rows_of):
                gain = over_networks(100 * rows_of["error_gain"])
                lines.append(f"  {text} {_said(gain)} points.")
    return lines


def _said(interval: Interval) -> str:
    return f"{interval.number:.1f} [{interval.low:.1f}, {interval.high:.1f}]"
