"""The config: defaults, and that every mistake is one line that names file and key."""

import re
from inspect import signature
from pathlib import Path

import pytest
import yaml

from prospect.base.errors import ProspectError
from prospect.model import architectures
from prospect.study import model_checks, read, stages, systems
from prospect.study.config import complete
from prospect.study.resolve import Study, joined
from prospect.study.schema import schema
from prospect.study.text import load

PATTERNS = Path("config/patterns")
CONFIGS = [Path("config/config.yaml"), *sorted(Path("config/studies").glob("*.yaml"))]
SMALL = """
study: small
networks:
  mlp: {architecture: mlp}
"""


def completed(text, tmp_path, folder=PATTERNS):
    file = tmp_path / "study.yaml"
    file.write_text(text)
    return complete(yaml.safe_load(text), [file], folder)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_shipped_configs_are_right(path):
    complete(yaml.safe_load(path.read_text()), [path], PATTERNS)


def test_ten_lines_are_a_study(tmp_path):
    config = completed(SMALL, tmp_path)
    study = Study(config, PATTERNS)
    assert config["training"]["optimizer"]["lr"] == 0.05
    assert study.curves == ["v-basin"]
    assert study.epochs("mlp") == [0, 30]


def test_optional_keys_have_a_default():
    for path in ("", "dataset", "training", "mining", "evaluation", "shapes", "figures"):
        part = schema()["properties"][path] if path else schema()
        for key in part["properties"].keys() - set(part.get("required", [])):
            assert "default" in part["properties"][key], f"{path}.{key}"


MISTAKES = {
    "typo in a key": ("seedz: [0]", "unknown key 'seedz'; did you mean 'seeds'?"),
    "typo below": ("training: {epoch: 3}", "training: unknown key 'epoch'; did you mean 'epochs'?"),
    "number as text": (
        "training: {optimizer: {lr: 1e-3}}",
        "training.optimizer.lr: '1e-3' is text, not a number; YAML wants a dot and no quotes: "
        "write 1.0e-3",
    ),
    "quoted number": ('training: {epochs: "3"}', "training.epochs: '3' is text"),
    "negative": ("training: {epochs: 0}", "training.epochs: 0 is not right; want at least 1"),
    "name": ("centers: {Init: {epoch: 0}}", "'Init'"),
    "unknown data": ("dataset: {name: digit}", "dataset.name: 'digit' is unknown"),
    "unknown device": ("device: gpu", "device: 'gpu' is not one of auto, cpu, cuda"),
    "unknown network": (
        "surfaces: {s: {center: init, directions: [gaussian, gaussian-2], networks: [mpl]}}",
        "there is no network 'mpl'; did you mean 'mlp'?",
    ),
    "option of another architecture": (
        "networks: {mlp: {architecture: mlp, blocks: [1]}}",
        "networks.mlp.blocks: architecture 'mlp' takes only batchnorm, bias, depth, hidden, width",
    ),
    "unknown architecture": ("networks: {mlp: {architecture: mpl}}", "'mpl' is unknown"),
    "unknown direction": (
        "curves: {c: {center: init, direction: gausian}}",
        "curves.c.direction: there is no direction or pattern 'gausian'; did you mean 'gaussian'?",
    ),
    "midpoint of nothing": (
        "seeds: [0, 1]\ncenters: {m: {midpoint: trained}}",
        "centers.m.midpoint: there is no center 'trained'",
    ),
    "midpoint without a twin": (
        "centers: {t: {epoch: 1}, m: {midpoint: t}}",
        "centers.m.midpoint: needs a twin from another seed",
    ),
    "midpoint of a midpoint": (
        "seeds: [0, 1]\ncenters: {t: {epoch: 1}, m: {midpoint: t}, n: {midpoint: m}}",
        "centers.n.midpoint: 'm' is itself a midpoint",
    ),
    "center of two kinds": (
        "centers: {t: {epoch: 1}, m: {midpoint: t, epoch: 2}}",
        "centers.m: want exactly one of epoch, midpoint, swa",
    ),
    "eigenvector without a Hessian": (
        "directions: {d: {hessian: {index: 0}}}",
        "directions.d: the section 'hessian' is missing",
    ),
    "eigenvector that is not computed": (
        "hessian: {eigenpairs: 2}\ndirections: {d: {hessian: {index: -3}}}",
        "directions.d.hessian.index: -3 is not among hessian.eigenpairs 2 of each end",
    ),
    "eigenvector at another center": (
        "hessian: {centers: [init]}\ndirections: {d: {hessian: {index: 0}}}\n"
        "curves: {c: {center: trained, direction: d}}",
        "curves.c.direction: 'd' is an eigenvector at 'trained', which hessian.centers leaves out",
    ),
    "Hessian at no center": (
        "hessian: {centers: [trainde]}",
        "hessian.centers: there is no center 'trainde'; did you mean 'trained'?",
    ),
    "unknown center": (
        "curves: {c: {center: traind, direction: gaussian}}",
        "curves.c.center: there is no center 'traind'; did you mean 'trained'?",
    ),
    "unknown pattern": (
        "curves: {c: {center: init, pattern: w-peek}}",
        "curves.c.pattern: there is no pattern 'w-peek'; did you mean 'w-peak'?",
    ),
    "pattern of other dimension": (
        "curves: {c: {center: init, pattern: heart}}",
        "curves.c.pattern: pattern 'heart' is not 1D",
    ),
    "shards of what is refined": (
        "evaluation: {tolerance: 0.01}\n"
        "surfaces: {s: {center: init, directions: [gaussian, gaussian-2], shards: 4}}",
        "surfaces.s.shards: a tolerance refines point after point; want 1, or no tolerance "
        "(evaluation.tolerance: 0)",
    ),
    "a tolerance beyond the precision": (
        "evaluation: {tolerance: 0.0000001}",
        "evaluation.tolerance: 1e-07 is less than float32 can check; want 0, which evaluates every "
        "point, or at least 1e-05",
    ),
    "shards of nothing": (
        "populations: {p: {center: trained, count: 3, shards: 4}}",
        "populations.p.shards: 4 are more than the 3 directions",
    ),
    "shards of part of a set": (
        "solutions: {sets: 4, shards: 5}",
        "solutions.shards: 5 are more than the 4 sets",
    ),
    "shards of part of a setting": (
        "networks: {mlp: {architecture: mlp, hidden: [8]}}\n"
        "ruggedness: {batches: [8, 300], rates: [0.1], shards: 9}",
        "ruggedness.shards: 9 are more than the 8 settings",
    ),
    "window that cuts a drawing off": (
        "surfaces: {s: {pattern: heart, window: 0.5}}",
        "surfaces.s.window: 0.5 cuts pattern 'heart' off, whose cells reach to 1; want at least",
    ),
    "grid too coarse for a drawing": (
        "evaluation: {points: {surface: 25}}\nsurfaces: {s: {pattern: heart, window: 1.25}}",
        "evaluation.points.surface: 25 points are too few to see the 21 cells of pattern 'heart' "
        "in the window of surfaces.s; want at least 26",
    ),
    "margin above the ceiling": (
        "mining: {margin: 9}\ncurves: {c: {center: init, pattern: w-peak}}",
        "curves.c.pattern: pattern 'w-peak' is mined to a margin of 9 below a ceiling of 3",
    ),
    "whole number as text": (
        "mining: {steps: '100'}",
        "mining.steps: '100' is text, not a number; YAML wants a dot and no quotes: write 100",
    ),
    "infinite number": ("mining: {ceiling: .inf}", "ceiling: inf is not right; want a number"),
    "no number": ("mining: {ceiling: .nan}", "ceiling: nan is not right; want a number"),
    "empty section": ("surfaces:", "surfaces: nothing is not right; want a mapping"),
    "plane as a direction": (
        "curves: {c: {center: init, direction: heart}}",
        "want 'heart.1' or 'heart.2'",
    ),
    "missing direction": (
        "surfaces: {s: {center: init, directions: [gaussian, gaussian-3]}}",
        "surfaces.s.directions: there is no direction or pattern 'gaussian-3'",
    ),
    "same direction twice": (
        "surfaces: {s: {center: init, directions: [gaussian, gaussian]}}",
        "the two directions are the same",
    ),
    "direction named as a pattern": (
        "directions: {heart: {noise: gaussian}}",
        "directions.heart: the name is taken by config/patterns/heart.txt",
    ),
    "name given twice": (
        "curves: {c: {center: init, direction: gaussian}, c: {center: init, direction: gaussian}}",
        "line 5, column 50: 'c' is given twice",
    ),
    "line break in a name": ('centers: {"a\\n": {epoch: 0}}', "the name 'a\\n' is not right"),
    "twin with one seed": (
        "directions: {gaussian: {noise: gaussian}, gaussian-2: {to: trained, of: twin}}",
        "directions.gaussian-2.of: a twin is the same network from another seed",
    ),
    "two kinds": ("directions: {a: {noise: gaussian, weights: sign}}", "want exactly one of"),
    "frozen at epoch 0": (
        "evaluation: {batchnorm: frozen}\ncurves: {c: {center: init, direction: gaussian}}",
        "evaluation.batchnorm: 'frozen' means nothing at center 'init'",
    ),
    "frozen at a mined origin": (
        "evaluation: {batchnorm: frozen}\nsurfaces: {s: {pattern: heart}}",
        "no statistics for a mined origin",
    ),
    "late center": ("centers: {late: {epoch: 31}}", "31 is after the last epoch 30"),
    "late checkpoint": ("training: {checkpoints: [99]}", "99 is after the last epoch 30"),
    "value a network": (
        "mining: {steps: [3, 4]}",
        "mining.steps: [3, 4] is not right; want a whole number; for a network a value, put "
        "{steps} into the network's name",
    ),
    "variant without a list": (
        'networks: {"a-{batch}": {architecture: mlp}}',
        "networks.a-{batch}: the name asks for one list 'batch' among its keys, and there are 0",
    ),
    "two variants of one name": (
        'networks: {"a{width}": {architecture: mlp, depth: 1, width: [8, 8]}}',
        "networks: there are two 'a8'",
    ),
    "width without depth": (
        "networks: {a: {architecture: mlp, width: 8}}",
        "networks.a: width and depth go together",
    ),
    "depth that is none": (
        "networks: {a: {architecture: vgg, depth: 12}}",
        "networks.a.depth: 12 is not one of 8, 11, 13, 16, 19",
    ),
    "center of a network alone": (
        "networks: {a: {architecture: mlp, centers: {mine: {epoch: 1}}}}",
        "networks.a.centers.mine: there is no center of the study 'mine'",
    ),
    "late center of a network": (
        "networks: {a: {architecture: mlp, centers: {init: {epoch: 31}}}}",
        "networks.a.centers.init.epoch: 31 is after the last epoch 30",
    ),
    "part that is none": (
        "training: {parts: 2, part: 2}",
        "training.part: 2 is none of the parts; want 0 to 1",
    ),
    "start at nothing": (
        "training: {start: {network: mpl, center: init}}",
        "training.start.network: there is no network 'mpl'; did you mean 'mlp'?",
    ),
    "start in a circle": (
        "training: {start: {network: mlp, center: init}}",
        "training.start.network: training of 'mlp' starts where it ends",
    ),
    "average without averaging": (
        "centers: {a: {swa: true}}",
        "centers.a.swa: training of 'mlp' takes no average",
    ),
    "no direction": ("curves: {c: {center: init}}", "curves.c: want exactly one of"),
    "no center": ("surfaces: {s: {directions: [gaussian, gaussian-2]}}", "want a center"),
    "centre named as a pattern": (
        "centers: {heart: {epoch: 0}}",
        "centers.heart: the name is taken",
    ),
    "no epoch": ("centers: {a: {epoch: lst}}", "'lst' is no epoch; want a whole number or last"),
    "a whole number with a dot": ("training: {epochs: 3.0}", "training.epochs: 3.0 is not right"),
    "a curve of one point": ("evaluation: {points: {curve: 1}}", "1 is not right; want at least 3"),
    "unknown palette": ("figures: {palette: colorblnd}", "did you mean 'colorblind'?"),
    "unknown module": ("dataset: {name: 'nomod:f'}", "dataset.name: there is no module 'nomod'"),
    "options of built-in data": ("dataset: {options: {a: 1}}", "'digits' takes none"),
    "difference to itself": (
        "directions: {d: {to: init}}\ncurves: {c: {center: init, direction: d}}",
        "curves.c.direction: 'd' leads to 'init', where it starts",
    ),
    "network with a name that directions use": (
        "networks: {twin: {architecture: mlp}}",
        "networks.twin: a network is called neither",
    ),
    "midpoints in a circle": (
        "networks: {a: {architecture: mlp, centers: {trained: {midpoint: init}, "
        "init: {midpoint: trained}}}}\nseeds: [0, 1]",
        "networks.a.centers.init.midpoint: 'trained' is itself a midpoint",
    ),
    "frozen at epoch 0 of a Hessian": (
        "evaluation: {batchnorm: frozen}\nhessian: {centers: [init]}\ncurves: {}\nsurfaces: {}",
        "evaluation.batchnorm: 'frozen' means nothing at center 'init'",
    ),
    "fewer samples than a batch": (
        "training: {samples: 50}",
        "training.samples: 50 are fewer than a batch; want 128 or more",
    ),
    "own noise that is not there": (
        "directions: {a: {noise: 'nomod:f'}}",
        "directions.a.noise: there is no module 'nomod'",
    ),
    "unknown noise": ("directions: {a: {noise: gausian}}", "noise: 'gausian' is unknown; want"),
    "signs without noise": (
        "directions: {a: {weights: sign, signs: 0.5}}",
        "directions.a.signs: goes only with 'noise'",
    ),
    "no expression": (
        "directions: {a: {noise: ones, only: '['}}",
        "directions.a.only: '[' is no regular expression",
    ),
    "of a network that is not there": (
        "directions: {a: {to: init, of: mpl}}",
        "directions.a.of: there is no network 'mpl'; did you mean 'mlp'?",
    ),
    "population at no center": (
        "populations: {p: {center: traind}}",
        "populations.p.center: there is no center 'traind'; did you mean 'trained'?",
    ),
    "population of variants without a list": (
        'populations: {"p-{signs}": {center: trained, signs: 0.5}}',
        "populations.p-{signs}: the name asks for one list 'signs' among its keys, and there are 0",
    ),
    "not a mapping": ("training: 3", "training: 3 is not right; want a mapping"),
    "two centers of one epoch": (
        "centers: {late: {epoch: 30}, trained: {epoch: last}}\ndirections: {d: {to: late}}\n"
        "curves: {c: {center: trained, direction: d}}",
        "curves.c.direction: 'd' leads to 'late', where it starts: for network 'mlp' that is the "
        "same point as 'trained'; want another one",
    ),
    "one initialisation": (
        "networks: {a: {architecture: mlp}, b: {architecture: mlp, training: {batch: 8}}}\n"
        "directions: {d: {to: init, of: a}, e: {noise: ones}}\ncenters: {init: {epoch: 0}}\n"
        "surfaces: {s: {center: init, directions: [e, d], networks: [b]}}",
        "surfaces.s.directions: 'd' leads to 'init', where it starts: for network 'b' that is",
    ),
    "midpoint of a network's own midpoint": (
        "networks: {a: {architecture: mlp, centers: {t: {midpoint: m}}}}\nseeds: [0, 1]\n"
        "centers: {t: {epoch: 1}, m: {midpoint: t}}",
        "networks.a.centers.t.midpoint: 'm' is itself a midpoint; want a checkpoint",
    ),
    "Hessian at no centers": (
        "hessian: {centers: []}",
        "hessian.centers: [] is not right; want a list of at least 1",
    ),
    "too many eigenpairs": (
        "hessian: {eigenpairs: 1000000}",
        "hessian.eigenpairs: 1000000 is not right; want at most 1000",
    ),
    "enormous dots": ("figures: {dpi: 100000}", "figures.dpi: 100000 is not right; want at most"),
    "enormous rate": (
        "training: {optimizer: {lr: 1.0e+30}}",
        "training.optimizer.lr: 1e+30 is not right; want at most 1000000.0",
    ),
    "enormous window": (
        "evaluation: {window: 1.0e+30}",
        "evaluation.window: 1e+30 is not right; want at most 1000000.0",
    ),
    "window lost in rounding": (
        "evaluation: {window: 1.0e-30}",
        "evaluation.window: 1e-30 is not right; want at least 1e-06",
    ),
    "enormous seed": ("seeds: [4294967296]", "seeds.0: 4294967296 is not right; want at most"),
    "a number beyond all": ("seeds: [1.0e+400]", "seeds.0: inf is not right; want a whole number"),
    "one sample": ("evaluation: {samples: 1}", "samples: 1 is not right; want at least 2"),
    "batches of one": ("evaluation: {batch: 1}", "batch: 1 is not right; want at least 3"),
    "BatchNorm of one sample": (
        "networks: {a: {architecture: resnet}}\ntraining: {batch: 1}",
        "training.batch: BatchNorm of 'a' needs more than 1 sample; want 2",
    ),
    "heads that do not share": (
        "networks: {a: {architecture: vit, width: 100}}",
        "networks.a.heads: 8 do not share a width of 100; want a divisor",
    ),
    "no network of torchvision": (
        "networks: {a: {architecture: torchvision}}",
        "networks.a.model: there is none; want a network of torchvision, as resnet18",
    ),
    "weights of another architecture": (
        "networks: {a: {architecture: resnet, weights: DEFAULT}}",
        "networks.a.weights: architecture 'resnet' takes only blocks, width",
    ),
    "unknown augmentation": ("training: {augmentation: [turn]}", "'turn' is not one of crop, flip"),
    "resized data of your own": (
        "dataset: {name: 'prospect.model.datasets:digits', size: 32}",
        "dataset.size: your own data come as they are; leave it out",
    ),
    "channels of colours": (
        "dataset: {name: cifar10, channels: 1}",
        "dataset.channels: images of 'cifar10' have 3; leave it out",
    ),
    "the script itself": ("dataset: {name: '__main__:f'}", "'__main__' belongs to Python; want a"),
    "Python's own": ("dataset: {name: 'os:system'}", "dataset.name: 'os' belongs to Python; want"),
    "no package": (
        "dataset: {name: 'prospect.base.errors.x:f'}",
        "there is no module 'prospect.base.errors.x'; it is looked for from the project's root",
    ),
    "network called as a folder": (
        "networks: {figures: {architecture: mlp}}",
        "networks.figures: a network is called neither benchmarks, figures, logs, self, twin nor",
    ),
    "network called as a model": (
        "networks: {a-seed0-b: {architecture: mlp}}",
        "networks.a-seed0-b: a network is called neither",
    ),
    "network called as a table": (
        "networks: {shapes.csv: {architecture: mlp}}",
        "networks: the name 'shapes.csv' is not right; want up to 50 lower-case letters, digits",
    ),
    "long name": (f"centers: {{{'x' * 51}: {{epoch: 0}}}}", "is not right; want up to 50 lower"),
    "long value": (f"device: {'x' * 5000}", f"device: '{'x' * 30}…{'x' * 29}' is not one of auto"),
    "long list": (f"device: {[0] * 5000}", "is not one of auto, cpu, cuda"),
    "long key": (f"{'x' * 100}: 0", "top level: unknown key 'xxx"),
    "number as a name": ("device: 1", "device: 1 is not one of auto, cpu, cuda"),
    "part of an epoch as text": ("training: {epochs: '1.5'}", "'1.5' is text; want a whole number"),
    "infinity as text": ("mining: {steps: '1e400'}", "'1e400' is text; want a whole number"),
    "list in a list": ("seeds: [[1]]", "seeds.0: [1] is not right; want a whole number"),
    "too many variants": (
        'networks: {"a{width}-{depth}": {architecture: mlp, '
        f"width: {[*range(1, 100)]}, depth: {[*range(1, 100)]}}}}}",
        "networks.a{width}-{depth}: the name stands for 9801 variants; want at most 1000",
    ),
    "bracket in a name": (
        'networks: {"a{-{width}": {architecture: mlp, depth: 1, width: [8]}}',
        "networks: the name 'a{-8' is not right",
    ),
    "endless expression": (
        "directions: {a: {noise: ones, only: 'a{99999999999}'}}",
        "directions.a.only: 'a{99999999999}' is no regular expression (the repetition number",
    ),
    "folder on two lines": ('dataset: {root: "a\\nb"}', "dataset.root: 'a\\nb' is no folder; want"),
    "font that is none": ("figures: {font: '<b>'}", "figures.font: '<b>' is no font family; want"),
}


@pytest.mark.parametrize(("lines", "message"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_one_line_with_file_and_key(lines, message, tmp_path):
    top = SMALL if not lines.startswith("networks") else "\nstudy: small\n\n\n"
    with pytest.raises(ProspectError) as caught:
        completed(top.rstrip("\n") + "\n" + lines, tmp_path)
    text = str(caught.value)
    assert message in text
    assert "study.yaml: " in text
    assert "\n" not in text
    assert len(text.split("study.yaml: ", 1)[1]) < 300


@pytest.mark.parametrize("drawing", ["..#..", "#.#"])
def test_a_drawing_needs_a_cell_of_each_kind_that_can_be_mined(drawing, tmp_path):
    (tmp_path / "patterns").mkdir()
    (tmp_path / "patterns/well.txt").write_text(drawing + "\n")
    message = "pattern 'well' has its only low or only high cell at 0, and there the loss is that"
    for item in ("pattern: well", "direction: well"):
        text = f"{SMALL}curves: {{c: {{center: init, {item}}}}}"
        with pytest.raises(ProspectError, match=message):
            completed(text, tmp_path, tmp_path / "patterns")


def test_a_missing_required_key_is_named(tmp_path):
    with pytest.raises(ProspectError, match="'networks' is missing"):
        completed("study: x", tmp_path)


VARIED = """
study: varied
networks:
  "mlp-b{batch}": {architecture: mlp, training: {batch: [8, 32, 128]}}
  "net-{hidden}-{lr}":
    architecture: mlp
    hidden: [[8], [16, 8]]
    training: {optimizer: {lr: [0.1, 0.02]}}
    mining: {steps: 7}
  resnet: {architecture: resnet, centers: {early: {epoch: 1}}, evaluation: {points: {curve: 9}}}
training: {epochs: 9, optimizer: {momentum: 0.5}}
centers: {early: {epoch: 2}, trained: {epoch: last}}
"""


def test_a_list_whose_key_is_in_the_name_is_a_network_a_value(tmp_path):
    study = Study(completed(VARIED, tmp_path), PATTERNS)
    nets = ["net-8-0.1", "net-8-0.02", "net-16x8-0.1", "net-16x8-0.02"]
    assert study.networks == ["mlp-b8", "mlp-b32", "mlp-b128", *nets, "resnet"]
    assert stages.training_params(study, "mlp-b32")["training"]["batch"] == 32
    own = stages.training_params(study, "net-16x8-0.02")
    assert own["network"] == {"architecture": "mlp", "hidden": [16, 8]}
    optimizer = {"lr": 0.02, "momentum": 0.5, "name": "sgd", "weight_decay": 0.0005}
    assert own["training"]["optimizer"] == optimizer


def test_mining_looks_at_cells_as_surfaces_are_evaluated(tmp_path):
    """As large batches, or a look takes longer than all steps, with other statistics."""
    study = Study(completed(VARIED + CURVE, tmp_path), PATTERNS)
    mining = systems.wanted(study)["mining"]
    look = mining.mining_params("resnet", "early", "w-peak")["evaluation"]
    assert look == stages.curve_params(study, "resnet")["evaluation"]


def test_what_a_network_says_of_its_own_comes_before_the_studys(tmp_path):
    study = Study(completed(VARIED, tmp_path), PATTERNS)
    mining = systems.wanted(Study(completed(VARIED + CURVE, tmp_path), PATTERNS))["mining"]
    steps = [mining.mining_params(n, "early", "w-peak")["mining"]["steps"] for n in NETS]
    assert steps == [2000, 7]
    assert [study.epoch("early", name) for name in ("mlp-b8", "resnet")] == [2, 1]
    assert study.epochs("resnet") == [0, 1, 9]
    points = [study.section("evaluation", n)["points"]["curve"] for n in ("mlp-b8", "resnet")]
    assert points == [61, 9]


NETS = ["mlp-b8", "net-8-0.1"]
CURVE = "curves: {c: {center: early, pattern: w-peak}}"


def test_a_new_value_changes_no_other_network(tmp_path):
    before = Study(completed(VARIED, tmp_path), PATTERNS)
    after = Study(completed(VARIED.replace("[8, 32", "[8, 16, 32"), tmp_path), PATTERNS)
    assert set(after.networks) - set(before.networks) == {"mlp-b16"}
    for name in before.networks:
        assert stages.training_params(before, name) == stages.training_params(after, name)


def test_training_may_start_where_another_network_stands(tmp_path):
    lines = "networks: {a: {architecture: mlp}, b: {architecture: mlp, training: {start: "
    text = f"study: s\n{lines}{{network: a, center: init}}}}}}}}\n"
    study = Study(completed(text, tmp_path), PATTERNS)
    path = "results/s/a/seed0/checkpoints/epoch0.safetensors"
    assert stages.training_inputs(study, "b", 0) == {"start": path}
    assert stages.training_inputs(study, "a", 0) == {}


def test_twin_of_the_first_is_the_second_of_all_others_the_first(tmp_path):
    study = Study(completed(SMALL + "seeds: [3, 1, 2]", tmp_path), PATTERNS)
    assert [study.twin(seed) for seed in (3, 1, 2)] == [1, 3, 3]


def test_parameters_are_sorted_and_hold_no_sweep_axes():
    config = load(Path("config/config.yaml"))
    variants = config, config | {"seeds": [0, 1, 2]}, dict(reversed(config.items()))
    studies = [Study(complete(variant, [], PATTERNS), PATTERNS) for variant in variants]
    mining = [systems.wanted(study)["mining"] for study in studies]
    stages_of_all = {
        "training": [stages.training_params(study, "mlp") for study in studies],
        "directions": [stages.direction_params(study, "mlp") for study in studies],
        "hessian": [stages.hessian_params(study, "mlp") for study in studies],
        "curves": [stages.curve_params(study, "resnet8") for study in studies],
        "surface": [stages.surface_params(study, "mlp", "heart") for study in studies],
        "population": [stages.population_params(study, "mlp", "gaussian") for study in studies],
        "figures": [stages.figure_params(study) for study in studies],
        "mining": [system.mining_params("mlp", "init", "w-peak") for system in mining],
        "test": [system.test_params("mlp") for system in mining],
        "naming": [system.naming_params() for system in mining],
        "lens": [system.lens_params("mlp") for system in mining],
    }
    for stage, params in stages_of_all.items():
        assert len(set(map(repr, params))) == 1, stage
        assert "seeds" not in repr(params), stage


def test_trained_centers_are_those_looked_at_where_training_ends(tmp_path):
    """At the start, on the way, at midpoints and mined origins nobody expects to have learned."""
    of = {"init": "{epoch: 0}", "early": "{epoch: 2}", "late": "{epoch: 30}", "mean": "{swa: true}"}
    of |= {"trained": "{epoch: last}", "mid": "{midpoint: late}"}
    text = "".join(f"  {name}: {kind}\n" for name, kind in of.items())
    text = f"training: {{epochs: 30, swa: {{start: 9, lr: 0.01}}}}\ncenters:\n{text}curves:\n"
    text += "".join(f"  {c}: {{center: {c}, direction: gaussian}}\n" for c in of if c != "late")
    text += "populations: {p: {center: late}}\n"
    study = Study(completed(f"{SMALL}seeds: [0, 1]\n{text}", tmp_path), PATTERNS)
    trained = systems.wanted(study)["mining"].naming_params()["trained"]
    assert set(map(tuple, trained.values())) == {("late", "mean", "trained")}


def test_a_pattern_with_its_own_ceiling_is_not_mined_again_for_another_one(tmp_path):
    (tmp_path / "own.txt").write_text("ceiling: 2.3\n.# . #.\n")
    (tmp_path / "plain.txt").write_text(".# . #.\n")
    curves = "curves: {a: {center: init, pattern: own}, b: {center: init, pattern: plain}}"
    params = {}
    for ceiling in (3.0, 4.0):
        text = f"{SMALL}mining: {{ceiling: {ceiling}}}\n{curves}"
        mining = systems.wanted(Study(completed(text, tmp_path, tmp_path), tmp_path))["mining"]
        params[ceiling] = [mining.mining_params("mlp", "init", name) for name in ("own", "plain")]
    assert params[3.0][0] == params[4.0][0]
    assert params[3.0][1] != params[4.0][1]
    assert [p["mining"]["ceiling"] for p in params[4.0]] == [2.3, 4.0]


BROKEN = {
    "tab": ("study: x\n\tseeds: [0]\n", "line 2, column 1: found character"),
    "bracket": ("study: x\nseeds: [0, 1\nnetworks: {}\n", "line 3, column 9: expected ',' or ']'"),
    "twice": ("study: x\nstudy: y\n", "line 2, column 1: 'study' is given twice"),
    "octal": ("study: x\nseeds: [010]\n", "line 2, column 9: '010' is not to YAML what it looks"),
    "base 60": ("study: x\nseeds: [1:30]\n", "line 2, column 9: '1:30' is not to YAML what it"),
    "underscores": (
        "training: {epochs: 1_000}",
        "line 1, column 20: '1_000' is not to YAML what it looks like; write a whole number in at "
        "most 18 digits, or put it in quotes if it is a text",
    ),
    "hexadecimal": ("seeds: [0x1F]", "line 1, column 9: '0x1F' is not"),
    "yes": ("study: yes", "'yes' is not to YAML what it looks like; write true or false, or put"),
    "date": ("study: 2026-01-01", "line 1, column 8: '2026-01-01' is a date in YAML; put it in"),
    "no date": ("study: 2026-99-99", "line 1, column 8: '2026-99-99' is a date in YAML; put it in"),
    "number as a key": (
        "1.5: x",
        "line 1, column 1: the key '1.5' is no text; want a text, in quotes",
    ),
    "list as a key": ("? [a]\n: x", "line 1, column 3: the key is no text; want a text, in quotes"),
    "object": ("a: !!python/object/apply:os.getcwd []", "line 1, column 4: the tag 'tag:yaml.org,"),
    "own tag": ("a: !own x", "line 1, column 4: the tag '!own' is not for configs; leave it out"),
    "program": ("__use_yte__: true", "'__use_yte__' would run the file as a program; take it out"),
    "two documents": ("study: x\n---\nstudy: y\n", "line 2, column 1: but found another document"),
    "alias to itself": ("a: &a [*a]", "line 1, column 4: an alias stands for what it is in; write"),
    "bomb": (
        f"a: &a [{'1,' * 99}]\nb: &b [{'*a,' * 99}]\nc: [{'*b,' * 99}]",
        "want at most 100,000 values, and 20 lists or mappings in one another",
    ),
    "brackets": (f"a: {'[' * 5000}", "too many brackets in one another; want few"),
    "deep": (f"a: {'[' * 30}{']' * 30}", "column 24: want at most 100,000 values, and 20 lists"),
    "long number": (
        f"seeds: [{'9' * 5000}]",
        "9' is not to YAML what it looks like; write a whole",
    ),
    "unseen": ('study: "a\\u202eb"', "a text holds '\\u202e', which cannot be seen; take it out"),
    "empty": ("", "not the text of a config: it holds no keys; want at least study and networks"),
    "list": ("- study", "not the text of a config: it holds no keys; want at least study and"),
    "large": (
        "# " + "x" * 10**6,
        "not the text of a config: 1,000,002 bytes are too many; want at",
    ),
    "bytes": (
        b"study: \xff\xfe",
        "not the text of a config: byte 8 is no character; save it as UTF-8",
    ),
}


@pytest.mark.parametrize(("text", "message"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_told_with_its_name_line_and_column(text, message, tmp_path):
    file = tmp_path / "study.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ProspectError) as caught:
        load(file)
    line = str(caught.value).split("study.yaml: ")[1]
    assert message in line
    assert line.isprintable()
    assert len(line) < 300


def test_a_file_that_cannot_be_read_is_one_line(tmp_path):
    for path in (tmp_path, tmp_path / "none.yaml"):
        with pytest.raises(ProspectError, match="cannot be read"):
            load(path)


MERGED = """
study: merged
base: &base {architecture: mlp, hidden: [8]}
networks:
  a: *base
  b: {<<: *base, hidden: [16]}
  c: {<<: [*base, {bias: false}]}
"""


def test_merge_keys_and_aliases_are_what_they_stand_for(tmp_path):
    whole = load_text(MERGED, tmp_path)
    base = whole.pop("base")
    nets = complete(whole, [], PATTERNS)["networks"]
    assert nets == {"a": base, "b": base | {"hidden": [16]}, "c": base | {"bias": False}}


def load_text(text, tmp_path):
    file = tmp_path / "study.yaml"
    file.write_text(text)
    return load(file)


def test_defaults_of_an_aliased_entry_stay_where_they_belong(tmp_path):
    text = "curves: {c: &c {center: trained, direction: gaussian}}\n"
    shared = completed(SMALL + text + "populations: {p: {center: trained}}", tmp_path)
    entry = {"center": "trained"}
    whole = yaml.safe_load(SMALL) | {"populations": {"p": entry, "q": entry}}
    both = complete(whole, [], PATTERNS)["populations"]
    assert both["p"] == both["q"] == shared["populations"]["p"]
    assert both["p"] is not both["q"]
    assert entry == {"center": "trained"}


def test_numbers_and_texts_that_are_what_they_look_like_are_read(tmp_path):
    text = (
        "a: [0, -1, +2, 1.0e-3, .5, 1., .inf]\nb: [true, False, null, ~]\nc: ['010', yes-no, a b]"
    )
    assert load_text(text, tmp_path) == {
        "a": [0, -1, 2, 0.001, 0.5, 1.0, float("inf")],
        "b": [True, False, None, None],
        "c": ["010", "yes-no", "a b"],
    }


def test_a_mark_of_the_byte_order_is_passed_over(tmp_path):
    file = tmp_path / "study.yaml"
    file.write_bytes(b"\xef\xbb\xbfstudy: x\r\nseeds: [1]\r\n")
    assert load(file) == {"study": "x", "seeds": [1]}


def test_own_packages_are_found_without_being_imported(tmp_path, monkeypatch):
    (tmp_path / "pack/inner").mkdir(parents=True)
    for file in ("pack/__init__.py", "pack/inner/__init__.py", "pack/inner/nets.py"):
        (tmp_path / file).write_text("raise SystemExit('imported')\n")
    monkeypatch.syspath_prepend(tmp_path)
    text = "study: s\nnetworks: {a: {architecture: 'pack.inner.nets:net'}}\n"
    study = Study(completed(text, tmp_path), PATTERNS)
    assert study.own_modules["prospect.model.networks"] == ["pack.inner.nets"]
    with pytest.raises(ProspectError, match=r"no module 'pack\.inner\.none'"):
        completed(text.replace("nets:", "none:"), tmp_path)


def test_modules_of_own_noise_are_the_users_too(tmp_path, monkeypatch):
    (tmp_path / "drawn.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    text = SMALL + "populations: {p: {center: trained, noise: 'drawn:f'}}"
    assert Study(completed(text, tmp_path), PATTERNS).own_modules == {
        "prospect.model.networks": [],
        "prospect.model.data": [],
        "prospect.model.task": [],
        "prospect.landscape.directions": ["drawn"],
    }


def test_every_number_of_the_schema_has_limits_and_every_list_an_end():
    for path, part in described(schema()):
        kinds = part.get("type", [])
        kinds = {kinds} if isinstance(kinds, str) else set(kinds)
        if {"integer", "number"} & kinds:
            assert {"minimum", "exclusiveMinimum"} & part.keys(), path
            assert {"maximum", "exclusiveMaximum"} & part.keys(), path
        if "array" in kinds:
            assert "maxItems" in part, path
        if "string" in kinds:
            assert {"pattern", "enum", "maxLength"} & part.keys(), path


def described(part, path=""):
    """All parts of a schema with their paths, references in the place of what they mean."""
    if isinstance(part, dict):
        if "$ref" in part:
            part = schema()["$defs"][part["$ref"].split("/")[-1]] | part
        yield path, part
        for key, own in part.get("properties", {}).items():
            yield from described(own, f"{path}.{key}")
        for key in {"additionalProperties", "items", "propertyNames"} & part.keys():
            yield from described(part[key], f"{path}.{key}")


def test_names_that_differ_by_case_alone_cannot_be():
    parts = dict(described(schema()))
    names = {path: part["pattern"] for path, part in parts.items() if "propertyNames" in path}
    assert names
    assert not any(re.fullmatch(pattern, "Mlp") for pattern in names.values())
    for path, pattern in names.items():  # the keys of checkpoints are epochs
        assert re.fullmatch(pattern, "30" if ".checkpoints." in path else "mlp"), path


def test_without_files_the_default_study_is_read_and_keys_of_the_command_line_win():
    config = {"seeds": [5, 6], "shapes": {"z": 1.0}}
    study = read.study([], config, Path.cwd())
    assert (study.name, study.seeds) == ("digits", [5, 6])
    assert study.config["shapes"] == {"z": 1.0, "persistence": 0.1, "overlap": 0.85}
    assert config == study.config  # captions of the report read it


def test_the_second_of_two_configs_wins_key_by_key():
    one, two = {"a": {"b": 1, "c": 2}, "d": 3}, {"a": {"c": 4}, "e": {"f": 5}}
    assert joined(one, two) == {"a": {"b": 1, "c": 4}, "d": 3, "e": {"f": 5}}


def test_the_options_of_an_architecture_are_those_of_its_function():
    for name, make in architectures.REGISTRY.items():
        keywords = signature(make).parameters.values()
        taken = {keyword.name for keyword in keywords if keyword.kind == keyword.KEYWORD_ONLY}
        assert model_checks.OPTIONS[name] == taken


def test_every_pattern_of_a_schema_says_what_is_right():
    def patterns_in(part):
        if isinstance(part, dict):
            if "pattern" in part and isinstance(part["pattern"], str):
                yield part
            for value in part.values():
                yield from patterns_in(value)

    found = list(patterns_in(schema()))
    assert len(found) > 3
    assert all("{value}" in part["explain"] for part in found)
