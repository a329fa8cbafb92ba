"""Alignment of hidden units: which unit of one network plays the part of which of another.

Units of a hidden layer can change places with all their weights, and the function stays the same.
This symmetry is data: groups of units, and the axes of tensors along which they lie. Two networks
are aligned by weight matching (arXiv:2209.04836): by the permutations of the second network's
units that make its overlap with the first largest.

Matching makes the overlap large without any likeness too, the more so the fewer weights a unit
has: hold it against `null_overlaps`. To multiply the weights into a ReLU unit and divide those out
of it leaves the function the same as well; nothing is done about that. All θ are on the CPU.
"""

from typing import NamedTuple

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor, nn

from prospect.base.errors import ProspectError
from prospect.base.seeding import generator
from prospect.landscape.compare import check_fit, similarity
from prospect.model.architectures import GlobalAverage
from prospect.model.weights import Block, filters, flatten, layout

SWEEPS = 100  # over the groups, at most: as in the code of arXiv:2209.04836
GAIN = 1e-12  # of the overlap: less is rounding
DRAWS = 8  # of the null

Permutation = Tensor  # (h,): in place u of a group stands the unit that stood in place order[u]


class Group(NamedTuple):
    """Hidden units that can change places.

    layer : name of the layer that they are the outputs of
    units : h, their number; a unit of a convolution is a channel
    axes : names of tensors, parameters and buffers alike, with the axis along which the units lie.
        Behind a Flatten that axis is h blocks, a block for all positions of a channel
    """

    layer: str
    units: int
    axes: list[tuple[str, int]]


class Symmetry(NamedTuple):
    """The permutation symmetry of a network: how θ is laid out, and its groups of hidden units."""

    blocks: list[Block]
    groups: list[Group]


# What flows between layers: units (N, h), maps (N, h, height, width), or maps laid out in a row,
# blocks (N, h · positions). Which layers can be followed, and what may flow into them:
ON_NUMBERS = (
    *(nn.ReLU, nn.LeakyReLU, nn.ELU, nn.GELU, nn.SiLU, nn.Softplus, nn.Tanh, nn.Sigmoid),
    *(nn.Identity, nn.Dropout),
)
ON_MAPS = (nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d, nn.Dropout2d, GlobalAverage)
TAKES: dict[type[nn.Module], tuple[str, ...]] = {
    nn.Linear: ("units", "blocks"),
    nn.Conv2d: ("maps",),
    nn.BatchNorm1d: ("units", "blocks"),
    nn.BatchNorm2d: ("maps",),
    nn.Flatten: ("units", "maps"),
    **dict.fromkeys(ON_MAPS, ("maps",)),
    **dict.fromkeys(ON_NUMBERS, ("units", "maps", "blocks")),
}


def symmetry_of(network: nn.Module) -> Symmetry:
    """Find the groups of hidden units of a network that is a plain chain of known layers.

    A group with weights that are not trained is left out: its units cannot change places within
    weight space. Raises ProspectError at the first layer that cannot be followed.
    """
    groups: list[Group] = []
    flow = ""  # of the inputs, which keep their places
    for name, layer in network.named_modules(remove_duplicate=False):
        if type(layer) is nn.Sequential:
            continue
        if not _follows(layer, flow, groups[-1].units if groups else 0):
            raise ProspectError(
                f"alignment: hidden units cannot be followed through {name or 'the network'} "
                f"({type(layer).__name__}); want a chain of Linear, Conv2d, BatchNorm, "
                "activations, pools and Flatten"
            )
        along = [(own, 0) for own, tensor in _tensors(name, layer).items() if tensor.ndim]
        if isinstance(layer, nn.Linear | nn.Conv2d):
            if groups:
                groups[-1].axes.append((f"{name}.weight", 1))
            groups.append(Group(name, len(layer.weight), along))
        elif groups:
            groups[-1].axes.extend(along)
        flow = _after(layer, flow)
    _check_owners(network, groups)
    frozen = {name for name, weights in network.named_parameters() if not weights.requires_grad}
    hidden = [group for group in groups[:-1] if frozen.isdisjoint(dict(group.axes))]
    return Symmetry(layout(network), hidden)


def _tensors(prefix: str, layer: nn.Module) -> dict[str, Tensor]:
    """Return a layer's own parameters and buffers by their names in the network."""
    return {
        **dict(layer.named_parameters(prefix, recurse=False)),
        **dict(layer.named_buffers(prefix, recurse=False)),
    }


def _follows(layer: nn.Module, flow: str, units: int) -> bool:
    """Return whether it is known where a layer's inputs, this flow of so many units, go to."""
    kind = type(layer)  # a subclass may do anything
    if kind not in TAKES:
        return False
    if isinstance(layer, nn.Conv2d) and layer.groups != 1:
        return False
    if isinstance(layer, nn.Flatten) and (layer.start_dim, layer.end_dim) != (1, -1):
        return False
    if not flow:
        return True
    sizes = [getattr(layer, size, 0) for size in ("in_features", "in_channels", "num_features")]
    features = max(sizes) or units
    fits = features % units == 0 if flow == "blocks" else features == units
    return flow in TAKES[kind] and fits


def _after(layer: nn.Module, flow: str) -> str:
    """Return what flows out of a layer."""
    match layer:
        case nn.Linear():
            return "units"
        case nn.Conv2d():
            return "maps"
        case nn.Flatten() if flow == "maps":
            return "blocks"
        case GlobalAverage() if flow:
            return "units"
    return flow


def _check_owners(network: nn.Module, groups: list[Group]) -> None:
    """Raise ProspectError where two layers share a tensor: it has one name in a state."""
    names = {name for name, _ in [*network.named_parameters(), *network.named_buffers()]}
    for name in (name for group in groups for name, _ in group.axes):
        if name not in names:
            raise ProspectError(f"alignment: '{name}' is shared by two layers; want one for each")


def permuted(theta: Tensor, symmetry: Symmetry, permutations: list[Permutation]) -> Tensor:
    """Return θ (P,) with the hidden units in other places: the same function.

    What is not trained has to follow where it belongs to units, as BatchNorm's running statistics
    do: see `permuted_tensors`.
    """
    moved = permuted_tensors(_by_name(theta, symmetry.blocks), symmetry, permutations)
    return flatten(moved, symmetry.blocks)


def permuted_tensors(
    tensors: dict[str, Tensor], symmetry: Symmetry, permutations: list[Permutation]
) -> dict[str, Tensor]:
    """Return tensors of a network's state, all or some, with the hidden units in other places."""
    moved = dict(tensors)
    for group, order in zip(symmetry.groups, permutations, strict=True):
        _permute(moved, group, order)
    return moved


def _by_name(theta: Tensor, blocks: list[Block]) -> dict[str, Tensor]:
    """Return views of θ (P,), one a parameter tensor, by name."""
    check_fit(theta, blocks)
    return {block.name: theta[block.start : block.stop].view(block.shape) for block in blocks}


def _permute(tensors: dict[str, Tensor], group: Group, order: Permutation) -> None:
    """Put the units of one group in other places, in new tensors."""
    for name, axis in group.axes:
        if name in tensors:
            units = tensors[name].unflatten(axis, (group.units, -1))
            tensors[name] = units.index_select(axis, order).flatten(axis, axis + 1)


def _rows(tensors: dict[str, Tensor], group: Group) -> Tensor:
    """Return all weights of every unit of a group: (h, weights)."""
    parts = []
    for name, axis in group.axes:
        if name in tensors:
            units = tensors[name].unflatten(axis, (group.units, -1)).movedim(axis, 0)
            parts.append(units.flatten(1))
    return torch.cat(parts, dim=1)


class Alignment(NamedTuple):
    """θ_b with its units in the places of those of θ_a.

    permutations : one a group
    theta : the aligned θ_b (P,)
    overlap, aligned_overlap : the cosine of θ_b with θ_a, before and after
    """

    permutations: list[Permutation]
    theta: Tensor
    overlap: float
    aligned_overlap: float


def align(theta_a: Tensor, theta_b: Tensor, symmetry: Symmetry, seed: int) -> Alignment:
    """Give the hidden units of θ_b (P,) the places in which they are most like those of θ_a (P,).

    The largest overlap where there is one group. With several, one that no group can make larger
    by itself: the groups take turns in a random order until none gains.
    """
    permutations = _match(theta_a, theta_b, symmetry, seed)
    aligned = permuted(theta_b, symmetry, permutations)
    overlaps = [similarity(theta_a, theta).overlap for theta in (theta_b, aligned)]
    return Alignment(permutations, aligned, *overlaps)


def _match(theta_a: Tensor, theta_b: Tensor, symmetry: Symmetry, seed: int) -> list[Permutation]:
    """Find the permutations of `align`."""
    a, b = (_by_name(theta.double(), symmetry.blocks) for theta in (theta_a, theta_b))
    groups = symmetry.groups
    permutations = [torch.arange(group.units) for group in groups]
    least, rng = GAIN * float(theta_a.norm() * theta_b.norm()), generator(seed, "alignment")
    for _ in range(SWEEPS if len(groups) > 1 else 1):
        gained = False
        for turn in torch.randperm(len(groups), generator=rng).tolist():
            scores = _rows(a, groups[turn]) @ _rows(b, groups[turn]).T
            order = torch.as_tensor(linear_sum_assignment(scores.numpy(), maximize=True)[1])
            gain = scores.gather(1, order[:, None]).sum() - scores.trace()
            if gain > least:
                _permute(b, groups[turn], order)
                permutations[turn] = permutations[turn][order]
                gained = True
        if not gained:
            break
    return permutations


def null_overlaps(
    theta_a: Tensor, theta_b: Tensor, symmetry: Symmetry, seed: int, draws: int = DRAWS
) -> np.ndarray:
    """Return overlaps (draws,) after alignment where no unit is like another (our null).

    θ_b has the same weights, but those that lead into one unit are shuffled among themselves.
    """
    found = []
    for draw in range(draws):
        shuffled = _shuffled(theta_b, symmetry.blocks, generator(seed, "null", draw))
        found.append(align(theta_a, shuffled, symmetry, seed).aligned_overlap)
    return np.array(found)


def _shuffled(theta: Tensor, blocks: list[Block], rng: torch.Generator) -> Tensor:
    """Shuffle the weights of every filter of θ (P,); a bias, over the units of its layer."""
    shuffled = theta.clone()
    for rows in filters(shuffled, blocks):
        order = torch.rand(rows.shape, generator=rng).argsort(dim=1)
        rows.copy_(rows.gather(1, order))
    return shuffled


class Together(NamedTuple):
    """Networks aligned to one another: permutations by member and group, and θ (M, P)."""

    permutations: list[list[Permutation]]
    thetas: Tensor


def align_together(thetas: Tensor, symmetry: Symmetry, seed: int, sweeps: int = 8) -> Together:
    """Align many networks θ (M, P) with one permutation each, which serves all pairs.

    The members take turns, in a random order, to be aligned to the barycentre of the others, each
    scaled to norm 1: no turn can lower the mean overlap of all pairs (our definition). In the
    first sweep the others are those that had their turn.
    """
    aligned = thetas.double() / thetas.double().norm(dim=1, keepdim=True)
    identity = [torch.arange(group.units) for group in symmetry.groups]
    permutations = [identity for _ in thetas]
    total = torch.zeros_like(aligned[0])
    for sweep in range(sweeps):
        order = torch.randperm(len(thetas), generator=generator(seed, "barycentre", sweep))
        for member in order.tolist():
            others = total - aligned[member] if sweep else total
            found = _match(others, aligned[member], symmetry, seed)
            permutations[member] = [
                before[now] for before, now in zip(permutations[member], found, strict=True)
            ]
            aligned[member] = permuted(aligned[member], symmetry, found)
            total = others + aligned[member]
    places = zip(thetas, permutations, strict=True)
    return Together(permutations, torch.stack([permuted(t, symmetry, p) for t, p in places]))
