"""Checkpoints that are files: what a study makes of them, and what is said where they cannot be."""

import pytest
from configs import FOLDER, completed, refusal

from prospect.study import sizes, stages, systems, trajectories
from prospect.study.resolve import Study
from prospect.systems.samples import system as samples
from prospect.systems.spinglass import system as spinglass
from prospect.systems.valleys import system as valleys

BASE = """
study: small
networks:
  mine: {architecture: mlp, checkpoints: {20: README.md}}
"""
BOTH = (
    "networks: {mine: {architecture: mlp, checkpoints: {20: README.md}}, mlp: {architecture: mlp}}"
)
RUN = "networks: {mine: {architecture: mlp, checkpoints: {20: README.md, 0: LICENSE, 5: Makefile}}}"
CENTERS = "centers: {init: {epoch: 0}, trained: {epoch: last}}\n"


def study(text="{}"):
    return Study(completed(BASE, text), FOLDER)


def test_one_file_is_the_trained_center_and_there_is_no_other():
    small = study("hessian: {}")
    assert small.config["centers"] == {"trained": {"epoch": "last"}}
    assert small.config["hessian"]["centers"] == ["trained"]
    assert small.curves == ["v-basin"] and small.surfaces("mine") == ["bowl"]
    place = "results/small/mine/seed0/checkpoints/epoch20.safetensors"
    assert small.center("trained", "mine", 0) == place
    assert stages.import_inputs(small, "mine", 0) == {"files": ["README.md"]}


def test_several_files_are_epochs_in_their_order():
    small = study(RUN)
    assert small.epochs("mine") == [0, 5, 20]
    assert small.config["centers"].keys() == {"init", "trained"}
    assert small.epoch("trained", "mine") == 20
    assert stages.import_inputs(small, "mine", 0)["files"] == ["LICENSE", "Makefile", "README.md"]
    assert stages.import_params(small, "mine")["epochs"] == [0, 5, 20]


def test_several_files_are_a_trajectory():
    text = "directions: {one: {pca: 1}, two: {pca: 2}}\ntrajectories: {path: {}}\n"
    text += "surfaces: {path: {center: trained, directions: [one, two]}}\n"
    runs = trajectories.inputs(study(text + RUN), "mine", 0, "path")["runs/0"]
    assert [run.rpartition("/")[2] for run in runs] == [
        *("epoch0.safetensors", "epoch5.safetensors", "epoch20.safetensors")
    ]
    assert "component 1 of 0 checkpoints of 'mine' beside the center" in refusal(BASE, text)


def test_an_epoch_in_quotes_is_the_same():
    assert study('networks: {mine: {architecture: mlp, checkpoints: {"20": README.md}}}').imported(
        "mine"
    ) == {20: "README.md"}


def test_the_names_of_files_are_no_parameters():
    small = study(f"hessian: {{}}\npopulations: {{p: {{center: trained}}}}\n{BOTH}")
    given = [stages.import_params, stages.curve_params, stages.hessian_params]
    for params in [of(small, "mine") for of in given]:
        assert "README" not in repr(params) and "checkpoints" not in repr(params)
        assert params["network"] == {"architecture": "mlp"}
    assert "README" in repr(stages.provenance_params(small))


def test_a_seed_has_a_file_of_its_own(tmp_path):
    for seed in (0, 3):
        (tmp_path / f"e{seed}.pt").touch()
    name = (
        f'networks: {{mine: {{architecture: mlp, checkpoints: {{1: "{tmp_path}/e{{seed}}.pt"}}}}}}'
    )
    small = study(f"{name}\nseeds: [0, 3]")
    assert stages.import_inputs(small, "mine", 3) == {"files": [f"{tmp_path}/e3.pt"]}
    said = refusal(BASE, f"{name}\nseeds: [0, 1]")
    assert "networks.mine.checkpoints.1: there is no file '" in said and said.endswith("e1.pt'")


def test_other_networks_start_from_a_file_and_lead_to_it():
    text = "networks: {mine: {architecture: mlp, checkpoints: {20: README.md}},\n"
    text += "tuned: {architecture: mlp, training: {start: {network: mine, center: trained}}}}\n"
    text += "directions: {d: {to: trained, of: mine}}\n"
    text += "surfaces: {heart: {pattern: heart, window: 1.25}}"
    small = study(text)
    file = "results/small/mine/seed0/checkpoints/epoch20.safetensors"
    assert stages.training_inputs(small, "tuned", 0) == {"start": file}
    mining = systems.wanted(small)["mining"]
    assert mining.mining_inputs("mine", 0, "heart", "heart")["start"] == file
    assert mining.mining_inputs("tuned", 0, "heart", "heart")["start"].endswith(
        "epoch0.safetensors"
    )
    assert mining.trained_centers("mine") == []


def test_what_is_looked_at_where_training_ended_is_called_trained():
    mining = systems.wanted(study())["mining"]
    assert mining.trained_centers("mine") == ["trained"]


def test_importing_takes_no_longer_than_training():
    small = study(BOTH)
    assert sizes.import_seconds(small, "mine") <= sizes.training_seconds(small, "mlp")


MISTAKES = {
    "a name alone": (
        "networks: {mine: {architecture: mlp, checkpoints: w.pt}}",
        "networks.mine.checkpoints: 'w.pt' is not right; want files by the epoch that they are of, "
        "as {90: weights.pt}",
    ),
    "no epoch": (
        "networks: {mine: {architecture: mlp, checkpoints: {last: w.pt}}}",
        "networks.mine.checkpoints: 'last' is no epoch; want a whole number of at most six digits",
    ),
    "nothing": (
        "networks: {mine: {architecture: mlp, checkpoints: {}}}",
        "networks.mine.checkpoints: {} is not right; want at least 1 entry",
    ),
    "no file": (
        "networks: {mine: {architecture: mlp, checkpoints: {3: w.pt}}}",
        "networks.mine.checkpoints.3: there is no file 'w.pt'",
    ),
    "a folder": (
        "networks: {mine: {architecture: mlp, checkpoints: {3: docs}}}",
        "networks.mine.checkpoints.3: there is no file 'docs'",
    ),
    "another place in a name": (
        'networks: {mine: {architecture: mlp, checkpoints: {3: "w-{epoch}.pt"}}}',
        "networks.mine.checkpoints.3: 'w-{epoch}.pt' is no file; want a path of up to 200",
    ),
    "one file for two seeds": (
        "seeds: [0, 1]",
        "networks.mine.checkpoints.20: 'README.md' is one file for 2 seeds; want {seed} in its",
    ),
    "a recipe": (
        "networks: {mine: {architecture: mlp, checkpoints: {3: README.md}, training: {epochs: 3}}}",
        "networks.mine.training: 'mine' has checkpoints, which are all of it; want one of the two",
    ),
    "an initialisation": (
        "networks: {mine: {architecture: mlp, checkpoints: {3: README.md}, batchnorm_init: ones}}",
        "networks.mine.batchnorm_init: 'mine' has checkpoints, which are all of it",
    ),
    "published weights": (
        "networks: {mine: {architecture: torchvision, model: resnet18, weights: IMAGENET1K_V1, "
        "checkpoints: {3: README.md}}}",
        "networks.mine.weights: 'mine' has checkpoints, which are all of it; want one of the two",
    ),
    "own center without a file": (
        "networks: {mine: {architecture: mlp, checkpoints: {3: README.md}, "
        "centers: {trained: {epoch: 2}}}}",
        "networks.mine.centers.trained: 'mine' has no center 'trained': its checkpoints are of "
        "epoch 3; want one of these",
    ),
    "average": (
        "centers: {mean: {swa: true}}\ncurves: {c: {center: mean, direction: gaussian}}",
        "curves.c.center: 'mine' has no center 'mean': its checkpoints are of epoch 20",
    ),
    "curve": (
        CENTERS + "curves: {c: {center: init, direction: gaussian}}",
        "curves.c.center: 'mine' has no center 'init': its checkpoints are of epoch 20; want one",
    ),
    "surface": (
        CENTERS + "surfaces: {s: {center: init, directions: [gaussian, gaussian-2]}}",
        "surfaces.s.center: 'mine' has no center 'init'",
    ),
    "population": (
        CENTERS + "populations: {p: {center: init}}",
        "populations.p.center: 'mine' has no center 'init'",
    ),
    "Hessian": (
        CENTERS + "hessian: {centers: [init, trained]}",
        "hessian.centers: 'mine' has no center 'init'",
    ),
    "direction": (
        CENTERS + "directions: {d: {to: init}}\ncurves: {c: {center: trained, direction: d}}",
        "directions.d: 'mine' has no center 'init'",
    ),
    "start": (
        CENTERS + "networks: {mine: {architecture: mlp, checkpoints: {3: README.md}},\n"
        "tuned: {architecture: mlp, training: {start: {network: mine, center: init}}}}",
        "networks.tuned.training.start.center: 'mine' has no center 'init'",
    ),
    "difference to itself": (
        "directions: {d: {to: end}}\ncenters: {trained: {epoch: last}, end: {epoch: 20}}\n"
        "curves: {c: {center: trained, direction: d}}",
        "curves.c.direction: 'd' leads to 'end', where it starts",
    ),
    "twin": (
        "directions: {d: {to: trained, of: twin}}",
        "directions.d.of: a twin is the same network from another seed; seeds has only one",
    ),
    "asymmetry": (
        "asymmetry: {centers: [trained]}",
        "asymmetry: wants the initialisation, and 'mine' has no checkpoint of epoch 0",
    ),
}
ANEW = [*spinglass.TABLES, *valleys.TABLES, *samples.BY_NETWORK]


@pytest.mark.parametrize(("text", "line"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_one_line_that_names_the_key(text, line):
    assert refusal(BASE, text).startswith(f"config: {line}")


@pytest.mark.parametrize("section", ANEW)
def test_a_section_that_trains_anew_wants_a_recipe(section):
    said = refusal(BASE, f"{section}: {{}}")
    assert said.startswith(f"config: {section}.networks: networks are trained anew, and 'mine' has")
    text = f"{BOTH}\n{CENTERS}{section}: {{networks: [mlp]}}"
    if section in ("permutations", "ruggedness"):
        text = text.replace("mlp: {architecture: mlp}", "mlp: {architecture: mlp, hidden: [8]}")
        text = text.replace("permutations: {", "permutations: {moved: [2, 4], ")
    completed(BASE, text)


def test_federated_training_wants_a_recipe():
    said = refusal(BASE, "federated: {network: mine}")
    assert said.startswith("config: federated.network: networks are trained anew, and 'mine' has")
