"""The texts: their tables are those that `make docs` writes, and they tell one version."""

import re

import pandas as pd
import pytest
import write
import yaml

import prospect

MARKER = re.compile(r"<!-- table: (.*?) -->")


@pytest.mark.parametrize("file", write.TEXTS, ids=lambda file: str(file.relative_to(write.ROOT)))
def test_texts_have_the_tables_that_make_docs_writes(file):
    text = file.read_text()
    assert MARKER.findall(text) == [name for _, name, _ in write.MARKED.findall(text)]
    assert write.written(text) == text


def test_tables_are_made_anew_and_all_else_stays():
    text = (write.ROOT / "README.md").read_text()
    edited = write.MARKED.sub(r"\1| edited by hand |\n\3", text)
    assert edited != text
    assert write.written(edited) == text


def test_every_table_has_its_numbers_and_its_place():
    marked = [name for file in write.TEXTS for name in MARKER.findall(file.read_text())]
    measured = [file.stem for file in write.DOCS.glob("*.csv")]
    assert sorted(marked) == sorted(["keys", *measured])
    assert measured and sorted(measured) == sorted(write.TABLES)


def test_every_key_has_a_description():
    rows = list(write.documented(write.schema()))
    assert rows
    assert [key for key, _, text in rows if not text] == []


def test_a_clear_lead_is_bold_and_a_close_one_is_not():
    times = {"network": "mlp", "engine": ["Prospect", "peer"], "version": "1", "samples": 500}
    times |= {"batchnorm": "frozen", "batch": [float("nan"), 128.0]}
    table = write.evaluator(pd.DataFrame(times | {"milliseconds": [1.0, 2.0]}))
    assert "| **1.00** |" in table and "| 2.00 |" in table
    table = write.evaluator(pd.DataFrame(times | {"milliseconds": [1.0, 1.05]}))
    assert "| 1.00 |" in table and "| 1.05 |" in table


def test_all_texts_tell_one_version():
    cited = yaml.safe_load((write.ROOT / "CITATION.cff").read_text())
    changes = (write.ROOT / "CHANGELOG.md").read_text()
    release = re.search(r"^## ([\d.]+) - ([\d-]+)$", changes, re.MULTILINE)
    assert [cited["version"], str(cited["date-released"])] == list(release.groups())
    assert release[1] == prospect.__version__


@pytest.mark.parametrize("file", sorted(write.DOCS.glob("*.md")), ids=lambda file: file.name)
def test_what_a_page_links_to_is_there(file):
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", file.read_text())
    inside = [link for link in links if not link.startswith("https://")]
    assert inside
    assert [link for link in inside if not (file.parent / link).exists()] == []


def test_every_wish_has_its_answer():
    rows = re.findall(
        r"^\| (\d+) \| (.+) \| (.+) \|$", (write.DOCS / "wishes.md").read_text(), re.M
    )
    assert [int(number) for number, *_ in rows] == list(range(1, 40))
    assert all("https://" in asked and len(answer) > 20 for _, asked, answer in rows)
