"""Work part by part: what is finished is not made again, and the tables are the same."""

from types import SimpleNamespace

import pandas as pd
import pytest

from prospect.base.files import as_text
from prospect.base.resume import Partial
from prospect.records.parts import part_by_part, write_tables

IDENTITY = {"rule": "test"}


def make(part, done):
    """Two tables of a part; one that is negative is a kill."""
    if part < 0:
        raise KeyboardInterrupt
    done.append(part)
    pairs = pd.DataFrame({"part": [part, part], "found": [True, False], "x": [1 / part, None]})
    return pairs, pd.DataFrame({"name": ["a"], "part": part})


def test_a_stopped_job_goes_on_after_the_last_part(tmp_path):
    whole = part_by_part([1, 3], lambda p: make(p, []), Partial(tmp_path / "whole", IDENTITY))
    done: list[int] = []
    partial = Partial(tmp_path / "out", IDENTITY)
    with pytest.raises(KeyboardInterrupt):
        part_by_part([1, -1], lambda p: make(p, done), partial)
    found = part_by_part([1, 3], lambda p: make(p, done), Partial(tmp_path / "out", IDENTITY))
    assert done == [1, 3]
    assert [as_text(table) for table in found] == [as_text(table) for table in whole]
    assert found[0]["part"].tolist() == [1, 1, 3, 3]
    assert found[1].columns.tolist() == ["name", "part"]


def test_other_parameters_begin_anew(tmp_path):
    done: list[int] = []
    for identity in (IDENTITY, {"rule": "other"}):
        part_by_part([2], lambda p: make(p, done), Partial(tmp_path / "out", identity))
    assert done == [2, 2]


def job(path, shard=None, shards=()):
    """What Snakemake gives a script with two tables: as a whole, as a shard of 3, or to gather."""
    tables = [path / "a.csv", path / "b.csv"]
    return SimpleNamespace(
        input=SimpleNamespace(shards=list(shards)),
        output=tables if shard is None else [path / f"{shard}.h5"],
        wildcards={"network": "mlp"} | ({} if shard is None else {"shard": str(shard)}),
        params=SimpleNamespace(shards=3),
    )


def test_shards_are_gathered_into_the_tables_of_one_job(tmp_path):
    done: list[int] = []

    def rows(part):
        done.append(part)
        made = {"part": part, "text": "0.1", "x": 0.1 + 0.2, "none": float("nan")}
        return pd.DataFrame([made] * part), pd.DataFrame([{"whole": 7}] if part == 3 else [])

    def write(name, **options):
        (tmp_path / name).mkdir(exist_ok=True)
        made = job(tmp_path / name, **options)
        write_tables(made, range(1, 6), rows, Partial(made.output[0], IDENTITY))
        return made.output

    whole = write("whole")
    shards = [file for shard in range(3) for file in write("shards", shard=shard)]
    gathered = write("gathered", shards=shards)
    assert done == [1, 2, 3, 4, 5] * 2
    assert [file.read_bytes() for file in gathered] == [file.read_bytes() for file in whole]
    assert len(pd.read_csv(whole[0])) == 15
