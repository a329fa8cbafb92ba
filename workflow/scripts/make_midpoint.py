"""Make the midpoint of a center of a model and of its twin (rule ``make_midpoint``)."""

from prospect.base import stage
from prospect.model import checkpoints

with stage.running(snakemake):
    state = checkpoints.midpoint(snakemake.input.own, snakemake.input.twin)
    attrs = {"center": snakemake.wildcards.center, "made_from": stage.made_from(snakemake)}
    checkpoints.write(snakemake.output[0], state, stage.model(snakemake) | attrs)
