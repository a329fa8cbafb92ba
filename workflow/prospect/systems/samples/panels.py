"""What samples bring to the page: a surface that settles, the rate, and how many are needed."""

import pandas as pd

from prospect.landscape.scale import wants_log
from prospect.page import figures
from prospect.page.figures import Figure, Panel
from prospect.page.panels import Panels


class SamplesPanels(Panels):
    """Tables of the study, the files of `system.Samples.page_files`."""

    def panels(self) -> list[Panel]:
        """Return how a surface settles, how fast, and what that asks of a picture."""
        text = "What more samples change of a landscape, over a plane that stays where it is."
        parts = [*self._settling(), *self._rates(), *self._needed()]
        return [Panel("settling", "Settling with samples", text, parts)]

    def _settling(self) -> list[Figure]:
        """Draw the surface over one plane, a step of a slider a number of samples."""
        table = self.table("surfaces")
        if table.empty:
            return []
        low, high = table["loss"].min(), table["loss"].max()
        log = wants_log(table["loss"].to_numpy())
        steps = []
        for k, rows in table.groupby("k"):
            plane = rows.pivot(index="beta", columns="alpha", values="loss")
            surface = {
                "type": "surface", "x": plane.columns.to_numpy(), "y": plane.index.to_numpy(),
                "z": plane.to_numpy(), "losses": {"log": log, "low": low, "high": high},
            }  # fmt: skip
            steps.append((f"{k:,}", [surface]))
        layout = {"scene": {"xaxis": figures.axis("α"), "yaxis": figures.axis("β")}}
        text = (
            "The loss of k samples over a plane through networks that were trained on some of them."
        )
        return [
            Figure(
                "surface", "A surface as samples are added", text, "samples/settling", (),
                layout, ["shared-plane.csv", "retraining.csv"], steps, "samples k",
            )
        ]  # fmt: skip

    def _rates(self) -> list[Figure]:
        """Draw by k what all other samples change and what one more changes, a step a center."""
        table = self.table("convergence")
        if table.empty:
            return []
        steps = []
        for (network, center, radius), rows in table.groupby(
            ["network", "center", "radius"], sort=False
        ):
            traces = []
            for color, (part, name) in enumerate((("", "all others"), ("_increment", "one more"))):
                roots = rows.assign(
                    measured=rows[f"measured{part}"] ** 0.5, expected=rows[f"expected{part}"] ** 0.5
                )
                means = figures.over_units(roots, "k", "measured", log=True)
                numbers = means["number"], means["low"], means["high"]
                expected = figures.over_units(roots, "k", "expected", log=True)["number"]
                traces += [
                    figures.dots(means.index, *numbers, f"{name}: measured", color),
                    figures.line(expected.index, expected, f"{name}: formula", color, dash=1),
                ]
            steps.append((f"{network}, {center}, {radius:g} ‖θ‖", traces))
        layout = {
            "xaxis": figures.axis("samples k", log=True),
            "yaxis": figures.axis("root mean square [nats]", log=True),
        }
        text = "What all other samples, and what one more sample changes; bars: 95 % over networks."
        return [
            Figure(
                "rates", "How fast it settles", text, "samples/convergence", (), layout,
                ["convergence.csv", "planes.csv"], steps, "center and radius",
            )
        ]  # fmt: skip

    def _needed(self) -> list[Figure]:
        """Draw how many samples every curve and surface of the study needs."""
        table = self.table("needed")
        if table.empty:
            return []
        traces = []
        for color, (network, rows) in enumerate(table.groupby("network", sort=False)):
            names = list(dict.fromkeys(rows["item"]))
            places = pd.Series(range(len(names)), index=names)
            own = rows.assign(place=rows["item"].map(places))
            means = figures.over_units(own, "place", "needed", log=True)
            numbers = means["number"], means["low"], means["high"]
            traces.append(figures.dots(names, *numbers, network, color))
        layout = {"yaxis": figures.axis("samples needed", log=True), "scattermode": "group"}
        accuracy, samples = table["accuracy"].iloc[0], table["samples"].iloc[0]
        text = (
            f"Samples of {samples:,} that bring a picture within {accuracy:.0%} of its range; "
            "geometric means, 95 % intervals over networks."
        )
        return [
            Figure(
                "needed", "How many a picture needs", text, "samples/samples-needed", traces,
                layout, ["samples_needed.csv"],
            )
        ]  # fmt: skip
