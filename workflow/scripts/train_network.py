"""Train one network from one seed; keep its history and checkpoints (rule ``train_network``)."""

import pandas as pd

from prospect import checkpoints, data, files, networks, stage, training
from prospect.device import device_of

with stage.running(snakemake):
    params, seed = snakemake.params.stage, int(snakemake.wildcards.seed)
    device = device_of(params["device"])
    source = data.load(params["dataset"])
    network = networks.build(params["network"], source.train.inputs.shape[1:], source.classes, seed)
    kept = dict(zip(params["epochs"], snakemake.output.checkpoints, strict=True))
    history = []
    for epoch, row, state in training.train(network, source, params["training"], seed, device):
        history.append(row)
        if epoch in kept:
            checkpoints.write(kept[epoch], state, row)
    with files.atomic(snakemake.output.history) as temporary:
        pd.DataFrame(history).to_csv(temporary, index=False)
