"""Join the pairs of all networks, with what predicts their midpoints (rule ``join_fusion``)."""

import pandas as pd

from prospect.base import files, stage
from prospect.records.tables import read_tables
from prospect.systems.valleys.correlations import (
    correlations_of_units,
    in_words,
    rank_correlations,
)
from prospect.systems.valleys.pairs import fusion_table

with stage.running(snakemake):
    fused, of_all, of_units = snakemake.output
    pairs = read_tables(snakemake.input.fusion)
    correlations = pd.concat(
        rank_correlations(own).assign(network=network)
        for network, own in pairs.groupby("network", sort=False)
    )
    correlations["finding"] = in_words(correlations)
    files.write_texts(
        {
            fused: files.as_text(fusion_table(pairs)),
            of_all: files.as_text(correlations),
            of_units: files.as_text(correlations_of_units(pairs)),
        }
    )
