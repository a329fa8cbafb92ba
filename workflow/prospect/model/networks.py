"""Architecture registry: a network's options, input shape and classes -> module.

Your own: an import path ``package.module:callable`` that takes
``(input_shape, classes, **options)`` and returns a `torch.nn.Module`. Where inputs have a
structure, so has `input_shape`; where targets are no classes, the shape of one is in the place of
`classes`.
"""

import copy
from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn

from prospect.base.errors import ProspectError, brief
from prospect.base.plugins import by_import_path, own_code
from prospect.base.seeding import stable_hash
from prospect.model.architectures import REGISTRY
from prospect.model.data import CLASSIFICATION, Data
from prospect.model.splits import Split
from prospect.model.structure import leaves, mapped, shape_of
from prospect.model.task import Task

TRIED = 4  # samples that a network is tried on


def build(
    network: Mapping,
    input_shape,
    classes,
    seed: int,
    *,
    task: Task = CLASSIFICATION,
    samples: Split | None = None,
) -> nn.Module:
    """Build a network as the config describes it, initialised from `seed`.

    `network` holds ``architecture`` and its options; `input_shape` is that of one sample, `classes`
    their number or, where there are none, the shape of one target. It is tried on some `samples`,
    by default zeros. Raises ProspectError where the network does not fit the data.
    """
    options = dict(network)
    architecture, of_norms = options.pop("architecture"), options.pop("batchnorm_init", "ones")
    if architecture in REGISTRY:
        make = REGISTRY[architecture]
    else:
        make = by_import_path(architecture, "networks: architecture")
        options = options.get("options", {})
    what = f"networks: '{architecture}'"
    shape = tuple(input_shape) if isinstance(input_shape, torch.Size) else input_shape
    target = f"{classes} classes" if isinstance(classes, int) else f"targets {classes}"
    for_what = f"with {brief(options)} for inputs {shape} and {target}"
    with torch.random.fork_rng(devices=[]), own_code(f"{what} {for_what}"):
        torch.manual_seed(stable_hash(seed, "initialisation"))
        module = make(shape, classes, **options)
        if not isinstance(module, nn.Module):
            raise ProspectError(f"{what} gives {brief(module)}; want a torch.nn.Module")
        _init_batchnorm(module, of_norms)
        _check(
            what, module, samples or Split(torch.zeros(2, *shape), torch.zeros(2)), task, classes
        )
    if not any(parameter.requires_grad for parameter in module.parameters()):
        raise ProspectError(f"{what} has no parameter to train; want at least one")
    return module.train()


def build_for(data: Data, network: Mapping, seed: int) -> nn.Module:
    """Build a network for a data set and its task, initialised from `seed`; as `build` does."""
    shape, some = shape_of(data.train.inputs), data.train.take(slice(TRIED))
    return build(network, shape, data.target, seed, task=data.task, samples=some)


def _check(what: str, module: nn.Module, samples: Split, task: Task, classes) -> None:
    """Check that a network fits its task, evaluated and trained, and leaves its inputs be."""
    for mode, network in _modes(module):
        inputs = mapped(Tensor.clone, samples.inputs)
        with torch.no_grad():
            task.check(f"{what}, {mode},", network, (inputs, samples.targets), classes)
        if not all(map(torch.equal, leaves(inputs), leaves(samples.inputs))):
            raise ProspectError(f"{what} changes its inputs in place; want a copy changed")


def _modes(module: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Yield a network as it is evaluated and as it is trained, the latter a copy."""
    yield "evaluated", module.eval()
    yield "trained", copy.deepcopy(module).train()


def _init_batchnorm(module: nn.Module, how: str) -> None:
    """Draw the weights of BatchNorm: ``ones``, ``uniform`` U(0, 1) or ``gaussian`` N(0, 0.1)."""
    for layer in module.modules():
        if isinstance(layer, nn.modules.batchnorm._BatchNorm):
            if how == "uniform":
                nn.init.uniform_(layer.weight)
            elif how == "gaussian":
                nn.init.normal_(layer.weight, std=0.1)
