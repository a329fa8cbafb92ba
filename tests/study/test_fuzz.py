"""Damaged configs, made from the schema: each is one line, or all that Snakemake sees is built.

Values are damaged in a config's mappings (wrong types, unknown and missing keys, absurd numbers,
names that are paths, quotes or HTML, lists for mappings), and the text of its file is (YAML's
oddities). A failure prints the damage; the seed and all counts are printed with ``-s``.
"""

import copy
import itertools
import os
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import jinja2
import pytest
import yaml
from docutils.core import publish_parts

from prospect.base.errors import ProspectError
from prospect.study import paths, sizes, stages, systems, trajectories
from prospect.study.config import complete
from prospect.study.resolve import Study
from prospect.study.schema import schema
from prospect.study.text import load

ROOT = Path(__file__).parents[2]
SEED, VALUES_COUNT, FILES_COUNT = 0, 2000, 600
PATTERNS = Path("config/patterns")
DRAWN = [*(path.stem for path in PATTERNS.glob("*.txt")), "heart.1", "wine-bottle.2", "w-peak.1"]
LINE = 400  # characters, the name of the file included
BASES = [
    yaml.safe_load(Path(f"config/{name}.yaml").read_text())
    for name in ("config", "studies/tiny", "studies/trajectories")
]
BASES.append({"study": "ten", "networks": {"mlp": {"architecture": "mlp"}}})
BASES.append(
    {
        "study": "own",
        "networks": {"mlp": {"architecture": "mlp", "checkpoints": {"3": str(ROOT / "README.md")}}},
    }
)

NAMES = [
    *("../x", "/etc/passwd", "a/b", "..", ".", "", " ", "a b", "a\0b", "a\nb", "a\\b", "~"),
    *("x" * 5000, "'", '"', "<script>alert(1)</script>", "{seed}", "{", "a{b}", "{batch!r}"),
    *("ｔrain", "сurves", "İ", "a\u202eb", "\ud800", "A", "figures", "logs", "self", "a-seed0-b"),
    *("shapes.csv", "-rf", "con", "a.", "0", "1e3", "heart", "%s", "$HOME", "__main__:x"),
    *("os:system", "a..b:c", "mlp", "last"),
]
VALUES = [
    *(None, True, False, 0, -1, 1, 2, 3.5, -0.0, 1e-320, 1e308, float("nan"), float("inf")),
    *(-float("inf"), 2**31, 2**63, 10**400, [], {}, [[]], [0], [None], {"a": 1}, [{"a": []}]),
    *([1] * 2000, "yes", "1e3", "last", *NAMES),
]


# --- damage to values ----------------------------------------------------------------------------


def places(value, path=()):
    """All paths into a config."""
    yield path
    if isinstance(value, dict | list):
        for key, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(part, (*path, key))


def at(config, path):
    """What stands at a path."""
    for key in path:
        config = config[key]
    return config


def described(part, path=()):
    """All keys of a schema: their path, with None for any name, and their description."""
    if "$ref" in part:
        part = schema()["$defs"][part["$ref"].split("/")[-1]] | part
    yield path, part
    for key, own in part.get("properties", {}).items():
        yield from described(own, (*path, key))
    each = part.get("additionalProperties")
    if isinstance(each, dict):
        yield from described(each, (*path, None))


KEYS = [(path, part) for path, part in described(schema()) if path]


def right(part):
    """Some values of a key that its schema allows."""
    limits = [part[name] for name in ("minimum", "maximum") if name in part]
    return [*limits, *part.get("enum", []), *([part["default"]] if "default" in part else [])]


def beyond(part):
    """Values at and beyond the limits of a key."""
    for name in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
        if name in part:
            yield from (part[name], part[name] - 1, part[name] + 1, part[name] / 2, -part[name])


def put(config, path, value):
    """Set a value; what is on the way becomes a mapping where it has no parts."""
    place = config
    for key in path[:-1]:
        inside = place[key] if key in place or isinstance(place, list) else None
        place[key] = inside if isinstance(inside, dict) else {}
        place = place[key]
    place[path[-1]] = value


def by_schema(rng, config):
    """Set a key of the schema to a value at its limits, or to any."""
    path, part = rng.choice(KEYS)
    there = config.get(path[0])
    known = list(there) if there and isinstance(there, dict) else ["x"]
    names = [rng.choice(known) if key is None else key for key in path]
    some = right(part) if rng.random() < 0.6 else [*beyond(part), rng.choice(VALUES)]
    value = rng.choice(some or [rng.choice(VALUES)])
    put(config, names, copy.deepcopy(value))
    return f"{'.'.join(map(str, names))} = {value!r}"


def by_place(rng, config):
    """Replace, take away or rename what is there."""
    path = rng.choice([path for path in places(config) if path])
    place, key = at(config, path[:-1]), path[-1]
    match rng.choice(["value", "missing", "key", "list"]):
        case "missing":
            del place[key]
            value = "missing"
        case "key" if isinstance(place, dict):
            value = rng.choice(NAMES)
            place[value] = place.pop(key)
        case "list":
            value = place[key] = [place[key]] * rng.choice([1, 2])
        case _:
            value = place[key] = copy.deepcopy(rng.choice(VALUES))
    return f"{path} -> {value!r}"


def by_reference(rng, config):
    """Put one of the config's names, or a pattern's, in the place of another."""
    texts = [path for path in places(config) if isinstance(at(config, path), str)]
    names = [part for path in texts for part in (*path, at(config, path)) if isinstance(part, str)]
    if not texts:
        return "nothing"
    path, value = rng.choice(texts), rng.choice([*names, *DRAWN])
    at(config, path[:-1])[path[-1]] = value
    return f"{path} = {value!r}"


def everything_null(rng, config):
    """Make a section, or all of them, nothing."""
    for key in list(config) if rng.random() < 0.2 else [rng.choice(list(config))]:
        config[key] = rng.choice([None, [], "", {}])
    return f"{config}"


def damaged(rng):
    """A config with one to three damages, and what they are."""
    config = copy.deepcopy(rng.choice(BASES))
    done = []
    for _ in range(rng.choice([1, 1, 2, 3])):
        how = rng.choices([by_schema, by_place, by_reference, everything_null], [6, 3, 4, 1])[0]
        if config:
            done.append(how(rng, config))
    return config, "; ".join(done)


# --- damage to texts ------------------------------------------------------------------------------

WRITTEN = r"""
[010] | 1:30 | 1_000 | 0x1F | 0b11 | yes | off | 1e3 | .5 | +1 | 1. | 2001-01-01 | 2001-99-99 | ~
= | << | *nope | &a [*a] | &a {b: *a} | 'open | "\x00" | "\uD800" | "\u202e" | @x | `x` | {a: b
[1, 2 | ? x | > | - a | .nan | -.inf | 1e400 | !!python/object/apply:os.system ['touch results/x']
!!python/name:os.system | !!set {a} | !!binary aGk= | !!omap [a: 1] | !own x | !!int abc
!!float abc | !!bool x | !!str [a] | !!null x | !!timestamp x | !!merge x
"""
WRITTEN = [text.strip() for text in WRITTEN.strip().replace("\n", " | ").split(" | ")]
WRITTEN += ["9" * 5000, "x" * 5000, "[" * 3000, "[" * 30 + "]" * 30]
LINES = r"""
\tseeds: [0] | --- | ...\n---\nx: 1 | %YAML 1.2 | <<: *base | <<: {seeds: [1]} | <<: 3 | 10: x
yes: x | null: x | ? [a, b]\n: 1 | ? {a: b}\n: 1 | __use_yte__: true | x: \x07 | "a\x00": 1
"""
LINES = LINES.strip().replace("\n", " | ").replace(r"\n", "\n").replace(r"\t", "\t").split(" | ")
BOMB = "a: &a [1,1,1,1,1,1,1,1]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{above}'] * 8)}]\n"
    for above, name in itertools.pairwise("abcdef")
)
WHOLE = [BOMB, "", "# nothing\n", "- a\n", "text", "\0", "{}", "[]", "null", "%PDF", "a: " * 5000]


def write_damaged(rng, file):
    """Write a config file with one to three damages, and say what they are."""
    text = yaml.safe_dump(rng.choice(BASES), default_flow_style=rng.choice([None, False]))
    done = []
    for _ in range(rng.choice([1, 1, 2])):
        lines = text.splitlines()
        place = rng.randrange(len(lines) or 1)
        how = rng.choice(["value", "line", "twice", "indent", "cut", "whole"])
        match how:
            case "value":
                key, colon, _ = lines[place].rpartition(": ")
                lines[place] = f"{key}{colon}{rng.choice(WRITTEN)}"
            case "line":
                lines.insert(place, rng.choice(LINES))
            case "twice":
                lines.insert(place, lines[place])
            case "indent":
                lines[place] = rng.choice([" ", "  ", "\t"]) + lines[place].lstrip()
            case "cut":
                lines[place:] = [lines[place][: rng.randrange(20)]]
            case "whole":
                lines = rng.choice([*WHOLE, *["\n".join(lines)] * 9]).split("\n")
        text = "\n".join(lines) or " "
        done.append(f"{how} {lines[place : place + 1]}")
    coding = rng.choice(["utf-8"] * 9 + ["utf-8-sig", "utf-16", "latin-1"])
    raw = bytearray(text.replace("\n", rng.choice(["\n"] * 9 + ["\r\n"])).encode(coding, "replace"))
    for _ in range(rng.choice([0] * 9 + [1, 3])):
        raw[rng.randrange(len(raw))] = rng.randrange(256)
    file.write_bytes(raw)
    return f"{coding}: {'; '.join(done)}"


# --- all that Snakemake sees ---------------------------------------------------------------------


def built(config):
    """Build what the rules ask for: every parameter, input, guess and path; return the paths."""
    study = Study(config, PATTERNS)
    found = [paths.TABLE.format(study=study.name, table="claims.csv")]
    found += [
        *stages.history_files(study),
        *stages.curve_files(study),
        *stages.hessian_files(study),
    ]
    found += [*stages.surface_files(study), *stages.population_files(study)]
    wanted = systems.wanted(study)
    for system in wanted.values():
        found += [*system.targets(), *system.tables()]
    stages.figure_params(study)
    found += [*trajectories.tables(study, "runs"), *trajectories.surfaces(study)]
    found += stages.figure_files(study, trajectories.figures(study))
    for network in study.networks:
        found += of_network(study, network, wanted.get("mining"))
    for network, seed in itertools.product(study.networks, study.seeds[:2]):
        found += of_model(study, network, seed, wanted.get("mining"))
    return found


def of_network(study, network, mining):
    given = [stages.training_params(study, network), stages.direction_params(study, network)]
    given += [stages.curve_params(study, network), sizes.training_seconds(study, network)]
    given += [stages.surface_params(study, network, name) for name in study.surfaces(network)]
    followed = study.config["trajectories"].keys() & set(study.surfaces(network))
    given += [trajectories.params(study, network, name) for name in followed]
    given += [sizes.trajectory_seconds(study, network, name) for name in followed]
    names = study.config["populations"]
    given += [stages.population_params(study, network, name) for name in names]
    given += [sizes.population_seconds(study, network, name) for name in names]
    if study.config["hessian"]:
        given += [stages.hessian_params(study, network), sizes.hessian_seconds(study, network)]
    if mining:
        given += [mining.mining_params(network, *pair) for pair in study.mined(network)]
        given += [mining.test_params(network), mining.lens_params(network)]
        given += [mining.mining_seconds(network), mining.test_seconds(network)]
        given += [mining.lens_seconds(network), mining.naming_params(), mining.figures()]
    assert "seeds" not in repr([params.keys() for params in given if isinstance(params, dict)])
    return [study.path(path, network, 0) for path in study.checkpoints(network).values()]


def of_model(study, network, seed, mining):
    given = [
        stages.training_inputs(study, network, seed),
        stages.curve_inputs(study, network, seed),
    ]
    given += [stages.direction_inputs(study, network, seed)]
    given += [stages.surface_inputs(study, network, seed, name) for name in study.surfaces(network)]
    names = study.config["populations"]
    given += [stages.population_inputs(study, network, seed, name) for name in names]
    centers = study.section("centers", network).items()
    midpoints = [name for name, center in centers if "midpoint" in center]
    given += [stages.midpoint_inputs(study, network, seed, name) for name in midpoints]
    if study.config["hessian"]:
        given += [stages.hessian_inputs(study, network, seed)]
    if mining:
        mined = [mining.mining_inputs(network, seed, *pair) for pair in study.mined(network)]
        assert all(str(files.pop("pattern")).startswith("config/patterns/") for files in mined)
        given += [*mined, mining.test_inputs(network, seed)]
    followed = study.config["trajectories"].keys() & set(study.surfaces_of(network, seed))
    given += [trajectories.inputs(study, network, seed, name) for name in followed]
    found = [path for files in given for path in files.values()]
    return [one for path in found for one in ([path] if isinstance(path, str) else path)]


def outcome(read):
    """Return ``refused`` or ``built`` of a config."""
    try:
        config = read()
    except ProspectError as error:
        line = str(error)
        assert len(line) < LINE, line
        assert line.isprintable(), line
        return "refused"
    for path in built(config):
        parts = path.split("/")
        assert path.startswith("results/"), path
        assert "" not in parts and not {".", ".."} & set(parts), path
        assert max(map(len, parts)) < 200, path
    return "built"


def count(damage_and_read):
    """Count how the configs end, each given as its damage and a function that reads it."""
    counts = Counter()
    for number, (damage, read) in enumerate(damage_and_read):
        try:
            end = outcome(read)
        except Exception as error:
            where = f"seed {SEED}, config {number}: {damage[:500]}"
            pytest.fail(f"{where}\n{type(error).__name__}: {str(error)[:500]}")
        counts[end] += 1
    return counts


def test_damaged_values_are_one_line_or_a_study():
    def configs():
        rng = random.Random(SEED)
        for _ in range(VALUES_COUNT):
            config, damage = damaged(rng)
            yield damage, lambda config=config: complete(config, [], PATTERNS)

    counts = count(configs())
    print(f"{VALUES_COUNT} configs with damaged values, seed {SEED}: {dict(counts)}")
    assert min(counts["refused"], counts["built"]) > VALUES_COUNT / 20


def test_damaged_files_are_one_line_or_a_study(tmp_path):
    def configs():
        rng, file = random.Random(SEED), tmp_path / "study.yaml"
        for _ in range(FILES_COUNT):
            yield write_damaged(rng, file), lambda: complete(load(file), [file], PATTERNS)

    counts = count(configs())
    assert not Path("results/x").exists()  # what a tag would run
    print(f"{FILES_COUNT} damaged files, seed {SEED}: {dict(counts)}")
    assert min(counts["refused"], counts["built"]) > FILES_COUNT / 20


def test_a_sample_is_one_line_or_a_dry_run_of_snakemake(tmp_path):
    """As `make` does it: the file is read first, then Snakemake is asked."""
    rng, file, wanted = random.Random(SEED), tmp_path / "study.yaml", Counter(refused=3, built=6)
    environment = os.environ | {"PYTHONPATH": str(ROOT / "workflow")}
    command = ["-m", "snakemake", "-n", "-q", "--cores", "1", "--snakefile", ROOT / "Snakefile"]
    while wanted.total():
        config, damage = damaged(rng)
        end = outcome(lambda config=config: complete(config, [], PATTERNS))
        if not wanted[end]:
            continue
        wanted[end] -= 1
        file.write_text(yaml.safe_dump(config))
        done = subprocess.run(
            [sys.executable, *command, "--configfile", file],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
        )
        said = [text for text in done.stderr.splitlines() if not text.startswith("Using")]
        assert (done.returncode == 0) == (end == "built"), (damage, said[-5:])
        if end == "refused":
            assert len(said) == 1 and said[0].startswith("study.yaml: "), (damage, said[-5:])
        assert not (tmp_path / "results").exists()


ODD = """
study: odd
dataset: {name: "odd_:data_", root: "</script><script>alert(1)</script>", options: {a: "<b>|x|`_"}}
networks:
  mlp-0.1: {architecture: "odd_:net_", options: {b: "<script>alert(2)</script>"}}
directions: {own: {noise: "odd_:noise_", only: "<script>|`_"}, gaussian: {noise: gaussian}}
centers: {trained: {epoch: last}}
curves: {c: {center: trained, direction: own, window: 1.5}}
surfaces: {s: {center: trained, directions: [own, gaussian], window: 1.5}}
populations: {p-0.1: {center: trained, noise: "odd_:noise_", only: "<script>|`_"}}
hessian: {centers: [trained]}
"""
CAPTIONS = sorted(Path("workflow").rglob("report/*.rst"))


@pytest.mark.parametrize("caption", CAPTIONS, ids=lambda path: path.stem)
def test_what_reaches_a_caption_is_no_html_and_no_mark_of_its_language(
    caption, tmp_path, monkeypatch
):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "odd_.py").write_text("")
    config = complete(yaml.safe_load(ODD), [], PATTERNS)
    text = jinja2.Template(caption.read_text()).render(snakemake=SimpleNamespace(config=config))
    html = publish_parts(text, writer="html", settings_overrides={"report_level": 5})["html_body"]
    assert "<script" not in html and "problematic" not in html
    assert "system-message" not in publish_parts(text, writer="html")["html_body"]
