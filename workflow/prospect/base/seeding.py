"""One random generator per purpose, derived from a seed and a name by a stable hash."""

import hashlib

import torch


def stable_hash(*parts) -> int:
    """Hash plain values to an integer in [0, 2^63), the same in every process and version."""
    digest = hashlib.sha256("\x1f".join(str(part) for part in parts).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def generator(seed: int, *purpose) -> torch.Generator:
    """Return a CPU generator for one purpose, e.g. ``generator(0, "batches", epoch)``.

    Random numbers are always drawn on the CPU, so that they do not depend on the device.
    """
    return torch.Generator().manual_seed(stable_hash(seed, *purpose))
