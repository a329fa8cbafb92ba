"""Weights of one's own for a network of one's own: what is said where the latter's code fails."""

import runpy
import sys
from pathlib import Path
from types import SimpleNamespace

import jobs
import pytest
import torch
from torch import nn

from prospect.records.tables import read_table

SCRIPT = Path("workflow/scripts/import_network.py")
OWN = """
import torch
from torch import nn


def linear(input_shape, classes):
    return nn.Sequential(nn.Flatten(), nn.Linear(64, classes))


def raises(input_shape, classes):
    return nn.Linear(1, 2 // (classes - 10))


def nothing(input_shape, classes):
    pass


def without_batch(input_shape, classes):
    return nn.Sequential(nn.Flatten(0), nn.Linear(2 * 64, classes))


class Sum(nn.Linear):
    def forward(self, inputs):
        return super().forward(inputs.flatten(1)).sum()


def total(input_shape, classes):
    return Sum(64, classes)


class Root(nn.Linear):
    def forward(self, inputs):
        return super().forward(inputs.flatten(1)).sqrt()


def root(input_shape, classes):
    return Root(64, classes)
"""


class Names(dict):
    """Wildcards: by key and as attributes."""

    __getattr__ = dict.__getitem__


@pytest.fixture
def imported(tmp_path, monkeypatch):
    """Run the script for a network of one's own; return the table, or what is said."""
    (tmp_path / "own_nets.py").write_text(OWN)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "own_nets", raising=False)
    monkeypatch.chdir(tmp_path)
    state = {"1.weight": torch.ones(10, 64), "1.bias": torch.zeros(10)}
    torch.save(state, "w.pt")

    def run(name, file="w.pt"):
        job = SimpleNamespace(
            rule="import_mine", input=jobs.Files(files=[file]),
            output=jobs.Files(history="history.csv", checkpoints=["e.safetensors"]), log=["log"],
            wildcards=Names(study="s", network="mine", seed="0"),
            params=SimpleNamespace(
                stage={
                    "network": {"architecture": f"own_nets:{name}"}, "dataset": {"name": "digits"},
                    "task": None, "device": "cpu", "epochs": [3],
                }
            ),
        )  # fmt: skip
        try:
            runpy.run_path(str(root / SCRIPT), init_globals={"snakemake": job})
        except SystemExit as end:
            assert not Path("e.safetensors").exists() and not Path("history.csv").exists()
            assert "\n" not in str(end)
            return str(end)
        return read_table("history.csv")

    root = Path(__file__).parents[2]
    return run


def test_a_network_of_ones_own_is_imported(imported, digits):
    table = imported("linear")
    assert list(table["epoch"]) == [3]
    outputs = digits.train.inputs.flatten(1).sum(1, keepdim=True).expand(-1, 10)
    wanted = nn.functional.cross_entropy(outputs, digits.train.targets).item()
    assert table["loss"][0] == pytest.approx(wanted, rel=1e-5)


SAID = {
    "missing": "networks: architecture: cannot import 'own_nets:missing' (module 'own_nets' has no",
    "raises": (
        "networks: 'own_nets:raises' with {} for inputs (1, 8, 8) and 10 classes: "
        "ZeroDivisionError: integer division or modulo by zero (own_nets.py, line 11)"
    ),
    "nothing": "networks: 'own_nets:nothing' gives nothing; want a torch.nn.Module",
    "without_batch": "networks: 'own_nets:without_batch' with {} for inputs (1, 8, 8) and 10",
    "total": "networks: 'own_nets:total', evaluated, maps 4 samples to (); want one tensor (4, 10)",
    "root": "w.pt: the loss is nan on these data; want weights with which it is finite",
}


@pytest.mark.parametrize(("name", "line"), SAID.items(), ids=SAID)
def test_own_code_that_fails_is_one_line_before_anything_is_written(name, line, imported):
    if name == "root":  # the weights are right, and what the network makes of them is not
        torch.save({"weight": -torch.ones(10, 64), "bias": torch.zeros(10)}, "w.pt")
    assert imported(name).startswith(line)


def test_a_file_of_another_network_is_one_line(imported):
    torch.save({"weight": torch.ones(10, 64)}, "other.pt")
    assert imported("linear", "other.pt").startswith("other.pt does not fit the network: 1.bias")
