"""Measure the covariance of the loss on spheres about networks (rule ``measure_overlaps``)."""

from prospect.base import files, stage
from prospect.base.resume import resuming
from prospect.model.setting import setting_of
from prospect.records.parts import part_by_part
from prospect.systems.spinglass.centers import at_centers
from prospect.systems.spinglass.overlaps import ABOUT, overlaps

with stage.running(snakemake), resuming(snakemake) as partial:
    params, (output,) = snakemake.params.stage, snakemake.output
    own, seeds = params["overlaps"], range(params["overlaps"]["count"])
    setting = setting_of(params["name"], params)
    centers = at_centers(setting, seeds, own["centers"], partial(f"{output}.training"))
    radii = dict(zip(ABOUT, (own["radii"], [1.0]), strict=True))  # 1 is the weight sphere itself
    (table,) = part_by_part(
        [(about, center) for about in ABOUT for center in centers],
        lambda part: [
            overlaps(
                setting.train, setting.name, {part[1]: centers[part[1]]}, seeds,
                radii[part[0]], own["circles"], part[0],
            )
        ],
        partial(output),
    )  # fmt: skip
    files.write_texts({output: files.as_text(table)})
