"""Work part by part: what is finished is not made again, and the tables are the same."""

import pandas as pd
import pytest

from prospect.base.files import as_text
from prospect.base.resume import Partial
from prospect.records.parts import part_by_part

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
