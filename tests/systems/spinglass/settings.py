"""Settings of tests: data, a network and a recipe."""

from prospect.model import networks
from prospect.model.objective import Objective
from prospect.model.setting import Setting


def setting_for(spec, data, training):
    """Make the setting of a network ``net`` on some data."""
    module = networks.build(spec, data.train.inputs.shape[1:], data.classes, seed=0)
    train, test = Objective(module, data.train), Objective(module, data.test)
    return Setting("net", spec, data, training, train, test)
