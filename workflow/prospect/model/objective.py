"""Network, data and loss as a function of θ: value, accuracy, gradient."""

import copy
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from prospect.base.device import device_of
from prospect.model import data, formulas, networks
from prospect.model.batchnorm import (
    BatchNorms,
    for_vmap,
    laid_out,
    overruns_with_channels_last,
)
from prospect.model.cost import Cost, cost_of
from prospect.model.splits import Split
from prospect.model.weights import FlatModule

BACKWARD_BYTES = 2**28  # what the points of one backward pass may take, about


class SampleLosses(NamedTuple):
    """Loss in nats and whether the prediction is right, of every sample: two tensors (N,)."""

    loss: Tensor
    correct: Tensor

    @property
    def means(self) -> tuple[float, float]:
        """Return the mean loss and the accuracy."""
        loss, accuracy = (values.double().mean().item() for values in self)
        return loss, accuracy


class Objective:
    """Mean cross-entropy L(θ) of a network on a split.

    Parameters
    ----------
    network
        The module; it is copied, its own parameters and buffers are never touched.
    split
        The samples whose loss is taken.
    batchnorm
        ``recompute`` or ``frozen``.
    buffers
        Tensors of the module's state that are not trained, by name; see `load`.
    statistics
        The samples for the statistics of ``recompute``; the split's own by default.
    batch
        The largest number of samples in one forward pass.
    total
        How many samples the split was drawn from; N by default.
    classes
        C, for the files.
    device, dtype
        Where and in which precision everything is computed.
    """

    def __init__(
        self,
        network: nn.Module,
        split: Split,
        *,
        batchnorm: str = "recompute",
        buffers: dict[str, Tensor] | None = None,
        statistics: Split | None = None,
        batch: int = 4096,
        total: int | None = None,
        classes: int = 0,
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
    ):
        module = copy.deepcopy(network).to(device, dtype).eval()
        self.norms = BatchNorms(module, batchnorm)
        channels_last = self.norms.recomputed and not overruns_with_channels_last(module)
        self.inputs = laid_out(split.inputs.to(device, dtype), channels_last)
        self.targets = split.targets.to(device)
        self.batch, self.classes = batch, classes
        self.total = len(self.targets) if total is None else total
        if self.norms.recomputed:
            if statistics is not None:
                inputs = statistics.inputs.to(device, dtype)
                self.norms.take_average_over(laid_out(inputs, channels_last))
            elif len(self.targets) > batch:
                self.norms.take_average_over(self.inputs)
            else:
                self.norms.take_each_batch()
        self.flat = FlatModule(module)
        self.load(buffers or {})

    @property
    def parameters(self) -> int:
        """P, the number of trainable parameters."""
        return len(self.flat.weights)

    @cached_property
    def cost(self) -> Cost:
        """What one forward pass takes."""
        return cost_of(self.flat.module, self.inputs[:2])

    def load(self, buffers: dict[str, Tensor]) -> None:
        """Take over what is not trained: running statistics (for ``frozen``) and frozen weights.

        `buffers` holds tensors by name, as in the module's state; strange names are passed over.
        """
        self.flat.module.load_state_dict(buffers, strict=False)

    def fixed(self) -> dict[str, Tensor]:
        """Return the tensors of the module's state that are not trained, by name."""
        trained = {block.name for block in self.flat.blocks}
        state = self.flat.module.state_dict()
        return {name: tensor for name, tensor in state.items() if name not in trained}

    @torch.inference_mode()
    def outputs(self, theta: Tensor, directions=(), point=()) -> Tensor:
        """Return the network's outputs (N, C) at θ + Σ_d point_d ε_d."""
        self.flat.move_to(theta, directions, point)
        module = self.flat.module
        with self.norms.by_parts():
            if self.norms.samples is not None:
                self.norms.renew(module, self._batches(self.norms.samples))
            found = [module(inputs) for inputs in self._batches(self.inputs)]
        return found[0] if len(found) == 1 else torch.cat(found)

    @torch.inference_mode()
    def outputs_together(self, theta: Tensor, directions: Tensor, points: Tensor) -> Tensor:
        """Return the outputs (B, N, C) at B points of weight space in one pass, by `vmap`.

        `points` (B, D). The networks differ in their weights, the samples are shared. Not where
        statistics need a pass of their own.
        """
        weights = self.flat.parts(torch.addmm(theta, points, directions))
        of_all = torch.func.vmap(self._outputs_of, in_dims=(0, None))
        with for_vmap(self.inputs.device), formulas.by_formula():
            return torch.cat([of_all(weights, part) for part in self._batches(self.inputs)], dim=1)

    def _outputs_of(self, parameters: dict[str, Tensor], inputs: Tensor) -> Tensor:
        """Return the outputs of inputs at these parameters, for `vmap`."""
        return torch.func.functional_call(self.flat.module, parameters, (inputs,))

    @torch.inference_mode()
    def score(self, outputs: Tensor, index=slice(None)) -> SampleLosses:
        """Return loss and correctness (…, N) of outputs (…, N, C) of the samples `index`.

        A prediction is the class with the largest output; where all outputs are equal there is
        none, so a dead network is never right.
        """
        # over samples as neighbours: a softmax over a few neighbouring classes is 10 times slower
        chances = outputs.transpose(-1, -2).contiguous().log_softmax(-2)
        own = self.targets[index].expand(outputs.shape[:-1]).unsqueeze(-2)
        own = chances.gather(-2, own).squeeze(-2)
        correct = (own >= chances.amax(-2)) & (own > chances.amin(-2))
        return SampleLosses(-own, correct)

    def sample_losses(self, theta: Tensor, directions=(), point=()) -> SampleLosses:
        """Return loss and correctness of every sample (N,) at θ + Σ_d point_d ε_d."""
        return self.score(self.outputs(theta, directions, point))

    def _batches(self, samples: Tensor) -> tuple[Tensor, ...]:
        """Split samples into as few equal batches as may be: an average of theirs is fair."""
        return samples.tensor_split(-(-len(samples) // self.batch))

    def loss_and_gradient(
        self, theta: Tensor, directions=(), point=(), index: Tensor | None = None, below=None
    ) -> tuple[float, Tensor]:
        """Return the loss of a mini-batch and its gradient by θ (P,), at θ + Σ_d point_d ε_d.

        `index` picks the samples, all in one batch by default. Where the loss is not below
        `below`, the gradient is not computed and zero. It is a buffer: the next call overwrites it.
        """
        self.flat.move_to(theta, directions, point)
        inputs = self.inputs if index is None else self.inputs[index]
        targets = self.targets if index is None else self.targets[index]
        return self._go_back(inputs, targets, below), self.flat.gradient

    def _go_back(self, inputs: Tensor, targets: Tensor, below: float | None = None) -> float:
        """Return the loss where the weights are, and leave its gradient in the buffer."""
        self.flat.gradient.zero_()
        with self.norms.of_mini_batch():
            loss = functional.cross_entropy(self.flat.module(inputs), targets)
            value = float(loss.detach())
            if below is None or value < below:
                loss.backward()
        return value

    def losses_and_gradients(
        self, theta: Tensor, directions: Tensor, points: Tensor, index: Tensor, below: Tensor
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield losses (B,) and gradients by the weights (B, P) at some of the points at a time.

        `points` (G, D); `index` (G, n) picks the mini-batch of every point. Where a point's loss is
        not below its `below` (G,), the gradient is zero. As many points in one pass (`vmap`) as fit
        in `BACKWARD_BYTES`; one by one where that is one or `vmap` cannot run the network, and then
        the gradient is a buffer.
        """
        weights, (_, samples) = self.flat.weights, index.shape
        # a point's weights and gradient; what layers give out is kept, and its gradient passes by
        of_one = 2 * weights.nbytes + 2 * samples * self.cost.numbers * weights.element_size()
        together = int(BACKWARD_BYTES // of_one)
        if together > 1 and self._vectorises:
            for part in torch.arange(len(points), device=points.device).split(together):
                here = torch.addmm(theta, points[part], directions).requires_grad_()
                losses = self._mini_batch_losses(here, index[part])
                counts = losses < below[part]
                (gradients,) = torch.autograd.grad(losses[counts].sum(), here)
                # not left to the pass: where a loss is not finite it gives NaN for a zero
                yield losses.detach(), gradients.masked_fill_(~counts[:, None], 0)
            return
        for point, batch, ceiling in zip(points.tolist(), index, below.tolist(), strict=True):
            value, gradient = self.loss_and_gradient(theta, directions, point, batch, ceiling)
            yield weights.new_tensor([value]), gradient[None]

    def _mini_batch_losses(self, weights: Tensor, index: Tensor) -> Tensor:
        """Return the mean losses (G,) of mini-batches (G, n) at weights (G, P), in one pass."""
        device = weights.device
        with self.norms.of_mini_batch(), for_vmap(device), formulas.by_formula():
            outputs = torch.func.vmap(self._outputs_of)(
                self.flat.parts(weights), self.inputs[index]
            )
        targets = self.targets[index].flatten()
        losses = functional.cross_entropy(outputs.flatten(0, 1), targets, reduction="none")
        return losses.view(index.shape).mean(1)

    @cached_property
    def _vectorises(self) -> bool:
        """Whether `vmap` can run the network and go back: not where it branches on values."""
        index = torch.arange(4, device=self.targets.device).view(2, 2) % len(self.targets)
        weights = self.flat.weights.detach().repeat(2, 1).requires_grad_()
        try:
            torch.autograd.grad(self._mini_batch_losses(weights, index).sum(), weights)
        except RuntimeError:
            return False
        return True

    @property
    def batches(self) -> int:
        """The number of batches that all samples are split into."""
        return -(-len(self.targets) // self.batch)

    def gradients(self) -> Iterator[tuple[float, tuple[Tensor, ...]]]:
        """Yield, batch by batch, its share of the samples and its gradient where the weights are.

        The gradient is a tensor for every parameter tensor and can be differentiated again.
        BatchNorm takes the statistics of the batch, unless they are frozen.
        """
        for inputs, targets in self._batches_for_gradients():
            with self.norms.of_mini_batch(), formulas.by_formula():
                loss = functional.cross_entropy(self.flat.module(inputs), targets)
                gradient = torch.autograd.grad(
                    loss, self.flat.parameters, create_graph=True, materialize_grads=True
                )
            yield len(targets) / len(self.targets), gradient

    def full_gradient(self, theta: Tensor) -> Tensor:
        """Return the gradient (P,) of the mean loss over all samples, summed batch by batch."""
        total = torch.zeros_like(self.flat.weights)
        self.flat.move_to(theta, (), ())
        for inputs, targets in self._batches_for_gradients():
            self._go_back(inputs, targets)
            total.add_(self.flat.gradient, alpha=len(targets) / len(self.targets))
        return total

    def _batches_for_gradients(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Return inputs and targets of all batches, images with the pixels last.

        So BatchNorm adds in float64, back and forth; differentiating twice is also quicker so.
        """
        inputs = self.inputs.clone(memory_format=torch.contiguous_format)
        return zip(self._batches(inputs), self._batches(self.targets), strict=True)


def objective_of(params: dict, dtype: torch.dtype = torch.float32) -> Objective:
    """Make the objective that a stage's parameters describe.

    `params` holds ``network``, ``dataset``, ``device`` and ``evaluation`` (``split``, ``samples``,
    ``batchnorm``, ``batch``). The statistics of BatchNorm come from the training set, or from the
    subset where samples are drawn from it.
    """
    evaluation, device = params["evaluation"], device_of(params["device"])
    source = data.load(params["dataset"])
    network = networks.build(params["network"], source.train.inputs.shape[1:], source.classes, 0)
    whole = getattr(source, evaluation["split"])
    return Objective(
        network,
        whole.subset(evaluation["samples"], seed=0),
        batchnorm=evaluation["batchnorm"],
        statistics=source.train if evaluation["split"] == "test" else None,
        batch=evaluation["batch"],
        total=len(whole.targets),
        classes=source.classes,
        device=device,
        dtype=dtype,
    )
