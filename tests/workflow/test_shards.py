"""A surface and a population in shards are those of one job, byte for byte."""

import yaml

SHARDED = ["surfaces/bowl", "populations/gaussian"]


def test_shards_are_gathered_into_the_bytes_of_one_job(fresh, finished):
    config = yaml.safe_load(fresh.config.read_text())
    config["surfaces"]["bowl"]["shards"] = 4
    config["populations"]["gaussian"]["shards"] = 5
    fresh.config.write_text(yaml.safe_dump(config))
    model = "results/tiny/mlp/seed0"
    files = [f"{model}/{key}.h5" for key in SHARDED]
    jobs = fresh.planned(*files)
    assert jobs["evaluate_surface_shard"] == 4 and jobs["evaluate_population_shard"] == 5

    fresh.run("--cores", "2", *files)
    whole = finished.results()
    assert {file: fresh.results()[file] for file in files} == {file: whole[file] for file in files}
    assert not list((fresh.folder / model / "shards").rglob("*.h5"))
