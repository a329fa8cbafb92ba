"""A real SLURM cluster on this machine, in a folder of its own, without a system's services.

It installs Debian's packages where they are missing (and removes them again), and starts munged,
slurmctld and a slurmd for every node. All they write lies in the folder; in /etc/slurm there are
two links as long as the cluster lives, since the plugin's jobs ask nowhere else. By hand, as root:

python tests/slurm/small_slurm.py
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import psutil
from filelock import FileLock

PACKAGES = ("munge", "slurm-client", "slurmctld", "slurmd")
# other tests install packages too, side by side with these
ALONE = FileLock(Path(tempfile.gettempdir(), "prospect-packages.lock"))
ETC = Path("/etc/slurm")
FILES = ("slurm.conf", "cgroup.conf")
NO_SERVICES = Path("/usr/sbin/policy-rc.d")  # where it says no, packages start nothing
CONFIG = """\
ClusterName=small
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CommunicationParameters=NoInAddrAny
StateSaveLocation={folder}/state
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/%n.pid
SlurmdSpoolDir={folder}/%n
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SlurmdParameters=config_overrides
ReturnToService=2
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SchedulerParameters=sched_min_interval=0,bf_interval=1,batch_sched_delay=0
KillWait=2
EnforcePartLimits=ALL
MinJobAge=3600
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
{nodes}
PartitionName=work Nodes=ALL Default=YES MaxTime=600
PartitionName=closed Nodes=ALL AllowAccounts=physics
"""


class Missing(Exception):
    """There can be no cluster here; the message says why."""


class Cluster:
    """Some nodes of one CPU each; start and stop it with ``with``."""

    def __init__(self, folder: Path, nodes: int = 2, memory: int = 16_000):
        self.folder, self.memory = folder, memory
        self.nodes = [f"node{number}" for number in range(1, nodes + 1)]
        self.daemons: dict[str, subprocess.Popen] = {}
        self.installed: list[str] = []
        self.links: list[Path] = []

    def __enter__(self) -> "Cluster":
        if (ETC / FILES[0]).exists():
            raise Missing(f"this machine has a SLURM already: {ETC / FILES[0]}")
        self.installed = install()
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_) -> None:
        self.stop()

    def ask(self, *command: str) -> str:
        """Return what a command of SLURM says."""
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr}")
        return done.stdout.strip()

    def jobs(self) -> dict[int, tuple[str, str, str]]:
        """Return state, node and rule of all jobs that SLURM has a record of, by their numbers."""
        rows = self.ask("squeue", "--noheader", "--states=all", "--format=%i %T %N %k").splitlines()
        found: dict[int, tuple[str, str, str]] = {}
        for number, state, *node, comment in map(str.split, rows):
            rule = comment.removeprefix("rule_").partition("_wildcards_")[0]
            found[int(number)] = state, "".join(node), rule
        return found

    def running(self, rule: str) -> int:
        """Return the number of the job that runs of a rule, or of it and others together."""
        (number,) = (
            number
            for number, (state, _, of) in self.jobs().items()
            if state == "RUNNING" and rule in of
        )
        return number

    def wait_for(self, rule: str, state: str) -> None:
        """Wait until the last job of a rule is in a state."""
        deadline = time.monotonic() + 120
        while True:
            states = [now for _, (now, _, of) in sorted(self.jobs().items()) if of == rule]
            if states[-1:] == [state]:
                return
            if time.monotonic() > deadline:
                raise RuntimeError(f"{rule} is not {state}, but {states}")
            time.sleep(0.2)

    def break_node(self, node: str) -> None:
        """Let a node die with all that runs there, and SLURM know of it."""
        daemon = self.daemons.pop(node)
        daemon.kill()
        daemon.wait()
        self._kill_jobs(node)
        self.ask("scontrol", "update", f"NodeName={node}", "State=DOWN", "Reason=broken")

    def mend_node(self, node: str) -> None:
        """Start a node again."""
        self._start_node(node)

    def stop(self) -> None:
        """End all daemons and jobs, and remove what was installed."""
        for node in self.nodes:
            self._kill_jobs(node)
        for daemon in reversed(self.daemons.values()):
            daemon.terminate()
            try:
                daemon.wait(20)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
        self.daemons.clear()
        for link in self.links:
            link.unlink()
        self.links.clear()
        if self.installed:
            apt("purge", "--yes", *self.installed)

    def _start(self) -> None:
        for name in ("state", *self.nodes):
            (self.folder / name).mkdir(parents=True)
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o400)
        self._config()
        self._daemon("munged", "--foreground", "--force", *self._munge(key))
        self._wait("munge", "--no-input", f"--socket={self.folder}/munge.socket")
        self._daemon("slurmctld", "-D", "-c")
        self._wait("scontrol", "ping")
        for node in self.nodes:
            self._start_node(node)

    def _config(self) -> None:
        host, ports = socket.gethostname().split(".")[0], free_ports(1 + len(self.nodes))
        nodes = "\n".join(
            f"NodeName={node} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs=1 "
            f"RealMemory={self.memory}"
            for node, port in zip(self.nodes, ports[1:], strict=True)
        )
        text = CONFIG.format(host=host, port=ports[0], folder=self.folder, nodes=nodes)
        texts = text, "CgroupPlugin=cgroup/v1\nCgroupAutomount=no\n"
        for file, content in zip(FILES, texts, strict=True):
            (self.folder / file).write_text(content)
            ETC.mkdir(exist_ok=True)
            (ETC / file).symlink_to(self.folder / file)
            self.links.append(ETC / file)

    def _munge(self, key: Path) -> list[str]:
        files = {"socket": "munge.socket", "pid-file": "munge.pid", "log-file": "munge.log"}
        files["seed-file"] = "munge.seed"
        options = [f"--{name}={self.folder / file}" for name, file in files.items()]
        return [*options, f"--key-file={key}"]

    def _start_node(self, node: str) -> None:
        self._daemon("slurmd", "-D", "-N", node, name=node)
        deadline = time.monotonic() + 30
        while (
            self.ask("sinfo", "--noheader", f"--nodes={node}", "--format=%t").split()[0] != "idle"
        ):
            if time.monotonic() > deadline:
                raise Missing(f"{node} does not start; its log ends {self._log(node)}")
            time.sleep(0.1)

    def _daemon(self, program: str, *options: str, name: str = "") -> None:
        name = name or program
        log = (self.folder / f"{name}.log").open("a")
        command = [shutil.which(program, path="/usr/sbin:/usr/bin") or program, *options]
        self.daemons[name] = subprocess.Popen(
            command, stdout=log, stderr=log, start_new_session=True
        )
        log.close()

    def _wait(self, *command: str) -> None:
        """Wait until a daemon answers."""
        for _ in range(100):
            if not subprocess.run(command, capture_output=True).returncode:
                return
            time.sleep(0.1)
        last = list(self.daemons)[-1]
        raise Missing(f"{last} does not answer; its log ends {self._log(last)}")

    def _log(self, name: str) -> str:
        return repr((self.folder / f"{name}.log").read_text()[-300:])

    def _kill_jobs(self, node: str) -> None:
        """Kill the processes of the jobs on a node, after what tells SLURM of their end."""
        processes, watchers = [], []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if is_on(node, process.environ()):
                    processes.append(process)
                    parents = process.parents()[:1]
                    watchers += [each for each in parents if each.name().startswith("slurmstepd")]
        for process in [*watchers, *processes]:
            with contextlib.suppress(psutil.Error):
                process.kill()


def is_on(node: str, environment: Mapping[str, str]) -> bool:
    """Whether a process with this environment is of a job on a node."""
    names = {"SLURM_CLUSTER_NAME": "small", "SLURMD_NODENAME": node}
    return names.items() <= environment.items()


def free_ports(count: int) -> list[int]:
    """Return the numbers of so many ports that nothing listens on."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def packages() -> set[str]:
    """List the packages that are installed."""
    command = ("dpkg-query", "--show", "--showformat=${db:Status-Abbrev} ${Package}\n")
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return {line.split()[1] for line in said.splitlines() if line.startswith("ii")}


def install() -> list[str]:
    """Install what is missing; return what is new. Raises Missing where that cannot be."""
    if os.geteuid() or not shutil.which("apt-get"):
        raise Missing("SLURM's packages are installed by root on Debian only")
    with ALONE:
        before = packages()
        if set(PACKAGES) <= before:
            return []
        made = not NO_SERVICES.exists()
        if made:
            NO_SERVICES.write_text("#!/bin/sh\nexit 101\n")
            NO_SERVICES.chmod(0o755)
        try:
            apt("update")
            apt("install", "--yes", "--no-install-recommends", *PACKAGES)
        finally:
            if made:
                NO_SERVICES.unlink()
        return sorted(packages() - before)


def apt(*arguments: str) -> None:
    """Run apt-get; raises Missing with its last line where it fails."""
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", "-qq", *arguments]
    with ALONE:
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise Missing(f"apt-get {arguments[0]} fails: {done.stderr.strip().splitlines()[-1:]}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place, Cluster(Path(place)) as cluster:
        print(cluster.ask("sinfo"), flush=True)
        try:
            signal.pause()
        except KeyboardInterrupt:
            sys.exit()
