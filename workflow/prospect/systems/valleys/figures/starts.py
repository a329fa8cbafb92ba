"""Colours of the starts of a pair of networks, the same in all figures."""

import seaborn as sns

STARTS = ("same", "other", "pre-trained", "half-classes")


def color_of_start(start: object):
    """Return the colour of a start, the same in all figures."""
    return sns.color_palette()[STARTS.index(str(start))]
