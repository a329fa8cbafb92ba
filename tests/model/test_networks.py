"""Architectures: options of perceptrons, and how BatchNorm starts."""

import torch
from torch import nn

from prospect.model import networks
from prospect.model.weights import layout


def built(**options):
    return networks.build({"architecture": "mlp", **options}, (1, 8, 8), 10, seed=3)


def test_width_and_depth_are_as_many_hidden_layers():
    one, other = built(width=12, depth=3), built(hidden=[12, 12, 12])
    for a, b in zip(one.parameters(), other.parameters(), strict=True):
        assert torch.equal(a, b)


def test_without_biases_there_are_none():
    names = [block.name for block in layout(built(hidden=[5, 4], bias=False))]
    assert names == ["1.weight", "3.weight", "5.weight"]


def test_batchnorm_comes_before_each_relu():
    kinds = [type(layer) for layer in built(hidden=[5, 4], batchnorm=True)]
    hidden = [nn.Linear, nn.BatchNorm1d, nn.ReLU]
    assert kinds == [nn.Flatten, *hidden, *hidden, nn.Linear]


def test_batchnorm_starts_as_asked_and_nothing_else_changes():
    ones, uniform, gaussian = (
        built(hidden=[400, 400], batchnorm=True, batchnorm_init=how)
        for how in ("ones", "uniform", "gaussian")
    )
    weights = [torch.cat([net[2].weight, net[5].weight]) for net in (ones, uniform, gaussian)]
    assert (weights[0] == 1).all()
    assert weights[1].min() >= 0 and abs(weights[1].mean() - 0.5) < 0.04
    assert abs(weights[2].mean()) < 0.015 and abs(weights[2].std() - 0.1) < 0.01
    assert torch.equal(ones[1].weight, uniform[1].weight)
    assert torch.equal(ones[7].weight, gaussian[7].weight)
