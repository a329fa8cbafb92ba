"""The landscape of one model: its centers, and what every file about it says of its origin."""

import torch
from torch import Tensor

from prospect.base import references
from prospect.base.device import origin
from prospect.model.objective import objective_of
from prospect.records import centers, vectors
from prospect.records.hdf5 import Center, sha256


class Landscape:
    """The loss of one model as a function of θ, with names for its files.

    Parameters
    ----------
    params
        The stage's: ``network``, ``dataset``, ``device``, ``evaluation``.
    model
        What names the model in a file: ``study``, ``network``, ``seed``.
    files
        Paths by name, ``centers/{center}`` and ``directions/{center}/{direction}``.
    """

    def __init__(self, params: dict, model: dict, files: dict):
        self.params, self.model, self.files = params, model, files
        self.objective = objective_of(params)

    def go_to(self, center: str) -> Tensor:
        """Return θ (P,) of a center; what is not trained there goes to the objective."""
        return centers.go_to(self.objective, self.files[f"centers/{center}"])

    def place(self, center: str, theta: Tensor) -> Center:
        """Return the center θ (P,) as what files must belong to."""
        return Center.of(self.files[f"centers/{center}"], theta.numpy())

    def along(self, item: dict, theta: Tensor) -> tuple[Tensor, list[str], list[float]]:
        """Return the directions (D, P) of a curve or surface at θ (P,), their hashes and norms."""
        center = self.place(item["center"], theta)
        along = torch.empty(len(item["directions"]), len(theta))
        found = []
        for vector, reference in zip(along, item["directions"], strict=True):
            name, _ = references.split(reference)
            file = self.files[f"directions/{item['center']}/{name}"]
            found.append(vectors.read(file, reference, vector.numpy(), center))
        hashes, norms = map(list, zip(*found, strict=True))
        return along, hashes, norms

    def attrs(self, item: dict, theta: Tensor) -> dict:
        """Return what a file about `item`, evaluated at θ (P,), says of its origin."""
        return self.model | {
            **origin(self.objective.flat.weights.device),
            "center": item["center"],
            "center_norm": theta.norm().item(),
            "center_sha256": sha256(theta.numpy()),
            "batchnorm": self.objective.norms.policy,
            "dataset": self.params["dataset"]["name"],
            "split": self.params["evaluation"]["split"],
            "samples": self.objective.samples,
            "classes": self.objective.classes,
            "loss_scale": self.objective.scale,
            "loss_unit": self.objective.task.unit,
            "metric": self.objective.task.metric,
            "parameters": self.objective.parameters,
            "params": {**self.params, "item": item},
        }
