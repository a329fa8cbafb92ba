"""Train by one federated method at every α, rate and strength (rule ``federate_…``)."""

from prospect.base import files, stage
from prospect.base.resume import resuming
from prospect.systems.valleys import tuning

with stage.running(snakemake), resuming(snakemake) as partial:
    params, (path,) = snakemake.params, snakemake.output
    rounds = tuning.try_all(params.stage, params.method, partial(path))
    files.write_texts({path: files.as_text(rounds)})
