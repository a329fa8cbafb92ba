"""Write the tables of README.md from docs/*.csv, and that of config/README.md from the schema.

A table stands between ``<!-- table: name -->`` and ``<!-- end -->`` and is made anew by the
function of that name below; text around it is left alone. docs/README.md says what measures the
numbers.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import yaml

from prospect.study.schema import schema

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
TEXTS = [ROOT / "README.md", ROOT / "config" / "README.md", DOCS / "normalisations.md"]
MARKED = re.compile(r"(<!-- table: ([a-z]+) -->\n).*?(<!-- end -->)", re.DOTALL)
CLOSE = 1.1  # times whose ratio is smaller change places from run to run
LABELS = {
    "egg-box": "egg-box, 3 × 3 pits",
    "monkey-saddle": "monkey saddle",
    "moon": "moon, an image",
    "wine-bottle": "wine bottle",
}
VERDICTS = ("holds", "undecided", "fails", "not tested")
SHOWN = ("mlp", "resnet8", "resnet20", "vgg16")  # whose times are in the README
POLICIES = {"frozen": "BatchNorm frozen", "recompute": "BatchNorm recomputed at every point"}
VALLEYS = {
    "signed": "η = \\|ε\\| sign θ",
    "same-cosine": "Gaussian with the cosine of η",
    "rest": "η without its part along θ",
    "permuted": "η, signs permuted",
    "smallest": "η on the smallest half of \\|θ\\|",
    "smallest-same-cosine": "Gaussian with the cosine of that",
}


def written(text: str) -> str:
    """Return a text with its tables made anew."""
    return MARKED.sub(lambda match: f"{match[1]}{table(match[2])}{match[3]}", text)


def table(name: str) -> str:
    """Return a table by its name, as lines of Markdown."""
    if name == "keys":
        return keys(schema())
    return TABLES[name](pd.read_csv(DOCS / f"{name}.csv"))


def markdown(*rows: list[str]) -> str:
    """Return rows of cells as a table; the first row is its head."""
    head, *body = rows
    lines = [head, ["---"] * len(head), *body]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def bold(text: str, best: bool = True) -> str:
    """Return a text in bold where it is the best."""
    return f"**{text}**" if best else text


def label(name: str) -> str:
    """Return how a pattern or surface is called in a table."""
    return LABELS.get(name, name)


def code(name: str) -> str:
    """Return a name as it is written in the config."""
    return f"`{name}`"


def mining(runs: pd.DataFrame) -> str:
    """Return how often patterns were found, and at what cost; bold where every run found it."""
    networks, (count,) = runs["network"].unique(), runs["runs"].unique()
    cells = {}
    for row in runs.itertuples():
        found = bold(f"{row.found}", row.found == row.runs)
        cells[row.name, row.network] = f"{found}, {row.gradients:,} ({row.gradients_most:,})"
    return markdown(
        [
            f"found in {count} runs, gradients of 128 samples: median (most)",
            *map(code, networks),
        ],
        *(
            [label(name), *(cells.get((name, network), "") for network in networks)]
            for name in runs["name"].unique()
        ),
    )


def drawings(runs: pd.DataFrame) -> str:
    """Return what Prospect and the published settings give; the better overlap is bold.

    Where overlaps agree, the cost decides, and both are shown.
    """
    ours, theirs = (
        runs[runs["settings"] == settings].set_index("name")
        for settings in ("Prospect", "published")
    )
    rows = []
    for name in ours.index:
        our, their = ours.loc[name], theirs.loc[name]
        found = f"{our.found} of {our.runs}"
        if pd.notna(our.found_on_test):
            found += f" ({our.found_on_test:.0f})"
        their_found = f"{their.found} of {their.runs}"
        tie = our.overlap == their.overlap
        if tie:
            their_found += f", {bold(f'{their.gradients:,}', their.gradients < our.gradients)}"
        rows.append(
            [
                label(name),
                bold(f"{our.overlap:.2f}", our.overlap > their.overlap),
                found,
                bold(f"{our.gradients:,}", tie and our.gradients < their.gradients),
                bold(f"{their.overlap:.2f}", their.overlap > our.overlap),
                their_found,
            ]
        )
    head = ["Prospect: overlap", "found (on test samples)", "gradients"]
    return markdown(["", *head, "published: overlap", "found"], *rows)


def valleys(leads: pd.DataFrame) -> str:
    """Return by how much the + side leads in mean error along every kind of direction."""
    networks = list(leads["network"].unique())
    rows = []
    for direction, own in leads.groupby("direction", sort=False):
        of_network = own.set_index("network")
        signs = " to ".join(_ends(own["sign_consistency"]))
        cosine = " to ".join(_ends(own["overlap"].abs()))
        cells = [
            f"{row.lead:.1f} [{row.low:.1f}, {row.high:.1f}]"
            for row in (of_network.loc[network] for network in networks)
        ]
        rows.append([VALLEYS[str(direction)], signs, cosine, *cells])
    head = ["lead of the + side, points of mean error", "signs of θ", "cosine"]
    return markdown([*head, *map(code, networks)], *rows)


def samples(planes: pd.DataFrame) -> str:
    """Return how many samples planes need, and how far measurements are from the formula."""
    n, accuracy, pilot = planes.loc[0, ["samples", "accuracy", "pilot_samples"]]
    rows = [
        [
            f"{row.center}, {row.radius:g} ‖θ‖",
            f"{row.ratio:.2f} [{row.ratio_low:.2f}, {row.ratio_high:.2f}]",
            f"{row.needed:.0f} [{row.needed_low:.0f}, {row.needed_high:.0f}]",
            f"{row.needed_most:.0f}",
            f"{row.error:.2f} [{row.error_low:.2f}, {row.error_high:.2f}]",
            f"{row.pilot_ratio:.2f} [{row.pilot_ratio_low:.2f}, {row.pilot_ratio_high:.2f}]",
        ]
        for row in planes.itertuples()
    ]
    head = [
        *("plane about, radius", "D_k² measured / formula"),
        f"of {n:,.0f} samples needed for {100 * accuracy:g} % of the range",
        *("in nine of ten subsets", "error there / wanted", f"{pilot:.0f} samples would say"),
    ]
    return markdown(head, *rows)


def paths(runs: pd.DataFrame) -> str:
    """Return what one plane explains of training runs, and of random walks with such steps."""

    def cell(row, name: str, scale: float = 1, unit: str = "") -> str:
        numbers = [scale * getattr(row, name + end) for end in ("", "_low", "_high")]
        mean, low, high = (f"{n:.1f}" if unit else f"{n:.2f}" for n in numbers)
        return f"{mean}{unit} [{low}, {high}]"

    rows = [
        [
            code(row.network),
            *(cell(row, name, 100, " %") for name in ("explained", "walk_best")),
            *(cell(row, name) for name in ("straightness", "walk_straightness")),
            *(cell(row, name) for name in ("farthest", "lower")),
        ]
        for row in runs.itertuples()
    ]
    head = ["", "in its best plane", "random walk of such steps", "straightness", "of the walk"]
    head += ["farthest out of the plane", "loss in the plane / own loss"]
    return markdown(head, *rows)


def normalisations(ratios: pd.DataFrame) -> str:
    """Return how much sharper a rescaled network looks than itself, by normalisation."""
    rows = []
    for how, own in ratios.groupby("normalise", sort=False):
        numbers = own[["ratio", "low", "high"]].map(
            lambda n: f"{n:,.0f}" if n >= 100 else f"{n:.3g}"
        )
        cells = [f"{row.ratio} [{row.low}, {row.high}]" for row in numbers.itertuples()]
        rows.append([code(str(how)), *cells])
    head = [f"{name} rescaled" for name in ratios["rescaled"].unique()]
    return markdown(["rise of the rescaled network / of itself", *head], *rows)


def _ends(values: pd.Series) -> list[str]:
    """Return the smallest and the largest value, once where they are shown alike."""
    return list(dict.fromkeys(f"{value:.2f}" for value in (values.min(), values.max())))


def evaluator(times: pd.DataFrame) -> str:
    """Return the time a point of Prospect and its peers at the batch size that suits each best.

    Bold where one is clearly the fastest of those that treat BatchNorm alike.
    """
    times = times[times["network"].isin(SHOWN)].dropna(subset="milliseconds")
    networks, lines = list(times["network"].unique()), []
    for policy, alike in times.groupby("batchnorm", sort=False):
        rows = {}
        for (engine, version), own in alike.groupby(["engine", "version"], sort=False):
            best = own.loc[own.groupby("network")["milliseconds"].idxmin()]
            text = f"{engine} {version}, batches of {_sizes(best)}"
            if engine == "Prospect":
                text = "**Prospect**: loss, accuracy, standard errors"
            rows[text] = best.set_index("network")["milliseconds"].reindex(networks)
        taken = pd.DataFrame(rows)
        lines.append([f"*{POLICIES[str(policy)]}*", *[""] * len(networks)])
        lines += [[text, *(_time(taken.loc[name], text) for name in networks)] for text in rows]
    return markdown(["time a point, ms", *map(code, networks)], *lines)


def _sizes(best: pd.DataFrame) -> str:
    """Return the batch sizes of some rows in words."""
    sizes = best["batch"].where(best["batch"] < best["samples"]).drop_duplicates().sort_values()
    return " or ".join("all samples" if pd.isna(size) else f"{size:.0f}" for size in sizes)


def _time(taken: pd.Series, text: str) -> str:
    """Return a time as a cell, bold where all others are clearly longer, blank where it is none."""
    time, others = taken[text], taken.drop(text).dropna()
    digits = 2 if time < 10 else 1 if time < 100 else 0
    return "" if pd.isna(time) else bold(f"{time:,.{digits}f}", (others > CLOSE * time).all())


def surfaces(found: pd.DataFrame) -> str:
    """Return what adaptive surfaces of networks of the papers cost and how far off they are."""
    found = found[found["network"].isin(SHOWN) & (found["evaluated"] < found["side"] ** 2)]
    (side,) = found["side"].unique()
    head = ["exact points (and others)", "seconds", "in full", "best peer"]
    head += ["with BatchNorm recomputed", "stated error", "true error"]
    rows = []
    for row in found.itertuples():
        times = [row.seconds_full, row.seconds_peer, row.seconds_peer_recompute]
        times = pd.Series([row.seconds, *times], ["adaptive", "full", "peer", "recompute"])
        rows.append([
            f"{code(row.network)}, {label(row.surface)}" + " (log scale)" * (row.scale == "log"),
            f"{row.evaluated}" + f" ({row.approximate})" * bool(row.approximate),
            *(_time(times, which) for which in times.index),
            *(percent(error) for error in (row.estimate, row.error)),
        ])  # fmt: skip
    return markdown([f"{side} × {side}", *head], *rows)


def errors(found: pd.DataFrame) -> str:
    """Return, a row a network, how far off adaptive surfaces say they are, and are, at most."""
    head = ["surfaces", "exact points", "largest stated error", "largest true error"]
    rows = [
        [
            code(row.network),
            f"{row.surfaces}",
            " to ".join(dict.fromkeys([f"{row.fewest}", f"{row.most}"])),
            *(percent(error) for error in (row.estimate, row.error)),
        ]
        for row in found.itertuples()
    ]
    return markdown([f"{found['surfaces'].sum()} surfaces", *head], *rows)


def percent(share: float) -> str:
    """Return a share in percent with two digits behind the point."""
    return f"{100 * share:.2f} %"


def many(found: pd.DataFrame) -> str:
    """Return what surfaces of very many samples cost and how far off they are, beside 1,437."""
    head = ["surface", "samples", "of them", "all at", "times the cost of 1,437"]
    return markdown(
        [*head, "stated error", "largest", "median", "error of 1,437"],
        *(
            [
                f"`{row.network}`, {label(row.surface)}" + ", test" * (row.split == "test"),
                f"{row.samples:,}",
                f"{row.subsample:,} and {row.middle:,}",
                f"{row.evaluated} points",
                f"{row.seconds / row.seconds_few:.1f}",
                *(percent(share) for share in (row.estimate, row.error, row.median, row.error_few)),
            ]
            for row in found.itertuples()
        ),
    )


def images(runs: pd.DataFrame) -> str:
    """Return what networks reach on small images, and the shapes found; bold where all are."""
    networks = list(runs["network"].unique())
    of_network = runs.drop_duplicates("network").set_index("network").loc[networks]
    cells = {}
    for row in runs.itertuples():
        found = f"{row.found} of {row.runs}" if row.runs > 1 else "found" * row.found
        seen = bold(found) if row.found == row.runs else f"{found} ({row.shapes})".strip()
        again = f"{row.found_on_test:.0f}" if row.runs > 1 else "too" * (row.found_on_test == 1)
        on_test = f", on test samples {again}" if pd.notna(row.found_on_test) and again else ""
        cells[row.name, row.network] = seen + on_test
    accuracies = [
        f"{100 * row.accuracy:.1f} %, {100 * row.test_accuracy:.1f} %"
        for row in of_network.itertuples()
    ]
    return markdown(
        ["", *map(code, networks)],
        ["accuracy, on test samples", *accuracies],
        *(
            [label(name), *(cells.get((name, network), "") for network in networks)]
            for name in runs["name"].unique()
        ),
    )


def keys(whole: dict) -> str:
    """Return every key of the config, its default and what it means."""
    rows = (
        [code(key), code(default) if default else "", text]
        for key, default, text in documented(whole)
    )
    return markdown(["key", "default", "meaning"], *rows)


def documented(whole: dict) -> Iterator[tuple[str, str, str]]:
    """Yield every key of a schema, top down, with its default as YAML and its description."""

    def below(part: dict, path: tuple[str, ...]) -> Iterator[tuple[str, str, str]]:
        for key, own in part.get("properties", {}).items():
            here = (*path, key)
            if "$ref" in own:
                own = whole["$defs"][own["$ref"].split("/")[-1]] | own
            text = " ".join(own.get("description", "").split())
            if "enum" in own and "`" not in text:
                text += ": " + ", ".join(map(code, own["enum"]))
            yield ".".join(here), _default(own), text
            if path and own.get("each-network"):
                continue  # the keys of the study's section
            yield from below(own, here)
            each = own.get("additionalProperties")
            if isinstance(each, dict):
                yield from below(each, (*here, "{name}"))

    yield from below(whole, ())


def claims(rows: pd.DataFrame) -> str:
    """Return a row a claim: what stands for it, the range of its numbers, and its verdicts."""
    lines = []
    for _, own in rows.groupby("id", sort=False):
        lowest, highest = own["number"].min(), own["number"].max()
        numbers = f"{lowest:.2g}" if len(own) == 1 else f"{lowest:.2g} to {highest:.2g}"
        counts = own["verdict"].value_counts()
        verdicts = [f"{name} {counts[name]}" for name in VERDICTS if name in counts]
        lines.append([own["claim"].iloc[0], own["side"].iloc[0], numbers, ", ".join(verdicts)])
    return markdown(["claim", "wants", "number", "verdicts"], *lines)


def _default(part: dict) -> str:
    """Return a key's default as YAML; none where it is a section that fills itself."""
    if part.get("default", {}) == {}:
        return ""
    text = yaml.safe_dump(part["default"], default_flow_style=True, width=1000)
    return text.removesuffix("...\n").strip()


TABLES: dict[str, Callable[[pd.DataFrame], str]] = {
    "mining": mining,
    "drawings": drawings,
    "evaluator": evaluator,
    "surfaces": surfaces,
    "many": many,
    "errors": errors,
    "valleys": valleys,
    "spinglass": claims,
    "samples": samples,
    "normalisations": normalisations,
    "paths": paths,
    "images": images,
}

if __name__ == "__main__":
    for file in TEXTS:
        file.write_text(written(file.read_text(encoding="utf-8")))
