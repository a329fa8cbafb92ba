"""A checksum inside every file that is read again, compared before anything else reads it.

What is written holds `BLANK`, as its first mark. In the place of its zeros comes the sha256 of the
file's name below the folder of results, and of its bytes with the zeros in them. So a file that was
cut or altered, or that lies under the name of another one, is refused before a library for its
format sees a byte of it: on a damaged file such a library may fail in any way, or never end.
"""

import hashlib
from pathlib import Path
from typing import BinaryIO

from prospect.base.errors import ProspectError

MARK = b"sha256:"
ZEROS = b"0" * 64
BLANK = (MARK + ZEROS).decode()
RESULTS = "results"  # the folder of all studies
MEND = "delete it and run the same command again: it is made anew"
BLOCK = 2**20  # bytes that are read at once, however large the file


def sealed(content: bytes, path: str | Path) -> list[bytes | memoryview]:
    """Return the parts of what is to be written to `path`, with the checksum in the blank's place.

    Content without a blank stays as it is. Raises ValueError where another mark is before it.
    """
    at = content.find(BLANK.encode())
    if at < 0:
        return [content]
    if content.find(MARK) < at:
        raise ValueError(f"{path}: '{MARK.decode()}' before '{BLANK}', which must be the first")
    at += len(MARK)
    digest = _digest(path)
    digest.update(content)
    whole = memoryview(content)
    return [whole[:at], digest.hexdigest().encode(), whole[at + len(ZEROS) :]]


def check(path: str | Path, kind: str) -> None:
    """Raise ProspectError where a file is not what was written under its name.

    `kind` says in a word what it is, as ``CSV``.
    """
    try:
        with Path(path).open("rb") as file:
            there, wanted = _checksums(file, path)
    except OSError as error:
        raise ProspectError(f"{path}: not a readable {kind} file ({error.strerror})") from error
    if not there:
        raise refusal(path, kind, "it holds no checksum of Prospect's")
    if there != wanted:
        raise refusal(path, kind, "damaged, or not the one that was written under this name")


def refusal(path: str | Path, kind: str, why: object) -> ProspectError:
    """Return the one line that says why a file is not read, and what to do."""
    return ProspectError(f"{path}: not a readable {kind} file ({why}); {MEND}")


def _checksums(file: BinaryIO, path: str | Path) -> tuple[bytes, bytes]:
    """Return the checksum that a file holds, empty where it holds none, and the one it should."""
    digest, there, rest = _digest(path), b"", b""
    while block := file.read(BLOCK):
        rest += block
        if not there and MARK in rest:
            rest += file.read(len(ZEROS))  # the digits may lie in the next block
            at = rest.index(MARK) + len(MARK)
            there = rest[at : at + len(ZEROS)]
            rest = rest[:at] + ZEROS + rest[at + len(ZEROS) :]
        keep = 0 if there else len(MARK) - 1  # so may the end of the mark
        digest.update(rest[: len(rest) - keep])
        rest = rest[len(rest) - keep :]
    digest.update(rest)
    return there, digest.hexdigest().encode()


def _digest(path: str | Path):
    """Return the hash that has seen the name of a file."""
    return hashlib.sha256(_name(path).encode() + b"\n")


def _name(path: str | Path) -> str:
    """Return the name of a file below the folder of results, elsewhere its last part.

    >>> _name("/home/me/results/digits/mlp/seed0/history.csv"), _name("/tmp/a.h5")
    ('digits/mlp/seed0/history.csv', 'a.h5')
    """
    *folders, name = Path(path).parts
    if RESULTS in folders:
        after = len(folders) - folders[::-1].index(RESULTS)
        return "/".join([*folders[after:], name])
    return name
