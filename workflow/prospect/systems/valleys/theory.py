"""Why the side of growing weights is flat: the two demonstrations of arXiv:2405.12489.

Both walk from weights w along four directions, of one norm each (all but ``sign`` are our
controls):

- ``sign``: η, the signs of w with a size: |ε|, ε ~ N(0, 1), in the softmax demonstration, 1 in that
  of ReLU
- ``same-cosine``: a Gaussian with the cosine of η with w, whose signs are its own
- ``gaussian``: a Gaussian
- ``sign-rest``: η without its part along w
"""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from scipy.special import log_softmax
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from prospect.base.seeding import stable_hash

LAMBDAS = np.arange(-10, 11) / 10
RELU_LAMBDAS = np.array([-1, -0.5, 0, 0.5, 1])
DIRECTIONS = ("sign", "same-cosine", "gaussian", "sign-rest")


def directions(weights: np.ndarray, eta: np.ndarray, rng: np.random.Generator) -> dict:
    """Return the four directions of P numbers by name, all of the norm of `eta` (our definition).

    `weights` and `eta` (…, P): each row has directions of its own.
    """
    unit = _unit(weights)
    along = (eta * unit).sum(-1, keepdims=True) * unit
    noise = rng.standard_normal(weights.shape)
    across = _unit(noise - (noise * unit).sum(-1, keepdims=True) * unit)
    norm, rest = _norm(eta), eta - along
    return {
        "sign": eta,
        "same-cosine": along + _norm(rest) * across,
        "gaussian": norm * _unit(noise),
        "sign-rest": norm * _unit(rest),
    }


def _norm(rows: np.ndarray) -> np.ndarray:
    return np.linalg.norm(rows, axis=-1, keepdims=True)


def _unit(rows: np.ndarray) -> np.ndarray:
    return rows / _norm(rows)


def softmax_demonstration(seeds=range(20), lambdas: np.ndarray = LAMBDAS) -> pd.DataFrame:
    """Walk from a logistic regression of the digits: W + λ ε, ‖ε‖ = ‖W‖, and look at its softmax.

    W (C, 64) has no intercept; pixels are in [0, 1]. Returns a row for every seed, direction and
    λ: the numbers of `softmax_row`.
    """
    inputs, targets = load_digits(return_X_y=True)
    inputs = inputs / 16
    fitted = LogisticRegression(max_iter=500, fit_intercept=False).fit(inputs, targets)
    rows = []
    for seed, name, epsilon in _sign_directions(fitted.coef_, seeds):
        for lam in lambdas:
            row = {"seed": seed, "direction": name, "lambda": float(lam)}
            rows.append(row | softmax_row(fitted.coef_ + lam * epsilon, epsilon, inputs, targets))
    return pd.DataFrame(rows)


def _sign_directions(weights: np.ndarray, seeds) -> Iterator[tuple[int, str, np.ndarray]]:
    """Yield a seed, a direction's name and the direction of the norm of the weights (C, D)."""
    flat = weights.ravel()
    for seed in seeds:
        rng = np.random.default_rng(stable_hash(seed, "softmax demonstration"))
        eta = np.abs(rng.standard_normal(flat.shape)) * np.sign(flat)
        for name, epsilon in directions(flat, _norm(flat) * _unit(eta), rng).items():
            yield seed, name, epsilon.reshape(weights.shape)


def softmax_row(
    weights: np.ndarray, epsilon: np.ndarray, inputs: np.ndarray, targets: np.ndarray
) -> dict[str, float]:
    """Return what the softmax of W x says at weights W (C, D), along ε (C, D).

    With p the probabilities of a sample x (arXiv:2405.12489): ``softmax_trace``, the mean of
    tr(diag p − ppᵀ); ``hessian_trace``, tr H, the mean of that times ‖x‖²; ``first_order`` εᵀg and
    ``second_order`` εᵀHε at W, g and H those of the mean cross-entropy; ``cross_entropy`` in nats;
    ``error``. Samples (N, D), targets (N,).
    """
    logs = log_softmax(inputs @ weights.T, axis=1)
    chances, steps = np.exp(logs), inputs @ epsilon.T  # (N, C)
    spread = 1 - (chances**2).sum(1)
    mean_step = (chances * steps).sum(1)
    own = np.arange(len(targets)), targets
    return {
        "softmax_trace": float(spread.mean()),
        "hessian_trace": float((spread * (inputs**2).sum(1)).mean()),
        "first_order": float((mean_step - steps[own]).mean()),
        "second_order": float(((chances * steps**2).sum(1) - mean_step**2).mean()),
        "cross_entropy": float(-logs[own].mean()),
        "error": float((logs.argmax(1) != targets).mean()),
    }


def relu_simulation(
    seeds=range(5),
    *,
    size: int = 64,
    aligned: float = 0.1,
    draws: int = 2000,
    lambdas: np.ndarray = RELU_LAMBDAS,
) -> pd.DataFrame:
    """Draw units w = a h + δ and inputs h, both N(0, 1), and ask when (w + λ ε)ᵀh is positive.

    ``agreement`` is the share of the draws in which it is exactly when wᵀh is, ``active`` that in
    which it is at all. `size` numbers in h, `aligned` is a, ‖ε‖ = √size. Returns a row for every
    seed, direction and λ (arXiv:2405.12489, its Code 1).
    """
    rows = []
    for seed in seeds:
        rng = np.random.default_rng(stable_hash(seed, "ReLU simulation"))
        inputs = rng.standard_normal((draws, size))
        weights = aligned * inputs + rng.standard_normal((draws, size))
        before = (weights * inputs).sum(1)
        for name, epsilon in directions(weights, np.sign(weights), rng).items():
            step = (epsilon * inputs).sum(1)
            for lam in lambdas:
                active = before + lam * step > 0
                row = {"seed": seed, "direction": name, "lambda": float(lam)}
                row["agreement"] = float((active == (before > 0)).mean())
                rows.append(row | {"active": float(active.mean())})
    return pd.DataFrame(rows)


def differences(demonstrations: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return what every number is on the + side less what it is on the − side.

    `demonstrations` are tables of this module by name, which is called ``network`` as in other
    tables. A row for every name, seed, direction, ``radius`` |λ| and ``measure``.
    """
    key, tables = ["seed", "direction", "radius"], []
    for name, table in demonstrations.items():
        rows = table.assign(radius=table["lambda"].abs().round(6))
        plus, minus = (
            rows[side].drop(columns="lambda").set_index(key)
            for side in (rows["lambda"] > 0, rows["lambda"] < 0)
        )
        found = (plus - minus).melt(var_name="measure", value_name="difference", ignore_index=False)
        tables.append(found.reset_index().assign(network=name))
    return pd.concat(tables, ignore_index=True)
