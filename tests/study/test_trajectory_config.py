"""Trajectories in the config: whose runs and models, which seeds, and mistakes in one line."""

from pathlib import Path

import pytest
from configs import completed, refusal

from prospect.study import stages, systems, trajectories
from prospect.study.resolve import Study

BASE = """
study: small
networks: {a: {architecture: mlp, hidden: [8]}, b: {architecture: mlp, hidden: [8]}}
seeds: [0, 3, 7]
training: {epochs: 4, checkpoints: [1, 2]}
directions:
  one: {pca: 1}
  two: {pca: 2}
  all-1: {pca: 1, of: [a, b, 3]}
  to-3: {to: trained, of: 3}
  to-b: {to: trained, of: b}
surfaces:
  path: {center: trained, directions: [one, two]}
  three: {center: trained, directions: [to-3, to-b], networks: [a], seeds: [0, 7]}
trajectories: {path: {}, three: {of: [self, 3, b]}}
"""
FOLDER = Path("config/patterns")
CHECKPOINT = "results/small/{}/seed{}/checkpoints/epoch{}.safetensors"


def study_of(text=""):
    return Study(completed(BASE, text or "device: cpu"), FOLDER)


def test_models_are_named_by_network_seed_or_twin():
    study = study_of()
    assert [study.other(of, "a", 0) for of in ("self", "twin", 7, "b")] == [
        *[("a", 0), ("a", 3), ("a", 7), ("b", 0)]
    ]
    assert study.run("b", "a", 7) == [CHECKPOINT.format("b", 7, epoch) for epoch in (0, 1, 2, 4)]


def test_a_direction_of_several_runs_has_all_their_checkpoints():
    text = "surfaces: {s: {center: init, directions: [all-1, to-b], networks: [a], seeds: [0]}}\n"
    study = study_of(text + "trajectories: {}")
    found = stages.direction_inputs(study, "a", 0)["runs/all-1"]
    models = ("a", 0), ("b", 0), ("a", 3)
    assert found == [CHECKPOINT.format(*model, epoch) for model in models for epoch in (0, 1, 2, 4)]


def test_surfaces_of_some_seeds_make_their_directions_for_these_alone():
    study = study_of()
    path = (("trained", "one"), ("trained", "two"))
    three = (*path, ("trained", "to-3"), ("trained", "to-b"))
    found = study.made_alike("a")
    assert {tuple(sorted(made)): seeds for made, seeds in found.items()} == {
        tuple(sorted(three)): [0, 7],
        path: [3],
    }
    assert list(study.made_alike("b").values()) == [[0, 3, 7]]
    files = [file for file in stages.surface_files(study) if "three" in file]
    assert files == [f"results/small/a/seed{seed}/surfaces/three.h5" for seed in (0, 7)]
    assert "targets/to-3" not in stages.direction_inputs(study, "a", 3)


def test_runs_over_a_surface_are_inputs_in_the_order_of_the_config():
    found = trajectories.inputs(study_of(), "a", 7, "three")
    models = ("a", 7), ("a", 3), ("b", 7)
    for number, model in enumerate(models):
        assert found[f"runs/{number}"][0] == CHECKPOINT.format(*model, 0)
    assert "seeds" not in repr(trajectories.params(study_of(), "a", "three"))


def test_a_seed_more_makes_nothing_anew():
    base = study_of()
    more = study_of("seeds: [0, 3, 7, 9]\ndevice: cpu")
    for network in ("a", "b"):
        params = [stages.direction_params(study, network) for study in (base, more)]
        assert params[0] == params[1]
        params = [trajectories.params(study, network, "path") for study in (base, more)]
        assert params[0] == params[1]


NO_RUNS = "trajectories: {}\n"
MISTAKES = {
    "directions: {d: {to: init, of: 5}}": (
        "directions.d.of: there is no seed 5 in this study; known are 0, 3, 7"
    ),
    "directions: {d: {to: init, of: [a, b]}}": "directions.d.of: a list goes only with 'pca'",
    "directions: {d: {noise: ones, of: a}}": "directions.d.of: goes only with 'to', 'at' or 'pca'",
    "directions: {d: {pca: 0}}": "directions.d.pca: 0 is not right; want at least 1",
    "directions: {d: {pca: 1, of: [c]}}": "directions.d.of: there is no network 'c'",
    "directions: {d: {pca: 1, of: []}}": "directions.d.of: [] is not right; want a list of at",
    "directions: {d: {pca: 1, of: [A]}}": "directions.d.of.0: 'A' is no model; want self, twin",
    "trajectories: {pth: {}}": "trajectories.pth: there is no surface 'pth'; did you mean 'path'?",
    "trajectories: {path: {of: 5}}": "trajectories.path.of: there is no seed 5",
    "trajectories: {path: {of: c}}": "trajectories.path.of: there is no network 'c'",
    "evaluation: {batchnorm: frozen}": (
        "evaluation.batchnorm: 'frozen' fits one center; trajectories.path wants 'recompute'"
    ),
    "training: {epochs: 1, checkpoints: []}": (
        "surfaces.path.directions: 'two' is component 2 of 1 checkpoints of 'a' beside the "
        "center; want more (training.checkpoints, or files of your own)"
    ),
    NO_RUNS + "surfaces: {s: {center: trained, directions: [to-3, to-b], networks: [a]}}": (
        "'to-3' leads to 'trained', where it starts: for network 'a' from seed 3"
    ),
    NO_RUNS + "surfaces: {s: {center: trained, directions: [one, two], seeds: [1]}}": (
        "surfaces.s.seeds: there is no seed 1 in this study; known are 0, 3, 7"
    ),
    NO_RUNS + "surfaces: {s: {center: init, pattern: wine-bottle, seeds: [0]}}": (
        "surfaces.s.seeds: a pattern is mined for every seed"
    ),
    NO_RUNS + "surfaces: {s: {center: init, directions: [w-peak, one], seeds: [0]}}": (
        "surfaces.s.seeds: a pattern is mined for every seed"
    ),
}


@pytest.mark.parametrize("text", MISTAKES)
def test_mistakes_are_one_line_that_names_the_key(text):
    assert MISTAKES[text] in refusal(BASE, text)


def test_what_is_measured_of_every_surface_heeds_its_seeds():
    samples = systems.wanted(study_of("samples_needed: {}"))["samples"]
    items = {seed: samples.item_params("a", seed)["items"].keys() for seed in (0, 3)}
    assert items[0] - items[3] == {"surfaces/three"}
    assert not [name for name in samples.item_inputs("a", 3) if "to-3" in name]
