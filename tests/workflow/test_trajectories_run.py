"""Trajectories, comparable pictures and exports in a whole run, and what is made again."""

import subprocess
import sys

import pandas as pd
import pytest
import torch
from project import Project
from safetensors.torch import load_file

STUDY = """
study: paths
networks: {sgd: {architecture: mlp, hidden: [8]}}
seeds: [0, 1, 2]
training: {epochs: 3, checkpoints: [1, 2]}
directions:
  path-1: {pca: 1}
  path-2: {pca: 2}
  to-1: {to: trained, of: 1}
  to-2: {to: trained, of: 2}
surfaces:
  path: {center: trained, directions: [path-1, path-2]}
  three: {center: trained, directions: [to-1, to-2], seeds: [0]}
trajectories: {path: {}, three: {of: [0, 1, 2]}}
evaluation: {points: {surface: 5}, window: 1.0}
"""
LAST = {"all", "list_files", "make_page"}  # run whenever anything does
FIGURES = "figures: {format: [png], dpi: 60, common_limits: %s}\n"
MODEL = "results/paths/sgd/seed0"


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """A project whose study has run."""
    project = Project(tmp_path_factory.mktemp("paths"))
    project.config.write_text(STUDY + FIGURES % "false")
    project.run("--cores", "2")
    return project


def test_paths_over_surfaces_from_the_config_to_the_figures(ran):
    assert ran.planned() == {}
    folder = ran.folder / "results/paths"
    drawn = sorted(path.stem for path in (folder / "figures/trajectories").iterdir())
    wanted = ["sgd-seed0-path", "sgd-seed0-three", "sgd-seed1-path", "sgd-seed2-path"]
    assert drawn == wanted
    table = pd.read_csv(folder / "trajectories.csv")
    three = table[table["surface"] == "three"]
    assert list(three["run_seed"].unique()) == [0, 1, 2]
    ends = three[three["epoch"] == 3]
    assert ends["distance"].max() < 1e-6
    assert (ends["projected_loss"] - ends["loss"]).abs().max() < 1e-4
    for seed, loss in zip(ends["run_seed"], ends["loss"], strict=True):
        history = pd.read_csv(folder / f"sgd/seed{seed}/history.csv")
        assert abs(history["loss"].iloc[-1] - loss) < 1e-4
    runs = pd.read_csv(folder / "runs.csv")
    assert (runs["explained"] <= runs["explained_best"] + 1e-6).all()


def test_common_limits_are_drawn_and_a_seed_is_measured_by_itself(ran):
    ran.config.write_text(STUDY + FIGURES % "true")
    planned = ran.planned()
    assert planned.keys() - LAST == {rule for rule in planned if rule.startswith("draw_")}
    assert planned["draw_trajectories"] == planned["draw_comparisons"] == 1

    more = STUDY.replace("seeds: [0, 1, 2]", "seeds: [0, 1, 2, 5]")
    ran.config.write_text(more + FIGURES % "false")
    planned = ran.planned()
    assert (planned["train_sgd"], planned["evaluate_surface"]) == (1, 1)
    assert planned["measure_trajectories"] == 1


def test_what_is_exported_leaves_the_study_as_it_was(ran):
    ran.config.write_text(STUDY + FIGURES % "false")
    wanted = [f"{MODEL}/surfaces/three.{form}" for form in ("vtr", "ply", "csv")]
    ran.run("--cores", "1", *wanted)
    assert all((ran.folder / path).stat().st_size > 500 for path in wanted)
    command = [sys.executable, "-m", "prospect.records.provenance", "results/paths/provenance.json"]
    verified = subprocess.run(
        command, cwd=ran.folder, env={"PYTHONPATH": "workflow"}, capture_output=True, text=True
    )
    assert "all files are as they were written" in verified.stdout


OWN = """
study: own
networks:
  own:
    architecture: mlp
    hidden: [8]
    checkpoints: {0: epoch0.pt, 1: epoch1.pt, 2: epoch2.pt, 3: epoch3.pt}
directions: {path-1: {pca: 1}, path-2: {pca: 2}}
surfaces: {path: {center: trained, directions: [path-1, path-2]}}
trajectories: {path: {}}
evaluation: {points: {surface: 5}, window: 1.0}
"""


def test_files_of_several_epochs_are_a_path_as_that_of_the_training_they_are_from(ran):
    for epoch in range(4):
        state = load_file(ran.folder / MODEL / f"checkpoints/epoch{epoch}.safetensors")
        torch.save(state, ran.folder / f"epoch{epoch}.pt")
    config = ran.folder / "own.yaml"
    config.write_text(OWN + FIGURES % "false")
    done = ran.snakemake("--cores", "1", "results/own/trajectories.csv", config=config)
    assert done.returncode == 0, done.stderr[-2000:]
    found = pd.read_csv(ran.folder / "results/own/trajectories.csv")
    trained = pd.read_csv(ran.folder / "results/paths/trajectories.csv")
    trained = trained[(trained["surface"] == "path") & (trained["seed"] == 0)]
    assert list(found["epoch"]) == [0, 1, 2, 3]
    for name in ("alpha", "beta", "distance", "loss", "projected_loss", "accuracy"):
        assert list(found[name]) == list(trained[name]), name
