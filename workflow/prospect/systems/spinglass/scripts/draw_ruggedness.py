"""Draw differences in pairs and correlations (rule ``draw_ruggedness``)."""

from prospect.drawing.style import drawing
from prospect.records.tables import read_table
from prospect.systems.spinglass.figures.ruggedness import correlations, flatness

with drawing(snakemake) as save:
    networks, pairs, ranks, _ = map(read_table, snakemake.input.results)
    save("flatness", flatness(pairs, snakemake.params.style))
    save("correlations", correlations(networks, ranks, snakemake.params.style))
