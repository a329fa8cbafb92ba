"""The page of a study, from its files.

Also by hand, of a study that is not finished, as it is now:

PYTHONPATH=workflow .venv/bin/python -m prospect.page.make config/studies/tiny.yaml
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from prospect.base import files
from prospect.base.errors import one_line
from prospect.drawing.style import colours
from prospect.landscape.scale import FLOOR
from prospect.page import document, inputs, items, panels, results
from prospect.study import paths, read, stages
from prospect.study.text import load


def page(
    study: str,
    own: Mapping[str, Sequence[str]],
    of_systems: Mapping[str, Mapping[str, Sequence[str]]],
    style: dict,
    words: Mapping[str, str],
) -> str:
    """Return the page of a study as HTML.

    `own` and `of_systems` are the files that it is made from, `words` what it calls things
    (`inputs`), `style` the config's ``figures``. What is not there is left out, and the page says
    so. Raises ProspectError for files that are not those that were written there.
    """
    wanted = [
        path for listed in (own, inputs.flat(of_systems)) for p in listed.values() for path in p
    ]
    missing = sorted({path for path in wanted if not Path(path).exists()})

    def there(listed: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
        return {name: [p for p in given if p not in missing] for name, given in listed.items()}

    brought = [panels.of_system(name, there(given)) for name, given in of_systems.items()]
    known = {file: said for system in brought for file, said in system.known().items()}
    given = there(own)
    content = {
        **words,
        "missing": missing,
        "page": paths.PAGE.format(study=study),
        "table": paths.TABLE.replace("{study}", study),
        "figure": paths.FIGURE.replace("{study}", study).replace("{format}", style["format"][0]),
        "floor": FLOOR,
        "view": {name: style[name] for name in ("elevation", "azimuth")},
        **colours(style),
        "items": items.items(given["grids"], known),
        "training": results.histories(given["histories"]),
        "claims": results.claims(given["claims"]),
        "trajectories": results.trajectories(*given["trajectories"]),
    }
    return document.document(study, content, [part for b in brought for part in b.panels()])


def main(config: str) -> None:
    """Write the page of what is there of a study, and say what is missing."""
    root = Path.cwd()
    study = read.study([config], load(Path(config)), root)
    parts = inputs.of_study(study), inputs.of_systems(study)
    words = inputs.words(study, [config])
    text = page(study.name, *parts, stages.figure_params(study), words)
    output = paths.PAGE.format(study=study.name)
    files.write(output, text.encode())
    print(output)


if __name__ == "__main__":  # make page
    with one_line():
        main(*sys.argv[1:])
