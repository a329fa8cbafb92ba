"""Independent solutions before and after alignment, against width, with two nulls.

Alignment makes the overlap large without any likeness. So it is held against the same weights
shuffled within the rows that lead into a unit, and against untrained networks. How much the barrier
falls with width depends on how long networks are trained: their losses stand beside it. Ours, after
the abstract of arXiv:2407.20724; barriers modulo permutation of two-layer networks against width
are those of arXiv:2503.06001.
"""

import itertools
from collections.abc import Sequence

import pandas as pd
from torch import Tensor

from prospect.base.errors import ProspectError
from prospect.base.progress import track
from prospect.landscape.alignment import Symmetry, align, null_overlaps, symmetry_of
from prospect.landscape.compare import chord
from prospect.model.ensemble import collect, members, train_ensemble
from prospect.model.objective import Objective
from prospect.model.setting import Setting

NULL_DRAWS = 2  # a pair: there are many pairs
STATES = ("untrained", "trained")


def widths(
    setting: Setting, width: int, seeds: Sequence[int], samples: int | None = None
) -> pd.DataFrame:
    """Train networks with one hidden ReLU layer and compare all pairs: a row a state and pair.

    Columns ``network``, ``width``, ``epochs``, ``state`` (of `STATES`) and those of `pairs_of`;
    ``seed`` and ``seed_b`` are the two networks'.

    Parameters
    ----------
    setting
        The data and the recipe; its own network only names the table.
    width
        h, the number of hidden units.
    seeds : (M,)
        A network each, which no two share.
    samples
        Of the training set, on which losses are taken; all by default.

    Raises
    ------
    ProspectError
        Where there are fewer than two networks.
    """
    if len(seeds) < 2:
        raise ProspectError(f"widths: {len(seeds)} networks of a width; want at least 2")
    name, data, training = setting.name, setting.data, setting.training
    networks = members({"architecture": "mlp", "hidden": [width]}, data, seeds)
    what = f"{name}: width {width}, {training['epochs']} epochs"
    states = train_ensemble(networks, data, training, seeds, setting.device, what=what)
    first = next(states)
    last, _ = collect(states)
    part = data.train.subset(samples, seed=0)
    objective = Objective(networks[0], part, device=setting.device)
    symmetry = symmetry_of(networks[0])
    tables = []
    for state, epochs in zip(STATES, (first, last), strict=True):
        table = pairs_of(objective, symmetry, epochs.theta, seeds, f"{name}: {state} pairs")
        tables.append(
            table.assign(network=name, width=width, epochs=training["epochs"], state=state)
        )
    columns = ["network", "width", "epochs", "state"]
    whole = pd.concat(tables, ignore_index=True)
    return whole[columns + [column for column in whole if column not in columns]]


def pairs_of(
    objective: Objective,
    symmetry: Symmetry,
    thetas: Tensor,
    seeds: Sequence[int],
    what: str | None,
) -> pd.DataFrame:
    """Compare all pairs of networks θ (M, P) before and after alignment: a row a pair.

    Columns ``seed``, ``seed_b``; ``overlap``, ``aligned_overlap``; ``null_overlap``, after
    alignment to weights that are shuffled in rows; ``barrier``, ``aligned_barrier``, the supremum
    above the chord in nats; ``loss``, ``accuracy``, the means of the two ends.
    """
    rows = []
    pairs = list(itertools.combinations(zip(seeds, thetas, strict=True), 2))
    for (seed, a), (seed_b, b) in track(pairs, what):
        found = align(a, b, symmetry, seed)
        before, after = chord(objective, a, b), chord(objective, a, found.theta)
        null = null_overlaps(a, b, symmetry, seed, NULL_DRAWS).mean()
        rows.append(
            {
                "seed": seed,
                "seed_b": seed_b,
                "overlap": found.overlap,
                "aligned_overlap": found.aligned_overlap,
                "null_overlap": float(null),
                "barrier": before.barrier,
                "aligned_barrier": after.barrier,
                "loss": (before.loss_a + before.loss_b) / 2,
                "accuracy": (before.accuracy_a + before.accuracy_b) / 2,
            }
        )
    return pd.DataFrame(rows)
