"""The spinglass system: the landscape as a spin glass (arXiv:2407.20724).

Only the abstract of the paper can be read, so every protocol is ours, after the abstract.

system            its sections of the config, parameters of its stages, its results
centers           the networks of an ensemble at the centers of a study
overlaps          the covariance of the loss at two points as a function of their overlap
pspin             spherical p-spins: landscapes whose degree is known, as controls
walks             random walks, and what they remember
metropolis        walks that heed the loss
permutations      copies of a network under permutation of its units, and the way to them
widths            independent solutions before and after alignment, against width
exponents         exponents of power laws with intervals over networks
solutions         independent and forked solutions
overlaps_between  overlaps of solutions, whole, by layer, and of what they answer
ultrametricity    whether distances are those of a tree, and the nulls
hierarchy         solutions held against all nulls
trees             controls of a hierarchy
sets              a set of solutions of every kind, with all that is measured of it
flatness          how flat the loss is about a network
ruggedness        flatness against generalisation
ranks             rank correlations over settings and seeds
threshold         the landscape across the interpolation threshold
tables            tables of the study, made of those of its networks
panels            what it brings to the page
figures           one module a theme
"""
