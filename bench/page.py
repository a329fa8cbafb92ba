"""Measure the page: its size, and when the first plot is there, of a study and of 200 surfaces.

PYTHONPATH=workflow:tests/page .venv/bin/python bench/page.py results/digits/atlas.html
"""

import sys
from contextlib import chdir
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from browser import Browser
from made import made, write_surface

RUNS = 3
SURFACES, POINTS = 200, 49
# note when the lists are there, and when the first plot is
WATCH = """
const watch = setInterval(() => {
  if (document.querySelector("footer")) window.listed ??= performance.now();
  if (![...document.querySelectorAll(".plot")].some((plot) => plot.data)) return;
  window.drawn = performance.now();
  clearInterval(watch);
}, 5);
"""
SORT = """
(() => {
  const heads = [...document.querySelectorAll("#h-list ~ .table th button")];
  const start = performance.now();
  heads.find((head) => head.textContent === "seed").click();
  document.body.offsetHeight; // lay it out
  return performance.now() - start;
})()
"""


def measure(browser: Browser, page: Path) -> str:
    """Say how large a page is and how fast: the best of some runs, at its surfaces."""
    times = []
    for _ in range(RUNS):
        browser.open(page, link="#section=surfaces")
        browser.wait("window.drawn")
        times.append([*browser.do("[listed, drawn]"), browser.do(SORT)])
    listed, drawn, sorted_in = np.min(times, axis=0)
    return (
        f"{page.stat().st_size / 1e6:.1f} MB; lists after {listed / 1000:.1f} s, first plot after "
        f"{drawn / 1000:.1f} s; list sorted in {sorted_in:.0f} ms"
    )


def many() -> list[str]:
    """Write surfaces of closed forms, and return their files."""
    axis = np.linspace(-2, 2, POINTS)
    alpha, beta = np.meshgrid(axis, axis, indexing="ij")
    files = [f"results/s/mlp/seed{seed}/surfaces/bowl.h5" for seed in range(SURFACES)]
    for number, file in enumerate(files):
        write_surface(
            file, 1 + alpha**2 + (1 + number / SURFACES) * beta**2, seed=number, axis=axis
        )
    return files


if __name__ == "__main__":
    with Browser() as browser:
        browser.call("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
        for name in sys.argv[1:]:
            print(f"{name}: {measure(browser, Path(name))}")
        with TemporaryDirectory() as folder, chdir(folder):
            page = made(Path(folder), grids=many())
            print(f"{SURFACES} surfaces of {POINTS} × {POINTS}: {measure(browser, page)}")
