"""Files that are whole or not there."""

import contextlib
import errno
import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from prospect.base import seals
from prospect.base.errors import ProspectError

if TYPE_CHECKING:
    import pandas as pd

FULL = "the disk is full; make room"
FORBIDDEN = "nothing may be written there; allow it"
ADVICE = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), FULL),
    **dict.fromkeys((errno.EROFS, errno.EACCES, errno.EPERM), FORBIDDEN),
    errno.EIO: "the disk does not take it; look after the disk",
}


def write(path: str | Path, content: bytes) -> None:
    """Write a file, with its checksum where the content has a blank for one (`seals`).

    Formats are written to memory first, so that a full disk meets this function alone and none of
    their libraries.
    """
    with atomic(path) as temporary, temporary.open("wb") as file:
        file.writelines(seals.sealed(content, path))


def write_texts(texts: Mapping[str, str]) -> None:
    """Write texts by path."""
    for path, text in texts.items():
        write(path, text.encode())


def as_text(table: "pd.DataFrame") -> str:
    """Return a table as the text of its file, with a blank for its checksum.

    The checksum is the name of the last column, which is empty. So every other program reads all
    rows and columns as they are, which a line of comment would spoil, and the checksum goes where
    the table goes, which a file beside it would not.
    """
    return table.assign(**{seals.BLANK: ""}).to_csv(index=False)


@contextmanager
def atomic(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path` that takes its name if the block succeeds.

    What is there already stays as it is until then, and after an error. Raises ProspectError where
    the disk is full or nothing may be written.
    """
    path = Path(path)
    temporary = path.with_name(path.name + ".tmp")
    with writable(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield temporary
            # the content must be on the disk before the name is, and the name before we go on
            _flush(temporary)
            os.replace(temporary, path)
            with contextlib.suppress(OSError):  # some file systems cannot
                _flush(path.parent)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def writable(path: str | Path) -> Iterator[None]:
    """Turn what the system says of a file that it does not write into one clear line."""
    try:
        yield
    except OSError as error:
        if error.errno not in ADVICE:
            raise
        raise _unwritten(path, error.errno) from error


def check_folder(folder: str | Path) -> None:
    """Raise ProspectError where nothing may be written below a folder, there already or not."""
    there = next(path for path in (Path(folder), *Path(folder).parents) if path.exists())
    if not os.access(there, os.W_OK):
        raise _unwritten(there, errno.EACCES)


def _unwritten(path: str | Path, number: int) -> ProspectError:
    """Return the one line about a file or folder that the system does not write."""
    reason = f"{os.strerror(number)}): {ADVICE[number]}"
    return ProspectError(f"{path}: cannot be written ({reason} and run the same command again")


def _flush(path: Path) -> None:
    """Bring a file or folder to the disk."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def sha256(path: str | Path) -> str:
    """Return the hash of a file."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def short(path: Path) -> str:
    """Name a file as seen from here where that is shorter."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
