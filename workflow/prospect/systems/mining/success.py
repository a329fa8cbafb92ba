"""How often mining succeeds, and at what cost."""

import pandas as pd

from prospect.base.intervals import share
from prospect.systems.mining.units import GRADIENTS

COLUMNS = ["kind", "name", "directions", "center", "network", "runs", "found", "share"]
COLUMNS += ["share_low", "share_high", "found_on_test", "reached", "restarted", "gradients"]
COLUMNS += ["gradients_most", "low_loss", "high_loss", "overlap", "overlap_least"]
COLUMNS += ["overlap_on_test", "confidence"]


def success_table(shapes: pd.DataFrame) -> pd.DataFrame:
    """Return a row for every mined curve or surface and network: how often found, at what cost.

    `runs` counts the seeds, each its own network and its own mining. ``gradients`` are those of
    all attempts, in the unit of `units`; medians are over the runs.
    """
    mined = shapes[shapes["source"].str.contains("mined")]
    rows = []
    names = ["kind", "name", "directions", "center", "network"]
    for group, runs in mined.groupby(names, sort=False):
        judged = runs[runs["found"].notna()]
        found, tested = judged["found"].astype(bool), judged["test_found"].dropna().astype(bool)
        rows.append(
            dict(zip(names, group, strict=True))
            | {"runs": len(judged), "found": int(found.sum())}
            | (share(int(found.sum()), len(judged)) if len(judged) else {})
            | {
                "found_on_test": int(tested.sum()) if len(tested) else pd.NA,
                "reached": int((runs["mining"] == "reached").sum()),
                "restarted": int((runs["attempts"] > 1).sum()),
                "gradients": runs["gradients"].median(),
                "gradients_most": runs["gradients"].max(),
                "low_loss": runs["low_loss"].median(),
                "high_loss": runs["high_loss"].median(),
                "overlap": runs["overlap"].median(),
                "overlap_least": runs["overlap"].min(),
                "overlap_on_test": runs["test_overlap"].median(),
                "confidence": runs["confidence"].median(),
            }
        )
    return pd.DataFrame(rows, columns=COLUMNS)


def findings(success: pd.DataFrame) -> list[str]:
    """Say how often each pattern was found, a sentence with its numbers each."""
    sentences = []
    for row in success[success["runs"] > 0].to_dict("records"):
        seen = row["found_on_test"]
        test = "" if pd.isna(seen) else f", {seen} on the test samples"
        sentences.append(
            f"{row['name']}, {row['network']}: found in {row['found']} of {row['runs']} runs (95 % "
            f"interval {row['share_low']:.0%} to {row['share_high']:.0%}){test}, for "
            f"{row['gradients']:.0f} {GRADIENTS} (median; at most {row['gradients_most']:.0f})."
        )
    return sentences
