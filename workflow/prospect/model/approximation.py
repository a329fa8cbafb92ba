"""A network near points where it is known exactly, sooner: outputs that are nearly right.

Three things are cheaper than in `Objective`: only some of the samples; BatchNorm's statistics from
a few samples, the `PROBE`, shifted by as much as those of all samples are at exact points near by;
and bfloat16 where the processor has it. Outputs come back in the objective's own precision, in
which losses are always computed.
"""

import copy

import torch
from torch import Tensor

from prospect.base.seeding import generator
from prospect.model.batchnorm import BatchNorms, GivenStatistics, ShiftedStatistics
from prospect.model.objective import Objective
from prospect.model.splits import Split
from prospect.model.structure import in_parts, joined, mapped, on
from prospect.model.task import Task

PROBE = 256  # samples that say how statistics change from point to point
ENOUGH = 100_000  # multiplications a sample from which bfloat16 pays


class Approximation:
    """Outputs of some samples of an objective at any point.

    Parameters
    ----------
    objective
        Whose network, data and task they are.
    index : (n,)
        Which of the samples.
    dtype
        The arithmetic of the network; see `cheapest`.
    """

    def __init__(self, objective: Objective, index: Tensor, dtype: torch.dtype):
        self.objective, self.dtype = objective, dtype
        self.module = copy.deepcopy(objective.flat.module).to(dtype)
        for parameter in self.module.parameters():
            parameter.data = channels_last(parameter.data)
        for layer in BatchNorms(self.module, "shifted").layers:
            layer.to(objective.flat.weights.dtype)
        source = objective.norms.source
        self.split = self._resident(objective.split.take(index))
        self.probe = self._resident((source or objective.split).take(probe(objective, index)))

    def outputs(self, theta: Tensor, directions: Tensor, point, shift: Tensor) -> Tensor:
        """Return the outputs (n, C) at θ + Σ_d point_d ε_d with statistics shifted by (S,)."""
        exact = self.objective
        exact.flat.move_to(theta, directions, point)
        pairs = zip(self.module.parameters(), exact.flat.module.parameters(), strict=True)
        for own, wanted in pairs:
            own.data.copy_(wanted.data)
        with exact.without_gradients():
            if not len(shift):
                return joined([self._run(part) for part in self._passes()])
            with ShiftedStatistics(shift) as statistics:
                self._run(self.probe)
            found = []
            for part in self._passes():
                with GivenStatistics(statistics.used):
                    found.append(self._run(part))
        return joined(found)

    def _run(self, part: Split) -> Tensor:
        """Return the outputs of some samples where the weights are."""
        return self.objective.task.run(self.module, *part).to(self.objective.flat.weights.dtype)

    def _passes(self):
        """Split the samples into parts that stay in a CPU's cache."""
        size = self.objective.cost.cached(self.objective.flat.weights.element_size())
        return in_parts(self.split, -(-self.split.samples // size))

    def _resident(self, part: Split) -> Split:
        """Return samples in the arithmetic of the network, images with the channels last."""
        inputs = on(part.inputs, self.objective.flat.weights.device, self.dtype)
        return part._replace(inputs=mapped(channels_last, inputs))


def channels_last(leaf: Tensor) -> Tensor:
    """Lay images or filters out with the channels last.

    A copy, since those with one channel count as both otherwise.
    """
    if leaf.ndim != 4:
        return leaf
    return torch.empty_like(leaf, memory_format=torch.channels_last).copy_(leaf)


def probe(objective: Objective, index: Tensor) -> Tensor:
    """Return the samples of the probe: of the subsample `index` (n,), or of the statistics' own."""
    source = objective.norms.source
    if source is None:
        return index[:PROBE]
    first = -(-source.samples // -(-source.samples // objective.batch))  # of the first batch
    return torch.randperm(first, generator=generator(0, "probe"))[:PROBE].to(index.device)


def cheapest(objective: Objective) -> torch.dtype:
    """Return the cheapest arithmetic for a network: a fixed function of device, network and task.

    bfloat16 where the device has it, the network is large enough to gain, and the task is
    classification: a loss of one's own may ask for more digits.
    """
    device, dtype = objective.flat.weights.device, objective.flat.weights.dtype
    pays = objective.cost.products >= ENOUGH and type(objective.task) is Task
    return torch.bfloat16 if pays and has_bfloat16(device) else dtype


def has_bfloat16(device: torch.device) -> bool:
    """Return whether a device multiplies numbers of bfloat16 itself."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
