"""Damage files of a finished study, and see what the pipeline makes of them.

Files are cut, altered and exchanged at random. What is read afterwards must be what was written,
or end in one line that names the file; figures and texts, which nothing reads, must be found by
`make verify`. A long run, on a copy: ``make soak-files``, or

PYTHONPATH=workflow .venv/bin/python tests/damage.py results/tiny --count 5000 --seed 0
"""

import argparse
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from prospect.base import seals
from prospect.base.errors import ProspectError
from prospect.base.resume import Partial
from prospect.model import checkpoints
from prospect.records import grids, hdf5, hessians, provenance, vectors
from prospect.records.tables import read_table

SECONDS = 10  # what takes longer hangs


def read_directions(path: Path) -> list:
    """Read all that a file of directions may hold, by all of its readers."""
    with hdf5.reading(path) as file:
        (count, parameters), names = file["directions"].shape, set(file)
    found: list = []
    for number in range(count):
        vector = np.empty(parameters, dtype=np.float32)
        found += [vectors.read(path, f"any.{number + 1}", vector), vector]
    found += [vectors.read_origin(path)] if "origin" in names else []
    return found + ([vectors.read_progress(path)] if "progress" in names else [])


def read_hessian(path: Path) -> list:
    """Read all of a Hessian."""
    arrays, attrs = hessians.read(path)
    numbers = range(len(arrays["eigenvalues"]))
    return [arrays, attrs, *(hessians.read_eigenvector(path, number) for number in numbers)]


def read_partial(path: Path) -> list:
    """Read progress that was kept, whatever it depends on."""
    seals.check(path, "progress")
    partial = Partial(path.with_suffix(""), {})
    _, identity, _ = path.read_bytes().split(b"\n", 2)
    partial.identity = identity.decode(errors="replace")
    state = partial.load()
    if state is None:
        raise ProspectError(f"{path}: not used")
    return [partial.identity, state]


def read_listed(path: Path) -> str:
    """Read what nothing but `make verify` reads."""
    folder = next(parent for parent in path.parents if (parent / "provenance.json").exists())
    wrong = provenance.differences(folder / "provenance.json")
    if wrong:
        raise ProspectError("; ".join(wrong))
    return "as it was written"


READERS: dict[str, Callable[[Path], Any]] = {
    "checkpoints": checkpoints.load,
    "midpoints": checkpoints.load,
    "hessian": read_hessian,
    "curves": grids.read,
    "surfaces": grids.read,
    "populations": grids.read,
    ".csv": read_table,
    ".partial": read_partial,
    ".json": provenance.differences,
}
LISTED = (".png", ".pdf", ".svg", ".txt", ".html")


def reader_of(path: Path) -> Callable[[Path], Any] | None:
    """Return what reads a file, None where nothing does."""
    if path.suffix in LISTED:
        return read_listed
    if path.parents[1].name == "directions":
        return read_directions
    return READERS.get(path.suffix) or READERS.get(path.parent.name)


def plain(content: Any) -> Any:
    """Return content as something that can be compared, bit for bit."""
    if isinstance(content, torch.Tensor):
        content = content.numpy()
    if isinstance(content, np.ndarray) and content.dtype.kind != "O":
        return str(content.dtype), content.shape, content.tobytes()
    if isinstance(content, pd.DataFrame):
        return content.to_csv(), [str(kind) for kind in content.dtypes]
    if isinstance(content, dict):
        return [(key, plain(value)) for key, value in sorted(content.items())]
    if isinstance(content, (list, tuple, np.ndarray)):
        return [plain(value) for value in content]
    return plain(vars(content)) if hasattr(content, "__dict__") else repr(content)


def cut(rng: np.random.Generator, content: bytes) -> bytes:
    """Cut a file off at a random place."""
    return content[: rng.integers(len(content))]


def cut_at_a_line(rng: np.random.Generator, content: bytes) -> bytes:
    """Cut a file off at the end of a line, as tables are cut without a trace."""
    ends = [at + 1 for at, byte in enumerate(content[:-1]) if byte == ord("\n")]
    return content[: rng.choice(ends)] if ends else cut(rng, content)


def flip(rng: np.random.Generator, content: bytes) -> bytes:
    """Flip up to eight bits."""
    changed = bytearray(content)
    for bit in rng.choice(8 * len(content), rng.integers(1, 9), replace=False):
        changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def blank(rng: np.random.Generator, content: bytes) -> bytes:
    """Fill a block with zeros, as a disk leaves it that was not flushed."""
    start = int(rng.integers(len(content)))
    end = min(len(content), start + int(rng.integers(1, 4097)))
    return content[:start] + bytes(end - start) + content[end:]


def grow(rng: np.random.Generator, content: bytes) -> bytes:
    """Put some bytes in."""
    at = int(rng.integers(len(content) + 1))
    return content[:at] + rng.bytes(int(rng.integers(1, 65))) + content[at:]


CHANGES = {"cut": cut, "cut at a line": cut_at_a_line, "flipped": flip, "zeros": blank}
CHANGES |= {"grown": grow}
EXCHANGES = ("of another seed", "of another center or name", "of any other file")


def exchange(rng: np.random.Generator, path: Path, how: str, others: list[Path]) -> bytes | None:
    """Return the content of a file that may be taken for this one, None where there is none."""
    alike = [other for other in others if other.suffix == path.suffix and other != path]
    if how != EXCHANGES[2]:
        seed = how == EXCHANGES[0]
        alike = [other for other in alike if _differ_in_seed(other, path) is seed]
    return alike[rng.integers(len(alike))].read_bytes() if alike else None


def _differ_in_seed(one: Path, other: Path) -> bool | None:
    """Whether the one part in which two paths differ is the seed; None where it is not one."""
    if len(one.parts) != len(other.parts):
        return None
    parts = [a for a, b in zip(one.parts, other.parts, strict=True) if a != b]
    return parts[0].startswith("seed") if len(parts) == 1 else None


def outcome(path: Path, wanted: Any, read: Callable[[Path], Any]) -> str:
    """Return what reading a damaged file ends in."""

    def hang(*_: object) -> None:
        raise TimeoutError(f"more than {SECONDS} s")

    signal.signal(signal.SIGALRM, hang)
    signal.alarm(SECONDS)
    try:
        return "the same" if plain(read(path)) == wanted else "OTHER CONTENT IN SILENCE"
    except ProspectError as error:
        named = str(path) in str(error) and "\n" not in str(error)
        return "refused in one line" if named else f"AN UNCLEAR LINE: {error}"
    except BaseException as error:
        return f"A TRACEBACK: {type(error).__name__}: {error}"
    finally:
        signal.alarm(0)


def trials(folder: Path, count: int, seed: int) -> tuple[Counter, list[str]]:
    """Damage files of a study, one at a time; return what came of it, and what went wrong."""
    rng = np.random.default_rng(seed)
    everything = sorted(path for path in folder.rglob("*") if path.is_file())
    readable = {path: read for path in everything if (read := reader_of(path))}
    wanted = {path: plain(read(path)) for path, read in readable.items()}
    kinds: dict[str, list[Path]] = {}
    for path in readable:
        kinds.setdefault(kind_of(path, folder), []).append(path)
    seen: Counter = Counter()
    wrong = []
    while sum(seen.values()) < count:
        kind = sorted(kinds)[rng.integers(len(kinds))]
        path = kinds[kind][rng.integers(len(kinds[kind]))]
        how = [*CHANGES, *EXCHANGES][rng.integers(len(CHANGES) + len(EXCHANGES))]
        whole = path.read_bytes()
        made = (
            CHANGES[how](rng, whole) if how in CHANGES
            else exchange(rng, path, how, list(readable))
        )  # fmt: skip
        if made is None or made == whole:
            continue
        path.write_bytes(made)
        came = outcome(path, wanted[path], readable[path])
        path.write_bytes(whole)
        seen[kind, how, came] += 1
        if came not in ("the same", "refused in one line"):
            wrong.append(f"{path}, {how}: {came}")
    return seen, wrong


def kind_of(path: Path, folder: Path) -> str:
    """Say of what kind a file is."""
    if path.parents[1].name == "directions":
        return "directions"
    inside = "study" if path.parent == folder else path.parent.name
    return path.name if path.suffix in (".csv", ".json") else f"{inside} {path.suffix}"


def said(seen: Counter) -> str:
    """Return counts by kind of file, by damage, and by what came of it, as text."""
    lines = [f"{sum(seen.values())} damaged files"]
    for number, title in enumerate(("kinds of files", "kinds of damage", "outcomes")):
        counts: Counter = Counter()
        for key, times in seen.items():
            counts[key[number]] += times
        shown = ", ".join(f"{name} {times}" for name, times in sorted(counts.items()))
        lines.append(f"{len(counts)} {title}: {shown}")
    return "\n".join(lines)


def main() -> int:
    """Damage a copy of a finished study."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("study", type=Path, help="its folder of results")
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        copy = Path(temporary) / "results" / options.study.name
        shutil.copytree(options.study, copy)
        seen, wrong = trials(copy, options.count, options.seed)
    print(f"seed {options.seed}: {said(seen)}", *wrong, sep="\n")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
