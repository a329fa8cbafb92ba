"""torchvision, also where its compiled operators are missing."""

import importlib
from types import ModuleType

import torch

_DECLARED: list[torch.library.Library] = []  # a declaration lives as long as its object


def torchvision_part(name: str) -> ModuleType:
    """Import a part of torchvision, as ``datasets``, also where its operators are missing.

    The torchvision of the package index is built for CUDA. Beside a CPU-only PyTorch its import
    fails because it registers Python kernels for operators that were never declared. Data sets,
    transforms and networks of classification need none of them, so declaring the two schemas is
    enough.
    """
    declared = {schema.name for schema in torch._C._jit_get_all_schemas()}
    if "torchvision::nms" not in declared:
        try:
            import torchvision  # noqa: F401
        except RuntimeError:
            library = torch.library.Library("torchvision", "FRAGMENT")
            library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
            library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
            _DECLARED.append(library)
    return importlib.import_module(f"torchvision.{name}")
