"""Files are whole or not there, and have short names."""

import errno
import os
from pathlib import Path

import pytest

from prospect.base import files
from prospect.base.errors import ProspectError
from prospect.base.files import atomic, check_folder, short, write_texts


def test_a_file_takes_its_name_when_the_block_succeeds(tmp_path):
    path = tmp_path / "new" / "folder" / "a.txt"
    with atomic(path) as temporary:
        temporary.write_text("new")
        assert temporary.parent == path.parent  # renaming is atomic within one file system
        assert not path.exists()
    assert path.read_text() == "new"
    assert os.listdir(path.parent) == ["a.txt"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path, error):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(error), atomic(path) as temporary:
        temporary.write_text("half of the n")
        raise error
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_an_error_before_anything_is_written_leaves_nothing(tmp_path):
    with pytest.raises(ValueError, match="early"), atomic(tmp_path / "a.txt"):
        raise ValueError("early")
    assert os.listdir(tmp_path) == []


def test_a_block_that_writes_nothing_is_no_success(tmp_path):
    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(FileNotFoundError), atomic(tmp_path / "a.txt"):
        pass
    assert (tmp_path / "a.txt").read_text() == "old"


def test_what_a_killed_run_left_does_not_get_into_the_file(tmp_path):
    (tmp_path / "a.txt.tmp").write_text("left by a run that was killed")
    with atomic(tmp_path / "a.txt") as temporary:
        temporary.write_text("new")
    assert (tmp_path / "a.txt").read_text() == "new"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_texts_are_written_by_path_and_replace_old_ones(tmp_path):
    texts = {str(tmp_path / "a.txt"): "‖ε‖ = 1\n", str(tmp_path / "b" / "c.csv"): ""}
    (tmp_path / "a.txt").write_text("a longer text that was here before\n")
    write_texts(texts)
    assert {path: Path(path).read_bytes().decode() for path in texts} == texts
    assert sorted(os.listdir(tmp_path)) == ["a.txt", "b"]


def test_a_file_is_named_as_seen_from_here_where_that_is_shorter(tmp_path, monkeypatch):
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    assert short(here / "config" / "a.yaml") == "config/a.yaml"
    assert short(Path("config/a.yaml")) == "config/a.yaml"
    assert short(Path("config/../a.yaml")) == "a.yaml"
    assert short(tmp_path / "b.yaml") == str(tmp_path / "b.yaml")
    assert short(Path("../b.yaml")) == "../b.yaml"


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (errno.ENOSPC, "the disk is full; make room"),
        (errno.EDQUOT, "the disk is full; make room"),
        (errno.EROFS, "nothing may be written there; allow it"),
        (errno.EACCES, "nothing may be written there; allow it"),
        (errno.EIO, "the disk does not take it; look after the disk"),
    ],
)
def test_what_the_system_refuses_is_one_line_and_leaves_the_old_file(tmp_path, number, advice):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(ProspectError) as caught, atomic(path) as temporary:
        temporary.write_text("half of the n")
        raise OSError(number, "as the system says")
    said = f"cannot be written ({os.strerror(number)}): {advice} and run the same command again"
    assert str(caught.value) == f"{path}: {said}"
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_content_is_on_the_disk_before_the_file_has_its_name(tmp_path, monkeypatch):
    done, replace = [], os.replace

    def noted(old, new):
        done.append("name")
        replace(old, new)

    monkeypatch.setattr(files.os, "replace", noted)
    monkeypatch.setattr(files.os, "fsync", lambda number: done.append(os.fstat(number).st_size))
    files.write(tmp_path / "a.txt", b"four")
    assert done[:2] == [4, "name"] and len(done) == 3  # then the folder


def test_a_folder_that_nothing_may_be_written_to_is_told_by_the_part_that_is_there(monkeypatch):
    check_folder("results/not-yet")
    monkeypatch.setattr(files.os, "access", lambda path, mode: False)
    with pytest.raises(ProspectError, match=r"^results: cannot be written \(Permission denied\)"):
        check_folder("results/not-yet")
