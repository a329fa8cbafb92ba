"""Tables of the study from made-up rows whose answer is known."""

import itertools

import numpy as np
import pandas as pd
import pytest

from prospect.systems.spinglass import tables
from prospect.systems.spinglass.overlaps import OVERLAPS, orders_of_networks
from prospect.systems.spinglass.overlaps_between import distributions
from prospect.systems.spinglass.permutations import KINDS


def barriers(power, factor):
    """Barriers of two networks that grow with a power of the units moved, swaps' by a factor."""
    rows = itertools.product(["net"], [0, 1], [10, 30], KINDS, [2, 4, 8], [0, 1])
    names = ["network", "seed", "epochs", "kind", "moved", "draw"]
    table = pd.DataFrame(rows, columns=names).assign(loss_a=0.1)
    height = table["moved"].astype(float) ** power
    return table.assign(barrier=height * np.where(table["kind"] == "swaps", factor, 1.0))


def test_the_exponent_of_a_power_is_its_own():
    found = tables.permutation_units(barriers(1.7, 3.0))
    assert len(found) == 2 * 2 * 3
    assert found["exponent"].to_numpy() == pytest.approx(1.7)
    swaps = found["kind"] == "swaps"
    assert found.loc[swaps, "over_cycle"].to_numpy() == pytest.approx(np.log(3))
    assert found.loc[~swaps, "over_cycle"].to_numpy() == pytest.approx(0)
    of_all = tables.permutation_exponents(barriers(0.5, 1.0))
    assert of_all["number"].to_numpy() == pytest.approx(0.5)
    assert (of_all["from"] == 2).all() and (of_all["to"] == 8).all()


def of_widths(seeds=5):
    """Pairs of networks of four widths whose barriers fall as powers of the width."""
    pairs = itertools.combinations(range(seeds), 2)
    rows = itertools.product(["net"], [10], ["untrained", "trained"], [8, 16, 32, 64], pairs)
    table = pd.DataFrame(rows, columns=["network", "epochs", "state", "width", "pair"])
    table[["seed", "seed_b"]] = table.pop("pair").to_list()
    width = table["width"].astype(float)
    columns = {"barrier": width**-0.5, "aligned_barrier": width**-2.0}
    return table.assign(**columns, aligned_overlap=0.6, null_overlap=0.25)


def test_exponents_of_widths_are_those_of_trained_networks_over_each_range():
    pairs = of_widths()
    pairs.loc[pairs["state"] == "untrained", "barrier"] = 0.0
    found = tables.width_exponents(pairs, [(8, 16), (16, 64)])
    assert found.loc[found["outcome"] == "barrier", "number"].to_numpy() == pytest.approx(-0.5)
    aligned = found[found["outcome"] == "aligned_barrier"]
    assert aligned["number"].to_numpy() == pytest.approx(-2)
    assert set(zip(aligned["from"], aligned["to"], strict=True)) == {(8, 16), (16, 64)}


def test_disjoint_pairs_share_no_network():
    found = tables.width_pairs(of_widths())
    apart = found[found["disjoint"] & (found["width"] == 8) & (found["state"] == "trained")]
    members = [*apart["seed"], *apart["seed_b"]]
    assert len(apart) == 2 and len(set(members)) == 4
    assert found["lowering"].to_numpy() == pytest.approx(1.5 * np.log(found["width"]))
    assert found["excess"].to_numpy() == pytest.approx(0.35)
    none = tables.width_pairs(of_widths().assign(aligned_barrier=0.0))
    assert none["lowering"].isna().all()


def settings(sign, seeds=6):
    """Networks of eight settings whose test accuracy follows the trace, or its opposite."""
    rng = np.random.default_rng(0)
    rows = []
    for (batch, rate), seed in itertools.product(
        itertools.product([8, 16, 32, 64], [0.1, 0.2]), range(seeds)
    ):
        trace = batch * rate * np.exp(0.01 * rng.standard_normal())
        row = dict.fromkeys(tables.PREDICTORS, 0.0) | {"trace": trace, "loss": rng.random()}
        row |= {"test_accuracy": sign * trace, "test_loss": rng.random()}
        names = {"network": "net", "matched": "loss", "label_noise": 0.0, "reached": True}
        rows.append(names | {"batch": batch, "rate": rate, "seed": seed} | row)
    return pd.DataFrame(rows)


@pytest.mark.parametrize("sign", [1, -1])
def test_ranks_find_what_is_there_over_settings_and_of_one_start(sign):
    table = settings(sign)
    units = tables.rank_units(table)
    own = units[(units["predictor"] == "trace") & (units["outcome"] == "test_accuracy")]
    assert len(own) == 6 and own["number"].to_numpy() == pytest.approx(sign)
    constant = units[units["predictor"] == "norm"]
    assert constant["number"].isna().all()
    of_all = tables.ranks(table)
    keys = ["predictor", "outcome", "given"]
    row = of_all.set_index(keys).loc[("trace", "test_accuracy", "")]
    assert row["number"] == pytest.approx(sign, abs=0.02)
    noise = of_all.set_index(keys).loc[("trace", "test_loss", "")]
    assert noise["low"] < 0 < noise["high"]


def test_what_did_not_reach_its_goal_has_no_rank():
    table = settings(1).assign(reached=False)
    assert len(tables.rank_units(table)) == 0


def test_sentences_follow_from_the_interval():
    z = {"a hierarchy": [-9, -10, -11], "no hierarchy is seen": [0.1, -0.2, 0.3]}
    z["undecided"] = [-1, -2, -3]
    for said, values in z.items():
        table = pd.DataFrame({"z": values, "seed": range(3), "network": "net", "space": "weights"})
        (line,) = tables.hierarchy_in_words(table.assign(kind="independent", null="rotation"))
        assert line.endswith(f"against the rotation null: {said}.")
    forked = table.assign(kind="forked", null="rotation", z=[-40.0, -41.0, -42.0])
    assert tables.hierarchy_in_words(forked)[0].endswith("a hierarchy, which is built in.")
    assert tables.hierarchy_in_words(forked.assign(null="shuffled")) == []


def test_orders_of_a_network_are_those_of_its_own_covariance():
    rows = [
        {"network": "net", "center": "c", "about": "center", "radius": 1.0, "seed": seed}
        | {"overlap": q, "covariance": 5 * q**power, "circles": 4}
        for seed, power in enumerate((1, 2, 3, 4))
        for q in OVERLAPS
    ]
    found = orders_of_networks(pd.DataFrame(rows)).set_index("seed")
    assert found["order"].to_numpy() == pytest.approx([1, 2, 3, 4])
    assert found["odd_share"].to_numpy() == pytest.approx([1, 0, 1, 0], abs=1e-9)
    assert found.loc[[1, 3], "even_order"].to_numpy() == pytest.approx([2, 4])
    assert found.loc[[0, 2], "even_order"].isna().all()


def test_a_distribution_has_the_area_one():
    rng = np.random.default_rng(0)
    names = {"network": "net", "seed": 0, "kind": "independent", "alignment": "none"}
    table = pd.DataFrame({"overlap": np.clip(rng.normal(0.5, 0.1, 500), -1, 1)})
    found = distributions(table.assign(**names, layer="all"))
    assert (found["density"] * 0.01).sum() == pytest.approx(1)
    assert found["mean"].iloc[0] == pytest.approx(table["overlap"].mean())
    middle = (found["overlap"] * found["density"] * 0.01).sum()
    assert middle == pytest.approx(found["mean"].iloc[0], abs=0.005)
