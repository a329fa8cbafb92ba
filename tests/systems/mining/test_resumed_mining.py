"""Mining that is stopped at any step goes on and ends with the bits of one that was not."""

import numpy as np
import pytest
import torch
from test_mining import OPTIONS, UNREACHABLE

from prospect.base.resume import Partial
from prospect.landscape import patterns
from prospect.model import networks
from prospect.model.objective import Objective
from prospect.model.weights import flatten
from prospect.systems.mining import mine as mining

PATTERNS = {"w-peak": False, "saddle": True}


@pytest.mark.parametrize("at", [1, 17, 20, 21, 33])
@pytest.mark.parametrize("name", PATTERNS)
def test_mining_goes_on_at_the_very_step(digits, tmp_path, monkeypatch, name, at):
    monkeypatch.setattr("prospect.base.resume.SHARE", 0)
    network = networks.build({"architecture": "mlp", "hidden": [16]}, (1, 8, 8), 10, seed=0)
    objective = Objective(network, digits.train)
    theta = flatten(dict(network.named_parameters()), objective.flat.blocks)
    pattern = patterns.read(f"config/patterns/{name}.txt")
    options = OPTIONS | UNREACHABLE | {"steps": 20, "restarts": 1, "report": 8}
    steps, step = [], mining._Attempt._step

    def run(partial=None):
        free = PATTERNS[name]
        return mining.mine(objective, theta, pattern, options, 0, free_origin=free, partial=partial)

    def stopping(attempt):
        steps.append(1)
        if len(steps) == at:
            raise KeyboardInterrupt
        return step(attempt)

    whole = run()
    monkeypatch.setattr(mining._Attempt, "_step", stopping)
    with pytest.raises(KeyboardInterrupt):
        run(Partial(tmp_path / "d.h5", {}, every=0))
    resumed = run(Partial(tmp_path / "d.h5", {}, every=0))
    # the state of an attempt's last step is that of the next one's start: one step is taken again
    assert len(steps) <= 2 * 20 + 2
    assert torch.equal(resumed.directions, whole.directions)
    assert torch.equal(resumed.origin, whole.origin)
    assert resumed.outcome == whole.outcome
    for column, values in whole.progress.items():
        assert np.array_equal(resumed.progress[column], values)
        assert resumed.progress[column].dtype == values.dtype
