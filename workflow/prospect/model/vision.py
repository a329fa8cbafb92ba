"""torchvision, also where its compiled operators are missing, and its networks."""

import importlib
from pathlib import Path
from types import ModuleType

import torch
from filelock import FileLock
from torch import Tensor, nn

from prospect.base.errors import ProspectError, hint

AUXILIARY = ("googlenet", "inception_v3")
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


def classifier(input_shape, classes, *, model: str, weights: str = "none") -> nn.Module:
    """One of torchvision's networks of classification, with its published weights if asked.

    Tensors of another shape than the published ones start at random: those of the head, where the
    classes are others. `input_shape` is not looked at. Raises ProspectError where there is no such
    network, or where its weights cannot be had.
    """
    source = torchvision_part("models")
    known = source.list_models(module=source)
    if model not in known:
        raise ProspectError(f"networks: model: torchvision has no '{model}'; {hint(model, known)}")
    # two have heads beside the head, for training, which are left out
    options = {"aux_logits": False, "init_weights": True} if model in AUXILIARY else {}
    network = source.get_model(model, weights=None, num_classes=classes, **options)
    if weights != "none":
        own = network.state_dict()
        published = _published(source, model, weights).items()
        fits = {k: v for k, v in published if k in own and own[k].shape == v.shape}
        network.load_state_dict(fits, strict=False)
    return network


def _published(source: ModuleType, model: str, name: str) -> dict[str, Tensor]:
    """Return the weights that torchvision publishes of a network, downloaded where missing."""
    known = {each.name: each for each in source.get_model_weights(model)}
    known["DEFAULT"] = source.get_model_weights(model).DEFAULT
    if name not in known:
        raise ProspectError(
            f"networks: weights: '{model}' has none of the name '{name}'; want "
            f"{' or '.join(['none', *known])}"
        )
    url = known[name].url
    folder = Path(torch.hub.get_dir(), "checkpoints")
    file = folder / url.rpartition("/")[2]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{file}.lock"):  # jobs start together, one downloads
            return known[name].get_state_dict(progress=False, check_hash=True, weights_only=True)
    except (OSError, RuntimeError) as error:
        raise ProspectError(
            f"networks: weights: those of '{model}' could not be downloaded ({error}); put {url} "
            f"as {file}"
        ) from error
