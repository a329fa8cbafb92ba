"""Tables of random numbers, for figures."""

import itertools

import numpy as np
import pandas as pd

SEEDS = range(4)


def table_of(columns, **names):
    """A row for every combination of names, with random positive numbers."""
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        [
            dict(zip(names, values, strict=True)) | {c: rng.uniform(0.1, 0.9) for c in columns}
            for values in itertools.product(*names.values())
        ]
    )


def of_seeds(columns, **names):
    """The same, a row for every seed too."""
    return table_of(columns, **names, seed=SEEDS)
