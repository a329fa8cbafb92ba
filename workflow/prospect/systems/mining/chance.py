"""How often directions that were not mined show the shapes that were."""

import pandas as pd

from prospect.base.intervals import share

COLUMNS = ["kind", "shape", "center", "network", "source", "count", "found"]
COLUMNS += ["share", "share_low", "share_high"]
SOURCES = {
    "noise": "random directions",
    "signed noise": "random directions with the signs of the weights",
    "hessian": "Hessian eigenvectors",
    "to": "differences between models",
    "weights": "weights",
    "gradient": "the gradient",
    "pca": "principal directions of training",
    "mined noise": "one mined and one random direction",
}


def chance_table(shapes: pd.DataFrame) -> pd.DataFrame:
    """Return how often every other kind of directions gives each shape that was mined.

    A row for every shape, its center, network and source: ``noise`` (random), ``hessian``
    (eigenvectors), ``to`` (differences), … At that center a curve or surface of any name counts,
    also where the window cuts it off; populations count by their curves.
    """
    asked = ["kind", "wanted", "center"]
    wanted = shapes[(shapes["wanted"] != "") & shapes["source"].str.contains("mined")]
    # populations of one noise at one center draw the same directions: they count once
    same = ["network", "seed", "center", "directions"]
    of_populations = shapes[shapes["kind"] == "population"]
    first = of_populations.groupby(same)["name"].transform("first")
    again = of_populations.index[of_populations["name"] != first]
    shapes, rows = shapes.drop(again), []
    for kind, shape, center in wanted[asked].drop_duplicates().itertuples(index=False):
        kinds = [kind, "population"] if kind == "curve" else [kind]
        others = shapes[shapes["kind"].isin(kinds) & (shapes["center"] == center)]
        others = others[others["source"] != "mined"]
        for (network, source), seen in others.groupby(["network", "source"], sort=False):
            weight = seen["curves"].fillna(1) * seen["share"].fillna(1)
            count = round(weight.sum())
            found = round(weight[seen["shape"] == shape].sum())
            rows.append(
                {"kind": kind, "shape": shape, "center": center, "network": network}
                | {"source": source, "count": count, "found": found}
                | share(found, count)
            )
    return pd.DataFrame(rows, columns=COLUMNS)


def findings(chance: pd.DataFrame) -> list[str]:
    """Say how often each shape was seen by chance, a sentence with its numbers each."""
    sentences = []
    for (_, shape, center), rows in chance.groupby(["kind", "shape", "center"], sort=False):
        parts = [
            f"{of['found'].sum()} of {of['count'].sum()} along {_said(str(source))}"
            for source, of in rows.groupby("source", sort=False)
        ]
        sentences.append(f"{shape} at {center} without mining the whole: {', '.join(parts)}.")
    return sentences


def _said(source: str) -> str:
    return SOURCES.get(source, source)
