"""What the page is made from: arrays, means, names, and what is missing."""

import base64
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from made import (
    AXIS,
    bowl,
    made,
    write_claims,
    write_history,
    write_surface,
    write_trajectories,
)
from scipy import stats

from prospect.base.errors import ProspectError
from prospect.page import arrays, figures, inputs, make
from prospect.page.panels import Known
from prospect.study import paths, read
from prospect.study.text import load

TINY = Path("config/studies/tiny.yaml")


def data_of(path):
    """The block of data of a page."""
    (text,) = re.findall(r'id="data">(.*?)</script>', path.read_text(), re.S)
    return json.loads(text)


def unpacked(array):
    found = np.frombuffer(base64.b64decode(array["bdata"]), dtype=array["dtype"])
    return found.reshape([int(size) for size in array.get("shape", str(len(found))).split(", ")])


@pytest.mark.parametrize("dtype", ["float64", "float32", "bool", "int64", "uint8"])
@pytest.mark.parametrize("shape", [(5,), (3, 4)])
def test_arrays_are_what_they_were(dtype, shape):
    array = (np.arange(np.prod(shape)) % 2).reshape(shape).astype(dtype)
    np.testing.assert_array_equal(unpacked(arrays.packed(array)), array)


def test_what_is_not_finite_stays_so_in_arrays_and_is_null_elsewhere():
    found = unpacked(arrays.packed(np.array([1.0, np.nan, np.inf])))
    assert found[0] == 1 and np.isnan(found[1]) and np.isinf(found[2])
    plain = arrays.plain({"a": [np.nan, np.float64(1) / 3, True, None, -np.inf]})
    assert plain == {"a": [None, 0.3333333, True, None, {"infinite": -1}]}


@pytest.mark.parametrize("log", [False, True])
def test_means_and_intervals_are_those_of_scipy(log):
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"x": np.repeat([1.0, 2.0], 6), "y": rng.uniform(0.1, 2, 12)})
    found = figures.over_units(table, "x", "y", log)
    for at, rows in table.groupby("x"):
        values = np.log(rows["y"]) if log else rows["y"]
        wanted = stats.t.interval(0.95, 5, values.mean(), stats.sem(values))
        wanted = [values.mean(), *wanted]
        wanted = np.exp(wanted) if log else wanted
        np.testing.assert_allclose(found.loc[at].to_numpy(float), wanted)


def test_what_a_system_does_not_know_is_left_out():
    assert Known().said() == {}
    assert Known(shape="bowl", found=False, overlap=0.0).said() == {
        "shape": "bowl", "found": False, "overlap": 0.0,
    }  # fmt: skip


def test_a_page_holds_its_grids(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    surface = "results/s/mlp/seed0/surfaces/bowl.h5"
    write_surface(surface, bowl())
    (item,) = data_of(made(tmp_path, grids=[surface]))["items"]
    assert (item["kind"], item["name"], item["network"], item["seed"]) == (
        "surface",
        "bowl",
        "mlp",
        0,
    )
    np.testing.assert_allclose(unpacked(item["loss"]), bowl(), rtol=1e-6)
    np.testing.assert_allclose(unpacked(item["alpha"]), AXIS, atol=1e-7)
    assert item["known_points"] == np.ceil(bowl().size / 3)


def test_no_name_ends_the_data_or_becomes_html(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = "results/s/claims.csv"
    bad = "</script><script>alert(1)</script><!--"
    write_claims(path, {"claim": bad, "group": bad})
    page = made(tmp_path, study="<b>s</b>", claims=[path])
    text = page.read_text()
    assert bad not in text and "<b>s</b>" not in text
    assert data_of(page)["claims"][0]["claim"] == bad
    assert data_of(page)["study"] == "<b>s</b>"


def test_what_is_missing_is_said_and_what_is_there_is_shown(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_history("results/s/mlp/seed0/history.csv")
    own = {
        name: ["results/s/claims.csv"] if name == "claims" else [] for name in ("claims", "grids")
    }
    own["histories"] = [f"results/s/mlp/seed{seed}/history.csv" for seed in (0, 1)]
    data = data_of(made(tmp_path, **own))
    assert data["missing"] == ["results/s/claims.csv", "results/s/mlp/seed1/history.csv"]
    assert [run["seed"] for run in data["training"]] == [0]


def test_runs_are_followed_over_a_surface(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tables = write_trajectories("results/s")
    (run,) = data_of(made(tmp_path, trajectories=tables))["trajectories"]
    assert (run["surface"], run["run_seed"], run["explained"]) == ("bowl", 1, 0.9)
    np.testing.assert_allclose(unpacked(run["projected_loss"]), [3.5, 2.5, 1.5, 0.5])
    assert data_of(made(tmp_path, trajectories=tables[:1]))["trajectories"] == []


def test_a_damaged_file_is_one_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "results/s/mlp/seed0/surfaces/bowl.h5"
    write_surface(path, bowl())
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ProspectError, match=r"bowl\.h5: not a readable HDF5 file"):
        made(tmp_path, grids=[str(path)])


def test_the_same_study_is_the_same_page(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    surface = "results/s/mlp/seed0/surfaces/bowl.h5"
    write_surface(surface, bowl())
    assert (
        made(tmp_path, grids=[surface]).read_bytes() == made(tmp_path, grids=[surface]).read_bytes()
    )


@pytest.mark.parametrize(
    ("configs", "command"),
    [
        (None, ".venv/bin/snakemake"),
        (["config/config.yaml"], ".venv/bin/snakemake"),
        (["a.yaml", "b.yaml"], ".venv/bin/snakemake --configfile a.yaml b.yaml --"),
    ],
)
def test_the_command_names_the_config_where_it_is_not_the_default(configs, command):
    study = read.study([TINY], load(TINY), Path())
    words = {"unit": "nats", "metric": "accuracy", "command": command}
    assert inputs.words(study, configs) == words


def test_a_study_that_is_not_finished_has_a_page_of_what_is_there(finished, tmp_path, monkeypatch):
    for folder in ("config", "results"):
        shutil.copytree(finished.folder / folder, tmp_path / folder)
    monkeypatch.chdir(tmp_path)
    page = paths.PAGE.format(study="tiny")
    whole = Path(page).read_text()
    make.main(str(TINY))
    assert Path(page).read_text() == whole  # by hand or by the rule
    lost = ["results/tiny/claims.csv", "results/tiny/mlp/seed0/surfaces/bowl.h5"]
    for file in (*lost, "results/tiny/shapes.csv"):
        Path(file).unlink()
    make.main(str(TINY))
    data = data_of(Path(page))
    assert data["missing"] == sorted([*lost, "results/tiny/shapes.csv"])
    names = {item["name"] for item in data["items"]}
    assert names == {"v-basin", "w-peak", "sharp", "gaussian"}
    assert not any("shape" in item for item in data["items"])


def test_a_finished_study_has_its_page_with_what_the_naming_found(finished):
    data = data_of(finished.folder / paths.PAGE.format(study="tiny"))
    assert data["missing"] == []
    shapes = pd.read_csv(finished.folder / "results/tiny/shapes.csv").set_index("file")
    for item in data["items"]:
        if item["kind"] != "population":
            assert item["shape"] == shapes.loc[item["file"], "shape"]
            wanted = shapes.loc[item["file"], "confidence"]
            if np.isinf(wanted):
                assert item["confidence"] == {"infinite": 1}
            else:
                assert item["confidence"] == pytest.approx(wanted)
    lens = pd.read_csv(finished.folder / "results/tiny/lens.csv").set_index("name")
    curves = {item["name"]: item for item in data["items"] if item["kind"] == "curve"}
    for name, row in lens.iterrows():
        assert curves[name]["slope"] == pytest.approx(row["slope"] * row["norm"], rel=1e-5)
    drawing, test = (unpacked(curves["w-peak"][name]) for name in ("drawing", "test_loss"))
    assert {*drawing} >= {-1, 1} and drawing[len(drawing) // 2] == 0  # at the center it is free
    assert test.shape == unpacked(curves["w-peak"]["loss"]).shape
    assert {panel["name"] for panel in data["panels"]} == {"mining", "hessian"}
