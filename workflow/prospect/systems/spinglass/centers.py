"""The networks of an ensemble at the centers of a study, each the end of an epoch."""

from collections.abc import Mapping, Sequence

from torch import Tensor

from prospect.base.resume import Partial
from prospect.model.setting import Setting, after_epochs


def at_centers(
    setting: Setting, seeds: Sequence[int], centers: Mapping[str, int], partial: Partial | None
) -> dict[str, Tensor]:
    """Train networks, one a seed; return their weights (M, P) at the centers, the earliest first.

    `centers` holds epochs by name. What is trained is kept in `partial`.
    """
    states = after_epochs(setting, seeds, set(centers.values()), partial)
    earliest_first = sorted(centers.items(), key=lambda one: one[1])
    return {name: states[epoch].theta for name, epoch in earliest_first}
