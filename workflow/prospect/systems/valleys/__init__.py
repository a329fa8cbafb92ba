"""The valleys system: asymmetric valleys, fusion and federated training (arXiv:2405.12489).

system        its sections of the config, parameters and inputs of its stages, its results
kinds         the directions whose two sides are compared
controls      directions that tell growth along θ from agreement with its signs
asymmetry     the two sides of many directions at one center
tables        tables of asymmetry, and what the controls say
variations    what recipes and the initialisation of BatchNorm change
lines         lines through two networks, and how the loss rises about one
fusion        networks of two halves of the training set, and their midpoint
merging       merging by sign consensus
correlations  whether sign consistency says more than the cosine
batches       solutions of small and of large batches
averages      averages of weights, and the SGD that goes on from them
pairs         tables of pairs, joined and held against one another
partition     what clients have of the training set
methods       federated methods: the clients' penalty and the server's rule
clients       what clients do in a round
federated     federated training in one process
agreement     how clients agree with the server and with one another
gains         what federated methods gain over FedAvg
tuning        the rates and strengths that federated methods try
theory        why the side of growing weights is flat: two demonstrations
panels        what it brings to the page
figures       one module a theme
"""
