"""The networks of the papers: layer by layer, attention written out, torchvision's by name."""

import math

import pytest
import torch
from torch import nn

from prospect.base.errors import ProspectError
from prospect.model import architectures, networks, vision
from prospect.model.objective import Objective
from prospect.model.splits import Split

IMAGE = (3, 32, 32)
SMALL = {
    "vgg": {"architecture": "vgg", "depth": 8, "width": 4},
    "alexnet": {"architecture": "alexnet", "width": 4},
    "vit": {"architecture": "vit", "depth": 2, "heads": 2, "width": 16, "patch": 8},
    "vit of means": {"architecture": "vit", "depth": 2, "heads": 4, "width": 16, "pool": "mean"},
    "shufflenet": {"architecture": "torchvision", "model": "shufflenet_v2_x0_5"},
}
RESNET18 = {"architecture": "torchvision", "model": "resnet18"}


def built(spec, classes=10, seed=0):
    return networks.build(spec, IMAGE, classes, seed)


def transformer(input_shape, classes):
    """A transformer of PyTorch's own layers, as of a user's."""
    layer = nn.TransformerEncoderLayer(32, 2, 16, dropout=0.1, batch_first=True)
    return nn.Sequential(nn.Flatten(1, 2), layer, nn.Flatten(), nn.Linear(96 * 32, classes))


@pytest.fixture(params=[*SMALL, "transformer"])
def objective(request):
    """A small network on eight random images, in float64."""
    torch.manual_seed(0)
    split = Split(torch.randn(8, *IMAGE), torch.arange(8))
    spec = SMALL.get(request.param, {"architecture": f"{__name__}:transformer"})
    return Objective(built(spec), split, dtype=torch.float64, classes=10)


def channels(network):
    return [m.out_channels for m in network.modules() if isinstance(m, nn.Conv2d)]


def parameters(network):
    return sum(parameter.numel() for parameter in network.parameters())


def test_vgg8_has_one_convolution_a_stage():
    network = built({"architecture": "vgg", "depth": 8, "batchnorm": False})
    assert channels(network) == [64, 128, 256, 512, 512]
    kinds = [type(layer) for layer in network]
    assert kinds == [nn.Conv2d, nn.ReLU, nn.MaxPool2d] * 5 + [nn.Flatten, nn.Linear]
    weights = 9 * (3 * 64 + 64 * 128 + 128 * 256 + 256 * 512 + 512 * 512)
    assert parameters(network) == weights + 64 + 128 + 256 + 512 + 512 + 513 * 10


def test_alexnet_has_the_channels_of_its_paper():
    network = built({"architecture": "alexnet"})
    assert channels(network) == [64, 192, 384, 256, 256]
    assert network[-1].in_features == 256 * 2 * 2


def test_the_vit_of_the_paper_has_as_many_parameters_as_its_formula():
    blocks = 12 * (12 * 128**2 + 13 * 128)
    others = (3 * 4 * 4 + 1) * 128 + 65 * 128 + 128 + 2 * 128 + 129 * 10
    assert parameters(built({"architecture": "vit"})) == blocks + others


def test_attention_is_the_softmax_of_products():
    torch.manual_seed(0)
    layer, x = architectures.Attention(12, heads=3).double(), torch.randn(2, 5, 12).double()
    weights, bias = layer.queries_keys_values.weight, layer.queries_keys_values.bias
    rows = []
    for tokens in x:
        heads = []
        for head in range(3):
            own = slice(4 * head, 4 * head + 4)
            q, k, v = (tokens @ weights.view(3, 12, 12)[i, own].T + bias.view(3, 12)[i, own]
                       for i in range(3))  # fmt: skip
            heads.append(torch.softmax(q @ k.T / math.sqrt(4), dim=1) @ v)
        rows.append(torch.cat(heads, dim=1) @ layer.joined.weight.T + layer.joined.bias)
    assert torch.allclose(layer(x), torch.stack(rows), atol=1e-12)


def test_a_vit_knows_where_patches_are_only_by_its_positions():
    torch.manual_seed(0)
    network = built(SMALL["vit of means"]).eval()
    image = torch.randn(1, *IMAGE)
    moved = image.roll(16, dims=2)  # by four patches
    assert not torch.allclose(network(image), network(moved), atol=1e-4)
    nn.init.zeros_(network[0].positions)
    assert torch.allclose(network(image), network(moved), atol=1e-5)


def test_a_vit_of_a_token_looks_at_the_first_one_alone():
    assert torch.equal(architectures.Pooled("token")(torch.arange(6.0).view(1, 3, 2)),
                       torch.tensor([[0.0, 1.0]]))  # fmt: skip
    assert torch.equal(architectures.Pooled("mean")(torch.arange(6.0).view(1, 3, 2)),
                       torch.tensor([[2.0, 3.0]]))  # fmt: skip


@pytest.mark.filterwarnings("error")
def test_points_together_are_those_one_by_one(objective):
    theta = objective.flat.weights.clone()
    directions = 0.1 * torch.randn(1, len(theta), dtype=torch.float64)
    points = torch.tensor([[0.0], [0.5], [1.0]], dtype=torch.float64)
    together = objective.outputs_together(theta, directions, points)
    alone = torch.stack([objective.outputs(theta, directions, point) for point in points.tolist()])
    assert torch.allclose(together, alone, atol=1e-9 * float(alone.abs().max()))


@pytest.mark.filterwarnings("error")
def test_gradients_together_are_those_one_by_one(objective, monkeypatch):
    theta = objective.flat.weights.clone()
    directions = 0.1 * torch.randn(1, len(theta), dtype=torch.float64)
    points, index = torch.tensor([[0.0], [1.0]]).double(), torch.arange(8).expand(2, 8)
    below = torch.full((2,), math.inf)
    found = {}
    for memory in (2**32, 1):
        monkeypatch.setattr("prospect.model.objective.BACKWARD_BYTES", memory)
        pairs = objective.losses_and_gradients(theta, directions, points, index, below)
        losses, gradients = zip(*((a, b.clone()) for a, b in pairs), strict=True)
        assert len(losses) == (1 if memory > 1 else 2)
        found[memory] = torch.cat(losses), torch.cat(gradients)
    for together, alone in zip(found[2**32], found[1], strict=True):
        assert torch.allclose(together, alone, atol=1e-9 * float(alone.abs().max()))


@pytest.mark.parametrize("spec", [SMALL["vgg"], SMALL["shufflenet"]])
def test_batchnorm_recomputed_is_that_of_training_mode(spec):
    torch.manual_seed(0)
    split = Split(torch.randn(8, *IMAGE), torch.arange(8))
    objective = Objective(built(spec), split, dtype=torch.float64)
    wanted = built(spec).double().train()(split.inputs.double())
    assert torch.allclose(objective.outputs(objective.flat.weights.clone()), wanted, atol=1e-8)


def test_torchvision_has_its_own_number_of_classes_and_own_names():
    network = built(RESNET18, classes=7)
    assert network.fc.out_features == 7
    with pytest.raises(ProspectError, match="torchvision has no 'resnet19'; did you mean 'resnet1"):
        built({"architecture": "torchvision", "model": "resnet19"})


@pytest.fixture
def published(tmp_path, monkeypatch):
    """Weights of resnet18 as torchvision publishes them, though random, in the hub's folder."""
    models = vision.torchvision_part("models")
    torch.manual_seed(7)
    state = models.resnet18().state_dict()
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    weights = models.ResNet18_Weights.IMAGENET1K_V1
    torch.save(state, folder / weights.url.rpartition("/")[2])
    monkeypatch.setattr(torch.hub, "_hub_dir", str(tmp_path))
    return state


@pytest.mark.parametrize("name", ["IMAGENET1K_V1", "DEFAULT"])
def test_published_weights_are_taken_but_for_a_head_of_other_classes(published, name):
    spec = RESNET18 | {"weights": name}
    same, other = (built(spec, classes).state_dict() for classes in (1000, 10))
    for key, tensor in published.items():
        assert torch.equal(same[key], tensor), key
        if not key.startswith("fc."):
            assert torch.equal(other[key], tensor), key
    assert other["fc.weight"].shape == (10, 512)
    assert torch.equal(other["fc.weight"], built(spec).fc.weight)
    assert not torch.equal(other["fc.weight"], built(spec, seed=1).fc.weight)


def test_weights_that_cannot_be_had_are_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.hub, "_hub_dir", str(tmp_path))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    with pytest.raises(ProspectError) as failed:
        built(RESNET18 | {"weights": "IMAGENET1K_V1"})
    file = tmp_path / "checkpoints" / "resnet18-f37072fd.pth"
    line = str(failed.value)
    assert line.startswith("networks: weights: those of 'resnet18' could not be downloaded (")
    assert "put https://download.pytorch.org/models/resnet18-f37072fd.pth" in line
    assert line.endswith(f" as {file}")
    with pytest.raises(ProspectError, match="has none of the name 'V9'; want none or IMAGENET1K_V"):
        built(RESNET18 | {"weights": "V9"})
