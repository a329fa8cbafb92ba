"""The ladder of bounds on the Hessian H_i of one sample's loss, from measured to Lemma 1.

For a perceptron with matrices W^(1) … W^(Q), no biases, x^(p) what enters layer p, D^(p) its units
that are on, A = diag p − ppᵀ with softmax outputs p, G^(p) = W^(Q) D^(Q−1) W^(Q−1) … D^(p), M_W the
largest ‖W^(p)‖₂, M_x = ‖x‖ of the sample itself:

``norm`` : ‖H_i‖₂, measured, by products alone
``sum`` : ``gauss_newton`` + ``functional``, norms of the two terms of H_i = G_i + S_i
``gauss_newton`` : ‖G_i‖₂ = λ_max(A^½ K A^½), K = Σ_p ‖x^(p)‖² G^(p) G^(p)ᵀ, a C × C matrix: exact
``own`` : λ_max(A) Σ_p ‖x^(p)‖² Π_{s>p} ‖W^(s)‖² (our definition)
``product`` : the same with ½, which no λ_max(A) exceeds, for λ_max(A)
``theorem`` : √2 Q M_x² M_W^{2Q} + √2 M_W² (M_W^{2Q} − 1)/(M_W² − 1) (arXiv:2409.11995, Theorem 1)
``lemma`` : Theorem 1 with the largest √(rows · columns) M for M_W, M the largest |w| (Lemma 1 says
    hM, which bounds the norm of an h × h matrix; the first one may need more)

Theorems for every sample: norm ≤ sum, gauss_newton ≤ own ≤ product, theorem ≤ lemma. Theorem 1
leaves S_i out, so it does not bound the norm; and it counts W^(p) itself in Π_{s≥p}, so that
product ≤ theorem where M_W ≥ 8^(−¼) = 0.595, and need not elsewhere.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from prospect.base.errors import ProspectError
from prospect.base.progress import track
from prospect.model import ensemble
from prospect.model.data import Data
from prospect.model.objective import Objective
from prospect.systems.samples import sample_hessians
from prospect.systems.samples.perceptrons import (
    Perceptron,
    forward,
    is_dead,
    matrices_of,
    perceptron,
)

RUNGS = ("norm", "sum", "gauss_newton", "own", "product", "theorem", "lemma")
# what each step of the ladder costs, in decades: their sum is the lemma above the norm
STEPS = {
    "two_terms": ("sum", "norm"),
    "functional_dropped": ("gauss_newton", "sum"),
    "products": ("own", "gauss_newton"),
    "softmax": ("product", "own"),
    "largest_norm": ("theorem", "product"),
    "entries": ("lemma", "theorem"),
}
ROUNDING = 1e-6  # of a norm, below which an inequality is not called violated
LARGE_ENOUGH = 8**-0.25  # M_W from which on the product form is below Theorem 1
INITIAL, TRAINED = "initial", "trained"


class Ladder(NamedTuple):
    """The rungs of some samples, float64 (N,) each.

    eigenvalue_low : the smallest eigenvalue of H_i
    softmax_norm : λ_max(A)
    """

    norm: Tensor
    eigenvalue_low: Tensor
    gauss_newton: Tensor
    functional: Tensor
    softmax_norm: Tensor
    own: Tensor
    product: Tensor
    theorem: Tensor
    lemma: Tensor


def plan(own: Mapping) -> dict[Perceptron, tuple[float, ...]]:
    """List the perceptrons that a section asks for, each with the scales of its initialisation.

    `own` holds ``widths`` (at ``depth``), ``depths`` (at ``width``), and the ``scales`` of the
    ``shallow`` ones, the widths of perceptrons with one hidden layer.
    """
    shallow = [Perceptron(width, 0) for width in own["shallow"]]
    lines = [Perceptron(width, own["depth"]) for width in own["widths"]]
    lines += [Perceptron(own["width"], depth) for depth in own["depths"]]
    scales = dict.fromkeys([*lines, *shallow], (1.0,))
    return scales | dict.fromkeys(shallow, tuple(sorted({*own["scales"], 1.0})))


def bounds(
    name: str,
    data: Data,
    training: dict,
    width: int,
    depth: int,
    seeds: Sequence[int],
    scales: Sequence[float] = (1.0,),
    samples: int = 64,
    device="cpu",
) -> pd.DataFrame:
    """Climb the ladder at initialisations, scaled ones, and trained networks: a row a sample.

    Columns ``network``, ``width``, ``depth``, ``state`` (``initial`` or ``trained``), ``scale`` of
    all weights (1 where trained), ``seed``, ``sample``; the fields of `Ladder` and ``sum``;
    ``weight_norm``, M_W; ``loss`` and ``dead`` of the network: its mean loss over these samples in
    nats, and whether all of it is off.

    Parameters
    ----------
    name, data, training
        The network's name for the table, its data, and its recipe.
    width, depth
        Of a `perceptrons.perceptron`.
    seeds : (M,)
        A network each.
    scales
        Of the initialisation.
    samples
        Of the training set, stratified by class.
    device
        Where networks are trained.

    Raises
    ------
    ProspectError
        Where there are not so many samples.
    """
    if samples > len(data.train.targets):
        raise ProspectError(
            f"bounds: {samples} samples are more than the {len(data.train.targets)} of the "
            "training set"
        )
    networks = ensemble.members(perceptron(width, depth), data, seeds)
    objective = Objective(networks[0], data.train.subset(samples, seed=0), dtype=torch.float64)
    states = ensemble.train_ensemble(networks, data, training, seeds, device, what=f"{name}: train")
    first = next(states)
    last, _ = ensemble.collect(states)
    places = [(INITIAL, scale, first.theta) for scale in scales] + [(TRAINED, 1.0, last.theta)]
    tables = []
    for state, scale, thetas in track(places, f"{name}: bounds"):
        for seed, theta in zip(seeds, thetas.double(), strict=True):
            names = {"network": name, "width": width, "depth": depth}
            names |= {"state": state, "scale": scale, "seed": seed}
            table = table_of(objective, scale * theta, seed)
            tables.append(pd.DataFrame(names, index=table.index).join(table))
    return pd.concat(tables, ignore_index=True)


def table_of(objective: Objective, theta: Tensor, seed: int) -> pd.DataFrame:
    """Return the ladder of all samples of an objective at θ (P,), a row each, as `bounds` says."""
    found = ladder(objective, theta, seed)
    losses = objective.sample_losses(theta).loss
    columns = {column: rung.numpy() for column, rung in found._asdict().items()}
    table = pd.DataFrame({"sample": range(len(losses))} | columns)
    table["sum"] = table["gauss_newton"] + table["functional"]
    table["weight_norm"] = float(_norms_of(matrices_of(objective, theta)).max())
    return table.assign(loss=float(losses.mean()), dead=is_dead(losses))


def ladder(objective: Objective, theta: Tensor, seed: int = 0) -> Ladder:
    """Return the rungs of all samples of an objective in float64 at θ (P,).

    `seed` is for the start of Lanczos. Raises ProspectError where the network is no perceptron
    without biases.
    """
    weights = matrices_of(objective, theta)
    entering, on, outputs = forward(weights, objective.inputs)
    squares = torch.stack([values.square().sum(1) for values in entering])  # (Q, N)
    low, high = sample_hessians.extremes_of(sample_hessians.whole, objective, theta, seed).T
    ends = sample_hessians.extremes_of(sample_hessians.functional_part, objective, theta, seed)
    root = softmax_root(outputs)
    after = _norms_of(weights).square().flip(0).cumprod(0).flip(0)  # Π_{s≥p} ‖W^(s)‖²
    product = (squares * torch.cat([after[1:], after.new_ones(1)])[:, None]).sum(0)
    softmax_norm = _largest(root.transpose(1, 2) @ root)
    largest = max(float(m.abs().max()) * np.sqrt(m.numel()) for m in weights)
    return Ladder(
        norm=torch.maximum(low.abs(), high.abs()),
        eigenvalue_low=low,
        gauss_newton=_gauss_newton(weights, squares, on, root),
        functional=ends.abs().amax(1),
        softmax_norm=softmax_norm,
        own=softmax_norm * product,
        product=product / 2,
        theorem=theorem(squares[0], float(_norms_of(weights).max()), len(weights)),
        lemma=theorem(squares[0], largest, len(weights)),
    )


def theorem(squares: Tensor, weight_norm: float, layers: int) -> Tensor:
    """Return Theorem 1 (N,) for ‖x‖² (N,), M_W and the number of matrices Q."""
    powers = weight_norm ** (2 * np.arange(1, layers + 1))  # their sum is the fraction
    return np.sqrt(2) * (layers * squares * powers[-1] + powers.sum())


def softmax_root(outputs: Tensor) -> Tensor:
    """Return B (N, C, C) with A = BBᵀ: B = diag √p − p √pᵀ (our derivation).

    1 − p is a sum, so that a confident sample keeps its digits.
    """
    chances = outputs.softmax(1)
    eye = torch.eye(outputs.shape[1], dtype=torch.bool)
    rest = chances[:, None, :].expand(-1, outputs.shape[1], -1).masked_fill(eye, 0).sum(2)
    root = chances.sqrt()
    return torch.where(eye, torch.diag_embed(root * rest), -chances[:, :, None] * root[:, None])


def _gauss_newton(weights: list[Tensor], squares: Tensor, on: list[Tensor], root: Tensor) -> Tensor:
    """Return ‖G_i‖₂ (N,), as λ_max(Bᵀ K B), from the last layer down."""
    to_outputs = torch.eye(root.shape[1], dtype=root.dtype).expand_as(root)  # G^(p), (N, C, h_p)
    total = squares[-1][:, None, None] * to_outputs
    for p in range(len(weights) - 2, -1, -1):
        to_outputs = (to_outputs @ weights[p + 1]) * on[p][:, None]
        total = total + squares[p][:, None, None] * to_outputs @ to_outputs.transpose(1, 2)
    return _largest(root.transpose(1, 2) @ total @ root)


def _largest(matrices: Tensor) -> Tensor:
    """Return the largest eigenvalues (N,) of matrices (N, C, C), not below 0 by rounding."""
    return torch.linalg.eigvalsh(matrices)[:, -1].clamp(min=0)


def _norms_of(weights: list[Tensor]) -> Tensor:
    """Return the spectral norms (Q,) of the matrices."""
    return torch.stack([torch.linalg.matrix_norm(matrix, 2) for matrix in weights])


def ladder_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Summarise the ladders of networks: a row a network, state, scale and seed.

    `rows` as of `bounds`. Medians over the samples whose Hessian is not zero, in decades:
    ``log_`` of every rung, the costs of `STEPS`, ``slack`` (theorem above norm) and
    ``functional_ratio`` (functional above gauss_newton). Shares of these samples: ``sum_violated``
    and ``theorem_violated`` (where the norm is larger), ``theorem_violated_by_gauss_newton``,
    ``gauss_newton_exceeded`` (by the norm). ``violation`` and ``violation_by_gauss_newton`` are the
    medians of norm and gauss_newton in units of the theorem;
    ``out_of_order`` counts the samples at which any inequality that is a theorem fails; ``zero``
    those whose Hessian is zero, ``count`` all others. ``weight_norm``, ``loss`` and ``dead`` are
    the network's.
    """
    names = ["network", "width", "depth", "state", "scale", "seed"]
    groups = rows.groupby(names, sort=False)
    return pd.DataFrame([dict(zip(names, key, strict=True)) | _summary(own) for key, own in groups])


def _summary(rows: pd.DataFrame) -> dict[str, float]:
    """Summarise the ladder of one network."""
    live = rows[rows["norm"] > 0]
    logs = live[[*RUNGS, "functional"]].clip(lower=np.finfo(float).tiny).apply(np.log10)
    medians = {f"log_{rung}": logs[rung].median() for rung in RUNGS}
    costs = {step: (logs[over] - logs[under]).median() for step, (over, under) in STEPS.items()}
    above = live["norm"] * (1 - ROUNDING)
    broken = (above > live["sum"]) | (live["gauss_newton"] * (1 - ROUNDING) > live["own"])
    broken |= (live["own"] * (1 - ROUNDING) > live["product"]) | (live["theorem"] > live["lemma"])
    large = live["weight_norm"] >= LARGE_ENOUGH
    broken |= large & (live["product"] * (1 - ROUNDING) > live["theorem"])
    by_part = live["gauss_newton"] * (1 - ROUNDING) > live["theorem"]
    return medians | costs | {
        "slack": (logs["theorem"] - logs["norm"]).median(),
        "functional_ratio": (logs["functional"] - logs["gauss_newton"]).median(),
        "violation": (live["norm"] / live["theorem"]).median(),
        "violation_by_gauss_newton": (live["gauss_newton"] / live["theorem"]).median(),
        "sum_violated": (above > live["sum"]).mean(),
        "theorem_violated": (above > live["theorem"]).mean(),
        "theorem_violated_by_gauss_newton": by_part.mean(),
        "gauss_newton_exceeded": (above > live["gauss_newton"]).mean(),
        "out_of_order": int(broken.sum()),
        "zero": len(rows) - len(live),
        "count": len(live),
        "weight_norm": rows["weight_norm"].iloc[0],
        "loss": rows["loss"].iloc[0],
        "dead": bool(rows["dead"].iloc[0]),
    }  # fmt: skip
