"""Draw progress and success of mining every pattern (rule ``draw_mining``)."""

from prospect.drawing.style import drawing
from prospect.records import vectors
from prospect.records.tables import read_table
from prospect.systems.mining.figures.search import mining, success

with drawing(snakemake) as save:
    runs = [vectors.read_progress(path) for path in snakemake.input.mined]
    save("mining", mining(runs, snakemake.params.style))
    save("success", success(read_table(snakemake.input.success), snakemake.params.style))
