"""Network, data and task as a function of θ: loss, metric, gradient."""

import copy
import math
from collections.abc import Callable, Iterator
from functools import cached_property

import torch
from torch import Tensor, nn

from prospect.base.device import device_of
from prospect.base.errors import ProspectError
from prospect.model import data, formulas, networks
from prospect.model.batchnorm import (
    BatchNorms,
    for_vmap,
    laid_out,
    wants_channels_last,
)
from prospect.model.cost import Cost, cost_of
from prospect.model.data import CLASSIFICATION
from prospect.model.splits import Split
from prospect.model.structure import Structure, in_parts, joined, mapped, on, taken
from prospect.model.task import Scores, Task
from prospect.model.weights import FlatModule

# one arithmetic for losses and gradients of transformers, which `vmap` can follow
torch.backends.mha.set_fastpath_enabled(False)

BACKWARD_BYTES = 2**28  # what the points of one backward pass may take, about


class Objective:
    """Mean loss L(θ) of a network on a split.

    Parameters
    ----------
    network
        The module; it is copied, its own parameters and buffers are never touched.
    split
        The samples whose loss is taken.
    task
        What the loss is; cross-entropy by default.
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
    scale
        The size of a loss, for the files; see `objective_of`.
    device, dtype
        Where and in which precision everything is computed.
    """

    def __init__(
        self,
        network: nn.Module,
        split: Split,
        *,
        task: Task = CLASSIFICATION,
        batchnorm: str = "recompute",
        buffers: dict[str, Tensor] | None = None,
        statistics: Split | None = None,
        batch: int = 4096,
        total: int | None = None,
        classes: int = 0,
        scale: float = math.nan,
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
    ):
        module = copy.deepcopy(network).to(device, dtype).eval()
        self.norms, self.task = BatchNorms(module, batchnorm), task
        channels_last = self.norms.recomputed and wants_channels_last(module)

        def resident(part: Split) -> Split:
            inputs = laid_out(on(part.inputs, device, dtype), channels_last)
            return Split(inputs, on(part.targets, device, dtype))

        self.split = resident(split)
        self.batch, self.classes, self.scale = batch, classes, scale
        self.total = split.samples if total is None else total
        if self.norms.recomputed:
            if statistics is not None:
                self.norms.take_average_over(resident(statistics))
            elif split.samples > batch:
                self.norms.take_average_over(self.split)
            else:
                self.norms.take_each_batch()
        self.flat = FlatModule(module)
        self.module = module  # gives outputs; another one in `approximation.in_arithmetic`
        self.load(buffers or {})

    @property
    def inputs(self) -> Structure:
        """The samples' inputs (N, …)."""
        return self.split.inputs

    @property
    def targets(self) -> Structure:
        """The samples' targets (N, …)."""
        return self.split.targets

    @property
    def samples(self) -> int:
        """N, the number of samples."""
        return self.split.samples

    @property
    def parameters(self) -> int:
        """P, the number of trainable parameters."""
        return len(self.flat.weights)

    @cached_property
    def cost(self) -> Cost:
        """What one forward pass takes."""
        some = self.split.take(slice(2))

        def run(module: nn.Module, inputs: Structure) -> Tensor:
            return self.task.run(module, inputs, some.targets)

        return cost_of(self.module, some.inputs, run)

    @property
    def columns(self) -> int:
        """How many numbers `outputs` has for a sample."""
        return self.task.columns(self.classes)

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

    def outputs(self, theta: Tensor, directions=(), point=()) -> Tensor:
        """Return what the task wants of the network at θ + Σ_d point_d ε_d: outputs (N, C).

        For a task of your own it is loss and metric (N, 2).
        """
        return self.outputs_and_shift(theta, directions, point)[0]

    def outputs_and_shift(
        self, theta: Tensor, directions=(), point=(), probe: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return the outputs (N, C) as above, and by how much statistics of BatchNorm are shifted.

        The shift (S,) is from those of the `probe` (n,), a few samples, to those that are used; see
        `statistics.ShiftedStatistics`. It is empty without a probe, or where none are recomputed.
        The probe picks samples of the split, or of the first batch of those that the statistics
        take a pass of their own from.
        """
        self.move_to(theta, directions, point)
        with self.without_gradients(), self.norms.by_parts() as statistics:
            statistics.probe = probe
            if self.norms.source is not None:
                self.norms.renew(self.run, self._batches(self.norms.source))
                statistics.used.clear()
            found = [self.run(part) for part in self._passes()]
        used = statistics.used[: len(statistics.used) // len(found)]
        shift = [one - other for one, other in zip(used, statistics.probed, strict=False)]
        return joined(found), torch.cat([found[0].new_empty(0), *shift]).to(found[0])

    def move_to(self, theta: Tensor, directions=(), point=()) -> None:
        """Move the network that gives outputs to θ + Σ_d point_d ε_d."""
        self.flat.move_to(theta, directions, point)
        if self.module is not self.flat.module:
            pairs = zip(self.module.parameters(), self.flat.module.parameters(), strict=True)
            for own, wanted in pairs:
                own.data.copy_(wanted.data)

    def run(self, part: Split) -> Tensor:
        """Return the outputs of some samples where the network is."""
        return self.task.run(self.module, *part).to(self.flat.weights.dtype)

    def without_gradients(self):
        """Keep nothing for gradients inside, but where the loss itself takes some."""
        return torch.no_grad() if self.task.differentiates else torch.inference_mode()

    def outputs_together(self, theta: Tensor, directions: Tensor, points: Tensor) -> Tensor:
        """Return the outputs (B, N, C) at B points of weight space in one pass, by `vmap`.

        `points` (B, D). The networks differ in their weights, the samples are shared. Not where
        statistics need a pass of their own.
        """
        device = self.flat.weights.device
        with self.without_gradients(), for_vmap(device), formulas.by_formula():
            weights = self.flat.parts(torch.addmm(theta, points, directions))
            of_all = torch.func.vmap(self._run_at, in_dims=(0, None))
            return torch.cat([of_all(weights, part) for part in self._batches(self.split)], dim=1)

    @cached_property
    def runs_together(self) -> bool:
        """Whether `vmap` can run the network: not where it, or its loss, branches on values."""
        theta = self.flat.weights.detach().clone()
        try:
            self.outputs_together(theta, theta[None], theta.new_zeros(2, 1))
        except RuntimeError:
            return False
        return True

    def _run_at(self, parameters: dict[str, Tensor], part: Split) -> Tensor:
        """Run the network at these parameters, for `vmap`."""
        return self.task.run(self._network_at(parameters), *part)

    def _network_at(self, parameters: dict[str, Tensor]) -> Callable:
        """Return the network at these parameters as a function."""

        def network(*inputs, **named):
            return torch.func.functional_call(self.flat.module, parameters, inputs, named)

        return network

    @torch.inference_mode()
    def score(self, outputs: Tensor, index=slice(None)) -> Scores:
        """Return loss and metric (…, N) of outputs (…, N, C) of the samples `index`."""
        return self.task.scores(outputs, taken(self.targets, index))

    def moments(self, losses: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and variance (…) of losses (…, N) over the samples."""
        variance, mean = torch.var_mean(losses, dim=-1, correction=0)
        return mean, variance

    def sample_losses(self, theta: Tensor, directions=(), point=()) -> Scores:
        """Return loss and metric of every sample (N,) at θ + Σ_d point_d ε_d."""
        return self.score(self.outputs(theta, directions, point))

    def _batches(self, samples: Split) -> Iterator[Split]:
        """Split samples into as few equal batches as may be: an average of theirs is fair."""
        return in_parts(samples, -(-samples.samples // self.batch))

    def _passes(self) -> Iterator[Split]:
        """Split the samples for their losses: as batches, unless parts need no statistics of all.

        Then into parts that stay in a CPU's cache.
        """
        size = self.batch
        of_batches = self.norms.recomputed and self.norms.source is None
        if not of_batches and self.flat.weights.device.type == "cpu":
            size = min(size, self.cost.cached(self.flat.weights.element_size()))
        return in_parts(self.split, -(-self.samples // size))

    def loss_and_gradient(
        self, theta: Tensor, directions=(), point=(), index: Tensor | None = None, below=None
    ) -> tuple[float, Tensor]:
        """Return the loss of a mini-batch and its gradient by θ (P,), at θ + Σ_d point_d ε_d.

        `index` picks the samples, all in one batch by default. Where the loss is not below
        `below`, the gradient is not computed and zero. It is a buffer: the next call overwrites it.
        """
        self.flat.move_to(theta, directions, point)
        part = self.split if index is None else self.split.take(index)
        return self._go_back(part, below), self.flat.gradient

    def _go_back(self, part: Split, below: float | None = None) -> float:
        """Return the loss where the weights are, and leave its gradient in the buffer."""
        self.flat.gradient.zero_()
        with self.norms.of_mini_batch():
            loss = self.task.mean_loss(self.flat.module, *part)
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
        parts = self.flat.parts(weights), tuple(self.split.take(index))
        device = weights.device
        with self.norms.of_mini_batch(), for_vmap(device), formulas.by_formula():
            return self.task.mean_losses(self._network_at, *parts)

    @cached_property
    def _vectorises(self) -> bool:
        """Whether `vmap` can run the network and go back: not where it branches on values."""
        index = torch.arange(4, device=self.flat.weights.device).view(2, 2) % self.samples
        weights = self.flat.weights.detach().repeat(2, 1).requires_grad_()
        try:
            torch.autograd.grad(self._mini_batch_losses(weights, index).sum(), weights)
        except RuntimeError:
            return False
        return True

    @property
    def batches(self) -> int:
        """The number of batches that all samples are split into."""
        return -(-self.samples // self.batch)

    def gradients(self) -> Iterator[tuple[float, tuple[Tensor, ...]]]:
        """Yield, batch by batch, its share of the samples and its gradient where the weights are.

        The gradient is a tensor for every parameter tensor and can be differentiated again.
        BatchNorm takes the statistics of the batch, unless they are frozen.
        """
        for part in self._batches_for_gradients():
            with self.norms.of_mini_batch(), formulas.by_formula():
                loss = self.task.mean_loss(self.flat.module, *part)
                gradient = torch.autograd.grad(
                    loss, self.flat.parameters, create_graph=True, materialize_grads=True
                )
            yield part.samples / self.samples, gradient

    def full_gradient(self, theta: Tensor) -> Tensor:
        """Return the gradient (P,) of the mean loss over all samples, summed batch by batch."""
        total = torch.zeros_like(self.flat.weights)
        self.flat.move_to(theta, (), ())
        for part in self._batches_for_gradients():
            self._go_back(part)
            total.add_(self.flat.gradient, alpha=part.samples / self.samples)
        return total

    def _batches_for_gradients(self) -> Iterator[Split]:
        """Return all batches, images with the pixels last.

        So BatchNorm adds in float64, back and forth; differentiating twice is also quicker so.
        """

        def pixels_last(leaf: Tensor) -> Tensor:
            return leaf.clone(memory_format=torch.contiguous_format)

        return self._batches(Split(mapped(pixels_last, self.inputs), self.targets))


def objective_of(params: dict, dtype: torch.dtype = torch.float32) -> Objective:
    """Make the objective that a stage's parameters describe.

    `params` holds ``network``, ``dataset``, ``device`` and ``evaluation`` (``split``, ``samples``,
    ``batchnorm``, ``batch``), ``task`` where it is not classification. The statistics of BatchNorm
    come from the training set, or from the subset where samples are drawn from it. The size of a
    loss is that of guessing, or, where the task cannot say it, that of seed 0's initialisation.
    """
    evaluation, device = params["evaluation"], device_of(params["device"])
    source = data.load(params["dataset"], params.get("task"))
    network = networks.build_for(source, params["network"], 0)
    whole = getattr(source, evaluation["split"])
    samples, classes = evaluation["samples"], len(whole.strata.unique())
    if samples and samples < classes and type(source.task) is Task:
        raise ProspectError(
            f"evaluation.samples (of all, a population or the Hessian): {samples} are fewer than "
            f"the {classes} classes; want at least {classes}, or null for all"
        )
    objective = Objective(
        network,
        whole.subset(samples, seed=0),
        task=source.task,
        batchnorm=evaluation["batchnorm"],
        statistics=source.train if evaluation["split"] == "test" else None,
        batch=evaluation["batch"],
        total=whole.samples,
        classes=source.classes,
        device=device,
        dtype=dtype,
    )
    known = source.task.scale(source.classes)
    at_first = objective.flat.weights.clone()
    objective.scale = objective.sample_losses(at_first).means[0] if known is None else known
    return objective
