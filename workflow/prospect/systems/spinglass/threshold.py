"""Where the landscape turns: width × number of samples, across the interpolation threshold.

Beyond the paper, ours. Every network takes as many steps, so more samples are fewer epochs. Where
there are more samples than a network can fit, its training loss stays; what of the landscape
changes there, as the sign of a phase, is looked at beside it.
"""

from collections.abc import Sequence

import pandas as pd

from prospect.landscape.alignment import align, symmetry_of
from prospect.landscape.compare import chord
from prospect.model.ensemble import collect, members, train_ensemble
from prospect.model.objective import Objective
from prospect.model.setting import Setting
from prospect.systems.spinglass.flatness import trace_of
from prospect.systems.spinglass.overlaps import of_network

OUTCOMES = ("loss", "accuracy", "test_loss", "test_accuracy")


def threshold(
    setting: Setting, width: int, seeds: Sequence[int], radius: float, circles: int
) -> pd.DataFrame:
    """Train networks with one hidden ReLU layer on some samples and look about: a row a network.

    Columns ``network``, ``width``, ``samples``, ``seed``, ``parameters`` (P), ``epochs``;
    ``loss``, ``accuracy``, ``test_loss``, ``test_accuracy``; ``scale_free_trace`` (tr H ‖θ‖²),
    ``odd_share`` and ``even_order`` of `overlaps.of_network`; ``barrier`` and
    ``aligned_barrier``, in nats, to the network of the next seed, the last one's to the first.

    Parameters
    ----------
    setting
        Data and recipe, see `recipe_of`; its own network only names the table.
    width
        h, the number of hidden units.
    seeds : (M,)
        A network each, at least two.
    radius, circles
        Of the spheres on which the spectrum is taken, see `overlaps`.
    """
    data, training = setting.data, setting.training
    samples = len(data.train.targets)
    networks = members({"architecture": "mlp", "hidden": [width]}, data, seeds)
    what = f"{setting.name}: width {width}, {samples} samples"
    last, _ = collect(train_ensemble(networks, data, training, seeds, setting.device, what=what))
    objective = Objective(networks[0], data.train, device=setting.device)
    symmetry = symmetry_of(networks[0])
    rows = []
    for member, (seed, theta) in enumerate(zip(seeds, last.theta, strict=True)):
        other = last.theta[(member + 1) % len(seeds)]
        aligned = align(theta, other, symmetry, seed).theta
        rows.append(
            {
                "network": setting.name,
                "width": width,
                "samples": samples,
                "seed": seed,
                "parameters": len(theta),
                "epochs": training["epochs"],
                **{outcome: float(last.row[outcome][member]) for outcome in OUTCOMES},
                "scale_free_trace": trace_of(objective, theta) * float(theta.norm()) ** 2,
                **of_network(objective, theta, radius, circles, seed),
                "barrier": chord(objective, theta, other).barrier,
                "aligned_barrier": chord(objective, theta, aligned).barrier,
            }
        )
    return pd.DataFrame(rows)


def recipe_of(training: dict, samples: int, steps: int) -> dict:
    """Return the recipe of networks that see so many samples and take as many steps, or a few more.

    Batches are as in the recipe, or of all samples where these are fewer.
    """
    batch = min(training["batch"], samples)
    epochs = -(-steps // (samples // batch))
    return training | {"samples": samples, "batch": batch, "epochs": epochs}
