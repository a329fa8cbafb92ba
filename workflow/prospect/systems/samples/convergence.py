"""The rate at which a landscape settles as samples are added, in a plane that is fixed beforehand.

Random order of n samples, plane of grid points g that does not know it: the mean of the first k of
a finite population has

    E D_k² = σ² (n − k) / (k (n − 1)),  D_k² = mean_g (L_k(g) − L_n(g))²,  σ² = mean_g σ_g²,
    E mean_g (L_{k+1}(g) − L_k(g))² = σ² n / ((n − 1) k (k + 1)),

σ_g² the variance of the samples' losses at g, with divisor n (our derivation, from the variance and
covariances of draws without replacement). So the landscape settles as k^(−1/2) until n is near,
while one more sample changes it as 1/k. D_k is split into its offset (the mean over g), which says
nothing of a shape, and its shape (the rest).
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from torch import Tensor

from prospect.base.errors import ProspectError
from prospect.base.progress import track
from prospect.model.ensemble import Epochs
from prospect.model.setting import Setting
from prospect.systems.samples import grids
from prospect.systems.samples.needed import needed
from prospect.systems.samples.orders import deviations, factor, increments, orders

PARTS = ("total", "offset", "shape")
FEW = 3  # a rate is fitted up to k = n / FEW, beyond which the finite set bends it


def check_sizes(key: str, sizes: Sequence[int], samples: int) -> None:
    """Raise ProspectError where a size is none of a part of the samples."""
    if max(sizes) >= samples:
        raise ProspectError(
            f"{key}: {max(sizes)} is not below the {samples} samples there are; want less"
        )


def converge(
    setting: Setting, states: Mapping[int, Epochs], own: Mapping, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Look at planes of every radius about each center of a network.

    `states` are those of `trained.after_epochs` from seeds 0, 1, …; `own` holds ``centers`` (name
    and epoch each), ``radii``, ``points``, ``orders``, ``sizes``, ``accuracy`` and ``pilot``.
    Returns the rows of `of_plane`, and those of `summary_of` with what `needed.needed` says of the
    plane. Raises ProspectError where a size is not below the number of samples.
    """
    check_sizes("convergence.sizes", own["sizes"], len(setting.train.targets))
    rows, planes = [], []
    for center, epoch in own["centers"]:
        theta, fixed = states[epoch].center(seed)
        setting.load(fixed)
        along = grids.random_plane(setting.train, theta, seed)
        for radius in track(own["radii"], f"seed {seed}, {center}: radii"):
            points = grids.square(radius, own["points"])
            _, losses = grids.sample_losses(setting.train, theta, along, points)
            drawn = orders(own["orders"], losses.shape[1], seed, "convergence")
            found = of_plane(losses, drawn, own["sizes"])
            here = {"network": setting.name, "seed": seed, "center": center, "radius": radius}
            asked = needed(losses, drawn, own["accuracy"], own["pilot"])
            rows.append(found.assign(**here))
            planes.append(here | summary_of(found, losses.shape[1]) | asked)
    return pd.concat(rows, ignore_index=True), pd.DataFrame(planes)


def variances(losses: Tensor) -> dict[str, float]:
    """Return the mean over g of the variance σ_g² of losses (G, N), and of its two parts.

    ``offset`` is the variance of the samples' means over g, ``shape`` that of what is left.
    """
    losses = losses.double()
    total = float(losses.var(1, correction=0).mean())
    offset = float(losses.mean(0).var(correction=0))
    return {"total": total, "offset": offset, "shape": total - offset}


def of_plane(losses: Tensor, drawn: Tensor, sizes: Sequence[int]) -> pd.DataFrame:
    """Hold measured against expected at every size k: a row a size.

    `losses` (G, N), `drawn` orders (O, N). ``measured`` and ``expected`` are E D_k² in nats², and
    ``ratio`` the one over the other, NaN where nothing is expected; so of the whole, with
    ``_offset`` and ``_shape`` of its parts, and with ``_increment`` of one more sample.
    """
    n, sizes = losses.shape[1], list(sizes)
    off = deviations(losses, drawn, sizes)  # (O, K, G)
    offset = off.mean(2).square().mean(0).numpy()
    total = off.square().mean((0, 2)).numpy()
    measured = {"total": total, "offset": offset, "shape": total - offset}
    k = np.array(sizes, dtype=float)
    expected = {name: variance * factor(k, n) for name, variance in variances(losses).items()}
    measured["increment"] = increments(losses, drawn, sizes).square().mean((0, 2)).numpy()
    expected["increment"] = variances(losses)["total"] * n / ((n - 1) * k * (k + 1))
    table = {"k": sizes}
    for name in (*PARTS, "increment"):
        end = "" if name == "total" else f"_{name}"
        table |= {f"measured{end}": measured[name], f"expected{end}": expected[name]}
        nothing = np.full(len(sizes), np.nan)
        ratio = np.divide(measured[name], expected[name], out=nothing, where=expected[name] > 0)
        table |= {f"ratio{end}": ratio}
    return pd.DataFrame(table)


def summary_of(found: pd.DataFrame, samples: int) -> dict[str, float]:
    """Return of the rows of `of_plane` their mean ratios, and the slopes over small sizes.

    ``rate`` and ``rate_increment`` are slopes of the logarithm of root mean squares by that of k.
    """
    few = found[found["k"] <= samples / FEW]
    names = [f"ratio{end}" for end in ("", "_offset", "_shape", "_increment")]
    ratios = {name: float(found[name].mean()) for name in names}
    rates = {
        "rate": _slope(few["k"], few["measured"]) / 2,
        "rate_increment": _slope(few["k"], few["measured_increment"]) / 2,
    }
    return ratios | rates


def _slope(x: pd.Series, y: pd.Series) -> float:
    """Return the slope of ln y by ln x; NaN where there are not two points."""
    return float(np.polyfit(np.log(x), np.log(y), 1)[0]) if len(x) > 1 else np.nan
