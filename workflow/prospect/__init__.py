"""Prospect: look at the loss landscape of a neural network, and mine it for shapes.

The library in floors; a module imports only from its own floor and those above it in this list:

base         what everything stands on: errors, files, seeds, progress, the frame of a script
model        what has a loss: data, networks, weight space, objective, training
records      what lies in files, one module a kind; only these know HDF5
landscape    losses at many points of weight space: directions, grids, patterns, shapes, Hessian
drawing      what every figure shares: style and panels
study        what Snakemake sees: config, checks, path grammar, what a study asks for; no torch
page         the page of a study: all that there is to look at, turn and compare, in one file
systems      one folder for what each paper asks for; none imports another

Every package's own text lists its modules.
"""

__version__ = "0.2.0"
