"""What federated methods gain over others, paired by partition, start and order of batches."""

import pandas as pd

from prospect.base import intervals
from prospect.base.errors import ProspectError

METHOD = ["network", "method", "reduction", "alpha"]
TRIAL = [*METHOD, "lr", "strength"]  # what the runs of a trial have in common
LAST = 5  # rounds whose mean accuracy counts as the final one
MEASURES = ("aulc", "last")
SIGN, BASELINES = "fedsign", ("fedavg", "fedsign-growth")


def scores(rounds: pd.DataFrame) -> pd.DataFrame:
    """Return a row a run: mean accuracies over all rounds (``aulc``) and the last five (``last``).

    Of the test set, and of what was held out (``held_out_…``); NaN where the trial has diverged.
    `rounds` are the rows of `tuning.try_all`. The area under the learning curve is a mean (our
    definition).
    """
    runs = rounds.sort_values("round", kind="stable").groupby([*TRIAL, "seed"], sort=False)
    columns = {"diverged": runs["diverged"].any()}
    for name, column in (("", "test_accuracy"), ("held_out_", "held_out_accuracy")):
        columns[f"{name}aulc"] = runs[column].mean()
        columns[f"{name}last"] = runs[column].apply(lambda values: values.tail(LAST).mean())
    return pd.DataFrame(columns).reset_index()


def tuned(scores: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Keep of every method and α the rate and strength whose mean over seeds is best held out.

    The first of them where several are. A method that has diverged at all of them is left out;
    raises ProspectError where FedAvg has.
    """
    tried = scores[~scores["diverged"]].groupby(TRIAL, sort=False)[f"held_out_{measure}"].mean()
    tried = tried.round(12)  # as many right answers are equal accuracies in any order of the sum
    best = tried.loc[tried.groupby(METHOD, sort=False).idxmax()].reset_index()[TRIAL]
    for alpha in scores["alpha"].unique():
        if not ((best["method"] == BASELINES[0]) & (best["alpha"] == alpha)).any():
            raise ProspectError(
                f"federated.rates: fedavg has diverged at all of them at alpha {alpha:g}; want "
                "smaller ones"
            )
    return best.merge(scores, on=TRIAL)


def chosen(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the scores of the trials that are compared, by ``setting``.

    ``tuned-{measure}``: those of `tuned`. ``equal``: at the rate and strength of FedSign as tuned
    for its AULC, FedSign and its ablations, and FedAvg at that rate.
    """
    best = {measure: tuned(scores, measure) for measure in MEASURES}
    own = best["aulc"][best["aulc"]["method"] == SIGN]
    own = own[["network", "reduction", "alpha", "lr", "strength"]].drop_duplicates()
    like_sign = own.merge(scores[scores["method"].str.startswith(SIGN)])
    plain = own.drop(columns="strength").merge(scores[scores["method"] == BASELINES[0]])
    equal = pd.concat([plain, like_sign]).query("not diverged")
    tables = [best[measure].assign(setting=f"tuned-{measure}") for measure in MEASURES]
    return pd.concat([*tables, equal.assign(setting="equal")])


def gains(chosen: pd.DataFrame) -> pd.DataFrame:
    """Return a row a run of the difference of every method to a baseline (``against``).

    `chosen` as of the function of that name; baselines are FedAvg and plain growth. Columns
    ``{measure}_gain`` for both measures, a fraction of the test set; and the mean over the runs of
    a trial with its 95 % t interval, ``{measure}_mean``, ``_low``, ``_high``.
    """
    pair = ["network", "setting", "alpha", "seed"]
    tables = []
    for against in BASELINES:
        baseline = chosen.loc[chosen["method"] == against, [*pair, *MEASURES]]
        others = chosen[chosen["method"] != against].assign(against=against)
        pairs = others.merge(baseline, on=pair, suffixes=("", "_baseline"))
        for measure in MEASURES:
            pairs[f"{measure}_gain"] = pairs[measure] - pairs[f"{measure}_baseline"]
        tables.append(pairs)
    columns = ["setting", *TRIAL, "against", "seed", *(f"{measure}_gain" for measure in MEASURES)]
    return _with_intervals(pd.concat(tables, ignore_index=True)[columns])


def _with_intervals(pairs: pd.DataFrame) -> pd.DataFrame:
    """Add the mean over the runs of a trial, and its interval."""
    of_trial, tables = ["setting", *TRIAL, "against"], []
    for _, runs in pairs.groupby(of_trial, sort=False):
        columns: dict[str, float] = {}
        for measure in MEASURES:
            found = intervals.mean(list(runs[f"{measure}_gain"]))
            columns |= {f"{measure}_mean": found.number}
            columns |= {f"{measure}_low": found.low, f"{measure}_high": found.high}
        tables.append(runs.assign(**columns))
    return pd.concat(tables, ignore_index=True) if tables else pairs


def rounds_of(chosen: pd.DataFrame, rounds: pd.DataFrame) -> pd.DataFrame:
    """Return the rounds of the trials that are compared, by ``setting``."""
    return chosen[["setting", *TRIAL, "seed"]].merge(rounds, on=[*TRIAL, "seed"])
