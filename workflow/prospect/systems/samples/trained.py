"""Networks trained together, as they stand after some epochs; training goes on where it stopped."""

from collections.abc import Collection, Sequence

from prospect.base.resume import Partial
from prospect.model.ensemble import Epochs, members, train_ensemble
from prospect.model.setting import Setting


def after_epochs(
    setting: Setting, seeds: Sequence[int], epochs: Collection[int], partial: Partial
) -> dict[int, Epochs]:
    """Train a network from every seed by the setting's recipe; return their states by epoch."""
    networks = members(setting.network, setting.data, seeds)
    states = train_ensemble(
        networks, setting.data, setting.training, seeds, setting.device, kept=epochs,
        partial=partial,
    )  # fmt: skip
    return {state.epoch: state for state in states if state.epoch in epochs}
