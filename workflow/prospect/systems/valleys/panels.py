"""What valleys bring to the page: both sides and their controls, halves, federated training."""

from prospect.page import figures
from prospect.page.figures import Figure, Panel
from prospect.page.panels import Panels
from prospect.systems.valleys.tables import CONTRASTS

POINTS = "points of accuracy"


class ValleysPanels(Panels):
    """Tables of the study, the files of `system.Valleys.page_files`."""

    def panels(self) -> list[Panel]:
        """Return what the two sides show, what fusion does, and how federated methods learn."""
        return [
            Panel(
                "asymmetry", "Asymmetric valleys",
                "Along noise with the signs of θ one side of a valley is flatter. Controls tell "
                "whether that is for the signs, or because the weights grow.",
                [*self._shares(), *self._controls()],
            ),
            Panel(
                "fusion", "Fusion",
                "Two networks, each trained on one half of the samples, and their midpoint.",
                self._fusion(),
            ),
            Panel(
                "federated", "Federated training",
                "Clients train on their own samples, the server averages.", self._federated(),
            ),
        ]  # fmt: skip

    def _shares(self) -> list[Figure]:
        """Draw the lead of the + side by the share of elements with the sign of θ."""
        table = self.table("asymmetry")
        rows = table[table["family"] == "ratio"] if len(table) else table
        if rows.empty:
            return []
        rows = rows.assign(lead=-100 * rows["error_difference"])
        steps = []
        for (center, radius), own in rows.groupby(["center", "radius"]):
            traces = [
                trace
                for color, (network, of) in enumerate(own.groupby("network", sort=False))
                for trace in figures.mean_line(of, "signs", "lead", network, color, dash=color)
            ]
            steps.append((f"{center}, {radius:g} ‖θ‖", traces))
        layout = {
            "xaxis": figures.axis("share of elements with the sign of θ"),
            "yaxis": figures.axis(f"lead of the + side [{POINTS}]"),
        }
        text = (
            "How much lower the mean error of the + side is; bands: 95 % intervals over networks."
        )
        return [
            Figure(
                "signs", "The flatter side, by signs", text, "valleys/ratio", (), layout,
                ["asymmetry.csv", "trends.csv"], steps, "center and radius",
            )
        ]  # fmt: skip

    def _controls(self) -> list[Figure]:
        """Draw what signs and growth add to the lead, a step of a slider a radius."""
        table = self.table("controls")
        if table.empty:
            return []
        rows = table.assign(gain=100 * table["error_gain"], place=table["contrast"].map(_place))
        steps = []
        for radius, own in rows.groupby("radius"):
            traces = []
            for color, (network, of) in enumerate(own.groupby("network", sort=False)):
                means = figures.over_units(of, "place", "gain")
                names = [list(CONTRASTS)[int(at)] for at in means.index]
                numbers = means["number"], means["low"], means["high"]
                traces.append(figures.dots(names, *numbers, network, color))
            steps.append((f"{radius:g} ‖θ‖", traces))
        layout = {"yaxis": figures.axis(f"gain in lead [{POINTS}]"), "scattermode": "group"}
        text = (
            "How much more the + side leads with a property than without it, all else equal; bars: "
            "95 % intervals over networks. Where signs are at 0, agreement of signs adds nothing."
        )
        return [
            Figure(
                "controls", "Signs or growth", text, "valleys/growth-or-signs", (),
                layout, ["controls.csv"], steps, "radius",
            )
        ]  # fmt: skip

    def _fusion(self) -> list[Figure]:
        """Draw the midpoint's gap by epoch, a line a start, a step of a slider a network."""
        table = self.table("fusion")
        if table.empty:
            return []
        table = table.assign(gap=100 * table["midpoint_gap"])
        steps = []
        for network, of_network in table.groupby("network", sort=False):
            traces = [
                trace
                for color, (start, own) in enumerate(of_network.groupby("start", sort=False))
                for trace in figures.mean_line(own, "epoch", "gap", start, color, dash=color)
            ]
            steps.append((str(network), traces))
        layout = {
            "xaxis": figures.axis("epoch", log=True),
            "yaxis": figures.axis(f"midpoint less the mean of both [{POINTS}]"),
        }
        text = "Accuracy of the midpoint of both networks, by where they start; 95 % intervals."
        return [
            Figure(
                "midpoints", "Midpoints", text, "valleys/fusion", (), layout,
                ["fusion.csv", "correlations.csv"], steps, "network",
            )
        ]  # fmt: skip

    def _federated(self) -> list[Figure]:
        """Draw test accuracy by round, a line a method, a step of a slider a partition."""
        table = self.table("federated")
        rows = table[table["setting"] == table["setting"].iloc[0]] if len(table) else table
        steps = []
        for alpha, own in rows.groupby("alpha") if len(rows) else ():
            traces = [
                trace
                for color, (method, of) in enumerate(own.groupby("method", sort=False))
                for trace in figures.mean_line(
                    of, "round", "test_accuracy", method, color, dash=color
                )
            ]
            steps.append((f"α = {float(str(alpha)):g}", traces))
        if not steps:
            return []
        layout = {"xaxis": figures.axis("round"), "yaxis": figures.axis("test accuracy")}
        text = (
            f"Test accuracy over rounds ({rows['setting'].iloc[0]}); the smaller α, the less alike "
            "the clients' samples; bands: 95 % intervals over runs."
        )
        return [
            Figure(
                "methods", "Methods", text, "valleys/federated", (), layout,
                ["federated.csv", "gains.csv", "scores.csv"], steps, "partition",
            )
        ]  # fmt: skip


def _place(contrast: str) -> int:
    """Return the place of a contrast among all."""
    return list(CONTRASTS).index(contrast)
