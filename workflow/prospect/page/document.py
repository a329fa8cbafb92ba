"""The one file: data, scripts, styles and plotly in it, so that it opens offline by itself."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from string import Template

from prospect import __version__
from prospect.base.errors import ProspectError
from prospect.page.arrays import plain
from prospect.page.figures import Panel

ASSETS = Path(__file__).parent / "assets"
# in the order of the page; the first is what the others use, the last one starts them
SCRIPTS = (
    *("elements", "arrays", "look", "cards", "choice", "overview", "planes", "surfaces", "cursor"),
    *("rays", "curves", "populations", "training", "trajectories", "panels", "claims", "list"),
    "start",
)


def document(study: str, content: Mapping, panels: Sequence[Panel]) -> str:
    """Return the page as HTML; `content` holds what its scripts read, by name.

    Nothing in it is looked for anywhere else. All data is one block of JSON, which scripts put into
    the page as text alone, so that a name with HTML in it is a name.
    """
    data = {"study": study, "version": __version__, **content}
    data["panels"] = [asdict(panel) for panel in panels]
    template = Template((ASSETS / "page.html").read_text(encoding="utf-8"))
    scripts = "\n".join((ASSETS / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS)
    return template.substitute(
        study=_as_text(study),
        style=(ASSETS / "page.css").read_text(encoding="utf-8"),
        data=_as_json(data),
        plotly=_plotly().read_text(encoding="utf-8"),
        scripts=scripts,
    )


def _as_json(data: Mapping) -> str:
    """Return data as JSON that no HTML parser takes for the end of its block."""
    text = json.dumps(plain(data), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")


def _as_text(text: str) -> str:
    """Return text with nothing in it that HTML would take for its own."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _plotly() -> Path:
    """Return the file of plotly's script; it comes with the package of that name."""
    package = find_spec("plotly")
    if package is None or not package.submodule_search_locations:
        raise ProspectError("the package 'plotly' is not installed; run: make setup")
    return Path(package.submodule_search_locations[0]) / "package_data" / "plotly.min.js"
