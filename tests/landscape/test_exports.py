"""Surfaces for other programs: their values, read back by readers that are not the writer's."""

import re
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from prospect.landscape import exports
from prospect.records import provenance
from prospect.records.grids import Grid
from prospect.records.losses import Losses

AXES = {"alpha": np.linspace(-1, 1, 5), "beta": np.linspace(-2, 2, 4)}
TYPES = {"Float64": np.float64, "UInt8": np.uint8}


def grid_of(steep=0.0):
    """A surface that is not square, with a lost point and an interpolated one."""
    alpha, beta = np.meshgrid(*AXES.values(), indexing="ij")
    loss = 0.1 + alpha**2 + 0.3 * beta + 1 + steep * np.exp(3 * alpha * beta)
    loss[1, 2] = np.nan
    evaluated = np.ones(loss.shape, dtype=bool)
    evaluated[3, 1] = False
    return Grid(AXES, Losses(loss, alpha / 2, beta / 4, 0 * loss, evaluated, 1.1, 0.9), {})


def arrays_of(content):
    """The arrays of a VTK file in XML with appended raw data, read by the format's description."""
    text, _, rest = content.partition(b'<AppendedData encoding="raw">')
    raw = rest[rest.index(b"_") + 1 :]
    head = ElementTree.fromstring(text + b"</VTKFile>")
    assert (head.get("byte_order"), head.get("header_type")) == ("LittleEndian", "UInt64")
    found = {}
    for array in head.iter("DataArray"):
        start = int(array.get("offset"))
        size = int.from_bytes(raw[start : start + 8], "little")
        found[array.get("Name")] = np.frombuffer(
            raw[start + 8 : start + 8 + size], TYPES[array.get("type")]
        )
    extent = list(map(int, head.find(".//Piece").get("Extent").split()))
    return extent, found


def test_vtr_by_the_description_of_the_format():
    grid = grid_of()
    extent, found = arrays_of(exports.vtr(grid))
    assert extent == [0, 4, 0, 3, 0, 0]
    for name, axis in zip(("x", "y"), AXES.values(), strict=True):
        assert np.array_equal(found[f"{name}_coordinates"], axis)
    for name in ("loss", "loss_sem", "accuracy", "evaluated"):
        values = found[name].reshape(4, 5).T  # x runs fastest
        assert np.array_equal(values, getattr(grid.values, name), equal_nan=True), name


def test_vtr_by_vtk_itself(tmp_path):
    """Where it is installed: 140 MB, so it is no part of the environment (pip install vtk)."""
    reader_of = pytest.importorskip("vtkmodules.vtkIOXML", reason="vtk is not installed")
    grid = grid_of()
    exports.write(tmp_path / "s.vtr", grid)
    reader = reader_of.vtkXMLRectilinearGridReader()
    reader.SetFileName(str(tmp_path / "s.vtr"))
    reader.Update()
    read = reader.GetOutput()
    assert read.GetDimensions() == (5, 4, 1)
    for number in range(read.GetNumberOfPoints()):
        x, y, _ = read.GetPoint(number)
        place = np.argmin(np.abs(AXES["alpha"] - x)), np.argmin(np.abs(AXES["beta"] - y))
        assert (x, y) == (AXES["alpha"][place[0]], AXES["beta"][place[1]])
        for name in ("loss", "loss_sem", "accuracy", "evaluated"):
            value = read.GetPointData().GetArray(name).GetValue(number)
            wanted = getattr(grid.values, name)[place]
            assert value == wanted or (np.isnan(value) and np.isnan(wanted))


def mesh_of(content):
    """Vertices and faces of a PLY file of numbers in text."""
    head, _, body = content.decode().partition("end_header\n")
    count = {name: int(n) for name, n in re.findall(r"element (\w+) (\d+)", head)}
    lines = body.splitlines()
    assert len(lines) == sum(count.values())
    vertices = np.array([line.split() for line in lines[: count["vertex"]]], dtype=float)
    faces = np.array([line.split() for line in lines[count["vertex"] :]], dtype=int)
    return head, vertices, faces


@pytest.mark.parametrize("steep", [0.0, 1.0], ids=["linear", "logarithmic"])
def test_ply_is_the_surface_but_for_what_is_lost(steep):
    grid = grid_of(steep)
    head, vertices, faces = mesh_of(exports.ply(grid))
    assert len(vertices) == 19
    assert len(faces) == 4 * 3 - 4  # squares about the lost point
    loss = grid.values.loss
    for x, y, height, value in vertices:
        place = np.argmin(np.abs(AXES["alpha"] - x)), np.argmin(np.abs(AXES["beta"] - y))
        assert value == loss[place]
        assert height == pytest.approx(np.log(value) if steep else value)
    assert ("z: ln loss" in head) == bool(steep)
    assert set(faces[:, 0]) == {4}
    for corners in faces[:, 1:]:
        x, y = vertices[corners, :2].T
        assert np.ptp(x) == pytest.approx(0.5)
        assert np.ptp(y) == pytest.approx(4 / 3)
        area = np.sum(x * np.roll(y, -1) - y * np.roll(x, -1)) / 2
        assert area == pytest.approx(0.5 * 4 / 3)  # round the square, all the same way


def test_csv_has_a_row_a_point(tmp_path):
    grid = grid_of()
    exports.write(tmp_path / "s.csv", grid)
    table = pd.read_csv(tmp_path / "s.csv").iloc[:, :-1]
    assert list(table) == ["alpha", "beta", "loss", "loss_sem", "accuracy", "evaluated"]
    assert np.array_equal(table["beta"][:4], AXES["beta"])
    values = table["loss"].to_numpy().reshape(5, 4)
    assert np.array_equal(values, grid.values.loss, equal_nan=True)


@pytest.mark.parametrize("form", provenance.FORMS)
def test_the_same_surface_is_the_same_file(tmp_path, form):
    exports.write(tmp_path / f"one{form}", grid_of())
    first = (tmp_path / f"one{form}").read_bytes()
    exports.write(tmp_path / f"one{form}", grid_of())
    assert (tmp_path / f"one{form}").read_bytes() == first


def test_what_is_exported_is_no_new_file_of_the_study(tmp_path):
    folder = tmp_path / "n/seed0/surfaces"
    folder.mkdir(parents=True)
    for name in ("s.h5", "s.vtr", "s.csv", "t.csv"):
        (folder / name).write_bytes(b"x")
    found = provenance.hashes(tmp_path / "provenance.json")
    assert sorted(found) == ["n/seed0/surfaces/s.h5", "n/seed0/surfaces/t.csv"]
