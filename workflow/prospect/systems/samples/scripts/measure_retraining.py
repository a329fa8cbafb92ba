"""Train a perceptron for every number of samples and compare (rule ``measure_retraining``)."""

import pandas as pd

from prospect.base import files, stage
from prospect.base.device import device_of
from prospect.base.resume import resuming
from prospect.model import data
from prospect.records.parts import part_by_part
from prospect.systems.samples.perceptrons import Perceptron, recipe
from prospect.systems.samples.retraining import doubling, retrain, retraining
from prospect.systems.samples.shared_plane import settling

NONE = pd.DataFrame()  # one seed's surfaces are shown

with stage.running(snakemake), resuming(snakemake) as partial:
    params, output = snakemake.params.stage, snakemake.output
    own, source = params["retraining"], data.load(params["dataset"])
    one, device = Perceptron(own["width"], own["depth"]), device_of(params["device"])
    training = recipe(own, epochs=own["epochs"], until={"loss": own["loss"]})
    sizes = doubling(own["first"], len(source.train.targets))

    def of_seed(seed: int) -> list:
        """Return the tables of one seed."""
        found = retrain(str(one), one.network, source, training, [seed], sizes, device)
        planes = settling(
            str(one), found, source, one.network, own["through"], own["points"], own["orders"]
        )
        shown = planes if seed == 0 else planes._replace(surfaces=NONE, corners=NONE)
        return [retraining(str(one), found, source, one.network), *shown]

    tables = part_by_part(range(own["count"]), of_seed, partial(output[0]))
    files.write_texts(
        {path: files.as_text(table) for path, table in zip(output, tables, strict=True)}
    )
