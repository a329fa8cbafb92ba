"""The kinds of directions: what the config may ask for, without what computes them."""

from collections.abc import Mapping

KINDS = ("noise", "to", "sign", "gradient", "hessian")
MINED = "mined"


def kind_of(spec: Mapping | None) -> str:
    """Return the kind of a direction as the config describes it; without a description, mined.

    >>> kind_of({"noise": "gaussian", "normalise": "filter"})
    'noise'
    """
    return MINED if spec is None else next(kind for kind in KINDS if kind in spec)
