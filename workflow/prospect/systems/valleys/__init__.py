"""Asymmetric valleys (arXiv:2405.12489): the two sides of directions, fusion, federated training.

system       its config sections, their checks, its stages' parameters, its targets
setting      what the networks of a table have in common
parts        tables that are made part by part
tables       the tables of the study
lines        lines through two networks, and how the loss rises about one
variations   what recipes and the initialisation of BatchNorm change of noise's two sides
fusion       two networks, each trained on one half, and their midpoint
merging      merging by sign consensus
correlations  whether sign consistency says more of a midpoint than the cosine
batches      solutions of small and of large batches, and the line through both
averages     averages of weights and the SGD that goes on from them
pairs        tables of pairs, joined and held against one another
partition    which client has which samples
clients      many clients trained side by side
methods      federated methods: penalties of clients, rules of the server
federated    federated runs, round by round
agreement    how alike many vectors of weights are
gains        what methods gain over another
theory       the two demonstrations of why the side of growing weights is flat
figures      one module a theme
"""
