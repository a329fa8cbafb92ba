"""Scripts of all stages on small networks: stopped and run again, joined, judged and drawn."""

from pathlib import Path

import pytest
from jobs import run, scripts_of, stop_after_a_part

from prospect.records import claims
from prospect.records.tables import read_table
from prospect.systems.spinglass.system import FIGURES, RESULTS, TABLES

PARAMS = {
    "name": "small",
    "network": {"architecture": "mlp", "hidden": [8]},
    "dataset": {"name": "digits"},
    "device": "cpu",
    "training": {
        **{"epochs": 3, "batch": 100, "schedule": "cosine"},
        "optimizer": {"name": "sgd", "lr": 0.1, "momentum": 0.9, "weight_decay": 0},
        **{"parts": 1, "part": 0, "samples": None, "label_noise": 0},
    },
    "evaluation": {"samples": 60, "batchnorm": "recompute", "batch": 4096},
}
CENTERS = {"init": 0, "trained": 3}
# of every section: options, the words by which the rows of its first table are known, their number
SECTIONS = {
    "overlaps": (
        {"centers": CENTERS, "radii": [0.3, 1.0], "circles": 4, "count": 2},
        ["center", "about", "radius", "seed", "overlap"],
        2 * 3 * 2 * 9,
    ),
    "walks": (
        {"centers": CENTERS, "count": 2, "steps": 3, "angle": 0.1, "radius": 0.3}
        | {"free_step": 0.01, "temperatures": [0.01], "metropolis_step": 0.02, "doublings": 2},
        ["center", "kind", "seed", "step"],
        2 * 3 * 2 * 4,
    ),
    "permutations": (
        {"moved": [2, 8], "draws": 2, "epochs": [1, 2], "count": 2},
        ["epochs", "seed", "kind", "moved", "draw"],
        2 * 2 * 3 * 2 * 2,
    ),
    "widths": (
        {"widths": [4, 8], "epochs": [1], "ranges": [[4, 8]], "count": 3},
        ["width", "epochs", "state", "seed", "seed_b"],
        2 * 2 * 3,
    ),
    "solutions": (
        {"sets": 2, "count": 5, "forks": [0, 1], "branches": 2, "draws": 10},
        ["seed", "kind", "member"],
        2 * (3 * 5 + 4),
    ),
    "ruggedness": (
        {"batches": [20, 60], "reference": 60, "rates": [0.1], "label_noises": [0.0]}
        | {"losses": [1.0], "epochs": 2, "most_epochs": 30, "train": 60, "starts": 2},
        ["matched", "rate", "batch", "seed"],
        2 * 2 * 2,
    ),
    "threshold": (
        {"widths": [2, 4], "train": [40, 150], "steps": 5, "radius": 0.3, "circles": 4}
        | {"count": 2},
        ["width", "samples", "seed"],
        2 * 2 * 2,
    ),
}


def measured(section, folder):
    """Measure a section of the small network; return its tables by name."""
    own, _, _ = SECTIONS[section]
    outputs = {name: folder / f"{name}.csv" for name in TABLES[section]}
    run("spinglass", f"measure_{section}", outputs.values(), stage=PARAMS | {section: own})
    return outputs


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """All tables of a study of the small network, by section: of networks, and of the study."""
    folder, found = tmp_path_factory.mktemp("study"), {}
    for section, (own, _, _) in SECTIONS.items():
        of_networks = measured(section, folder / "small")
        results = [folder / name for name in RESULTS[section]]
        read = {name: [str(path)] for name, path in of_networks.items()}
        run("spinglass", f"join_{section}", results, read, stage=own)
        found[section] = read, [str(path) for path in results]
    return found


@pytest.mark.parametrize("section", SECTIONS)
def test_a_stage_goes_on_and_ends_with_the_same_bytes(section, study, tmp_path, monkeypatch):
    _, keys, count = SECTIONS[section]
    whole = study[section][0]
    made = stop_after_a_part(monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        measured(section, tmp_path)
    again = measured(section, tmp_path)
    assert made[:2] == [1, 2]  # the first part was not made again
    for name, path in again.items():
        assert path.read_bytes() == Path(whole[name][0]).read_bytes()
    assert not list(tmp_path.glob("*.partial"))
    rows = read_table(whole[TABLES[section][0]][0])
    assert len(rows) == count and not rows.duplicated(keys).any()
    assert set(rows["network"]) == {"small"}


def test_tables_of_the_study_have_what_claims_ask_for(study):
    tables = {
        Path(path).name: Path(path)
        for _, results in study.values()
        for path in results
        if path.endswith(".csv")
    }
    own = claims.read(scripts_of("spinglass").parent / "claims.yaml")
    assert {claim.table for claim in own} <= set(tables)
    rows = claims.judge("spinglass", own, tables)
    untested = {row["id"] for row in rows if row["verdict"] == "not tested"}
    # two settings are too few for a correlation over those of one start
    assert untested == {"flatter-generalises-better", "lower-loss-generalises-better"}
    assert len(rows) > len(own)


def test_controls_stand_in_the_tables_of_the_study(study):
    orders, hierarchy = read_table(study["overlaps"][1][0]), read_table(study["solutions"][1][1])
    for degree in range(1, 5):
        own = orders[(orders["network"] == f"p-spin {degree}") & (orders["quantity"] == "order")]
        assert len(own) == 1
    kinds = ["untrained", "independent", "copies", "forked", "tree", "no tree"]
    assert set(hierarchy["kind"]) == set(kinds)
    text = Path(study["solutions"][1][2]).read_text()
    assert "small, independent, 2 sets: z = " in text
    assert "tree 1:1:1, tree, 2 sets" in text and "which is built in" in text


@pytest.mark.parametrize("section", SECTIONS)
def test_figures_are_drawn(section, study, tmp_path):
    read, results = study[section]
    outputs = [tmp_path / f"{name}.png" for name in FIGURES[section]]
    style = {"font": "DejaVu Sans", "size": 8, "palette": "colorblind", "dpi": 40}
    run("spinglass", f"draw_{section}", outputs, read | {"results": results}, style=style)
    for path in outputs:
        assert path.read_bytes().startswith(b"\x89PNG")
