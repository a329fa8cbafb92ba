"""One training run -> checkpoints and history; and what all ways of training share.

A recipe is a dict with ``epochs``, ``batch``, ``optimizer`` (``name``, ``lr``, ``momentum``,
``weight_decay``), and where it says more, ``schedule`` (``cosine`` by default, or ``constant``),
``until`` (``loss``: below it the network stops), ``swa`` (``start``, ``lr``: an average over
epochs) and ``augmentation`` (see `augmentation`).
"""

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import ConstantLR, CosineAnnealingLR, LRScheduler
from torch.optim.swa_utils import AveragedModel, update_bn

from prospect.base.errors import ProspectError
from prospect.base.progress import track
from prospect.base.resume import Partial
from prospect.base.seeding import generator, stable_hash
from prospect.model.augmentation import augmented
from prospect.model.data import Data
from prospect.model.splits import Split
from prospect.model.structure import in_parts
from prospect.model.task import Scores, Task

OPTIMIZERS = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam, "adamw": torch.optim.AdamW}
EVALUATED = 4096  # the most samples in one forward pass where a whole split is evaluated


class Epoch(NamedTuple):
    """State at the end of an epoch: its row of the history and the network's tensors."""

    epoch: int | str
    row: dict
    state: dict[str, Tensor]


def train(
    network: nn.Module,
    data: Data,
    training: dict,
    seed: int,
    device,
    what: str | None = "epochs",
    *,
    kept: Collection[int | str] = (),
    partial: Partial | None = None,
) -> Iterator[Epoch]:
    """Train with mini-batches by a recipe; yield the state at every epoch, 0 included.

    Loss and accuracy of the rows are those of the whole split in evaluation mode, at the end of
    the epoch (BatchNorm with its running statistics). With ``until`` the network stays as it is
    from the epoch on whose loss is low enough, and ``trained`` of the rows says how many epochs it
    has been trained. With ``swa`` a last state named so follows: the mean of the weights at the
    ends of the epochs from ``start`` on, which have a constant rate. Progress is logged as `what`.

    With `partial` it goes on where it was stopped, at the very step: the epochs before are yielded
    again, those that are not `kept` without their tensors. Raises ProspectError where the loss is
    no longer finite.
    """
    run = Run(network, data, training, seed, device)
    past: list[Epoch] = []
    if partial and (state := partial.load()):
        past = [Epoch(*epoch) for epoch in state["past"]]
        run.restore(state["run"])
    yield from past

    def keep() -> None:
        if partial:
            partial.save(lambda: {"past": past, "run": run.state()})

    ahead = range(len(past), training["epochs"] + 1)
    for epoch in track(ahead, what, total=training["epochs"] + 1, before=len(past)):
        here = run.advance(epoch, keep)
        yield here
        past.append(here if epoch in kept else here._replace(state={}))
    if run.average is not None:
        yield run.look_at_average(run.average)


class Run:
    """A network in training: all that changes from step to step."""

    def __init__(self, network: nn.Module, data: Data, training: dict, seed: int, device):
        check_batchnorm(network, training)
        self.network, self.training, self.seed = network.to(device), training, seed
        self.device, self.swa = torch.device(device), _swa(training)
        self.splits = data.train.to(device), data.test.to(device)
        self.task, self.samples = data.task, data.train.samples
        self.optimizer = optimizer_of(network.parameters(), training["optimizer"])
        steps = steps_of(training, self.samples)
        self.schedule = schedule_of(self.optimizer, training, steps)
        self.average: AveragedModel | None = None
        self.step, self.noise = 0, None  # inside an epoch: its steps so far, and torch's generators
        self.row: dict = {}  # of the last epoch

    def advance(self, epoch: int, after_step: Callable[[], None] = lambda: None) -> Epoch:
        """Train for an epoch, but for the first, and take stock; stay as it is once stopped."""
        if epoch > 0 and self.row["loss"] < goal(self.training):
            self.row = self.row | {"epoch": epoch}
            return Epoch(epoch, self.row, _tensors(self.network))
        if epoch > 0:
            self.train(epoch, after_step)
        here = _epoch(epoch, self.network, self.task, self.splits, self.training)
        self.row = here.row
        return here

    def train(self, epoch: int, after_step: Callable[[], None] = lambda: None) -> None:
        """Train for an epoch, or for what is left of it."""
        of_train, _ = self.splits
        if self.swa and epoch == self.swa["start"] and self.average is None:
            self._start_average(self.swa["lr"])
        self.network.train()
        with seeded(self.seed, epoch, self.device, self.noise):
            batches = mini_batches(self.training, self.samples, self.seed, epoch)
            for index in batches[self.step :].to(self.device):
                inputs, targets = of_train.take(index)
                inputs = augmented(inputs, self.training, self.seed, epoch, self.step)
                loss = self.task.mean_loss(self.network, inputs, targets)
                step(loss, self.optimizer, self.schedule)
                self.step += 1
                after_step()
        self.step, self.noise = 0, None
        if self.average is not None:
            self.average.update_parameters(self.network)

    def _start_average(self, rate: float) -> AveragedModel:
        """Start the average over epochs, and keep the rate from here on."""
        self.average = AveragedModel(self.network)
        self.schedule = _constant(self.optimizer, rate)
        return self.average

    def look_at_average(self, average: AveragedModel) -> Epoch:
        """Take stock of the average, with statistics of BatchNorm of its own."""
        inputs = self.splits[0].inputs
        if not isinstance(inputs, Tensor):
            raise ProspectError("training.swa: wants inputs of one tensor; leave it out")
        update_bn(inputs.tensor_split(-(-self.samples // EVALUATED)), average)
        return _epoch("swa", average.module, self.task, self.splits, self.training)

    def state(self) -> dict:
        """Return what `restore` needs, as it is after a step or after an epoch."""
        average = self.average
        return {
            "row": self.row,
            "step": self.step,
            # between two epochs it says nothing of the next one, which draws its own
            "noise": _noise(self.device) if self.step else None,
            "network": self.network.state_dict(),
            "average": average if average is None else average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
        }

    def restore(self, state: Mapping) -> None:
        """Go to where the state was taken."""
        self.row, self.step, self.noise = state["row"], state["step"], state["noise"]
        self.network.load_state_dict(state["network"])
        if self.swa and state["average"] is not None:
            self._start_average(self.swa["lr"]).load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])


def steps_of(training: dict, samples: int) -> int:
    """Return the steps of an epoch; raises ProspectError where there is none.

    The samples that are left over are not used: a smaller last batch would give BatchNorm poor
    statistics.
    """
    batch = training["batch"]
    if samples < batch:
        raise ProspectError(
            f"training.batch: {batch} is more than the {samples} training samples; at most "
            f"{samples} is right"
        )
    return samples // batch


def mini_batches(training: dict, samples: int, seed: int, epoch: int) -> Tensor:
    """Return which samples each step of an epoch takes: (steps, batch)."""
    order = torch.randperm(samples, generator=generator(seed, "batches", epoch))
    steps = steps_of(training, samples)
    return order[: steps * training["batch"]].view(steps, -1)


@contextmanager
def seeded(seed: int, epoch: int, device, noise: list[Tensor] | None = None) -> Iterator[None]:
    """Let an epoch's dropout depend on seed and epoch alone, and leave torch's generators be.

    `noise` are the generators' states in the midst of the epoch.
    """
    cuda = torch.device(device).type == "cuda"
    with torch.random.fork_rng([torch.device(device)] if cuda else []):
        torch.manual_seed(stable_hash(seed, "noise", epoch))
        if noise:
            torch.set_rng_state(noise[0])
        if noise and cuda:
            torch.cuda.set_rng_state(noise[1], device)
        yield


def _noise(device: torch.device) -> list[Tensor]:
    """Return the states of torch's generators."""
    cuda = [torch.cuda.get_rng_state(device)] if device.type == "cuda" else []
    return [torch.get_rng_state(), *cuda]


def optimizer_of(parameters: Iterable[Tensor], options: dict) -> torch.optim.Optimizer:
    """Make the optimiser that the recipe names; only SGD takes `momentum`."""
    options = dict(options)
    name = options.pop("name")
    if name != "sgd":
        options.pop("momentum", None)
    return OPTIMIZERS[name](parameters, **options)


def schedule_of(optimizer: torch.optim.Optimizer, training: dict, steps: int) -> LRScheduler:
    """Make the schedule of the rate over all epochs of so many steps."""
    if training.get("schedule", "cosine") == "cosine":
        return CosineAnnealingLR(optimizer, training["epochs"] * steps)
    return _constant(optimizer, training["optimizer"]["lr"])


def _constant(optimizer: torch.optim.Optimizer, rate: float) -> LRScheduler:
    """Keep the rate from here on."""
    for group in optimizer.param_groups:
        group["lr"] = rate
    return ConstantLR(optimizer, factor=1, total_iters=0)


def step(loss: Tensor, optimizer: torch.optim.Optimizer, schedule: LRScheduler) -> None:
    """Take one step of the optimiser and of the schedule."""
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    schedule.step()


def goal(training: dict) -> float:
    """Return the training loss below which a network stops; −∞ where it goes on to the end."""
    until = training.get("until")
    return until["loss"] if until else -math.inf


def _swa(training: dict) -> dict | None:
    """Return what the recipe says of an average; raises ProspectError where it cannot be."""
    swa = training.get("swa")
    if swa and training.get("until"):
        raise ProspectError("training.swa: an average wants every epoch; leave out training.until")
    if swa and swa["start"] > training["epochs"]:
        raise ProspectError(
            f"training.swa.start: {swa['start']} is after the last epoch {training['epochs']} of "
            "training"
        )
    return swa


def check_batchnorm(network: nn.Module, training: dict) -> None:
    """Raise ProspectError where mini-batches are too small for BatchNorm."""
    kind = nn.modules.batchnorm._BatchNorm
    if training["batch"] == 1 and any(isinstance(layer, kind) for layer in network.modules()):
        raise ProspectError("training.batch: BatchNorm needs more than 1 sample; want at least 2")


def check_finite(loss: float, epoch: int | str, training: dict) -> None:
    """Raise ProspectError where the loss after an epoch is not finite."""
    if not math.isfinite(loss) and epoch == 0:
        raise ProspectError(
            f"training: the loss is {loss} before the first step; want a network that gives finite "
            "numbers on these data"
        )
    if not math.isfinite(loss):
        raise ProspectError(
            f"training: the loss is {loss} after epoch {epoch}; lower training.optimizer.lr "
            f"(it is {training['optimizer']['lr']})"
        )


def _epoch(
    epoch: int | str, network: nn.Module, task: Task, splits: tuple[Split, Split], training: dict
) -> Epoch:
    """Take stock at the end of an epoch."""
    (loss, accuracy), (test_loss, test_accuracy) = (evaluate(network, task, s) for s in splits)
    check_finite(loss, epoch, training)
    row = {
        "epoch": epoch,
        "loss": loss,
        "accuracy": accuracy,
        "test_loss": test_loss,
        "test_accuracy": test_accuracy,
    }
    if training.get("until"):
        row["trained"] = epoch
    return Epoch(epoch, row, _tensors(network))


def _tensors(network: nn.Module) -> dict[str, Tensor]:
    """Return copies of a network's tensors, on the CPU."""
    return {name: tensor.detach().cpu().clone() for name, tensor in network.state_dict().items()}


@torch.no_grad()
def evaluate(network: nn.Module, task: Task, split: Split) -> tuple[float, float]:
    """Return the means of loss and metric over a split in evaluation mode."""
    network.eval()
    parts = in_parts(split, -(-split.samples // EVALUATED))
    scores = [task.scores(task.run(network, *part), part.targets) for part in parts]
    return Scores(*map(torch.cat, zip(*scores, strict=True))).means
