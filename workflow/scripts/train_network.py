"""Train one network from one seed; keep its history and checkpoints (rule ``train_network``)."""

import pandas as pd

from prospect import data, networks, stage, store, training
from prospect.objective import device_of

with stage.running(snakemake):
    params, seed = snakemake.params.stage, int(snakemake.wildcards.seed)
    device = device_of(params["device"])
    source = data.load(params["dataset"])
    network = networks.build(params["network"], source.train.inputs.shape[1:], source.classes, seed)
    checkpoints = dict(zip(params["epochs"], snakemake.output.checkpoints, strict=True))
    history = []
    for epoch, row, state in training.train(network, source, params["training"], seed, device):
        history.append(row)
        if epoch in checkpoints:
            store.write_checkpoint(checkpoints[epoch], state, row)
    with store.atomic(snakemake.output.history) as temporary:
        pd.DataFrame(history).to_csv(temporary, index=False)
