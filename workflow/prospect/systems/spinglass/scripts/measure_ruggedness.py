"""Measure how flat it is at many settings from the same starts (rule ``measure_ruggedness``)."""

import itertools

from prospect.base import stage
from prospect.base.resume import resuming
from prospect.model.setting import setting_of
from prospect.records.parts import write_tables
from prospect.systems.spinglass.ruggedness import MATCHED, recipe_of, ruggedness

with stage.running(snakemake), resuming(snakemake) as partial:
    params, (output,) = snakemake.params.stage, snakemake.output
    own, training = params["ruggedness"], params["training"]

    def _measured(condition):
        recipe = recipe_of(training, own, *condition)
        setting = setting_of(params["name"], params | {"training": recipe})
        return [ruggedness(setting, range(own["starts"]))]

    conditions = itertools.product(
        zip(own["label_noises"], own["losses"], strict=True),
        MATCHED, own["rates"], own["batches"],
    )  # fmt: skip
    write_tables(snakemake, conditions, _measured, partial(output))
