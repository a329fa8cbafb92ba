"""What has a loss.

data           data set -> resident tensors
structure      inputs, targets and outputs of any structure
task           what outputs are held against: loss and metric
datasets       data sets that come by name
splits         one part of a data set, and parts of that
vision         torchvision, also where its operators are missing, and its networks
augmentation   what is done to images at random while a network is trained
networks       a network as the config describes it -> module
architectures  architectures that come by name
layers         their layers, without torch
weights        weight space: flat vector <-> module, filters
checkpoints    a network's tensors at one epoch
formulas       attention and LayerNorm by their formulas
state_dicts    a user's file of weights -> a network's tensors
statistics     statistics of BatchNorm: by parts, noted, shifted, given
batchnorm      what BatchNorm does at a perturbed point
cost           what a forward pass takes
objective      loss of a network on data as a function of θ
approximation  a network near points where it is known exactly, sooner
training       one training run -> checkpoints and history
ensemble       many networks of one architecture, trained in one pass
setting        what the networks of a table have in common
"""
