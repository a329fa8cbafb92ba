"""Guesses of what jobs take, from the config alone: seconds, memory, and the limits asked for.

A pass over one sample takes as many multiplications as its network has, at a rate that was measured
on one core with networks of 9 thousand (`mlp`) to 41 million (ResNet-20 at 32 × 32): 1.8 to
2.2 · 10¹⁰ a second. The guesses of time serve until jobs of a rule were timed; a cluster is asked
for more than is guessed.
"""

import itertools
import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

from prospect.landscape.kinds import runs_of
from prospect.model.layers import ALEXNET, VGG_STAGES, hidden_layers
from prospect.study import paths, stages
from prospect.study.resolve import Study

START = 2.0  # seconds: Python and its imports
RATE = 2e10  # multiplications a second, on one core
GPU = 50  # times as fast; on an H100 19 (Hessian of ResNet-20) to 340 (forward passes of VGG-16)
BACKWARD = 3  # forward passes that one with its gradient takes
PRODUCT = 6  # and a product with the Hessian

PROCESS = 600  # MB of Python, PyTorch, and of what trains together in one pass (`BACKWARD_BYTES`)
CUDA = 2500  # MB more that its libraries take of the host's memory
SMALL = 1000  # MB of a job that computes with no network
LIVE = 4  # layers' outputs that a forward pass holds at a time
HELD = 4  # times the outputs of all layers that a product with the Hessian holds
VECTORS = 20  # parameter vectors that a job holds, with those of an optimiser
KEPT = 1024  # MB of products that a Hessian keeps
OUTPUTS = 1024  # MB of outputs at the points of a surface that are kept
WHOLE = 3  # times that a data set is there: as read, standardised, as computed with

PATIENCE = 4  # times the guessed seconds: slower cores, shared nodes
LEAST = 5  # minutes: below that schedulers gain nothing
SHORT = 120  # seconds: what takes less goes together with others of its model


class Data(NamedTuple):
    """Training samples, the shape of one, and classes."""

    samples: int
    shape: tuple[int, int, int]
    classes: int


DATA = {
    "digits": Data(1437, (1, 8, 8), 10),
    "mnist": Data(60_000, (1, 28, 28), 10),
    "fashion-mnist": Data(60_000, (1, 28, 28), 10),
    "cifar10": Data(50_000, (3, 32, 32), 10),
    "cifar100": Data(50_000, (3, 32, 32), 100),
    "svhn": Data(73_257, (3, 32, 32), 10),
}


class Size(NamedTuple):
    """Of a network: its parameters, and the outputs of its layers and products of one sample."""

    parameters: int = 0
    widest: int = 0
    numbers: int = 0
    products: int = 0

    def __add__(self, other: "Size") -> "Size":  # type: ignore[override]
        """Put another layer after these."""
        return Size(
            self.parameters + other.parameters,
            max(self.widest, other.widest),
            self.numbers + other.numbers,
            self.products + other.products,
        )


BIAS, NORM = 1, 2  # trained numbers that an output channel has besides its weights


def _layer(weights: int, outputs: int, places: int, others: int = BIAS) -> Size:
    """Return the size of a layer with its activation.

    It has `outputs` channels at so many places, each of them of so many weights and `others`.
    """
    numbers, steps = outputs * places, 2 + (others >= NORM)
    return Size((weights + others) * outputs, numbers, steps * numbers, weights * numbers)


def _mlp(data: Data, spec: Mapping) -> Size:
    widths, bias = [math.prod(data.shape), *hidden_layers(spec)], BIAS * spec.get("bias", True)
    others = bias + NORM * spec.get("batchnorm", False)
    layers = (_layer(*pair, 1, others) for pair in itertools.pairwise(widths))
    return sum(layers, Size()) + _layer(widths[-1], data.classes, 1, bias)


def _resnet(data: Data, spec: Mapping) -> Size:
    channels, side, _ = data.shape
    width = spec.get("width", 16)
    size = _layer(9 * channels, width, side**2, NORM)
    channels = width
    for stage, count in enumerate(spec.get("blocks", [3, 3, 3])):
        wide = width * 2**stage
        for block in range(count):
            if stage and not block:
                side = -(-side // 2)
                size += _layer(channels, wide, side**2, NORM)
            size += _layer(9 * channels, wide, side**2, NORM)
            size += _layer(9 * wide, wide, side**2, NORM)
            channels = wide
    return size + _layer(channels, data.classes, 1)


def _vgg(data: Data, spec: Mapping) -> Size:
    channels, side, _ = data.shape
    size, others = Size(), NORM if spec.get("batchnorm", True) else BIAS
    for stage, count in enumerate(VGG_STAGES[spec.get("depth", 16)]):
        wide = spec.get("width", 64) * min(2**stage, 8)
        for _ in range(count):
            size += _layer(9 * channels, wide, side**2, others)
            channels = wide
        side //= 2
        size += Size(numbers=wide * side**2)  # of the pooling
    return size + _layer(channels * side**2, data.classes, 1)


def _alexnet(data: Data, spec: Mapping) -> Size:
    channels, side, _ = data.shape
    size = Size()
    for factor, stride, pooled in ALEXNET:
        wide, side = factor * spec.get("width", 64), -(-side // stride)
        size += _layer(9 * channels, wide, side**2)
        side //= 1 + pooled
        size += Size(numbers=wide * side**2 * pooled)
        channels = wide
    return size + _layer(channels * side**2, data.classes, 1)


def _vit(data: Data, spec: Mapping) -> Size:
    channels, side, _ = data.shape
    width, patch = spec.get("width", 128), spec.get("patch", 4)
    first = spec.get("pool", "token") == "token"
    tokens = (side // patch) ** 2 + first
    row = width * tokens
    patches = _layer(patch**2 * channels, width, tokens - first)
    rest = Size(row + width * first + 2 * width, numbers=row)  # positions, token, last LayerNorm
    block = Size(12 * width**2 + 13 * width, 4 * row, 18 * row, 12 * width * row)
    return sum([block] * spec.get("depth", 12), patches + rest) + _layer(width, data.classes, 1)


MODELS: dict[str, Callable[[Data, Mapping], Size]] = {
    "mlp": _mlp,
    "resnet": _resnet,
    "vgg": _vgg,
    "alexnet": _alexnet,
    "vit": _vit,
    "torchvision": lambda data, _: _vgg(data, {}),  # few that fit small images are larger
}


def data_of(study: Study) -> Data:
    """Return the data set's size; own data are taken to be as large as the digits."""
    dataset = study.config["dataset"]
    samples, (channels, side, _), classes = DATA.get(dataset["name"], DATA["digits"])
    side = dataset["size"] or side
    return Data(samples, (dataset["channels"] or channels, side, side), classes)


def size_of(study: Study, network: str) -> Size:
    """Return a network's size; one of your own is taken to be a ResNet-20."""
    spec = study.architecture(network)
    make = MODELS.get(spec["architecture"])
    return make(data_of(study), spec) if make else _resnet(data_of(study), {})


# --- time ----------------------------------------------------------------------------------------


def seconds(study: Study, network: str, passes: float, samples: int | None = None) -> int:
    """Return the seconds of some forward passes over `samples`, by default the training set."""
    known = data_of(study).samples
    rate = RATE * (GPU if study.config["device"] == "cuda" else 1)
    products = passes * min(samples or known, known) * size_of(study, network).products
    return round(START + products / rate)


def minutes(guess: float) -> int:
    """Return the time limit of a job, in minutes, by the guess of its seconds.

    >>> minutes(5), minutes(3600)
    (5, 240)
    """
    return max(LEAST, math.ceil(PATIENCE * guess / 60))


def training_seconds(study: Study, network: str) -> int:
    """Guess the seconds of training one model."""
    training = study.section("training", network)
    passes = training["epochs"] * (BACKWARD + 1) / training["parts"]
    return seconds(study, network, passes, training["samples"])


def import_seconds(study: Study, network: str) -> int:
    """Guess the seconds of importing one model: a look at training and test samples an epoch."""
    return seconds(study, network, 2 * len(study.imported(network)))


def direction_seconds(study: Study, network: str) -> int:
    """Guess the seconds of making a model's directions: little more than a look at the data."""
    return seconds(study, network, 2)


def grid_seconds(study: Study, network: str, keys: list[str]) -> int:
    """Guess the seconds of evaluating some curves and surfaces."""
    evaluation = study.section("evaluation", network)
    points = evaluation["points"]
    sizes = {"curve": points["curve"], "surface": points["surface"] ** 2}
    passes = sum(sizes[paths.item_of(key)[0]] for key in keys)
    return seconds(study, network, passes, evaluation["samples"])


def curve_seconds(study: Study, network: str) -> int:
    """Guess the seconds of evaluating a model's curves."""
    return grid_seconds(study, network, stages.curve_keys(study))


def surface_seconds(study: Study, network: str, surface: str) -> int:
    """Guess the seconds of evaluating one surface, or one of its shards."""
    whole = grid_seconds(study, network, [paths.key_of("surface", surface)])
    return round(whole / stages.surface_shards(study, surface))


def trajectory_seconds(study: Study, network: str, surface: str) -> int:
    """Guess the seconds of following training runs over one surface: two losses a checkpoint."""
    runs = runs_of(study.config["trajectories"][surface])
    passes = 2 * len(runs) * len(study.epochs(network))
    return seconds(study, network, passes, study.section("evaluation", network)["samples"])


def population_seconds(study: Study, network: str, population: str) -> int:
    """Guess the seconds of evaluating a population, or one of its shards."""
    item = study.config["populations"][population]
    passes = item["count"] * item["points"]
    return round(seconds(study, network, passes, item["samples"]) / item["shards"])


def hessian_products(study: Study) -> int:
    """Return how many products with the Hessian are taken at a center, about."""
    hessian = study.config["hessian"]
    one_by_one = hessian["probes"] + hessian["steps"] + hessian["directions"]
    return one_by_one + 50 * hessian["eigenpairs"]


def hessian_seconds(study: Study, network: str) -> int:
    """Guess the seconds of analysing a model's Hessians."""
    hessian = study.config["hessian"]
    passes = PRODUCT * hessian_products(study) * len(hessian["centers"])
    return seconds(study, network, passes, hessian["samples"])


# --- memory --------------------------------------------------------------------------------------


def memory(study: Study, network: str) -> int:
    """Guess the memory of training a network or of evaluating its loss, in MB."""
    size, data = size_of(study, network), data_of(study)
    batch = min(study.section("evaluation", network)["batch"], data.samples)
    trained = study.section("training", network)["batch"]
    return _megabytes(study, size, max(batch * LIVE * size.widest, trained * size.numbers))


def surface_memory(study: Study, network: str) -> int:
    """Guess the memory of evaluating a surface, in MB: with a tolerance the outputs are held."""
    data, own = data_of(study), study.section("evaluation", network)
    points = own["points"]["surface"] ** 2 // 2 if own["tolerance"] else 0
    outputs = points * min(own["samples"] or data.samples, data.samples) * data.classes
    return memory(study, network) + 2 * min(OUTPUTS, 4 * outputs // 2**20)


def hessian_memory(study: Study, network: str) -> int:
    """Guess the memory of analysing a model's Hessians, in MB."""
    size, products = size_of(study, network), hessian_products(study)
    kept = min(KEPT, 4 * products * size.parameters // 2**20)
    return kept + lens_memory(study, network, study.config["hessian"]["samples"])


def lens_memory(study: Study, network: str, samples: int | None = None) -> int:
    """Guess the memory of a product with the Hessian, in MB: it holds the outputs of all layers."""
    size, known = size_of(study, network), data_of(study).samples
    batch = min(study.section("evaluation", network)["batch"], samples or known, known)
    return _megabytes(study, size, batch * HELD * size.numbers)


def _megabytes(study: Study, size: Size, numbers: int) -> int:
    """Return what a job takes of a node that holds so many outputs; a GPU has its own for them."""
    data, gpu = data_of(study), study.config["device"] == "cuda"
    numbers = 0 if gpu else numbers
    numbers += WHOLE * data.samples * math.prod(data.shape) + VECTORS * size.parameters
    return PROCESS + CUDA * gpu + math.ceil(4 * numbers / 2**20)
