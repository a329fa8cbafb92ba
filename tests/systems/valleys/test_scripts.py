"""Scripts of the stages that train networks of their own, stopped half-way and run again."""

from pathlib import Path

import jobs
import pytest

from prospect.records import claims
from prospect.records.tables import read_table
from prospect.systems.valleys.system import RESULTS

PARAMS = {
    "name": "small",
    "network": {"architecture": "mlp", "hidden": [8]},
    "dataset": {"name": "digits"},
    "device": "cpu",
    "training": {
        **{"epochs": 2, "batch": 128, "schedule": "cosine"},
        "optimizer": {"name": "sgd", "lr": 0.1, "momentum": 0.9, "weight_decay": 5e-4},
        **{"parts": 1, "part": 0, "samples": None, "label_noise": 0},
    },
    "evaluation": {"samples": 100, "batchnorm": "recompute", "batch": 4096},
}
# of every script: its section, options, the words by which its rows are known, and their number
STAGES = {
    "fuse_networks": (
        *("fusion", ["fusion"], ["start", "epoch", "seed"], 2 * 2 * 2),
        {"starts": ["same", "pre-trained"], "compared": [1, 2], "epochs": 2, "batch": 64}
        | {"rate": 0.2, "pretraining": 1, "pairs": 2},
    ),
    "compare_batches": (
        *("batches", ["batches", "batches-lines"], ["matched", "start", "seed"], 2 * 2 * 2),
        {"sizes": [64, 256], "rates": [0.05, 0.1], "epochs": 2, "loss": 0.5, "pairs": 2},
    ),
    "average_weights": (
        *("averages", ["averages", "averages-lines"], ["weight_decay", "seed"], 2 * 2),
        {"epochs": 2, "start": 2, "rate": 0.1, "rate_after": 0.02, "epochs_after": 1}
        | {"weight_decays": [0, 0.001], "pairs": 2},
    ),
    "vary_training": (
        *("variations", ["variations"], ["variation", "seed", "directions"], 3 * 2 * 2),
        {"rates": [0.01], "batches": [], "weight_decays": [0.01], "batchnorm_inits": ["uniform"]}
        | {"pairs": 2, "count": 2},
    ),
}


def called(script, folder, tables, read=None, **params):
    """Run a script; return the paths of its outputs."""
    outputs = [str(folder / f"{table}.csv") for table in tables]
    jobs.run("valleys", script, outputs, read, **params)
    return outputs


def run(script, folder):
    """Run a stage that trains networks; return the paths of its tables."""
    section, tables, _, _, own = STAGES[script]
    return called(script, folder, tables, stage=PARAMS | {section: own})


@pytest.mark.parametrize("script", STAGES)
def test_a_stage_goes_on_and_ends_with_the_same_bytes(script, tmp_path, monkeypatch):
    _, _, keys, count, _ = STAGES[script]
    whole = run(script, tmp_path / "whole")
    made = jobs.stop_after_a_part(monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        run(script, tmp_path / "stopped")
    assert not Path(whole[0].replace("whole", "stopped")).exists()
    again = run(script, tmp_path / "stopped")
    assert made[:2] == [1, 2]  # the first part was not made again
    for one, other in zip(whole, again, strict=True):
        assert Path(one).read_bytes() == Path(other).read_bytes()
        assert not Path(f"{other}.partial").exists()
    rows = read_table(whole[0])
    assert len(rows) == count and not rows.duplicated(keys).any()
    assert set(rows["network"]) == {"small"}


def test_tables_of_the_study_have_what_claims_ask_for(tmp_path):
    found = {}
    for script, (section, tables, *_) in STAGES.items():
        read = zip(tables, run(script, tmp_path / section), strict=True)
        read = {table.replace("-", "_"): [path] for table, path in read}
        names = [name.removesuffix(".csv") for name in RESULTS[section]]
        for path in called(f"join_{section}", tmp_path, names, read):
            found[Path(path).name] = Path(path)
    claimed = [
        one
        for one in claims.read(jobs.scripts_of("valleys").parent / "claims.yaml")
        if one.table in found
    ]
    rows = claims.judge("valleys", claimed, found)
    assert {row["verdict"] for row in rows} <= {"holds", "fails", "undecided", "not tested"}
    tested = {row["id"] for row in rows if row["units"]}
    assert {"signs-after-pretraining", "small-batch-sharper", "average-on-flat-side"} <= tested
    assert {"decay-changes-width", "recipe-signed"} <= tested
    finding = read_table(found["correlations.csv"])["finding"]
    assert finding.str.contains("the midpoint's gap").any()
