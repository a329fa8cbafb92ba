"""The Hessian against `torch.func.hessian` in float64, on networks of up to 2,000 parameters."""

import copy
import math

import numpy as np
import pytest
import torch
from curvlinops import HessianLinearOperator
from torch import nn
from torch.nn import functional

from prospect.base.errors import ProspectError
from prospect.base.resume import Partial
from prospect.landscape.hessian import Hessian, along_direction, analyse, extremes
from prospect.model import architectures
from prospect.model.objective import Objective
from prospect.model.splits import Split
from prospect.model.weights import FlatModule


class PlainNorm(nn.Module):
    """BatchNorm with batch statistics, written out: differentiated right in every mode."""

    def __init__(self, channels):
        super().__init__()
        self.weight, self.bias = (
            nn.Parameter(torch.ones(channels)),
            nn.Parameter(torch.zeros(channels)),
        )

    def forward(self, x):
        over = (0, 2, 3)[: x.ndim - 1] if x.ndim == 4 else (0,)
        apart = x - x.mean(over, keepdim=True)
        scale = (apart.square().mean(over, keepdim=True) + 1e-5).sqrt()
        shape = (1, -1, 1, 1)[: x.ndim]
        return apart / scale * self.weight.view(shape) + self.bias.view(shape)


NETWORKS = {
    "plain": lambda norm: nn.Sequential(
        nn.Flatten(), nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 10)
    ),
    "batchnorm": lambda norm: nn.Sequential(
        nn.Flatten(), nn.Linear(64, 12), norm(12), nn.Tanh(), nn.Linear(12, 10)
    ),
    "convolution": lambda norm: nn.Sequential(
        nn.Conv2d(1, 4, 3, stride=2), norm(4), nn.Tanh(), nn.Flatten(), nn.Linear(36, 10)
    ),
}


def batch_norm(channels):
    return nn.BatchNorm2d(channels) if channels == 4 else nn.BatchNorm1d(channels)


@pytest.fixture(params=NETWORKS)
def problem(request, digits):
    """An objective in float64, θ, and the exact Hessian of the same network written out."""
    torch.manual_seed(0)
    split = digits.train.subset(120, seed=0)
    module = NETWORKS[request.param](batch_norm)
    objective = Objective(module, split, dtype=torch.float64, classes=10)
    assert objective.parameters <= 2000
    theta = objective.flat.weights.clone()
    plain = FlatModule(NETWORKS[request.param](PlainNorm).double())

    def loss(vector):
        outputs = torch.func.functional_call(
            plain.module, plain.parts(vector), (split.inputs.double(),)
        )
        return functional.cross_entropy(outputs, split.targets)

    return objective, theta, torch.func.hessian(loss)(theta), torch.func.grad(loss)(theta)


def test_products_and_gradient_are_exact(problem):
    objective, theta, exact, gradient = problem
    hessian = Hessian(objective, theta)
    vectors = torch.randn(len(theta), 3, dtype=torch.float64)
    assert torch.allclose(hessian @ vectors, exact @ vectors, atol=1e-9)
    assert torch.allclose(hessian @ vectors[:, 0], exact @ vectors[:, 0], atol=1e-9)
    assert torch.allclose(hessian.gradient, gradient, atol=1e-12)


def attention(queries, keys, values, *_, **__):
    """Attention, written out."""
    scores = queries @ keys.transpose(-1, -2) / math.sqrt(queries.shape[-1])
    return scores.softmax(-1) @ values


def layer_norm(x, _, weight, bias, eps):
    """LayerNorm, written out: PyTorch 2.13 differentiates its own wrongly in forward mode."""
    apart = x - x.mean(-1, keepdim=True)
    return apart / (apart.square().mean(-1, keepdim=True) + eps).sqrt() * weight + bias


TRANSFORMERS = {
    "vit": lambda: architectures.vit((1, 8, 8), 10, depth=1, heads=2, width=4),
    "of PyTorch": lambda: nn.Sequential(
        nn.Flatten(0, 1), nn.TransformerEncoderLayer(8, 2, 4, dropout=0, batch_first=True),
        nn.Flatten(), nn.Linear(64, 10),
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", TRANSFORMERS)
def test_products_are_exact_through_attention(digits, monkeypatch, kind):
    torch.manual_seed(0)
    split = digits.train.subset(20, seed=0)
    objective = Objective(TRANSFORMERS[kind](), split, dtype=torch.float64, classes=10)
    theta, hessian = objective.flat.weights.clone(), Hessian(objective, objective.flat.weights)
    plain, inputs = FlatModule(TRANSFORMERS[kind]().double()), split.inputs.double()

    def loss(vector):
        outputs = torch.func.functional_call(plain.module, plain.parts(vector), (inputs,))
        return functional.cross_entropy(outputs, split.targets)

    monkeypatch.setattr(functional, "scaled_dot_product_attention", attention)
    monkeypatch.setattr(functional, "layer_norm", layer_norm)
    exact = torch.func.hessian(loss)(theta)
    monkeypatch.undo()
    vectors = torch.randn(len(theta), 3, dtype=torch.float64)
    assert torch.allclose(hessian @ vectors, exact @ vectors, atol=1e-9)
    assert torch.allclose(hessian.gradient, torch.func.grad(loss)(theta), atol=1e-12)


def test_eigenvalues_trace_and_norm(problem):
    objective, theta, exact, _ = problem
    options = {"eigenpairs": 3, "probes": 400, "steps": 60, "directions": 300}
    found = analyse(objective, theta, options, seed=0, what="test")
    wanted = torch.linalg.eigvalsh(exact).numpy()
    ends = np.concatenate([wanted[:3], wanted[-3:]])
    assert np.abs(found.eigenvalues / ends - 1).max() <= 1e-4
    for value, vector in zip(found.eigenvalues, found.eigenvectors, strict=True):
        vector = torch.as_tensor(vector).double()
        assert torch.allclose(exact @ vector, value * vector, atol=1e-3 * abs(ends[-1]))
        assert vector.norm() == pytest.approx(1)
    assert abs(found.trace - wanted.sum()) <= 3 * found.trace_sem
    assert found.squares == pytest.approx((wanted**2).sum(), rel=0.05)
    for trace, sem, block in zip(
        found.block_traces, found.block_sems, objective.flat.blocks, strict=True
    ):
        part = exact.diagonal()[block.start : block.stop].sum().item()
        assert abs(trace - part) <= 4 * sem + 1e-12
    spacing = found.density_at[1] - found.density_at[0]
    assert found.density.sum() * spacing == pytest.approx(1, abs=0.05)
    mean = (found.density * found.density_at).sum() * spacing
    assert mean == pytest.approx(wanted.mean(), abs=0.02 * wanted.max())


def test_random_directions_have_the_predicted_mean_and_spread(problem):
    objective, theta, exact, gradient = problem
    options = {"eigenpairs": 1, "probes": 300, "steps": 20, "directions": 400}
    found = analyse(objective, theta, options, seed=1, what="test")
    values = torch.linalg.eigvalsh(exact)
    count, trace = len(theta), values.sum().item()
    variance = 2 * (count * values.square().sum().item() - trace**2) / count**2 / (count + 2)
    error = math.sqrt(variance / 400)
    assert abs(found.curvatures.mean() - trace / count) <= 3 * error
    assert found.curvatures.std() == pytest.approx(math.sqrt(variance), rel=0.15)
    assert found.spread == pytest.approx(math.sqrt(variance), rel=0.1)
    assert found.slopes.std() == pytest.approx(gradient.norm().item() / math.sqrt(count), rel=0.15)


def test_several_batches_give_the_same_sums(digits):
    module = NETWORKS["plain"](None)
    split = digits.train.subset(120, seed=0)
    one, many = (Objective(module, split, batch=b, dtype=torch.float64) for b in (200, 50))
    theta = one.flat.weights.clone()
    vector = torch.randn(len(theta), dtype=torch.float64)
    assert torch.allclose(Hessian(one, theta) @ vector, Hessian(many, theta) @ vector, atol=1e-12)
    assert torch.allclose(Hessian(one, theta).gradient, Hessian(many, theta).gradient)


def test_along_a_direction_the_length_does_not_count(problem):
    objective, theta, exact, gradient = problem
    direction = torch.randn(len(theta), generator=torch.Generator().manual_seed(2))
    unit = direction.double() / direction.double().norm()
    slope, curvature = along_direction(Hessian(objective, theta), 7 * direction)
    assert slope == pytest.approx((gradient @ unit).item())
    assert curvature == pytest.approx((unit @ exact @ unit).item())


def test_the_sign_and_order_of_eigenvectors_are_fixed(problem):
    hessian = Hessian(*problem[:2])
    values, vectors = extremes(hessian, 2, seed=0)
    again, same = extremes(hessian, 2, seed=0)
    assert np.array_equal(values, again)
    assert np.array_equal(vectors, same)
    assert (np.diff(values) >= 0).all()
    for vector in vectors:
        assert vector[np.abs(vector).argmax()] > 0


@pytest.mark.parametrize("at", [1, 9, 30])
def test_an_analysis_goes_on_after_the_very_product(problem, tmp_path, monkeypatch, at):
    monkeypatch.setattr("prospect.base.resume.SHARE", 0)
    options = {"eigenpairs": 2, "probes": 5, "steps": 10, "directions": 6}
    products, multiply = [], Hessian._multiply

    def stopping(hessian, vectors):
        products.append(len(vectors))
        if len(products) == at:
            raise KeyboardInterrupt
        return multiply(hessian, vectors)

    def run():
        partial = Partial(tmp_path / "h.h5", {}, every=0)
        return analyse(*problem[:2], options, 0, "x", partial)

    whole = analyse(*problem[:2], options, 0, "x")
    monkeypatch.setattr(Hessian, "_multiply", stopping)
    with pytest.raises(KeyboardInterrupt):
        run()
    resumed = run()
    assert len(products) > at
    monkeypatch.setattr(Hessian, "_multiply", lambda *_: pytest.fail("a product was lost"))
    again = run()
    for name, values in vars(whole).items():
        assert np.array_equal(getattr(resumed, name), values), name
        assert np.array_equal(getattr(again, name), values), name


def test_products_that_were_kept_serve_the_same_vectors_alone(problem, tmp_path, monkeypatch):
    """Where other vectors are asked for, as by a machine that rounds otherwise, it has none."""
    monkeypatch.setattr("prospect.base.resume.SHARE", 0)
    options = {"eigenpairs": 2, "probes": 5, "steps": 10, "directions": 6}
    partial = Partial(tmp_path / "h.h5", {}, every=0)
    analyse(*problem[:2], options, 0, "x", partial)
    whole, resumed = (analyse(*problem[:2], options, 1, "x", p) for p in (None, partial))
    for name, values in vars(whole).items():
        assert np.array_equal(getattr(resumed, name), values), name


def test_no_more_products_are_kept_than_there_is_room_for(problem, tmp_path, monkeypatch):
    monkeypatch.setattr("prospect.base.resume.SHARE", 0)
    room = 3 * problem[0].flat.weights.nbytes
    monkeypatch.setattr("prospect.landscape.hessian.KEPT_BYTES", room)
    options = {"eigenpairs": 2, "probes": 5, "steps": 10, "directions": 6}
    whole = analyse(*problem[:2], options, 0, "x")
    for _ in range(2):
        partial = Partial(tmp_path / "h.h5", {}, every=0)
        found = analyse(*problem[:2], options, 0, "x", partial)
        assert len(partial.load()["products"]) == 3
        assert np.array_equal(found.eigenvectors, whole.eigenvectors)
        assert found.trace == whole.trace


def test_more_eigenpairs_than_there_are_is_one_line():
    split = Split(torch.randn(6, 3), torch.arange(6) % 2)
    objective = Objective(nn.Linear(3, 2), split, dtype=torch.float64)
    hessian = Hessian(objective, objective.flat.weights.clone())
    assert len(extremes(hessian, 3, seed=0)[0]) == 6
    with pytest.raises(ProspectError, match=r"eigenpairs: 4 of each .* 8 param.*; want at most 3"):
        extremes(hessian, 4, seed=0)


class Constant(nn.Module):
    """A network whose outputs do not depend on its weights."""

    def __init__(self, value=0.0):
        super().__init__()
        self.weight, self.value = nn.Parameter(torch.ones(30)), value

    def forward(self, x):
        return x.new_ones(len(x), 2) + self.value * self.weight.sum()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_hessian_of_zeros_has_zeros_and_axes(dtype):
    objective = Objective(Constant(), Split(torch.ones(6, 3), torch.arange(6) % 2), dtype=dtype)
    options = {"eigenpairs": 2, "probes": 4, "steps": 5, "directions": 4}
    found = analyse(objective, objective.flat.weights.clone(), options, seed=0, what="test")
    assert not found.eigenvalues.any() and len(found.eigenvalues) == 4
    assert np.array_equal(found.eigenvectors @ found.eigenvectors.T, np.eye(4))
    assert found.trace == found.squares == found.mean == found.spread == 0
    assert np.trapezoid(found.density, found.density_at) == 1
    assert not found.curvatures.any()


def test_a_gradient_that_is_not_finite_is_one_line():
    objective = Objective(Constant(np.inf), Split(torch.ones(6, 3), torch.arange(6) % 2))
    options = {"eigenpairs": 2, "probes": 4, "steps": 5, "directions": 4}
    with pytest.raises(ProspectError, match=r"gradient at 'init' is not finite; want another"):
        analyse(objective, objective.flat.weights.clone(), options, seed=0, what="init")


def test_forward_over_reverse_is_wrong_through_batch_statistics(digits):
    """Why products differentiate backwards twice; when this fails, curvlinops' operator will do."""
    torch.manual_seed(0)
    split = digits.train.subset(120, seed=0)
    objective = Objective(NETWORKS["batchnorm"](batch_norm), split, dtype=torch.float64)
    theta = objective.flat.weights.clone()
    vector = torch.randn(len(theta), dtype=torch.float64)
    ours = Hessian(objective, theta) @ vector
    module = copy.deepcopy(objective.flat.module)
    theirs = HessianLinearOperator(
        module,
        nn.CrossEntropyLoss(),
        list(module.parameters()),
        [(objective.inputs, objective.targets)],
    )
    assert (theirs @ vector - ours).norm() > 1e-3 * ours.norm()
