"""The two sides of directions against a plain loop; tables of them; figures of these."""

import numpy as np
import pandas as pd
import pytest

from prospect.base import files
from prospect.base.resume import Partial
from prospect.landscape.landscapes import Landscape
from prospect.model import checkpoints, networks
from prospect.records.losses import Losses
from prospect.systems.valleys import tables
from prospect.systems.valleys.asymmetry import measure, sides
from prospect.systems.valleys.figures import asymmetry as figures

PARAMS = {
    "network": {"architecture": "mlp", "hidden": [8], "batchnorm": True},
    "dataset": {"name": "digits", "root": "data", "options": {}},
    "device": "cpu",
    "evaluation": {"split": "train", "samples": 100, "batchnorm": "recompute", "batch": 4096},
}
OPTIONS = {
    "centers": ["init", "trained"], "noises": ["gaussian", "binary"], "ratios": [0, 0.5, 1],
    "special": True, "controls": True, "groups": ["classifier", "batchnorm", "biases"],
    "count": 2, "window": 2.0, "points": 21,
}  # fmt: skip
STYLE = {"size": 8}


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """The curves and rows of three networks at both centers, and one of their landscapes."""
    folder = tmp_path_factory.mktemp("asymmetry")
    found, frames = [], []
    for seed in range(3):
        centers = {}
        for number, name in enumerate(OPTIONS["centers"]):
            module = networks.build(dict(PARAMS["network"]), (1, 8, 8), 10, seed=7 * seed + number)
            centers[f"centers/{name}"] = folder / f"{seed}-{name}.safetensors"
            checkpoints.write(centers[f"centers/{name}"], module.state_dict(), {})
        model = {"study": "s", "network": "mlp", "seed": seed}
        landscape = Landscape(PARAMS, model, centers)
        start = landscape.go_to("init")
        for name in OPTIONS["centers"]:
            partial = Partial(folder / f"{seed}-{name}.h5", {})
            grid, rows = measure(landscape, name, start, OPTIONS, partial)
            found.append(grid)
            frames.append(pd.DataFrame(rows).assign(network="mlp", seed=seed, center=name))
    return landscape, found, frames


@pytest.fixture(scope="module")
def table(measured, tmp_path_factory):
    folder, names = tmp_path_factory.mktemp("tables"), []
    for number, frame in enumerate(measured[2]):
        names.append(str(folder / f"{number}.csv"))
        files.write_texts({names[-1]: files.as_text(frame)})
    return tables.asymmetries(names)


def test_curves_and_sides_are_those_of_a_plain_loop(measured):
    landscape, grids, frames = measured
    grid, rows = grids[-1], frames[-1]
    theta = landscape.go_to("trained")
    (at,) = np.flatnonzero(
        (rows["family"] == "special") & (rows["name"] == "theta") & (rows["radius"] == 1.0)
    )
    row = rows.iloc[at]
    assert (row["sign_consistency"], row["overlap"]) == (1, pytest.approx(1))

    def loss(alpha):
        here = landscape.objective.sample_losses(theta * (1 + alpha))
        return float(here.loss.double().mean()), 1 - float(here.metric.double().mean())

    center = loss(0.0)[0]
    assert row["rise_plus"] == pytest.approx(loss(1.0)[0] - center, abs=1e-5)
    assert row["rise_minus"] == pytest.approx(loss(-1.0)[0] - center, abs=1e-5)
    errors = [loss(alpha)[1] for alpha in np.linspace(0, 1, 6)]
    assert row["error_plus"] == pytest.approx(np.mean(errors[::2] + errors[1::2]), abs=0.2)
    counts = [count for *_, count in grid.attrs["params"]["item"]["kinds"]]
    assert sum(counts) == len(grid.axes["direction"]) == rows["draw"].count() / 3


def test_the_sides_of_a_known_curve():
    alpha = np.linspace(-2, 2, 21)
    loss = np.where(alpha > 0, alpha**2, 4 * alpha**2) + 1
    values = Losses.empty(21)
    values.loss, values.accuracy = loss, 1 - np.clip(np.where(alpha > 0, 0, -alpha), 0, 1)
    small, one, two = sides(alpha, values, 1.0)
    assert [row["radius"] for row in (small, one, two)] == [0.2, 1.0, 2.0]
    assert (one["rise_plus"], one["rise_minus"]) == (pytest.approx(1), pytest.approx(4))
    assert one["log_asymmetry"] == pytest.approx(np.log(4))
    assert one["plus_lower"] and not one["plus_below"]
    assert one["error_plus"] == pytest.approx(0)
    assert one["error_minus"] == pytest.approx(0.5)
    assert len(sides(alpha[5:16], values.part(slice(5, 16)), 1.0)) == 2


def test_what_was_measured_is_not_measured_again(measured, tmp_path, monkeypatch):
    landscape, grids, _ = measured
    partial = Partial(tmp_path / "g.h5", {})
    partial.keep({"losses": grids[-1].values.reshape(-1).state()})
    monkeypatch.setattr(
        "prospect.landscape.populations.evaluate", lambda *_, **__: pytest.fail("again")
    )
    grid, _ = measure(landscape, "trained", landscape.go_to("init"), OPTIONS, partial)
    assert np.array_equal(grid.values.loss, grids[-1].values.loss)


def test_a_row_is_the_mean_of_a_networks_directions(table, measured):
    frame = measured[2][-1]
    one = frame[(frame["family"] == "noise") & (frame["name"] == "binary") & (frame["signs"] == 1)]
    row = table[
        (table["seed"] == 2) & (table["center"] == "trained") & (table["family"] == "noise")
        & (table["name"] == "binary") & (table["signs"] == 1) & (table["radius"] == 1)
    ].iloc[0]  # fmt: skip
    one = one[one["radius"] == 1]
    assert row["count"] == 2
    assert row["plus_lower"] == one["plus_lower"].mean()
    assert row["error_difference"] == pytest.approx(one["error_difference"].mean())


def rows_of(leads):
    """Return a table in which kinds have given leads in both measures, at two radii."""
    rows = [
        {"network": "a", "seed": seed, "center": "trained", "radius": radius, "family": family,
         "name": name, "signs": signs, "rise_plus": 0.0, "rise_minus": lead * radius,
         "error_difference": -lead / 10, "overlap": 0.5}
        for seed in (0, 1)
        for radius in (0.2, 1.0)
        for (family, name, signs), lead in leads.items()
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_contrasts_say_what_the_first_leads_more():
    leads = {("noise", "gaussian", 1): 3.0, ("noise", "gaussian", 0): 9.0}
    leads |= {("control", "same-cosine", 0): 5.0, ("control", "rest", 0): -1.0}
    found = tables.contrasts(rows_of(leads)).set_index(["contrast", "radius", "seed"])
    assert found.loc[("signs", 1.0, 0), "loss_gain"] == -2
    assert found.loc[("signs", 0.2, 1), "error_gain"] == pytest.approx(-0.2)
    assert found.loc[("growth", 1.0, 1), "loss_gain"] == 4
    assert set(found.index.get_level_values(0)) == {"signs", "growth"}


def test_trends_are_rank_correlations():
    leads = {("ratio", "gaussian", share): lead for share, lead in ((0, 1), (0.5, 2), (1, 9))}
    assert tables.trends(rows_of(leads))["error_trend"].tolist() == [1.0] * 4
    leads["ratio", "gaussian", 1] = 0
    assert tables.trends(rows_of(leads))["loss_trend"].tolist() == [-0.5] * 4


def test_findings_say_both_sides_and_the_controls(table):
    lines = tables.findings(table, tables.contrasts(table))
    assert lines[0].startswith("mlp, 3 networks: with the signs of θ")
    assert len(lines) == 4


def test_figures_show_every_network_and_kind(table, measured):
    grids = [grid for grid in measured[1] if grid.attrs["center"] == "trained"]
    figure = figures.signs(grids, "error", 1.0, STYLE)
    assert [axis.get_title() for axis in figure.axes] == ["gaussian", "binary"]
    assert all(len(axis.lines) == 3 for axis in figure.axes)
    figure = figures.directions(table, STYLE)
    labels = [text.get_text() for axis in figure.axes for text in axis.get_yticklabels()]
    assert {"θ₀, the start", "sign θ", "classifier", "batchnorm"} <= set(labels)
    figure = figures.growth_or_signs(table, STYLE)
    assert len(figure.axes) == 3
    assert figures.ratio(table, STYLE).axes[0].get_ylabel() == "mean error of a side [%]"
