"""A copy of the project in a folder of its own, in which it runs as its user runs it."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


class Project:
    """A copy of the project in a folder of its own, with the tiny study's config to edit."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.config = folder / "config" / "studies" / "tiny.yaml"
        for part in ("workflow", "config", "envs", "profiles"):
            shutil.copytree(
                ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__")
            )
        shutil.copy(ROOT / "Snakefile", folder)

    def snakemake(self, *arguments: str, config: Path | None = None) -> subprocess.CompletedProcess:
        """Run Snakemake on the tiny study."""
        command = [sys.executable, "-m", "snakemake", *arguments]
        command += ["--configfile", str(config or self.config)]
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        return subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )

    def run(self, *arguments: str) -> None:
        """Run the pipeline and insist that it succeeds."""
        done = self.snakemake(*arguments)
        assert done.returncode == 0, done.stderr[-3000:]

    def planned(self, *arguments: str) -> dict[str, int]:
        """Return the rules that a dry run lists, with the number of their jobs."""
        done = self.snakemake("--dry-run", *arguments)
        assert done.returncode == 0, done.stderr[-3000:]
        text = done.stdout + done.stderr
        if "Nothing to be done" in text:
            return {}
        table = text.split("Job stats:")[1].split("total")[0]
        return {rule: int(count) for rule, count in re.findall(r"^(\w+) +(\d+)$", table, re.M)}

    def results(self) -> dict[str, bytes]:
        """Return checkpoints, directions and grids by path, with their bytes."""
        files = (self.folder / "results").rglob("*")
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in files
            if path.suffix in {".h5", ".safetensors"}
        }
