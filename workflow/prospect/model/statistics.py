"""Statistics of BatchNorm without gradients: by parts, noted, shifted, given.

Each of three modes does inside it what `torch.nn.functional.batch_norm` does, in its own way.
Statistics are noted as they are interpolated: means and log(variance + eps), (2C,) of every call.
"""

from collections.abc import Iterable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode

PART = 128  # samples whose numbers are added one after the other in their own precision


class Call(NamedTuple):
    """The arguments of `torch.nn.functional.batch_norm`; `inputs` are (N, C, …)."""

    inputs: Tensor
    running_mean: Tensor | None
    running_var: Tensor | None
    weight: Tensor | None = None
    bias: Tensor | None = None
    training: bool = False
    momentum: float = 0.1
    eps: float = 1e-5

    def with_statistics(self, mean: Tensor, variance: Tensor) -> Tensor:
        """Normalise the inputs with statistics."""
        return functional.batch_norm(
            self.inputs, mean, variance, self.weight, self.bias, eps=self.eps
        )

    def noted(self, mean: Tensor, variance: Tensor) -> Tensor:
        """Return statistics as they are noted."""
        return torch.cat([mean, (variance + self.eps).log()])

    def with_noted(self, noted: Tensor) -> Tensor:
        """Normalise the inputs with statistics as they are noted."""
        mean, spread = noted.chunk(2)
        return self.with_statistics(mean, (spread.exp() - self.eps).clamp(min=0))


class _InPlaceOfBatchNorm(TorchFunctionMode):
    """Inside, `batch_norm` of this is called in place of the library's."""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        """Call a function of PyTorch, or `batch_norm` in its place."""
        if function is functional.batch_norm:
            return self.batch_norm(Call(*args, **(kwargs or {})))
        return function(*args, **(kwargs or {}))

    def batch_norm(self, call: Call) -> Tensor:
        """Normalise the inputs of a call."""
        raise NotImplementedError


class StatisticsByParts(_InPlaceOfBatchNorm):
    """Inside, BatchNorm in training mode takes the `statistics` of images, on a CPU.

    With the channels last PyTorch's kernel adds all numbers of a channel in float32, one after the
    other: of four million the variance is off by 2 %. With the pixels last it adds in float64, and
    takes four times as long. GPUs add by parts.

    probe : (n,) samples whose own statistics are noted where those of all are taken, None for none
    used, probed : noted with a probe, what was normalised with, and the statistics of the probe
    """

    def __init__(self):
        super().__init__()
        self.probe: Tensor | None = None
        self.used: list[Tensor] = []
        self.probed: list[Tensor] = []

    def batch_norm(self, call: Call) -> Tensor:
        """Normalise the inputs of a call."""
        if self.probe is None and not (call.training and by_parts(call.inputs)):
            return functional.batch_norm(*call)
        running_mean, running_var = call.running_mean, call.running_var
        if not call.training and running_mean is not None and running_var is not None:
            self.used.append(call.noted(running_mean, running_var))
            return functional.batch_norm(*call)
        mean, variance = statistics(call.inputs)
        if self.probe is not None:
            self.used.append(call.noted(mean, variance))
            self.probed.append(call.noted(*statistics(call.inputs[self.probe])))
        if not by_parts(call.inputs):
            return functional.batch_norm(*call)
        if running_mean is not None and running_var is not None:
            count = call.inputs.numel() // call.inputs.shape[1]
            running_mean.lerp_(mean, call.momentum)
            running_var.lerp_(variance * (count / (count - 1)), call.momentum)
        return call.with_statistics(mean, variance)


class ShiftedStatistics(_InPlaceOfBatchNorm):
    """Inside, BatchNorm takes its statistics from its inputs, and shifts them: (S,), call by call.

    used : noted, what was normalised with
    """

    def __init__(self, shift: Tensor):
        super().__init__()
        self.shift = shift
        self.used: list[Tensor] = []

    def batch_norm(self, call: Call) -> Tensor:
        """Normalise the inputs of a call."""
        own = call.noted(*statistics(call.inputs))
        place = sum(map(len, self.used))
        self.used.append(own + self.shift[place : place + len(own)])
        return call.with_noted(self.used[-1])


class GivenStatistics(_InPlaceOfBatchNorm):
    """Inside, BatchNorm normalises with statistics that are given, as noted, call by call."""

    def __init__(self, given: Iterable[Tensor]):
        super().__init__()
        self.given = iter(given)

    def batch_norm(self, call: Call) -> Tensor:
        """Normalise the inputs of a call."""
        return call.with_noted(next(self.given))


def by_parts(inputs: Tensor) -> bool:
    """Return whether `statistics` are taken by parts: those of images on a CPU."""
    return inputs.ndim > 2 and inputs.device.type == "cpu"


def statistics(inputs: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean and variance (biased, at least float32) of every channel of inputs (N, C, …).

    Of images on a CPU, in either layout, kernel by kernel over `PART` samples, every pixel for
    itself; parts are joined in float64 (Chan et al. 1979). Quicker than the kernel alone, which has
    few channels to add side by side.
    """
    dtype = torch.promote_types(inputs.dtype, torch.float32)
    if not by_parts(inputs):
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
