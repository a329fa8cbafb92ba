"""Work that goes on where it was stopped: its state in ``<output>.partial``, beside the output.

Snakemake deletes the declared outputs of a job that did not end; this file it does not know. A job
that starts again finds there what it had, if everything that the numbers depend on is the same, and
ends with the same bytes as if nothing had happened. All files of a job are deleted when it has
ended well, not before: what was finished in it is not computed again either.

Jobs that are one job in SLURM begin again together, and Snakemake deletes the outputs of those that
had ended too. So there each that ends keeps its outputs in the same way, until the run is over.
"""

import hashlib
import io
import json
import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from prospect import __version__
from prospect.base import files, seals, stage
from prospect.base.errors import ProspectError

log = logging.getLogger("prospect")

EVERY = 5.0  # seconds between two looks at a state that is worth keeping
SHARE = 50  # so many times as long as keeping it takes; so it costs 2 % at most


class Partial:
    """The state of the work on one output; `identity` is what the numbers depend on.

    A state is a dict of tensors, arrays and plain values, and of dicts and lists of these; arrays
    come back as tensors.
    """

    def __init__(self, output: str | Path, identity: Mapping, every: float = EVERY):
        self.path = Path(stage.PARTIAL.format(output=output))
        text = json.dumps(identity, sort_keys=True)
        self.identity = hashlib.sha256(text.encode()).hexdigest()
        self.every, self.next = every, time.monotonic() + every

    def load(self) -> dict | None:
        """Return the state that is there, None where there is none that fits."""
        if not self.path.exists():
            return None
        try:
            seals.check(self.path, "progress")
            _, identity, content = self.path.read_bytes().split(b"\n", 2)
            if identity.decode() == self.identity:
                log.info("%s: going on from there", self.path)
                return torch.load(io.BytesIO(content), weights_only=True)
            why = "it is of other parameters, inputs or code"
        except ProspectError as error:
            why = str(error).removeprefix(f"{self.path}: ").rpartition(";")[0]
        except Exception as error:  # the library's own format may fail in any way
            why = f"it cannot be read ({type(error).__name__})"
        log.info("%s: progress is not used, %s", self.path, why)
        return None

    def save(self, state: Callable[[], Mapping]) -> None:
        """Keep the state that the function gives, now and then: not more often than it is worth."""
        start = time.monotonic()
        if start >= self.next:
            self.keep(state())
            self.next = time.monotonic() + max(self.every, SHARE * (time.monotonic() - start))

    def keep(self, state: Mapping) -> None:
        """Keep a state."""
        content = io.BytesIO()
        content.write(f"{seals.BLANK}\n{self.identity}\n".encode())
        torch.save(_plain(state), content)
        files.write(self.path, content.getvalue())

    def done(self) -> None:
        """Delete the file: the output is whole."""
        self.path.unlink(missing_ok=True)


def _plain(value: Any) -> Any:
    """Return a state as what can be read again without running any code."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        value = torch.from_numpy(value)
    if isinstance(value, Tensor):
        value = value.detach().cpu()
        # of a view the library would write all that it is a part of
        return value.clone() if value.nbytes < value.untyped_storage().nbytes() else value
    return value


@contextmanager
def resuming(snakemake) -> Iterator[Callable[[str], Partial]]:
    """Yield what gives the `Partial` of an output; all are deleted when the block has ended well.

    The numbers of a job depend on its parameters, its inputs, its code and the versions. Raises
    `stage.Ended`, before the block begins, where the outputs are kept of a job with the same ones.
    """
    code = b"".join(Path(path).read_bytes() for path in snakemake.input.code)
    identity = {
        "rule": snakemake.rule,
        "names": dict(snakemake.wildcards.items()),
        "params": snakemake.params.stage,
        "inputs": stage.made_from(snakemake),
        "code": hashlib.sha256(code).hexdigest(),
        "versions": [__version__, str(torch.__version__)],
    }
    states = [Partial(output, identity) for output in snakemake.output]
    outputs = {"outputs": list(map(str, snakemake.output))}
    whole = Partial(stage.OUTPUTS.format(output=snakemake.output[0]), identity | outputs)

    def partial(output: str) -> Partial:
        states.append(Partial(output, identity))
        return states[-1]

    ended, together = _taken_over(whole), stage.TOGETHER in os.environ
    if not ended:
        yield partial
        if together:
            whole.keep(_outputs(snakemake))
    for each in states if together else [*states, whole]:
        each.done()
    if ended:
        raise stage.Ended


def _outputs(snakemake) -> dict:
    """Return what is kept of a job that has ended: its outputs, and its log up to here."""
    outputs = {str(path): np.fromfile(path, np.uint8) for path in snakemake.output}
    return {"outputs": outputs, "log": Path(snakemake.log[0]).read_text(encoding="utf-8")}


def _taken_over(whole: Partial) -> bool:
    """Write the outputs that were kept of a job; return whether there were any."""
    state = whole.load()
    if state is None:
        return False
    for path, content in state["outputs"].items():
        files.write(path, content.numpy().tobytes())
    log.info("it had ended before, as its log then says:\n%s", state["log"].rstrip())
    return True
