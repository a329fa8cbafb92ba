"""The samples system: how a landscape settles as samples are added (arXiv:2409.11995).

system           its sections of the config, parameters and inputs of its stages, its results
orders           random orders of the samples, and the mean loss of the first k of them
grids            losses of every sample over curves and planes
perceptrons      perceptrons without biases: their layers, and dead ones
increments       the paper's experiment: one more sample, at trained perceptrons
published        what its authors published of it
convergence      the rate at which a fixed plane settles, against its formula
needed           how many samples a wanted accuracy needs, and what a pilot says
items            the same for the curves and surfaces of a study
second_order     one more sample in a ball about a minimum, against the second-order bound
sample_hessians  the Hessian of one sample's loss: products, norms, whole matrices
bounds           the ladder of bounds on it, from measured to Lemma 1
hessians         how the Hessian of the mean loss converges
retraining       networks trained on more and more samples
shared_plane     surfaces over one plane through some of them
rates            exponents with their intervals
tables           what the study's tables say together
panels           what it brings to the page
figures          one module a theme
"""
