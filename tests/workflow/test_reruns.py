"""What runs again, and what does not; and that the number of cores changes no bit."""

import h5py
import numpy as np
import pytest
import yaml
from safetensors.numpy import load_file

DRAWING = {"draw_training", "draw_curves", "draw_surfaces", "draw_atlas", "draw_populations"}
DRAWING |= {"draw_mining", "draw_hessian", "draw_lens", "make_page"}
LAST = {"all", "list_files"}  # run whenever anything does
GATHERING = {"name_shapes", "judge_mining", "join_lens", "judge_claims"}
FOR_A_SEED = {
    "train_mlp", "make_directions_mlp", "mine_pattern", "evaluate_curves", "evaluate_surface",
    "evaluate_test_mlp", "evaluate_population", "analyse_hessian", "explain_curves",
}  # fmt: skip


def edit(project, **sections):
    """Change sections of the tiny study's config."""
    config = yaml.safe_load(project.config.read_text())
    project.config.write_text(yaml.safe_dump({**config, **sections}, sort_keys=False))


def test_a_finished_study_has_nothing_to_do(project):
    assert project.planned() == {}
    folder = project.folder / "results" / "tiny"
    assert "curves: 2 of 2 found as wanted" in (folder / "summary.txt").read_text()
    names = ["atlas", "training", "mining", "success"]
    for name in (*names, "populations/gaussian", "surfaces/mlp-seed0-bowl"):
        assert (folder / "figures" / f"{name}.png").stat().st_size > 5000
    assert not list(folder.rglob("*.partial"))
    assert not list(folder.rglob("*.tmp"))


def test_a_figure_setting_redraws_figures_only(project):
    edit(project, figures={"format": ["png"], "dpi": 81})
    assert project.planned().keys() - LAST == DRAWING


def test_a_new_seed_runs_that_seed_and_what_gathers(project):
    edit(project, seeds=[0, 1])
    planned = project.planned()
    assert planned.keys() - LAST == FOR_A_SEED | DRAWING | GATHERING
    assert {rule: planned[rule] for rule in FOR_A_SEED} == dict.fromkeys(FOR_A_SEED, 1)


def test_reordered_keys_run_nothing(project):
    def backwards(value):
        if isinstance(value, dict):
            return {key: backwards(part) for key, part in reversed(value.items())}
        return value

    config = yaml.safe_load(project.config.read_text())
    project.config.write_text(yaml.safe_dump(backwards(config), sort_keys=False))
    assert project.planned() == {}


def changed(project, module):
    """Change a module of the library; return the rules that would run."""
    with (project.folder / "workflow/prospect" / module).open("a") as file:
        file.write("\nANOTHER = True\n")
    return project.planned().keys() - LAST


def test_another_way_of_naming_names_and_draws_only(project):
    planned = changed(project, "landscape/shapes/curves.py")
    assert "name_shapes" in planned
    assert planned <= GATHERING | DRAWING


def test_other_figures_of_a_system_are_drawn_only(project):
    of_mining = {"draw_mining"}
    assert changed(project, "systems/mining/figures/search.py") == of_mining
    planned = changed(project, "systems/mining/figures/titles.py")
    assert of_mining < planned <= DRAWING - {"draw_training"}


@pytest.mark.parametrize("file", ["page/items.py", "systems/mining/panels.py"])
def test_another_page_is_made_and_nothing_else(project, file):
    assert changed(project, file) == {"make_page"}


def test_another_style_sheet_makes_the_page_anew(project):
    with (project.folder / "workflow/prospect/page/assets/page.css").open("a") as file:
        file.write("\n/* another */\n")
    assert project.planned().keys() - LAST == {"make_page"}


def test_another_way_to_interpolate_trains_mines_and_analyses_nothing(project):
    planned = changed(project, "landscape/adaptive.py")
    assert "evaluate_surface" in planned
    evaluated = {"evaluate_surface", "evaluate_curves", "evaluate_test_mlp"}
    assert planned <= evaluated | GATHERING | DRAWING


def test_a_new_kind_of_file_runs_nothing(project):
    assert changed(project, "records/another.py") == set()


def test_what_packages_say_of_themselves_runs_nothing(project):
    file = project.folder / "workflow/prospect/__init__.py"
    text = file.read_text()
    assert '__version__ = "' in text
    file.write_text(text.replace('__version__ = "', '__version__ = "9.').replace("floors", "rooms"))
    assert project.planned() == {}


def test_another_threshold_names_and_draws_only(project):
    edit(project, shapes={"persistence": 0.2})
    planned = project.planned().keys() - LAST
    assert "name_shapes" in planned
    assert planned <= GATHERING | DRAWING


def test_one_core_gives_the_same_bits_as_two(finished, fresh):
    fresh.run("--cores", "1", "all")
    one, two = fresh.results(), finished.results()
    assert one.keys() == two.keys()
    assert len(one) > 8
    assert [path for path in one if one[path] != two[path]] == []
    # and everything else: tables, texts and figures
    listed = "results/tiny/provenance.json"
    assert (fresh.folder / listed).read_bytes() == (finished.folder / listed).read_bytes()


OWN = """
import math

import torch
from torch import nn


def perceptron(input_shape, classes, width):
    return nn.Sequential(nn.Flatten(), nn.Linear(math.prod(input_shape), width), nn.ReLU(),
                         nn.Linear(width, classes))


def clouds(count):
    rng = torch.Generator().manual_seed(0)
    targets = torch.arange(count) % 3
    inputs = torch.randn(count, 2, generator=rng) + 3 * torch.eye(3)[targets][:, :2]
    return inputs, targets, inputs[:50], targets[:50]
"""


def test_your_own_network_and_data_run_and_are_watched(fresh):
    (fresh.folder / "my_nets.py").write_text(OWN)
    fresh.config.write_text(
        "study: own\n"
        "dataset: {name: 'my_nets:clouds', options: {count: 300}}\n"
        "networks: {mine: {architecture: 'my_nets:perceptron', options: {width: 8}}}\n"
        "training: {epochs: 3, batch: 50}\n"
        "evaluation: {points: {curve: 11, surface: 7}}\n"
        "figures: {format: [png], dpi: 60}\n"
    )
    fresh.run("--cores", "2")
    assert fresh.planned() == {}
    with (fresh.folder / "my_nets.py").open("a") as file:
        file.write("\n# another network\n")
    assert fresh.planned()["train_mine"] == 1


def test_your_own_noise_is_watched_and_trains_nothing(copied):
    project = copied
    (project.folder / "my_noise.py").write_text(
        "import torch\n\ndef drawn(count, rng):\n    return torch.rand(count, generator=rng)\n"
    )
    own = {"center": "trained", "noise": "my_noise:drawn", "count": 2, "points": 5, "samples": 20}
    edit(project, populations={"own": own})
    assert "train_mlp" not in project.planned("grids")
    project.run("--cores", "1", "grids")
    assert "evaluate_population" not in project.planned("grids")
    with (project.folder / "my_noise.py").open("a") as file:
        file.write("\n# another noise\n")
    assert project.planned("grids")["evaluate_population"] == 1


FEW = {
    "population only": "populations: {p: {center: trained, count: 3, points: 5, samples: 50}}",
    "a drawing only": "surfaces: {blob: {pattern: blob}}",
    "an image only": "surfaces: {moon: {pattern: moon, window: 1}}",
    "one direction of a plane": "curves: {ring: {center: trained, direction: wine-bottle.2}}",
    "training only": "",
}


@pytest.mark.parametrize("lines", FEW.values(), ids=FEW)
def test_a_study_may_ask_for_little(fresh, lines):
    (fresh.folder / "config/patterns/blob.txt").write_text("...\n.#.\n...\n")
    fresh.config.write_text(
        "study: little\n"
        "networks: {my-net: {architecture: mlp, hidden: [8]}}\n"
        "training: {epochs: 2}\n"
        "mining: {steps: 5}\n"
        "directions: {}\n"
        "evaluation: {points: {surface: 25}}\n"
        "figures: {format: [png], dpi: 60}\n" + lines
    )
    fresh.run("--cores", "2")
    assert fresh.planned() == {}
    folder = fresh.folder / "results/little"
    assert (folder / "figures/training.png").exists()
    if "pattern:" in lines:
        assert "mining did not reach its goal" in (folder / "summary.txt").read_text()
        assert "found in 0 of 1 runs" in (folder / "mining.txt").read_text()


RECIPES = """
study: recipes
networks:
  mlp: {architecture: mlp, width: 16, depth: 1, batchnorm: true}
  "half{part}":
    architecture: mlp
    width: 16
    depth: 1
    batchnorm: true
    training:
      parts: 2
      part: [0, 1]
      start: {network: mlp, center: average}
      until: {loss: 0.2}
      swa: null
    centers: {average: {epoch: last}}
training:
  epochs: 3
  swa: {start: 2, lr: 0.02}
  optimizer: {name: adam, lr: 0.003}
  schedule: constant
  label_noise: 0.1
centers: {init: {epoch: 0}, trained: {epoch: last}, average: {swa: true}}
directions:
  to-average: {to: average}
  signs: {weights: sign, at: init, centred: true}
  to-half: {to: trained, of: half1}
  hidden: {noise: ternary, only: "^1[.]weight", signs: 0.5}
curves:
  a: {center: init, direction: to-average}
  b: {center: average, direction: signs}
  c: {center: init, direction: to-half}
  d: {center: average, direction: hidden}
populations:
  "signed-{signs}":
    {center: trained, noise: binary, signs: [0, 1], count: 4, points: 5, samples: 50}
evaluation: {points: {curve: 5}}
figures: {format: [png], dpi: 60}
"""


def test_recipes_variants_and_directions_of_all_kinds_run(fresh):
    fresh.config.write_text(RECIPES)
    fresh.run("--cores", "2")
    assert fresh.planned() == {}
    results = fresh.folder / "results/recipes"
    average = load_file(results / "mlp/seed0/checkpoints/swa.safetensors")
    start = load_file(results / "half0/seed0/checkpoints/epoch0.safetensors")
    other = load_file(results / "half1/seed0/checkpoints/epoch0.safetensors")
    for name, tensor in start.items():
        assert np.array_equal(tensor, average[name]) and np.array_equal(tensor, other[name])
    with h5py.File(results / "mlp/seed0/directions/average/hidden.h5") as file:
        inside = file["directions"][0] != 0
    assert inside[: 64 * 16].sum() > 0.5 * 64 * 16 and not inside[64 * 16 :].any()
    assert (results / "figures/populations/signed-1.png").exists()
    members = (results / "population.csv").read_text()
    assert ",signed-0,trained,binary,0," in members
    assert ",signed-1,trained,binary signs 1,0," in members
    fresh.config.write_text(RECIPES.replace("parts: 2", "parts: 2\n      samples: 300"))
    assert {"train_half0", "train_half1"} < fresh.planned().keys()
    assert "train_mlp" not in fresh.planned()


IMAGES = """
import torch


def images():
    rng = torch.Generator().manual_seed(0)
    targets = torch.arange(60) % 3
    inputs = torch.randn(60, 1, 32, 32, generator=rng) + targets[:, None, None, None]
    return inputs, targets, inputs[:30], targets[:30]
"""


def test_midpoints_twins_vgg_and_adamw_run(fresh):
    (fresh.folder / "my_images.py").write_text(IMAGES)
    fresh.config.write_text(
        "study: rare\n"
        "dataset: {name: 'my_images:images'}\n"
        "networks: {vgg: {architecture: vgg, depth: 11, width: 2}}\n"
        "seeds: [4, 7]\n"
        "training: {epochs: 2, batch: 20, optimizer: {name: adamw, lr: 0.01}}\n"
        "centers: {trained: {epoch: last}, between: {midpoint: trained}}\n"
        "directions: {to-twin: {to: trained, of: twin}, gaussian: {noise: gaussian}}\n"
        "curves:\n"
        "  w-basin: {center: trained, direction: to-twin}\n"
        "  middle: {center: between, direction: gaussian}\n"
        "evaluation: {points: {curve: 5}}\n"
        "figures: {format: [png], dpi: 60}\n"
    )
    fresh.run("--cores", "2")
    assert fresh.planned() == {}
    models = [fresh.folder / f"results/rare/vgg/seed{seed}" for seed in (4, 7)]
    one, other, *middle = (
        load_file(path)
        for path in [model / "checkpoints/epoch2.safetensors" for model in models]
        + [model / "midpoints/between.safetensors" for model in models]
    )
    for name, tensor in middle[0].items():
        assert np.array_equal(tensor, middle[1][name])
        if np.issubdtype(tensor.dtype, np.floating):
            assert np.allclose(tensor, (one[name] + other[name]) / 2, atol=1e-7)
    # along the difference to the twin, 1 is the twin: its loss at 0 is the curve's at 1
    with h5py.File(models[0] / "curves/w-basin.h5") as mine:
        assert mine["alpha"][3] == 1
        with h5py.File(models[1] / "curves/w-basin.h5") as twins:
            assert mine["loss"][3] == pytest.approx(twins.attrs["center_loss"], rel=1e-4)
