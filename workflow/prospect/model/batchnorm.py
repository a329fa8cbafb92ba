"""What BatchNorm does at a perturbed point.

Policy ``recompute``: the statistics are those of the samples at that point. Where loss and
statistics come from the same samples and these fit in one batch, one forward pass serves both;
otherwise the statistics are the cumulative average over batches in fixed order, and a second pass
takes the loss. Policy ``frozen``: the running statistics that are given.

Without gradients statistics are taken by parts, so that a loss is within 1e-6 of float64 at any
size. With gradients they are the library's: those over all samples are within 1e-5, those of
mini-batches within 1e-4 (smooth networks; kinks of ReLU add to it).
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from prospect.model.splits import Split
from prospect.model.structure import Structure, mapped

WIDE = 16  # channels that fill a vector of AVX-512
PART = 128  # samples whose numbers are added one after the other in their own precision


class BatchNorms:
    """The BatchNorm layers of a module, and where their statistics come from.

    policy : ``recompute``, ``frozen``, or ``none`` where there are no such layers
    source : where statistics take a pass of their own, the samples they are taken from
    """

    def __init__(self, module: nn.Module, policy: str):
        kind = nn.modules.batchnorm._BatchNorm
        self.layers = [layer for layer in module.modules() if isinstance(layer, kind)]
        self.policy = policy if self.layers else "none"
        self.source: Split | None = None

    @property
    def recomputed(self) -> bool:
        """Whether there are layers whose statistics are recomputed."""
        return self.policy == "recompute"

    def take_each_batch(self) -> None:
        """Take the statistics of each batch, always, and keep none."""
        for layer in self.layers:
            layer.track_running_stats = False
            layer.running_mean = layer.running_var = layer.num_batches_tracked = None

    def take_average_over(self, samples: Split) -> None:
        """Take the cumulative average over batches of these samples, in a pass of its own."""
        self.source = samples
        for layer in self.layers:
            layer.momentum = None

    def renew(self, run: Callable[[Split], object], batches: Iterable[Split]) -> None:
        """Take the statistics anew, by running the module on batches of the source."""
        for layer in self.layers:
            layer.reset_running_stats()
            layer.train()
        for batch in batches:
            run(batch)
        for layer in self.layers:
            layer.eval()

    def by_parts(self) -> AbstractContextManager["StatisticsByParts"]:
        """Take the statistics by parts inside, where they are taken without a gradient."""
        statistics = StatisticsByParts()
        return statistics if self.recomputed else nullcontext(statistics)

    @contextmanager
    def of_mini_batch(self) -> Iterator[None]:
        """Take the statistics of each batch inside, and keep none, unless they are frozen."""
        kept = [layer.track_running_stats for layer in self.layers]
        for layer in self.layers if self.recomputed else ():
            layer.train()
            layer.track_running_stats = False
        try:
            yield
        finally:
            for layer, tracks in zip(self.layers, kept, strict=True):
                layer.eval()
                layer.track_running_stats = tracks


class _InPlaceOfBatchNorm(TorchFunctionMode):
    """Inside, a method of this does what `torch.nn.functional.batch_norm` does."""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        """Call a function of PyTorch, or `batch_norm` in its place."""
        if function is functional.batch_norm:
            function = self.batch_norm
        return function(*args, **(kwargs or {}))

    def batch_norm(
        self,
        inputs,
        running_mean,
        running_var,
        weight,
        bias,
        training=False,
        momentum=0.1,
        eps=1e-5,
    ) -> Tensor:
        """Normalise inputs (N, C, …)."""
        raise NotImplementedError


class StatisticsByParts(_InPlaceOfBatchNorm):
    """Inside, BatchNorm in training mode takes the `statistics` of images, on a CPU.

    With the channels last PyTorch's kernel adds all numbers of a channel in float32, one after the
    other: of four million the variance is off by 2 %. With the pixels last it adds in float64, and
    takes four times as long. GPUs add by parts. Without gradients.

    probe : (n,) samples whose own statistics are noted where those of all are taken, None for none
    used, probed : of every call, means and log(variance + eps) (2C,) that were normalised with, and
        those of the probe
    """

    def __init__(self):
        super().__init__()
        self.probe: Tensor | None = None
        self.used: list[Tensor] = []
        self.probed: list[Tensor] = []

    def batch_norm(
        self,
        inputs,
        running_mean,
        running_var,
        weight,
        bias,
        training=False,
        momentum=0.1,
        eps=1e-5,
    ) -> Tensor:
        """Do as the library does, with the statistics taken by parts; note them for a probe."""
        if self.probe is not None and training:
            self.probed.append(noted(*statistics(inputs[self.probe]), eps))
        averaged = running_mean, running_var
        if training and are_images_on_cpu(inputs):
            averaged, training = statistics(inputs), False
            if running_mean is not None:
                count = inputs.numel() // inputs.shape[1]
                running_mean.lerp_(averaged[0], momentum)
                running_var.lerp_(averaged[1] * (count / (count - 1)), momentum)
        if self.probe is not None:
            mean, variance = statistics(inputs) if training else averaged
            self.used.append(noted(mean, variance, eps))
        rest = weight, bias, training, momentum, eps
        return functional.batch_norm(inputs, *averaged, *rest)


class ShiftedStatistics(_InPlaceOfBatchNorm):
    """Inside, BatchNorm takes its statistics from its inputs, and shifts them: (S,), call by call.

    used : of every call, what was normalised with (2C,)
    """

    def __init__(self, shift: Tensor):
        super().__init__()
        self.shift = shift
        self.used: list[Tensor] = []

    def batch_norm(
        self,
        inputs,
        running_mean,
        running_var,
        weight,
        bias,
        training=False,
        momentum=0.1,
        eps=1e-5,
    ) -> Tensor:
        """Do as the library does, with statistics of the inputs and the next of the shifts."""
        own = noted(*statistics(inputs), eps)
        place = sum(map(len, self.used))
        self.used.append(own + self.shift[place : place + len(own)])
        return normalised_by(self.used[-1], inputs, weight, bias, eps)


class GivenStatistics(_InPlaceOfBatchNorm):
    """Inside, BatchNorm normalises with statistics that are given: of every call (2C,)."""

    def __init__(self, given: list[Tensor]):
        super().__init__()
        self.given = iter(given)

    def batch_norm(
        self,
        inputs,
        running_mean,
        running_var,
        weight,
        bias,
        training=False,
        momentum=0.1,
        eps=1e-5,
    ) -> Tensor:
        """Do as the library does, with the next of the statistics."""
        return normalised_by(next(self.given), inputs, weight, bias, eps)


def noted(mean: Tensor, variance: Tensor, eps: float) -> Tensor:
    """Return statistics (2C,) as they are interpolated: means and log(variance + eps)."""
    return torch.cat([mean, (variance + eps).log()])


def normalised_by(noted: Tensor, inputs: Tensor, weight, bias, eps: float) -> Tensor:
    """Normalise inputs (N, C, …) with `noted` statistics (2C,)."""
    mean, spread = noted.chunk(2)
    variance = (spread.exp() - eps).clamp(min=0)
    return functional.batch_norm(inputs, mean, variance, weight, bias, eps=eps)


def for_vmap(device: torch.device) -> AbstractContextManager:
    """Let `vmap` follow BatchNorm inside: on a GPU its kernels ask what `vmap` cannot answer."""
    return nullcontext() if device.type == "cpu" else ByArithmetic()


class ByArithmetic(TorchFunctionMode):
    """Inside, BatchNorm is `normalised`, which gradients and `vmap` follow on every device."""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        """Call a function of PyTorch, or `normalised` in its place."""
        if function is functional.batch_norm:
            function = normalised
        return function(*args, **(kwargs or {}))


def normalised(
    inputs, running_mean, running_var, weight, bias, training=False, momentum=0.1, eps=1e-5
) -> Tensor:
    """Do what `torch.nn.functional.batch_norm` does, running statistics included."""
    others = (0, *range(2, inputs.ndim))
    mean, variance = running_mean, running_var
    if training:
        variance, mean = torch.var_mean(inputs, others, correction=0)
        if running_mean is not None:
            count = inputs.numel() // inputs.shape[1]
            running_mean.mul_(1 - momentum).add_(momentum * mean.detach())
            unbiased = variance.detach() * (count / (count - 1))
            running_var.mul_(1 - momentum).add_(momentum * unbiased)
    scale = (variance + eps).rsqrt()
    shift = -mean * scale
    if weight is not None:
        scale, shift = scale * weight, shift * weight + bias
    shape = (1, -1, *[1] * (inputs.ndim - 2))
    return inputs * scale.view(shape) + shift.view(shape)


def are_images_on_cpu(inputs: Tensor) -> bool:
    """Return whether inputs (N, C, …) have pixels, and lie where a CPU adds them."""
    return inputs.ndim > 2 and inputs.device.type == "cpu"


def statistics(inputs: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean and variance (biased, at least float32) of every channel of inputs (N, C, …).

    Images on a CPU, in either layout: kernel by kernel over `PART` samples, every pixel for itself;
    parts are joined in float64 (Chan et al. 1979). Quicker than the kernel alone, which has few
    channels to add side by side.
    """
    dtype = torch.promote_types(inputs.dtype, torch.float32)
    if not are_images_on_cpu(inputs):
        others = [axis for axis in range(inputs.ndim) if axis != 1]
        variance, mean = torch.var_mean(inputs.to(dtype), others, correction=0)
        return mean, variance
    channels, last = inputs.shape[1], inputs.movedim(1, -1).is_contiguous()
    numbers = (inputs.movedim(1, -1) if last else inputs).flatten(1)
    parts = numbers.tensor_split(-(-len(inputs) // PART))
    # to the kernel a part is one column of pixels, with a channel for every number of a sample
    columns = (part.to(dtype).T[None, :, :, None] for part in parts)
    found = [torch.batch_norm_update_stats(column, None, None, 0.0) for column in columns]

    def by_pixel(of_parts: tuple[Tensor, ...]) -> Tensor:
        all_parts = torch.stack(of_parts).double()
        if last:
            return all_parts.unflatten(1, (-1, channels))
        return all_parts.unflatten(1, (channels, -1)).mT

    means, variances = map(by_pixel, zip(*found, strict=True))
    share = means.new_tensor([len(part) for part in parts])[:, None, None]
    share = share / (len(inputs) * means.shape[1])
    mean = (share * means).sum((0, 1))
    variance = (share * (variances + (means - mean).square())).sum((0, 1))
    return mean.to(dtype), variance.to(dtype)


def laid_out(inputs: Structure, channels_last: bool) -> Structure:
    """Lay images out with the channels last, or with the pixels last.

    A copy, since images with one channel count as both otherwise.
    """

    def lay(leaf: Tensor) -> Tensor:
        if leaf.ndim == 4 and channels_last:
            return torch.empty_like(leaf, memory_format=torch.channels_last).copy_(leaf)
        return leaf.contiguous()

    return mapped(lay, inputs)


def wants_channels_last(module: nn.Module) -> bool:
    """Return whether a module whose statistics are recomputed wants the channels last.

    Wide convolutions and gradients are quicker so. Those to few channels leave a part of every
    vector of AVX-512 empty: one from 8 to 8 takes 1.6 times as long (measured).

    Nor where a kernel would write beyond its memory: on CPUs without AVX-512 the gradient by the
    weights of a 1 × 1 convolution with a stride and fewer than 8 channels does
    (github.com/uxlfoundation/oneDNN/issues/6035, open).
    """
    layers = [layer for layer in module.modules() if isinstance(layer, nn.Conv2d)]
    overruns = any(
        layer.kernel_size == (1, 1)
        and layer.stride != (1, 1)
        and layer.in_channels // layer.groups < 8
        for layer in layers
    )
    return not overruns and all(layer.out_channels >= WIDE for layer in layers)
