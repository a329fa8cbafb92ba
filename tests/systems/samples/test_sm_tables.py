"""What tables say together: trends, steps, the published levels and advice."""

import itertools

import numpy as np
import pandas as pd
import pytest

from prospect.systems.samples import published, tables


def rows_of(level, dead=()):
    """Perceptrons of three widths and depths after two budgets; `level` of width, depth, epochs."""
    return pd.DataFrame(
        {
            **{"network": f"h{w}-l{d}", "width": w, "depth": d, "epochs": e, "seed": s},
            **{"level": level(w, d, e) * (1 + 0.01 * s), "dead": (w, d, s) in dead},
        }
        for w, d, e, s in itertools.product((4, 8, 16), (1, 5, 7), (10, 60), range(3))
    )


def test_trends_are_rank_correlations_along_every_line():
    found = tables.trends(rows_of(lambda w, d, e: d / w if e == 60 else d * w))
    assert len(found) == 2 * 3 * 2 * 3  # lines of either kind, budgets, seeds
    by = found.groupby(["varied", "epochs"])["trend"].agg(["min", "max"])
    assert (by.loc[("width", 60)] == -1).all() and (by.loc[("width", 10)] == 1).all()
    assert (by.loc["depth"] == 1).all(axis=None)
    assert set(found.loc[found["varied"] == "width", "network"]) == {
        "depth 1",
        "depth 5",
        "depth 7",
    }


def test_steps_are_ratios_of_one_seed_and_leave_the_dead_out():
    rows = rows_of(lambda w, d, e: d / w, dead={(8, 5, 0)})
    found = tables.steps(rows)
    along = found[(found["varied"] == "width") & (found["at"] == 5) & (found["epochs"] == 10)]
    assert set(along["step"]) == {"4 to 8", "8 to 16"}
    whole = along[along["seed"] > 0]["change"]
    assert whole.to_numpy() == pytest.approx(np.log(0.5))
    assert along[along["seed"] == 0]["change"].isna().all()


def test_published_levels_are_the_figures_numbers_times_their_samples():
    table = published.levels()
    assert len(table) == 75  # of 80, five of which could not be told apart
    one = table[(table["data"] == "mnist") & (table["inputs"] == "direct")]
    at = one[(one["width"] == 16) & (one["depth"] == 5) & (one["varied"] == "width")]
    assert at["level"].item() == pytest.approx(5.42e-5 * 9991)


def test_ours_stand_beside_the_published_of_the_same_perceptron():
    rows = rows_of(lambda w, d, e: w * d * e, dead={(16, 5, 1)})
    found = tables.compared(rows, "mnist")
    assert len(found) == len(published.levels())
    assert found["same_data"].sum() == 10
    at = found[(found["width"] == 16) & (found["depth"] == 5)]
    assert at["ours"].to_numpy() == pytest.approx(16 * 5 * 10 * 1.01)  # the shorter budget
    assert (at["dead"] == 1).all()
    assert found.loc[found["width"] == 64, "ours"].isna().all()  # not in this study


def test_advice_names_the_hardest_and_every_picture():
    needed = pd.DataFrame(
        {
            "network": ["mlp"] * 3,
            "seed": [0, 1, 0],
            "kind": ["curve", "curve", "surface"],
            "item": ["near", "near", "bowl"],
            "samples": 1437,
            "needed": [800, 1100, 50],
            "needed_most": [900, 1200, 70],
            "pilot_ratio": [0.7, 0.9, 1.0],
            "offset_share": [0.25, 0.35, 0.1],
        }
    )
    first, near, bowl = tables.advice(needed, 0.05, 100)
    assert first.startswith(
        "Curves and surfaces are within 5 % of their range with 1,100 of the 1,437"
    )
    assert "evaluation.samples: 1100" in first and "curve near of mlp, seed 1" in first
    assert "curve near: 800 to 1,100 samples, 1,200 for nine of ten subsets" in near
    assert "a pilot of 100 would say 0.80 times as many. 30 % of its square is an offset" in near
    assert "surface bowl: 50 samples" in bowl
