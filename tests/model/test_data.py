"""Data sets: digits, stratified subsets, your own, and torchvision's in their real formats."""

import gzip
import pickle
import struct
from hashlib import md5

import numpy as np
import pytest
import torch
from scipy.io import savemat

from prospect.base.errors import ProspectError
from prospect.model import data, datasets, splits
from prospect.model.datasets import TORCHVISION
from prospect.model.vision import torchvision_part


def test_digits_are_split_by_class_and_standardised(digits):
    assert len(digits.train.targets) == 1437
    assert len(digits.test.targets) == 360
    assert digits.train.inputs.shape[1:] == (1, 8, 8)
    assert digits.classes == 10
    assert float(digits.train.inputs.mean()) == pytest.approx(0, abs=1e-5)
    assert float(digits.train.inputs.std()) == pytest.approx(1, abs=1e-3)
    shares = torch.bincount(digits.test.targets) / torch.bincount(
        torch.cat([digits.train.targets, digits.test.targets])
    )
    assert (shares - 360 / 1797).abs().max() < 0.01


def test_digits_are_those_of_scikit_learn(digits):
    from sklearn.datasets import load_digits

    images, targets = load_digits(return_X_y=True)
    ours = torch.cat([digits.train.targets, digits.test.targets])
    assert torch.bincount(ours).tolist() == np.bincount(targets).tolist()
    pixels = torch.cat([digits.train.inputs, digits.test.inputs]).flatten(1)
    low, high = pixels.min(), pixels.max()
    grey = ((pixels - low) / (high - low) * 16).round().numpy()
    assert sorted(map(tuple, grey)) == sorted(map(tuple, images))


def test_subset_is_stratified_fixed_and_in_order(digits):
    subset = digits.train.subset(100, seed=0)
    assert len(subset.targets) == 100
    counts = torch.bincount(subset.targets)
    assert counts.min() >= 9
    assert counts.max() <= 11
    assert torch.equal(subset.inputs, digits.train.subset(100, seed=0).inputs)
    assert not torch.equal(subset.inputs, digits.train.subset(100, seed=1).inputs)
    assert digits.train.subset(None, seed=0) is digits.train
    assert digits.train.subset(9999, seed=0) is digits.train


def own(count):
    """A data set of a user's."""
    return np.zeros((count, 3)), np.arange(count) % 2, np.zeros((4, 3)), np.arange(4) % 2


def broken():
    """A data set whose targets do not match."""
    return np.zeros((5, 3)), np.zeros(4), np.zeros((4, 3)), np.zeros(4)


def test_your_own_by_import_path():
    loaded = data.load({"name": f"{__name__}:own", "options": {"count": 6}})
    assert loaded.train.inputs.shape == (6, 3)
    assert loaded.classes == 2


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (f"{__name__}:nothing", "cannot import"),
        ("no.such.module:f", "cannot import"),
        (f"{__name__}:broken", "do not match"),
    ],
)
def test_bad_own_data_is_one_clear_line(name, message):
    with pytest.raises(ProspectError, match=message):
        data.load({"name": name, "options": {}})


def write_idx(path, array):
    """Write MNIST's format: big-endian header, bytes, gzip."""
    header = struct.pack(">HBB", 0, 8, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape)
    path.write_bytes(gzip.compress(header + array.astype(np.uint8).tobytes()))


def make_mnist(root, name="MNIST"):
    raw = root / name / "raw"
    raw.mkdir(parents=True)
    for part, count in (("train", 30), ("t10k", 10)):
        images = np.random.default_rng(count).integers(0, 256, (count, 28, 28))
        write_idx(raw / f"{part}-images-idx3-ubyte.gz", images)
        write_idx(raw / f"{part}-labels-idx1-ubyte.gz", np.arange(count) % 10)
    for file in raw.glob("*.gz"):
        file.with_suffix("").write_bytes(gzip.decompress(file.read_bytes()))
    return (1, 28, 28), 30


def make_cifar10(root):
    folder = root / "cifar-10-batches-py"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for name in [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]:
        batch = {"data": rng.integers(0, 256, (10, 3072), dtype=np.uint8), "labels": [*range(10)]}
        (folder / name).write_bytes(pickle.dumps(batch, protocol=2))
    meta = {"label_names": [str(i) for i in range(10)]}
    (folder / "batches.meta").write_bytes(pickle.dumps(meta, protocol=2))
    return (3, 32, 32), 50


def make_fashion_mnist(root):
    return make_mnist(root, "FashionMNIST")


def make_cifar100(root):
    folder = root / "cifar-100-python"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for name, count in (("train", 200), ("test", 100)):
        fine = [*range(100)] * (count // 100)
        coarse = [label // 5 for label in fine]
        pixels = rng.integers(0, 256, (count, 3072), dtype=np.uint8)
        batch = {"data": pixels, "fine_labels": fine, "coarse_labels": coarse}
        (folder / name).write_bytes(pickle.dumps(batch, protocol=2))
    meta = {"fine_label_names": [str(i) for i in range(100)]}
    (folder / "meta").write_bytes(pickle.dumps(meta, protocol=2))
    return (3, 32, 32), 200


def make_svhn(root):
    for part, count in (("train", 20), ("test", 10)):
        images = np.random.default_rng(count).integers(0, 256, (32, 32, 3, count), dtype=np.uint8)
        labels = (np.arange(count) % 10 + 1)[:, None].astype(np.uint8)
        savemat(root / f"{part}_32x32.mat", {"X": images, "y": labels})
    return (3, 32, 32), 20


FORMATS = {
    "mnist": make_mnist,
    "fashion-mnist": make_fashion_mnist,
    "cifar10": make_cifar10,
    "cifar100": make_cifar100,
    "svhn": make_svhn,
}


@pytest.mark.parametrize(("name", "make"), FORMATS.items(), ids=FORMATS)
def test_torchvision_sets_in_their_real_format(name, make, tmp_path, monkeypatch):
    shape, count = make(tmp_path)
    source = getattr(torchvision_part("datasets"), TORCHVISION[name])
    if name.startswith("cifar"):  # its checksums are those of the real files
        folder = tmp_path / source.base_folder
        for files in ("train_list", "test_list"):
            sums = [
                [file, md5((folder / file).read_bytes()).hexdigest()]
                for file, _ in getattr(source, files)
            ]
            monkeypatch.setattr(source, files, sums)
        meta = source.meta["filename"]
        checked = {**source.meta, "md5": md5((folder / meta).read_bytes()).hexdigest()}
        monkeypatch.setattr(source, "meta", checked)
    if name == "svhn":
        split = {
            part: [url, file, md5((tmp_path / file).read_bytes()).hexdigest()]
            for part, (url, file, _) in source.split_list.items()
            if part != "extra"
        }
        monkeypatch.setattr(source, "split_list", split)
    loaded = data.load({"name": name, "root": str(tmp_path)})
    assert loaded.train.inputs.shape == (count, *shape)
    assert loaded.classes == (100 if name == "cifar100" else 10)
    first = 1 if name == "svhn" else 0  # its zeros are called 10
    assert torch.equal(loaded.train.targets[:10], (first + torch.arange(10)) % 10)
    assert loaded.train.inputs.mean(dim=(0, 2, 3)).abs().max() < 1e-4
    if name == "cifar100":  # pixels, row after row of red, then of green, of blue
        row = pickle.loads((tmp_path / "cifar-100-python" / "train").read_bytes())["data"][7]
        wanted = torch.as_tensor(row.reshape(3, 32, 32)).float()
        apart = torch.corrcoef(torch.stack([loaded.train.inputs[7].flatten(), wanted.flatten()]))
        assert apart[0, 1] > 0.999


def test_digits_are_resized_with_three_equal_channels(digits):
    images = data.load({"name": "digits", "size": 32, "channels": 3})
    assert images.train.inputs.shape == (1437, 3, 32, 32)
    assert images.test.inputs.shape == (360, 3, 32, 32)
    assert torch.equal(images.train.inputs[:, 0], images.train.inputs[:, 2])
    assert torch.equal(images.train.targets, digits.train.targets)
    assert float(images.train.inputs.std()) == pytest.approx(1, abs=1e-3)
    # by hand: pixel 12 of 32 stands at 12.5 / 4 − 0.5 = 2.625 of 8
    shares = np.array([0.375, 0.625])
    whole = digits.train.inputs[:, 0, 2:4, 2:4].numpy()
    by_hand = np.einsum("nij,i,j->n", whole, shares, shares)
    found = images.train.inputs[:, 0, 12, 12].numpy()
    slope, shift = np.polyfit(by_hand, found, 1)  # standardised anew
    assert np.abs(found - slope * by_hand - shift).max() < 1e-5


def test_channels_of_coloured_images_are_left_alone(tmp_path, monkeypatch):
    pictures = splits.Split(torch.rand(4, 3, 8, 8), torch.arange(4) % 2)
    monkeypatch.setattr(datasets, "torchvision", lambda *_: (pictures, pictures))
    asked = {"name": "cifar10", "root": "", "size": 4}
    assert data.load(asked | {"channels": 3}).train.inputs.shape == (4, 3, 4, 4)
    with pytest.raises(ProspectError, match=r"dataset.channels: images of 'cifar10' have 3"):
        data.load(asked | {"channels": 1})


def test_a_set_that_cannot_be_had_is_one_clear_line(tmp_path, monkeypatch):
    mnist = torchvision_part("datasets").MNIST
    monkeypatch.setattr(mnist, "mirrors", ["http://127.0.0.1:9/"])
    with pytest.raises(ProspectError, match=r"dataset\.root"):
        data.load({"name": "mnist", "root": str(tmp_path)})


RECIPE = {"parts": 1, "part": 0, "samples": None, "label_noise": 0}


def part_of(digits, **recipe):
    return splits.training_part(digits.train, digits.classes, RECIPE | recipe)


def rows(split):
    """The samples of a split as a set."""
    return {tuple(sample) for sample in split.inputs.flatten(1).tolist()}


def test_without_wishes_the_training_set_is_the_training_set(digits):
    assert torch.equal(part_of(digits).inputs, digits.train.inputs)


def test_parts_are_disjoint_stratified_and_together_all(digits):
    parts = [part_of(digits, parts=3, part=number) for number in range(3)]
    assert sum(len(part.targets) for part in parts) == len(digits.train.targets)
    whole = rows(digits.train)
    assert set.union(*map(rows, parts)) == whole
    assert sum(len(rows(part)) for part in parts) == len(whole)
    counts = torch.stack([part.targets.bincount(minlength=10) for part in parts])
    assert (counts.max(0).values - counts.min(0).values).max() <= 1


def test_samples_are_nested_and_of_one_order(digits):
    small, large = (part_of(digits, samples=count) for count in (50, 200))
    assert torch.equal(large.inputs[:50], small.inputs)
    assert len(large.targets) == 200
    of_part = part_of(digits, parts=2, part=1, samples=50)
    assert rows(of_part) <= rows(part_of(digits, parts=2, part=1))
    with pytest.raises(ProspectError, match=r"training.samples: 9999 are more than the 1437"):
        part_of(digits, samples=9999)


def test_noisy_labels_are_other_classes_each_as_likely(digits):
    noisy = part_of(digits, label_noise=0.4)
    changed = noisy.targets != digits.train.targets
    assert int(changed.sum()) == round(0.4 * 1437)
    assert torch.equal(noisy.inputs, digits.train.inputs)
    shift = (noisy.targets - digits.train.targets)[changed] % 10
    counts = shift.bincount(minlength=10)
    assert counts[0] == 0
    assert counts[1:].min() > 0.5 * 575 / 9
    assert torch.equal(noisy.targets, part_of(digits, label_noise=0.4).targets)


def test_parts_that_leave_no_sample_of_a_class_are_one_line():
    few = data.Split(torch.zeros(12, 2), torch.tensor([0] * 10 + [1] * 2))
    with pytest.raises(ProspectError, match="part 3 has no sample of 1 of the 2 classes"):
        splits.training_part(few, 2, RECIPE | {"parts": 4, "part": 3})
