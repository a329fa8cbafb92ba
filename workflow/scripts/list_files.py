"""List all files of the study with their hashes (rule ``list_files``)."""

from prospect.base import stage
from prospect.records import provenance

with stage.running(snakemake):
    provenance.write(snakemake.output[0], snakemake.params.stage)
