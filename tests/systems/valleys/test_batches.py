"""Small and large batches against plain loops, and the line through both in float64."""

import copy

import numpy as np
import pandas as pd
import pytest
import torch
from test_fusion import accuracy, between, outputs_of
from torch.nn import functional

from prospect.base.errors import ProspectError
from prospect.landscape import directions
from prospect.model import networks
from prospect.model.setting import twin_of
from prospect.model.splits import Split
from prospect.model.training import train
from prospect.model.weights import flatten, layout, put
from prospect.systems.valleys import lines
from prospect.systems.valleys.batches import ALPHA, STARTS, STEP, batches

SIZES, RATES = (10, 100), (0.05, 0.2)


@pytest.fixture(scope="module")
def of_steps(setting_of):
    setting = setting_of(epochs=3)
    return setting, batches(setting, [3, 5], SIZES, RATES, "steps")


def alone(setting, init, order, batch, rate, epochs):
    """Train one network by itself: its weights and the last row of its history."""
    network = networks.build(setting.network, (1, 8, 8), 10, init)
    optimizer = setting.training["optimizer"] | {"lr": rate}
    recipe = setting.training | {"batch": batch, "optimizer": optimizer, "epochs": epochs}
    *_, last = train(network, setting.data, recipe, order, "cpu", what=None)
    return flatten(last.state, layout(network)), last.row


def test_ends_are_networks_trained_alone_for_as_many_steps(of_steps):
    setting, (pairs, _) = of_steps
    assert pairs[["start", "seed"]].to_numpy().tolist() == [
        [start, seed] for start in STARTS for seed in (3, 5)
    ]
    for row in pairs.to_dict("records"):
        a, of_a = alone(setting, row["seed"], row["seed"], 10, 0.05, 3)
        init = row["seed"] if row["start"] == "same" else twin_of(row["seed"])
        b, of_b = alone(setting, init, twin_of(row["seed"]), 100, 0.2, 30)
        assert (row["steps_a"], row["steps_b"]) == (60, 60)
        for end, theta, away, history in (("a", a, a - b, of_a), ("b", b, b - a, of_b)):
            assert row[f"norm_{end}"] == pytest.approx(float(theta.norm()), rel=1e-3)
            assert row[f"loss_{end}"] == pytest.approx(history["loss"], rel=1e-2)
            assert row[f"test_accuracy_{end}"] == pytest.approx(history["test_accuracy"], abs=0.01)
            signs = float((away.sign() == theta.sign()).double().mean())
            assert row[f"sign_consistency_{end}"] == pytest.approx(signs, abs=2e-3)
            cosine = float(torch.cosine_similarity(away, theta, dim=0))
            assert row[f"overlap_{end}"] == pytest.approx(cosine, abs=1e-3)
        signs = float((a.sign() == b.sign()).double().mean())
        assert row["pair_sign_consistency"] == pytest.approx(signs, abs=2e-3)


def test_sides_are_outward_and_inward(of_steps):
    _, (pairs, curves) = of_steps
    assert len(curves) == len(pairs) * len(ALPHA)
    for row in pairs.to_dict("records"):
        same = (curves["start"] == row["start"]) & (curves["seed"] == row["seed"])
        loss = dict(zip(ALPHA.round(3), curves.loc[same, "loss"], strict=True))
        assert row["plus_lower_a"] == (loss[-STEP] < loss[STEP])
        assert row["plus_lower_b"] == (loss[1 + STEP] < loss[1 - STEP])
        assert row["plus_below_b"] == (loss[1 + STEP] < loss[1])
        assert row["loss_a"] == loss[0]
        assert row["loss_b"] == loss[1]


def test_at_equal_loss_both_stop_below_it(setting_of):
    setting = setting_of(epochs=12)
    pairs, _ = batches(setting, [3], SIZES, RATES, "loss", loss=0.5)
    assert (pairs[["loss_a", "loss_b"]] < 0.5).all(axis=None)
    assert (pairs[["steps_a", "steps_b"]] < 240).all(axis=None)
    _, before = alone(setting, 3, 3, 10, 0.05, 12)
    assert before["loss"] < pairs["loss_a"].iloc[0]
    assert (pairs["matched"] == "loss").all()


def doubled(setting):
    """The splits in float64, and two networks in it that stand at other places."""
    splits = [Split(split.inputs.double(), split.targets) for split in setting.data[:2]]
    built = [networks.build(setting.network, (1, 8, 8), 10, seed).double() for seed in (0, 1)]
    thetas = [flatten(dict(one.named_parameters()), layout(one)).float() for one in built]
    return splits, built, thetas


@pytest.mark.parametrize("name", ["mlp", "mlp-bn", "resnet"])
def test_a_line_is_a_loop_over_fresh_networks(setting_of, name):
    setting = setting_of(name)
    splits, ends, thetas = doubled(setting)
    alpha = np.array([-0.5, 0, 0.3, 1, 1.5])
    found = lines.line(setting, *thetas, alpha)
    assert found["alpha"].tolist() == alpha.tolist()
    for row in found.to_dict("records"):
        for prefix, split in zip(("", "test_"), splits, strict=True):
            outputs = outputs_of(between(*ends, row["alpha"]), split, splits[0])
            loss = float(functional.cross_entropy(outputs, split.targets))
            assert row[f"{prefix}loss"] == pytest.approx(loss, rel=1e-4)
            answers = accuracy(outputs, split.targets)
            assert row[f"{prefix}accuracy"] == pytest.approx(answers, abs=0.011)
    assert lines.point_of(found, 1) == found.iloc[3].drop("alpha").to_dict()


def test_the_rise_is_a_mean_over_directions_of_one_length(setting_of):
    setting = setting_of()
    (train_set, _), (network, _), (theta, _) = doubled(setting)

    def loss_at(there):
        moved = copy.deepcopy(network)
        put(moved, there, {})
        loss = functional.cross_entropy(moved(train_set.inputs), train_set.targets)
        return float(loss.detach())

    noises = [directions.noise("gaussian", len(theta), 7, "rise", n).double() for n in range(3)]
    losses = [loss_at(theta.double() + 2.5 * noise / noise.norm()) for noise in noises]
    found = lines.rise(setting.train, theta, 2.5, 3, 7)
    assert found == pytest.approx(np.mean(losses) - loss_at(theta.double()), rel=1e-4)
    assert found > 0.01
    assert lines.rise(setting.train, theta, 0, 3, 7) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("at", [0, 1])
def test_sides_of_a_known_line(at):
    alpha = np.linspace(-1, 2, 31)
    steep, flat = 8 * (alpha - at) ** 2, 2 * (alpha - at) ** 2
    loss = np.where(alpha > at, steep, flat)
    curve = pd.DataFrame({"alpha": alpha, "loss": loss, "accuracy": 1 - loss / 100})
    right, left = (lines.sides(curve, at, plus, 0.5) for plus in (1, -1))
    assert right["log_asymmetry"] == pytest.approx(-np.log(4))
    assert left["log_asymmetry"] == pytest.approx(np.log(4))
    assert not right["plus_lower"] and left["plus_lower"]
    assert right["error_difference"] == pytest.approx(-left["error_difference"])
    assert right["error_difference"] > 0


def test_mistakes_are_one_line(setting_of):
    setting = setting_of()
    with pytest.raises(ProspectError, match=r"matched by 'step'; did you mean 'steps'"):
        batches(setting, [0], SIZES, RATES, "step")
    with pytest.raises(ProspectError, match=r"training\.batch: 2048 is more than the 204 training"):
        batches(setting, [0], (16, 2048), RATES, "steps")
    with pytest.raises(ProspectError, match="matched by 'loss' without a loss; want one in nats"):
        batches(setting, [0], SIZES, RATES, "loss")
