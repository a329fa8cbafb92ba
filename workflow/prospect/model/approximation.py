"""A network sooner, and nearly right: other arithmetic, and a subsample near known points.

`in_arithmetic` computes outputs of all samples in another precision, bfloat16 where the processor
has it. `Approximation` computes those of some samples: BatchNorm's statistics are their own, or
those of a probe, shifted by as much as those of all samples are at known points near by. Outputs
come back in the objective's own precision, in which losses are always computed.
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

PROBE = 256  # samples that say how statistics change, where these are not the subsample's own
ENOUGH = 100_000  # multiplications a sample from which bfloat16 pays
QUICK = 0.25  # of a tolerance, for how far losses in another arithmetic may be from exact ones


class Approximation:
    """Outputs of some samples of an objective at any point, `index` (n,) says which."""

    def __init__(self, objective: Objective, index: Tensor):
        self.objective = objective
        self.split = objective.split.take(index)
        source = objective.norms.source
        self.probe = source.take(probe(objective, index)) if source else None

    def outputs(self, theta: Tensor, directions: Tensor, point, shift: Tensor) -> Tensor:
        """Return the outputs (n, C) at θ + Σ_d point_d ε_d with statistics shifted by (S,)."""
        objective = self.objective
        objective.move_to(theta, directions, point)
        with objective.without_gradients():
            if not len(shift):
                return joined([objective.run(part) for part in self._passes()])
            with ShiftedStatistics(shift) as statistics:
                found = objective.run(self.probe or self.split)
            if self.probe is None:
                return found
            parts = []
            for part in self._passes():
                with GivenStatistics(statistics.used):
                    parts.append(objective.run(part))
        return joined(parts)

    def _passes(self):
        """Split the samples into parts that stay in a CPU's cache."""
        size = self.objective.cost.cached(self.objective.flat.weights.element_size())
        return in_parts(self.split, -(-self.split.samples // size))


def probe(objective: Objective, index: Tensor) -> Tensor:
    """Return the samples of the probe: the subsample `index` (n,), or some of the statistics' own.

    These, where statistics take a pass of their own.
    """
    source = objective.norms.source
    if source is None:
        return index
    smallest = source.samples // -(-source.samples // objective.batch)  # of its batches
    return torch.randperm(smallest, generator=generator(0, "probe"))[:PROBE].to(index.device)


def in_arithmetic(objective: Objective, dtype: torch.dtype) -> Objective:
    """Return an objective whose outputs come from a network in this precision.

    BatchNorm's statistics and parameters stay in the objective's own where that is finer. For
    outputs alone, one point at a time: gradients are the objective's own to take.
    """
    own = objective.flat.weights.dtype
    if dtype == own:
        return objective
    other = copy.copy(objective)
    other.module = copy.deepcopy(objective.flat.module).to(dtype)
    other.norms = BatchNorms(other.module, objective.norms.policy)
    for layer in other.norms.layers:
        layer.to(torch.promote_types(own, dtype))
    for parameter in other.module.parameters():
        parameter.data = laid_out(parameter.data, channels_last=True)

    def resident(part: Split) -> Split:
        inputs = on(part.inputs, objective.flat.weights.device, dtype)
        return part._replace(inputs=laid_out(inputs, channels_last=True))

    other.split = resident(objective.split)
    source = objective.norms.source
    other.norms.source = source and resident(source)
    return other


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
