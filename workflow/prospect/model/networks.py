"""Architecture registry: a network's options, input shape and classes -> module.

Your own: an import path ``package.module:callable`` that takes
``(input_shape, classes, **options)`` and returns a `torch.nn.Module`.
"""

import copy
import itertools
import math
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from prospect.base.errors import ProspectError, brief
from prospect.base.plugins import by_import_path, own_code
from prospect.base.seeding import stable_hash
from prospect.model.layers import VGG_STAGES


def mlp(
    input_shape, classes, *, hidden=(64, 64), width=None, depth=None, bias=True, batchnorm=False
) -> nn.Module:
    """Multi-layer perceptron with ReLU: inputs flattened, `hidden` layer widths.

    Or `depth` hidden layers of `width`; with BatchNorm before each ReLU if asked.
    """
    widths = [math.prod(input_shape), *([width] * depth if width else hidden)]
    layers: list[nn.Module] = [nn.Flatten()]
    for wide_in, wide_out in itertools.pairwise(widths):
        layers.append(nn.Linear(wide_in, wide_out, bias=bias))
        layers += [nn.BatchNorm1d(wide_out)] if batchnorm else []
        layers.append(nn.ReLU(inplace=True))
    return nn.Sequential(*layers, nn.Linear(widths[-1], classes, bias=bias))


class ResidualBlock(nn.Module):
    """Two 3×3 convolutions with BatchNorm and a shortcut (He et al. 2016, projection shortcut)."""

    def __init__(self, channels_in: int, channels_out: int, stride: int):
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, channels_out, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels_out)
        self.conv2 = nn.Conv2d(channels_out, channels_out, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels_out)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or channels_in != channels_out:
            self.shortcut = nn.Sequential(
                nn.Conv2d(channels_in, channels_out, 1, stride, bias=False),
                nn.BatchNorm2d(channels_out),
            )

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, channels_in, height, width) to (N, channels_out, height/stride, width/stride)."""
        out = self.bn1(self.conv1(x)).relu_()
        return (self.bn2(self.conv2(out)) + self.shortcut(x)).relu_()


class GlobalAverage(nn.Module):
    """Mean over the image: (N, channels, height, width) to (N, channels)."""

    def forward(self, x: Tensor) -> Tensor:
        """Average; as a plain mean, since `vmap` has no rule for adaptive pooling."""
        return x.mean((2, 3))


def resnet(input_shape, classes, *, width=16, blocks=(3, 3, 3)) -> nn.Module:
    """Residual net for small images: `width` channels, doubled with every further stage.

    ``width=16, blocks=[3, 3, 3]`` is ResNet-20.
    """
    layers: list[nn.Module] = [
        nn.Conv2d(input_shape[0], width, 3, padding=1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(inplace=True),
    ]
    channels = width
    for stage, count in enumerate(blocks):
        for block in range(count):
            stride = 2 if stage > 0 and block == 0 else 1
            layers.append(ResidualBlock(channels, width * 2**stage, stride))
            channels = width * 2**stage
    return nn.Sequential(*layers, GlobalAverage(), nn.Linear(channels, classes))


def vgg(input_shape, classes, *, depth=16, batchnorm=True, width=64) -> nn.Module:
    """VGG for 32×32 images (Simonyan and Zisserman 2015), with one linear layer as its head."""
    layers: list[nn.Module] = []
    channels = input_shape[0]
    for stage, count in enumerate(VGG_STAGES[depth]):
        wide = width * min(2**stage, 8)
        for _ in range(count):
            layers.append(nn.Conv2d(channels, wide, 3, padding=1, bias=not batchnorm))
            layers += [nn.BatchNorm2d(wide)] if batchnorm else []
            layers.append(nn.ReLU(inplace=True))
            channels = wide
        layers.append(nn.MaxPool2d(2))
    head = nn.Linear(channels * (input_shape[1] // 32) * (input_shape[2] // 32), classes)
    return nn.Sequential(*layers, nn.Flatten(), head)


REGISTRY: dict[str, Callable[..., nn.Module]] = {"mlp": mlp, "resnet": resnet, "vgg": vgg}


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
