"""Make the page of the study (rule ``make_page``)."""

from prospect.base import files, stage
from prospect.page.make import page

with stage.running(snakemake):
    given, params = snakemake.input, snakemake.params
    own = {name: given[name] for name in ("grids", "histories", "claims", "trajectories")}
    of_systems = {
        system: {name: given[f"{system}/{name}"] for name in names}
        for system, names in params.systems.items()
    }
    text = page(snakemake.wildcards.study, own, of_systems, params.style, params.words)
    files.write(snakemake.output[0], text.encode())
