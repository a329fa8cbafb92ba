"""Averages of an ensemble against those of a training run alone."""

import numpy as np
import pytest

from prospect.base.errors import ProspectError
from prospect.base.seeding import stable_hash
from prospect.model import networks
from prospect.model.training import train
from prospect.model.weights import flatten, layout, put
from prospect.systems.valleys.averages import average, averages

DECAYS = [0.0, 5e-2]


def alone(setting, recipe, seed):
    """Train one network by itself, with the average of torch; its weights by epoch."""
    network = networks.build(setting.network, (1, 8, 8), 10, seed)
    recipe = recipe | {"swa": {"start": 3, "lr": recipe["optimizer"]["lr"]}}
    states = {e.epoch: e.state for e in train(network, setting.data, recipe, seed, "cpu", None)}
    return {epoch: flatten(state, layout(network)) for epoch, state in states.items()}


@pytest.mark.parametrize("name", ["mlp", "mlp-bn"])
def test_means_are_those_of_one_training_run(setting_of, name):
    setting = setting_of(name, schedule="constant")
    means, last = average(setting, setting.training, [3, 5], start=3)
    for member, seed in enumerate([3, 5]):
        thetas = alone(setting, setting.training, seed)
        distance = float((means[member] - thetas["swa"]).norm() / thetas["swa"].norm())
        assert distance < 1e-4
        assert float((thetas["swa"] - thetas[4]).norm() / thetas[4].norm()) > 1e-2
        by_hand = (thetas[3].double() + thetas[4].double()) / 2
        assert float((means[member] - by_hand).norm() / by_hand.norm()) < 1e-4
    assert last.epoch == 4


def test_a_row_is_what_numpy_says_of_networks_trained_alone(setting_of):
    setting = setting_of(schedule="constant")
    pairs, curves = averages(setting, [3, 5], 3, 0.01, 2, DECAYS)
    assert pairs[["weight_decay", "seed"]].to_numpy().tolist() == [
        [decay, seed] for decay in DECAYS for seed in (3, 5)
    ]
    for row in pairs.to_dict("records"):
        optimizer = setting.training["optimizer"] | {"weight_decay": row["weight_decay"]}
        recipe = setting.training | {"optimizer": optimizer}
        thetas = alone(setting, recipe, row["seed"])
        network = networks.build(setting.network, (1, 8, 8), 10, row["seed"])
        put(network, thetas["swa"], {})
        recipe = recipe | {"epochs": 2, "optimizer": optimizer | {"lr": 0.01}}
        order = stable_hash(row["seed"], "after the average")
        *_, last = train(network, setting.data, recipe, order, "cpu", what=None)
        swa, sgd = (
            t.double().numpy() for t in (thetas["swa"], flatten(last.state, layout(network)))
        )
        assert row["norm_swa"] == pytest.approx(np.linalg.norm(swa), rel=1e-3)
        assert row["norm_sgd"] == pytest.approx(np.linalg.norm(sgd), rel=1e-3)
        assert row["distance"] == pytest.approx(np.linalg.norm(swa - sgd), rel=1e-2)
        back = swa - sgd
        cosine = back @ sgd / np.linalg.norm(back) / np.linalg.norm(sgd)
        assert row["overlap"] == pytest.approx(cosine, abs=1e-2)
        moved = back != 0  # not the weights of dead units
        signs = np.mean((np.sign(back) == np.sign(sgd))[moved])
        assert row["sign_consistency"] == pytest.approx(signs, abs=1e-2)
        assert row["loss_sgd"] == pytest.approx(last.row["loss"], rel=1e-3)
        assert row["test_loss_sgd"] == pytest.approx(last.row["test_loss"], rel=1e-3)
        lower = row["loss_sgd"] < row["loss_swa"] and row["test_loss_sgd"] > row["test_loss_swa"]
        assert row["he_condition"] == lower
        same = (curves["weight_decay"] == row["weight_decay"]) & (curves["seed"] == row["seed"])
        curve = curves[same]
        for prefix in ("", "test_"):
            loss = dict(zip(curve["alpha"].round(3), curve[f"{prefix}loss"], strict=True))
            assert row[f"{prefix}plus_lower"] == (loss[0] < loss[2])
            assert row[f"{prefix}loss_swa"] == loss[0]


def test_weight_decay_makes_smaller_networks(setting_of):
    pairs, _ = averages(setting_of(schedule="constant"), [3, 5], 3, 0.01, 2, DECAYS)
    norms = pairs.pivot(index="seed", columns="weight_decay", values="norm_swa")
    assert (norms[DECAYS[1]] < norms[DECAYS[0]]).all()


def test_mistakes_are_one_line(setting_of):
    setting = setting_of(schedule="constant")
    for start in (0, 5):
        with pytest.raises(
            ProspectError, match=f"^averages: start {start} is not one of the epochs 1 to 4 of"
        ):
            averages(setting, [0], start, 0.01, 2, DECAYS)
    with pytest.raises(ProspectError, match=r"the recipe's rate falls; want training.schedule"):
        averages(setting_of(), [0], 3, 0.01, 2, DECAYS)
    with pytest.raises(ProspectError, match=r"an average wants every epoch; leave out training"):
        averages(setting_of(schedule="constant", until={"loss": 1}), [0], 3, 0.01, 2, DECAYS)
