"""Some samples of an objective that stand for all of them."""

from torch import Tensor

from prospect.model.objective import Objective
from prospect.model.splits import Split


class Subsample(Objective):
    """The loss of some samples that stand for all: each has a share of the mean loss.

    share : (N,), in units of 1 / N; all the same where it is None
    """

    share: Tensor | None = None

    def moments(self, losses: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and variance (…) of losses (…, N) over the samples, by share."""
        if self.share is None:
            return super().moments(losses)
        mean = (losses * self.share).mean(dim=-1)
        variance = ((losses - mean[..., None]).square() * self.share).mean(dim=-1)
        return mean, variance.clamp(min=0)


def subsample(objective: Objective, split: Split) -> Subsample:
    """Return the objective of some of its samples, with statistics of as many.

    Where those of BatchNorm come from samples of their own, these are thinned out alike.
    """
    weights, source = objective.flat.weights, _apart(objective)
    return Subsample(
        objective.flat.module,
        split,
        task=objective.task,
        batchnorm=objective.norms.policy,
        statistics=source and source.to("cpu").subset(split.samples, seed=0),
        batch=objective.batch,
        total=objective.total,
        classes=objective.classes,
        scale=objective.scale,
        device=weights.device,
        dtype=weights.dtype,
    )


def _apart(objective: Objective) -> Split | None:
    """Return the samples of BatchNorm's statistics where they are others than those of the loss."""
    source = objective.norms.source
    return None if source is objective.split else source


def passes(objective: Objective, samples: int) -> int:
    """Return how many samples go through the network at a point, those of statistics included."""
    if not objective.norms.recomputed:
        return samples
    if source := _apart(objective):
        return samples + (source.samples if samples == objective.samples else samples)
    return samples if samples <= objective.batch else 2 * samples
