"""Perceptrons without biases, which arXiv:2409.11995 trains and its bounds are about."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from prospect.base.errors import ProspectError
from prospect.model.objective import Objective


def perceptron(width: int, depth: int) -> dict:
    """Describe a perceptron as the paper's authors code it: `depth` layers h × h after the first.

    So it has depth + 2 matrices, all others of inputs × h and h × C.
    """
    return {"architecture": "mlp", "hidden": [width] * (depth + 1), "bias": False}


class Perceptron(NamedTuple):
    """A perceptron by its size; its name says both, as ``h16-l5``."""

    width: int
    depth: int

    def __str__(self) -> str:
        return f"h{self.width}-l{self.depth}"

    @property
    def network(self) -> dict:
        """Describe it as the config does."""
        return perceptron(self.width, self.depth)


def every(own: Mapping) -> list[Perceptron]:
    """List the perceptrons of all ``widths`` and ``depths`` of a section."""
    return [Perceptron(width, depth) for depth in own["depths"] for width in own["widths"]]


def recipe(own: Mapping, **more) -> dict:
    """Return the authors' recipe, Adam with a constant rate; `own` holds ``batch`` and ``rate``.

    What else a recipe wants, such as ``epochs``, comes in `more`.
    """
    optimizer = {"name": "adam", "lr": own["rate"], "weight_decay": 0.0}
    return {"batch": own["batch"], "schedule": "constant", "optimizer": optimizer} | more


def is_dead(losses: Tensor) -> bool:
    """Whether a network gives the same outputs for every sample: all its losses (N,) are ln C."""
    return bool((losses - losses[0]).abs().max() <= 1e-12 * losses[0].abs())


def matrices_of(objective: Objective, theta: Tensor) -> list[Tensor]:
    """Return the weight matrices W^(p) (outputs, inputs) at θ (P,), the first layer's first.

    Raises ProspectError where the network is no perceptron with ReLU and without biases.
    """
    module = objective.flat.module
    layers = [layer for layer in module.modules() if not isinstance(layer, nn.Sequential)]
    kinds = [type(layer) for layer in layers if not isinstance(layer, nn.Flatten)]
    linear = [layer for layer in layers if isinstance(layer, nn.Linear)]
    if kinds != [nn.Linear, nn.ReLU] * (len(linear) - 1) + [nn.Linear]:
        names = ", ".join(kind.__name__ for kind in kinds)
        raise ProspectError(
            f"bounds: a network of {names}; want Linear and ReLU in turn, without biases"
        )
    if any(layer.bias is not None for layer in linear):
        raise ProspectError(
            "bounds: the network has biases, and these bounds are for perceptrons without; set "
            "bias: false (all but the ladder of bounds is computed with biases too)"
        )
    return list(objective.flat.parts(theta).values())


@torch.no_grad()
def forward(weights: Sequence[Tensor], inputs: Tensor) -> tuple[list[Tensor], list[Tensor], Tensor]:
    """Return what enters each layer [(N, h_p)], which units are on [(N, h_p)], outputs (N, C)."""
    entering, on = [inputs.flatten(1)], []
    for matrix in weights[:-1]:
        values = entering[-1] @ matrix.T
        on.append((values > 0).to(values))
        entering.append(values.relu())
    return entering, on, entering[-1] @ weights[-1].T
