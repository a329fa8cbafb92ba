"""Claims: verdicts follow from intervals, intervals count networks and seeds."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from prospect.base.errors import ProspectError
from prospect.base.files import as_text, write_texts
from prospect.base.intervals import Interval, mean, share_over_units, wilson
from prospect.records import claims
from prospect.study import systems

CLAIM = {"id": "c", "claim": "It is so", "source": "arXiv:0", "table": "t.csv"}


def judged(tmp_path, table, **claim):
    write_texts({tmp_path / "t.csv": as_text(table)})
    of = claims.Claim(**CLAIM | claim)
    rows = claims.judge("toy", [of], {"t.csv": tmp_path / "t.csv"})
    return pd.DataFrame(rows, columns=claims.COLUMNS)


def models(values, networks=2):
    """A table with a row for every network and seed."""
    rows = [(f"n{i % networks}", i // networks, v) for i, v in enumerate(values)]
    return pd.DataFrame(rows, columns=["network", "seed", "x"])


VERDICTS = [
    ((0.4, 0.6), {"above": 0.3}, "holds"),
    ((0.4, 0.6), {"above": 0.5}, "undecided"),
    ((0.4, 0.6), {"above": 0.7}, "fails"),
    ((0.0, 0.6), {"above": 0}, "undecided"),
    ((0.0, 0.0), {"above": 0}, "fails"),
    ((0.4, 0.6), {"below": 0.7}, "holds"),
    ((0.4, 0.6), {"below": 0.4}, "fails"),
    ((0.4, 0.6), {"between": [0.3, 0.7]}, "holds"),
    ((0.4, 0.6), {"between": [0.5, 0.7]}, "undecided"),
    ((0.4, 0.6), {"between": [0.7, 0.8]}, "fails"),
    ((np.nan, np.nan), {"above": 0}, "undecided"),
]


@pytest.mark.parametrize(("interval", "side", "wanted"), VERDICTS)
def test_the_verdict_follows_from_the_interval(interval, side, wanted):
    claimed = claims.Claim(**CLAIM, value={"column": "x"}, side=side).claimed
    assert claims.verdict(Interval(0.5, *interval), claimed) == wanted


def test_numbers_are_means_over_networks_and_seeds_not_over_rows(tmp_path):
    table = pd.concat([models([1.0, 2.0, 3.0, 6.0])] * 50)  # 50 rows of every unit
    row = judged(tmp_path, table, value={"column": "x"}, side={"above": 0}).iloc[0]
    assert (row["units"], row["number"]) == (4, 3.0)
    error = np.std([1, 2, 3, 6], ddof=1) / 2 * 3.182446  # t with 3 degrees of freedom
    assert row["low"] == pytest.approx(3 - error, rel=1e-5)
    assert row["verdict"] == "undecided"


def test_rows_are_chosen_and_grouped(tmp_path):
    table = models(range(8)).assign(kind=["a", "b"] * 4, wanted=["u", "u", "v", "v"] * 2)
    found = judged(
        tmp_path, table, where={"kind": "a", "wanted": ["u", "v"]}, by=("wanted",),
        value={"column": "x"}, side={"above": 0},
    )  # fmt: skip
    assert found["group"].tolist() == ["u", "v"]
    assert found["number"].tolist() == [2, 4]


def draws(shares, of=200):
    """A table of draws: of every seed, a share that are v-basins."""
    rows = [
        ("n", seed, "v-basin" if draw < share * of else "flat")
        for seed, share in enumerate(shares)
        for draw in range(of)
    ]
    return pd.DataFrame(rows, columns=["network", "seed", "shape"])


BASINS = {"column": "shape", "is": ["v-basin"]}


def test_many_draws_in_few_networks_are_as_few_units(tmp_path):
    row = judged(tmp_path, draws([1, 1]), value=BASINS, side={"above": 0.9}).iloc[0]
    alone = wilson(2, 2)
    assert (row["number"], row["low"], row["high"]) == (1, alone.low, 1)
    assert row["verdict"] == "undecided"
    unequal = share_over_units([1.0, 0.0, 0.5])
    assert (unequal.low, unequal.high) == (0, 1)  # as good as nothing is known from 3 networks


def test_shares_of_draws_stay_shares_and_have_a_width(tmp_path):
    how = {"value": {"column": "x", "draws": "count"}, "side": {"above": 0.9}}

    def row(values):
        return judged(tmp_path, models(values).assign(count=10), **how).iloc[0]

    agreed = row([1.0] * 8)
    expected = binomtest(80, 80).proportion_ci(method="wilson")
    assert (agreed["low"], agreed["high"]) == pytest.approx((expected.low, 1.0))
    assert agreed["verdict"] == "holds"
    assert row([0.0] * 8)["high"] == pytest.approx(1 - expected.low)
    assert row([1.0] * 2)["verdict"] == "undecided"  # 20 draws are few
    nearly = row([1.0] * 7 + [0.9])
    assert nearly["high"] == 1.0
    assert nearly["low"] == pytest.approx(mean([1.0] * 7 + [0.9]).low)
    assert np.isnan(row([1.0])["low"])  # one network says nothing of others


def test_a_unit_counts_as_one_that_has_enough(tmp_path):
    shares = [0.95, 0.92, 0.99, 1, 0.91, 0.5]
    value = BASINS | {"at-least": 0.9}
    row = judged(tmp_path, draws(shares), value=value, side={"above": 0.5}).iloc[0]
    found = wilson(5, 6)
    assert (row["number"], row["low"], row["high"]) == tuple(found)
    none = judged(tmp_path, draws(shares), value=BASINS | {"at-most": 0.6}, side={"above": 0})
    assert none["number"].tolist() == [pytest.approx(1 / 6)]
    assert none["verdict"].tolist() == ["holds"]  # the first that is found proves that it exists


def test_a_value_within_bounds_is_a_truth(tmp_path):
    value = {"column": "x", "within": [-2, 2]}
    row = judged(tmp_path, models([1.0, -1.9, 3.0, 0.0]), value=value, side={"above": 0}).iloc[0]
    assert row["number"] == 0.75


def test_wilsons_interval_is_scipys():
    for found, of in ((0, 5), (3, 7), (9, 9), (1, 400)):
        wanted = binomtest(found, of).proportion_ci(method="wilson")
        assert wilson(found, of)[1:] == pytest.approx((wanted.low, wanted.high), abs=1e-12)


def test_null_and_positive_control():
    rng = np.random.default_rng(0)
    inside = wrong = decided = 0
    for _ in range(400):
        networks = np.clip(0.5 + 0.1 * rng.standard_normal(8), 0, 1)  # networks differ
        shares = rng.binomial(50, networks) / 50
        interval = share_over_units(shares.tolist())
        inside += interval.low <= 0.5 <= interval.high
        wrong += claims.verdict(interval, (0.5, np.inf)) == "holds"
        decided += claims.verdict(interval, (0.1, np.inf)) == "holds"
    assert inside / 400 >= 0.95
    assert wrong / 400 <= 0.025
    assert decided / 400 >= 0.95


def test_what_the_study_does_not_reach_is_not_tested(tmp_path):
    rows = judged(
        tmp_path, models([1.0]), where={"seed": 9}, value={"column": "x"}, side={"above": 0}
    )
    assert rows["verdict"].tolist() == ["not tested"]
    missing = claims.Claim(**CLAIM | {"table": "u.csv"}, value={"column": "x"}, side={"above": 0})
    assert claims.judge("toy", [missing], {})[0]["verdict"] == "not tested"
    assert "It is so" in claims.in_words(rows)


def test_a_single_unit_decides_nothing(tmp_path):
    row = judged(tmp_path, models([5.0]), value={"column": "x"}, side={"above": 0}).iloc[0]
    assert row["verdict"] == "undecided"
    assert np.isnan(mean([5.0]).low)


def test_a_column_that_is_not_there_is_one_line(tmp_path):
    with pytest.raises(ProspectError) as caught:
        judged(tmp_path, models([1.0]), value={"column": "y"}, side={"above": 0})
    assert "claim 'c': t.csv has no column 'y'; known are network, seed, x" in str(caught.value)


@pytest.mark.parametrize(
    "text", ["- {id: a}", "- {id: a, claim: b, source: c, table: d, value: {}, side: {over: 1}}"]
)
def test_an_incomplete_claim_is_one_line(tmp_path, text):
    (tmp_path / "claims.yaml").write_text(text)
    with pytest.raises(ProspectError, match=r"claims.yaml: claim 1 is not right"):
        claims.read(tmp_path / "claims.yaml")


@pytest.mark.parametrize("system", [folder.name for folder in systems.folders()])
def test_shipped_claims_are_complete_and_have_their_own_names(system):
    found = claims.read(systems.FOLDER / system / "claims.yaml")
    assert len({claim.id for claim in found}) == len(found) > 0
