"""The page's panels of the spin glass: trees, and barriers as geometric means."""

import itertools

import numpy as np
import pandas as pd
from rows import of_seeds, table_of

from prospect.base import files
from prospect.systems.spinglass.panels import SpinglassPanels


def figures_of(folder, **tables):
    """The figures of some tables, by name."""
    given = {name: [] for name in ("spectra", "permutations", "distances")}
    for name, table in tables.items():
        given[name] = [str(folder / f"results/s/{name}.csv")]
        files.write_texts({given[name][0]: files.as_text(table)})
    panels = SpinglassPanels(given).panels()
    return {figure.name: figure for panel in panels for figure in panel.figures}


def test_a_study_without_tables_has_no_figures(tmp_path):
    assert figures_of(tmp_path) == {}


def test_a_tree_joins_where_its_branches_are_apart(tmp_path):
    rows = [
        {"network": "h", "kind": "forked", "space": "weights", "member": a, "member_b": b}
        | {"distance": 1.0 if {a, b} in ({0, 2}, {1, 3}) else 5.0}
        for a, b in itertools.combinations(range(4), 2)
    ]
    figure = figures_of(tmp_path, distances=pd.DataFrame(rows[::-1]))["dendrograms"]
    ((label, (tree,)),) = figure.steps
    assert label == "h, forked"
    heights = tree["y"][np.isfinite(tree["y"])]
    assert sorted(set(heights)) == [0, 1, 5]
    assert np.isnan(tree["y"]).sum() == 3  # a gap after every join


def test_barriers_are_geometric_means_over_networks(tmp_path):
    table = of_seeds(
        ["barrier"], network=["h"], epochs=[10], kind=["swaps"], moved=[2, 4], draw=[0, 1]
    )
    ((_, (_, line)),) = figures_of(tmp_path, permutations=table)["copies"].steps
    means = table.groupby(["moved", "seed"])["barrier"].mean()
    wanted = np.exp(np.log(means).groupby("moved").mean())
    np.testing.assert_allclose(line["y"], wanted)


def test_spectra_are_those_of_the_table(tmp_path):
    table = table_of(
        ["number", "low", "high"], network=["h", "g"], center=["init"], about=["center"],
        radius=[0.1, 1.0], degree=[1, 2, 3],
    )  # fmt: skip
    figure = figures_of(tmp_path, spectra=table)["degrees"]
    assert [label for label, _ in figure.steps] == ["init, radius 0.1", "init, radius 1"]
    own = table[(table["network"] == "g") & (table["radius"] == 1.0)]
    np.testing.assert_allclose(figure.steps[1][1][1]["y"], own["number"])
