"""Damaged files of every kind of a small study: the same content or one line, never anything else.

`tests/damage.py` does it; `make soak-files` for longer, on a study that the pipeline has run.
"""

import contextlib
import os
import shutil

import damage
import numpy as np
import pandas as pd
import pytest

from prospect.base import files, seals
from prospect.base.resume import Partial
from prospect.landscape import curves_and_surfaces, directions, hessian, patterns, populations
from prospect.landscape.landscapes import Landscape
from prospect.model import checkpoints, networks
from prospect.records import hessians, provenance, vectors
from prospect.records.hdf5 import sha256
from prospect.records.losses import Losses
from prospect.systems.mining import tables

COUNT = 1000
SPEC = {"architecture": "mlp", "hidden": [4], "batchnorm": True}
EVALUATION = {"split": "train", "samples": 50, "batchnorm": "recompute", "batch": 64}
PARAMS = {"network": SPEC, "dataset": {"name": "digits", "options": {}}, "device": "cpu"}
PARAMS |= {"evaluation": EVALUATION}
HESSIAN = {"eigenpairs": 1, "probes": 2, "steps": 4, "directions": 3}
GAUSSIAN = {"noise": "gaussian", "normalise": "scaled"}
CENTERS = {"init": 0, "trained": 1}
DIRECTIONS = ("gaussian", "w-peak")
ITEMS = {
    "curves/v-basin": ("trained", ["gaussian"]),
    "curves/w-peak": ("init", ["w-peak"]),
    "surfaces/bowl": ("trained", ["gaussian", "w-peak"]),
    "test/curves/w-peak": ("init", ["w-peak"]),
}
SHAPES = {"persistence": 0.1, "z": 3.0, "overlap": 0.85}


class Model:
    """The files of one model, written by what writes them in the pipeline, hardly computed."""

    def __init__(self, seed):
        self.seed = seed
        self.train()
        files = {f"centers/{c}": self.path(f"checkpoints/epoch{e}.safetensors")
                 for c, e in CENTERS.items()}  # fmt: skip
        files |= {
            f"directions/{center}/{name}": self.path(f"directions/{center}/{name}.h5")
            for center in CENTERS
            for name in DIRECTIONS
        }
        names = {"study": "s", "network": "mlp", "seed": seed}
        self.landscape = Landscape(PARAMS, names, files)
        for center in CENTERS:
            self.perturb(center)
        self.evaluate()

    def path(self, name):
        return f"results/s/mlp/seed{self.seed}/{name}"

    def train(self):
        rows = []
        for epoch in CENTERS.values():
            state = networks.build(SPEC, (1, 8, 8), 10, self.seed + 10 * epoch).state_dict()
            rows.append({"epoch": epoch, "loss": 2.3 - epoch + self.seed / 8})
            checkpoints.write(self.path(f"checkpoints/epoch{epoch}.safetensors"), state, rows[-1])
        files.write_texts({self.path("history.csv"): files.as_text(pd.DataFrame(rows))})

    def perturb(self, center):
        theta, objective = self.landscape.go_to(center), self.landscape.objective
        attrs = self.landscape.model | {"center": center, "params": PARAMS}
        attrs |= {"center_sha256": sha256(theta.numpy())}
        found = hessian.analyse(objective, theta, HESSIAN, self.seed, center)
        hessians.write(self.path(f"hessian/{center}.h5"), vars(found), attrs)
        for name in DIRECTIONS:
            vector = directions.make(GAUSSIAN, name, objective, theta, self.seed, None)
            vectors.write(self.path(f"directions/{center}/{name}.h5"), vector[None], attrs)
        attrs |= {"pattern": "w-peak", "pattern_sha256": drawing().sha256, "reached": True}
        attrs |= {"mining": {"ceiling": 3.0}, "attempts": 1, "gradients": 9.0}
        progress = {"gradients": np.arange(9.0), "low": np.arange(9.0) + self.seed}
        mined = self.path(f"directions/{center}/w-peak.h5")
        vectors.write(mined, vector[None], attrs, progress=progress)
        kept = {"origin": theta, "buffers": objective.fixed(), "progress": progress}
        plane = np.stack([vector, -vector])
        vectors.write(self.path(f"directions/{center}/heart.h5"), plane, attrs, **kept)

    def evaluate(self):
        for key, (center, along) in ITEMS.items():
            item = {"center": center, "directions": along, "window": 1.0, "points": 5}
            output = self.path(f"{key}.h5")
            curves_and_surfaces.evaluate_grid(self.landscape, item, output, Partial(output, {}))
        item = GAUSSIAN | {"center": "trained", "count": 3, "window": 1.0, "points": 5}
        item |= {"tolerance": 0, "arithmetic": "auto"}
        output = self.path("populations/p.h5")
        populations.evaluate_population(self.landscape, item, output, Partial(output, {}))
        rows = {number: np.full(4, float(number)) for number in range(3)}
        partial = Partial(self.path("surfaces/heart.h5"), {"seed": self.seed})
        partial.keep({"losses": Losses.empty(9).state(), "rows": rows})


def drawing():
    return patterns.read("config/patterns/w-peak.txt")


def gather(models):
    """Write the tables of the study, and the list of its files."""
    asked = {
        key: {"center": center, "directions": along, "source": "", "pattern": None}
        for key, (center, along) in ITEMS.items()
    }
    keys = ["curves/v-basin", "curves/w-peak", "surfaces/bowl", "populations/p"]
    mined = [model.path(f"directions/{c}/w-peak.h5") for model in models for c in CENTERS]
    found = tables.name_all(
        [model.path(f"{key}.h5") for model in models for key in keys],
        {"shapes": SHAPES, "asked": asked, "trained": {"mlp": ["trained"]}},
        {"w-peak": drawing()},
        [model.path("test/curves/w-peak.h5") for model in models],
        [vectors.read_progress(path)[0] | {"file": path} for path in mined],
    )
    names = ("shapes.csv", "population.csv", "bands.csv")
    texts = {f"results/s/{name}": files.as_text(t) for name, t in zip(names, found, strict=True)}
    files.write_texts(texts | {"results/s/summary.txt": tables.summary(found[0], "s")})
    provenance.write("results/s/provenance.json", {"study": "s"})


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """The folder of a study of two seeds, with files of every kind."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "config").symlink_to(os.path.abspath("config"))
    with contextlib.chdir(folder):
        gather([Model(seed) for seed in (0, 1)])
    return folder / "results" / "s"


def test_a_damaged_file_is_read_as_it_was_or_refused_in_one_line(study, capsys):
    seen, wrong = damage.trials(study, COUNT, seed := 0)
    with capsys.disabled():
        print(f"\nseed {seed}: {damage.said(seen)}")
    assert wrong == []
    assert sum(seen.values()) == COUNT
    assert {how for _, how, _ in seen} == {*damage.CHANGES, *damage.EXCHANGES}


def test_every_file_of_the_study_is_damaged(study):
    everything = [path for path in study.rglob("*") if path.is_file()]
    assert [path for path in everything if not damage.reader_of(path)] == []
    assert len(everything) > 30


def test_without_checksums_other_content_would_pass(study, tmp_path, monkeypatch):
    """Only tables: libraries of other formats may do anything on what is damaged."""
    monkeypatch.setattr(seals, "check", lambda path, kind: None)
    for seed in (0, 1):
        (tmp_path / f"seed{seed}").mkdir()
        shutil.copy(study / f"mlp/seed{seed}/history.csv", tmp_path / f"seed{seed}")
    _, wrong = damage.trials(tmp_path, 50, 0)
    assert len([line for line in wrong if "OTHER CONTENT IN SILENCE" in line]) > 10
