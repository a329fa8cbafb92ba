"""A curve, a surface in 3D, its contours, labels and the footnote: what figures are made of.

Losses are drawn on a logarithmic scale where `scale.wants_log` says so, else on a linear one; the
axis label says which.
"""

import matplotlib as mpl
import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from mpl_toolkits.mplot3d import Axes3D

from prospect.drawing.style import GREY, INK
from prospect.landscape.scale import floored, wants_log
from prospect.records.grids import Grid

Limits = tuple[float, float]


def curve_panel(
    axis: Axes, grid: Grid, log: bool, *, title: str = "", basins=(), barriers=()
) -> Axes:
    """Draw one curve with its metric and center; return the axis of the metric.

    `basins` and `barriers` are (α, loss) each.
    """
    alpha, values = grid.axes["alpha"], grid.values
    twin = axis.twinx()
    twin.plot(alpha, values.accuracy, color=GREY, ls=(0, (3, 2)), lw=0.9)
    if grid.attrs["metric"] == "accuracy":
        twin.set(ylim=(-0.04, 1.04))
    if not grid.attrs["metric"]:
        twin.set_yticks([])
    axis.set_zorder(twin.get_zorder() + 1)
    axis.patch.set_visible(False)
    color = sns.color_palette()[0]
    axis.axvline(0, color=GREY, lw=0.5, ls=":")
    low = floored(values.loss - values.loss_sem, log)
    axis.fill_between(alpha, low, values.loss + values.loss_sem, color=color, alpha=0.25, lw=0)
    axis.plot(alpha, floored(values.loss, log), color=color)
    _mark(axis, basins, "v", log)
    _mark(axis, barriers, "^", log)
    center = floored(values.center_loss, log)
    axis.plot(0, center, marker="o", ms=5, mfc="none", mec=INK, mew=0.9, ls="none")
    mark_lost(axis, alpha, values.loss)
    axis.set_yscale("log" if log else "linear")
    axis.set(xlim=(alpha[0], alpha[-1]), title=title)
    axis.spines["top"].set_visible(False)
    twin.spines["top"].set_visible(False)
    return twin


def _mark(axis: Axes, extrema, marker: str, log: bool) -> None:
    for position, loss in extrema:
        if np.isfinite(loss):
            axis.plot(
                position, floored(loss, log), marker=marker, ms=4, color=INK, ls="none", zorder=5
            )


def mark_lost(axis: Axes, alpha: np.ndarray, loss: np.ndarray) -> None:
    """Show where the loss is not finite: crosses at the top."""
    lost = alpha[~np.isfinite(loss)]
    axis.plot(
        lost, np.full(len(lost), 0.97), "x", color=INK, ms=3, transform=axis.get_xaxis_transform()
    )


def surface_panel(
    axis: Axes3D, grid: Grid, log: bool, style: dict, labels: bool, limits: Limits | None = None
) -> None:
    """Draw a surface in 3D; on a logarithmic scale the heights are powers of ten.

    `limits` are the lowest and highest loss of axis and colours, the grid's own by default.
    """
    alpha, beta = np.meshgrid(*grid.axes.values(), indexing="ij")
    height, center = floored(grid.values.loss, log), floored(grid.values.center_loss, log)
    low, high = limits or limits_of([grid], log)
    if log:
        height, center = np.log10(height), np.log10(center)
        low, high = float(np.log10(low)), float(np.log10(high))
    axis.plot_surface(
        alpha, beta, height, cmap=style["colormap"], rcount=60, ccount=60, lw=0.15,
        edgecolor=(0, 0, 0, 0.35), antialiased=True, clip_on=False,
        vmin=low, vmax=high,
    )  # fmt: skip
    if limits:
        axis.set_zlim(low, high)
    axis.plot([0], [0], [center], marker="o", ms=4, mfc="white", mec=INK, zorder=10)
    axis.view_init(style["elevation"], style["azimuth"])
    axis.set_box_aspect((1, 1, 0.75), zoom=0.9 if labels else 1.22)
    for direction in (axis.xaxis, axis.yaxis, axis.zaxis):
        direction.pane.set_alpha(0)
        direction.line.set_linewidth(0.6)
    axis.grid(visible=False)
    if not labels:
        axis.set_axis_off()
        return
    axis.tick_params(pad=-2)
    for direction in (axis.xaxis, axis.yaxis):
        direction.set_major_locator(mpl.ticker.MaxNLocator(4, steps=[1, 2, 5]))
    axis.set_xlabel("α", labelpad=-5)
    axis.set_ylabel("β", labelpad=-5)
    axis.set_zlabel(loss_label(log, grid.attrs["loss_unit"]), labelpad=-4)
    if log:
        axis.zaxis.set_major_locator(mpl.ticker.MaxNLocator(integer=True))
        axis.zaxis.set_major_formatter(lambda power, _: f"$10^{{{power:.0f}}}$")


def contours(
    axis: Axes, x: np.ndarray, y: np.ndarray, loss: np.ndarray, log: bool, style: dict,
    limits: Limits,
):  # fmt: skip
    """Draw losses (M, K) at x (K,) and y (M,), or (M, K) both; return what a colour bar needs.

    `limits` are the lowest and highest loss of the colours.
    """
    loss, (low, high) = floored(loss, log), limits
    levels = np.geomspace(low, high, 15) if log else np.linspace(low, high, 15)
    norm = mpl.colors.LogNorm(low, high) if log else mpl.colors.Normalize(low, high)
    mesh = axis.pcolormesh(
        x, y, loss, cmap=style["colormap"], norm=norm, shading="gouraud"
        if np.isfinite(loss).all() else "nearest", rasterized=True,
    )  # fmt: skip
    if high > low:
        axis.contour(x, y, loss, levels[1:-1], colors="white", linewidths=0.5)
    return mesh


def contour_panel(
    axis: Axes, grid: Grid, log: bool, style: dict, *, basins=(), limits: Limits | None = None
):
    """Draw the contours of a surface; return what a colour bar needs.

    `basins` are (α, β, loss) each; `limits` are the lowest and highest loss of the colours, the
    grid's own by default.
    """
    alpha, beta = grid.axes.values()
    loss = grid.values.loss.T
    mesh = contours(axis, alpha, beta, loss, log, style, limits or limits_of([grid], log))
    for a, b, _ in basins:
        axis.plot(a, b, marker="v", ms=4, mfc="white", mec=INK, mew=0.6, ls="none")
    lost = np.argwhere(~np.isfinite(loss))
    axis.plot(alpha[lost[:, 1]], beta[lost[:, 0]], "x", color=INK, ms=2, ls="none")
    axis.plot(0, 0, marker="o", ms=5, mfc="none", mec="white", mew=2.0, ls="none")
    axis.plot(0, 0, marker="o", ms=5, mfc="none", mec=INK, mew=0.9, ls="none")
    reach = min(1.0, alpha[-1])
    for end in ((reach, 0), (0, reach)):
        axis.annotate("", end, (0, 0), arrowprops={"arrowstyle": "->", "lw": 0.8, "color": "white"})
    axis.set(aspect="equal", xlim=(alpha[0], alpha[-1]), ylim=(beta[0], beta[-1]))
    return mesh


def is_log(grids: list[Grid]) -> bool:
    """Whether the losses of a figure want a logarithmic scale."""
    return wants_log(np.concatenate([grid.values.loss.ravel() for grid in grids]))


def limits_of(grids: list[Grid], log: bool) -> Limits:
    """Return the lowest and highest loss that figures of some grids show."""
    shown = [floored(grid.values.loss, log) for grid in grids]
    return float(min(map(np.nanmin, shown))), float(max(map(np.nanmax, shown)))


def with_margin(low: float, high: float, log: bool) -> Limits:
    """Return the limits of an axis that shows these losses with a twentieth more on both sides."""
    if log:
        more = (high / low) ** 0.05
        return low / more, high * more
    more = 0.05 * (high - low)
    return low - more, high + more


def loss_label(log: bool, unit: str = "nats") -> str:
    """Label an axis of losses, with its unit and scale."""
    return "loss" + f" [{unit}]" * bool(unit) + ", log scale" * log


def footnote(grids: list[Grid]) -> str:
    """Say on what, how and at how many points the losses were evaluated."""
    attrs = grids[0].attrs
    policies = {grid.attrs["batchnorm"] for grid in grids} - {"none"}
    evaluated = sum(int(grid.values.evaluated.sum()) for grid in grids)
    points = sum(grid.values.evaluated.size for grid in grids)
    error = max(grid.values.error_estimate for grid in grids)
    text = f"{attrs['dataset']}, {attrs['samples']:,} {attrs['split']} samples"
    text += "".join(f", BatchNorm {policy}" for policy in sorted(policies))
    text += f"; {evaluated:,} points evaluated"
    approximate = sum(grid.values.approximate for grid in grids)
    ways = "; or ".join(sorted({grid.values.approximation for grid in grids} - {""}))
    if evaluated < points:
        if ways:
            text += f", {approximate:,} approximated ({ways})"
        text += f", {points - evaluated:,} interpolated from their outputs"
        text += f" to {error:.1%} of the range (estimate)"
    elif ways:
        text += f", {approximate:,} of them in {ways} to {error:.1%} of the range (estimate)"
    lost = sum(grid.attrs["nonfinite"] for grid in grids)
    return text + (f", {lost} not finite (×)" if lost else "")
