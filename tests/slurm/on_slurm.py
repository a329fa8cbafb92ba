"""A project whose runs go to a small SLURM cluster, through the profile that ships."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
from project import Project

LONGEST = 300.0  # seconds that a job may take to keep its first state
# the profile as it is, but for what is no concern of tests: they do not wait that long
SOONER = {
    "slurm-init-seconds-before-status-checks: 10": "slurm-init-seconds-before-status-checks: 1",
    "seconds-between-status-checks: 10\n": "seconds-between-status-checks: 1\n",
    "latency-wait: 60": "latency-wait: 5",
}


class OnSlurm(Project):
    """A copy of the project beside a cluster."""

    def __init__(self, folder: Path):
        super().__init__(folder)
        self.runs: list[subprocess.Popen] = []
        self.profile = folder / "profiles" / "slurm" / "profile.yaml"
        self.edit(SOONER)

    def edit(self, edits: dict[str, str]) -> None:
        """Change the profile, each text where it stands once."""
        text = self.profile.read_text()
        for old, new in edits.items():
            assert len(re.findall(f"^ *(# )?{re.escape(old)}", text, re.M)) == 1, old
            text = re.sub(f"^( *)(# )?{re.escape(old)}", rf"\g<1>{new}", text, flags=re.M)
        self.profile.write_text(text)

    def start(self, *arguments: str) -> subprocess.Popen:
        """Start the tiny study in the cluster."""
        command = [sys.executable, "-m", "snakemake", "--workflow-profile", "profiles/slurm"]
        command += [*arguments, "--configfile", str(self.config)]
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        run = subprocess.Popen(
            command,
            cwd=self.folder,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # as at a terminal
        )
        self.runs.append(run)
        return run

    def stop(self) -> None:
        """End what still runs."""
        for run in self.runs:
            run.kill()
            run.communicate()

    def wait_for_state(self, run: subprocess.Popen, state: str, said: str = "") -> None:
        """Wait until a job has kept its state, and hold it there; its log has `said` so far."""
        file, deadline = self.folder / state, time.monotonic() + LONGEST
        while not file.exists() or not self._logs_have(said):
            assert run.poll() is None, run.communicate()[1]
            assert time.monotonic() < deadline, f"{state} has not come"
            time.sleep(0.01)
        for process in psutil.process_iter(["cmdline", "cwd"]):
            command = " ".join(process.info["cmdline"] or ())
            if process.info["cwd"] == str(self.folder) and "scripts/tmp" in command:
                process.suspend()

    def wait_for_outputs(self, run: subprocess.Popen, besides: str) -> None:
        """Wait until a job has ended among others that go together with it, `besides` one alone."""
        deadline = time.monotonic() + LONGEST
        while all(besides in path.parts for path in self.folder.rglob("*.outputs.partial")):
            assert run.poll() is None, run.communicate()[1]
            assert time.monotonic() < deadline, "no job has ended"
            time.sleep(0.01)

    def _logs_have(self, said: str) -> bool:
        logs = (self.folder / "results").rglob("*.log")
        return any(said in log.read_text() for log in logs)
