"""A surface, a population and ensembles in shards are those of one job, byte for byte."""

import yaml

SHARDED = {"surfaces/bowl": 4, "populations/gaussian": 5}
# in the second run each set of solutions and each setting is a shard of its own
ENSEMBLES = {
    "solutions": {"sets": 4, "count": 4, "forks": [0], "branches": 4, "draws": 10},
    "ruggedness": {
        **{"batches": [100, 300], "reference": 300, "rates": [0.1], "label_noises": [0.0]},
        **{"losses": [2.0], "epochs": 2, "most_epochs": 3, "train": 300, "starts": 2},
    },
}


def rewrite(project, **sections):
    config = yaml.safe_load(project.config.read_text())
    project.config.write_text(yaml.safe_dump(config | sections))


def test_shards_are_gathered_into_the_bytes_of_one_job(fresh, finished):
    config = yaml.safe_load(fresh.config.read_text())
    for key, count in SHARDED.items():
        kind, name = key.split("/")
        config[kind][name]["shards"] = count
    rewrite(fresh, **config)
    model = "results/tiny/mlp/seed0"
    files = [f"{model}/{key}.h5" for key in SHARDED]
    jobs = fresh.planned(*files)
    assert jobs["evaluate_surface_shard"] == 4 and jobs["evaluate_population_shard"] == 5

    fresh.run("--cores", "2", *files)
    whole = finished.results()
    assert {file: fresh.results()[file] for file in files} == {file: whole[file] for file in files}
    assert not list((fresh.folder / model / "shards").rglob("*.h5"))


def test_ensembles_in_shards_are_gathered_into_the_bytes_of_one_job(fresh):
    folder = fresh.folder / "results" / "tiny" / "mlp"
    tables = ["solutions", "distributions", "hierarchy", "distances", "ruggedness"]
    files = [folder / f"{table}.csv" for table in tables]
    targets = [str(file.relative_to(fresh.folder)) for file in files]
    rewrite(fresh, **ENSEMBLES)
    fresh.run("--cores", "2", *targets)
    whole = [file.read_bytes() for file in files]

    for file in files:
        file.unlink()
    rewrite(fresh, **{name: own | {"shards": 4} for name, own in ENSEMBLES.items()})
    jobs = fresh.planned(*targets)
    assert jobs["measure_solutions_shard"] == jobs["measure_ruggedness_shard"] == 4
    fresh.run("--cores", "2", *targets)
    assert [file.read_bytes() for file in files] == whole
    assert not list(folder.rglob("shards/**/*.h5"))
