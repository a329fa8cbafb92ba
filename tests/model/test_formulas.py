"""Attention and LayerNorm by their formulas: the same values, and right second derivatives."""

import pytest
import torch
from torch.func import grad, hessian, jvp, vmap
from torch.nn import functional

from prospect.model.formulas import by_formula, layer_norm


@pytest.mark.parametrize("shape", [(6,), (4, 6)])
def test_layer_norm_is_that_of_pytorch(shape):
    torch.manual_seed(0)
    inputs, weight, bias = (torch.randn(*s, dtype=torch.float64) for s in ((3, 4, 6), shape, shape))
    for parts in ((), (weight,), (weight, bias)):
        wanted = functional.layer_norm(inputs, shape, *parts, eps=1e-3)
        assert torch.allclose(layer_norm(inputs, shape, *parts, eps=1e-3), wanted, atol=1e-14)


def loss(vector):
    """A function of LayerNorm and attention; (24,) to a number."""
    normed = functional.layer_norm(vector[:20].view(5, 4), (4,), vector[20:])
    mixed = functional.scaled_dot_product_attention(*normed.expand(3, 1, 1, -1, -1))
    return mixed.tanh().square().sum()


def test_second_derivatives_are_those_of_differences():
    torch.manual_seed(0)
    theta, size = torch.randn(24, dtype=torch.float64), 1e-5
    with by_formula():
        steps = size * torch.eye(24).double()
        rows = [(grad(loss)(theta + step) - grad(loss)(theta - step)) / 2 / size for step in steps]
        wanted = torch.stack(rows)
        vectors = torch.randn(3, 24, dtype=torch.float64)
        along = vmap(lambda vector: jvp(grad(loss), (theta,), (vector,))[1])
        assert torch.allclose(hessian(loss)(theta), wanted, atol=1e-7)
        assert torch.allclose(along(vectors), vectors @ wanted, atol=1e-7)
        gradient = grad(loss)(theta)
    assert torch.allclose(gradient, grad(loss)(theta), atol=1e-12)
    with pytest.raises((NotImplementedError, RuntimeError)):  # the reason for attention's
        hessian(loss)(theta)


def test_pytorch_differentiates_layer_norm_twice_wrongly():
    """The reason for LayerNorm's formula; where this fails, it can go."""
    torch.manual_seed(0)
    theta = torch.randn(24, dtype=torch.float64)

    def normed(vector, norm=functional.layer_norm):
        return norm(vector[:20].view(5, 4), (4,), vector[20:]).tanh().square().sum()

    wanted = hessian(lambda vector: normed(vector, layer_norm))(theta)
    assert float((hessian(normed)(theta) - wanted).abs().max()) > 0.01 * float(wanted.abs().max())
