"""The page as a person meets it, in a real browser."""

import io
import re

import numpy as np
import pandas as pd
import pytest
from made import (
    AXIS,
    bowl,
    made,
    write_claims,
    write_history,
    write_surface,
    write_trajectories,
)
from PIL import Image

from prospect.records import grids
from prospect.study import paths

SIZES = [1280, 390]
HOSTILE = "<img src=x onerror=\"document.title='hit'\">"


@pytest.fixture(scope="module")
def atlas(finished):
    """The page of the tiny study."""
    return finished.folder / paths.PAGE.format(study="tiny")


def area(browser, tmp_path, selector):
    """What the window shows of an element."""
    place = browser.do(
        f"(() => {{ const r = document.querySelector({selector!r}).getBoundingClientRect();"
        " return [r.left, r.top, r.right, r.bottom].map(x => x * devicePixelRatio) })()"
    )
    browser.picture(tmp_path / "window.png")
    return Image.open(tmp_path / "window.png").convert("RGB").crop(tuple(map(int, place)))


def colours(image):
    return len(image.getcolors(maxcolors=10**7))


def click(browser, selector, text):
    """Click the element that a selector finds and that says a text."""
    browser.do(
        f"[...document.querySelectorAll({selector!r})]"
        f".find(e => e.textContent.includes({text!r})).click()"
    )


def switch(browser, section, label, value="true"):
    """Set a switch or list of a section's choice, as a hand does."""
    browser.do(
        f"(() => {{ const s = document.getElementById('h-{section}').parentElement;"
        " const l = [...s.querySelectorAll('.choice label')]"
        f".find(l => l.textContent.startsWith({label!r}));"
        f" const i = l.querySelector('input, select');"
        f" if (i.type === 'checkbox') i.checked = {value}; else i.value = {value!r};"
        " i.dispatchEvent(new Event('change')) })()"
    )


def shown(browser, section, selector):
    """The texts of a section's elements that are not hidden."""
    return browser.do(
        f"[...document.getElementById('h-{section}').parentElement.querySelectorAll({selector!r})]"
        ".filter(e => !e.closest('[hidden]')).map(e => e.textContent)"
    )


SOLID = "document.querySelector('.card:not([hidden]) .solid')"
FLAT = "document.querySelector('.card:not([hidden]) .flat')"


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", SIZES)
def test_it_opens_without_an_error_asks_for_nothing_and_fits(browser, atlas, width, dark):
    browser.dark(dark)
    browser.open(atlas, width)
    for link in browser.do("[...document.querySelectorAll('nav a')].map(a => a.hash)"):
        browser.do(f"location.hash = {link!r}")
        browser.wait(
            "[...document.querySelectorAll('.plot')].map(p => [p, p.getBoundingClientRect()])"
            ".every(([p, { top, bottom }]) => top > 500 || bottom < 100 || p.data || p.textContent)"
        )
    assert browser.errors() == []
    assert browser.requests() == []
    assert browser.do("document.documentElement.scrollWidth") == width
    browser.dark(False)


def test_a_request_and_an_error_would_have_been_seen(browser, atlas, tmp_path):
    page = tmp_path / "other.html"
    allowed = re.sub(r"<meta http-equiv=.*?>", "", atlas.read_text())
    page.write_text(
        allowed.replace("<header", '<img src="other.png"><script>lost()</script><header')
    )
    browser.open(page)
    assert any("other.png" in address for address in browser.requests())
    assert any("lost is not defined" in error for error in browser.errors())


@pytest.mark.parametrize("width", SIZES)
def test_surfaces_are_drawn(browser, atlas, tmp_path, width):
    browser.open(atlas, width, link="#surface=mlp/seed0/bowl")
    browser.wait(f"{SOLID}.data && {FLAT}.data")
    browser.wait(f"{SOLID}.querySelector('canvas')")
    browser.do("new Promise(done => setTimeout(done, 1500))")
    assert colours(area(browser, tmp_path, ".solid")) > 500
    assert colours(area(browser, tmp_path, ".card h3")) < 300  # of what is no surface


def test_arrow_keys_turn_a_surface(browser, atlas):
    browser.open(atlas, link="#surface=mlp/seed0/bowl")
    browser.wait(f"{SOLID}.data")
    where = f"{SOLID}.layout.scene.camera.eye"
    before = browser.do(where)
    browser.do(f"{SOLID}.focus()")
    browser.press("ArrowRight")
    browser.wait(f"{where}.x !== {before['x']}")
    after = browser.do(where)
    assert np.hypot(after["x"], after["y"]) == pytest.approx(np.hypot(before["x"], before["y"]))
    assert after["z"] == before["z"]


def test_one_cursor_is_in_both_plots_and_says_what_is_there(browser, atlas, finished):
    browser.open(atlas, link="#surface=mlp/seed0/bowl")
    browser.wait(f"{FLAT}.data && {SOLID}.data")
    browser.do(f"{FLAT}.focus()")
    for key in ("ArrowRight", "ArrowRight", "ArrowUp"):
        browser.press(key)
    grid = grids.read(finished.folder / "results/tiny/mlp/seed0/surfaces/bowl.h5")
    middle = len(grid.axes["alpha"]) // 2
    place = [grid.axes["alpha"][middle + 2], grid.axes["beta"][middle + 1]]
    for plot in (FLAT, SOLID):
        found = browser.do(f"[{plot}.data[1].x[0], {plot}.data[1].y[0]]")
        np.testing.assert_allclose(found, place, rtol=1e-6)
    said = browser.do("document.querySelector('.card .readout').textContent")
    loss = float(re.search(r"loss ([\d.]+)", said)[1])
    assert loss == pytest.approx(grid.values.loss[middle + 2, middle + 1], rel=5e-3)


def test_the_mouse_moves_the_cursor_over_marks_too(browser, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_surface("results/s/mlp/seed0/surfaces/bowl.h5", bowl())
    browser.open(made(tmp_path, grids=["results/s/mlp/seed0/surfaces/bowl.h5"]))
    browser.do("location.hash = '#surface=mlp/seed0/bowl'")
    browser.wait(f"{FLAT}?.data && {SOLID}?.data")
    switch(browser, "surfaces", "evaluated")
    left, top, width, height = browser.do(
        f"(r => [r.left, r.top, r.width, r.height])"
        f"({FLAT}.querySelector('.nsewdrag').getBoundingClientRect())"
    )
    for share in (0.2, 0.5, 0.9):  # 0.5: over the center and its mark
        for away in (3, 0):
            browser.point(left + share * width - away, top + (1 - share) * height)
            browser.do("new Promise(done => setTimeout(done, 400))")
        found = browser.do(f"[{SOLID}.data[1].x[0], {SOLID}.data[1].y[0]]")
        wanted = [axis[0] + share * (axis[-1] - axis[0]) for axis in (AXIS, AXIS[:-4])]
        np.testing.assert_allclose(found, wanted, atol=0.06)  # half of a step, and a pixel


def test_α_is_across_and_β_upright(browser, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_surface("results/s/mlp/seed0/surfaces/bowl.h5", bowl())
    browser.open(made(tmp_path, grids=["results/s/mlp/seed0/surfaces/bowl.h5"]))
    browser.wait(f"{FLAT}?.data")
    switch(browser, "surfaces", "scale", "linear")
    drawn = np.array(browser.do(f"{FLAT}.data[0].z"), float)
    np.testing.assert_allclose(drawn, bowl().T, rtol=1e-6)


def test_common_limits_are_those_of_all_that_is_shown(browser, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    files = [f"results/s/{name}/seed0/surfaces/bowl.h5" for name in ("one", "two", "three")]
    for scale, file in enumerate(files, start=1):
        write_surface(file, bowl(scale), network=file.split("/")[2])
    browser.open(made(tmp_path, grids=files))
    browser.wait(f"{FLAT}?.data")
    switch(browser, "surfaces", "scale", "linear")
    limits = f"[{FLAT}.data[0].zmin, {FLAT}.data[0].zmax]"
    own = browser.do(limits)
    np.testing.assert_allclose(own, [bowl().min(), bowl().max()], rtol=1e-6)
    switch(browser, "surfaces", "common limits")
    np.testing.assert_allclose(browser.do(limits), [bowl().min(), 3 * bowl().max()], rtol=1e-6)
    switch(browser, "surfaces", "network", "two")
    browser.wait(f"{FLAT}?.data")
    np.testing.assert_allclose(browser.do(limits), [2 * bowl().min(), 2 * bowl().max()], rtol=1e-6)


def test_scales_quantities_and_samples_can_be_chosen(browser, atlas, finished):
    browser.open(atlas, link="#surface=mlp/seed0/bowl")
    browser.wait(f"{FLAT}.data")
    values = grids.read(finished.folder / "results/tiny/mlp/seed0/surfaces/bowl.h5").values
    z = f"{FLAT}.data[0].z"
    for scale, wanted in (("log", np.log10(values.loss)), ("linear", values.loss)):
        switch(browser, "surfaces", "scale", scale)
        np.testing.assert_allclose(np.array(browser.do(z)), wanted.T, atol=1e-5)
    switch(browser, "surfaces", "of", "accuracy")
    np.testing.assert_allclose(np.array(browser.do(z)), values.accuracy.T, atol=1e-6)
    switch(browser, "surfaces", "on", "test")
    assert "not evaluated on the test samples" in browser.do(f"{FLAT}.textContent")


def test_a_curve_on_test_samples_is_the_one_that_was_evaluated_there(browser, atlas, finished):
    browser.open(atlas, link="#curve=mlp/seed0/w-peak")
    line = "document.querySelector('[aria-labelledby=h-curves] .line')"
    browser.wait(f"{line}.data")
    switch(browser, "curves", "on", "test")
    found = browser.do(f"{line}.data.find(t => t.name?.startsWith('w-peak')).y")
    test = grids.read(finished.folder / "results/tiny/mlp/seed0/test/curves/w-peak.h5")
    np.testing.assert_allclose(list(found), test.values.loss, rtol=1e-5)


def test_the_parabola_is_drawn_on_demand(browser, atlas, finished):
    browser.open(atlas, link="#curve=mlp/seed0/sharp")
    line = "document.querySelector('[aria-labelledby=h-curves] .line')"
    browser.wait(f"{line}.data")
    switch(browser, "curves", "scale", "linear")
    before = browser.do(f"{line}.data.length")
    switch(browser, "curves", "parabola")
    lens = pd.read_csv(finished.folder / "results/tiny/lens.csv").set_index("name").loc["sharp"]
    assert browser.do(f"{line}.data.length") == before + 3
    trace = f"{line}.data.find(t => t.legendgroup === 'sharp' && t.line?.width === 1.2)"
    x, y = (np.array(browser.do(f"[...{trace}.{axis}]")) for axis in "xy")
    grid = grids.read(finished.folder / "results/tiny/mlp/seed0/curves/sharp.h5")
    along = x * lens["norm"]
    wanted = grid.values.center_loss + lens["slope"] * along + lens["curvature"] * along**2 / 2
    np.testing.assert_allclose(y, wanted, rtol=1e-4)


def test_a_population_shows_the_member_that_is_pointed_at(browser, atlas, finished):
    browser.open(atlas, link="#population=mlp/seed0/gaussian")
    line = "document.activeElement.querySelector('.line')"
    browser.wait(f"document.activeElement.matches('.card') && {line}?.data")
    left, top = browser.do(
        f"(r => [r.left, r.top])({line}.querySelector('.nsewdrag').getBoundingClientRect())"
    )
    alpha, loss = browser.do(f"[{line}.data[0].x[1], {line}.data[0].y[1]]")  # of the first member
    axes = f"{line}._fullLayout"
    x, y = browser.do(f"[{axes}.xaxis.d2p({alpha}), {axes}.yaxis.d2p({loss})]")
    for away in (2, 0):
        browser.point(left + x + away, top + y)
        browser.do("new Promise(done => setTimeout(done, 300))")
    shown_now = np.array(browser.do(f"[...{line}.data[4].y]"))
    said = browser.do("document.activeElement.querySelector('.readout').textContent")
    member = int(re.match(r"direction (\d+)", said)[1])
    grid = grids.read(finished.folder / "results/tiny/mlp/seed0/populations/gaussian.h5")
    np.testing.assert_allclose(shown_now, grid.values.loss[member], rtol=1e-5)
    members = pd.read_csv(finished.folder / "results/tiny/population.csv")
    assert members["shape"][member] in said


def test_the_slider_moves_through_epochs(browser, atlas, finished):
    history = pd.read_csv(finished.folder / "results/tiny/mlp/seed0/history.csv")
    browser.open(atlas, link="#section=training")
    slider = "document.querySelector('[aria-labelledby=h-training] input[type=range]')"
    for epoch in (0, 3):
        browser.do(f"{slider}.value = {epoch}; {slider}.dispatchEvent(new Event('input'))")
        (said,) = shown(browser, "training", ".readout")
        loss = float(re.search(rf"epoch {epoch}: loss ([\d.]+)", said)[1])
        assert loss == pytest.approx(history["loss"][epoch], rel=5e-3)
        mark = "document.querySelector('[aria-labelledby=h-training] .plot')"
        browser.wait(f"{mark}.layout?.shapes[0].x0 === {epoch}")


def test_a_path_is_drawn_up_to_the_epoch_of_its_slider(browser, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    surface = "results/s/mlp/seed0/surfaces/bowl.h5"
    write_surface(surface, bowl())
    own = {"grids": [surface], "trajectories": write_trajectories("results/s")}
    browser.open(made(tmp_path, **own), link="#trajectory=mlp/seed0/bowl")
    card = "document.querySelector('[aria-labelledby=h-training] .card')"
    browser.wait(f"{card}.querySelector('.line').data")
    path = f"[...{card}.querySelector('.flat').data.at(-1).x]"
    np.testing.assert_allclose(browser.do(path), [0, 0.25, 0.5, 0.75])
    browser.do(f"{card}.querySelector('input').value = 1")
    browser.do(f"{card}.querySelector('input').dispatchEvent(new Event('input'))")
    np.testing.assert_allclose(browser.do(path), [0, 0.25])
    losses = [browser.do(f"[...{card}.querySelector('.line').data[{k}].y]") for k in (0, 1)]
    np.testing.assert_allclose(losses, [[4, 3, 2, 1], [3.5, 2.5, 1.5, 0.5]])
    switch(browser, "surfaces", "scale", "linear")
    browser.do("location.hash = '#surface=mlp/seed0/bowl'")
    browser.wait(f"{SOLID}.data")
    np.testing.assert_allclose(browser.do(f"[...{SOLID}.data.at(-1).z]"), [3.5, 2.5, 1.5, 0.5])


def test_the_list_sorts_and_finds(browser, atlas, finished):
    browser.open(atlas, link="#section=list")
    shapes = pd.read_csv(finished.folder / "results/tiny/shapes.csv")
    sure = shapes[shapes["kind"] != "population"].set_index("name")["confidence"]
    for rising in (True, False):
        click(browser, "th button", "confidence")
        names = shown(browser, "list", "tbody td:first-child")[: len(sure)]
        assert sure[names].tolist() == sorted(sure, reverse=not rising)
    field = "document.querySelector('input[type=search]')"
    browser.do(f"{field}.value = 'surface bowl'; {field}.dispatchEvent(new Event('input'))")
    assert shown(browser, "list", "tbody td:first-child") == ["bowl"]


def test_claims_are_filtered_and_open_their_figure(browser, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = "results/s/claims.csv"
    rows = [{"id": "a"}, {"id": "b", "verdict": "fails", "number": 0.1, "low": 0.05, "high": 0.2}]
    write_claims(path, *rows, {"id": "c", "verdict": "not tested", "units": 0})
    browser.open(made(tmp_path, claims=[path]))
    assert len(shown(browser, "claims", "tbody tr")) == 3
    click(browser, ".chip", "fails")
    (row,) = shown(browser, "claims", "tbody tr")
    assert "fails" in row and "0.1 [0.05, 0.2]" in row
    browser.do("document.querySelector('tr:not([hidden]) .claim').click()")
    browser.wait("document.querySelector('.detail .line')?.data")
    assert browser.do("document.querySelector('.detail .line').data[0].x[0]") == 0.1
    browser.do("document.querySelector('tr:not([hidden]) .claim').click()")
    assert browser.do("document.querySelector('.detail')") is None
    browser.open(made(tmp_path, claims=[path]), link="#claims=holds")
    assert len(shown(browser, "claims", "tbody tr")) == 1
    assert browser.errors() == []


def test_a_link_leads_to_its_item_and_a_wrong_one_says_so(browser, atlas):
    browser.open(atlas, link="#surface=mlp/seed0/bowl")
    browser.wait("document.activeElement.matches('.card')")
    assert "bowl" in browser.do("document.activeElement.querySelector('h3').textContent")
    top = browser.do("document.activeElement.getBoundingClientRect().top")
    assert 0 <= top < 200
    browser.do("location.hash = '#surface=mlp/seed9/none'")
    browser.wait("document.getElementById('said').textContent !== ''")
    assert "surface=mlp/seed9/none" in browser.do("document.getElementById('said').textContent")


def test_names_with_html_in_them_are_text(browser, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    surface, claims = "results/s/mlp/seed0/surfaces/bowl.h5", "results/s/claims.csv"
    write_surface(surface, bowl(), network=HOSTILE)
    write_claims(claims, {"claim": HOSTILE, "group": HOSTILE})
    browser.open(made(tmp_path, study=HOSTILE, grids=[surface], claims=[claims]))
    browser.wait(f"{FLAT}?.data")
    browser.do("document.querySelector('.claim').click()")
    browser.do("document.querySelector('.detail').scrollIntoView()")
    browser.wait("document.querySelector('.detail .line')?.data")
    assert browser.do("document.querySelectorAll('img').length") == 0
    assert "hit" not in browser.do("document.title").removeprefix(HOSTILE)
    for text in ("h2", ".card h3", ".claim", ".detail"):
        assert HOSTILE in browser.do(f"document.querySelector({text!r}).textContent"), text
    assert browser.errors() == []


def test_what_is_not_finite_is_an_island(browser, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    loss = bowl()
    loss[2:5, 3:6] = np.nan
    write_surface("results/s/mlp/seed0/surfaces/bowl.h5", loss)
    browser.open(made(tmp_path, grids=["results/s/mlp/seed0/surfaces/bowl.h5"]))
    browser.wait(f"{FLAT}?.data && {SOLID}?.data")
    crosses = browser.do(f"[...{FLAT}.data.at(-1).x]")
    np.testing.assert_allclose(sorted(crosses), sorted(np.repeat(AXIS[2:5], 3)), atol=1e-6)
    assert "3 not finite" in browser.do("document.querySelector('.card .caption').textContent")
    assert browser.errors() == []


def test_a_study_of_nothing_says_what_it_lacks(browser, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    browser.open(made(tmp_path, claims=["results/s/claims.csv"]))
    (said,) = shown(browser, "overview", ".lead")
    for lack in ("no curves", "no surfaces", "no populations", "no claims"):
        assert lack in said
    assert "1 file is missing" in " ".join(shown(browser, "overview", ".missing"))
    assert browser.errors() == []


def test_a_file_of_numbers_is_what_was_evaluated(browser, atlas, finished):
    browser.open(atlas, link="#surface=mlp/seed0/bowl")
    browser.do("URL.createObjectURL = blob => { globalThis.kept = blob; return 'blob:x' }")
    browser.do("document.activeElement.querySelectorAll('.tools button')[3].click()")
    table = pd.read_csv(io.StringIO(browser.do("kept.text()")))
    grid = grids.read(finished.folder / "results/tiny/mlp/seed0/surfaces/bowl.h5")
    np.testing.assert_allclose(table["loss"], grid.values.loss.ravel(), rtol=1e-5)
    np.testing.assert_allclose(table["beta"][:13], grid.axes["beta"], atol=1e-6)


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_a_figure_is_saved(browser, atlas, kind):
    browser.open(atlas, link="#surface=mlp/seed0/bowl")
    browser.wait(f"{FLAT}.data && {SOLID}.data")
    browser.do(
        "globalThis.kept = []; HTMLAnchorElement.prototype.click ="
        " function () { kept.push([this.download, this.href]) }"
    )
    click(browser, ".card .tools button", kind)
    browser.wait("kept.length === 2")
    for name, address in browser.do("kept"):
        assert name.startswith("tiny-mlp-seed0-bowl") and name.endswith(kind)
        image = browser.do(
            "new Promise((done, lost) => { const i = new Image();"
            " i.onload = () => done([i.width, i.height]);"
            f" i.onerror = lost; i.src = {address!r} }})"
        )
        assert min(image) > 300


def test_the_command_makes_the_figure(browser, atlas, finished):
    browser.open(atlas, link="#surface=mlp/seed0/bowl")
    browser.do("document.activeElement.querySelectorAll('.tools button')[0].click()")
    browser.wait("document.getElementById('said').textContent !== ''")
    said = browser.do("document.getElementById('said').textContent")
    program, _, arguments = said.removeprefix("Copied: ").partition(" ")
    assert program == ".venv/bin/snakemake"
    assert arguments.split()[-1] == "results/tiny/figures/surfaces/mlp-seed0-bowl.png"
    config, target = arguments.split()[1], arguments.split()[-1]
    done = finished.snakemake("--dry-run", target, config=finished.folder / config)
    assert done.returncode == 0, done.stderr


def test_which_shapes_were_found_is_seen_at_once_also_on_test_samples(browser, atlas, finished):
    browser.open(atlas)
    shapes = pd.read_csv(finished.folder / "results/tiny/shapes.csv").dropna(subset="found")
    cells = shown(browser, "overview", "tbody td")
    assert len(shapes) == len(cells) // 4
    for place in range(0, len(cells), 4):
        own = shapes[shapes["name"] == cells[place]]
        assert cells[place + 2] == f"{own['found'].astype(bool).sum()} of {len(own)}"
        tested = own["test_found"].dropna().astype(bool)
        assert cells[place + 3] == (f"{tested.sum()} of {len(tested)}" if len(tested) else "")


def test_whether_a_surface_is_round_takes_two_clicks(browser, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    alpha, beta = np.meshgrid(AXIS, AXIS, indexing="ij")
    ring = 1 + 20 * (alpha**2 + beta**2 - 0.5) ** 2  # a valley all the way round, at radius 0.71
    write_surface("results/s/mlp/seed0/surfaces/ring.h5", ring)
    browser.open(made(tmp_path, grids=["results/s/mlp/seed0/surfaces/ring.h5"]))
    click(browser, ".answer a", "Turn the surface")
    switch(browser, "surfaces", "all the way")
    browser.wait("document.querySelector('.round').data")
    rim, center, lowest = (
        np.array(browser.do(f"[...document.querySelector('.round').data[{k}].y]")) for k in range(3)
    )
    np.testing.assert_allclose(lowest, 1, atol=0.12)  # what bilinear interpolation misses
    np.testing.assert_allclose(center, 6, rtol=1e-6)
    np.testing.assert_allclose(rim, 6, rtol=0.1)


def test_which_claims_fail_takes_one_click(browser, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_claims("results/s/claims.csv", {}, {"id": "b", "verdict": "fails", "claim": "It is not"})
    browser.open(made(tmp_path, claims=["results/s/claims.csv"]))
    click(browser, ".answer a", "fails")
    browser.wait("document.activeElement.querySelector('#h-claims')")
    assert shown(browser, "claims", "tbody .claim") == ["It is not"]


def test_two_hundred_surfaces_are_drawn_only_when_seen(browser, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    files = [f"results/s/mlp/seed{seed}/surfaces/bowl.h5" for seed in range(200)]
    for seed, file in enumerate(files):
        write_surface(file, bowl(), seed=seed)
    write_history("results/s/mlp/seed0/history.csv")
    browser.open(made(tmp_path, grids=files, histories=["results/s/mlp/seed0/history.csv"]))
    assert browser.do("document.querySelectorAll('.card').length") == 201
    browser.wait(f"{FLAT}?.data")
    drawn = "[...document.querySelectorAll('.plot')].filter(p => p.data).length"
    assert browser.do(drawn) <= 8
    browser.do("location.hash = '#surface=mlp/seed150/bowl'")
    browser.wait(
        "document.activeElement.matches('.card')"
        " && document.activeElement.querySelector('.flat').data"
    )
    browser.wait(f"{drawn} <= 8")
    assert len(shown(browser, "list", "tbody tr")) == 200
    assert browser.errors() == []


def test_every_plot_has_a_text_and_every_choice_a_name(browser, atlas):
    browser.open(atlas)
    plots = browser.do(
        "[...document.querySelectorAll('.plot')]"
        ".map(p => [p.getAttribute('role'), p.getAttribute('aria-label'), p.tabIndex])"
    )
    assert plots and all(role == "img" and len(text) > 40 and at == 0 for role, text, at in plots)
    unnamed = browser.do(
        "[...document.querySelectorAll('input, select, button, a')]"
        ".filter(e => !e.textContent.trim() && !e.ariaLabel)"
        ".filter(e => !e.closest('label')?.textContent.trim()).length"
    )
    assert unnamed == 0


@pytest.mark.parametrize("dark", [False, True])
def test_texts_stand_out_from_their_ground(browser, atlas, dark):
    browser.dark(dark)
    browser.open(atlas)
    values = {
        name: browser.do(f"getComputedStyle(document.documentElement).getPropertyValue('--{name}')")
        for name in ("ink", "soft", "link", "good", "bad", "open", "accent", "paper", "ground")
    }
    browser.dark(False)
    for ground in ("paper", "ground"):
        for name in values.keys() - {"paper", "ground"}:
            assert contrast(values[name], values[ground]) >= 4.5, (name, ground)


def contrast(one, other):
    """The ratio of WCAG 2 for two colours as #rrggbb."""

    def luminance(colour):
        parts = [int(colour.strip()[k : k + 2], 16) / 255 for k in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return np.dot([0.2126, 0.7152, 0.0722], linear)

    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def test_a_task_without_a_metric_has_none_on_its_page(browser, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    surface, history = "results/s/mlp/seed0/surfaces/bowl.h5", "results/s/mlp/seed0/history.csv"
    write_surface(surface, bowl())
    write_history(history)
    for metric, choices, plots in (("dice", ["loss", "dice"], 2), ("", ["loss"], 1)):
        browser.open(made(tmp_path, metric=metric, grids=[surface], histories=[history]))
        names = shown(browser, "surfaces", "select")
        options = browser.do("[...document.querySelectorAll('option[value=accuracy]')].length")
        assert any(all(choice in name for choice in choices) for name in names)
        assert options == len(choices) - 1
        assert len(shown(browser, "training", ".plot")) == plots
        assert ("dice" in browser.do("document.body.innerText")) == bool(metric)
