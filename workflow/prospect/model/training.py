"""One training run -> checkpoints and history."""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from prospect.base.errors import ProspectError
from prospect.base.progress import track
from prospect.base.seeding import generator
from prospect.model.data import Data, Split


class Epoch(NamedTuple):
    """State at the end of an epoch: its row of the history and the network's tensors."""

    epoch: int
    row: dict
    state: dict[str, Tensor]


def train(network: nn.Module, data: Data, training: dict, seed: int, device) -> Iterator[Epoch]:
    """Train with mini-batches and a cosine rate; yield the state at every epoch, 0 included.

    Loss and accuracy of the rows are those of the whole split in evaluation mode, at the end of
    the epoch (BatchNorm with its running statistics). Raises ProspectError where the loss is no
    longer finite.
    """
    network = network.to(device)
    train_split, test_split = data.train.to(device), data.test.to(device)
    epochs, batch = training["epochs"], training["batch"]
    samples = len(train_split.targets)
    if samples < batch:
        raise ProspectError(
            f"training.batch: {batch} is more than the {samples} training samples; at most "
            f"{samples} is right"
        )
    optimizer = _optimizer(network, training["optimizer"])
    steps = samples // batch  # a smaller last batch would give BatchNorm poor statistics
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs * steps)
    yield _epoch(0, network, train_split, test_split, optimizer)
    for epoch in track(range(1, epochs + 1), "epochs"):
        network.train()
        order = torch.randperm(samples, generator=generator(seed, "batches", epoch)).to(device)
        for index in order[: steps * batch].split(batch):
            loss = functional.cross_entropy(
                network(train_split.inputs[index]), train_split.targets[index]
            )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        yield _epoch(epoch, network, train_split, test_split, optimizer)


def _optimizer(network: nn.Module, options: dict) -> torch.optim.Optimizer:
    """Make the optimiser that the config names."""
    options = dict(options)
    if options.pop("name") == "sgd":
        return torch.optim.SGD(network.parameters(), **options)
    options.pop("momentum", None)
    return torch.optim.AdamW(network.parameters(), **options)


def _epoch(epoch: int, network, train_split, test_split, optimizer) -> Epoch:
    """Take stock at the end of an epoch."""
    loss, accuracy = _evaluate(network, train_split)
    test_loss, test_accuracy = _evaluate(network, test_split)
    if not torch.isfinite(torch.tensor(loss)):
        rate = optimizer.defaults["lr"]
        raise ProspectError(
            f"training: the loss is {loss} after epoch {epoch}; lower training.optimizer.lr "
            f"(it is {rate})"
        )
    row = {
        "epoch": epoch,
        "loss": loss,
        "accuracy": accuracy,
        "test_loss": test_loss,
        "test_accuracy": test_accuracy,
    }
    state = {name: tensor.detach().cpu().clone() for name, tensor in network.state_dict().items()}
    return Epoch(epoch, row, state)


@torch.no_grad()
def _evaluate(network: nn.Module, split: Split, batch: int = 4096) -> tuple[float, float]:
    """Return mean loss and accuracy over a split in evaluation mode."""
    network.eval()
    loss, correct = 0.0, 0
    for inputs, targets in zip(split.inputs.split(batch), split.targets.split(batch), strict=True):
        outputs = network(inputs)
        loss += float(functional.cross_entropy(outputs, targets, reduction="sum"))
        correct += int((outputs.argmax(dim=1) == targets).sum())
    return loss / len(split.targets), correct / len(split.targets)
