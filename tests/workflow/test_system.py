"""A new system is a folder: nothing else is touched, and nothing that was done is done again."""

import re

import yaml

TOY = {
    "system.py": '''
"""How far weights go in training."""

from prospect.study import stages
from prospect.study.systems import System


class Toy(System):
    """A stage, a table and a figure."""

    sections = ("toy",)

    def tables(self):
        """List no table for claims."""
        return []

    def targets(self):
        """List the figure."""
        return stages.figure_files(self.study, ["toy"])
''',
    "claims.yaml": """
- id: weights-move
  claim: Weights move
  source: nobody
  table: distances.csv
  value: {column: distance}
  side: {above: 0}
""",
    "schema.yaml": """
properties:
  toy:
    description: how far weights go in training
    type: [object, "null"]
    additionalProperties: false
    default: null
    properties:
      power: {description: power of the distance, type: number, default: 1.0}
""",
    "rules.smk": """
rule measure_distance:
    input:
        first=paths.CHECKPOINT.replace("{epoch}", "0"),
        last=paths.CHECKPOINT.replace("{epoch}", str(STUDY.config["training"]["epochs"])),
        code=code("measure_distance", "toy"),
    output:
        paths.MODEL + "/distance.csv",
    params:
        stage=STUDY.config["toy"],
    log:
        paths.log("measure_distance"),
    script:
        "scripts/measure_distance.py"


rule draw_toy:
    input:
        tables=STUDY.of_models(
            lambda *model: [STUDY.path(paths.MODEL + "/distance.csv", *model)]
        ),
        code=code("draw_toy", "toy"),
    output:
        figure(["toy"], "toy", "report/toy.rst"),
    params:
        style=stages.figure_params(STUDY),
    log:
        paths.log("draw_toy", "all"),
    script:
        "scripts/draw_toy.py"
""",
    "tables.py": '''
"""The table of distances."""

import pandas as pd
from safetensors.numpy import load_file


def distances(first, last, power):
    """Return a row a tensor."""
    one, other = load_file(first), load_file(last)
    rows = [{"tensor": n, "distance": float(abs(one[n] - other[n]).sum()) ** power} for n in one]
    return pd.DataFrame(rows)
''',
    "figures.py": '''
"""The figure of distances."""

import matplotlib.pyplot as plt


def bars(table):
    """Draw a bar a tensor."""
    figure, axis = plt.subplots()
    axis.bar(table["tensor"], table["distance"])
    return figure
''',
    "panels.py": '''
"""What it brings to the page."""

from prospect.page.figures import Figure, Panel, line
from prospect.page.panels import Panels


class ToyPanels(Panels):
    """One figure."""

    def panels(self):
        """Return it."""
        figure = Figure("toy", "A toy", "Two points.", "toy", [line([0, 1], [0, 1], "toy", 0)])
        return [Panel("toy", "Toy", "A system of a test.", [figure])]
''',
    "scripts/measure_distance.py": '''
"""Measure how far the weights went (rule ``measure_distance``)."""

from prospect.base import files, stage
from prospect.systems.toy.tables import distances

with stage.running(snakemake):
    given, power = snakemake.input, snakemake.params.stage["power"]
    table = distances(given.first, given.last, power)
    files.write_texts({snakemake.output[0]: files.as_text(table)})
''',
    "scripts/draw_toy.py": '''
"""Draw how far the weights went (rule ``draw_toy``)."""

import pandas as pd

from prospect.drawing.style import drawing
from prospect.systems.toy.figures import bars

with drawing(snakemake) as save:
    save("toy", bars(pd.concat(map(pd.read_csv, snakemake.input.tables))))
''',
    "report/toy.rst": "How far the weights of every layer went.\n",
    "__init__.py": '"""How far weights go in training."""\n',
}


def test_a_system_is_added_without_touching_any_other_file(copied):
    folder = copied.folder / "workflow/prospect/systems/toy"
    for name, text in TOY.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text.lstrip("\n"))
    assert copied.planned() == {}  # a study that does not ask for it

    config = yaml.safe_load(copied.config.read_text())
    copied.config.write_text(yaml.safe_dump({**config, "toy": {"pwer": 2}}))
    done = copied.snakemake("--dry-run")
    assert "tiny.yaml: toy: unknown key 'pwer'; did you mean 'power'?" in done.stderr

    copied.config.write_text(yaml.safe_dump({**config, "toy": {}}))
    new = {"measure_distance": 1, "draw_toy": 1, "judge_claims": 1}
    assert copied.planned() == new | {"make_page": 1, "list_files": 1, "all": 1}
    copied.run("--cores", "1")
    assert copied.planned() == {}
    assert (copied.folder / "results/tiny/figures/toy.png").stat().st_size > 3000
    assert "A system of a test." in (copied.folder / "results/tiny/atlas.html").read_text()
    table = (copied.folder / "results/tiny/mlp/seed0/distance.csv").read_text()
    assert re.match(r"tensor,distance,sha256:\w+\n1.bias,", table)

    with (folder / "figures.py").open("a") as file:
        file.write("\nANOTHER = True\n")
    assert copied.planned() == {"draw_toy": 1, "list_files": 1, "all": 1}
