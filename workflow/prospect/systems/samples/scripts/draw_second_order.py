"""Draw one more sample against the bound (rule ``draw_second_order``)."""

from prospect.drawing.style import drawing
from prospect.records.tables import read_table
from prospect.systems.samples.figures import second_order

with drawing(snakemake) as save:
    (table,) = map(read_table, snakemake.input.tables)
    save("second-order", second_order.second_order(table, snakemake.params.style))
