"""What the sections of valleys cannot ask for is one line."""

import configs
import pytest
from configs import FOLDER

from prospect.study import stages
from prospect.study.resolve import Study
from prospect.systems.valleys.system import RESULTS, Valleys

BASE = """
study: s
networks: {mlp: {architecture: mlp}, wide: {architecture: mlp, hidden: [128]}}
"""
WRONG = {
    "an unknown center": ("asymmetry: {centers: [best]}", "asymmetry.centers: there is no center"),
    "points without a center": ("asymmetry: {points: 20}", "asymmetry.points: 20 is even"),
    "a group that is no expression": (
        "asymmetry: {groups: ['(']}",
        "asymmetry.groups: '(' is no regular expression",
    ),
    "an unknown network": (
        "fusion: {networks: [vgg]}",
        "fusion.networks: there is no network 'vgg'",
    ),
    "an epoch after training": (
        "fusion: {epochs: 5, compared: [1, 9]}",
        "fusion.compared: epoch 9 is after the last epoch 5 of training",
    ),
    "an average after training": (
        "averages: {epochs: 5, start: 9}",
        "averages.start: 9 is after the last epoch 5 of training",
    ),
    "federated without a network": ("federated: {}", "federated: the key 'network' is missing"),
    "a federated network that is not there": (
        "federated: {network: vgg}",
        "federated.network: there is no network 'vgg'",
    ),
    "an unknown method": (
        "federated: {network: mlp, methods: {fedavg: [0], fedsing: [1]}}",
        "federated.methods: unknown key 'fedsing'; did you mean 'fedsign'?",
    ),
    "an unknown start": ("fusion: {starts: [twin]}", "'twin' is not one of same"),
}


def completed(text):
    return configs.completed(BASE, text)


@pytest.mark.parametrize("wrong", WRONG)
def test_what_cannot_be_is_one_line(wrong):
    text, said = WRONG[wrong]
    assert said in configs.refusal(BASE, text)


def test_a_networks_own_words_come_first_and_what_is_left_out_brings_nothing():
    text = "fusion: {pairs: 5}\nnetworks:\n  mlp: {architecture: mlp}\n"
    text += "  wide: {architecture: mlp, fusion: {pairs: 2, epochs: 50}}"
    study = Study(completed(text), FOLDER)
    system = Valleys(study)
    assert system.wanted and not system.has("asymmetry")
    pairs = [
        stages.section_params(study, "fusion", name)["fusion"]["pairs"] for name in study.networks
    ]
    assert pairs == [5, 2]
    assert {path.split("/")[-1] for path in system.tables()} == set(RESULTS["fusion"])
    assert not Valleys(Study(completed("{}"), FOLDER)).wanted


def test_federated_parameters_are_those_of_one_method():
    study = Study(
        completed("federated: {network: mlp, methods: {fedavg: [0], fedprox: [1]}}"), FOLDER
    )
    params = Valleys(study).federated_params("fedprox")
    assert params["federated"]["strengths"] == [1]
    assert "methods" not in params["federated"] and params["name"] == "mlp"
