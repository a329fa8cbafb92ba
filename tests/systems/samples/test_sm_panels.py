"""The page's panels of samples: a surface the right way round, and rates as geometric means."""

import itertools

import numpy as np
import pandas as pd
from rows import of_seeds

from prospect.base import files
from prospect.systems.samples.panels import SamplesPanels


def figures_of(folder, **tables):
    """The figures of some tables, by name."""
    given = {name: [] for name in ("surfaces", "convergence", "needed")}
    for name, table in tables.items():
        given[name] = [str(folder / f"results/s/{name}.csv")]
        files.write_texts({given[name][0]: files.as_text(table)})
    (panel,) = SamplesPanels(given).panels()
    return {figure.name: figure for figure in panel.figures}


def test_a_study_without_tables_has_no_figures(tmp_path):
    assert figures_of(tmp_path) == {}


def test_a_surface_settles_step_by_step_with_α_across(tmp_path):
    places = itertools.product([10, 100], [0.0, 1.0, 2.0], [0.0, 1.0])
    rows = [{"k": k, "alpha": a, "beta": b, "loss": a + 10 * b + 1 / k} for k, a, b in places]
    figure = figures_of(tmp_path, surfaces=pd.DataFrame(rows))["surface"]
    assert [label for label, _ in figure.steps] == ["10", "100"]
    (surface,) = figure.steps[0][1]
    np.testing.assert_allclose(surface["z"], [[0.1, 1.1, 2.1], [10.1, 11.1, 12.1]])
    assert (surface["losses"]["low"], surface["losses"]["high"]) == (0.01, 12.1)


def test_rates_and_needs_are_geometric_means_over_networks(tmp_path):
    names = [f"{kind}{part}" for kind in ("measured", "expected") for part in ("", "_increment")]
    sizes = of_seeds(names, network=["mlp"], center=["init"], radius=[1.0], k=[10, 100])
    needed = of_seeds(["needed"], network=["mlp"], item=["bowl", "near"])
    needed[["accuracy", "samples"]] = 0.05, 1437
    figures = figures_of(tmp_path, convergence=sizes, needed=needed)
    ((_, traces),) = figures["rates"].steps
    wanted = np.exp(0.5 * np.log(sizes["measured_increment"]).groupby(sizes["k"]).mean())
    np.testing.assert_allclose(traces[2]["y"], wanted)
    (trace,) = figures["needed"].traces
    wanted = np.exp(np.log(needed["needed"]).groupby(needed["item"]).mean())
    np.testing.assert_allclose(trace["y"], wanted[trace["x"]])
