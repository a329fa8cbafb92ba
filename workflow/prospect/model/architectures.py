"""Architectures that come by name: input shape, classes and options -> module."""

import itertools
import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from prospect.base.errors import ProspectError
from prospect.model import vision
from prospect.model.layers import ALEXNET, VGG_STAGES


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
    """VGG for images of 32×32 and more (Simonyan and Zisserman 2015), one linear layer its head.

    ``depth`` 8 has one convolution a stage; it counts three linear layers, as the names do.
    """
    layers: list[nn.Module] = []
    channels, height, wide = _image("vgg", input_shape, least=32)
    for stage, count in enumerate(VGG_STAGES[depth]):
        for _ in range(count):
            channels_out = width * min(2**stage, 8)
            layers.append(nn.Conv2d(channels, channels_out, 3, padding=1, bias=not batchnorm))
            layers += [nn.BatchNorm2d(channels_out)] if batchnorm else []
            layers.append(nn.ReLU(inplace=True))
            channels = channels_out
        layers.append(nn.MaxPool2d(2))
    head = nn.Linear(channels * (height // 32) * (wide // 32), classes)
    return nn.Sequential(*layers, nn.Flatten(), head)


def alexnet(input_shape, classes, *, width=64) -> nn.Module:
    """AlexNet for images of 16×16 and more, one linear layer its head.

    The five convolutions of arXiv:1404.5997, `width` channels in the first; all kernels are 3×3 and
    the first stride is 2, since images are small (our choice), without dropout.
    """
    layers: list[nn.Module] = []
    channels, height, wide = _image("alexnet", input_shape, least=16)
    for factor, stride, pooled in ALEXNET:
        layers.append(nn.Conv2d(channels, factor * width, 3, stride, padding=1))
        layers += [nn.ReLU(inplace=True), *([nn.MaxPool2d(2)] if pooled else [])]
        channels = factor * width
    sides = (-(-side // 2) // 8 for side in (height, wide))
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(channels * math.prod(sides), classes))


class Attention(nn.Module):
    """Self-attention with several heads (arXiv:1706.03762)."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.queries_keys_values = nn.Linear(width, 3 * width)
        self.joined = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """Map tokens (N, T, width) to as many."""
        parts = self.queries_keys_values(x).unflatten(2, (3, self.heads, -1))
        of_heads = functional.scaled_dot_product_attention(*parts.permute(2, 0, 3, 1, 4))
        return self.joined(of_heads.transpose(1, 2).flatten(2))


class EncoderBlock(nn.Module):
    """Attention and two linear layers, each behind LayerNorm and beside a shortcut."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.norm1, self.attention = nn.LayerNorm(width), Attention(width, heads)
        self.norm2 = nn.LayerNorm(width)
        self.linear = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map tokens (N, T, width) to as many."""
        x = x + self.attention(self.norm1(x))
        return x + self.linear(self.norm2(x))


class Tokens(nn.Module):
    """An image as tokens: its patches, each mapped to `width` numbers, and where they are.

    With `first`, one more token stands before them, which is learned.
    """

    def __init__(self, input_shape, width: int, patch: int, first: bool):
        super().__init__()
        channels, *sides = input_shape
        self.patches = nn.Conv2d(channels, width, patch, stride=patch)
        self.first = nn.Parameter(torch.zeros(1, 1, width)) if first else None
        count = math.prod(side // patch for side in sides) + first
        self.positions = nn.Parameter(0.02 * torch.randn(1, count, width))

    def forward(self, x: Tensor) -> Tensor:
        """Map images (N, channels, height, width) to tokens (N, T, width)."""
        tokens = self.patches(x).flatten(2).transpose(1, 2)
        if self.first is not None:
            tokens = torch.cat([self.first.expand(len(x), -1, -1), tokens], dim=1)
        return tokens + self.positions


class Pooled(nn.Module):
    """What stands for all tokens: the first one, or their mean."""

    def __init__(self, pool: str):
        super().__init__()
        self.pool = pool

    def forward(self, x: Tensor) -> Tensor:
        """Map tokens (N, T, width) to (N, width)."""
        return x[:, 0] if self.pool == "token" else x.mean(1)


def vit(input_shape, classes, *, depth=12, heads=8, width=128, patch=4, pool="token") -> nn.Module:
    """Vision transformer (arXiv:2010.11929), LayerNorm first, without dropout.

    `depth` blocks; classified by a token of its own (`pool` ``token``) or the ``mean`` of all.
    """
    _, *sides = _image("vit", input_shape, least=patch)
    if any(side % patch for side in sides):
        raise ProspectError(
            f"networks: patch: images of {sides[0]}×{sides[1]} do not part into squares of "
            f"{patch}; want a divisor of both, or images resized by dataset.size"
        )
    return nn.Sequential(
        Tokens(input_shape, width, patch, first=pool == "token"),
        *(EncoderBlock(width, heads) for _ in range(depth)),
        nn.LayerNorm(width),
        Pooled(pool),
        nn.Linear(width, classes),
    )


def _image(architecture: str, input_shape, least: int) -> tuple[int, int, int]:
    """Return channels, height and width of images; raises ProspectError where these are small."""
    if len(input_shape) != 3 or min(input_shape[1:]) < least:
        raise ProspectError(
            f"networks: '{architecture}' is for images of {least}×{least} and more, samples are "
            f"{tuple(input_shape)}; dataset.size resizes images, as `size: 32`"
        )
    return input_shape


REGISTRY: dict[str, Callable[..., nn.Module]] = {
    "mlp": mlp,
    "resnet": resnet,
    "vgg": vgg,
    "alexnet": alexnet,
    "vit": vit,
    "torchvision": vision.classifier,
}
