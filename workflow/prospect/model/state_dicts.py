"""A user's file of weights -> the tensors of a network; no code in the file is ever run.

The file is ``.safetensors``, or one by `torch.save` that holds a state dict, alone or inside other
dicts. Names may differ by what wrappers put into them. Numbers become those of the network: half
precision is float32 from there on.
"""

import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from prospect.base.errors import ProspectError, brief, shortened
from prospect.model.checkpoints import differences
from prospect.model.splits import Split
from prospect.model.task import Task
from prospect.model.training import evaluate

# parts of names that DataParallel, modules around modules and torch.compile put in
WRAPPERS = {"module", "model", "_orig_mod"}
WANT = "want a state dict, as torch.save(model.state_dict(), …) writes it"


def read(path: str | Path, network: nn.Module) -> dict[str, Tensor]:
    """Read the tensors of a network by name, on the CPU and of the network's types.

    A tensor that is shared may be there under one of its names, and ``num_batches_tracked`` may be
    missing. Raises ProspectError where the file is not of tensors alone, where it holds no state
    dict or several that may be meant, or where that does not fit the network or is not finite.
    """
    found = {place: _of_network(state, network) for place, state in _state_dicts(_content(path))}
    own = network.state_dict()
    if not found:
        raise ProspectError(f"{path}: no names with tensors in it; {WANT}")
    if len(found) > 1:
        fitting = {place: state for place, state in found.items() if not differences(own, state)}
        if len(fitting) != 1:
            places = shortened(", ".join(f"'{place}'" for place in found), 100)
            how = "several" if fitting else "none"
            raise ProspectError(f"{path}: of {places} {how} fit the network; {WANT}")
        found = fitting
    (state,) = found.values()
    if strange := differences(own, state):
        raise ProspectError(f"{path} does not fit the network: {strange}")
    for first, *others in _shared(network):
        for other in others:
            if not torch.equal(state[first], state[other]):
                raise ProspectError(
                    f"{path}: '{first}' and '{other}' differ, and are one tensor in the network"
                )
    return {name: _as(tensor, state[name], f"{path}: '{name}'") for name, tensor in own.items()}


def evaluated(
    path: str | Path, network: nn.Module, task: Task, splits: tuple[Split, Split]
) -> dict[str, float]:
    """Return loss and metric on training and test samples in evaluation mode, by column.

    Raises ProspectError where the loss is not finite; `path` is the file the weights are from.
    """
    row: dict[str, float] = {}
    for before, split in zip(("", "test_"), splits, strict=True):
        loss, metric = evaluate(network, task, split)
        if not math.isfinite(loss):
            raise ProspectError(
                f"{path}: the loss is {loss} on these data; want weights with which it is finite"
            )
        row |= {f"{before}loss": loss, f"{before}accuracy": metric}
    return row


# --- the file ------------------------------------------------------------------------------------


def _content(path: str | Path) -> object:
    """Return what is in a file, as far as it is tensors and plain values."""
    try:
        with Path(path).open("rb") as file:
            start = file.read(512)
    except OSError as error:
        raise ProspectError(f"{path}: cannot be read ({error.strerror})") from error
    if not start:
        raise ProspectError(f"{path}: the file is empty; {WANT}")
    try:
        if Path(path).suffix == ".safetensors":
            return load_file(path)
        return torch.load(path, map_location="cpu", weights_only=True)
    except SafetensorError as error:
        reason = shortened(str(error), 100)
        raise ProspectError(f"{path}: not a safetensors file ({reason})") from error
    except Exception as error:  # the library may fail in any way on what it does not know
        raise ProspectError(f"{path}: {_reason(error, start)}; {WANT}") from error


def _reason(error: Exception, start: bytes) -> str:
    """Say why a file is none that `torch.load` reads; `start` are its first bytes."""
    text = start.decode("utf-8", "ignore") if b"\0" not in start else ""
    if found := re.search(r"GLOBAL (\S+)", str(error)):
        return f"it holds '{found[1]}' besides tensors, which may run any code, so nothing was read"
    if "TorchScript" in str(error):
        return "a TorchScript archive, which is code"
    if text.split() and all(letter.isprintable() or letter.isspace() for letter in text):
        return f"a text file, which starts with {brief(text.split()[0])}"
    return "damaged, or no file of torch.save"


def _state_dicts(content: object, place: str = "") -> Iterator[tuple[str, dict[str, Tensor]]]:
    """Yield every dict of tensors by name, and where it lies in the dicts about it."""
    if not isinstance(content, Mapping):
        return
    if content and all(
        isinstance(name, str) and isinstance(tensor, Tensor) for name, tensor in content.items()
    ):
        yield place, dict(content)
        return
    for name, part in content.items():
        if isinstance(name, str):
            yield from _state_dicts(part, f"{place}.{name}" if place else name)


# --- the network ---------------------------------------------------------------------------------


def _of_network(state: dict[str, Tensor], network: nn.Module) -> dict[str, Tensor]:
    """Return a state dict by the network's names, with what may be missing in it."""
    own = network.state_dict()
    state = _renamed(state, own)
    for names in _shared(network):
        if there := [name for name in names if name in state]:
            state = dict.fromkeys(names, state[there[0]]) | state
    counts = {name: own[name] for name in own if name.endswith("num_batches_tracked")}
    return counts | state


def _renamed(state: dict[str, Tensor], own: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Name tensors as the network does where only wrappers make the difference."""
    names = {_bare(name): name for name in own}
    found = {names.get(_bare(name), name): tensor for name, tensor in state.items()}
    return found if len(names) == len(own) and len(found) == len(state) else dict(state)


def _bare(name: str) -> str:
    """Return a name without what wrappers put in.

    >>> _bare("module._orig_mod.features.0.weight")
    'features.0.weight'
    """
    return ".".join(part for part in name.split(".") if part not in WRAPPERS)


def _shared(network: nn.Module) -> list[list[str]]:
    """Return the names of every parameter that has several."""
    names: dict[int, list[str]] = {}
    for name, parameter in network.named_parameters(remove_duplicate=False):
        names.setdefault(id(parameter), []).append(name)
    return [own for own in names.values() if len(own) > 1]


def _as(own: Tensor, there: Tensor, what: str) -> Tensor:
    """Return the numbers of a file as those of a network's tensor, on the CPU."""
    plain = there.is_floating_point() or not own.is_floating_point()
    if not plain or there.layout != torch.strided:
        raise ProspectError(f"{what} is {there.dtype}, {there.layout}; want plain {own.dtype}")
    numbers = there.detach().to("cpu", own.dtype, copy=True).contiguous()
    if not numbers.isfinite().all():
        raise ProspectError(f"{what} holds numbers that are not finite, as {own.dtype}")
    return numbers
