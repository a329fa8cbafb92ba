"""Augmentation: pixels move as said, the same for a seed and step, in training alone."""

import numpy as np
import pytest
import torch

from prospect.base.errors import ProspectError
from prospect.model import ensemble, networks, training
from prospect.model.augmentation import augmented
from prospect.model.data import Data
from prospect.model.splits import Split

BOTH = {"augmentation": ["crop", "flip"]}
CROP, FLIP = ({"augmentation": [kind]} for kind in ("crop", "flip"))


@pytest.fixture(scope="module")
def images():
    return torch.rand(200, 3, 16, 24, generator=torch.Generator().manual_seed(0)) + 1


def test_without_it_a_batch_is_itself(images):
    assert augmented(images, {}, 0, 1, 2) is images
    assert augmented(images, {"augmentation": []}, 0, 1, 2) is images


def test_a_flip_mirrors_half_of_the_images_left_and_right(images):
    found = augmented(images, FLIP, 0, 1, 2)
    same = (found == images).flatten(1).all(1)
    mirrored = (found == images.flip(3)).flatten(1).all(1)
    assert (same ^ mirrored).all()
    assert 70 < int(mirrored.sum()) < 130


def test_a_crop_is_a_window_of_the_image_with_a_border_of_zeros(images):
    found, places = augmented(images, CROP, 0, 1, 2), []
    for image, crop in zip(images, found, strict=True):
        padded = torch.zeros(3, 16 + 4, 24 + 6)
        padded[:, 2:18, 3:27] = image
        places += [
            (row, column)
            for row in range(5)
            for column in range(7)
            if torch.equal(padded[:, row : row + 16, column : column + 24], crop)
        ]
    assert len(places) == 200  # each is one window, and one only
    rows, columns = np.array(places).T
    assert set(rows) == set(range(5)) and set(columns) == set(range(7))


def test_it_depends_on_seed_epoch_and_step_alone(images):
    here = augmented(images, BOTH, 3, 1, 2)
    assert torch.equal(here, augmented(images, BOTH, 3, 1, 2))
    for other in ((4, 1, 2), (3, 2, 2), (3, 1, 3)):
        assert not torch.equal(here, augmented(images, BOTH, *other))


def test_inputs_that_are_no_images_are_one_line():
    with pytest.raises(ProspectError, match=r"training.augmentation: inputs \(5, 64\) are no"):
        augmented(torch.zeros(5, 64), FLIP, 0)
    with pytest.raises(ProspectError, match=r"training.augmentation: inputs dict are no images"):
        augmented({"pixels": torch.zeros(5, 3, 8, 8)}, FLIP, 0)


def recipe(**more):
    sgd = {"name": "sgd", "lr": 0.05, "momentum": 0.9, "weight_decay": 0.0}
    return {"epochs": 2, "batch": 50, "optimizer": sgd} | more


@pytest.fixture(scope="module")
def few(images):
    split = Split(images.double(), torch.arange(200) % 2)
    return Data(split, split, 2)


def make(seed):
    return networks.build({"architecture": "mlp", "hidden": [8]}, (3, 16, 24), 2, seed).double()


def test_a_network_learns_from_changed_images_and_is_evaluated_on_the_others(few):
    *_, plain = training.train(make(0), few, recipe(), 0, "cpu")
    start, _, changed = training.train(make(0), few, recipe(**BOTH), 0, "cpu")
    assert start.row == next(iter(training.train(make(0), few, recipe(), 0, "cpu"))).row
    assert not torch.equal(plain.state["1.weight"], changed.state["1.weight"])
    network = make(0)
    network.load_state_dict(changed.state)
    outputs = network(few.train.inputs)
    loss = torch.nn.functional.cross_entropy(outputs, few.train.targets)
    assert changed.row["loss"] == pytest.approx(loss.item())


def test_members_of_an_ensemble_see_what_each_sees_alone(few):
    seeds = [0, 1, 2]
    members = [make(seed) for seed in seeds]
    assert ensemble.members_in_a_pass(members, few, recipe(), torch.device("cpu")) > 2
    *_, last = ensemble.train_ensemble(members, few, recipe(**BOTH), seeds, "cpu")
    for member, seed in enumerate(seeds):
        *_, alone = training.train(make(seed), few, recipe(**BOTH), seed, "cpu")
        theta = torch.cat([tensor.flatten() for tensor in alone.state.values()])
        assert torch.allclose(last.theta[member], theta, atol=1e-12)
