"""Curves, surfaces and populations of one model, from files to files."""

import hashlib
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from prospect import adaptive, checkpoints, directions, grid, store
from prospect.evaluate import losses
from prospect.losses import Grid, Losses
from prospect.objective import Objective, objective_of
from prospect.progress import track


def load_center(objective: Objective, path: str) -> Tensor:
    """Read θ (P,) of a center, and give what is not trained there to the objective.

    A center is a checkpoint (.safetensors) or a mined origin in a file of directions (.h5).
    """
    if Path(path).suffix == ".h5":
        origin, arrays = store.read_origin(path)
        theta = torch.from_numpy(origin)
        buffers = {name: torch.as_tensor(array) for name, array in arrays.items()}
    else:
        theta, buffers = checkpoints.read(path, objective.flat.blocks)
    objective.load(buffers)
    return theta


class Landscapes:
    """The landscape of one model.

    Parameters
    ----------
    params : the stage's: ``network``, ``dataset``, ``device``, ``evaluation``
    model : what names the model in a file: ``study``, ``network``, ``seed``
    files : paths by name, ``centers/{center}`` and ``directions/{center}/{direction}``
    code : paths of the code that the numbers depend on
    """

    def __init__(self, params: dict, model: dict, files: dict, code: list[str]):
        self.params, self.model, self.files = params, model, files
        self.objective = objective_of(params)
        self.code = hashlib.sha256(b"".join(Path(path).read_bytes() for path in code)).hexdigest()

    def evaluate(self, item: dict, output: str) -> None:
        """Evaluate a curve or surface and write its file, going on where an earlier run stopped.

        `item` holds ``center``, ``directions`` (one or two names), ``window``, ``points`` and, for
        a surface, ``tolerance``.
        """
        theta = load_center(self.objective, self.files[f"centers/{item['center']}"])
        vectors = torch.empty(len(item["directions"]), len(theta))
        hashes, norms = [], []
        for vector, name in zip(vectors, item["directions"], strict=True):
            file = self.files[f"directions/{item['center']}/{name.split('.')[0]}"]
            sha256, norm = store.read_vector(file, name, vector.numpy())
            hashes.append(sha256)
            norms.append(norm)
        axis = grid.axis(item["window"], item["points"])
        axes = dict.fromkeys(("alpha", "beta")[: len(vectors)], axis)
        attrs = self._attrs(item, theta) | {
            "directions": item["directions"],
            "direction_sha256": hashes,
            "direction_norms": norms,
        }
        partial = self._partial(output, attrs, theta)
        coordinates, along = list(axes.values()), (self.objective, theta, vectors)
        if "tolerance" in item:
            found = adaptive.surface(
                *along, coordinates, item["tolerance"], partial=partial, what=output
            )
        else:
            found = losses(*along, grid.points(*coordinates), partial=partial, what=output)
        store.write_grid(output, Grid(axes, found.reshape(*map(len, coordinates)), attrs))
        partial.done()

    def evaluate_population(self, item: dict, output: str) -> None:
        """Evaluate curves along many random directions, each drawn from its number when needed."""
        theta = load_center(self.objective, self.files[f"centers/{item['center']}"])
        alpha = grid.axis(item["window"], item["points"])
        points, seed = grid.points(alpha), self.model["seed"]
        attrs, shape = self._attrs(item, theta), (item["count"], len(alpha))
        partial = self._partial(output, attrs, theta)
        together = (partial.load() or Losses.empty(item["count"] * len(alpha))).reshape(*shape)
        center = self.objective.sample_losses(theta.to(self.objective.flat.weights))
        for number in track(range(item["count"]), output):
            if together.evaluated[number].all():
                continue
            noise = directions.noise(item["noise"], len(theta), seed, "population", number)
            blocks = self.objective.flat.blocks
            vector = directions.normalise(noise, theta, blocks, item["normalise"])
            row = losses(self.objective, theta, vector[None], points, center=center, what=None)
            together.enter(number, row)
            partial.save(together.reshape(-1))
        axes = {"direction": np.arange(item["count"]), "alpha": alpha}
        store.write_grid(output, Grid(axes, together, attrs))
        partial.done()

    def _partial(self, output: str, attrs: dict, theta: Tensor) -> store.Partial:
        """Return the place for progress that is good for these numbers only."""
        identity = {"theta": store.sha256(theta.numpy()), "code": self.code}
        return store.Partial(output, attrs | identity)

    def _attrs(self, item: dict, theta: Tensor) -> dict:
        evaluation, objective = self.params["evaluation"], self.objective
        return self.model | {
            "center": item["center"],
            "center_norm": theta.norm().item(),
            "batchnorm": evaluation["batchnorm"] if objective.norms else "none",
            "dataset": self.params["dataset"]["name"],
            "split": evaluation["split"],
            "samples": len(objective.targets),
            "classes": objective.classes,
            "parameters": objective.parameters,
            "params": {**self.params, "item": item},
        }
