"""The task: what a network's outputs are held against, by a loss and a metric.

Cross-entropy and accuracy by default. Your own loss by import path is a function of (output,
target), or of (network, inputs, target) where it needs the network itself, as for derivatives by
inputs. It returns the mean over the samples, or the losses (N,) of the samples. L(θ) is the mean
over samples of the loss of each, and what one sample loses is what your loss says of a batch of
it alone.
"""

import logging
import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.modules.batchnorm import _BatchNorm

from prospect.base import tasks
from prospect.base.errors import ProspectError
from prospect.base.plugins import by_import_path, own_code
from prospect.model.structure import (
    Structure,
    call,
    count,
    in_words,
    is_structure,
    leaves,
    mapped,
    taken,
)

log = logging.getLogger("prospect")

AGREES = 1e-3  # of its size: how far a mean may be from the mean of single losses by rounding


class Scores(NamedTuple):
    """What is said of every sample: its loss, and by the metric how good it is; tensors (…, N)."""

    loss: Tensor
    metric: Tensor

    @property
    def means(self) -> tuple[float, float]:
        """Return the mean loss and the mean of the metric."""
        loss, metric = (values.double().mean().item() for values in self)
        return loss, metric


class Task:
    """Classification by cross-entropy, in nats; the metric is accuracy.

    metric : its name, empty where there is none
    unit : of the loss, empty where it has none
    differentiates : whether the loss itself takes derivatives
    """

    metric, unit, differentiates = "accuracy", "nats", False

    def run(self, network: Callable, inputs: Structure, targets: Structure) -> Tensor:
        """Run a network; return what `scores` needs, here its outputs (N, C)."""
        return logits(call(network, inputs))

    def scores(self, found: Tensor, targets: Tensor) -> Scores:
        """Return the scores (…, N) of what `run` gave (…, N, C) for samples with targets (N,).

        A prediction is the class with the largest output; where all outputs are equal there is
        none, so a dead network is never right.
        """
        # over samples as neighbours: a softmax over a few neighbouring classes is 10 times slower
        chances = found.transpose(-1, -2).contiguous().log_softmax(-2)
        own = targets.expand(found.shape[:-1]).unsqueeze(-2)
        own = chances.gather(-2, own).squeeze(-2)
        return Scores(-own, (own >= chances.amax(-2)) & (own > chances.amin(-2)))

    def mean_loss(self, network: Callable, inputs: Structure, targets: Structure) -> Tensor:
        """Return the mean loss of some samples, to be differentiated."""
        return functional.cross_entropy(self.run(network, inputs, targets), targets)

    def mean_losses(self, network_at: Callable, weights: dict, samples: tuple) -> Tensor:
        """Return the mean losses (G,) of mini-batches at stacked weights (G, …), in one pass.

        `network_at` makes a network of weights; `samples` are inputs and targets (G, n, …).
        """

        def outputs_at(weights: dict[str, Tensor], inputs: Structure) -> Tensor:
            return logits(call(network_at(weights), inputs))

        inputs, targets = samples
        outputs = torch.func.vmap(outputs_at)(weights, inputs).flatten(0, 1)
        losses = functional.cross_entropy(outputs, targets.flatten(), reduction="none")
        return losses.view(targets.shape).mean(1)

    def columns(self, classes: int) -> int:
        """Return how many numbers `run` gives for a sample."""
        return classes

    def scale(self, classes: int) -> float | None:
        """Return the loss of guessing, ln C; None where only a network can say it."""
        return math.log(classes)

    def check(self, what: str, network: nn.Module, samples: tuple, classes: int) -> None:
        """Raise ProspectError where a network does not give what is wanted of it.

        `samples` are some inputs and targets.
        """
        inputs, _ = samples
        outputs, wanted = logits(call(network, inputs)), (count(inputs), classes)
        if not isinstance(outputs, Tensor) or outputs.shape != wanted:
            shape = tuple(outputs.shape) if isinstance(outputs, Tensor) else type(outputs).__name__
            raise ProspectError(
                f"{what} maps {wanted[0]} samples to {shape}; want one tensor {wanted}, a row of C "
                "numbers for every sample, or a dict with it as 'logits'"
            )
        if not outputs.is_floating_point():
            raise ProspectError(f"{what} gives {outputs.dtype}; want floating point numbers")


def logits(outputs: Structure) -> Tensor:
    """Return the classes' outputs (N, C), which a dict has as ``logits``."""
    return outputs["logits"] if isinstance(outputs, dict) and "logits" in outputs else outputs


class OwnTask(Task):
    """A loss of your own, and a metric, if any.

    `spec` is the config's: ``loss``, ``of`` (``output`` or ``network``), ``metric``, ``scale``.
    """

    unit = ""

    def __init__(self, spec: Mapping):
        self.spec, self.differentiates = spec, spec["of"] == "network"
        self.loss = by_import_path(spec["loss"], "task.loss")
        self.metric = tasks.metric(spec)
        self.measure: Callable | None = None
        if self.metric:
            path = spec["metric"]
            self.measure = by_import_path(path, "task.metric") if ":" in path else share_right

    def run(self, network: Callable, inputs: Structure, targets: Structure) -> Tensor:
        """Run a network; return loss and metric (N, 2) of every sample, NaN without a metric."""
        wants_gradients = torch.is_grad_enabled()
        with torch.set_grad_enabled(wants_gradients or self.differentiates):
            first = self._first(network, inputs)
            losses = of_each(self._with(network, self.loss), first, targets)
            metric = torch.full_like(losses, math.nan)
            if self.measure:
                metric = of_each(self._with(network, self.measure), first, targets).to(losses)
            found = torch.stack([losses, metric], dim=-1)
        return found if wants_gradients else found.detach()

    def scores(self, found: Tensor, targets: Structure) -> Scores:
        """Return the scores (…, N) of what `run` gave (…, N, 2)."""
        return Scores(found[..., 0], found[..., 1])

    def mean_loss(self, network: Callable, inputs: Structure, targets: Structure) -> Tensor:
        """Return the mean loss of some samples, to be differentiated."""
        loss, first = self._with(network, self.loss), self._first(network, inputs)
        # a mean of its own that takes the network is taken as it is: one by one would cost too much
        losses = loss(first, targets) if self.differentiates else of_each(loss, first, targets)
        return losses.mean()

    def mean_losses(self, network_at: Callable, weights: dict, samples: tuple) -> Tensor:
        """Return the mean losses (G,) of mini-batches at stacked weights (G, …), in one pass."""

        def mean_loss(weights: dict[str, Tensor], samples: tuple) -> Tensor:
            return self.mean_loss(network_at(weights), *samples)

        return torch.func.vmap(mean_loss)(weights, samples)

    def columns(self, classes: int) -> int:
        """Return how many numbers `run` gives for a sample."""
        return 2

    def scale(self, classes: int) -> float | None:
        """Return what the config says."""
        return self.spec["scale"]

    def check(self, what: str, network: nn.Module, samples: tuple, classes: int) -> None:
        """Raise ProspectError where network, loss and metric do not go together."""
        with torch.set_grad_enabled(self.differentiates):
            self._check(what, network, *samples)

    def _check(self, what: str, network: nn.Module, inputs: Structure, targets: Structure) -> None:
        """Do what `check` says."""
        loss, first = self._with(network, self.loss), self._first(network, inputs)
        number = count(inputs)
        if not is_structure(first) or any(leaf.shape[:1] != (number,) for leaf in leaves(first)):
            raise ProspectError(
                f"{what} maps {number} samples to {in_words(first)}; want tensors with the samples "
                "along the first axis"
            )
        value = self._value("loss", loss, first, targets)
        if self.measure:
            self._value("metric", self._with(network, self.measure), first, targets)
        if value.ndim:
            return
        if self.differentiates and any(isinstance(m, _BatchNorm) for m in network.modules()):
            raise ProspectError(
                f"task.loss: '{self.spec['loss']}' gives a mean; beside BatchNorm a loss of the "
                f"network must give the losses ({number},) of {number} samples"
            )
        single = of_each(loss, first, targets).mean().item()
        if abs(single - value.item()) > AGREES * abs(value.item()):
            log.warning(
                "task.loss: %.6g of %d samples together, %.6g on average of each by itself; L(θ) "
                "is the latter", value.item(), number, single,
            )  # fmt: skip

    def _first(self, network: Callable, inputs: Structure) -> Structure:
        """Return what losses and metrics are of, besides the targets: outputs, or inputs."""
        return mapped(Tensor.detach, inputs) if self.differentiates else call(network, inputs)

    def _with(self, network: Callable, function: Callable) -> Callable:
        """Return a loss or metric as a function of two, of a network if it wants it."""
        return partial(function, network) if self.differentiates else function

    def _value(self, key: str, function: Callable, first: Structure, targets: Structure) -> Tensor:
        """Return a loss or metric of some samples, or say what is wrong with it."""
        what, number = f"task.{key}: '{self.spec[key]}'", count(targets)
        with own_code(f"{what} of {number} samples"):
            value = function(first, targets)
        if not isinstance(value, Tensor) or value.shape not in ((), (number,)):
            raise ProspectError(
                f"{what} of {number} samples is {in_words(value)}; want one number, their mean, or "
                f"({number},), one of each"
            )
        return value


def of_each(function: Callable, first: Structure, targets: Structure) -> Tensor:
    """Return what a function of some samples says of each (N,): what it gives, or one by one."""
    value = function(first, targets)
    if value.ndim:
        return value
    try:
        return one_by_one(function, first, targets)
    except RuntimeError:  # of what `vmap` cannot follow
        every = torch.arange(count(targets)).split(1)
        return torch.stack([function(taken(first, i), taken(targets, i)) for i in every])


def one_by_one(function: Callable, first: Structure, targets: Structure) -> Tensor:
    """Return what a function says of each sample by itself (N,), in one pass."""

    def of_one(first: Structure, targets: Structure) -> Tensor:
        return function(*(mapped(lambda leaf: leaf[None], part) for part in (first, targets)))

    return torch.func.vmap(of_one)(first, targets)


def share_right(outputs: Tensor, targets: Tensor) -> Tensor:
    """Return how much of each sample is right (N,), of outputs (N, C, …) and targets (N, …)."""
    right = (outputs.argmax(1) == targets).double()
    return right.view(len(right), -1).mean(1)


def task_of(spec: Mapping | None) -> Task:
    """Return the task that the config describes: by default classification."""
    return Task() if spec is None or tasks.classifies(spec) else OwnTask(spec)
