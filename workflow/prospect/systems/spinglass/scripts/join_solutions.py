"""Join the solutions of all networks and the controls of a hierarchy (rule ``join_solutions``)."""

import pandas as pd

from prospect.base import files, stage
from prospect.records.tables import read_tables
from prospect.systems.spinglass.tables import hierarchy_in_words
from prospect.systems.spinglass.trees import controls

with stage.running(snakemake):
    own, (solutions, hierarchy, text) = snakemake.params.stage, snakemake.output
    known = controls(range(own["sets"]), own["draws"])
    found = pd.concat([read_tables(snakemake.input.hierarchy), known], ignore_index=True)
    files.write_texts(
        {
            solutions: files.as_text(read_tables(snakemake.input.solutions)),
            hierarchy: files.as_text(found),
            text: "\n".join(hierarchy_in_words(found)) + "\n",
        }
    )
