"""Losses at many points of weight space, and what they look like.

scale        when losses are shown on a logarithmic scale
coordinates  points of curves and surfaces
interpolation  a surface from some of its points
patterns     drawn wishes: where the loss is to be low and where high
kinds        the kinds of directions
directions   noise, normalisation, differences, sign, gradient, eigenvectors, principal directions
evaluate     losses and accuracies at many points of weight space
adaptive     a fine surface from few evaluations, and how far off it is
nearby       what a subsample says between the points where all samples are known
landscapes   the landscape of one model: its centers, and what its files say of their origin
curves_and_surfaces  curves and surfaces of one model, from files to files
exports      surfaces as files for other programs
populations  curves along many random directions, from files to files
trajectories  paths of training: principal directions, distance from a plane, random walks
runs         training runs over a surface, from files to tables
asymmetry    how the two sides of a curve differ
compare      two centers side by side: signs, overlap, barrier, midpoint, answers
alignment    permutations of hidden units that bring two networks together, and their null
hessian      products, extreme eigenpairs, trace, norm and density of the Hessian
curvature    the distribution of the curvature along random directions
shapes       curve or surface -> name, with the numbers behind it
"""
