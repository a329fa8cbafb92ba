"""Names of directions: what ``name``, ``name.1`` and ``name.2`` mean, and a center's name."""


def split(reference: str) -> tuple[str, int]:
    """Return the file that a reference means, by name, and the row of its direction there.

    >>> split("gaussian"), split("heart.2")
    (('gaussian', 0), ('heart', 1))
    """
    name, _, number = reference.partition(".")
    return name, int(number or 1) - 1


def is_mined_origin(center: str, pattern: str) -> bool:
    """Whether a center is the origin that was mined with a pattern: it bears the pattern's name."""
    return center == pattern
