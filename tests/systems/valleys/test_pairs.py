"""Pairs held against one another, on tables that are counted by hand."""

import numpy as np
import pandas as pd
import pytest

from prospect.base import files
from prospect.records.tables import read_tables
from prospect.systems.valleys.pairs import batches_table, fusion_table


def fused(network, start, epoch, seed, gap, signs=0.5):
    """A row of the table of fusion; its ends have accuracies .8 and .9."""
    return {
        **{"network": network, "start": start, "epoch": epoch, "seed": seed},
        **{"accuracy_a": 0.9, "accuracy_b": 0.8, "midpoint_accuracy": 0.85 + gap},
        **{"midpoint_gap": gap, "barrier": 0.0, "sign_consistency": signs, "overlap": 0.0},
        **{"ensemble_accuracy": 0.95, "consensus_accuracy": np.nan if start == "other" else 0.9},
    }


def test_rows_of_fusion_are_held_against_the_same_start():
    rows = [fused("mlp", "same", epoch, seed, 0.01 * seed) for epoch in (1, 5) for seed in (0, 1)]
    rows += [fused("mlp", "half-classes", 5, seed, -0.1, signs=0.7) for seed in (0, 1)]
    rows += [fused("deep", "other", 2, 0, 0.0)]
    found = fusion_table(pd.DataFrame(rows))
    assert found["last"].tolist() == [False, False, True, True, True, True, True]
    assert found["midpoint_gap_above_same"].tolist()[:6] == pytest.approx([0] * 4 + [-0.1, -0.11])
    assert found["sign_consistency_above_same"].tolist()[4:6] == pytest.approx([0.2, 0.2])
    assert np.isnan(found["midpoint_gap_above_same"].iloc[6])
    assert found["above_ends"].tolist()[:2] == pytest.approx([-0.05, -0.04])
    assert found["above_ensemble"].tolist()[:2] == pytest.approx([-0.1, -0.09])
    assert found["consensus_above_mean"].tolist()[0] == pytest.approx(0.05)
    assert np.isnan(found["consensus_above_mean"].iloc[6])


def test_the_larger_of_two_ends_and_their_ratios():
    columns = {"rise_a": [1.0, 2.0, -1.0], "rise_b": [2.0, 1.0, 1.0]}
    columns |= {"relative_rise_a": [1.0] * 3, "relative_rise_b": [1.0] * 3}
    columns |= {"norm_a": [3.0, 1.0, 1.0], "norm_b": [1.0, 3.0, 3.0]}
    columns |= {"sign_consistency_a": [0.8, 0.8, 0.3], "sign_consistency_b": [0.6, 0.6, 0.6]}
    found = batches_table(pd.DataFrame(columns))
    assert found["rise_ratio"].tolist()[:2] == pytest.approx([-np.log(2), np.log(2)])
    assert np.isnan(found["rise_ratio"].iloc[2])
    assert found["relative_rise_ratio"].tolist() == [0, 0, 0]
    assert found["norm_ratio"].tolist() == pytest.approx(np.log([3, 1 / 3, 1 / 3]))
    assert found["larger_dominates"].tolist() == pytest.approx([0.2, -0.2, 0.3])


def test_tables_of_networks_are_joined(tmp_path):
    paths = [tmp_path / f"{name}.csv" for name in ("8", "mlp")]
    for path in paths:
        table = pd.DataFrame({"network": [path.stem], "given": [""], "x": [1.5]})
        files.write_texts({path: files.as_text(table)})
    found = read_tables(paths)
    assert found.to_dict("list") == {"network": ["8", "mlp"], "given": ["", ""], "x": [1.5] * 2}
