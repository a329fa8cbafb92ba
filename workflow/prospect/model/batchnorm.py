"""What BatchNorm does at a perturbed point.

Policy ``recompute``: the statistics are those of the samples at that point. Where loss and
statistics come from the same samples and these fit in one batch, one forward pass serves both;
otherwise the statistics are the cumulative average over batches in fixed order, and a second pass
takes the loss. Policy ``frozen``: the running statistics that are given.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class BatchNorms:
    """The BatchNorm layers of a module, and where their statistics come from.

    policy : ``recompute``, ``frozen``, or ``none`` where there are no such layers
    samples : where statistics take a pass of their own, the samples they are taken from
    """

    def __init__(self, module: nn.Module, policy: str):
        kind = nn.modules.batchnorm._BatchNorm
        self.layers = [layer for layer in module.modules() if isinstance(layer, kind)]
        self.policy = policy if self.layers else "none"
        self.samples: Tensor | None = None

    @property
    def recomputed(self) -> bool:
        """Whether there are layers whose statistics are recomputed."""
        return self.policy == "recompute"

    def take_each_batch(self) -> None:
        """Take the statistics of each batch, always, and keep none."""
        for layer in self.layers:
            layer.track_running_stats = False
            layer.running_mean = layer.running_var = layer.num_batches_tracked = None

    def take_average_over(self, samples: Tensor) -> None:
        """Take the cumulative average over batches of these samples, in a pass of its own."""
        self.samples = samples
        for layer in self.layers:
            layer.momentum = None

    def renew(self, module: nn.Module, batches: Iterable[Tensor]) -> None:
        """Take the statistics anew, from batches of `samples`."""
        for layer in self.layers:
            layer.reset_running_stats()
            layer.train()
        for inputs in batches:
            module(inputs)
        for layer in self.layers:
            layer.eval()

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


def laid_out(inputs: Tensor, channels_last: bool) -> Tensor:
    """Lay images out with the channels last, for where BatchNorm takes its statistics on the way.

    Its training-mode kernels are up to a third faster so, gradients a sixth; without them small
    convolutions are slower. A copy, since images with one channel count as both otherwise.
    """
    if inputs.ndim == 4 and channels_last:
        return torch.empty_like(inputs, memory_format=torch.channels_last).copy_(inputs)
    return inputs.contiguous()


def overruns_with_channels_last(module: nn.Module) -> bool:
    """Return whether a kernel would write beyond its memory with the channels last.

    On CPUs without AVX-512 the gradient by the weights of a 1 × 1 convolution with a stride and
    fewer than 8 channels does (github.com/uxlfoundation/oneDNN/issues/6035, open).
    """
    return any(
        isinstance(layer, nn.Conv2d)
        and layer.kernel_size == (1, 1)
        and layer.stride != (1, 1)
        and layer.in_channels // layer.groups < 8
        for layer in module.modules()
    )
