"""Which directions are drawn, in which parameters, and the groups of networks of all kinds."""

import re

import pytest
import torch
from torch import nn

from prospect.base.errors import ProspectError
from prospect.landscape.compare import similarity
from prospect.model import networks
from prospect.model.weights import flatten, layout
from prospect.systems.valleys.kinds import SPECIAL, Kind, Place, drawn, groups_of, kinds

OPTIONS = {
    "noises": ["gaussian", "binary"], "ratios": [0, 0.5, 1], "special": True, "controls": True,
    "count": 3,
}  # fmt: skip
GROUPS = ["classifier", "features", "first", "batchnorm", "batchnorm-weights", "biases"]


def built(**spec):
    return networks.build({"architecture": "mlp", "hidden": [6, 5]} | spec, (1, 8, 8), 10, seed=0)


def place_of(module, seed=0):
    blocks = layout(module)
    start = flatten(dict(built().named_parameters()), blocks)
    theta = start + torch.randn(len(start), generator=torch.Generator().manual_seed(9)) / 5
    return Place(theta, start, blocks, seed)


def test_all_kinds_are_at_the_last_center_and_noise_at_the_others():
    groups = {"biases": "bias"}
    assert {kind.family for kind in kinds(OPTIONS, groups, last=False)} == {"noise"}
    found = kinds(OPTIONS, groups, last=True)
    assert {kind.family for kind in found} == {"noise", "ratio", "group", "special", "control"}
    assert len({kind[:3] for kind in found}) == len(found)
    less = kinds(OPTIONS | {"special": False, "controls": False}, {}, last=True)
    assert {kind.family for kind in less} == {"noise", "ratio"}


def test_directions_have_the_length_of_theta_and_the_signs_that_were_asked_for():
    place = place_of(built())
    for kind in kinds(OPTIONS, {}, last=True):
        found = list(drawn(kind, place, 3))
        assert len(found) == (1 if kind.family == "special" else 3)
        for vector in found:
            assert float(vector.norm()) == pytest.approx(float(place.theta.norm()), rel=1e-4)
            if kind.family == "ratio":
                least = kind.signs + 0.5 * (1 - kind.signs)
                agreement = similarity(vector, place.theta).sign_consistency
                assert agreement == pytest.approx(least, abs=0.06)
    (start,) = drawn(Kind("special", "start", 0, {}), place, 3)
    assert similarity(start, place.start).overlap == pytest.approx(1)


def test_a_draw_of_every_family_starts_from_the_same_noise():
    place = place_of(built())
    by_kind = {kind[:3]: list(drawn(kind, place, 2)) for kind in kinds(OPTIONS, {}, last=True)}
    raw, signed = by_kind["noise", "gaussian", 0], by_kind["noise", "gaussian", 1]
    assert torch.equal(raw[1].abs(), signed[1].abs())
    assert torch.equal(by_kind["ratio", "gaussian", 1][1], signed[1])
    assert not torch.equal(raw[0], raw[1])
    assert not torch.equal(
        next(drawn(kinds(OPTIONS, {}, True)[0], place_of(built(), 1), 1)), raw[0]
    )


def test_special_directions_are_what_they_are_called():
    place = place_of(built())
    found = {name: next(drawn(Kind("special", name, 0, {}), place, 1)) for name in SPECIAL}
    assert torch.equal(found["theta"], place.theta) or torch.allclose(found["theta"], place.theta)
    assert torch.equal(found["sign"].sign(), place.theta.sign())
    assert torch.equal(found["positive"] > 0, place.theta > 0)
    block = place.blocks[0]
    inside = slice(block.start, block.stop)
    centred = place.theta[inside] - place.theta[inside].mean()
    assert torch.equal(found["sign-centred"][inside].sign(), centred.sign())


def test_groups_follow_the_modules():
    found = groups_of(built(batchnorm=True), GROUPS)
    names = [name for name, _ in built(batchnorm=True).named_parameters()]

    def inside(group):
        return [name for name in names if re.search(found[group], name)]

    assert inside("classifier") == ["7.weight", "7.bias"]
    assert inside("first") == ["1.weight", "1.bias"]
    assert inside("batchnorm") == ["2.weight", "2.bias", "5.weight", "5.bias"]
    assert inside("batchnorm-weights") == ["2.weight", "5.weight"]
    assert set(inside("features")) == set(names) - {"7.weight", "7.bias"}
    assert inside("biases") == [name for name in names if name.endswith("bias")]


def test_groups_that_a_network_lacks_are_left_out_and_others_are_expressions():
    module = nn.Sequential(nn.Flatten(), nn.Linear(64, 10, bias=False))
    assert set(groups_of(module, GROUPS)) == {"classifier", "first"}
    assert groups_of(module, ["1\\.w"]) == {"1\\.w": "1\\.w"}
    with pytest.raises(ProspectError, match=r"asymmetry.groups: 'conv' is none of classifier, .*"):
        groups_of(module, ["conv"])
