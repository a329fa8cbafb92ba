"""Where the landscape turns: width × number of samples, across the interpolation threshold.

Beyond the paper, ours. Every network takes as many steps, so more samples are fewer epochs. Where
there are more samples than a network can fit, its training loss stays; what of the landscape
changes there, as the sign of a phase, is looked at beside it.
"""

import itertools
from collections.abc import Sequence

import pandas as pd

from prospect.landscape.alignment import align, symmetry_of
from prospect.landscape.compare import chord
from prospect.model.data import Data, training_part
from prospect.model.ensemble import collect, members, train_ensemble
from prospect.model.objective import Objective
from prospect.systems.spinglass.flatness import trace_of
from prospect.systems.spinglass.overlaps import of_network

OUTCOMES = ("loss", "accuracy", "test_loss", "test_accuracy")


def threshold(
    name: str,
    data: Data,
    training: dict,
    width: int,
    samples: int,
    steps: int,
    seeds: Sequence[int],
    radius: float,
    circles: int,
    device="cpu",
) -> pd.DataFrame:
    """Train networks with one hidden ReLU layer on some samples and look about: a row a network.

    Columns ``network``, ``width``, ``samples``, ``seed``, ``parameters`` (P), ``epochs``;
    ``loss``, ``accuracy``, ``test_loss``, ``test_accuracy``; ``scale_free_trace`` (tr H ‖θ‖²),
    ``odd_share`` and ``even_order`` of `overlaps.of_network`; ``barrier`` and
    ``aligned_barrier``, in nats, to the network of the next seed, the last one's to the first.

    Parameters
    ----------
    name, data, training
        The recipe's name for the table, the whole data set, and the recipe.
    width, samples
        Hidden units, and training samples: the first of one fixed random order.
    steps
        Of every network; the epochs are the fewest that have as many.
    seeds : (M,)
        A network each, at least two.
    radius, circles
        Of the spheres on which the spectrum is taken, see `overlaps`.
    device
        Where networks are trained.
    """
    part = training_part(data.train, data.classes, training | {"samples": samples})
    own, batch = data._replace(train=part), min(training["batch"], samples)
    epochs = -(-steps // (samples // batch))
    recipe = training | {"batch": batch, "epochs": epochs}
    networks = members({"architecture": "mlp", "hidden": [width]}, own, seeds)
    what = f"{name}: width {width}, {samples} samples"
    last, _ = collect(train_ensemble(networks, own, recipe, seeds, device, what=what))
    objective, symmetry = Objective(networks[0], part), symmetry_of(networks[0])
    rows = []
    for member, (seed, theta) in enumerate(zip(seeds, last.theta, strict=True)):
        other = last.theta[(member + 1) % len(seeds)]
        aligned = align(theta, other, symmetry, seed).theta
        rows.append(
            {
                "network": name,
                "width": width,
                "samples": samples,
                "seed": seed,
                "parameters": len(theta),
                "epochs": epochs,
                **{outcome: float(last.row[outcome][member]) for outcome in OUTCOMES},
                "scale_free_trace": trace_of(objective, theta) * float(theta.norm()) ** 2,
                **of_network(objective, theta, radius, circles, seed),
                "barrier": chord(objective, theta, other).barrier,
                "aligned_barrier": chord(objective, theta, aligned).barrier,
            }
        )
    return pd.DataFrame(rows)


def cells(widths: Sequence[int], samples: Sequence[int], available: int) -> list[tuple[int, int]]:
    """List the cells of the map, those of more samples than there are left out."""
    return [(w, n) for w, n in itertools.product(widths, samples) if n <= available]
