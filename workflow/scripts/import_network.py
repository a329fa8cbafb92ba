"""Take one network's checkpoints from the user's files (rule ``import_network``)."""

import pandas as pd

from prospect.base import files, stage
from prospect.base.device import device_of, origin
from prospect.base.progress import track
from prospect.model import checkpoints, data, networks, state_dicts

with stage.running(snakemake):
    params, model, output = snakemake.params.stage, stage.model(snakemake), snakemake.output
    device = device_of(params["device"])
    attrs = model | origin(device) | {"params": params}
    source = data.load(params["dataset"], params["task"])
    network = networks.build_for(source, params["network"], model["seed"]).to(device)
    splits = source.train.to(device), source.test.to(device)
    made = list(zip(params["epochs"], snakemake.input.files, output.checkpoints, strict=True))
    history = []
    for epoch, file, checkpoint in track(made, "checkpoints"):
        state = state_dicts.read(file, network)
        network.load_state_dict(state)
        history.append({"epoch": epoch} | state_dicts.evaluated(file, network, source.task, splits))
        made_from = {"made_from": {file: files.sha256(file)}}
        checkpoints.write(checkpoint, state, attrs | history[-1] | made_from)
    files.write_texts({output.history: files.as_text(pd.DataFrame(history))})
