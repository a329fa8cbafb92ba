"""Files: what is written is read back, the same bytes each time, and broken ones are told."""

import hashlib
import json
import time

import numpy as np
import pandas as pd
import pytest
import torch

import prospect
from prospect.base import files
from prospect.base.errors import ProspectError
from prospect.records import grids, hdf5, hessians, losses, tables, vectors
from prospect.records.grids import Grid
from prospect.records.losses import Losses

RNG = np.random.default_rng(0)
SHAPES = {"curve": (5,), "surface": (5, 4), "population": (3, 5)}
AXES = {"curve": ("alpha",), "surface": ("alpha", "beta"), "population": ("direction", "alpha")}
ATTRS = {
    "network": "mlp",
    "seed": 3,
    "center_norm": 1.25,
    "reached": True,
    "directions": ["a.1", "b"],
    "direction_norms": [1.5, 0.1],
    "params": {"item": {"window": 1.0, "noise": None}, "list": [1, [2.5]]},
}


def some_losses(*shape):
    """Losses with every field different, one point lost and one not evaluated."""
    loss, accuracy, sem, difference = RNG.uniform(0, 3, (4, *shape))
    evaluated = np.ones(shape, dtype=bool)
    evaluated.flat[0] = False
    loss.flat[1] = np.nan
    estimates = (0.01, 0.02, 0.03)
    return Losses(loss, accuracy, sem, difference, evaluated, 0.125, 0.75, *estimates)


def some_grid(kind):
    axes = {
        name: np.arange(size) if name == "direction" else np.linspace(-1, 2, size)
        for name, size in zip(AXES[kind], SHAPES[kind], strict=True)
    }
    return Grid(axes, some_losses(*SHAPES[kind]), ATTRS)


def assert_same_losses(found, wanted):
    for name in Losses.FIELDS:
        one, other = getattr(found, name), getattr(wanted, name)
        np.testing.assert_array_equal(one, other, err_msg=name)
        assert one.dtype == other.dtype, name
    for name in Losses.SCALARS:
        assert getattr(found, name) == getattr(wanted, name), name


@pytest.mark.parametrize("kind", SHAPES)
def test_a_grid_is_read_back(tmp_path, kind):
    grid = some_grid(kind)
    grids.write(tmp_path / "g.h5", grid)
    found = grids.read(tmp_path / "g.h5")
    assert found.axes.keys() == set(AXES[kind])
    if kind == "surface":
        assert list(found.axes) == ["alpha", "beta"]  # figures take them in this order
    for name, axis in grid.axes.items():
        np.testing.assert_array_equal(found.axes[name], axis)
    assert_same_losses(found.values, grid.values)
    assert found.attrs.items() >= ATTRS.items()
    types = {name: type(found.attrs[name]) for name in ATTRS}
    assert types == {name: type(value) for name, value in ATTRS.items()}
    assert found.attrs["version"] == prospect.__version__


def test_lost_losses_are_counted_and_missing_ones_are_not(tmp_path):
    grid = some_grid("surface")
    grid.values.loss[2:4, 0] = np.nan, np.inf
    grid.values.loss[0, 0] = np.nan  # not evaluated
    grids.write(tmp_path / "g.h5", grid)
    assert grids.read(tmp_path / "g.h5").attrs["nonfinite"] == 3


def test_losses_are_read_back(tmp_path):
    values = some_losses(7)
    with hdf5.writing(tmp_path / "l.h5") as file:
        losses.write(file, values)
    with hdf5.reading(tmp_path / "l.h5") as file:
        assert_same_losses(losses.read(file), values)


def test_losses_that_are_not_finite_take_everything_at_their_point_along():
    values = Losses.empty(3)
    values.put([2, 0], np.array([[1.0, 0.1, 0.2, 0.9], [np.inf, 0.1, 0.2, 0.5]]))
    assert values.loss.tolist()[2] == 1.0 and values.accuracy.tolist()[2] == 0.9
    assert values.loss_sem[2] == 0.1 and values.difference_sem[2] == 0.2
    for name in Losses.VALUES:
        assert np.isnan(getattr(values, name)[:2]).all(), name


def test_directions_are_read_back_with_norm_and_hash(tmp_path):
    made = RNG.normal(size=(2, 11))
    vectors.write(tmp_path / "v.h5", made, {"hessian": {"k": [1]}, "wanted": "w-peak"})
    for row, reference in enumerate(("v.1", "v.2")):
        vector = np.empty(11, dtype=np.float32)
        sha256, norm = vectors.read(tmp_path / "v.h5", reference, vector)
        np.testing.assert_array_equal(vector, made[row].astype(np.float32))
        assert norm == pytest.approx(np.sqrt(np.square(vector.astype(np.float64)).sum()), rel=1e-14)
        assert sha256 == hashlib.sha256(vector.tobytes()).hexdigest()
    first, named = np.empty((2, 11), dtype=np.float32)
    assert vectors.read(tmp_path / "v.h5", "v", first) == vectors.read(
        tmp_path / "v.h5", "v.1", named
    )
    np.testing.assert_array_equal(first, named)


def test_the_hash_is_that_of_the_values_however_they_lie_in_memory():
    columns = RNG.normal(size=(4, 3)).astype(np.float32)
    assert hdf5.sha256(columns[:, 1]) == hdf5.sha256(columns[:, 1].copy())
    assert hdf5.sha256(columns[:, 1]) != hdf5.sha256(columns[:, 2])


def test_an_origin_and_what_is_not_trained_are_read_back(tmp_path):
    origin = torch.randn(6, generator=torch.Generator().manual_seed(0))
    buffers = {
        "1.running_mean": torch.tensor([0.5, -1.0]),
        "1.num_batches_tracked": torch.tensor(7),
        "0.weight": torch.ones(2, 3, dtype=torch.float64),
    }
    vectors.write(tmp_path / "v.h5", origin[None], {}, origin=origin, buffers=buffers)
    theta, arrays = vectors.read_origin(tmp_path / "v.h5")
    np.testing.assert_array_equal(theta, origin.numpy())
    assert arrays.keys() == buffers.keys()
    for name, tensor in buffers.items():
        np.testing.assert_array_equal(arrays[name], tensor.numpy())
        assert arrays[name].dtype == tensor.numpy().dtype
        assert arrays[name].shape == tensor.shape


def test_an_origin_without_anything_else_is_read_back(tmp_path):
    vectors.write(tmp_path / "v.h5", np.ones((1, 3)), {}, origin=np.arange(3))
    theta, arrays = vectors.read_origin(tmp_path / "v.h5")
    assert (theta.tolist(), arrays) == ([0, 1, 2], {})


def test_progress_is_read_back(tmp_path):
    progress = {"gradients": np.array([0, 10, 20]), "low": np.array([2.0, 1.0, np.nan])}
    attrs = {"mining": {"ceiling": 3.0, "seeds": [1, 2]}, "reached": False, "pattern": "w-peak"}
    vectors.write(tmp_path / "v.h5", np.ones((2, 3)), attrs, progress=progress)
    found, columns = vectors.read_progress(tmp_path / "v.h5")
    assert found.items() >= attrs.items()
    assert found["norms"] == pytest.approx([np.sqrt(3)] * 2)
    assert columns.keys() == progress.keys()
    for name, column in progress.items():
        np.testing.assert_array_equal(columns[name], column)


def test_a_hessian_is_read_back_and_its_eigenvectors_one_by_one(tmp_path):
    found = {
        "eigenvalues": np.array([-2.0, -1.0, 3.0, 9.0]),
        "eigenvectors": RNG.normal(size=(4, 6)).astype(np.float32),
        "density": RNG.uniform(size=8),
        "trace": 4.5,
    }
    hessians.write(tmp_path / "h.h5", found, {"center": "last", "params": {"pairs": [2, 2]}})
    arrays, attrs = hessians.read(tmp_path / "h.h5")
    assert arrays.keys() == found.keys() - {"eigenvectors"}
    for name, array in arrays.items():
        np.testing.assert_array_equal(array, found[name])
    assert attrs.items() >= {"center": "last", "params": {"pairs": [2, 2]}}.items()
    for index, value in ((0, 9.0), (1, 3.0), (-1, -2.0), (-2, -1.0)):
        row = found["eigenvalues"].tolist().index(value)
        vector = hessians.read_eigenvector(tmp_path / "h.h5", index)
        np.testing.assert_array_equal(vector, found["eigenvectors"][row])


ATTRIBUTES = {
    "listed": [1, "a", None, {"b": 2.5}],
    "mapped": {"z": 1, "a": [True]},
    "text in the list": "[1, 2]",
    "number in the list": 3,
    "looks like a list": "[1, 2]",
    "looks like a mapping": '{"a": 1}',
    "looks like a number": "1",
    "empty": "",
    "text": "‖ε‖",
    "whole": 2**62,
    "true": True,
    "float": 0.1,
}
LISTED = ("listed", "mapped", "text in the list", "number in the list")


def test_attributes_are_read_back_as_what_they_were(tmp_path):
    with hdf5.writing(tmp_path / "a.h5") as file:
        hdf5.write_attrs(file, ATTRIBUTES, LISTED)
    with hdf5.reading(tmp_path / "a.h5") as file:
        found = hdf5.read_attrs(file, LISTED)
    version = {"version": prospect.__version__}
    assert found == ATTRIBUTES | version
    types = {name: type(value) for name, value in found.items()}
    assert types == {name: type(value) for name, value in (ATTRIBUTES | version).items()}


@pytest.mark.parametrize("value", [[1], (1,), {"a": 1}, None, np.ones(2), np.ones(1)])
def test_what_is_no_plain_value_needs_a_name_in_the_list(tmp_path, value):
    with (
        pytest.raises(TypeError, match=r"attribute 'mine' is a .*; name it in json_names"),
        hdf5.writing(tmp_path / "a.h5") as file,
    ):
        hdf5.write_attrs(file, {"mine": value}, LISTED)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", SHAPES)
def test_an_unknown_list_in_a_grid_is_a_mistake_of_the_code(tmp_path, kind):
    grid = some_grid(kind)
    grid.attrs = grid.attrs | {"new": [1, 2]}
    with pytest.raises(TypeError, match="attribute 'new' is a list"):
        grids.write(tmp_path / "g.h5", grid)
    assert list(tmp_path.iterdir()) == []


def broken_file(path, how):
    """Write a file that HDF5 cannot open."""
    grids.write(path, some_grid("surface"))
    whole = path.read_bytes()
    path.write_bytes({"empty": b"", "text": b"alpha,loss\n0,1\n", "cut": whole[:-100]}[how])


READERS = {
    "grid": grids.read,
    "hessian": hessians.read,
    "eigenvector": lambda path: hessians.read_eigenvector(path, 0),
    "direction": lambda path: vectors.read(path, "v", np.empty(3, dtype=np.float32)),
    "origin": vectors.read_origin,
    "progress": vectors.read_progress,
}


@pytest.mark.parametrize("how", ["empty", "text", "cut", "missing"])
@pytest.mark.parametrize("reader", READERS)
def test_a_broken_file_is_one_clear_line(tmp_path, reader, how):
    path = tmp_path / "g.h5"
    if how != "missing":
        broken_file(path, how)
    with pytest.raises(ProspectError) as caught:
        READERS[reader](path)
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"{path}: not a readable HDF5 file (")


def test_an_error_while_writing_leaves_the_old_file(tmp_path):
    path = tmp_path / "g.h5"
    grids.write(path, some_grid("curve"))
    before = path.read_bytes()
    with pytest.raises(ValueError, match="half way"), hdf5.writing(path) as file:
        file["loss"] = np.zeros(1000)
        raise ValueError("half way")
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_the_same_content_gives_the_same_bytes(tmp_path):
    grid = some_grid("surface")
    turned = Grid(grid.axes, grid.values, dict(reversed(ATTRS.items())))
    made = RNG.normal(size=(2, 11))
    extra = {"origin": made[0], "buffers": {"b": np.ones(2)}, "progress": {"low": np.ones(3)}}
    spectrum = {"eigenvalues": np.ones(2), "eigenvectors": made}

    def written(name, grid):
        grids.write(tmp_path / name / "g.h5", grid)
        vectors.write(tmp_path / name / "v.h5", made, {"mining": {"a": [1]}}, **extra)
        hessians.write(tmp_path / name / "h.h5", spectrum, {"params": {"b": 1}})
        return [path.read_bytes() for path in sorted((tmp_path / name).iterdir())]

    first = written("one", grid)
    time.sleep(1.1)  # the time stamps of HDF5 are whole seconds
    assert written("two", turned) == first


def written_shapes(tmp_path, **columns):
    """Write a table of shapes of three rows, as the pipeline does."""
    empty = dict.fromkeys(tables.TEXTS, "")
    judged = {"found": [True, False, pd.NA], "test_found": [pd.NA] * 3}
    measured = {"overlap": [0.5, np.nan, 1.0]}
    table = pd.DataFrame(empty | judged | measured | columns)
    files.write_texts({tmp_path / "shapes.csv": files.as_text(table)})
    return tables.read_table(tmp_path / "shapes.csv")


def test_empty_texts_of_the_table_of_shapes_stay_texts(tmp_path):
    table = written_shapes(tmp_path, wanted=["w-peak", "", "bowl"])
    for name in tables.TEXTS:
        wanted = ["w-peak", "", "bowl"] if name == "wanted" else [""] * 3
        assert table[name].tolist() == wanted, name
    assert not bool(table.loc[1, "pattern"])  # figures ask so


def test_verdicts_of_the_table_of_shapes_stay_yes_no_or_not_asked(tmp_path):
    table = written_shapes(tmp_path)
    assert table["found"].tolist() == [True, False, pd.NA]
    assert table["found"].notna().tolist() == [True, True, False]
    assert table["test_found"].isna().all()
    assert str(table["test_found"].dtype) == "boolean"
    assert table["overlap"].isna().tolist() == [False, True, False]


def test_lists_of_points_in_the_table_of_shapes_are_read_back(tmp_path):
    points = [json.dumps([[0.5, 1.25]]), "[]", json.dumps([[-1.0, float("nan")]])]
    table = written_shapes(tmp_path, basin_points=points)
    assert table["basin_points"].tolist() == points


def test_a_text_that_looks_like_a_number_stays_that_text(tmp_path):
    table = written_shapes(tmp_path, pattern=["1", "", "2"], network=["1", "2", "3"])
    assert table["pattern"].tolist() == ["1", "", "2"]
    assert table["network"].tolist() == ["1", "2", "3"]


def test_a_text_that_looks_like_a_missing_value_stays_that_text(tmp_path):
    table = written_shapes(tmp_path, pattern=["nan", "", "null"], network=["nan", "null", "a"])
    assert table["pattern"].tolist() == ["nan", "", "null"]
    assert table["network"].tolist() == ["nan", "null", "a"]


def test_other_programs_read_a_table_as_it_is_beside_one_empty_column(tmp_path):
    table = pd.DataFrame({"seed": [0, 1], "name": ["a", "b"], "loss": [0.5, 0.25]})
    files.write_texts({tmp_path / "t.csv": files.as_text(table)})
    read = pd.read_csv(tmp_path / "t.csv")
    pd.testing.assert_frame_equal(read.iloc[:, :-1], table)
    assert read.columns[-1].startswith("sha256:") and read.iloc[:, -1].isna().all()


@pytest.mark.parametrize("rows", [0, 1, 5])
def test_a_table_cut_at_a_line_is_refused(tmp_path, rows):
    path = tmp_path / "t.csv"
    files.write_texts({path: files.as_text(pd.DataFrame({"seed": range(6)}))})
    path.write_text("".join(path.read_text().splitlines(keepends=True)[: rows + 1]))
    with pytest.raises(ProspectError, match=r"t.csv: not a readable CSV file"):
        tables.read_table(path)


def test_an_eigenvector_or_direction_of_another_center_is_refused(tmp_path):
    theta = np.ones(6, dtype=np.float32)
    here, there = (hdf5.Center.of("c.safetensors", theta * factor) for factor in (1, 2))
    found = {"eigenvalues": np.ones(2), "eigenvectors": np.ones((2, 6))}
    hessians.write(tmp_path / "h.h5", found, {"center_sha256": here.sha256})
    vectors.write(tmp_path / "v.h5", np.ones((1, 6)), {"center_sha256": here.sha256})
    vector = np.empty(6, dtype=np.float32)
    hessians.read_eigenvector(tmp_path / "h.h5", 0, here)
    vectors.read(tmp_path / "v.h5", "v", vector, here)
    with pytest.raises(ProspectError, match=r"h.h5: made at other weights than those of c.safe"):
        hessians.read_eigenvector(tmp_path / "h.h5", 0, there)
    with pytest.raises(ProspectError, match=r"v.h5: made at other weights than those of c.safe"):
        vectors.read(tmp_path / "v.h5", "v", vector, there)
    with pytest.raises(ProspectError, match=r"v.h5: .*6 numbers for 5 parameters"):
        vectors.read(tmp_path / "v.h5", "v", vector[:5], here)


def test_what_was_found_is_counted_in_one_table_and_true_or_false_in_another(tmp_path):
    counts = pd.DataFrame({"name": ["a", "b", "c"], "found": [2, 0, 1]})
    verdicts = counts.assign(found=[True, pd.NA, False])
    written = {"success.csv": counts, "shapes.csv": verdicts}
    files.write_texts({tmp_path / name: files.as_text(t) for name, t in written.items()})
    assert tables.read_table(tmp_path / "success.csv")["found"].tolist() == [2, 0, 1]
    found = tables.read_table(tmp_path / "shapes.csv")["found"]
    assert (found[0], found[2]) == (True, False) and pd.isna(found[1])
