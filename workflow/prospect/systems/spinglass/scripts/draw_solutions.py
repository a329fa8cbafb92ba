"""Draw P(q), dendrograms and what says whether there is a hierarchy (rule ``draw_solutions``)."""

from prospect.drawing.style import drawing
from prospect.records.tables import read_table, read_tables
from prospect.systems.spinglass.figures.solutions import dendrograms, distributions, hierarchy

with drawing(snakemake) as save:
    given, style = snakemake.input, snakemake.params.style
    save("distributions", distributions(read_tables(given.distributions), style))
    save("dendrograms", dendrograms(read_tables(given.distances), style))
    save("hierarchy", hierarchy(read_table(given.results[1]), style))
