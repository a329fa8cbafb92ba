"""Train one network from one seed; keep its history and checkpoints (rule ``train_network``)."""

import pandas as pd

from prospect.base import files, stage
from prospect.base.device import device_of, origin
from prospect.base.resume import resuming
from prospect.model import checkpoints, data, networks, splits, training

with stage.running(snakemake), resuming(snakemake) as partial:
    params, model = snakemake.params.stage, stage.model(snakemake)
    seed, device = model["seed"], device_of(params["device"])
    attrs = model | origin(device) | {"params": params}
    source, recipe = data.load(params["dataset"], params["task"]), params["training"]
    part = splits.training_part(source.train, source.classes, recipe)
    network = networks.build_for(source, params["network"], seed)
    if start := snakemake.input.get("start"):
        checkpoints.start_from(network, start)
    source = source._replace(train=part)
    kept = dict(zip(params["epochs"], snakemake.output.checkpoints, strict=True))
    history = []
    how = {"kept": kept, "partial": partial(snakemake.output.history)}
    for epoch, row, state in training.train(network, source, recipe, seed, device, **how):
        if epoch != "swa":
            history.append(row)
        if epoch in kept:
            checkpoints.write(kept[epoch], state, attrs | row)
    files.write_texts({snakemake.output.history: files.as_text(pd.DataFrame(history))})
