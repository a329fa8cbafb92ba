"""Hold gradient and Hessian against a model's curves (rule ``explain_curves``)."""

import pandas as pd
import torch

from prospect import files, stage, store
from prospect.hessian import Hessian
from prospect.landscapes import load_center
from prospect.lens import explain
from prospect.objective import objective_of

with stage.running(snakemake):
    params, model, paths = snakemake.params.stage, stage.model(snakemake), snakemake.input
    objective, precise = objective_of(params), objective_of(params, torch.float64)
    rows = []
    for center in sorted({curve["center"] for curve in params["items"].values()}):
        theta = load_center(objective, paths[f"centers/{center}"])
        load_center(precise, paths[f"centers/{center}"])
        hessian = Hessian(objective, theta)
        for name, curve in params["items"].items():
            if curve["center"] == center:
                (reference,) = curve["directions"]
                direction = torch.empty(len(theta))
                file = paths[f"directions/{center}/{reference.split('.')[0]}"]
                store.read_vector(file, reference, direction.numpy())
                row = explain(hessian, precise, theta, direction, curve["window"])
                rows.append(model | {"center": center, "name": name.removeprefix("curves/")} | row)
                stage.log.info("%s: curvature %.4g", name, row["curvature"])
    with files.atomic(snakemake.output[0]) as temporary:
        pd.DataFrame(rows).drop(columns="study").to_csv(temporary, index=False)
