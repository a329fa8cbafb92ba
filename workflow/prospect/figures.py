"""Data + style -> matplotlib figure. Nothing is computed here, and nothing read but arguments.

Losses are drawn on a logarithmic scale where `losses.wants_log` says so, else on a linear one; the
axis label says which.
"""

import itertools
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import fill

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from prospect.losses import Grid, floored, wants_log

mpl.use("agg")
import matplotlib.pyplot as plt

PAGE = 7.0  # width of a figure in inches: two columns of a paper
INK, GREY = "0.1", "0.5"


@contextmanager
def styled(style: dict) -> Iterator[None]:
    """Set fonts, lines and colours from the config for everything drawn inside."""
    size = style["size"]
    settings = {
        "font.family": style["font"],
        "font.size": size,
        "axes.titlesize": size,
        "axes.labelsize": size,
        "xtick.labelsize": size - 1,
        "ytick.labelsize": size - 1,
        "legend.fontsize": size - 1,
        "axes.linewidth": 0.6,
        "lines.linewidth": 1.2,
        "xtick.major.size": 2.5,
        "ytick.major.size": 2.5,
        "xtick.minor.size": 1.5,
        "ytick.minor.size": 1.5,
        "xtick.major.width": 0.6,
        "ytick.major.width": 0.6,
        "xtick.minor.width": 0.4,
        "ytick.minor.width": 0.4,
        "axes.titlepad": 4,
        "legend.frameon": False,
        "pdf.fonttype": 42,
        "svg.hashsalt": "prospect",
    }
    sns.set_theme(context="paper", style="ticks", palette=style["palette"], rc=settings)
    try:
        yield
    finally:
        plt.close("all")
        sns.reset_orig()


def save(figure: Figure, paths: Iterable[str], name: str, dpi: int) -> None:
    """Write a figure to those of the paths that have its name, one for every format.

    Without time stamps, so that the same figure is the same file.
    """
    for path in map(Path, paths):
        if path.stem == name:
            path.parent.mkdir(parents=True, exist_ok=True)
            stamp = {".pdf": "CreationDate", ".svg": "Date"}.get(path.suffix)
            metadata = {stamp: None} if stamp else None
            figure.savefig(path, dpi=dpi, bbox_inches="tight", metadata=metadata)
    plt.close(figure)


# --- training ------------------------------------------------------------------------------------


def training(histories: dict[tuple[str, int], pd.DataFrame], style: dict) -> Figure:
    """Draw loss and accuracy over the epochs, a column a network, a colour a seed."""
    networks = list(dict.fromkeys(network for network, _ in histories))
    figure, axes = plt.subplots(
        2, len(networks), figsize=(PAGE / 2 * max(1.2, len(networks)), 3.6),
        sharex=True, sharey="row", squeeze=False, layout="constrained",
    )  # fmt: skip
    for column, network in enumerate(networks):
        runs = [(seed, table) for (name, seed), table in histories.items() if name == network]
        for color, (seed, table) in zip(itertools.cycle(sns.color_palette()), runs, strict=False):
            for row, quantity in enumerate(("loss", "accuracy")):
                axis = axes[row, column]
                axis.plot(table["epoch"], table[quantity], color=color, label=f"seed {seed}, train")
                axis.plot(
                    table["epoch"], table[f"test_{quantity}"], color=color, ls="--", lw=0.9,
                    label=f"seed {seed}, test",
                )  # fmt: skip
        axes[0, column].set(title=network, yscale="log")
        axes[1, column].set_xlabel("epoch")
    axes[0, 0].set_ylabel(_loss_label(True))
    axes[1, 0].set_ylabel("accuracy")
    axes[1, -1].legend(loc="lower right")
    sns.despine(figure)
    return figure


# --- curves --------------------------------------------------------------------------------------


def curves(items: list[tuple[pd.Series, Grid]], style: dict) -> Figure:
    """Draw the curves of one model side by side, each with its row of the table of shapes."""
    figure, axes = plt.subplots(
        1, len(items), figsize=(max(PAGE, 1.5 * len(items)), 2.0), sharey=True, squeeze=False,
        layout="constrained",
    )  # fmt: skip
    log = _is_log([grid for _, grid in items])
    for number, (axis, (row, grid)) in enumerate(zip(axes[0], items, strict=True)):
        twin = _curve_panel(axis, row, grid, log)
        axis.set_xlabel(f"α [ε], ‖ε‖ = {grid.attrs['direction_norms'][0]:.1f}")
        last = number == len(items) - 1
        twin.tick_params(right=last, labelright=last)
        if last:
            twin.set_ylabel("accuracy (dashed)", color=GREY)
    axes[0, 0].set_ylabel(_loss_label(log))
    figure.supxlabel(_footnote([grid for _, grid in items]), size=style["size"] - 2, color=GREY)
    return figure


def _curve_panel(axis: Axes, row: pd.Series, grid: Grid, log: bool) -> Axes:
    """Draw one curve with its accuracy, basins, barriers and center; return the accuracy's axis."""
    alpha, losses = grid.axes["alpha"], grid.losses
    twin = axis.twinx()
    twin.plot(alpha, losses.accuracy, color=GREY, ls=(0, (3, 2)), lw=0.9)
    twin.set(ylim=(-0.04, 1.04))
    axis.set_zorder(twin.get_zorder() + 1)
    axis.patch.set_visible(False)
    color = sns.color_palette()[0]
    axis.axvline(0, color=GREY, lw=0.5, ls=":")
    low = floored(losses.loss - losses.loss_sem, log)
    axis.fill_between(alpha, low, losses.loss + losses.loss_sem, color=color, alpha=0.25, lw=0)
    axis.plot(alpha, floored(losses.loss, log), color=color)
    _mark(axis, json.loads(row["basin_points"]), "v", log)
    _mark(axis, json.loads(row["barrier_points"]), "^", log)
    center = floored(losses.center_loss, log)
    axis.plot(0, center, marker="o", ms=5, mfc="none", mec=INK, mew=0.9, ls="none")
    _mark_lost(axis, alpha, losses.loss)
    axis.set_yscale("log" if log else "linear")
    axis.set(xlim=(alpha[0], alpha[-1]), title=_narrow(_title(row)))
    axis.spines["top"].set_visible(False)
    twin.spines["top"].set_visible(False)
    return twin


def _mark(axis: Axes, points: list, marker: str, log: bool) -> None:
    for position, loss in points:
        if np.isfinite(loss):
            axis.plot(
                position, floored(loss, log), marker=marker, ms=4, color=INK, ls="none", zorder=5
            )


def _mark_lost(axis: Axes, alpha: np.ndarray, loss: np.ndarray) -> None:
    """Show where the loss is not finite: crosses at the top."""
    lost = alpha[~np.isfinite(loss)]
    axis.plot(
        lost, np.full(len(lost), 0.97), "x", color=INK, ms=3, transform=axis.get_xaxis_transform()
    )


def _title(row: pd.Series) -> str:
    """Name a panel: the shape, and what was wanted where that is another one."""
    name = row["shape"]
    if row["wanted"] and row["wanted"] != name:
        return f"{name} (wanted {row['wanted']})"
    if not row["wanted"] and pd.notna(row["overlap"]):
        return f"{row['name']}, overlap {row['overlap']:.2f}"
    return name if row["wanted"] else f"{row['name']}: {name}"


def _where(center: str, pattern: str) -> str:
    """Name a center: an origin that was mined bears the name of its pattern."""
    return "own origin" if center == pattern else center


def _narrow(title: str) -> str:
    """Break a title that is too long for a small panel."""
    return fill(title, 20, break_on_hyphens=False)


# --- surfaces ------------------------------------------------------------------------------------


def surface(row: pd.Series, grid: Grid, style: dict) -> Figure:
    """Draw a surface in 3D beside its contours, with center, basins and directions marked."""
    log = _is_log([grid])
    figure = plt.figure(figsize=(PAGE, 3.1), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=(1, 1.05))
    _surface_panel(left.add_subplot(projection="3d"), grid, log, style, labels=True)
    axis = right.add_subplot()
    mesh = _contour_panel(axis, row, grid, log, style)
    names, norms = grid.attrs["directions"], grid.attrs["direction_norms"]
    axis.set(
        xlabel=f"α [{names[0]}, ‖ε‖ = {norms[0]:.1f}]", ylabel=f"β [{names[1]}, {norms[1]:.1f}]"
    )
    right.colorbar(mesh, ax=axis, label=_loss_label(log), shrink=0.9)
    where = _where(row["center"], row["pattern"])
    title = f"{row['network']}, seed {row['seed']}, {where}: {_title(row)}"
    figure.suptitle(title, size=style["size"] + 1)
    figure.supxlabel(_footnote([grid]), size=style["size"] - 2, color=GREY)
    return figure


def _surface_panel(axis: Axes, grid: Grid, log: bool, style: dict, labels: bool) -> None:
    """Draw a surface in 3D; on a logarithmic scale the heights are powers of ten."""
    alpha, beta = np.meshgrid(*grid.axes.values(), indexing="ij")
    height, center = floored(grid.losses.loss, log), floored(grid.losses.center_loss, log)
    if log:
        height, center = np.log10(height), np.log10(center)
    axis.plot_surface(
        alpha, beta, height, cmap=style["colormap"], rcount=60, ccount=60, lw=0.15,
        edgecolor=(0, 0, 0, 0.35), antialiased=True,
        vmin=np.nanmin(height), vmax=np.nanmax(height),
    )  # fmt: skip
    axis.plot([0], [0], [center], marker="o", ms=4, mfc="white", mec=INK, zorder=10)
    axis.view_init(style["elevation"], style["azimuth"])
    axis.set_box_aspect((1, 1, 0.75), zoom=0.9 if labels else 1.3)
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
    axis.set_zlabel(_loss_label(log), labelpad=-4)
    if log:
        axis.zaxis.set_major_locator(mpl.ticker.MaxNLocator(integer=True))
        axis.zaxis.set_major_formatter(lambda power, _: f"$10^{{{power:.0f}}}$")


def _contour_panel(axis: Axes, row: pd.Series, grid: Grid, log: bool, style: dict):
    """Draw the contours of a surface; return what a colour bar needs."""
    alpha, beta = grid.axes.values()
    loss = grid.losses.loss.T
    loss = floored(loss, log)
    low, high = np.nanmin(loss), np.nanmax(loss)
    levels = np.geomspace(low, high, 15) if log else np.linspace(low, high, 15)
    norm = mpl.colors.LogNorm(low, high) if log else mpl.colors.Normalize(low, high)
    mesh = axis.pcolormesh(
        alpha, beta, loss, cmap=style["colormap"], norm=norm, shading="gouraud"
        if np.isfinite(loss).all() else "nearest", rasterized=True,
    )  # fmt: skip
    if high > low:
        axis.contour(alpha, beta, loss, levels[1:-1], colors="white", linewidths=0.5)
    for a, b, _ in json.loads(row["basin_points"]):
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


# --- atlas ---------------------------------------------------------------------------------------


def atlas(models: dict[str, list[tuple[pd.Series, Grid]]], style: dict) -> Figure:
    """Draw all shapes of one model of every network on one page: curves above surfaces.

    Surfaces of the grammar are drawn in 3D, drawings from above.
    """
    kinds = ("curve", "surface")
    parts = {
        network: [[item for item in items if item[0]["kind"] == kind] for kind in kinds]
        for network, items in models.items()
    }
    columns = [max(len(part[number]) for part in parts.values()) for number in range(2)]
    figure = plt.figure(figsize=(max(PAGE, 1.45 * max(columns)), 2.95 * len(parts)))
    blocks = np.atleast_1d(figure.subfigures(len(parts), 1))
    for block, (network, (lines, planes)) in zip(blocks, parts.items(), strict=True):
        block.text(0.012, 0.985, network, size=style["size"] + 1, weight="bold", va="top")
        if lines:
            log = _is_log([grid for _, grid in lines])
            axes = block.subplots(
                1, columns[0], sharey=True, squeeze=False,
                gridspec_kw={"top": 0.88, "bottom": 0.62, "left": 0.07, "right": 0.985},
            )[0]  # fmt: skip
            for axis, item in itertools.zip_longest(axes, lines):
                if item is None:
                    axis.set_axis_off()
                    continue
                twin = _curve_panel(axis, *item, log)
                twin.tick_params(right=False, labelright=False)
                axis.set_xlabel("α [ε]", labelpad=0)
            axes[0].set_ylabel(_loss_label(log).replace(", ", ",\n"))
        places = block.add_gridspec(
            1, max(columns[1], 1), top=0.42, bottom=0.02, left=0.02, right=0.98, wspace=0.08
        )
        for place, (row, grid) in zip(places, planes, strict=False):
            log = _is_log([grid])
            if row["wanted"]:
                axis = block.add_subplot(place, projection="3d")
                _surface_panel(axis, grid, log, style, labels=False)
            else:
                axis = block.add_subplot(place)
                _contour_panel(axis, row, grid, log, style)
                axis.set_axis_off()
            axis.set_title(_narrow(_title(row)), y=1.05 if row["wanted"] else 1.0)
    return figure


# --- population ----------------------------------------------------------------------------------


def population(
    grids: list[Grid], members: pd.DataFrame, shares: pd.DataFrame, style: dict
) -> Figure:
    """Draw every population: all curves, quantile bands, and the share of each shape."""
    columns = min(2, len(grids))
    rows = -(-len(grids) // columns)
    figure, axes = plt.subplots(
        rows, columns, figsize=(PAGE / 2 * max(columns, 1.3), 2.2 * rows + 0.3), sharex=True,
        sharey="row", squeeze=False, layout="constrained",
    )  # fmt: skip
    log = _is_log(grids)
    names = list(dict.fromkeys(shares["shape"]))
    colors = dict(zip(names, itertools.cycle(sns.color_palette()), strict=False))
    for axis, grid in itertools.zip_longest(axes.ravel(), grids):
        if grid is None:
            axis.set_axis_off()
            continue
        alpha, loss = grid.axes["alpha"], grid.losses.loss
        shown = floored(loss, log)
        shapes = _of_model(members, grid)["shape"]
        for curve, name in zip(shown, shapes, strict=True):
            rare = name != shapes.mode()[0]
            axis.plot(
                alpha, curve, color=colors[name], lw=0.8 if rare else 0.3,
                alpha=0.9 if rare else 0.3, zorder=3 if rare else 1,
            )  # fmt: skip
        quantiles = np.nanpercentile(shown, (5, 25, 50, 75, 95), axis=0)
        for outer, line, label in ((0, ":", "5 and 95 %"), (1, "--", "25 and 75 %")):
            for quantile, text in ((quantiles[outer], label), (quantiles[4 - outer], None)):
                axis.plot(alpha, quantile, color=INK, ls=line, lw=0.8, label=text, zorder=4)
        axis.fill_between(alpha, quantiles[1], quantiles[3], color=GREY, alpha=0.4, lw=0, zorder=2)
        axis.plot(alpha, quantiles[2], color=INK, label="median", zorder=5)
        _mark_lost(axis, alpha, loss.mean(axis=0))
        axis.set_yscale("log" if log else "linear")
        axis.set_title(f"{grid.attrs['network']}, seed {grid.attrs['seed']}", loc="left")
        found = [
            f"{row.share:.1%} {row.shape} [{row.share_low:.1%}, {row.share_high:.1%}]"
            for row in _of_model(shares, grid).itertuples()
        ]
        axis.set_title("\n".join(found), loc="right", size="small")
        axis.margins(x=0)
    axes[0, 0].legend(loc="upper center", handlelength=1.8)
    for axis in axes.ravel()[max(0, len(grids) - columns) : len(grids)]:
        axis.set_xlabel("α [ε]")
        axis.tick_params(labelbottom=True)
    for axis in axes[:, 0]:
        axis.set_ylabel(_loss_label(log))
    figure.supxlabel(
        f"{len(grids[0].losses.loss)} directions each; shares with their 95 % interval; "
        + _footnote(grids),
        size=style["size"] - 2,
        color=GREY,
    )
    sns.despine(figure)
    return figure


def _of_model(table: pd.DataFrame, grid: Grid) -> pd.DataFrame:
    attrs = grid.attrs
    return table[(table["network"] == attrs["network"]) & (table["seed"] == attrs["seed"])]


# --- mining --------------------------------------------------------------------------------------


def mining(runs: list[tuple[dict, dict[str, np.ndarray]]], style: dict) -> Figure:
    """Draw the progress of mining: mean loss at low and at high points, by gradients computed.

    A panel for every pattern of every network. `runs` holds, for every mined pattern, its
    attributes and its table of progress.
    """
    panels: dict[tuple, list] = {}
    for attrs, progress in runs:
        place = attrs["network"], attrs["pattern"], attrs["center"]
        panels.setdefault(place, []).append((attrs, progress))
    columns = min(len(panels), 5)
    rows = -(-len(panels) // columns)
    figure, axes = plt.subplots(
        rows, columns, figsize=(PAGE, 1.6 * rows + 0.4), sharey=True, squeeze=False,
        layout="constrained",
    )  # fmt: skip
    low_color, high_color = sns.color_palette()[:2]
    for axis in axes.flat[len(panels) :]:
        axis.set_axis_off()
    for axis, ((network, pattern, center), own) in zip(axes.flat, panels.items(), strict=False):
        for attrs, progress in own:
            axis.plot(progress["gradients"], progress["low"], color=low_color, lw=1)
            axis.plot(progress["gradients"], progress["high"], color=high_color, lw=1, ls="--")
            axis.axhline(attrs["mining"]["ceiling"], color=GREY, lw=0.6, ls=":")
        reached = sum(attrs["reached"] for attrs, _ in own)
        where = _where(center, pattern)
        axis.set_title(f"{pattern}\n{network}, {where}\nreached by {reached} of {len(own)}")
        axis.set(yscale="log", xlim=(0, None))
        axis.xaxis.set_major_locator(mpl.ticker.MaxNLocator(2))
    figure.supylabel(_loss_label(True), size=style["size"])
    figure.supxlabel("gradient evaluations of 128 samples", size=style["size"])
    lines = [
        mpl.lines.Line2D([], [], color=low_color, label="low points"),
        mpl.lines.Line2D([], [], color=high_color, ls="--", label="high points"),
        mpl.lines.Line2D([], [], color=GREY, ls=":", lw=0.6, label="ceiling"),
    ]
    figure.legend(handles=lines, loc="outside upper center", ncols=3)
    sns.despine(figure)
    return figure


def success(table: pd.DataFrame, style: dict) -> Figure:
    """Draw how often patterns were found, and what it took: a row a pattern, a colour a network.

    `table` is that of `success.success_table`.
    """
    names, networks = (list(dict.fromkeys(table[column])) for column in ("name", "network"))
    figure, axes = plt.subplots(
        1, 3, figsize=(PAGE, 0.24 * len(names) + 0.9), sharey=True, layout="constrained"
    )
    for offset, network, color in zip(
        np.linspace(-0.2, 0.2, len(networks)) if len(networks) > 1 else [0],
        networks, itertools.cycle(sns.color_palette()), strict=False,
    ):  # fmt: skip
        rows = table[table["network"] == network]
        height = np.array([names.index(name) for name in rows["name"]]) + offset
        reach = [rows["share"] - rows["share_low"], rows["share_high"] - rows["share"]]
        marks = {"color": color, "ls": "none", "ms": 4, "lw": 1}
        axes[0].errorbar(rows["share"], height, xerr=reach, marker="o", label=network, **marks)
        on_test = rows["found_on_test"] / rows["runs"]
        axes[0].plot(on_test, height, **marks | {"marker": "|", "ms": 7, "color": INK}, zorder=3)
        axes[1].plot(rows["gradients"], height, marker="o", **marks)
        axes[1].hlines(height, rows["gradients"], rows["gradients_most"], color=color, lw=1)
        axes[2].plot(rows["overlap"], height, marker="o", **marks)
        axes[2].hlines(height, rows["overlap_least"], rows["overlap"], color=color, lw=1)
    axes[0].set(xlim=(-0.03, 1.03), xlabel="share found, 95 % interval\n(bar: on test samples)")
    axes[1].set(xscale="log", xlabel="gradients of 128 samples\n(median and most), log scale")
    wide = table["gradients_most"].max() > 20 * table["gradients"].min()
    axes[1].xaxis.set_major_locator(mpl.ticker.LogLocator(subs=(1, 3) if wide else (1, 2, 5)))
    axes[1].xaxis.set_major_formatter("{x:,.0f}")
    axes[1].xaxis.set_minor_locator(mpl.ticker.NullLocator())
    axes[2].set(xlim=(None, 1.01), xlabel="overlap with the drawing\n(median and least)")
    axes[0].set_yticks(range(len(names)), names)
    axes[0].set_ylim(len(names) - 0.5, -0.5)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
    sns.despine(figure)
    return figure


# --- Hessian -------------------------------------------------------------------------------------


def spectrum(hessians: list[tuple[dict, dict]], style: dict) -> Figure:
    """Draw the spectral densities, a row a network, a column a center, a colour a seed.

    `hessians` holds, for every Hessian, its arrays and attributes. Below the density the extreme
    eigenvalues, one mark each.
    """
    figure, panels = _by_network_and_center([attrs for _, attrs in hessians])
    for found, attrs in hessians:
        axis, color = panels[attrs["network"], attrs["center"]], _color_of(attrs, hessians)
        at, density = found["density_at"], found["density"]
        shown = density > density.max() * 1e-8
        axis.plot(at[shown], density[shown], color=color, label=f"seed {attrs['seed']}")
        axis.plot(
            found["eigenvalues"], np.full(len(found["eigenvalues"]), 0.03), "|", color=color, ms=8,
            mew=1.2, transform=axis.get_xaxis_transform(),
        )  # fmt: skip
        axis.axvline(0, color=GREY, lw=0.5, ls=":")
        axis.set_yscale("log")
        axis.set_xlabel("eigenvalue")
    return _finished(figure, panels, hessians, "spectral density", style)


def curvature(hessians: list[tuple[dict, dict]], style: dict) -> Figure:
    """Draw the curvatures of random directions against the distribution that is predicted."""
    figure, panels = _by_network_and_center([attrs for _, attrs in hessians])
    for found, attrs in hessians:
        axis, color = panels[attrs["network"], attrs["center"]], _color_of(attrs, hessians)
        seen, mean, spread = found["curvatures"], float(found["mean"]), float(found["spread"])
        axis.hist(
            seen,
            bins=30,
            density=True,
            color=color,
            alpha=0.35,
            lw=0,
            label=f"seed {attrs['seed']}",
        )
        at = np.linspace(
            min(seen.min(), mean - 4 * spread), max(seen.max(), mean + 4 * spread), 300
        )
        axis.plot(
            at,
            np.exp(-(((at - mean) / spread) ** 2) / 2) / spread / np.sqrt(2 * np.pi),
            color=color,
        )
        axis.axvline(0, color=INK, lw=0.6, ls=":")
        axis.ticklabel_format(axis="x", scilimits=(-2, 3))
        low, high = found["eigenvalues"][[0, -1]]
        place = 0.95 - 0.1 * sorted({a["seed"] for _, a in hessians}).index(attrs["seed"])
        axis.text(
            0.98, place, f"λ from {low:.2g} to {high:.2g}", color=color, ha="right", va="top",
            size="small", transform=axis.transAxes,
        )  # fmt: skip
        axis.set_xlabel("uᵀHu along Gaussian directions")
    return _finished(figure, panels, hessians, "density", style)


def eigenplanes(pairs: list[tuple[tuple, tuple]], style: dict) -> Figure:
    """Draw planes of random directions beside planes of extreme eigenvectors at the same center.

    `pairs` holds two surfaces each, a surface being its row of the table of shapes and its grid.
    """
    figure, axes = plt.subplots(
        len(pairs), 2, figsize=(PAGE, 3.1 * len(pairs)), squeeze=False, layout="constrained"
    )
    for panels, pair in zip(axes, pairs, strict=True):
        for axis, (row, grid) in zip(panels, pair, strict=True):
            log = _is_log([grid])
            mesh = _contour_panel(axis, row, grid, log, style)
            names = grid.attrs["directions"]
            axis.set(xlabel=f"α [{names[0]}]", ylabel=f"β [{names[1]}]")
            axis.set_title(f"{row['network']}, {row['center']}: {row['shape']}")
            figure.colorbar(mesh, ax=axis, label=_loss_label(log), fraction=0.046, pad=0.03)
    grids = [grid for pair in pairs for _, grid in pair]
    figure.supxlabel(_footnote(grids), size=style["size"] - 2, color=GREY)
    return figure


def lens(table: pd.DataFrame, style: dict) -> Figure:
    """Draw measured against predicted curvature of every curve: close by, and over a grid step."""
    figure, axes = plt.subplots(
        1, 2, figsize=(PAGE, 3.4), sharex=True, sharey=True, layout="constrained"
    )
    shapes = list(dict.fromkeys(table["shape"]))
    networks = list(dict.fromkeys(table["network"]))
    colors = dict(zip(shapes, itertools.cycle(sns.color_palette()), strict=False))
    markers = dict(zip(networks, itertools.cycle("os^Dv"), strict=False))
    columns = ("curvature_measured", "curvature_seen")
    texts = ("measured close by (float64)", "seen over one step of the grid")
    for axis, column, text in zip(axes, columns, texts, strict=True):
        for row in table.itertuples():
            value = getattr(row, column)
            falls = "none" if value < 0 else colors[row.shape]
            axis.plot(
                abs(row.curvature), abs(value), marker=markers[row.network], ms=5,
                mfc=falls, mec=colors[row.shape], mew=1.0, ls="none",
            )  # fmt: skip
        sizes = table[["curvature", *columns]].abs().to_numpy()
        ends = sizes.min() / 2, sizes.max() * 2
        axis.plot(ends, ends, color=GREY, lw=0.7, zorder=0)
        axis.set(xscale="log", yscale="log", xlim=ends, ylim=ends, title=text)
        axis.set_xlabel("|uᵀHu|, predicted by the Hessian")
    axes[0].set_ylabel("|second difference| per squared length")
    handles = [
        mpl.lines.Line2D([], [], color=colors[s], marker="o", ls="none", ms=4, label=s)
        for s in shapes
    ]
    handles += [
        mpl.lines.Line2D([], [], color=INK, marker=markers[n], ls="none", ms=4, label=n)
        for n in networks
    ]
    handles.append(
        mpl.lines.Line2D(
            [], [], color=INK, marker="o", mfc="none", ls="none", ms=4, label="bends down"
        )
    )
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
    sns.despine(figure)
    return figure


def _by_network_and_center(attrs: list[dict]) -> tuple[Figure, dict]:
    """Make a panel for every network (rows) and center (columns)."""
    networks = list(dict.fromkeys(a["network"] for a in attrs))
    centers = list(dict.fromkeys(a["center"] for a in attrs))
    figure, axes = plt.subplots(
        len(networks), len(centers), squeeze=False, layout="constrained",
        figsize=(PAGE / 2 * max(1.2, len(centers)), 2.0 * len(networks) + 0.3),
    )  # fmt: skip
    panels = {
        (network, center): axes[row, column]
        for row, network in enumerate(networks)
        for column, center in enumerate(centers)
    }
    for (network, center), axis in panels.items():
        axis.set_title(f"{network}, {center}", loc="left")
    return figure, panels


def _color_of(attrs: dict, hessians: list[tuple[dict, dict]]):
    seeds = sorted({other["seed"] for _, other in hessians})
    palette = sns.color_palette()
    return palette[seeds.index(attrs["seed"]) % len(palette)]


def _finished(figure: Figure, panels: dict, hessians: list, label: str, style: dict) -> Figure:
    """Add what figures of Hessians share: legend, label of the heights, and a line below."""
    first = next(iter(panels.values()))
    first.legend(loc="upper left" if label == "density" else "upper right")
    columns = len({center for _, center in panels})
    for axis in list(panels.values())[::columns]:
        axis.set_ylabel(label)
    samples = {attrs["samples"] for _, attrs in hessians}
    policies = {attrs["batchnorm"] for _, attrs in hessians} - {"none"}
    text = f"Hessian of the training loss on {', '.join(f'{n:,}' for n in sorted(samples))} samples"
    text += "".join(f", BatchNorm {policy}" for policy in policies)
    figure.supxlabel(text, size=style["size"] - 2, color=GREY)
    sns.despine(figure)
    return figure


# --- shared --------------------------------------------------------------------------------------


def _is_log(grids: list[Grid]) -> bool:
    """Whether the losses of a figure want a logarithmic scale."""
    return wants_log(np.concatenate([grid.losses.loss.ravel() for grid in grids]))


def _loss_label(log: bool) -> str:
    return "loss [nats], log scale" if log else "loss [nats]"


def _footnote(grids: list[Grid]) -> str:
    """Say on what, how and at how many points the losses were evaluated."""
    attrs = grids[0].attrs
    policies = {grid.attrs["batchnorm"] for grid in grids} - {"none"}
    evaluated = sum(int(grid.losses.evaluated.sum()) for grid in grids)
    points = sum(grid.losses.evaluated.size for grid in grids)
    error = max(grid.losses.error_estimate for grid in grids)
    text = f"{attrs['dataset']}, {attrs['samples']:,} {attrs['split']} samples"
    text += "".join(f", BatchNorm {policy}" for policy in policies)
    text += f"; {evaluated:,} points evaluated"
    if evaluated < points:
        text += f", {points - evaluated:,} interpolated from their outputs"
        text += f" to {error:.1%} of the range (estimate)"
    lost = sum(grid.attrs["nonfinite"] for grid in grids)
    return text + (f", {lost} not finite (×)" if lost else "")
