"""What federated methods gain over FedAvg, paired by partition, start and order of batches."""

import pandas as pd

from prospect.base import intervals

METHOD = ["method", "reduction", "alpha", "lr", "strength"]  # a row of `gains` for each
LAST = 5  # rounds whose mean accuracy counts as the final one
MEASURES = ("aulc", "last")


def scores(rounds: pd.DataFrame) -> pd.DataFrame:
    """Return a row a run: mean accuracies over all rounds (``aulc``) and the last five (``last``).

    Of the test set, and of what was held out (``held_out_…``). `rounds` are the rows of
    `Federation.advance`. The area under the learning curve is a mean (our definition).
    """
    runs = rounds.sort_values("round").groupby([*METHOD, "seed"], sort=False)
    columns = {}
    for name, column in (("", "test_accuracy"), ("held_out_", "held_out_accuracy")):
        columns[f"{name}aulc"] = runs[column].mean()
        columns[f"{name}last"] = runs[column].apply(lambda values: values.tail(LAST).mean())
    return pd.DataFrame(columns).reset_index()


def tuned(scores: pd.DataFrame, by: str = "held_out_aulc") -> pd.DataFrame:
    """Keep of every method and α the rate and strength whose mean over seeds is best held out.

    Among those that have the most seeds: others have diverged at some.
    """
    tried = scores.groupby(METHOD)[by].agg(["mean", "size"]).reset_index()
    of_method = tried.groupby(["method", "reduction", "alpha"])
    whole = tried[tried["size"] == of_method["size"].transform("max")]
    best = whole.loc[whole.groupby(["method", "reduction", "alpha"])["mean"].idxmax(), METHOD]
    return scores.merge(best, on=METHOD)


def gains(scores: pd.DataFrame, baseline: pd.DataFrame) -> pd.DataFrame:
    """Return a row a method: its mean difference to a baseline with the 95 % t interval.

    `baseline` are the scores of one method and rate at every α and seed, as `scores` of theirs.
    Columns ``{measure}_gain``, ``_low``, ``_high`` for both measures, and ``wins``, at how many
    seeds the AULC is higher, of ``seeds``.
    """
    pairs = scores.merge(
        baseline[["alpha", "seed", *MEASURES]], on=["alpha", "seed"], suffixes=("", "_baseline")
    )
    rows = []
    for method, runs in pairs.groupby(METHOD, sort=False):
        row = dict(zip(METHOD, method, strict=True)) | {"seeds": len(runs)}
        for measure in MEASURES:
            difference = runs[measure] - runs[f"{measure}_baseline"]
            found = intervals.mean(list(difference))
            row |= {
                f"{measure}_gain": found.number,
                f"{measure}_low": found.low,
                f"{measure}_high": found.high,
            }
        rows.append(row | {"wins": int((runs["aulc"] > runs["aulc_baseline"]).sum())})
    return pd.DataFrame(rows)
