"""Adam on one tensor, and orthogonal directions."""

import math
from collections.abc import Mapping

import torch
from torch import Tensor


class Adam:
    """Adam (Kingma and Ba 2015) on one tensor, in place; a step takes the sum in `gradient`.

    `averaged` is the running average of what the tensor was, younger at first. Its own, since the
    first optimiser of `torch.optim` imports for two seconds, a fifth of what mining a line takes.
    """

    TENSORS = ("tensor", "mean", "square", "averaged")

    def __init__(self, tensor: Tensor, rate: float, average: float):
        self.tensor, self.rate, self.average = tensor, rate, average
        self.betas, self.eps, self.steps = (0.9, 0.99), 1e-8, 0
        self.gradient, self.mean, self.square = (torch.zeros_like(tensor) for _ in range(3))
        self.averaged = tensor.clone()

    def step(self) -> None:
        """Move the tensor against the gradient, then forget the gradient."""
        self.steps += 1
        of_mean, of_square = (1 - beta**self.steps for beta in self.betas)
        self.mean.lerp_(self.gradient, 1 - self.betas[0])
        self.square.mul_(self.betas[1]).addcmul_(
            self.gradient, self.gradient, value=1 - self.betas[1]
        )
        width = (self.square / of_square).sqrt_().add_(self.eps)
        self.tensor.addcdiv_(self.mean, width, value=-self.rate / of_mean)
        keep = min(self.average, (1 + self.steps) / (10 + self.steps))
        self.averaged.lerp_(self.tensor, 1 - keep)
        self.gradient.zero_()

    def state(self) -> dict:
        """Return what `restore` needs, as it is after a step."""
        tensors = {name: getattr(self, name) for name in self.TENSORS}
        return {"steps": self.steps} | tensors

    def restore(self, state: Mapping) -> None:
        """Go to where the state was taken."""
        self.steps = state["steps"]
        for name in self.TENSORS:
            getattr(self, name).copy_(state[name])


def clip(moving: list[Adam], most: float) -> None:
    """Shorten the gradient of all together to this norm where it is longer."""
    norm = math.sqrt(sum(float(adam.gradient.square().sum()) for adam in moving))
    for adam in moving if norm > most else ():
        adam.gradient.mul_(most / norm)


def make_orthogonal(directions: Tensor) -> None:
    """Replace two directions by the nearest orthogonal and equally long ones, in place.

    The symmetric (Löwdin) orthogonalisation: the polar factor of the 2 × P matrix, times the mean
    of its singular values. By the root of the Gram matrix G, √G = (G + √det G) / √(tr G + 2 √det G)
    (Cayley and Hamilton), since a decomposition takes 100 times longer where P is large.
    """
    gram = (directions @ directions.T).double()
    root_det = gram.det().clamp(min=0).sqrt()
    trace = (gram.trace() + 2 * root_det).sqrt()  # of √G: the sum of the singular values
    root = (gram + root_det * torch.eye(2).to(gram)) / trace
    mix = torch.linalg.inv_ex(root).inverse * trace / 2
    directions.copy_(mix.to(directions) @ directions)
