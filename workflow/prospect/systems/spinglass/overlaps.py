"""The covariance of the loss at two points as a function of their overlap.

Points lie on a sphere of radius r about a center θ, in units of ‖θ‖: θ + r‖θ‖u, u uniform on the
unit sphere. The overlap of two of them is q = ⟨u, v⟩, and C(q) is the covariance of their losses.
For a spherical p-spin it is q^p, for a mixture of several a sum Σ_p a_p q^p with no a_p negative
(the mixture ξ(q) of the spin-glass literature). So the landscape about a center has a spectrum over
degrees, and an effective order p_eff = ln[C(q)/C(1)] / ln q: 1 for a slope, 2 for a bowl.

All of it is ours, after the abstract of arXiv:2407.20724, which names a random walk only. Points
are taken on great circles, `POINTS` on each, evenly: every point is uniform on the sphere, two of
them have exactly the overlap that their angle says, and each has its antipode, so that odd and even
degrees are parted: [C(q) ∓ C(−q)] / 2. Circles are independent, so C(q) has no bias.
"""

import logging
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
import torch
from scipy.optimize import nnls
from torch import Tensor

from prospect.base.errors import ProspectError, hint
from prospect.base.progress import track
from prospect.base.seeding import generator, stable_hash
from prospect.model.objective import Objective
from prospect.systems.spinglass.pspin import SPINS, pspin

POINTS = 16  # of a circle
OVERLAPS = np.cos(2 * np.pi * np.arange(POINTS // 2 + 1) / POINTS)  # 1 to −1
OVERLAPS[POINTS // 4] = 0.0  # as it is, not as rounding has it
DEGREES = 4  # of a spectrum; the last one stands for all above it
DRAWS = 1000  # of the bootstrap
ROUNDING = 1e-9  # a share of the variance below which there is none
CELL = ("network", "center", "about", "radius")  # what a row of a result is about
ABOUT = ("center", "zero")

log = logging.getLogger("prospect")


def overlaps(
    objective: Objective,
    network: str,
    centers: Mapping[str, Tensor],
    seeds: Sequence[int],
    radii: Sequence[float],
    circles: int,
    about: str = "center",
) -> pd.DataFrame:
    """Return the covariances on spheres: a row a center, radius, network and overlap.

    ``network``, ``center``, ``about``, ``radius``, ``seed``, ``overlap``, ``covariance`` (nats²,
    NaN where the loss is finite on fewer than two circles), ``circles`` (how many have finite
    losses only). Directions are the same at all centers and radii of a seed. A radius that leaves
    only NaN is named in the log.

    Parameters
    ----------
    objective
        Whose losses they are.
    network
        Its name, for the table.
    centers
        By name the points of all networks (M, P).
    seeds
        Of the networks (M,).
    radii
        In units of the center's norm.
    circles
        Great circles a sphere.
    about
        The middle of the spheres: ``center``, or ``zero``, where radius 1 is the weight sphere
        ‖θ‖ = const on which the center lies, and only its norm counts.

    Raises
    ------
    ProspectError
        Where a radius is not positive, there are fewer than two circles, or `about` is unknown.
    """
    _check(radii, circles, about)
    cells = [
        (center, radius, seed, theta)
        for center, thetas in centers.items()
        for radius in radii
        for seed, theta in zip(seeds, thetas, strict=True)
    ]
    tables = []
    for center, radius, seed, theta in track(cells, f"overlaps about {about}: spheres"):
        middle = theta if about == "center" else torch.zeros_like(theta)
        loss = _loss_on_sphere(objective, middle, radius * float(theta.norm()))
        names: dict = {"network": network, "center": center, "about": about, "radius": radius}
        tables.append(covariances(loss, len(theta), circles, seed).assign(**names, seed=seed))
    table = pd.concat(tables, ignore_index=True)
    _warn(table)
    return table[[*CELL, "seed", "overlap", "covariance", "circles"]]


def covariances(
    loss: Callable[[Tensor], float], parameters: int, circles: int, seed: int
) -> pd.DataFrame:
    """Return C(q) of a function of unit vectors (P,): ``overlap``, ``covariance``, ``circles``.

    Unbiased: the square of the mean is taken from products of two different circles' means. Circles
    with a value that is not finite are left out; NaN where fewer than two are left.
    """
    rng = generator(seed, "circles")
    values = np.array(
        [[loss(u) for u in _circle(parameters, rng)] for _ in range(circles)], dtype=float
    )
    values = values[np.isfinite(values).all(axis=1)]
    return pd.DataFrame(
        {"overlap": OVERLAPS, "covariance": _products(values), "circles": len(values)}
    )


def of_network(
    objective: Objective, theta: Tensor, radius: float, circles: int, seed: int
) -> dict[str, float]:
    """Return ``odd_share`` and ``even_order`` (see `orders`) on one sphere about θ (P,).

    Of one network they are noisy: heavy tails of the loss want many circles.
    """
    loss = _loss_on_sphere(objective, theta, radius * float(theta.norm()))
    covariance = covariances(loss, len(theta), circles, seed)["covariance"].to_numpy()
    _, even_order, odd_share = _orders(covariance / covariance[0])
    return {"odd_share": float(odd_share), "even_order": float(even_order)}


def _products(values: np.ndarray) -> np.ndarray:
    """Return the covariances (`OVERLAPS`) of values (circles, `POINTS`)."""
    if len(values) < 2:
        return np.full(len(OVERLAPS), np.nan)
    values = values - values.mean()
    means = values.mean(axis=1)
    products = [(values * np.roll(values, shift, axis=1)).mean() for shift in range(len(OVERLAPS))]
    return np.array(products) + means.var(ddof=1) / len(values)


def _circle(parameters: int, rng: torch.Generator) -> Tensor:
    """Draw a great circle: `POINTS` unit vectors (POINTS, P), evenly apart."""
    two = torch.randn(2, parameters, generator=rng, dtype=torch.float64)
    u = two[0] / two[0].norm()
    w = two[1] - (two[1] @ u) * u
    angle = 2 * torch.pi * torch.arange(POINTS, dtype=torch.float64)[:, None] / POINTS
    return angle.cos() * u + angle.sin() * w / w.norm()


def _loss_on_sphere(
    objective: Objective, middle: Tensor, length: float
) -> Callable[[Tensor], float]:
    """Return the loss at `middle` (P,) + `length` u as a function of a unit vector u."""
    middle = middle.to(objective.flat.weights)

    def loss(u: Tensor) -> float:
        return objective.sample_losses(middle, (u.to(middle),), (length,)).means[0]

    return loss


def _check(radii: Sequence[float], circles: int, about: str) -> None:
    """Raise ProspectError where spheres cannot be sampled."""
    for radius in radii:
        if not radius > 0:
            raise ProspectError(f"overlaps: radius {radius}; want more than 0")
    if circles < 2:
        raise ProspectError(f"overlaps: {circles} circle a sphere; want at least 2")
    if about not in ABOUT:
        raise ProspectError(f"overlaps: about '{about}'; {hint(about, ABOUT)}")


def _warn(table: pd.DataFrame) -> None:
    """Name in the log the spheres that leave only NaN."""
    nothing = table.groupby(["center", "radius"], sort=False)["covariance"].count() == 0
    for center, radius in nothing.index[nothing]:
        log.warning(
            "overlaps: at radius %g about '%s' no network has finite losses; want a smaller one",
            radius,
            center,
        )


def orders(table: pd.DataFrame, draws: int = DRAWS) -> pd.DataFrame:
    """Return effective orders and odd share: a row a sphere (`CELL`) and ``quantity``.

    ``order``: p_eff at the overlap of two neighbours on a circle; ``even_order``: the same of
    [C(q) + C(−q)] / 2; ``odd_share``: the odd part's share of the variance. Columns ``number``,
    ``low``, ``high`` (95 % interval by bootstrap over networks, NaN for one), ``networks`` (those
    with finite covariances). `table` is that of `overlaps`.
    """
    return _over_networks(table, "quantity", ("order", "even_order", "odd_share"), _orders, draws)


def orders_of_networks(table: pd.DataFrame) -> pd.DataFrame:
    """Return ``order``, ``even_order`` and ``odd_share`` of every network: a row a sphere and seed.

    Those of single networks are noisy; `orders` takes them of the mean over networks. NaN where a
    network has no finite covariances, or no order. `table` is that of `overlaps`.
    """
    wide = _by_overlap(table, [*CELL, "seed"])
    found = [_orders(row / row[0]) if row[0] > 0 else np.full(3, np.nan) for row in wide.to_numpy()]
    numbers = pd.DataFrame(found, wide.index, ["order", "even_order", "odd_share"])
    return numbers.where(np.isfinite(numbers)).reset_index()


def pspins(draws: int, circles: int) -> pd.DataFrame:
    """Return the covariances of spherical p-spins, the control: a table as of `overlaps`.

    ``network`` is ``p-spin 1`` and so on, ``seed`` a draw of the couplings.
    """
    tables = [
        covariances(pspin(degree, seed), SPINS[degree], circles, seed).assign(
            network=f"p-spin {degree}", center="none", about="zero", radius=1.0, seed=seed
        )
        for degree in SPINS
        for seed in track(range(draws), f"p-spins of degree {degree}")
    ]
    table = pd.concat(tables, ignore_index=True)
    return table[[*CELL, "seed", "overlap", "covariance", "circles"]]


def spectra(table: pd.DataFrame, degrees: int = DEGREES, draws: int = DRAWS) -> pd.DataFrame:
    """Return the spectrum a_p ≥ 0 of C(q)/C(1) = Σ_p a_p q^p: a row a sphere and ``degree``.

    By non-negative least squares over all overlaps, degrees 1 to `degrees`; the last stands for all
    above it. Columns as of `orders`.
    """
    names = tuple(range(1, degrees + 1))
    powers = OVERLAPS[:, None] ** np.array(names)
    return _over_networks(table, "degree", names, lambda mean: nnls(powers, mean)[0], draws)


def _orders(correlation: np.ndarray) -> np.ndarray:
    """Return order, even order and odd share of C(q)/C(1) at `OVERLAPS`."""
    even = correlation + correlation[::-1]
    logs = np.log(OVERLAPS[1])
    with np.errstate(divide="ignore", invalid="ignore"):  # infinite: no correlation is left
        order = np.log(max(correlation[1], 0.0)) / logs
        even_order = np.log(max(even[1], 0.0) / even[0]) / logs if even[0] > ROUNDING else np.nan
    return np.array([order, even_order, (1 - correlation[-1]) / 2])


def _over_networks(
    table: pd.DataFrame,
    name: str,
    values: Sequence,
    statistic: Callable[[np.ndarray], np.ndarray],
    draws: int,
) -> pd.DataFrame:
    """Return a statistic of the networks' mean C(q)/C(1) with its bootstrap interval, by sphere."""
    rows = []
    for cell, own in table.groupby(list(CELL), sort=False):
        wide = _by_overlap(own, ["seed"]).to_numpy()
        wide = wide[np.isfinite(wide).all(axis=1) & (wide[:, 0] > 0)]
        found = _bootstrapped(wide / wide[:, :1], len(values), statistic, draws)
        named = dict(zip(CELL, cell, strict=True))
        for value, number, low, high in zip(values, *found, strict=True):
            limits = {"number": number, "low": low, "high": high}
            rows.append(named | {name: value} | limits | {"networks": len(wide)})
    return pd.DataFrame(rows)


def _by_overlap(table: pd.DataFrame, index: list[str]) -> pd.DataFrame:
    """Return covariances with a column an overlap, in the order of `OVERLAPS`, from 1 to −1."""
    wide = table.pivot(index=index, columns="overlap", values="covariance")
    # not by their values: a number that was written and read may be off by its last digit
    return wide.sort_index(axis=1, ascending=False)


def _bootstrapped(
    correlations: np.ndarray,
    count: int,
    statistic: Callable[[np.ndarray], np.ndarray],
    draws: int,
) -> np.ndarray:
    """Return the statistic (count,) of the mean of rows (M, …) and its 95 % limits, (3, count)."""
    networks = len(correlations)
    if networks == 0:
        return np.full((3, count), np.nan)
    number = statistic(correlations.mean(axis=0))
    if networks == 1:
        return np.stack([number, *np.full((2, count), np.nan)])
    rng = np.random.default_rng(stable_hash(0, "bootstrap"))
    drawn = rng.integers(networks, size=(draws, networks))
    found = np.array([statistic(correlations[index].mean(axis=0)) for index in drawn])
    # one of the values found, as between infinite ones there is nothing
    limits = np.quantile(found, [0.025, 0.975], axis=0, method="inverted_cdf")
    return np.stack([number, *limits])
