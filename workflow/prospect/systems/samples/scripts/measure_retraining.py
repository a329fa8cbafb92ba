"""Train a perceptron for every number of samples and compare (rule ``measure_retraining``)."""

from prospect.base import files, stage
from prospect.base.device import device_of
from prospect.base.resume import resuming
from prospect.model import data
from prospect.systems.samples.perceptrons import Perceptron, recipe
from prospect.systems.samples.retraining import doubling, retrain, retraining
from prospect.systems.samples.shared_plane import settling

with stage.running(snakemake), resuming(snakemake) as partial:
    params, output = snakemake.params.stage, snakemake.output
    own, source = params["retraining"], data.load(params["dataset"])
    one, seeds = Perceptron(own["width"], own["depth"]), range(own["count"])
    training = recipe(own, epochs=own["epochs"], until={"loss": own["loss"]})
    sizes, device = doubling(own["first"], len(source.train.targets)), device_of(params["device"])
    found = retrain(
        str(one), one.network, source, training, seeds, sizes, device, partial(output[0])
    )
    networks = str(one), found, source, one.network
    planes = settling(*networks, own["through"], own["points"], own["orders"])
    tables = retraining(*networks), *planes
    files.write_texts(
        {path: files.as_text(table) for path, table in zip(output, tables, strict=True)}
    )
