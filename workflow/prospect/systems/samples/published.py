"""What the authors of arXiv:2409.11995 published of their experiment, read off their figures.

The smoothed |L_{k+1} − L_k| at k ≈ 9,990 of 10,000 samples in 1e-5 nats, after 10 epochs, to 1 or
2 %: over the width at depth 5, and over the depth at width 16. `direct` are pixels, `vit` features
of a pretrained network. What could not be read is missing.
"""

import pandas as pd

SAMPLES = 9991  # k + 1 of the samples that were read
WIDTHS, DEPTHS = (4, 8, 16, 32, 64), (1, 3, 5, 7, 10)
MISSING = (float("nan"),) * 5
# data set, inputs: by width, by depth
READ = {
    ("mnist", "direct"): ((4.72, 7.46, 5.42, 3.90, 2.73), (4.29, 4.99, 5.45, 8.36, 6.40)),
    ("fashion-mnist", "direct"): ((4.34, 6.42, 6.33, 4.96, 4.66), (4.68, 5.48, 6.33, 6.25, 6.58)),
    ("cifar10", "direct"): ((2.37, 6.01, 7.20, 7.42, 7.38), (7.75, 7.79, 7.31, 6.42, 6.46)),
    ("cifar100", "direct"): ((2.96, 6.67, 8.11, 9.42, 10.4), (10.4, 9.29, 8.19, 6.11, 4.93)),
    ("mnist", "vit"): ((5.43, 5.77, 5.30, 4.89, 2.40), (2.53, 4.18, 5.25, 6.92, 5.78)),
    ("fashion-mnist", "vit"): ((7.62, 7.17, 4.25, 3.53, 2.72), (3.27, 3.60, 4.22, 5.57, 4.37)),
    ("cifar10", "vit"): ((5.67, 2.66, 1.16, 0.713, 0.284), (0.706, 0.744, 1.14, 1.50, 2.78)),
    ("cifar100", "vit"): (MISSING, (8.04, 10.9, 10.3, 7.43, 7.09)),
}


def levels() -> pd.DataFrame:
    """Return a row a data set, inputs and perceptron: ``level``, (k + 1) |L_{k+1} − L_k| in nats.

    ``varied`` is ``width`` or ``depth``.
    """
    rows = []
    for (data, inputs), (by_width, by_depth) in READ.items():
        said = {"data": data, "inputs": inputs}
        for width, value in zip(WIDTHS, by_width, strict=True):
            rows.append(said | {"varied": "width", "width": width, "depth": 5, "value": value})
        for depth, value in zip(DEPTHS, by_depth, strict=True):
            rows.append(said | {"varied": "depth", "width": 16, "depth": depth, "value": value})
    table = pd.DataFrame(rows)
    return table.assign(level=table.pop("value") * 1e-5 * SAMPLES).dropna(ignore_index=True)
