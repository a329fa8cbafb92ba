"""Take spectra and orders of all networks and of p-spins, the control (rule ``join_overlaps``)."""

import pandas as pd

from prospect.base import files, stage
from prospect.records.tables import read_tables
from prospect.systems.spinglass.overlaps import orders, orders_of_networks, pspins, spectra

with stage.running(snakemake):
    own, (of_all, of_units, degrees) = snakemake.params.stage, snakemake.output
    networks = read_tables(snakemake.input.overlaps)
    whole = pd.concat([networks, pspins(own["count"], own["circles"])], ignore_index=True)
    files.write_texts(
        {
            of_all: files.as_text(orders(whole)),
            of_units: files.as_text(orders_of_networks(whole)),
            degrees: files.as_text(spectra(whole)),
        }
    )
