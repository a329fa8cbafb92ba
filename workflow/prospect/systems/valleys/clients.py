"""What clients do in a round: train from what they receive, together or one by one."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.func import functional_call, vmap
from torch.nn import functional

from prospect.base.errors import ProspectError
from prospect.model.batchnorm import for_vmap
from prospect.model.splits import Split
from prospect.model.training import seeded
from prospect.model.weights import FlatModule
from prospect.systems.valleys.methods import Penalty, Received


class Setting(NamedTuple):
    """What all runs share.

    rounds : of communication
    clients : how many there are
    fraction : of them, take part in a round, at least one
    local_epochs : over a client's samples in a round
    batch : samples of a step; what is left over of an epoch is not used
    momentum, weight_decay : of the clients' SGD
    clip : largest norm of the gradient of loss and penalty, None for any
    barrier_every : rounds between two barriers
    """

    rounds: int = 60
    clients: int = 100
    fraction: float = 0.1
    local_epochs: int = 5
    batch: int = 14
    momentum: float = 0.9
    weight_decay: float = 1e-5
    clip: float | None = None
    barrier_every: int = 10

    @property
    def a_round(self) -> int:
        """How many clients take part in a round."""
        return max(round(self.fraction * self.clients), 1)

    def check_batch(self, samples: int) -> None:
        """Raise ProspectError where a client of so many samples fills no batch."""
        if not 0 < self.batch <= samples:
            raise ProspectError(
                f"federated.batch: {self.batch} for clients of {samples} samples; want 1 to "
                f"{samples}"
            )


class Work(NamedTuple):
    """What M clients are to do.

    received : what they know when they start
    fixed : what of their networks is not trained, by name (M, …)
    batches : the training samples of every step (M, steps, batch)
    rates : of their SGD (M, 1)
    seeds : for networks that draw, a number a client
    """

    received: Received
    fixed: dict[str, Tensor]
    batches: Tensor
    rates: Tensor
    seeds: list[int]

    def of(self, part: Tensor) -> "Work":
        """Return the work of some of them."""
        fixed = {name: tensor[part] for name, tensor in self.fixed.items()}
        own = self.batches[part], self.rates[part], [self.seeds[m] for m in part.tolist()]
        return Work(self.received.of(part), fixed, *own)


class Clients:
    """Clients with one network, training set, penalty and setting, so many in one pass."""

    def __init__(
        self, flat: FlatModule, split: Split, penalty: Penalty, setting: Setting, together: int
    ):
        self.flat, self.split, self.penalty = flat, split, penalty
        self.setting, self.together = setting, together

    def train(self, work: Work) -> Tensor:
        """Let M clients train what they receive; return their weights (M, P)."""
        device = self.flat.weights.device
        arrived = []
        for part in torch.arange(len(work.seeds)).split(self.together):
            own = work.of(part)
            # a network that draws, as dropout does, is trained alone
            with seeded(own.seeds[0], 0, device):
                arrived.append(self._train(own))
        return torch.cat(arrived)

    def _train(self, work: Work) -> Tensor:
        """Take all steps by SGD with momentum, in one pass."""
        setting, theta = self.setting, work.received.server.clone()
        velocity = torch.zeros_like(theta)
        for index in work.batches.unbind(1):
            gradient = self._gradients(theta, work.fixed, index)
            gradient += self.penalty(theta, work.received)
            if setting.clip is not None:
                norms = gradient.norm(dim=1, keepdim=True)
                gradient *= (setting.clip / (norms + 1e-6)).clamp(max=1)  # as PyTorch clips
            gradient.add_(theta, alpha=setting.weight_decay)
            velocity.mul_(setting.momentum).add_(gradient)
            theta -= work.rates * velocity
        return theta

    def _gradients(self, theta: Tensor, fixed: dict[str, Tensor], index: Tensor) -> Tensor:
        """Return the gradients (M, P) of mini-batches' losses (M, batch) at weights (M, P)."""
        views = self.flat.parts(theta.detach())
        parts = {name: view.requires_grad_() for name, view in views.items()}
        inputs, targets = self.split.inputs[index], self.split.targets[index]
        if len(theta) > 1:
            with for_vmap(inputs.device):
                outputs = vmap(self._outputs)(parts | fixed, inputs)
        else:
            alone = {name: tensor[0] for name, tensor in (parts | fixed).items()}
            outputs = self._outputs(alone, inputs[0])[None]
        # over samples as neighbours: a softmax over a few neighbouring classes is 10 times slower
        losses = functional.cross_entropy(outputs.transpose(1, 2), targets, reduction="none")
        gradients = torch.autograd.grad(losses.mean(1).sum(), list(parts.values()))
        return torch.cat([gradient.flatten(1) for gradient in gradients], dim=1)

    def _outputs(self, tensors: dict[str, Tensor], inputs: Tensor) -> Tensor:
        """Return one network's outputs (N, C)."""
        return functional_call(self.flat.module, tensors, (inputs,))
