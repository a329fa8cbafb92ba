"""Curve or surface -> shape: its name, and the numbers behind it.

The grammar is our definition: how many basins there are, and where the center stands. A basin is a
minimum whose persistence (0-dimensional, sublevel sets: merge height minus minimum) exceeds the
threshold τ; the lowest minimum always counts. NaN and infinite losses count as +∞.

persistence  pairs of birth and death, the threshold τ, and how sure a name is
curves       names of curves
surfaces     names of surfaces
"""
