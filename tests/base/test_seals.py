"""A file's checksum: any change of its bytes or of its name is found, wherever it lies."""

import hashlib

import pytest

from prospect.base import files, seals
from prospect.base.errors import ProspectError


def refused(path, kind="CSV"):
    """Return the line that a file is refused with."""
    with pytest.raises(ProspectError) as caught:
        seals.check(path, kind)
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"{path}: not a readable {kind} file (")
    return line


def test_the_checksum_is_the_sha256_of_name_and_bytes_with_zeros_in_its_place(tmp_path):
    path = tmp_path / "results" / "s" / "a.csv"
    files.write(path, f"x,{seals.BLANK}\n1,\n".encode())
    digits = hashlib.sha256(b"s/a.csv\n" + f"x,sha256:{'0' * 64}\n1,\n".encode()).hexdigest()
    assert path.read_text() == f"x,sha256:{digits}\n1,\n"
    seals.check(path, "CSV")


def test_what_has_no_blank_is_written_as_it_is(tmp_path):
    files.write(tmp_path / "a.txt", b"text")
    assert (tmp_path / "a.txt").read_bytes() == b"text"
    assert "holds no checksum" in refused(tmp_path / "a.txt")


def test_a_mark_before_the_blank_is_a_mistake_of_the_code(tmp_path):
    with pytest.raises(ValueError, match="which must be the first"):
        files.write(tmp_path / "a.txt", ("sha256: " + seals.BLANK).encode())
    assert list(tmp_path.iterdir()) == []


def test_a_sealed_file_may_hold_another_one(tmp_path):
    inner, outer = tmp_path / "a.txt", tmp_path / "b.txt"
    files.write(inner, seals.BLANK.encode())
    files.write(outer, seals.BLANK.encode() + inner.read_bytes())
    seals.check(outer, "text")
    outer.write_bytes(outer.read_bytes()[:-1] + b"-")
    assert "damaged" in refused(outer, "text")


def test_every_flipped_bit_and_every_cut_is_found(tmp_path):
    path = tmp_path / "a.csv"
    files.write(path, f"x,{seals.BLANK}\n1,\n".encode())
    whole = path.read_bytes()
    for bit in range(8 * len(whole)):
        changed = bytearray(whole)
        changed[bit // 8] ^= 1 << bit % 8
        path.write_bytes(changed)
        refused(path)
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        refused(path)
    path.write_bytes(whole + b"\0")
    assert "damaged" in refused(path)


@pytest.mark.parametrize("shift", range(-72, 73, 3))
def test_the_checksum_may_lie_across_two_blocks(tmp_path, shift):
    path, before = tmp_path / "a.bin", b"x" * (seals.BLOCK + shift)
    files.write(path, before + seals.BLANK.encode() + b"y" * 99)
    seals.check(path, "CSV")
    with path.open("r+b") as file:
        file.seek(-1, 2)
        file.write(b"z")
    assert "damaged" in refused(path)


@pytest.mark.parametrize("other", ["s/n/seed1/a.h5", "s/m/seed0/a.h5", "t/n/seed0/a.h5", "a.h5"])
def test_a_file_under_the_name_of_another_one_is_refused(tmp_path, other):
    path, there = (tmp_path / "results" / name for name in ("s/n/seed0/a.h5", other))
    files.write(path, seals.BLANK.encode())
    there.parent.mkdir(parents=True, exist_ok=True)
    path.rename(there)
    assert "damaged, or not the one that was written under this name" in refused(there)


def test_the_folder_of_results_may_be_moved(tmp_path):
    files.write(tmp_path / "one" / "results" / "s" / "a.h5", seals.BLANK.encode())
    (tmp_path / "one").rename(tmp_path / "two")
    seals.check(tmp_path / "two" / "results" / "s" / "a.h5", "HDF5")


def test_what_cannot_be_read_is_one_line(tmp_path):
    assert "(No such file or directory)" in refused(tmp_path / "a.h5", "HDF5")
    assert "(Is a directory)" in refused(tmp_path, "HDF5")
