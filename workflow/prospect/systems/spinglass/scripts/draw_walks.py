"""Draw what walks meet and how they diffuse (rule ``draw_walks``)."""

from prospect.drawing.style import drawing
from prospect.records.tables import read_table, read_tables
from prospect.systems.spinglass.figures.walks import walks

with drawing(snakemake) as save:
    given = snakemake.input
    diffusion = read_table(given.results[1])
    tables = read_tables(given.walks), read_tables(given.metropolis)
    save("walks", walks(*tables, diffusion, snakemake.params.style))
