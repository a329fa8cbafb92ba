"""A network near points where it is known exactly, sooner: outputs that are nearly right.

Three things are cheaper than in `Objective`: only some of the samples; BatchNorm's statistics from
a few samples, the `PROBE`, shifted by as much as those of all samples are at exact points near by;
and bfloat16 where the processor has it. Outputs come back in the objective's own precision, in
which losses are always computed.
"""

import copy
import logging

import torch
from torch import Tensor

from prospect.base.seeding import generator
from prospect.model.batchnorm import BatchNorms, laid_out
from prospect.model.objective import Objective
from prospect.model.splits import Split
from prospect.model.statistics import GivenStatistics, ShiftedStatistics
from prospect.model.structure import in_parts, joined, on
from prospect.model.task import Task

log = logging.getLogger("prospect")

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
        The arithmetic of the network; see `arithmetics`.
    """

    def __init__(self, objective: Objective, index: Tensor, dtype: torch.dtype):
        self.objective, self.dtype = objective, dtype
        self.module = copy.deepcopy(objective.flat.module).to(dtype)
        for parameter in self.module.parameters():
            parameter.data = laid_out(parameter.data, channels_last=True)
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
        return part._replace(inputs=laid_out(inputs, channels_last=True))


def probe(objective: Objective, index: Tensor) -> Tensor:
    """Return the samples of the probe: of the subsample `index` (n,), or of the statistics' own."""
    source = objective.norms.source
    if source is None:
        return index[:PROBE]
    smallest = source.samples // -(-source.samples // objective.batch)  # of its batches
    return torch.randperm(smallest, generator=generator(0, "probe"))[:PROBE].to(index.device)


def arithmetics(objective: Objective, asked: str = "auto") -> list[torch.dtype]:
    """Return the arithmetics to try on a network, the cheapest first, its own precision last.

    A fixed function of device, network and task: ``auto`` is bfloat16 where the device has it, the
    network is large enough to gain, and the task is classification, since a loss of one's own may
    want more digits.
    """
    own = objective.flat.weights.dtype
    has = has_bfloat16(objective.flat.weights.device)
    if asked == "bfloat16" and not has:
        log.warning("evaluation.arithmetic: this processor has no bfloat16, it is float32 instead")
    gains = objective.cost.products >= ENOUGH and type(objective.task) is Task
    wanted = has and (asked == "bfloat16" or (asked == "auto" and gains))
    return [torch.bfloat16, own] if wanted else [own]


def has_bfloat16(device: torch.device) -> bool:
    """Return whether a device multiplies numbers of bfloat16 itself."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
