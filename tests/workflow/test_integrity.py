"""Damaged files, full disks and hostile configs in real runs: one line, and it mends as it says."""

import os
import subprocess
import sys

import pytest


def verified(project):
    """Compare the files of a project with those that its run has written."""
    command = [sys.executable, "-m", "prospect.records.provenance"]
    command.append("results/tiny/provenance.json")
    environment = os.environ | {"PYTHONPATH": "workflow"}
    return subprocess.run(
        command, cwd=project.folder, env=environment, capture_output=True, text=True, check=False
    )


def in_place(path, content):
    """Change a file so that its time does not tell."""
    times = path.stat()
    path.write_bytes(content)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def failed(project, *arguments):
    """Return what a run says of its results that fails, each line once."""
    done = project.snakemake("--cores", "1", *arguments)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    lines = [line for line in done.stderr.splitlines() if "; the end of " not in line]
    return {line[line.index("results/") :] for line in lines if "results/" in line}


def test_a_damaged_table_is_one_line_and_is_made_anew_once_it_is_deleted(project):
    folder = project.folder / "results" / "tiny"
    listed, table = (folder / "provenance.json").read_bytes(), folder / "lens.csv"
    *rows, last = table.read_bytes().splitlines(keepends=True)
    in_place(table, b"".join(rows))
    assert verified(project).stdout == "results/tiny/lens.csv: differs\n"
    (line,) = failed(project, "--forcerun", "draw_lens")
    said = "results/tiny/lens.csv: not a readable CSV file (damaged, or not the one that was "
    said += "written under this name); delete it and run the same command again: it is made anew"
    assert line == said
    table.unlink()
    project.run("--cores", "2")
    assert table.read_bytes().endswith(last)
    assert (folder / "provenance.json").read_bytes() == listed
    assert verified(project).returncode == 0


def test_hessians_of_two_centers_that_were_exchanged_are_refused(project):
    folder = project.folder / "results" / "tiny" / "mlp" / "seed0" / "hessian"
    one, other = (folder / f"{name}.h5" for name in ("init", "trained"))
    first, second = one.read_bytes(), other.read_bytes()
    in_place(one, second)
    in_place(other, first)
    (line,) = failed(project, "--forcerun", "draw_hessian")
    assert "hessian/init.h5: not a readable HDF5 file (damaged, or not the one that" in line
    in_place(one, first)
    in_place(other, second)
    project.run("--cores", "2")
    assert verified(project).returncode == 0


@pytest.fixture
def mount(fresh):
    """Mount a disk of its own at a fresh project's results; skip where that is not allowed."""
    folder = fresh.folder / "results"
    folder.mkdir()

    def mounted(options):
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
        if os.geteuid() or subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("a small disk cannot be mounted here")

    yield mounted
    subprocess.run(["umount", "-l", str(folder)], capture_output=True, check=False)


def test_a_full_disk_is_one_line_and_with_more_room_the_same_command_goes_on(
    fresh, finished, mount
):
    mount("size=24k")
    (line,) = failed(fresh, "checkpoints")
    assert "safetensors: cannot be written (No space left on device): the disk is full" in line
    assert not list(fresh.folder.rglob("*.tmp"))
    mount("remount,size=1m")
    fresh.run("--cores", "1", "checkpoints")
    wanted = {name: data for name, data in finished.results().items() if "checkpoints" in name}
    assert fresh.results() == wanted


def test_results_that_are_not_to_be_written_are_one_line_before_anything_runs(fresh, mount):
    mount("size=1m,ro")
    done = fresh.snakemake("--cores", "1")
    assert done.returncode != 0
    said = [line for line in done.stderr.splitlines() if not line.startswith("Using workflow")]
    assert said == [
        "results: cannot be written (Permission denied): nothing may be written there; allow it "
        "and run the same command again"
    ]


@pytest.mark.parametrize("tag", ["apply:pathlib.Path.touch [trace]", "name:os.system", "module:os"])
def test_a_config_makes_no_objects(fresh, tag):
    fresh.config.write_text(f"study: !!python/{tag.replace('apply', 'object/apply')}\n")
    done = fresh.snakemake("--cores", "1")
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert not (fresh.folder / "trace").exists()
    assert not (fresh.folder / "results").exists()
