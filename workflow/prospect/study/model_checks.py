"""What a schema cannot say of data, networks, training and centers.

One function a section; each fails with the first thing that is wrong.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from prospect.base import tasks
from prospect.base.errors import shortened
from prospect.model.layers import VGG_STAGES
from prospect.study import paths
from prospect.study.checks import Checks
from prospect.study.resolve import of_network

OPTIONS = {  # of every architecture
    "mlp": {"hidden", "width", "depth", "bias", "batchnorm"},
    "resnet": {"width", "blocks"},
    "vgg": {"depth", "width", "batchnorm"},
    "alexnet": {"width"},
    "vit": {"depth", "heads", "width", "patch", "pool"},
    "torchvision": {"model", "weights"},
}
OF_ALL = {"architecture", "batchnorm_init", "checkpoints"}  # takes every architecture
COLOURED = ("cifar10", "cifar100", "svhn")
TAKEN = {*paths.FOLDERS, "self", "twin"}  # names that mean another thing than a network


def check_models(checks: Checks) -> None:
    """Check all sections about models."""
    check_dataset(checks)
    check_task(checks)
    check_networks(checks)
    for network, spec in checks.config["networks"].items():
        if "checkpoints" in spec:
            check_checkpoints(checks, network)
        else:
            check_training(checks, network)
        check_centers(checks, network)
    check_starts(checks)


def check_dataset(checks: Checks) -> None:
    """Check that own data can be imported; that they have options, and the others sizes."""
    dataset = checks.config["dataset"]
    name, own = dataset["name"], ":" in dataset["name"]
    checks.module("dataset.name", name)
    if dataset["options"] and not own:
        checks.fail("dataset.options", f"'{name}' takes none; they are for your own data")
    for key in ("size", "channels"):
        if dataset[key] and own:
            checks.fail(f"dataset.{key}", "your own data come as they are; leave it out")
    if dataset["channels"] and name in COLOURED and dataset["channels"] != 3:
        checks.fail("dataset.channels", f"images of '{name}' have 3; leave it out")


def check_task(checks: Checks) -> None:
    """Check that an own loss and metric can be imported, and that only they have options."""
    task = checks.config["task"]
    for key in ("loss", "metric"):
        checks.module(f"task.{key}", task[key] or "")
    if tasks.classifies(task):
        for key, usual in (("of", "output"), ("metric", None), ("scale", None)):
            if task[key] != usual:
                message = "is for a loss of your own; cross-entropy has accuracy and ln C"
                checks.fail(f"task.{key}", message)
    elif task["metric"] == "accuracy" and task["of"] == "network":
        checks.fail("task.metric", "accuracy is of outputs; want null or package.module:name here")


def check_networks(checks: Checks) -> None:
    """Check that own networks can be imported, and that options fit the architecture."""
    for name, network in checks.config["networks"].items():
        key, architecture = f"networks.{name}", network["architecture"]
        if name in TAKEN or re.search("-seed[0-9]", name):
            taken = ", ".join(sorted(TAKEN))
            checks.fail(key, f"a network is called neither {taken} nor …-seed0; want another name")
        checks.module(f"{key}.architecture", architecture)
        allowed = OPTIONS.get(architecture, {"options"})
        options = network.keys() - OF_ALL - checks.config.keys()
        for option in sorted(options - allowed):
            takes = ", ".join(sorted(allowed))
            message = f"architecture '{architecture}' takes only {takes}"
            checks.fail(f"{key}.{option}", message)
        if architecture == "vgg" and network.get("depth", 16) not in VGG_STAGES:
            known = ", ".join(map(str, VGG_STAGES))
            checks.fail(f"{key}.depth", f"{network['depth']} is not one of {known}")
        if architecture == "vit" and network.get("width", 128) % network.get("heads", 8):
            heads, width = network.get("heads", 8), network.get("width", 128)
            checks.fail(f"{key}.heads", f"{heads} do not share a width of {width}; want a divisor")
        if architecture == "torchvision" and "model" not in network:
            checks.fail(f"{key}.model", "there is none; want a network of torchvision, as resnet18")
        if architecture == "mlp" and ("width" in network) != ("depth" in network):
            checks.fail(key, "width and depth go together, so many layers of that width; want both")
        if "hidden" in network and "width" in network:
            checks.fail(key, "want either hidden, or width and depth")


def check_checkpoints(checks: Checks, network: str) -> None:
    """Check that the files of a network's checkpoints are there, and no recipe beside them."""
    key = f"networks.{network}"
    for name in ("training", "batchnorm_init", "weights"):
        if name in checks.config["networks"][network]:
            message = f"'{network}' has checkpoints, which are all of it; want one of the two"
            checks.fail(f"{key}.{name}", message)
    for epoch, file in checks.study.imported(network).items():
        place, seeds = f"{key}.checkpoints.{epoch}", checks.config["seeds"]
        if len(seeds) > 1 and "{seed}" not in file:
            message = f"'{shortened(file)}' is one file for {len(seeds)} seeds"
            checks.fail(place, f"{message}; want {{seed}} in its name, or one seed")
        for path in (file.replace("{seed}", str(seed)) for seed in seeds):
            if not Path(path).is_file():
                checks.fail(place, f"there is no file '{shortened(path)}'")


def check_training(checks: Checks, network: str) -> None:
    """Check that epochs and parts of a network's training are there."""
    training = of_network(checks.config, "training", network)
    key, last = checks.key_of(network, "training"), training["epochs"]
    for epoch in training["checkpoints"]:
        check_epoch(checks, f"{key}.checkpoints", epoch, last)
    if training["samples"] and training["samples"] < training["batch"]:
        message = f"{training['samples']} are fewer than a batch; want {training['batch']} or more"
        checks.fail(f"{key}.samples", message)
    if training["part"] >= training["parts"]:
        message = f"{training['part']} is none of the parts; want 0 to {training['parts'] - 1}"
        checks.fail(f"{key}.part", message)
    if training["batch"] == 1 and has_batchnorm(checks.config["networks"][network]):
        checks.fail(f"{key}.batch", f"BatchNorm of '{network}' needs more than 1 sample; want 2")
    if training["swa"]:
        check_epoch(checks, f"{key}.swa.start", training["swa"]["start"], last)
    if training["swa"] and training["until"]:
        checks.fail(f"{key}.swa", "'until' may end before its epochs; want only one of the two")


def check_epoch(checks: Checks, key: str, epoch: int, last: int) -> None:
    """Check that training comes to an epoch."""
    if epoch > last:
        message = f"{epoch} is after the last epoch {last} of training; want at most that"
        checks.fail(key, message)


def has_batchnorm(network: Mapping) -> bool:
    """Whether a network that comes with Prospect has BatchNorm."""
    kind = network["architecture"]
    return kind == "resnet" or network.get("batchnorm", kind == "vgg")


def check_starts(checks: Checks) -> None:
    """Check that training starts at a checkpoint of another network, and not in a circle."""
    config, starts = checks.config, {}
    for network in config["networks"]:
        start = of_network(config, "training", network)["start"]
        if not start or checks.study.imported(network):
            continue
        key = f"{checks.key_of(network, 'training')}.start"
        checks.known(f"{key}.network", start["network"], config["networks"], "network")
        centers = of_network(config, "centers", start["network"])
        checks.known(f"{key}.center", start["center"], centers, "center")
        checks.center(f"{key}.center", start["center"], [start["network"]])
        if "midpoint" in centers[start["center"]]:
            checks.fail(f"{key}.center", f"'{start['center']}' is a midpoint; want a checkpoint")
        starts[network] = start["network"]
    for network in starts:
        seen, place = {network}, starts[network]
        while place in starts and place not in seen:
            seen.add(place)
            place = starts[place]
        if place in seen:
            message = f"training of '{network}' starts where it ends: in a circle by '{place}'"
            checks.fail(f"{checks.key_of(network, 'training')}.start.network", message)


def check_centers(checks: Checks, network: str) -> None:
    """Check that a network's centers are checkpoints there are, averages or midpoints of two."""
    training, imported = (
        of_network(checks.config, "training", network),
        checks.study.imported(network),
    )
    last, study = training["epochs"], checks.config["centers"]
    centers = of_network(checks.config, "centers", network)
    for name, center in centers.items():
        own = name in checks.config["networks"][network].get("centers", {})
        key = f"networks.{network}.centers.{name}" if own else f"centers.{name}"
        checks.known(key, name, study, "center of the study")
        checks.free_name(key, name)
        checks.one_of(key, center, ("epoch", "midpoint", "swa"))
        if "midpoint" in center:
            check_midpoint(checks, f"{key}.midpoint", center["midpoint"], centers)
        if imported:
            checks.center(key, name, [network] if own else [])
            continue
        if "swa" in center and not training["swa"]:
            checks.fail(
                f"{key}.swa", f"training of '{network}' takes no average; want training.swa"
            )
        if center.get("epoch", "last") != "last":
            check_epoch(checks, f"{key}.epoch", center["epoch"], last)


def check_midpoint(checks: Checks, key: str, of: str, centers: Mapping) -> None:
    """Check that a midpoint lies between a checkpoint and that of a twin."""
    checks.known(key, of, centers, "center")
    if "midpoint" in centers[of]:
        checks.fail(key, f"'{of}' is itself a midpoint; want a checkpoint")
    if len(checks.config["seeds"]) == 1:
        checks.fail(key, "needs a twin from another seed; seeds has only one, want two")
