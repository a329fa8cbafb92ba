"""Walk from networks at random and by Metropolis's rule (rule ``measure_walks``)."""

import math

from prospect.base import files, stage
from prospect.base.resume import resuming
from prospect.model.setting import setting_of
from prospect.records.parts import part_by_part
from prospect.systems.spinglass.centers import at_centers
from prospect.systems.spinglass.metropolis import metropolis
from prospect.systems.spinglass.walks import KINDS, walks

with stage.running(snakemake), resuming(snakemake) as partial:
    params, (walked, heeding) = snakemake.params.stage, snakemake.output
    own, seeds = params["walks"], range(params["walks"]["count"])
    setting = setting_of(params["name"], params)
    centers = at_centers(setting, seeds, own["centers"], partial(f"{walked}.training"))
    steps = {kind: own["free_step" if kind == "free" else "angle"] for kind in KINDS}
    (random,) = part_by_part(
        KINDS,
        lambda kind: [
            walks(
                setting.train, setting.name, centers, seeds, kind, own["steps"],
                step=steps[kind], radius=own["radius"],
            )
        ],
        partial(walked),
    )  # fmt: skip

    def _loss(theta):
        return setting.train.sample_losses(theta).means[0]

    (heedful,) = part_by_part(
        [*own["temperatures"], math.inf],
        lambda temperature: [
            metropolis(
                _loss, setting.name, centers, seeds, [temperature],
                step=own["metropolis_step"], doublings=own["doublings"],
            )
        ],
        partial(heeding),
    )  # fmt: skip
    files.write_texts({walked: files.as_text(random), heeding: files.as_text(heedful)})
