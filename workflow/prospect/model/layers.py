"""Layers of the built-in architectures, as a config describes them; imports no torch."""

from collections.abc import Mapping

# of VGG by its depth: convolutions of every stage
VGG_STAGES = {
    8: (1, 1, 1, 1, 1),
    11: (1, 1, 2, 2, 2),
    13: (2, 2, 2, 2, 2),
    16: (2, 2, 3, 3, 3),
    19: (2, 2, 4, 4, 4),
}

# of AlexNet's convolutions: channels in units of the first, stride, and whether a pool follows
ALEXNET = ((1, 2, True), (3, 1, True), (6, 1, False), (4, 1, False), (4, 1, True))


def hidden_layers(network: Mapping) -> list[int]:
    """Return the widths of the hidden layers of an mlp."""
    if "width" in network:
        return [network["width"]] * network["depth"]
    return list(network.get("hidden", [64, 64]))
