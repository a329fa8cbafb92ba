"""The samples system: how a landscape settles as samples are added (arXiv:2409.11995).

perceptrons      perceptrons without biases: their layers, and dead ones
sample_hessians  the Hessian of one sample's loss: products, norms, whole matrices
bounds           the ladder of bounds on it, from measured to Lemma 1
hessians         how the Hessian of the mean loss converges
retraining       networks trained on more and more samples
shared_plane     surfaces over one plane through some of them
rates            exponents with their intervals
figures          one module a theme
"""
