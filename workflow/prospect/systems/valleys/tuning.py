"""All learning rates and strengths of one federated method, tried one after the other."""

import itertools
import logging
from collections.abc import Iterator, Mapping

import pandas as pd

from prospect.base.device import device_of
from prospect.base.progress import track
from prospect.base.resume import Partial
from prospect.model import data, networks
from prospect.model.data import Data
from prospect.model.splits import Split
from prospect.systems.valleys.federated import Diverged, Federation, Run, Setting
from prospect.systems.valleys.partition import hold_out, partition

log = logging.getLogger("prospect")

SHARED = ("rounds", "clients", "fraction", "local_epochs", "batch")  # keys of the config


def trials(own: Mapping) -> Iterator[list[Run]]:
    """Yield the runs of every α, strength and rate; those of one trial differ in their seed alone.

    `own` is the section of the config, with the ``strengths`` of one method.
    """
    for alpha, strength, lr in itertools.product(own["alphas"], own["strengths"], own["rates"]):
        yield [Run(seed, alpha, lr, strength) for seed in range(own["runs"])]


def split(params: Mapping) -> tuple[Data, Split]:
    """Return the data that clients share, and the samples that are held out for tuning."""
    return hold_out(data.load(params["dataset"]), params["federated"]["held_out"])


def try_all(params: Mapping, method: str, partial: Partial) -> pd.DataFrame:
    """Train all trials of a method; return a row a trial, round and run, as `advance` gives them.

    `params` are the stage's. A trial that diverges leaves a row a run, with the round in which it
    did and ``diverged``, and does not end the others. `partial` has the state after every round.
    """
    state = {"finished": [], "rows": [], "federation": None} | (partial.load() or {})
    whole, before = list(trials(params["federated"])), len(state["finished"])
    shared, held_out = split(params)
    for runs in track(whole[before:], f"trials of {method}", before=before):
        federation = _federation(params, method, runs, shared, held_out)
        if state["federation"]:
            federation.restore(state["federation"])
        state["finished"].append(_rows_of(federation, state, partial))
        state |= {"rows": [], "federation": None}
    names = {"network": params["name"], "dataset": params["dataset"]["name"]}
    return pd.DataFrame(names | row for row in itertools.chain(*state["finished"]))


def _federation(
    params: Mapping, method: str, runs: list[Run], shared: Data, held_out: Split
) -> Federation:
    """Make the runs of a trial; each starts at the network of its own seed."""
    own, shape = params["federated"], tuple(shared.train.inputs.shape[1:])
    started = [networks.build(params["network"], shape, shared.classes, run.seed) for run in runs]
    setting = Setting(**{name: own[name] for name in SHARED})
    how = {"reduction": own["reduction"], "held_out": held_out}
    how["device"] = device_of(params["device"])
    return Federation(started, shared, method, runs, setting, **how)


def _rows_of(federation: Federation, state: dict, partial: Partial) -> list[dict]:
    """Train to the last round, keep the state after each, and return the rows of all."""
    try:
        for rows in federation.rounds(None):
            state["rows"] += [row | {"diverged": False} for row in rows]
            partial.save(lambda: state | {"federation": federation.state()})
    except Diverged as error:
        log.info("%s", error)
        said = {"method": federation.name, "reduction": federation.reduction, "diverged": True}
        return [said | {"round": federation.round} | run._asdict() for run in federation.runs]
    return state["rows"]


def partitions(params: Mapping) -> pd.DataFrame:
    """Return how many samples of each class the clients of every α and run have, where any."""
    own, (shared, _) = params["federated"], split(params)
    rows = []
    for alpha, run in itertools.product(own["alphas"], range(own["runs"])):
        counts = partition(shared.train.targets, own["clients"], alpha, run).counts
        for client, label in counts.nonzero().tolist():
            row = {"alpha": alpha, "run": run, "client": client, "class": label}
            rows.append(row | {"count": int(counts[client, label])})
    return pd.DataFrame(rows)
