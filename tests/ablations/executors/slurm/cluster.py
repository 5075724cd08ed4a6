"""A real SLURM on this machine, for tests: munged, slurmctld and several slurmd "nodes", all in one folder.

`python -m tests.ablations.executors.slurm.cluster FOLDER` starts one and keeps it until Ctrl-C; it prints what to put
into the environment, so that sbatch and squeue talk to it. Debian's packages slurm-wlm and munge have all it needs.
"""

import argparse
import getpass
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel", "scontrol", "sinfo", "srun")
START_S = 30.0  # until every node is idle
KILL_WAIT_S = 20  # between SIGTERM and SIGKILL
CONFIGURATION = """
ClusterName=tests
SlurmctldHost={host}
SlurmUser={user}
SlurmdUser={user}
SlurmctldPort={ctld_port}
AuthType=auth/munge
AuthInfo=socket={munge_socket}
CredType=cred/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
SchedulerParameters=sched_interval=2,sched_min_interval=0,batch_sched_delay=0,bf_interval=2,requeue_delay=1
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
JobRequeue=1
ReturnToService=2
KillWait={kill_wait_s}
InactiveLimit=0
MinJobAge=10
SlurmdTimeout=10
SlurmctldTimeout=10
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool/%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
{nodes}
PartitionName=normal Nodes=ALL Default=YES MaxTime=60 PriorityTier=1 PreemptMode=REQUEUE State=UP
PartitionName=short Nodes=ALL MaxTime=1 DefaultTime=1 PriorityTier=1 PreemptMode=REQUEUE State=UP
PartitionName=urgent Nodes=ALL MaxTime=60 PriorityTier=10 PreemptMode=OFF State=UP
"""


@dataclass(frozen=True)
class Cluster:
    """One that runs. `environment`: what the commands of SLURM need to find it."""

    folder: Path
    nodes: tuple[str, ...]
    environment: Mapping[str, str]

    def ask(self, *command: str, check: bool = True) -> str:
        """What one of SLURM's commands prints."""
        done = subprocess.run(command, env={**os.environ, **self.environment}, capture_output=True, text=True)
        if check and done.returncode:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr}")
        return done.stdout

    def jobs(self) -> list[str]:
        """The ids of all jobs in the queue, of an array each element."""
        return self.ask("squeue", "--noheader", "--array", "--format", "%i").split()

    def cancel_all(self, within_s: float = 60.0) -> None:
        """Cancel whatever is in the queue, and wait until it is gone."""
        if jobs := self.jobs():
            self.ask("scancel", *jobs, check=False)
        until = time.monotonic() + within_s
        while self.jobs():
            if time.monotonic() > until:
                raise RuntimeError(self.ask("squeue"))
            time.sleep(0.2)


def is_there() -> bool:
    """Whether this machine has the programs."""
    return all(_found(name) for name in PROGRAMS)


@contextmanager
def slurm_cluster(folder: Path, nodes: int = 3, cpus: int = 2) -> Iterator[Cluster]:
    """Start a cluster of `nodes` nodes that say they have `cpus` CPUs each, whatever this machine has."""
    folder.mkdir(parents=True, exist_ok=True)
    names = tuple(f"node{number}" for number in range(nodes))
    configuration = _configured(folder, names, cpus)
    environment = {"SLURM_CONF": str(configuration)}
    with ExitStack() as stack:
        stack.enter_context(_program(_munged(folder), folder / "munged.out", environment))
        _wait_for(lambda: (folder / "munge.socket").exists(), "munged", folder / "munged.out")
        controller = [_found("slurmctld"), "-D", "-c", "-f", str(configuration)]
        stack.enter_context(_program(controller, folder / "slurmctld.out", environment))
        for name in names:
            node = [_found("slurmd"), "-D", "-N", name, "-f", str(configuration)]
            stack.enter_context(_program(node, folder / f"{name}.out", environment))
        cluster = Cluster(folder, names, environment)
        _wait_for(lambda: _idle(cluster) == nodes, "nodes", folder / "slurmctld.log")
        try:
            yield cluster
        finally:
            with suppress(RuntimeError):
                cluster.cancel_all(KILL_WAIT_S + 10)


def _configured(folder: Path, nodes: Sequence[str], cpus: int) -> Path:
    for name in ("state", "spool"):
        (folder / name).mkdir(exist_ok=True)
    host = socket.gethostname()
    ports = _free_ports(len(nodes) + 1)
    lines = [
        f"NodeName={name} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs={cpus} RealMemory=4000 State=UNKNOWN"
        for name, port in zip(nodes, ports[1:], strict=True)
    ]
    path = folder / "slurm.conf"
    path.write_text(
        CONFIGURATION.format(
            host=f"{host}(127.0.0.1)",
            user=getpass.getuser(),
            ctld_port=ports[0],
            munge_socket=folder / "munge.socket",
            kill_wait_s=KILL_WAIT_S,
            folder=folder,
            nodes="\n".join(lines),
        )
    )
    return path


def _munged(folder: Path) -> list[str]:
    """The command that starts munged with a key of its own."""
    key = folder / "munge.key"
    key.write_bytes(os.urandom(128))
    key.chmod(0o400)
    places = {"key-file": key, "socket": "munge.socket", "pid-file": "munge.pid", "log-file": "munge.log"}
    options = [f"--{name}={folder / place}" for name, place in (places | {"seed-file": "munge.seed"}).items()]
    return [_found("munged"), "--foreground", "--force", *options]  # force: the folder may be anybody's


@contextmanager
def _program(command: Sequence[str], log: Path, environment: Mapping[str, str]) -> Iterator[None]:
    """While entered, the program runs in a group of its own; at the end the whole group is gone."""
    with open(log, "ab") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=output, env={**os.environ, **environment}, start_new_session=True
        )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait_for(holds: object, what: str, log: Path) -> None:
    assert callable(holds)
    until = time.monotonic() + START_S
    while not holds():
        if time.monotonic() > until:
            said = log.read_text(errors="replace")[-2000:] if log.exists() else ""
            raise RuntimeError(f"{what} did not get ready within {START_S:g} s\n{said}")
        time.sleep(0.1)


def _idle(cluster: Cluster) -> int:
    states = cluster.ask("sinfo", "--noheader", "--Node", "--partition=normal", "--format", "%T", check=False)
    return states.split().count("idle")


def _found(program: str) -> str:
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") or ""


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]


def main() -> None:
    """Keep a cluster until Ctrl-C."""
    parser = argparse.ArgumentParser(description="A SLURM for tests on this machine.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--nodes", type=int, default=3)
    parser.add_argument("--cpus", type=int, default=2)
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the programs end with this one
    with slurm_cluster(given.folder.resolve(), given.nodes, given.cpus) as cluster, suppress(KeyboardInterrupt):
        print(*(f"export {name}={value}" for name, value in cluster.environment.items()), sep="\n", flush=True)
        signal.pause()


if __name__ == "__main__":
    sys.exit(main())
