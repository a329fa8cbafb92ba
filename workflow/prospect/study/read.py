"""The study that Snakemake was asked for."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from prospect.study.config import complete
from prospect.study.resolve import Study, joined
from prospect.study.text import load

DEFAULT = Path("config/config.yaml")


def study(files: Sequence[str | Path] | None, config: dict, root: Path) -> Study:
    """Read the study of some config files, the default one where there are none.

    `config` is what Snakemake has read of them; it becomes complete, in place, since captions of
    the report read it. Raises ProspectError with one line that names file and key.
    """
    given: Mapping = config
    if not files:
        default = root / DEFAULT
        files, given = [default], joined(load(default), config)
    folder = root / "config" / "patterns"
    config.update(complete(given, files, folder))
    return Study(config, folder)
