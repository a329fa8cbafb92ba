"""Hold gradient and Hessian against a model's curves (rule ``explain_curves``)."""

import pandas as pd
import torch

from prospect.base import files, references, stage
from prospect.base.resume import resuming
from prospect.landscape.hessian import Hessian
from prospect.model.objective import objective_of
from prospect.records import centers, vectors
from prospect.records.hdf5 import Center
from prospect.systems.mining.lens import explain

with stage.running(snakemake), resuming(snakemake) as partial:
    params, model, paths = snakemake.params.stage, stage.model(snakemake), snakemake.input
    objective, precise = objective_of(params), objective_of(params, torch.float64)
    progress = partial(snakemake.output[0])
    rows = (progress.load() or {"rows": []})["rows"]
    done = {row["name"] for row in rows}
    for center in sorted({curve["center"] for curve in params["curves"].values()}):
        theta = centers.go_to(objective, paths[f"centers/{center}"])
        centers.go_to(precise, paths[f"centers/{center}"])
        hessian = Hessian(objective, theta)
        at = Center.of(paths[f"centers/{center}"], theta.numpy())
        for name, curve in params["curves"].items():
            if curve["center"] == center and name not in done:
                (reference,) = curve["directions"]
                direction = torch.empty(len(theta))
                file = paths[f"directions/{center}/{references.split(reference)[0]}"]
                vectors.read(file, reference, direction.numpy(), at)
                row = explain(hessian, precise, theta, direction, curve["window"])
                rows.append(model | {"center": center, "name": name} | row)
                progress.save(lambda: {"rows": rows})
                stage.log.info("%s: curvature %.4g", name, row["curvature"])
    table = pd.DataFrame(rows).drop(columns="study")
    files.write_texts({snakemake.output[0]: files.as_text(table)})
