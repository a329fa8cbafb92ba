"""What the sections of spinglass cannot ask for is one line."""

from pathlib import Path

import configs
import pytest
from configs import FOLDER

from prospect.study.resolve import Study
from prospect.systems.spinglass.system import RESULTS, Spinglass

BASE = """
study: s
networks:
  one: {architecture: mlp, hidden: [16]}
  two: {architecture: mlp, hidden: [16, 16]}
  norm: {architecture: mlp, hidden: [16], batchnorm: true}
  short: {architecture: mlp, hidden: [16], training: {epochs: 4}}
centers: {init: {epoch: 0}, trained: {epoch: last}, between: {midpoint: trained}}
seeds: [0, 1]
"""
WRONG = {
    "an unknown network": ("overlaps: {networks: [vgg]}", "overlaps.networks: there is no network"),
    "an unknown center": ("walks: {centers: [best]}", "walks.centers: there is no center 'best'"),
    "a center that is no epoch": (
        "overlaps: {centers: [between]}",
        "overlaps.centers: 'between' is no epoch of a training; want one that is",
    ),
    "a radius that is not positive": ("overlaps: {radii: [0]}", "overlaps.radii"),
    "a temperature that is not positive": ("walks: {temperatures: [0.1, 0]}", "walks.temperatures"),
    "copies of two layers": (
        "permutations: {networks: [two]}",
        "permutations.networks: 'two' has 2 hidden layers; want one, such as hidden: [64]",
    ),
    "flatness with BatchNorm": (
        "ruggedness: {networks: [norm]}",
        "ruggedness.networks: 'norm' is not one hidden ReLU layer",
    ),
    "an odd number of units": (
        "permutations: {networks: [one], moved: [2, 5]}",
        "permutations.moved: 5 of 16 units to move; want even numbers of 2 to 16",
    ),
    "more units than there are": (
        "permutations: {networks: [one], moved: [2, 64]}",
        "permutations.moved: 64 of 16 units to move",
    ),
    "a fork after training": (
        "solutions: {networks: [short], forks: [0, 4]}",
        "solutions.forks: 4 is not before the last epoch 4 of training; want at most 3",
    ),
    "forks out of order": (
        "solutions: {forks: [6, 2]}",
        "solutions.forks: [6, 2] does not increase",
    ),
    "too few solutions": ("solutions: {count: 3}", "solutions.count"),
    "a reference that is not there": (
        "ruggedness: {networks: [one], reference: 64}",
        "ruggedness.reference: 64 is not one of `batches`",
    ),
    "losses that are not one a label noise": (
        "ruggedness: {networks: [one], losses: [0.1]}",
        "ruggedness.losses: 1 for 2 label noises; want one each",
    ),
}


def completed(text):
    return configs.completed(BASE, text)


@pytest.mark.parametrize("wrong", WRONG)
def test_what_cannot_be_is_one_line(wrong):
    text, said = WRONG[wrong]
    assert said in configs.refusal(BASE, text)


def test_a_section_that_is_left_out_brings_nothing():
    study = Study(completed("solutions: {networks: [one, two]}"), FOLDER)
    system = Spinglass(study)
    assert system.wanted
    names = [Path(path).name for path in system.targets()]
    assert names[: len(RESULTS["solutions"])] == RESULTS["solutions"]
    assert not {"orders.csv", "widths.csv"} & set(names)
    assert [Path(path).parent.name for path in system.files_of("solutions")["hierarchy"]] == [
        "one",
        "two",
    ]
    assert not Spinglass(Study(completed("curves: {}"), FOLDER)).wanted


def test_epochs_stand_for_centers():
    study = Study(completed("walks: {networks: [short, one]}"), FOLDER)
    system = Spinglass(study)
    assert system.params("walks", "short")["walks"]["centers"] == {"init": 0, "trained": 4}
    assert system.params("walks", "one")["walks"]["centers"] == {"init": 0, "trained": 30}
