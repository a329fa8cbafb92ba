"""The networks of an ensemble at the centers of a study, each the end of an epoch."""

from collections.abc import Mapping, Sequence

from torch import Tensor

from prospect.base.resume import Partial
from prospect.model.ensemble import members, train_ensemble
from prospect.model.setting import Setting


def at_centers(
    setting: Setting, seeds: Sequence[int], centers: Mapping[str, int], partial: Partial | None
) -> dict[str, Tensor]:
    """Train networks, one a seed; return their weights (M, P) at the centers, the earliest first.

    `centers` holds epochs by name. What is trained is kept in `partial`.
    """
    networks, what = members(setting.network, setting.data, seeds), f"{setting.name}: networks"
    states = train_ensemble(
        networks, setting.data, setting.training, seeds, setting.device,
        what=what, kept=set(centers.values()), partial=partial,
    )  # fmt: skip
    thetas = {state.epoch: state.theta for state in states if state.epoch in centers.values()}
    return {name: thetas[epoch] for name, epoch in sorted(centers.items(), key=lambda one: one[1])}
