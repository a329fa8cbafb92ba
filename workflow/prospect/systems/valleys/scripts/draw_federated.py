"""Draw learning curves, gains, growth and the partition (rule ``draw_federated``)."""

from prospect.drawing.style import drawing
from prospect.records.tables import read_table
from prospect.systems.valleys.figures import federated

with drawing(snakemake) as save:
    rounds, _, gains, partitions = map(read_table, snakemake.input.tables)
    style = snakemake.params.style
    save("federated", federated.federated(rounds, gains, style))
    save("growth", federated.growth(rounds, gains, style))
    save("partitions", federated.partitions(partitions, style))
