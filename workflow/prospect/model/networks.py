"""Architecture registry: a network's options, input shape and classes -> module.

Your own: an import path ``package.module:callable`` that takes
``(input_shape, classes, **options)`` and returns a `torch.nn.Module`.
"""

import copy
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from prospect.base.errors import ProspectError, brief
from prospect.base.plugins import by_import_path, own_code
from prospect.base.seeding import stable_hash
from prospect.model.architectures import REGISTRY


def build(network: dict, input_shape, classes: int, seed: int) -> nn.Module:
    """Build a network as the config describes it, initialised from `seed`.

    `network` holds ``architecture`` and its options; `input_shape` is that of one sample. Raises
    ProspectError where the network does not fit the data.
    """
    options = dict(network)
    architecture, of_norms = options.pop("architecture"), options.pop("batchnorm_init", "ones")
    if architecture in REGISTRY:
        make = REGISTRY[architecture]
    else:
        make = by_import_path(architecture, "networks: architecture")
        options = options.get("options", {})
    what = f"networks: '{architecture}'"
    for_what = f"with {brief(options)} for inputs {tuple(input_shape)} and {classes} classes"
    with torch.random.fork_rng(devices=[]), own_code(f"{what} {for_what}"):
        torch.manual_seed(stable_hash(seed, "initialisation"))
        module = make(tuple(input_shape), classes, **options)
        if not isinstance(module, nn.Module):
            raise ProspectError(f"{what} gives {brief(module)}; want a torch.nn.Module")
        _init_batchnorm(module, of_norms)
        _check_outputs(what, module, input_shape, classes)
    if not any(parameter.requires_grad for parameter in module.parameters()):
        raise ProspectError(f"{what} has no parameter to train; want at least one")
    return module.train()


def _check_outputs(what: str, module: nn.Module, input_shape, classes: int) -> None:
    """Check that a network maps (N, …) to (N, C), and leaves its inputs as they are."""
    inputs = torch.zeros(2, *input_shape)
    for mode, outputs in _outputs(module, inputs):
        if not isinstance(outputs, Tensor) or outputs.shape != (2, classes):
            shape = tuple(outputs.shape) if isinstance(outputs, Tensor) else type(outputs).__name__
            raise ProspectError(
                f"{what}, {mode}, maps 2 samples to {shape}; want one tensor {(2, classes)}, a row "
                "of C numbers for every sample"
            )
        if not outputs.is_floating_point():
            raise ProspectError(f"{what} gives {outputs.dtype}; want floating point numbers")
        if inputs.any():
            raise ProspectError(f"{what} changes its inputs in place; want a copy changed")


@torch.no_grad()
def _outputs(module: nn.Module, inputs: Tensor) -> Iterator[tuple[str, object]]:
    """Yield what a network gives in evaluation and in training, the latter of a copy."""
    yield "evaluated", module.eval()(inputs)
    yield "trained", copy.deepcopy(module).train()(inputs)


def _init_batchnorm(module: nn.Module, how: str) -> None:
    """Draw the weights of BatchNorm: ``ones``, ``uniform`` U(0, 1) or ``gaussian`` N(0, 0.1)."""
    for layer in module.modules():
        if isinstance(layer, nn.modules.batchnorm._BatchNorm):
            if how == "uniform":
                nn.init.uniform_(layer.weight)
            elif how == "gaussian":
                nn.init.normal_(layer.weight, std=0.1)
