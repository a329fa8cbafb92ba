"""Arrays as the page's scripts read them: plotly's own form, bytes as base64."""

import base64
import math
from collections.abc import Mapping

import numpy as np

KINDS = {"f": ("f4", "<f4"), "b": ("u1", "u1"), "i": ("i4", "<i4"), "u": ("i4", "<i4")}


def packed(array: np.ndarray) -> dict[str, str]:
    """Return an array as plotly reads it: ``bdata``, ``dtype``, and ``shape`` if it has two axes.

    Floats have single precision, which is more than a screen shows; NaN stays NaN.

    >>> packed(np.array([1.0, 2.0]))
    {'bdata': 'AACAPwAAAEA=', 'dtype': 'f4'}
    """
    name, dtype = KINDS[array.dtype.kind]
    form = {"bdata": base64.b64encode(array.astype(dtype).tobytes()).decode(), "dtype": name}
    return form | ({"shape": ", ".join(map(str, array.shape))} if array.ndim > 1 else {})


def plain(value):
    """Return a value as JSON can say it: arrays packed, numbers of numpy plain, NaN as null.

    Infinity, which JSON lacks, is ``{"infinite": sign}``. Floats outside arrays are rounded to 7
    digits, as many as arrays keep.
    """
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, np.ndarray) and value.dtype.kind in KINDS:
        return packed(value)
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float):
        return _number(value)
    return value


def _number(value: float) -> float | dict[str, int] | None:
    if math.isinf(value):
        return {"infinite": 1 if value > 0 else -1}
    return None if math.isnan(value) else float(f"{value:.7g}")
