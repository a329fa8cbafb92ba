"""Two centers against plain numpy, and the chord between them against a loop in float64."""

import copy
import math

import numpy as np
import pytest
import torch
from test_evaluate import reference
from torch import nn
from torch.nn import functional

from prospect.base.errors import ProspectError
from prospect.landscape import compare
from prospect.model import networks
from prospect.model.objective import Objective
from prospect.model.weights import flatten, layout


def two_centers(network, split, steps=(0, 0)):
    """Two initialisations of one network, after some steps of training each."""
    found = []
    for seed, count in enumerate(steps):
        torch.manual_seed(seed)
        module = copy.deepcopy(network).train()
        for parameter in module.parameters():
            parameter.data += torch.randn(parameter.shape) / 10
        for _ in range(count):
            loss = functional.cross_entropy(module(split.inputs), split.targets)
            parameters = list(module.parameters())
            for parameter, slope in zip(
                parameters, torch.autograd.grad(loss, parameters), strict=True
            ):
                parameter.data -= 0.5 * slope
        found.append(flatten(dict(module.named_parameters()), layout(module)))
    return found


def plain_similarity(a, b):
    counted = [(x, y) for x, y in zip(a, b, strict=True) if x != 0 and y != 0]
    norms = np.sqrt((a**2).sum()), np.sqrt((b**2).sum())
    return (
        np.mean([(x > 0) == (y > 0) for x, y in counted]),
        sum(a * b) / norms[0] / norms[1],
        2 * np.sqrt(((a - b) ** 2).sum()) / sum(norms),
    )


def test_signs_overlap_and_distance_are_those_of_plain_numpy(network, digits):
    a, b = two_centers(network, digits.train)
    a[::7], b[::5] = 0, 0
    arrays = a.double().numpy(), b.double().numpy()
    assert compare.similarity(a, b) == pytest.approx(plain_similarity(*arrays))
    by_tensor = compare.similarity_by_tensor(a, b, layout(network))
    start = 0
    for name, parameter in network.named_parameters():
        stop = start + parameter.numel()
        wanted = plain_similarity(*(array[start:stop] for array in arrays))
        assert by_tensor[name] == pytest.approx(wanted), name
        start = stop
    assert len(by_tensor) == len(layout(network))


def test_what_is_undefined_is_nan():
    zero, one = torch.zeros(3), torch.ones(3)
    signs, overlap, distance = compare.similarity(zero, one)
    assert math.isnan(signs)
    assert math.isnan(overlap)
    assert distance == 2
    assert compare.similarity(one, one) == (1, pytest.approx(1), 0)
    assert compare.similarity(one, -one) == (0, pytest.approx(-1), 2)


def test_chord_equals_a_plain_loop_in_float64(network, digits):
    split = digits.train.subset(200, seed=0)
    a, b = two_centers(network, split, steps=(60, 30))
    found = compare.chord(Objective(network, split), a, b, points=11)
    t = np.linspace(0, 1, 51)  # the finer grid, everywhere
    walk = [reference(network, split, (1 - s) * a.double() + s * b.double()) for s in t]
    loss, accuracy = np.array(walk).T
    above = loss - (1 - t) * loss[0] - t * loss[-1]
    assert above.max() > 0.1  # there is a barrier, and it lies off the coarse grid
    assert np.argmax(above) % 5 != 0
    scale = 1e-5 * loss.max()
    assert found.barrier == pytest.approx(above.max(), abs=scale)
    assert found.barrier_at == pytest.approx(t[np.argmax(above)])
    assert (found.loss_a, found.loss_b) == pytest.approx((loss[0], loss[-1]), abs=scale)
    assert found.midpoint_loss == pytest.approx(loss[25], abs=scale)
    few = 2 / 200  # rounding may turn an answer
    assert found.accuracy_a == pytest.approx(accuracy[0], abs=few)
    assert found.accuracy_b == pytest.approx(accuracy[-1], abs=few)
    assert found.midpoint_accuracy == pytest.approx(accuracy[25], abs=few)
    ends = found.accuracy_a + found.accuracy_b
    assert found.midpoint_gap == pytest.approx(found.midpoint_accuracy - ends / 2)


def test_no_barrier_where_the_loss_is_convex(digits):
    network = nn.Sequential(nn.Flatten(), nn.Linear(64, 10))
    a, b = two_centers(network, digits.train)
    found = compare.chord(Objective(network, digits.train), a, b)
    assert found.barrier == 0
    assert found.barrier_at in (0, 1)


def test_a_loss_that_is_not_finite_is_no_barrier(digits):
    network = nn.Sequential(nn.Flatten(), nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 10))
    a, _ = two_centers(network, digits.train)
    found = compare.chord(Objective(network, digits.train), a, 1e38 * a)
    assert math.isnan(found.barrier)
    assert math.isfinite(found.loss_a)


def test_a_row_has_every_number_and_disagreement_counts_answers(network, digits):
    a, b = two_centers(network, digits.train)
    objective = Objective(network, digits.test, statistics=digits.train)
    row = compare.compare(objective, a, b, points=5)
    assert list(row) == [*compare.Similarity._fields, *compare.Chord._fields, "disagreement"]
    assert all(type(value) is float for value in row.values())
    answers = [objective.outputs(theta).argmax(1).numpy() for theta in (a, b)]
    assert row["disagreement"] == np.mean(answers[0] != answers[1])
    assert 0 < row["disagreement"] < 1
    assert compare.disagreement(objective, a, a) == 0


def test_mistakes_are_one_line(network, digits):
    objective = Objective(network, digits.train)
    a, b = two_centers(network, digits.train)
    with pytest.raises(ProspectError, match=r"of 7 numbers does not fit a network of \d+ param"):
        compare.compare(objective, a, b[:7])
    with pytest.raises(ProspectError, match="points of a chord: 10; want an odd number"):
        compare.chord(objective, a, b, points=10)
    frozen = Objective(network, digits.train, batchnorm="frozen")
    if frozen.norms.layers:
        with pytest.raises(ProspectError, match="'frozen' fits one center"):
            compare.chord(frozen, a, b)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ([32, 16], r"parameter 1: '1.weight' \(16, 64\) and '1.weight' \(32, 64\)"),
        ([16, 16], r"parameter 3: '3.weight' \(10, 16\) and '3.weight' \(16, 16\)"),
        ([], r"parameter 1: '1.weight' \(16, 64\) and '1.weight' \(10, 64\)"),
    ],
)
def test_two_architectures_are_told_by_their_first_difference(other, said):
    one, two = (
        layout(networks.build({"architecture": "mlp", "hidden": hidden}, (1, 8, 8), 10, 0))
        for hidden in ([16], other)
    )
    compare.check_same_architecture(one, one)
    with pytest.raises(ProspectError, match=said) as error:
        compare.check_same_architecture(one, two)
    assert "\n" not in str(error.value)
    with pytest.raises(ProspectError, match=r"parameter 4: '3.bias' .* and none"):
        compare.check_same_architecture(one, one[:3])
