"""The points of mining's steps: where they lie, and what their losses say of the goal."""

from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor


@dataclass
class Window:
    """Losses of the low and high points since the last report.

    `cells_low` and `cells_high` are how many cells the drawing has of each.
    """

    ceiling: float
    cells_low: int
    cells_high: int
    low: list[Tensor] = field(default_factory=list)
    high: list[Tensor] = field(default_factory=list)

    def add(self, low: Tensor, high: Tensor) -> None:
        """Take in the losses of a step's low and high points."""
        self.low.append(low)
        self.high.append(high)

    def report(self) -> dict[str, float]:
        """Return mean losses, the mean shortfall of high points, and the overlap; start anew.

        The overlap is that of the drawing, where cells count as low as often as their losses were
        below half the ceiling.
        """
        low, high = (torch.cat(part).double().cpu().numpy() for part in (self.low, self.high))
        self.low.clear()
        self.high.clear()
        hits, strays = (
            cells * np.mean(part < self.ceiling / 2) if cells else 0.0
            for cells, part in ((self.cells_low, low), (self.cells_high, high))
        )
        return {
            "low": float(low.mean()) if low.size else 0.0,
            "high": float(high.mean()) if high.size else self.ceiling,
            "short": float(np.maximum(self.ceiling - high, 0).mean()) if high.size else 0.0,
            "overlap": float(hits / (self.cells_low + strays)) if low.size else 1.0,
        }


def sample(cells: np.ndarray, count: int, jitter: np.ndarray, rng) -> np.ndarray:
    """Pick `count` cells, each as often as any other or once more, and jitter them, (count, D).

    None where there are no cells.
    """
    if not len(cells):
        return cells
    rounds = -(-count // len(cells))
    order = torch.cat([torch.randperm(len(cells), generator=rng) for _ in range(rounds)])
    shift = torch.rand(count, len(jitter), generator=rng, dtype=torch.float64).numpy() * 2 - 1
    return cells[order[:count].numpy()] + shift * jitter
