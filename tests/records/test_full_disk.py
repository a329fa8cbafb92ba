"""A full disk and a folder that is not to be written to: one line, and the old file stays."""

import os
import subprocess
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import torch

from prospect.base import files
from prospect.base.errors import ProspectError
from prospect.base.resume import Partial
from prospect.drawing.style import drawing
from prospect.model import checkpoints
from prospect.records import grids, hessians, provenance, vectors
from prospect.records.losses import Losses

ROOM = 64 * 1024  # bytes on the small disk
MANY = np.random.default_rng(0).random(2 * ROOM)  # numbers, each of which takes some bytes


def mounted(folder, options):
    """Mount a file system of its own in a folder; skip where that is not allowed."""
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no `mount` here")
    if done.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {done.stderr.strip()}")


@pytest.fixture
def disk(tmp_path):
    """A folder on a disk of its own, with little room."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted(folder, f"size={ROOM}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def grid(path, count):
    grids.write(path, grids.Grid({"alpha": MANY[:count]}, Losses.empty(count), {}))


def partial(path, count):
    Partial(path.with_suffix(""), {}).keep({"losses": Losses.empty(count).state()})


def figure(path, count):
    style = {"size": 8, "font": "DejaVu Sans", "palette": "deep", "dpi": 100}
    job = SimpleNamespace(
        rule="draw_noise",
        wildcards={"study": "s"},
        params=SimpleNamespace(style=style),
        input=type("Input", (list,), {"code": []})(),
        output=[path],
        log=[path.parents[1] / "log"],
    )
    side = int(np.sqrt(count))
    try:
        with drawing(job) as save:
            drawn, axis = plt.subplots()
            axis.imshow(MANY[: side * side].reshape(side, side))
            axis.set_axis_off()
            save(path.stem, drawn)
    except SystemExit as error:
        raise ProspectError(str(error)) from error


WRITERS = {
    "grid.h5": grid,
    "direction.h5": lambda path, count: vectors.write(path, MANY[None, :count], {}),
    "hessian.h5": lambda path, count: hessians.write(path, {"slopes": MANY[:count]}, {}),
    "surface.h5.partial": partial,
    "epoch1.safetensors": lambda path, count: checkpoints.write(
        path, {"weight": torch.from_numpy(MANY[:count])}, {}
    ),
    "table.csv": lambda path, count: files.write_texts(
        {str(path): files.as_text(pd.DataFrame({"loss": MANY[:count]}))}
    ),
    "provenance.json": lambda path, count: provenance.write(path, {"a": MANY[:count].tolist()}),
    "figure.png": figure,
    "figure.pdf": figure,
    "figure.svg": figure,
}


def refused(write, path):
    """Return the one line that tells that a large file is not written, and that nothing changed."""
    before = {file: (path.parent / file).read_bytes() for file in os.listdir(path.parent)}
    with pytest.raises(ProspectError) as caught:
        write(path, len(MANY))
    (line,) = str(caught.value).splitlines()
    assert {file: (path.parent / file).read_bytes() for file in os.listdir(path.parent)} == before
    return line


@pytest.mark.parametrize("name", WRITERS)
def test_a_full_disk_is_one_line_and_leaves_the_old_file(disk, name):
    path = disk / name
    WRITERS[name](path, 100)
    said = "cannot be written (No space left on device): the disk is full; make room and run"
    assert refused(WRITERS[name], path).startswith(f"{path}: {said}")
    (disk / "filler").write_bytes(bytes(os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize))
    assert refused(WRITERS[name], path).startswith(f"{path}: {said}")  # not a byte of room
    (disk / "filler").unlink()
    WRITERS[name](path, 100)


@pytest.mark.parametrize("name", WRITERS)
def test_a_folder_that_is_not_to_be_written_to_is_one_line(tmp_path, name):
    folder = tmp_path / "folder"
    folder.mkdir()
    WRITERS[name](folder / name, 100)
    content = (folder / name).read_bytes()
    if os.geteuid() == 0:  # who may write anywhere, but not to what is mounted so
        mounted(folder, f"size={8 * ROOM}")
        (folder / name).write_bytes(content)
        subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
    else:
        folder.chmod(0o500)
    try:
        line = refused(WRITERS[name], folder / name)
        assert "nothing may be written there; allow it and run the same command again" in line
        assert line.startswith(f"{folder / name}: cannot be written (")
    finally:
        if os.geteuid() == 0:
            subprocess.run(["umount", "-l", str(folder)], check=True)
        else:
            folder.chmod(0o700)


def test_a_log_that_cannot_be_written_says_nothing(disk, capfd):
    """The result that cannot be written says it; a log would say it once a line."""
    (disk / "filler").write_bytes(bytes(os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize))
    with pytest.raises(ProspectError):
        figure(disk / "folder" / "figure.png", 100)
    assert "Traceback" not in capfd.readouterr().err
