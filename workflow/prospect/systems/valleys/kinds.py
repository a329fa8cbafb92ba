"""The directions whose two sides are compared (arXiv:2405.12489, figures 3 to 7; controls ours).

Families: ``noise``, raw and with the signs of θ; ``ratio``, Gaussian noise of which a share has
them; ``special``, made from the weights; ``group``, Gaussian noise in some parameters; ``control``.
Draw n of every family starts from the same noise n.
"""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from torch import Tensor, nn

from prospect.base.errors import ProspectError
from prospect.base.seeding import generator
from prospect.landscape.directions import normalise, of_weights, random
from prospect.model.weights import Block
from prospect.systems.valleys.controls import CONTROLS, control

# name -> what is made from which weights, and whether each tensor's mean is taken off
SPECIAL = {
    "start": ("theta", False),
    "theta": ("theta", False),
    "sign": ("sign", False),
    "sign-centred": ("sign", True),
    "positive": ("positive", False),
    "positive-centred": ("positive", True),
}
GAUSSIAN = {"noise": "gaussian", "normalise": "scaled"}


class Kind(NamedTuple):
    """A kind of directions: its family, its name, the share of signs of θ, and what makes it."""

    family: str
    name: str
    signs: float
    spec: Mapping


def kinds(options: Mapping, groups: Mapping[str, str], last: bool) -> list[Kind]:
    """List the kinds that a study asks for at a center; all of them at the `last` one.

    `groups` are expressions over the names of parameters by the names of groups.
    """

    def noise(family: str, name: str, signs: float, **spec) -> Kind:
        return Kind(family, name, signs, GAUSSIAN | spec | {"signs": signs})

    found = [noise("noise", n, s, noise=n) for n in options["noises"] for s in (0, 1)]
    if last:
        found += [noise("ratio", "gaussian", ratio) for ratio in options["ratios"]]
        found += [
            noise("group", name, signs, only=only)
            for name, only in groups.items()
            for signs in (0, 1)
        ]
        found += [Kind("special", name, 0, {}) for name in SPECIAL if options["special"]]
        found += [Kind("control", name, 0, {}) for name in CONTROLS if options["controls"]]
    return found


class Place(NamedTuple):
    """Where directions are made: θ (P,), where its training started (P,), and the layout."""

    theta: Tensor
    start: Tensor
    blocks: list[Block]
    seed: int


def drawn(kind: Kind, place: Place, count: int) -> Iterator[Tensor]:
    """Yield the directions (P,) of a kind, of the length of θ or of the part that they are in."""
    theta, blocks, seed = place.theta, place.blocks, place.seed
    if kind.family == "special":
        how, centred = SPECIAL[kind.name]
        weights = place.start if kind.name == "start" else theta
        yield normalise(of_weights(how, weights, centred, blocks), theta, blocks, "scaled")
        return
    for number in range(count):
        if kind.family != "control":
            yield random(kind.spec, theta, blocks, seed, "asymmetry", number)
            continue
        eta = random(GAUSSIAN | {"signs": 1}, theta, blocks, seed, "asymmetry", number)
        rng = generator(seed, "control", kind.name, number)
        yield normalise(control(kind.name, eta, theta, blocks, rng), theta, blocks, "scaled")


def groups_of(module: nn.Module, names: list[str]) -> dict[str, str]:
    """Return expressions over the names of a network's parameters by the names of groups.

    Known are ``classifier`` (the last layer with a matrix), ``features`` (all but that), ``first``
    (the first such layer), ``batchnorm``, ``batchnorm-weights`` and ``biases``; those that a
    network does not have are left out. Any other name is an expression itself; raises ProspectError
    where that finds nothing.
    """
    parameters = [name for name, parameter in module.named_parameters() if parameter.requires_grad]
    norms, matrices = [], []
    for name, layer in module.named_modules():
        own = [f"{name}.{part}" for part, _ in layer.named_parameters(recurse=False)]
        if isinstance(layer, nn.modules.batchnorm._BatchNorm):
            norms += own
        elif any(parameter.ndim > 1 for parameter in layer.parameters(recurse=False)):
            matrices.append(own)
    known = {
        "classifier": matrices[-1] if matrices else [],
        "features": [name for name in parameters if name not in (matrices or [[]])[-1]],
        "first": matrices[0] if matrices else [],
        "batchnorm": norms,
        "batchnorm-weights": [name for name in norms if name.endswith(".weight")],
        "biases": [name for name in parameters if name.endswith(".bias")],
    }
    found = {}
    for name in names:
        if name not in known:
            if not any(re.search(name, parameter) for parameter in parameters):
                raise ProspectError(
                    f"asymmetry.groups: '{name}' is none of {', '.join(known)}, and as an "
                    f"expression it finds none of the parameters {', '.join(parameters)}"
                )
            found[name] = name
        elif inside := [parameter for parameter in known[name] if parameter in parameters]:
            found[name] = f"^({'|'.join(map(re.escape, inside))})$"
    return found
