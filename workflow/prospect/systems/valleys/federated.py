"""Federated training in one process: clients train what they receive, the server takes the mean.

The setting of arXiv:2405.12489, its Algorithm 1; what that leaves open is after the first author's
other code: the optimiser is made anew in every round, the mean is uniform. Runs of one method,
which differ in their seed, partition, rate or strength, are trained together, their clients in one
pass over a member axis M where the network allows it, else one by one.

Every random number is derived from seed, round and client, so a run that is continued after any
round from `Federation.state` goes on to the same bits.
"""

import copy
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from prospect.base.errors import ProspectError
from prospect.base.progress import track
from prospect.base.seeding import generator, stable_hash
from prospect.landscape.compare import chord
from prospect.model.data import Data
from prospect.model.ensemble import members_in_a_pass
from prospect.model.objective import Objective
from prospect.model.splits import Split
from prospect.model.training import mini_batches
from prospect.model.weights import FlatModule, flatten
from prospect.systems.valleys import agreement, methods
from prospect.systems.valleys.clients import Clients, Setting, Work
from prospect.systems.valleys.methods import Received
from prospect.systems.valleys.partition import partition


class Run(NamedTuple):
    """What runs of one method differ in: seed, Dirichlet's α, clients' rate, penalty's strength."""

    seed: int
    alpha: float
    lr: float = 0.05
    strength: float = 0.0


class Diverged(ProspectError):
    """A client's weights are no longer finite."""


class Federation:
    """R runs of one method at the state after some round.

    Parameters
    ----------
    networks
        One a run, where its training starts; of one architecture, without buffers.
    data
        Training and test set. The former is dealt to clients.
    method
        Its name, see `methods`.
    runs
        What the runs differ in.
    setting
        What they share.
    reduction
        ``mean`` or ``sum``, of FedSign's penalty.
    held_out
        Samples for tuning.
    together
        The most clients of one pass, 1 for one by one; by default as many as
        `members_in_a_pass` says.
    device
        Where everything is computed.
    """

    def __init__(
        self,
        networks: Sequence[nn.Module],
        data: Data,
        method: str,
        runs: Sequence[Run],
        setting: Setting,
        *,
        reduction: str = "mean",
        held_out: Split | None = None,
        together: int | None = None,
        device: torch.device | str = "cpu",
    ):
        self.name, self.method, self.reduction = method, methods.method_of(method), reduction
        self.runs, self.setting, self.device = list(runs), setting, torch.device(device)
        self.round = 0
        self.index = self._dealt(data)
        module = copy.deepcopy(networks[0]).train()
        if any(True for _ in module.buffers()):
            raise ProspectError(
                "federated.network: BatchNorm or other buffers differ between clients; want a "
                "network without"
            )
        if self.method.positions:
            methods.tell_units_apart(module)
        together = together or members_in_a_pass(
            [module], data, {"batch": setting.batch}, self.device
        )
        self.flat = FlatModule(module.to(device))
        self.clients = Clients(
            self.flat, data.train.to(device), self.method.penalty, setting, together
        )
        self.fixed = methods.positions(module, self._of_runs("strength"))
        self.weights = methods.coordinate_weights(self.flat.blocks, reduction)
        thetas = [flatten(dict(n.named_parameters()), self.flat.blocks) for n in networks]
        self.theta = torch.stack(thetas).to(device)
        remembered = self.theta.shape[1] if self.method.remembers else 0
        self.memory = self.theta.new_zeros(len(self.runs), setting.clients, remembered)
        self.objectives = {
            name: Objective(module, split, device=device, dtype=self.theta.dtype)
            for name, split in (("train", data.train), ("test", data.test), ("held_out", held_out))
            if split is not None
        }

    def _dealt(self, data: Data) -> Tensor:
        """Return which samples every client of every run has, (R, clients, n)."""
        setting, targets = self.setting, data.train.targets
        dealt = [
            partition(targets, setting.clients, run.alpha, run.seed).samples for run in self.runs
        ]
        setting.check_batch(dealt[0].shape[1])
        return torch.stack(dealt).to(self.device)

    def _of_runs(self, field: str) -> Tensor:
        """Return a number of every run, (R,) float64."""
        return torch.tensor([getattr(run, field) for run in self.runs], dtype=torch.float64)

    def state(self) -> dict[str, Tensor]:
        """Return all that changes from round to round, on the CPU."""
        state = {"theta": self.theta, "memory": self.memory, "round": torch.tensor(self.round)}
        return {name: tensor.detach().cpu().clone() for name, tensor in state.items()}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Go on from a state; raises ProspectError where it is one of other runs."""
        for name, own in (("theta", self.theta), ("memory", self.memory)):
            if name not in state or state[name].shape != own.shape:
                found = tuple(state[name].shape) if name in state else "missing"
                raise ProspectError(
                    f"federated: '{name}' of the state is {found}; want {tuple(own.shape)}"
                )
        self.theta.copy_(state["theta"])
        self.memory.copy_(state["memory"])
        self.round = int(state["round"])

    def rounds(self, what: str | None = "rounds") -> Iterator[list[dict]]:
        """Train to the last round; yield every round's rows, one a run, as `advance` gives them."""
        left = range(self.round, self.setting.rounds)
        for _ in track(left, what):
            yield self.advance()

    def advance(self) -> list[dict]:
        """Train one round more; return a row a run.

        ``test_accuracy``, ``held_out_accuracy`` and ``norm`` are the new server's. ``drift`` is the
        mean of ‖θ_k − θ_t‖ over the clients of the round; sign consistency and ``overlap``
        (cosine), of the same, with θ_t (``_server``) and with one another (``_clients``);
        ``barrier`` in nats and ``midpoint_gap`` of the training set, as in `compare.Chord`, between
        the first two of them. NaN where a number is not taken. Raises Diverged where a client's
        weights are no longer finite.
        """
        self.round += 1
        chosen = torch.stack([self._choose(run.seed) for run in self.runs])
        arrived = self._train_clients(chosen)
        self._check_finite(arrived, chosen)
        received = self.theta
        self.theta, self.memory = methods.aggregate(
            self.method, arrived, received, self.memory, chosen.to(self.device)
        )
        return self._rows(arrived, received)

    def _choose(self, seed: int) -> Tensor:
        """Draw the clients (S,) of this round."""
        rng = generator(seed, "clients", self.round)
        return torch.randperm(self.setting.clients, generator=rng)[: self.setting.a_round]

    def _train_clients(self, chosen: Tensor) -> Tensor:
        """Let the clients `chosen` (R, S) train what they receive; return it (R, S, P)."""
        of_run = torch.arange(len(self.runs)).repeat_interleave(chosen.shape[1])
        seeds = [
            stable_hash(run.seed, "client", self.round, client)
            for run, clients in zip(self.runs, chosen.tolist(), strict=True)
            for client in clients
        ]
        work = Work(
            received=self._received(of_run, chosen.flatten()),
            fixed={name: tensor[of_run] for name, tensor in self.fixed.items()},
            batches=self._batches(of_run, chosen.flatten(), seeds),
            rates=self._of_runs("lr").to(self.theta)[of_run, None],
            seeds=seeds,
        )
        return self.clients.train(work).view(*chosen.shape, -1)

    def _received(self, of_run: Tensor, clients: Tensor) -> Received:
        """Return what clients (M,) of the runs (M,) know when the round starts."""
        blocks, permuted = self.flat.blocks, self.method.permuted
        signs = [
            methods.weighted_signs(theta, blocks, self.weights, permuted, run.seed, self.round)
            for theta, run in zip(self.theta, self.runs, strict=True)
        ]
        return Received(
            server=self.theta[of_run],
            memory=self.memory[of_run, clients],
            signs=torch.stack(signs)[of_run],
            strength=self._of_runs("strength").to(self.theta)[of_run, None],
        )

    def _batches(self, of_run: Tensor, clients: Tensor, seeds: list[int]) -> Tensor:
        """Return which samples every step of the clients (M,) takes, (M, steps, batch)."""
        recipe, samples = {"batch": self.setting.batch}, self.index.shape[2]
        epochs = range(self.setting.local_epochs)
        orders = [
            torch.cat([mini_batches(recipe, samples, seed, epoch) for epoch in epochs])
            for seed in seeds
        ]
        own = self.index[of_run, clients]
        return own.gather(1, torch.stack(orders).to(own.device).flatten(1)).view(
            len(seeds), -1, self.setting.batch
        )

    def _check_finite(self, arrived: Tensor, chosen: Tensor) -> None:
        """Raise Diverged with the first client whose weights (R, S, P) are not finite."""
        norms = arrived.norm(dim=2)
        for r, s in torch.nonzero(~norms.isfinite()).tolist():
            run = self.runs[r]
            raise Diverged(
                f"federated: {self.name} with strength {run.strength:g} and lr {run.lr:g}, seed "
                f"{run.seed}: in round {self.round} the weights of client {int(chosen[r, s])} "
                f"have norm {float(norms[r, s])}; want a smaller strength or lr"
            )

    def _rows(self, arrived: Tensor, received: Tensor) -> list[dict]:
        """Return the rows of this round, from the clients' weights (R, S, P) and θ_t (R, P)."""
        columns = {
            "norm": self.theta.norm(dim=1),
            "drift": (arrived - received[:, None]).norm(dim=2).mean(1),
        }
        for of, found in (
            ("server", agreement.with_server(arrived, received)),
            ("clients", agreement.among(arrived)),
        ):
            columns[f"sign_consistency_{of}"], columns[f"overlap_{of}"] = found
        numbers = {name: values.tolist() for name, values in columns.items()}
        return [
            {"method": self.name, "reduction": self.reduction, "round": self.round}
            | run._asdict()
            | self._accuracies(r)
            | {name: values[r] for name, values in numbers.items()}
            | self._between(r, arrived[r])
            for r, run in enumerate(self.runs)
        ]

    def _accuracies(self, r: int) -> dict[str, float]:
        """Return the accuracies of a run's server."""
        found = {}
        for name in ("test", "held_out"):
            found[f"{name}_accuracy"] = math.nan
            if name in self.objectives:
                here = self._objective(name, r).sample_losses(self.theta[r])
                found[f"{name}_accuracy"] = float(here.metric.double().mean())
        return found

    def _between(self, r: int, arrived: Tensor) -> dict[str, float]:
        """Return what lies between the first two of a run's clients (S, P), in some rounds."""
        names = ("barrier", "midpoint_gap")
        if self.round % self.setting.barrier_every or len(arrived) < 2:
            return dict.fromkeys(names, math.nan)
        found = chord(self._objective("train", r), arrived[0], arrived[1])
        return {name: getattr(found, name) for name in names}

    def _objective(self, name: str, r: int) -> Objective:
        """Return the objective of a split with what is not trained of a run."""
        objective = self.objectives[name]
        objective.load({name: tensor[r] for name, tensor in self.fixed.items()})
        return objective
