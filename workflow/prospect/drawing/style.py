"""Fonts, colours, and how a figure is saved."""

import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import matplotlib as mpl
import seaborn as sns
from matplotlib.figure import Figure

from prospect import __version__
from prospect.base import files, stage

mpl.use("agg")
import matplotlib.pyplot as plt

PAGE = 7.0  # width of a figure in inches: two columns of a paper
INK, GREY = "0.1", "0.5"

# what a format calls the program, the title, what a figure was made from, and the time
WORDS = {
    ".pdf": ("Creator", "Title", "Keywords", "CreationDate"),
    ".png": ("Software", "Title", "Description", None),
    ".svg": ("Creator", "Title", "Description", "Date"),
}


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


def colours(style: dict) -> dict[str, list]:
    """Return the colours of figures for who draws without Matplotlib.

    ``palette``, those of categories as ``#rrggbb``; ``colorscale``, those of losses as pairs of a
    fraction and a colour.
    """
    colormap = mpl.colormaps[style["colormap"]]
    places = [number / 32 for number in range(33)]
    return {
        "palette": sns.color_palette(style["palette"]).as_hex(),
        "colorscale": [[place, mpl.colors.to_hex(colormap(place))] for place in places],
    }


@contextmanager
def drawing(snakemake) -> Iterator[Callable[[str, Figure], None]]:
    """Run a script that draws; yields ``save(name, figure)``.

    It writes a figure to those of the job's outputs that have its name, one for every format, with
    what it was made from and without time stamps, so that the same figure is the same file.
    """
    style = snakemake.params.style
    with stage.running(snakemake), styled(style):
        origin = {"study": snakemake.wildcards["study"], "params": style}
        origin |= {"made_from": stage.made_from(snakemake)}

        def save(name: str, figure: Figure) -> None:
            for path in map(Path, snakemake.output):
                if path.stem == name:
                    words = _metadata(path, origin)
                    image = io.BytesIO()
                    figure.savefig(
                        image, format=path.suffix[1:], dpi=style["dpi"], bbox_inches="tight",
                        metadata=words,
                    )  # fmt: skip
                    files.write(path, image.getvalue())
            plt.close(figure)

        yield save


def _metadata(path: Path, origin: dict) -> dict[str, str | None]:
    """Return what a figure says of itself, in the words of its format."""
    program, title, text, time = WORDS[path.suffix]
    said: dict[str, str | None] = {
        program: f"Prospect {__version__}, Matplotlib {mpl.__version__}",
        title: f"{origin['study']}: {path.stem}",
        text: json.dumps(origin, sort_keys=True),
    }
    return said | ({time: None} if time else {})
