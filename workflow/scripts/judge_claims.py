"""Hold the papers' claims against the tables of the study (rule ``judge_claims``)."""

from pathlib import Path

import pandas as pd

from prospect.base import files, stage
from prospect.records import claims

with stage.running(snakemake):
    tables = {Path(path).name: Path(path) for path in snakemake.input.tables}
    rows = []
    for path in map(Path, snakemake.input.claims):
        rows += claims.judge(path.parent.name, claims.read(path), tables)
    text = files.as_text(pd.DataFrame(rows, columns=claims.COLUMNS))
    files.write_texts({snakemake.output[0]: text})
