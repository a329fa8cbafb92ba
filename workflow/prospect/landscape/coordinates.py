"""Coordinates of curves and surfaces."""

import numpy as np


def axis(window: float, points: int) -> np.ndarray:
    """Return `points` evenly spaced coordinates (K,) on [-window, window], exactly symmetric."""
    coordinates = np.linspace(-window, window, points)
    return (coordinates - coordinates[::-1]) / 2


def product(*axes: np.ndarray) -> np.ndarray:
    """Return all points of the product of the axes, (G, D), the last axis running fastest."""
    return np.stack([axis.ravel() for axis in np.meshgrid(*axes, indexing="ij")], axis=1)
