"""Where everything is computed."""

import torch

from prospect.base.errors import ProspectError


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
