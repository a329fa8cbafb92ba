"""What a user's mistake gets: one clear line, and nothing half-written that looks whole."""

import pytest
import torch
import yaml

EARLY = {
    "typo": ({"seedz": [0]}, "top level: unknown key 'seedz'; did you mean 'seeds'?"),
    "text": (
        {"training": {"optimizer": {"lr": "1e-3"}}},
        "training.optimizer.lr: '1e-3' is text, not a number; YAML wants a dot and no quotes: "
        "write 1.0e-3",
    ),
    "twin": (
        {
            "directions": {
                "gaussian": {"to": "init", "of": "twin"},
                "gaussian-2": {"noise": "ones"},
            }
        },
        "directions.gaussian.of: a twin is the same network from another seed; seeds has only one, "
        "want two",
    ),
}


def write(project, **sections):
    config = yaml.safe_load(project.config.read_text())
    project.config.write_text(yaml.safe_dump({**config, **sections}))


@pytest.mark.parametrize(("sections", "line"), EARLY.values(), ids=EARLY)
def test_a_wrong_config_ends_before_anything_runs(fresh, sections, line):
    write(fresh, **sections)
    done = fresh.snakemake("--cores", "1")
    assert done.returncode != 0
    said = [text for text in done.stderr.splitlines() if not text.startswith("Using workflow")]
    assert said == [f"config/studies/tiny.yaml: {line}"]
    assert not (fresh.folder / "results").exists()


def test_an_uneven_pattern_ends_before_anything_runs(fresh):
    (fresh.folder / "config/patterns/w-peak.txt").write_text("#..\n#.\n")
    done = fresh.snakemake("--cores", "1")
    assert done.returncode != 0
    assert "w-peak.txt: row 2 has 2 cells, row 1 has 3" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (fresh.folder / "results").exists()


def test_an_unreadable_image_ends_before_anything_runs(fresh):
    (fresh.folder / "config/patterns/photo.png").write_bytes(b"not an image")
    write(fresh, surfaces={"photo": {"pattern": "photo"}})
    done = fresh.snakemake("--cores", "1")
    assert done.returncode != 0
    assert "photo.png: not a readable image" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (fresh.folder / "results").exists()


def test_a_diverging_mining_is_one_line_and_leaves_nothing(fresh):
    write(fresh, mining={"steps": 30, "rate": 1.0e30})
    done = fresh.snakemake("--cores", "1", "grids")
    assert done.returncode != 0
    assert "mining of w-peak: the loss is not finite in any of 2 attempts" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list((fresh.folder / "results").rglob("w-peak.h5"))


def test_a_diverging_training_is_one_line_and_leaves_nothing(fresh):
    write(fresh, training={"epochs": 1, "optimizer": {"lr": 1e6}})
    done = fresh.snakemake("--cores", "1", "checkpoints")
    assert done.returncode != 0
    assert "training: the loss is nan after epoch 1; lower training.optimizer.lr" in done.stderr
    assert "Traceback" not in done.stderr
    assert fresh.results() == {}


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_a_gpu_where_there_is_none_is_one_line(fresh):
    write(fresh, device="cuda")
    done = fresh.snakemake("--cores", "1", "checkpoints")
    assert done.returncode != 0
    assert "device: 'cuda' is asked for, but PyTorch sees no GPU here" in done.stderr
    assert "Traceback" not in done.stderr
