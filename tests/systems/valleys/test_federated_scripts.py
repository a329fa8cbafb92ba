"""Scripts of federated training and of the theory, from a small study to the claims."""

from pathlib import Path

import pytest
from jobs import Files, run, scripts_of

from prospect.records import claims
from prospect.records.tables import read_table
from prospect.systems.valleys.federated import Federation
from prospect.systems.valleys.system import FIGURES, RESULTS

METHODS = {"fedavg": [0], "fedsign": [0.002], "fedsign-growth": [0.002], "fedprox": [0.1]}
OWN = {"alphas": [0.3], "rates": [0.1, 0.2], "runs": 2, "rounds": 6, "clients": 5}
OWN |= {"fraction": 0.6, "local_epochs": 1, "batch": 100, "held_out": 0.2, "reduction": "sum"}
PARAMS = {"name": "small", "network": {"architecture": "mlp", "hidden": [16]}}
PARAMS |= {"dataset": {"name": "digits"}, "device": "cpu"}
STYLE = {"font": "DejaVu Sans", "size": 8, "palette": "colorblind", "colormap": "viridis"}


def params_of(method):
    return PARAMS | {"federated": OWN | {"strengths": METHODS[method]}}


def federate(folder, method):
    output = Files(table=str(folder / f"{method}.csv"))
    run("valleys", "federate", output, method=method, stage=params_of(method))
    return output.table


def verdicts(folder, names):
    """Judge the system's claims by the tables of a folder; return verdicts by claim."""
    own = [c for c in claims.read(scripts_of("valleys").parent / "claims.yaml") if c.table in names]
    rows = claims.judge("valleys", own, {name: folder / name for name in names})
    return {row["id"]: row["verdict"] for row in rows}


def test_federated_training_from_rounds_to_figures_and_claims(tmp_path):
    rounds = [federate(tmp_path, method) for method in METHODS]
    names = RESULTS["federated"]
    tables = [str(tmp_path / name) for name in names]
    run("valleys", "join_federated", tables, {"rounds": rounds}, stage=params_of("fedavg"))
    found = {name: read_table(path) for name, path in zip(names, tables, strict=True)}
    assert len(found["scores.csv"]) == 4 * 2 * 2  # methods, rates, runs
    assert set(found["gains.csv"]["setting"]) == {"tuned-aulc", "tuned-last", "equal"}
    assert found["partitions.csv"].groupby(["alpha", "run", "client"])["count"].sum().nunique() == 1
    pictures = [str(tmp_path / f"{name}.png") for name in FIGURES["federated"]]
    run("valleys", "draw_federated", pictures, {"tables": tables}, style=STYLE | {"dpi": 40})
    assert all(Path(path).stat().st_size > 1000 for path in pictures)
    judged = verdicts(tmp_path, ["gains.csv"])
    tested = {name for name, verdict in judged.items() if verdict != "not tested"}
    assert tested == {"fedsign-above-fedavg", "fedsign-above-fedavg-last", "fedsign-above-growth"}


def test_a_stopped_method_goes_on_to_the_same_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr("prospect.base.resume.EVERY", 0)
    monkeypatch.setattr("prospect.base.resume.Partial.__init__.__defaults__", (0.0,))
    whole = federate(tmp_path / "whole", "fedprox")
    rounds, advance = [], Federation.advance

    def stopping(federation):
        rounds.append(1)
        if len(rounds) == 5:
            raise KeyboardInterrupt
        return advance(federation)

    monkeypatch.setattr(Federation, "advance", stopping)
    with pytest.raises(KeyboardInterrupt):
        federate(tmp_path / "stopped", "fedprox")
    assert Path(f"{tmp_path}/stopped/fedprox.csv.partial").exists()
    stopped = federate(tmp_path / "stopped", "fedprox")
    assert len(rounds) < 2 * 6 + 5  # some rounds were not trained again
    assert not list(tmp_path.rglob("*.partial"))
    assert read_table(stopped).equals(read_table(whole))


def test_the_theory_from_draws_to_its_figure_and_claims(tmp_path):
    names = {Path(name).stem: str(tmp_path / name) for name in RESULTS["theory"]}
    run("valleys", "demonstrate", Files(**names), stage={"draws": 4})
    given = {"softmax": names["softmax"], "relu": names["relu"]}
    picture = str(tmp_path / "theory.png")
    run("valleys", "draw_theory", [picture], given, style=STYLE | {"dpi": 40})
    assert Path(picture).stat().st_size > 1000
    judged = verdicts(tmp_path, ["theory.csv"])
    assert len(judged) >= 5
    for name in ("softmax-trace-shrinks", "softmax-loss-shrinks", "relu-units-stay"):
        assert judged[name] == "holds"
