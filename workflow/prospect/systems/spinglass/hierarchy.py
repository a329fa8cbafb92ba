"""Whether solutions show a hierarchy, in weight space and in what they answer.

The rotation of aligned weights decides. All else stands beside it to show what it feigns: shuffled
distances wherever some networks are farther from all others; every null before alignment, where two
networks are alike only by the chance that some units have the same places; and every null for
answers, which differ on a few samples alone. Ours, after the abstract of arXiv:2407.20724.
"""

import pandas as pd
from torch import Tensor

from prospect.landscape.alignment import align_together
from prospect.model.objective import Objective
from prospect.systems.spinglass.overlaps_between import disagreements, layers
from prospect.systems.spinglass.solutions import Solutions
from prospect.systems.spinglass.ultrametricity import (
    DRAWS,
    Distances,
    against,
    cosine_distances,
    perpendicular,
    rotated,
    rows_kept,
    shuffled,
)


def hierarchy(
    solutions: Solutions, objective: Objective, seed: int, draws: int = DRAWS
) -> pd.DataFrame:
    """Test solutions for a hierarchy: a row a space and null.

    Columns ``network``, ``seed``, ``kind``; ``space`` and those of `of_vectors`. Spaces:
    ``weights``, aligned to one barycentre, and each layer's of these by its name; ``raw``, weights
    as they are; ``answers``, where the distance is the share of the objective's samples that are
    answered differently.

    Parameters
    ----------
    solutions
        At least four.
    objective
        Whose samples they answer: take the test set's.
    seed
        Of alignment and nulls.
    draws
        Of every null.

    Raises
    ------
    ProspectError
        As `ultrametricity.ultrametricity` does.
    """
    aligned = align_together(solutions.thetas, solutions.symmetry, seed).thetas
    spaces = {"weights": aligned, "raw": solutions.thetas}
    spaces |= {layer: aligned[:, index] for layer, index in layers(solutions.symmetry).items()}
    tables = {space: of_vectors(vectors, seed, draws) for space, vectors in spaces.items()}
    answered = disagreements(objective, solutions.thetas)
    tables["answers"] = of_distances(answered, seed, draws)
    whole = pd.concat(tables, names=["space"]).reset_index("space").reset_index(drop=True)
    names = solutions.table[["network", "seed", "kind"]].iloc[[0] * len(whole)]
    return pd.concat([names.reset_index(drop=True), whole], axis=1)


def of_vectors(vectors: Tensor, seed: int, draws: int = DRAWS) -> pd.DataFrame:
    """Test vectors (M, P) for a hierarchy: a row a null.

    Columns ``null`` (``shuffled``, ``rows``, ``rotation``) and those of `ultrametricity.against`.
    Distances are 1 − cosine; for the rotation, of the parts at right angles to the mean direction.
    """
    parts = perpendicular(vectors)
    rotation = against(cosine_distances(parts), rotated(parts), seed, draws)
    table = of_distances(cosine_distances(vectors), seed, draws)
    return pd.concat([table, pd.DataFrame([{"null": "rotation"} | rotation])], ignore_index=True)


def of_distances(distances: Distances, seed: int, draws: int = DRAWS) -> pd.DataFrame:
    """Test distances (M, M) for a hierarchy: a row a null, ``shuffled`` and ``rows``."""
    nulls = {"shuffled": shuffled(distances), "rows": rows_kept(distances)}
    return pd.DataFrame(
        [{"null": name} | against(distances, null, seed, draws) for name, null in nulls.items()]
    )
