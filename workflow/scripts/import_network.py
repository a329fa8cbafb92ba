"""Take one network's checkpoints from the user's files (rule ``import_network``)."""

import pandas as pd

from prospect.base import files, stage
from prospect.base.device import device_of, origin
from prospect.base.progress import track
from prospect.model import checkpoints, state_dicts

with stage.running(snakemake):
    params, output = snakemake.params.stage, snakemake.output
    attrs = stage.model(snakemake) | origin(device_of(params["device"])) | {"params": params}
    made = list(zip(params["epochs"], snakemake.input.files, output.checkpoints, strict=True))
    objectives, history = state_dicts.objectives(params), []
    for epoch, file, checkpoint in track(made, "checkpoints"):
        state = state_dicts.read(file, objectives.train.flat.module)
        row = {"epoch": epoch} | state_dicts.evaluated(file, state, objectives)
        history.append(row)
        made_from = {"made_from": {file: files.sha256(file)}}
        checkpoints.write(checkpoint, state, attrs | row | made_from)
    files.write_texts({output.history: files.as_text(pd.DataFrame(history))})
