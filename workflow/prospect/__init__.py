"""Prospect: look at the loss landscape of a neural network, and mine it for shapes.

The modules, in the order data flows through them; each imports only from those above it:

errors       the one exception for a user's mistake
seeding      one random generator per purpose
plugins      your own code by import path
progress     done, total, rate and time left, for logs
files        files that are whole or not there
device       where everything is computed
data         data set -> resident tensors
networks     architecture registry
weights      weight space: flat vector <-> module, filters
checkpoints  a network's tensors at one epoch
objective    loss of a network on data as a function of θ
training     one training run -> checkpoints and history
directions   noise, normalisation, differences, sign, gradient, eigenvectors
hessian      products, extreme eigenpairs, trace, norm and density of the Hessian
lens         what gradient and Hessian say of a curve, and what the curve shows
patterns     drawn wishes: where the loss is to be low and where high
mining       pattern + objective -> directions (and origin)
grid         coordinates of curves and surfaces, interpolation between points
losses       the record of what is known at many points
evaluate     losses and accuracies at many points of weight space
adaptive     a fine surface from few evaluations, and how far off it is
store        HDF5 files of directions and grids
landscapes   curves, surfaces and populations of one model, from files to files
shapes       curve or surface -> name, with the numbers behind it
tables       shapes of a whole study as tidy tables
success      how often mining succeeds, what chance gives, what the mined points are
insights     what Hessians and lens say of a whole study, as tables and sentences
figures      data + style -> figure
config       schema, defaults and cross-checks of a study's config
study        what a study asks for, resolved: what to train, mine, evaluate
stage        what every script needs around its one library call
"""

__version__ = "0.1.0"
