"""Where everything is computed."""

import logging
import os
import platform
import re
import socket
from functools import cache
from pathlib import Path

import torch

from prospect.base.errors import ProspectError

CPUS = Path("/proc/cpuinfo")
NODE = "SLURMD_NODENAME"  # the variable of the environment that names a node of a cluster

log = logging.getLogger("prospect")


def device_of(name: str) -> torch.device:
    """Turn the config's ``device`` into a device; raises ProspectError for a missing GPU.

    Float32 stays float32 on a GPU: TF32 keeps three digits, and losses are promised to five.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda":
        if not torch.cuda.is_available():
            raise ProspectError(
                "device: 'cuda' is asked for, but PyTorch sees no GPU here; use 'auto' or 'cpu', "
                "or install the CUDA build of PyTorch"
            )
        torch.backends.cuda.matmul.allow_tf32 = False
        torch.backends.cudnn.allow_tf32 = False
    device = torch.device(name)
    _note(device)
    return device


@cache
def _note(device: torch.device) -> None:
    """Write once into the job's log where it computes: unlike processors round otherwise."""
    where = os.environ.get(NODE) or socket.gethostname()
    log.info("computing on %s: %s", where, origin(device)["processor"])


def origin(device: torch.device) -> dict[str, str]:
    """Return what a file says of where its numbers were computed: they depend on it in the end."""
    is_gpu = device.type == "cuda"
    processor = torch.cuda.get_device_name(device) if is_gpu else _cpu()
    return {"torch": str(torch.__version__), "device": device.type, "processor": processor}


def _cpu() -> str:
    """Return the name of this machine's CPU."""
    text = CPUS.read_text() if CPUS.exists() else ""
    found = re.search(r"^model name\s*: (.*)$", text, re.MULTILINE)
    return found[1] if found else platform.processor() or platform.machine()
