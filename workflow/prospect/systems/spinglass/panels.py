"""What the spin glass brings to the page: spectra, barriers to copies, and trees of solutions."""

import numpy as np
from scipy.cluster.hierarchy import dendrogram, linkage

from prospect.page import figures
from prospect.page.figures import Figure, Panel
from prospect.page.panels import Panels


class SpinglassPanels(Panels):
    """Tables of the study, the files of `system.Spinglass.page_files`."""

    def panels(self) -> list[Panel]:
        """Return what spheres, copies and solutions show."""
        return [
            Panel(
                "spectra", "Spectra of the landscape",
                "The loss on a sphere about a center, taken apart by degree: a p-spin has one.",
                self._spectra(),
            ),
            Panel(
                "barriers", "Barriers to copies",
                "A network whose hidden units change places is the same function elsewhere.",
                self._barriers(),
            ),
            Panel(
                "trees", "Trees of solutions",
                "Where solutions form a hierarchy, branches part early.", self._trees(),
            ),
        ]  # fmt: skip

    def _spectra(self) -> list[Figure]:
        """Draw the shares of degrees, bars a network, a step of a slider a center and radius."""
        table = self.table("spectra")
        if table.empty:
            return []
        table = table[table["about"] == "center"] if (table["about"] == "center").any() else table
        steps = []
        for (center, radius), own in table.groupby(["center", "radius"], sort=False):
            traces = []
            for color, (network, rows) in enumerate(own.groupby("network", sort=False)):
                numbers = rows["number"], rows["low"], rows["high"]
                traces.append(figures.dots(rows["degree"], *numbers, network, color))
            steps.append((f"{center}, radius {radius:g}", traces))
        layout = {
            "xaxis": figures.axis("degree", dtick=1),
            "yaxis": figures.axis("share", range=[-0.03, 1.03]),
            "scattermode": "group",
        }
        text = "Share of every degree in the variance of the loss; bars: 95 % intervals."
        return [
            Figure(
                "degrees", "Degrees", text, "spinglass/spectra", (), layout,
                ["spectra.csv", "orders.csv", "orders-units.csv"], steps, "center and radius",
            )
        ]  # fmt: skip

    def _barriers(self) -> list[Figure]:
        """Draw the barrier to a copy by the units moved, a step a length of training."""
        table = self.table("permutations")
        if table.empty:
            return []
        units = ["network", "epochs", "kind", "moved", "seed"]
        means = table.groupby(units, sort=False)["barrier"].mean().reset_index()
        steps = []
        for (network, epochs), own in means.groupby(["network", "epochs"]):
            traces = [
                trace
                for color, (kind, of) in enumerate(own.groupby("kind", sort=False))
                for trace in figures.mean_line(
                    of, "moved", "barrier", kind, color, log=True, dash=color
                )
            ]
            steps.append((f"{network}, {epochs} epochs", traces))
        layout = {
            "xaxis": figures.axis("units moved", log=True),
            "yaxis": figures.axis("barrier [nats]", log=True),
        }
        text = "Barriers on the straight way; geometric means and 95 % intervals over networks."
        return [
            Figure(
                "copies", "Barriers by units moved", text, "spinglass/permutations", (),
                layout, ["permutations.csv", "permutations-units.csv"], steps, "training",
            )
        ]  # fmt: skip

    def _trees(self) -> list[Figure]:
        """Draw the dendrogram of every kind of solutions, a step of a slider each."""
        table = self.table("distances")
        own = table[table["space"] == "weights"] if len(table) else table
        steps = [
            (f"{network}, {kind}", [_tree(rows["distance"].to_numpy())])
            for (network, kind), rows in (
                own.sort_values(["member", "member_b"]).groupby(["network", "kind"], sort=False)
                if len(own)
                else ()
            )
        ]
        if not steps:
            return []
        layout = {
            "xaxis": {"visible": False},
            "yaxis": figures.axis("1 − cosine, aligned", rangemode="tozero"),
            "showlegend": False,
        }
        text = "Average linkage of one set of each kind, weights aligned to one barycentre."
        return [
            Figure(
                "dendrograms", "Dendrograms", text, "spinglass/dendrograms", (), layout,
                ["hierarchy.csv", "solutions.csv"], steps, "network and kind of solutions",
            )
        ]  # fmt: skip


def _tree(distances: np.ndarray) -> dict:
    """Return the lines of the dendrogram of distances (M (M − 1) / 2,) of pairs in their order."""
    found = dendrogram(linkage(distances, "average"), no_plot=True)
    gap = np.full((len(found["icoord"]), 1), np.nan)
    x, y = (np.hstack([found[name], gap]).ravel() for name in ("icoord", "dcoord"))
    return figures.line(x, y, "tree", 0, hoverinfo="y")
