"""What lies in files, one module a kind. Nothing else knows keys of HDF5 files.

hdf5         opening, attributes, hashes: what all HDF5 files share
losses       what is known at many points
shards       blocks of a grid, each from a job of its own
grids        curves, surfaces and populations: losses on axes
vectors      directions, made and mined
hessians     what is known of a Hessian
ensembles    networks that were trained together, a center each
centers      the perturbed models: checkpoints and mined origins
claims       claims of the papers, held against tables of a study
tables       tidy tables of a study
parts        tables that are made part by part
provenance   all files of a study with their hashes, and what differs from them
"""
