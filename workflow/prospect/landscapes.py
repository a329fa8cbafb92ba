"""Curves, surfaces and populations of one model, from its files to grids."""

import json

import numpy as np
import torch

from prospect import directions, grid, store
from prospect.evaluate import losses
from prospect.losses import Grid, Losses
from prospect.objective import Objective, objective_of
from prospect.progress import track


class Landscapes:
    """The landscape of one model.

    Parameters
    ----------
    params : the stage's: ``network``, ``dataset``, ``device``, ``evaluation``
    model : what names the model in a file: ``study``, ``network``, ``seed``
    files : paths by name, ``centers/{center}`` and ``directions/{center}/{direction}``
    """

    def __init__(self, params: dict, model: dict, files: dict):
        self.params, self.model, self.files = params, model, files
        self.objectives: dict[str, Objective] = {}

    def center(self, name: str) -> tuple[Objective, torch.Tensor]:
        """Return a center's objective, which holds its statistics where they are frozen, and θ."""
        frozen = self.params["evaluation"]["batchnorm"] == "frozen"
        key = name if frozen else ""
        blocks = self.objectives[key].flat.blocks if key in self.objectives else None
        if blocks is None:
            self.objectives[key] = objective_of(self.params)
            blocks = self.objectives[key].flat.blocks
        theta, buffers = store.read_center(self.files[f"centers/{name}"], blocks)
        if frozen:
            self.objectives[key] = objective_of(self.params, buffers)
        return self.objectives[key], theta

    def evaluate(self, item: dict, output: str) -> None:
        """Evaluate a curve or surface and write its file, going on where an earlier run stopped.

        `item` holds ``center``, ``directions`` (one or two names), ``window`` and ``points``.
        """
        objective, theta = self.center(item["center"])
        read = [
            store.read_vector(self.files[f"directions/{item['center']}/{name.split('.')[0]}"], name)
            for name in item["directions"]
        ]
        vectors = torch.from_numpy(np.stack([vector for vector, _, _ in read]))
        axis = grid.axis(item["window"], item["points"])
        axes = dict(zip(("alpha", "beta"), (axis, axis), strict=False))
        axes = {name: axes[name] for name in list(axes)[: len(read)]}
        attrs = self._attrs(objective, item["center"], item) | {
            "directions": item["directions"],
            "direction_sha256": [sha256 for _, sha256, _ in read],
            "direction_norms": [norm for _, _, norm in read],
        }
        partial = store.Partial(output, attrs | {"theta": store.sha256(theta.numpy())})
        points = grid.points(*axes.values())
        found = losses(objective, theta, vectors, points, partial=partial, what=output)
        store.write_grid(output, Grid(axes, found.reshape(*map(len, axes.values())), attrs))
        partial.done()

    def evaluate_population(self, item: dict, seed: int, output: str) -> None:
        """Evaluate curves along many random directions, each drawn from its number when needed."""
        objective, theta = self.center(item["center"])
        alpha = grid.axis(item["window"], item["points"])
        points, rows = grid.points(alpha), []
        for number in track(range(item["count"]), output):
            noise = directions.noise(item["noise"], len(theta), seed, "population", number)
            vector = directions.normalise(noise, theta, objective.flat.blocks, item["normalise"])
            rows.append(losses(objective, theta, vector[None], points, what=None))
        together = Losses(
            **{name: np.stack([getattr(row, name) for row in rows]) for name in Losses.FIELDS},
            center_loss=rows[0].center_loss,
            center_accuracy=rows[0].center_accuracy,
        )
        attrs = self._attrs(objective, item["center"], item)
        axes = {"direction": np.arange(item["count"]), "alpha": alpha}
        store.write_grid(output, Grid(axes, together, attrs))

    def _attrs(self, objective: Objective, center: str, item: dict) -> dict:
        evaluation = self.params["evaluation"]
        return self.model | {
            "center": center,
            "batchnorm": evaluation["batchnorm"] if objective.norms else "none",
            "dataset": self.params["dataset"]["name"],
            "split": evaluation["split"],
            "samples": len(objective.targets),
            "classes": objective.classes,
            "parameters": objective.parameters,
            "params": json.dumps({**self.params, "item": item}, sort_keys=True),
        }
