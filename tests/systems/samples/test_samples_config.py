"""What the sections of samples cannot ask for is one line."""

import configs
import pytest
from configs import FOLDER

from prospect.study.resolve import Study
from prospect.systems.samples.system import JOINED, TABLES, Samples

BASE = """
study: s
networks: {mlp: {architecture: mlp}, wide: {architecture: mlp, hidden: [128]}}
seeds: [0, 1]
"""
WRONG = {
    "an unknown network": (
        "convergence: {networks: [vgg]}",
        "convergence.networks: there is no network 'vgg'",
    ),
    "an unknown center": (
        "convergence: {centers: [best]}",
        "convergence.centers: there is no center 'best'",
    ),
    "a center that is no epoch": (
        "centers: {middle: {midpoint: trained}, trained: {epoch: last}}\n"
        "convergence: {centers: [middle]}",
        "convergence.centers: 'middle' is no epoch of a training; want one that is",
    ),
    "sizes that do not increase": (
        "convergence: {sizes: [10, 50, 50]}",
        "convergence.sizes: 50 follows 50; want increasing numbers",
    ),
    "sizes that decrease": (
        "second_order: {sizes: [400, 100]}",
        "second_order.sizes: 100 follows 400; want increasing numbers",
    ),
    "sizes of Hessians that do not increase": (
        "hessians: {sizes: [10, 5]}",
        "hessians.sizes: 5 follows 10; want increasing numbers",
    ),
    "a picture of nothing": (
        "samples_needed: {}\ncurves: {}\nsurfaces: {}",
        "samples_needed: the study has no curve and no surface; want some",
    ),
    "an accuracy of nothing": ("samples_needed: {accuracy: 0}", "samples_needed.accuracy"),
    "a width twice": ("increments: {widths: [4, 4]}", "increments.widths"),
}


def completed(text):
    return configs.completed(BASE, text)


@pytest.mark.parametrize("wrong", WRONG)
def test_what_cannot_be_is_one_line(wrong):
    text, said = WRONG[wrong]
    assert said in configs.refusal(BASE, text)


def test_a_section_that_is_left_out_brings_nothing():
    system = Samples(Study(completed("increments: {}"), FOLDER))
    assert system.wanted and not system.has("convergence")
    names = [path.split("/")[-1] for path in system.tables()]
    assert names == TABLES["increments"] + JOINED["increments"]
    assert not Samples(Study(completed("{}"), FOLDER)).wanted


def test_centers_come_with_their_epochs_and_networks_with_their_own_words():
    text = "convergence: {count: 4}\ntraining: {epochs: 7}\nnetworks:\n  mlp: {architecture: mlp}\n"
    text += "  wide: {architecture: mlp, convergence: {count: 2}}"
    system = Samples(Study(completed(text), FOLDER))
    own = [system.params("convergence", name)["convergence"] for name in ("mlp", "wide")]
    assert [one["count"] for one in own] == [4, 2]
    assert own[0]["centers"] == [["init", 0], ["trained", 7]]


def test_every_curve_and_surface_is_asked_for_its_samples():
    system = Samples(Study(completed("samples_needed: {}"), FOLDER))
    params = system.item_params("mlp", 0)
    assert sorted(params["items"]) == ["curves/v-basin", "surfaces/bowl"]
    assert "samples" not in params["samples_needed"]
    files = system.files_of("samples_needed")["samples_needed"]
    assert files[0] == "results/s/mlp/seed0/samples_needed.csv" and len(files) == 4
