"""An ensemble: many networks of one architecture, trained in one pass over a member axis M.

Every member has its own initialisation or start, its own order of batches and its own subset of
samples; the recipe is shared. A member's result is what `training.train` gives for it alone, but
for rounding, as a pass over all sums in another order: in float64 to 1e-9 over tens of steps. In
float32 the weights of a long run drift apart. A ReLU that rounding turns on or off makes a step
that the next ones amplify, and Adam makes steps of the rounding of a gradient that is zero (a bias
before BatchNorm). That is no error. The same members, recipe and machine give the same bits.

The members' weights are stacked, and the loss that is differentiated is the sum over members of
their mean losses. No member's loss depends on another's weights, so each has the gradient it has
alone, and the optimisers, which work element by element, take the steps they take alone.
"""

import copy
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap
from torch.nn import functional

from prospect.base.errors import ProspectError
from prospect.base.progress import track
from prospect.base.resume import Partial
from prospect.model import formulas
from prospect.model.augmentation import augmented
from prospect.model.batchnorm import for_vmap
from prospect.model.cost import cost_of
from prospect.model.data import Data
from prospect.model.networks import build_for
from prospect.model.objective import BACKWARD_BYTES
from prospect.model.splits import Split
from prospect.model.task import OwnTask
from prospect.model.training import (
    Run,
    check_finite,
    goal,
    mini_batches,
    optimizer_of,
    schedule_of,
    step,
    steps_of,
)
from prospect.model.weights import flatten, layout, put

# Multiplications of a mini-batch above which convolutions tend to be slower together, on a CPU, and
# below which they are up to 3 times faster with 8 members (bench/ensemble.py --convolutions).
CONVOLVED_TOGETHER = 2**25
COLUMNS = ("loss", "accuracy", "test_loss", "test_accuracy", "trained")


class Epochs(NamedTuple):
    """State of M members at the end of an epoch, on the CPU.

    epoch : its number
    row : by column, a number a member (M,) float64: as a row of `training.train`, and ``trained``,
        how many epochs a member has been trained, fewer than `epoch` once it has stopped
    theta : the members' weights (M, P)
    fixed : what is not trained, by name (M, …)
    """

    epoch: int
    row: dict[str, Tensor]
    theta: Tensor
    fixed: dict[str, Tensor]

    def center(self, member: int) -> tuple[Tensor, dict[str, Tensor]]:
        """Return θ (P,) of a member, and by name what of it is not trained."""
        return self.theta[member], {name: tensor[member] for name, tensor in self.fixed.items()}

    def with_members(self, members: Tensor, other: "Epochs") -> "Epochs":
        """Return the same with another state of some members."""

        def enter(old: dict[str, Tensor], new: dict[str, Tensor]) -> dict[str, Tensor]:
            return {name: tensor.index_copy(0, members, new[name]) for name, tensor in old.items()}

        theta = self.theta.index_copy(0, members, other.theta)
        return Epochs(
            other.epoch, enter(self.row, other.row), theta, enter(self.fixed, other.fixed)
        )

    @classmethod
    def joined(cls, parts: Sequence["Epochs"]) -> "Epochs":
        """Join the same epoch of several groups of members."""

        def join(tables: list[dict[str, Tensor]]) -> dict[str, Tensor]:
            return {name: torch.cat([table[name] for table in tables]) for name in tables[0]}

        rows, fixed = join([part.row for part in parts]), join([part.fixed for part in parts])
        return cls(parts[0].epoch, rows, torch.cat([part.theta for part in parts]), fixed)


def members(
    network: dict, data: Data, seeds: Sequence[int], starts: Sequence | None = None
) -> list[nn.Module]:
    """Build a network a seed, initialised from it, or standing at its start.

    `starts` holds a center a member: θ (P,) and what is not trained by name, as a record of centers
    is read.
    """
    if not isinstance(data.train.inputs, Tensor) or isinstance(data.task, OwnTask):
        raise ProspectError(
            "task: networks that are trained together want inputs of one tensor and cross-entropy"
        )
    built = [build_for(data, network, seed) for seed in seeds]
    for module, start in zip(built, starts or (), strict=starts is not None):
        put(module, *start)
    return built


def train_ensemble(
    networks: Sequence[nn.Module],
    data: Data,
    training: dict,
    seeds: Sequence[int] | Sequence[Sequence[int]],
    device,
    *,
    subsets: Tensor | None = None,
    what: str | None = "epochs",
    kept: Collection[int] = (),
    partial: Partial | None = None,
) -> Iterator[Epochs]:
    """Train M members by one recipe; yield their state at every epoch, 0 included.

    `networks` are of one architecture and stand where their training starts; they are copied. Seeds
    (M,) are for the order of batches, or (M, epochs) where members have some epochs in common;
    `subsets` (M, n) says which training samples a member has, all of them by default. With
    ``until`` a member stays as it is from the epoch on whose loss is low enough, while others go
    on. As many members in one pass as `members_in_a_pass` says; all passes are at the same epoch.

    With `partial` it goes on where it was stopped, after the same epoch: those before are yielded
    again, those that are not `kept` without their tensors. Raises ProspectError where a loss is no
    longer finite.
    """
    if training.get("swa"):
        raise ProspectError("training.swa: an ensemble has no average; leave it out")
    device = torch.device(device)
    samples = len(data.train.targets) if subsets is None else subsets.shape[1]
    steps_of(training, samples)
    together = min(len(networks), members_in_a_pass(networks, data, training, device))
    passes: list[_Pass | _Alone] = []
    for group in torch.arange(len(networks)).tensor_split(-(-len(networks) // together)):
        own = [networks[m] for m in group], [seeds[m] for m in group]
        rows = None if subsets is None else subsets[group]
        one_pass = _Pass if together > 1 else _Alone
        passes.append(one_pass(*own, data, training, device, rows))
    past: list[Epochs] = []
    if partial and (state := partial.load()):
        past = [Epochs(*epochs) for epochs in state["past"]]
        for one, its_state in zip(passes, state["passes"], strict=True):
            one.restore(its_state)
    yield from past
    ahead = range(len(past), training["epochs"] + 1)
    for epoch in track(ahead, what, before=len(past)):
        here = Epochs.joined([one.advance(epoch) for one in passes])
        yield here
        past.append(here if epoch in kept else here._replace(theta=here.theta[:, :0], fixed={}))
        if partial:
            partial.save(lambda: {"past": past, "passes": [one.state() for one in passes]})


def collect(epochs: Iterable[Epochs]) -> tuple[Epochs, dict[str, Tensor]]:
    """Train to the end: the last state, and by column the history (M, epochs)."""
    rows = []
    for last in epochs:
        rows.append(last.row)
    return last, {name: torch.stack([row[name] for row in rows], dim=1) for name in COLUMNS}


def members_in_a_pass(
    networks: Sequence[nn.Module], data: Data, training: dict, device: torch.device
) -> int:
    """Return how many members go together: as many as fit in `BACKWARD_BYTES`.

    One where more would be slower, which is so of large convolutions on a CPU, and for networks
    that `vmap` cannot follow (dropout, branches on values). Sizes decide, never a timing.
    """
    cost = cost_of(copy.deepcopy(networks[0]).eval(), data.train.inputs[:2])
    convolves = any(isinstance(m, nn.modules.conv._ConvNd) for m in networks[0].modules())
    large = training["batch"] * cost.products > CONVOLVED_TOGETHER
    if convolves and large and device.type == "cpu":
        return 1
    if not _vectorises(networks, data.train.inputs[:8]):
        return 1
    # a member's weights and gradient; what layers give out is kept, and its gradient passes by
    numbers = layout(networks[0])[-1].stop + _samples_at_once(training) * cost.numbers
    return max(1, BACKWARD_BYTES // (2 * numbers * data.train.inputs.element_size()))


def _vectorises(networks: Sequence[nn.Module], inputs: Tensor) -> bool:
    """Whether `vmap` runs the first and last member and leaves them as each would be alone."""
    alone = [copy.deepcopy(network).train() for network in (networks[0], networks[-1])]
    try:
        stack = Stack(alone, inputs.device)
        outputs = stack.outputs(inputs.expand(2, *inputs.shape))
        outputs.sum().backward()
    except RuntimeError:
        return False
    pairs = [(outputs, torch.stack([network(inputs) for network in alone]))]
    pairs += zip(stack.fixed().values(), Stack(alone, inputs.device).fixed().values(), strict=True)
    return all(torch.dist(a.double(), b.double()) <= 1e-3 * b.double().norm() for a, b in pairs)


class Stack:
    """M networks of one architecture as one: every tensor of theirs stacked (M, …), by name."""

    def __init__(self, networks: Sequence[nn.Module], device):
        self.module = copy.deepcopy(networks[0]).to(device)
        self.blocks = layout(self.module)
        parameters, self.buffers = stack_module_state(list(networks))
        self.parameters = {
            name: tensor.detach().to(device).requires_grad_(tensor.requires_grad)
            for name, tensor in parameters.items()
        }
        self.buffers = {name: tensor.to(device) for name, tensor in self.buffers.items()}

    def outputs(self, inputs: Tensor, shared: bool = False) -> Tensor:
        """Return the outputs (M, N, C) of the members' inputs (M, N, …), or of shared ones (N, …).

        In training mode BatchNorm takes each member's own statistics, and updates its stacked
        running ones in place, as it does alone.
        """

        def of_one(tensors: dict[str, Tensor], inputs: Tensor) -> Tensor:
            return functional_call(self.module, tensors, (inputs,))

        tensors = self.parameters | self.buffers
        with for_vmap(inputs.device), formulas.by_formula():
            return vmap(of_one, in_dims=(0, None if shared else 0))(tensors, inputs)

    def theta(self) -> Tensor:
        """Return the weights (M, P)."""
        parts = [self.parameters[block.name].detach().flatten(1) for block in self.blocks]
        return torch.cat(parts, dim=1).cpu()

    def fixed(self) -> dict[str, Tensor]:
        """Return what is not trained, by name (M, …)."""
        tensors = self.parameters | self.buffers
        names = _names_of_fixed(self.module)
        return {name: tensors[name].detach().cpu().clone() for name in names}

    def keep(self, members: Tensor, optimizer: torch.optim.Optimizer) -> None:
        """Keep these members (a mask) alone, in the optimiser's memory too."""
        for parameter in self.parameters.values():
            memory = optimizer.state[parameter]
            for name, tensor in memory.items():
                if isinstance(tensor, Tensor) and tensor.shape == parameter.shape:
                    memory[name] = tensor[members]
            parameter.grad, parameter.data = None, parameter.data[members]
        self.buffers = {name: tensor[members] for name, tensor in self.buffers.items()}


def _names_of_fixed(module: nn.Module) -> list[str]:
    """Return the names of the state's tensors that are not trained."""
    tensors = dict(module.named_parameters()) | dict(module.named_buffers())
    trained = {block.name for block in layout(module)}
    return [name for name in module.state_dict() if name in tensors.keys() - trained]


class _Alone:
    """An ensemble of one, a copy of its network."""

    def __init__(self, networks, seeds, data: Data, training: dict, device, rows: Tensor | None):
        network = copy.deepcopy(networks[0])
        if rows is not None:
            data = data._replace(train=Split(*(tensor[rows[0]] for tensor in data.train)))
        self.seeds = _by_epoch(seeds, training)[0].tolist()
        self.run, self.blocks = Run(network, data, training, 0, device), layout(network)
        self.names = _names_of_fixed(network)

    def advance(self, epoch: int) -> Epochs:
        """Train for an epoch, but for the first, and take stock."""
        if epoch > 0:
            self.run.seed = self.seeds[epoch - 1]
        _, row, state = self.run.advance(epoch)
        row = {"trained": epoch} | row
        columns = {name: torch.tensor([row[name]], dtype=torch.float64) for name in COLUMNS}
        fixed = {name: state[name][None] for name in self.names}
        return Epochs(epoch, columns, flatten(state, self.blocks)[None], fixed)

    def state(self) -> dict:
        """Return what `restore` needs."""
        return self.run.state()

    def restore(self, state: Mapping) -> None:
        """Go to where the state was taken."""
        self.run.restore(state)


class _Pass:
    """Members that are trained together by `vmap`: a stack of those that have not stopped.

    going : their numbers; now : the state of all
    """

    def __init__(self, networks, seeds, data: Data, training: dict, device, rows: Tensor | None):
        self.stack, self.training = Stack(networks, device), training
        self.train_split, self.test_split = data.train.to(device), data.test.to(device)
        self.seeds = _by_epoch(seeds, training)
        self.rows = None if rows is None else rows.to(device)
        self.samples = len(data.train.targets) if rows is None else rows.shape[1]
        self.optimizer = optimizer_of(self.stack.parameters.values(), training["optimizer"])
        steps = steps_of(training, self.samples)
        self.schedule = schedule_of(self.optimizer, training, steps)
        self.going, self.now = torch.arange(len(networks)), self.look(0)

    def advance(self, epoch: int) -> Epochs:
        """Train for an epoch, but for the first, and take stock."""
        if epoch > 0 and len(self.going):
            self.train(epoch)
            self.now = self.now.with_members(self.going, self.look(epoch))
        on = self.now.row["loss"][self.going] >= goal(self.training)
        if not on.all():
            self.keep(on)
        return self.now._replace(epoch=epoch)

    def state(self) -> dict:
        """Return what `restore` needs."""
        return {
            "going": self.going,
            "now": self.now,
            "parameters": self.stack.parameters,
            "buffers": self.stack.buffers,
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
        }

    def restore(self, state: Mapping) -> None:
        """Go to where the state was taken."""
        self.keep(torch.isin(self.going, state["going"]))
        self.now = Epochs(*state["now"])
        for name, tensor in self.stack.parameters.items():
            tensor.data.copy_(state["parameters"][name])
        for name, tensor in self.stack.buffers.items():
            tensor.copy_(state["buffers"][name])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])

    def train(self, epoch: int) -> None:
        """Train for an epoch, each member with its own order of batches."""
        seeds = self.seeds[:, epoch - 1].tolist()
        orders = [mini_batches(self.training, self.samples, seed, epoch) for seed in seeds]
        inputs, targets = self.train_split
        self.stack.module.train()
        steps = torch.stack(orders, dim=1).to(targets.device)
        for number, index in enumerate(steps):  # (M, batch), a step each
            own = index if self.rows is None else self.rows.gather(1, index)
            images = inputs[own]
            if self.training.get("augmentation"):
                of_each = zip(images, seeds, strict=True)
                each = [augmented(own, self.training, seed, epoch, number) for own, seed in of_each]
                images = torch.stack(each)
            losses = _losses(self.stack.outputs(images), targets[own])
            step(losses.mean(dim=1).sum(), self.optimizer, self.schedule)

    def look(self, epoch: int) -> Epochs:
        """Take stock at the end of an epoch."""
        trained = torch.full((len(self.seeds),), epoch, dtype=torch.float64)
        of_train = self._evaluate(self.train_split, self.rows)
        values = *of_train, *self._evaluate(self.test_split, None), trained
        row = dict(zip(COLUMNS, values, strict=True))
        for loss in row["loss"].tolist():
            check_finite(loss, epoch, self.training)
        return Epochs(epoch, row, self.stack.theta(), self.stack.fixed())

    @torch.no_grad()
    def _evaluate(self, split: Split, rows: Tensor | None) -> tuple[Tensor, Tensor]:
        """Return the members' mean loss and accuracy (M,) in evaluation mode.

        Over their own `rows` (M, n) of a split, over all of it where these are None.
        """
        self.stack.module.eval()
        every = torch.arange(len(split.targets), device=split.targets.device)
        rows, shared = (every[None], True) if rows is None else (rows, False)
        loss = torch.zeros((), dtype=torch.float64, device=rows.device)
        correct = torch.zeros((), dtype=torch.int64, device=rows.device)
        for index in rows.split(_samples_at_once(self.training), dim=1):
            inputs, targets = split.inputs[index], split.targets[index]
            outputs = self.stack.outputs(inputs[0] if shared else inputs, shared)
            loss = loss + _losses(outputs, targets).sum(dim=1, dtype=torch.float64)
            correct = correct + (outputs.argmax(dim=2) == targets).sum(dim=1)
        return loss.cpu() / rows.shape[1], correct.cpu().double() / rows.shape[1]

    def keep(self, members: Tensor) -> None:
        """Keep these members (a mask) alone."""
        self.going = self.going[members]
        self.stack.keep(members, self.optimizer)
        self.seeds = self.seeds[members]
        self.rows = None if self.rows is None else self.rows[members]


def _by_epoch(seeds: Sequence, training: dict) -> Tensor:
    """Return the seeds of the members' orders of batches by epoch (M, epochs)."""
    table = torch.as_tensor(seeds)
    return table if table.ndim == 2 else table[:, None].expand(-1, training["epochs"])


def _samples_at_once(training: dict) -> int:
    """Return how many samples of a member an evaluation takes in one pass.

    Not all: what the layers of many members give out would not fit in the caches. A function of
    the recipe alone, so that a loss does not depend on how many members go together.
    """
    return max(training["batch"], 128)


def _losses(outputs: Tensor, targets: Tensor) -> Tensor:
    """Return the loss of every sample (M, N) from outputs (M, N, C) and targets (M or 1, N)."""
    # over samples as neighbours: a softmax over a few neighbouring classes is 10 times slower
    outputs, targets = outputs.transpose(1, 2), targets.expand(outputs.shape[:2])
    return functional.cross_entropy(outputs, targets, reduction="none")
