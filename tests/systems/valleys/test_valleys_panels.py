"""The page's panels of the valleys: means over networks are those of the tables."""

import numpy as np
import pytest
from rows import of_seeds

from prospect.base import files
from prospect.systems.valleys.panels import ValleysPanels
from prospect.systems.valleys.tables import CONTRASTS

NAMES = ("asymmetry", "controls", "fusion", "federated")
NETWORKS = ["mlp", "resnet8"]


def figures_of(folder, **tables):
    """The figures of some tables, by name."""
    given = {name: [] for name in NAMES}
    for name, table in tables.items():
        given[name] = [str(folder / f"results/s/{name}.csv")]
        files.write_texts({given[name][0]: files.as_text(table)})
    panels = ValleysPanels(given).panels()
    return {figure.name: figure for panel in panels for figure in panel.figures}


def test_a_study_without_tables_has_no_figures(tmp_path):
    assert figures_of(tmp_path) == {}


def test_controls_are_means_over_networks_in_points(tmp_path):
    table = of_seeds(["error_gain"], network=NETWORKS, radius=[0.2, 1.0], contrast=[*CONTRASTS])
    figure = figures_of(tmp_path, controls=table)["controls"]
    assert [label for label, _ in figure.steps] == ["0.2 ‖θ‖", "1 ‖θ‖"]
    for trace in figure.steps[1][1]:
        assert trace["x"] == [*CONTRASTS]
        own = table[(table["network"] == trace["name"]) & (table["radius"] == 1.0)]
        wanted = own.groupby("contrast", sort=False)["error_gain"].mean() * 100
        np.testing.assert_allclose(trace["y"], wanted)


def test_the_lead_by_signs_rises_where_the_error_falls(tmp_path):
    table = of_seeds(
        ["error_difference"], network=NETWORKS, center=["trained"], radius=[1.0],
        family=["ratio"], name=["gaussian"], signs=[0.0, 0.5, 1.0],
    )  # fmt: skip
    figure = figures_of(tmp_path, asymmetry=table)["signs"]
    ((_, traces),) = figure.steps
    lines = [trace for trace in traces if trace["mode"] == "lines"]
    for line, network in zip(lines, NETWORKS, strict=True):
        own = table[table["network"] == network].groupby("signs")["error_difference"].mean()
        np.testing.assert_allclose(line["y"], -100 * own)


@pytest.mark.parametrize("name", ["fusion", "federated"])
def test_lines_have_their_bands_around_them(tmp_path, name):
    table = of_seeds(
        ["midpoint_gap", "test_accuracy"], network=["mlp"], start=["same", "other"], epoch=[1, 2],
        method=["fedavg"], setting=["equal"], alpha=[0.1], round=[1, 2],
    )  # fmt: skip
    for figure in figures_of(tmp_path, **{name: table}).values():
        for _, traces in figure.steps:
            for band, line in zip(traces[::2], traces[1::2], strict=True):
                low, high = np.split(band["y"], 2)
                assert (low < line["y"]).all() and (line["y"] < high[::-1]).all()
