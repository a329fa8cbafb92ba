"""Write a surface as a file for other programs (rule ``export_surface``)."""

from prospect.base import stage
from prospect.landscape import exports
from prospect.records import grids

with stage.running(snakemake):
    exports.write(snakemake.output[0], grids.read(snakemake.input.surface))
