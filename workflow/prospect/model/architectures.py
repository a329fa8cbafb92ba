"""Architectures that come by name: input shape, classes and options -> module."""

import itertools
import math
from collections.abc import Callable

from torch import Tensor, nn

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
