"""What the tables of pairs say of the study, held against one another."""

import numpy as np
import pandas as pd

ABOVE = ("sign_consistency", "overlap", "midpoint_gap", "barrier")


def fusion_table(pairs: pd.DataFrame) -> pd.DataFrame:
    """Add to the table of `fusion.fusion` what a pair's rows say together.

    ``last``, whether the epoch is its network's last; ``above_ends``, by how much the midpoint's
    accuracy exceeds that of the better end, and ``above_ensemble``, that of the ensemble;
    ``consensus_above_mean``, by how much merging by sign consensus is more accurate than the
    midpoint; and with ``_above_same``, the difference of `ABOVE` to the same pair from one
    initialisation at the same epoch, NaN where the study has none.
    """
    last = pairs["epoch"] == pairs.groupby("network")["epoch"].transform("max")
    middle = pairs["midpoint_accuracy"]
    better = pairs[["accuracy_a", "accuracy_b"]].max(axis=1)
    keys = ["network", "epoch", "seed"]
    same = pairs[pairs["start"] == "same"].set_index(keys)[list(ABOVE)]
    of_same = pairs[keys].join(same, on=keys)
    return pairs.assign(
        last=last,
        above_ends=middle - better,
        above_ensemble=middle - pairs["ensemble_accuracy"],
        consensus_above_mean=pairs["consensus_accuracy"] - middle,
        **{f"{name}_above_same": pairs[name] - of_same[name] for name in ABOVE},
    )


def batches_table(pairs: pd.DataFrame) -> pd.DataFrame:
    """Add to the pairs of `batches.batches` how the two ends differ.

    ``rise_ratio`` and ``relative_rise_ratio``: ln of A's rise over B's, positive where small
    batches are sharper, NaN where one does not rise; ``norm_ratio``: ln of the norms;
    ``larger_dominates``: the sign consistency with the difference of the end of larger norm minus
    that of the other, the difference pointing from the other end to each.
    """
    larger = np.where(pairs["norm_a"] > pairs["norm_b"], 1, -1)
    signs = pairs["sign_consistency_a"] - pairs["sign_consistency_b"]
    names = ("rise", "relative_rise", "norm")
    return pairs.assign(
        **{f"{name}_ratio": log_ratio(pairs[f"{name}_a"], pairs[f"{name}_b"]) for name in names},
        larger_dominates=larger * signs,
    )


def log_ratio(one: pd.Series, other: pd.Series) -> pd.Series:
    """Return ln (one / other), NaN where either is not positive."""
    return (one.where(one > 0) / other.where(other > 0)).map(np.log)
