"""The kinds of directions: what the config may ask for, without what computes them."""

from collections.abc import Mapping

KINDS = ("noise", "to", "weights", "gradient", "hessian", "pca")
MINED = "mined"


def kind_of(spec: Mapping | None) -> str:
    """Return the kind of a direction as the config describes it; without a description, mined.

    >>> kind_of({"noise": "gaussian", "normalise": "filter"})
    'noise'
    """
    return MINED if spec is None else next(kind for kind in KINDS if kind in spec)


def target_of(spec: Mapping) -> tuple[str | int, str] | None:
    """Return whose other center a direction is made from, and which; None where from none.

    >>> target_of({"to": "trained", "of": "twin"}), target_of({"weights": "sign"})
    (('twin', 'trained'), None)
    """
    center = spec.get("to", spec.get("at"))
    return (spec.get("of", "self"), center) if center else None


def runs_of(spec: Mapping) -> list[str | int]:
    """Return whose training runs a direction or trajectory is about.

    >>> runs_of({"pca": 1}), runs_of({"pca": 2, "of": [0, 1]})
    (['self'], [0, 1])
    """
    of = spec.get("of", "self")
    return list(of) if isinstance(of, list) else [of]


def source_of(spec: Mapping | None) -> str:
    """Return what tables call a direction's source: its kind, or ``signed noise``."""
    return "signed noise" if spec and spec.get("signs") else kind_of(spec)


def noise_in_words(spec: Mapping) -> str:
    """Say which noise a direction or population is, with all that was done to it.

    >>> noise_in_words({"noise": "binary", "signs": 0.5, "only": "weight", "normalise": "filter"})
    'binary signs 0.5 only weight filter'
    >>> noise_in_words({"noise": "gaussian", "signs": 0, "normalise": "scaled"})
    'gaussian'
    """
    words = [spec["noise"], *(f"{key} {spec[key]}" for key in ("signs", "only") if spec.get(key))]
    how = spec.get("normalise", "scaled")
    return " ".join(words if how == "scaled" else [*words, how])
