"""Shares with their confidence intervals."""

from scipy.stats import binomtest


def share(found: int, of: int) -> dict[str, float]:
    """Return a share with its 95 % Wilson interval, as columns of a table."""
    interval = binomtest(found, of).proportion_ci(method="wilson")
    return {"share": found / of, "share_low": interval.low, "share_high": interval.high}
