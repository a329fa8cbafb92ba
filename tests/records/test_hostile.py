"""Files are data: whatever lies in them, nothing runs, and what is refused is one line.

All of these have a right checksum, as who means harm would give them, unless it says otherwise.
"""

import io
import os
import pickle
import struct
import zlib
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from prospect.base import files, seals
from prospect.base.errors import ProspectError
from prospect.base.resume import Partial
from prospect.landscape import patterns
from prospect.model import checkpoints
from prospect.records import claims, grids, hdf5, hessians, provenance, vectors
from prospect.records.losses import Losses
from prospect.records.tables import read_table
from prospect.study import config


class Payload:
    """What creates a file when it is unpickled."""

    def __init__(self, trace):
        self.trace = trace

    def __reduce__(self):
        return Path.touch, (self.trace,)


def refused(read, path):
    """Return the one line that a file is refused with."""
    with pytest.raises(ProspectError) as caught:
        read(path)
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"{path}: "), line
    return line


READERS = {
    "grid.h5": grids.read,
    "hessian.h5": hessians.read,
    "direction.h5": lambda path: vectors.read(path, "v", np.empty(3, dtype=np.float32)),
    "mined.h5": vectors.read_progress,
    "epoch1.safetensors": checkpoints.load,
    "table.csv": read_table,
    "provenance.json": provenance.differences,
    "drawing.png": patterns.read,
    "drawing.txt": patterns.read,
    "study.yaml": config.load,
    "claims.yaml": claims.read,
}


@pytest.mark.parametrize("is_sealed", [True, False])
@pytest.mark.parametrize("protocol", [0, 5])
@pytest.mark.parametrize("name", READERS)
def test_a_pickle_under_any_name_is_never_unpickled(tmp_path, name, protocol, is_sealed):
    trace, path = tmp_path / "trace", tmp_path / name
    content = pickle.dumps(Payload(trace), protocol)
    files.write(path, content + f"\n{seals.BLANK}".encode() * is_sealed)
    if (name, protocol, is_sealed) == ("table.csv", 0, True):
        assert isinstance(read_table(path), pd.DataFrame)  # letters, which are a table of texts
    else:
        refused(READERS[name], path)
    assert not trace.exists()


def losses_with(change):
    """Return the content of a grid file that `change` has changed."""
    image = io.BytesIO()
    with h5py.File(image, "w") as file:
        file["alpha"] = np.zeros(3)
        for name in Losses.FIELDS:
            file[name] = np.zeros(3, dtype=bool if name == "evaluated" else float)
        for name in Losses.SCALARS:
            file.attrs[name] = 0.0
        change(file)
        file.attrs[hdf5.CONTENT] = seals.BLANK
    return image.getvalue()


def link_to_another_file(file):
    del file["loss"]
    file["loss"] = h5py.ExternalLink("secret.h5", "loss")


def data_in_another_file(file):
    del file["loss"]
    file.create_dataset("loss", (3,), float, external=[("/etc/passwd", 0, 24)])


def view_of_another_file(file):
    del file["loss"]
    layout = h5py.VirtualLayout((3,), float)
    layout[:] = h5py.VirtualSource("secret.h5", "loss", (3,))
    file.create_virtual_dataset("loss", layout)


def packed(file):
    del file["loss"]
    file.create_dataset("loss", (2**30,), float, compression="gzip", fillvalue=1.0)


def promised(file):
    del file["loss"]
    file.create_dataset("loss", (2**45,), float)


def reference(file):
    del file["loss"]
    file.create_dataset("loss", (3,), h5py.ref_dtype)


def reference_in_an_attribute(file):
    file.attrs["center"] = file["alpha"].ref


def nothing_in_an_attribute(file):
    file.attrs["center"] = h5py.Empty("f")


def list_in_an_attribute(file):
    file.attrs["center"] = np.zeros(1000)


def a_circle(file):
    file["again"] = file["/"]


def folders_in_folders(file):
    file["a/b/c"] = 1


def a_type(file):
    file["type"] = np.dtype("f8")


def another_length(file):
    del file["loss"]
    file["loss"] = np.zeros(4)


def texts_for_numbers(file):
    del file.attrs["center_loss"]
    file.attrs["center_loss"] = "low"


def not_json(file):
    file.attrs["params"] = "{"


@pytest.mark.parametrize(
    "change",
    [
        link_to_another_file, data_in_another_file, view_of_another_file, packed, promised,
        reference, reference_in_an_attribute, nothing_in_an_attribute, list_in_an_attribute,
        a_circle, folders_in_folders, a_type, another_length, texts_for_numbers, not_json,
        lambda file: file.pop("accuracy"), lambda file: file.attrs.pop("center_loss"),
        lambda file: file.update({"loss2": h5py.SoftLink("/loss")}),
    ],
)  # fmt: skip
def test_an_hdf5_file_holds_plain_arrays_of_its_own_or_is_refused(tmp_path, change):
    with h5py.File(tmp_path / "secret.h5", "w") as file:
        file["loss"] = np.ones(3)
    files.write(tmp_path / "g.h5", losses_with(lambda file: None))
    assert grids.read(tmp_path / "g.h5").values.loss.tolist() == [0, 0, 0]
    files.write(tmp_path / "g.h5", losses_with(change))
    line = refused(grids.read, tmp_path / "g.h5")
    assert line.startswith(f"{tmp_path / 'g.h5'}: not a readable HDF5 file (")


def test_a_checkpoint_that_promises_more_than_it_holds_is_refused(tmp_path):
    header = '{"a":{"dtype":"F32","shape":[1000000000],"data_offsets":[0,4000000000]},'
    header += f'"__metadata__":{{"prospect":"{seals.BLANK}"}}}}'
    for size in (len(header), 2**60):
        content = struct.pack("<Q", size) + header.encode() + b"\0" * 64
        files.write(tmp_path / "a.safetensors", content)
        assert "safetensors" in refused(checkpoints.load, tmp_path / "a.safetensors")


def test_progress_of_a_stranger_runs_nothing_and_is_not_used(tmp_path):
    class Runs:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "ran"),)

    partial = Partial(tmp_path / "g.h5", {})
    content = io.BytesIO()
    torch.save({"losses": Runs()}, content)
    head = f"{seals.BLANK}\n{partial.identity}\n".encode()
    files.write(partial.path, head + content.getvalue())
    assert partial.load() is None
    assert not (tmp_path / "ran").exists()


def png(width, height, rows=b"", *chunks):
    """Return a PNG file of any promised size."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = [(b"IHDR", head), *chunks, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    packed = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


BOMBS = {
    "wide": png(100_000, 100_000),
    "large": png(9_000, 9_000),
    "larger": png(12_000, 12_000),  # the image library only warns
    "text": png(4, 4, b"\0" * 20, (b"zTXt", b"a\0\0" + zlib.compress(b"a" * 2**27))),
    "cut": png(40, 40, b"\0" * 20),
    "program": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(trace) (w) file closefile\n",
}


@pytest.mark.parametrize("name", BOMBS)
def test_an_image_that_would_fill_the_memory_or_run_is_refused(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / f"{name}.png"
    path.write_bytes(BOMBS[name])
    assert "image" in refused(patterns.read, path)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_a_damaged_image_is_a_drawing_or_one_line(tmp_path):
    rng, image = np.random.default_rng(0), io.BytesIO()
    cells = np.where(np.arange(100).reshape(10, 10) % 3, 255, 0).astype(np.uint8)
    Image.fromarray(cells).save(image, "PNG")
    for number in range(60):
        content = bytearray(image.getvalue())
        for at in rng.integers(len(content), size=3):
            content[at] ^= 1 << int(rng.integers(8))
        path = tmp_path / f"{number}.png"
        path.write_bytes(content[: rng.integers(len(content)) if number % 2 else None])
        try:
            assert patterns.read(path).cells.size
        except ProspectError as error:
            assert str(error).startswith(f"{path}: ") and "\n" not in str(error)


TAGS = [
    "!!python/object/apply:pathlib.Path.touch [{trace}]",
    "!!python/object/apply:os.system ['touch {trace}']",
    "!!python/object/new:pathlib.PosixPath [{trace}]",
    "!!python/name:os.system",
    "!!python/module:os",
]


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("read", [config.load, claims.read])
def test_yaml_makes_no_objects(tmp_path, read, tag):
    trace, path = tmp_path / "trace", tmp_path / "a.yaml"
    path.write_text("study: " + tag.format(trace=trace) + "\n")
    refused(read, path)
    assert not trace.exists()


def test_formulas_in_a_table_are_texts(tmp_path):
    formulas = ["=cmd|'/c calc'!A1", "+1+1", "@SUM(A1)", '=HYPERLINK("http://a")']
    files.write_texts({str(tmp_path / "t.csv"): files.as_text(pd.DataFrame({"name": formulas}))})
    assert read_table(tmp_path / "t.csv")["name"].tolist() == formulas
