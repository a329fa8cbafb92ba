"""Where everything is computed."""

import platform
import re
from pathlib import Path

import torch

from prospect.base.errors import ProspectError

CPUS = Path("/proc/cpuinfo")


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
    return torch.device(name)


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
