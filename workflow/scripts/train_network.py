"""Train one network from one seed; keep its history and checkpoints (rule ``train_network``)."""

import pandas as pd

from prospect import data, networks, stage, store, training
from prospect.objective import device_of

with stage.running(snakemake):
    params, seed = snakemake.params.stage, int(snakemake.wildcards.seed)
    device = device_of(params["device"])
    source = data.load(params["dataset"])
    network = networks.build(params["network"], source.train.inputs.shape[1:], source.classes, seed)
    paths = {
        int(path.split("epoch")[-1].split(".")[0]): path for path in snakemake.output.checkpoints
    }
    history = []
    for epoch, row, state in training.train(network, source, params["training"], seed, device):
        history.append(row)
        if epoch in paths:
            store.write_checkpoint(paths[epoch], state, row)
    with store.atomic(snakemake.output.history) as temporary:
        pd.DataFrame(history).to_csv(temporary, index=False)
