"""What the config says of a task: whether it classifies, its loss's unit, its metric's name."""

from collections.abc import Mapping

CROSS_ENTROPY = "cross-entropy"


def classifies(spec: Mapping) -> bool:
    """Whether outputs are held against classes by cross-entropy."""
    return spec["loss"] == CROSS_ENTROPY


def unit(spec: Mapping) -> str:
    """Return the loss's unit, empty where it has none."""
    return "nats" if classifies(spec) else ""


def metric(spec: Mapping) -> str:
    """Return the metric's name, empty where there is none.

    >>> metric({"loss": "cross-entropy"}), metric({"loss": "a:b", "metric": "pack.module:dice"})
    ('accuracy', 'dice')
    """
    return "accuracy" if classifies(spec) else (spec["metric"] or "").rpartition(":")[2]
