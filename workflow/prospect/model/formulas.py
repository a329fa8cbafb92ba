"""Attention and LayerNorm by their formulas, where their kernels cannot be followed."""

from collections.abc import Iterator
from contextlib import contextmanager

from torch import Tensor
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.overrides import TorchFunctionMode


@contextmanager
def by_formula() -> Iterator[None]:
    """Compute attention and LayerNorm by their formulas inside, own transformers' as well.

    The quick kernels of attention have no second derivative, and no rule for `vmap`. Those of
    LayerNorm are differentiated twice wrongly where the second time is forward (PyTorch 2.13;
    `test_formulas.py` shows it).
    """
    with sdpa_kernel(SDPBackend.MATH), LayerNormByFormula():
        yield


class LayerNormByFormula(TorchFunctionMode):
    """Inside, `layer_norm` takes the place of PyTorch's."""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        """Call a function of PyTorch, or `layer_norm` in its place."""
        if function is functional.layer_norm:
            function = layer_norm
        return function(*args, **(kwargs or {}))


def layer_norm(inputs: Tensor, normalized_shape, weight=None, bias=None, eps=1e-5) -> Tensor:
    """Do what `torch.nn.functional.layer_norm` does."""
    over = tuple(range(-len(normalized_shape), 0))
    apart = inputs - inputs.mean(over, keepdim=True)
    outputs = apart * (apart.square().mean(over, keepdim=True) + eps).rsqrt()
    outputs = outputs if weight is None else outputs * weight
    return outputs if bias is None else outputs + bias
