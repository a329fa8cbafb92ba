"""Scripts of stages, run as Snakemake runs them, and stopped after their first part."""

import runpy
from pathlib import Path
from types import SimpleNamespace

from prospect import systems
from prospect.records.parts import Partial


class Files(list):
    """What a job reads or writes: a list, and by name."""

    def __init__(self, paths=(), code=(), **files):
        super().__init__(map(str, paths))
        self.code = code
        for name, own in files.items():
            self.extend(own if isinstance(own, list) else [own])
            setattr(self, name, own)


def scripts_of(system):
    """Return the folder of a system's scripts."""
    return Path(systems.__path__[0]) / system / "scripts"


def run(system, script, outputs, read=None, **params):
    """Run a script as Snakemake does; `outputs` are its paths, `read` what it reads, by name."""
    outputs = outputs if isinstance(outputs, Files) else Files(outputs)
    job = SimpleNamespace(
        rule=script, input=Files(**read or {}), output=outputs,
        log=[str(Path(outputs[0]).parent / "log")], wildcards={"study": "test"},
        params=SimpleNamespace(**params),
    )  # fmt: skip
    runpy.run_path(str(scripts_of(system) / f"{script}.py"), init_globals={"snakemake": job})


def stop_after_a_part(monkeypatch):
    """Let the next job stop once its first part is kept; return what grows: parts kept so far.

    What would not be worth it is kept too, such as training.
    """
    keep, made = Partial.keep, []

    def keep_and_stop(self, state):
        keep(self, state)
        for name in {"parts", "finished"} & state.keys():
            made.append(len(state[name]))
            if len(made) == 1:
                raise KeyboardInterrupt

    monkeypatch.setattr(Partial, "keep", keep_and_stop)
    monkeypatch.setattr(Partial, "save", lambda self, state: keep(self, state()))
    return made
