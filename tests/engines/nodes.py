"""The nodes of a Ray cluster on this machine, and what runs on them.

Ray's processes write below the folder of their cluster, and a model's process has the mark of it in
its environ: so both are found, whoever their parents are now.
"""

import os
import shutil
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from uuid import uuid4

import pytest
from tests.faults.studio import MARK, happens

CORES = 2  # of a node, and of a worker there
# Nobody is told of a test, and no token of the user's decides who may join.
SETTINGS = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "disabled"}
HOST = "ray::Host"  # begins the title of the process of a worker's host
WORKER, GUARD = "--worker", "guard.py"  # a model's process, and the one that ends it with its host
SCRATCH = "secondtake-host-*"


@dataclass
class Nodes:
    """A cluster, and the means to look at its processes and to end them."""

    folder: Path  # of Ray's sessions, and of what workers write
    mark: str = field(default_factory=lambda: uuid4().hex)
    cluster: Any = None

    @classmethod
    @contextmanager
    def started(cls, above: Path, *cores: int) -> Iterator["Nodes"]:
        """A cluster of nodes with so many cores each, until none of its processes is left."""
        from ray.cluster_utils import Cluster

        ours = cls(Path(mkdtemp(dir=above)))
        (ours.folder / "ray").mkdir()
        try:
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("RAY_TMPDIR", str(ours.folder))
                ours.cluster = Cluster(True, head_node_args=ours.arguments("head", cores[0]))
            for number, count in enumerate(cores[1:], 2):
                ours.add(f"node{number}", count)
            yield ours
        finally:
            if ours.cluster:
                ours.cluster.shutdown()
            gone = happens(lambda: not ours.alive())
            left = ours.alive()
            ours.kill(left)
            assert gone, left

    def variables(self, node: str) -> dict[str, str]:
        """For the processes of a node, beside ours."""
        scratch = self.folder / "scratch" / node
        scratch.mkdir(parents=True, exist_ok=True)
        return {MARK: self.mark, "TMPDIR": str(scratch)}

    def arguments(self, node: str, cores: int) -> dict[str, Any]:
        return {"num_cpus": cores, "include_dashboard": False, "env_vars": self.variables(node)}

    def add(self, node: str, cores: int = CORES) -> Any:
        """One more node, which shares the files of all."""
        return self.cluster.add_node(**self.arguments(node, cores))

    @property
    def address(self) -> str:
        return str(self.cluster.address)

    @property
    def words(self) -> tuple[str, ...]:
        """What is typed behind a command that is to use this cluster."""
        return ("--engine", "ray", "--address", self.address)

    def alive(self) -> dict[int, str]:
        """The command line of every living process of the cluster, by its number."""
        return dict(_processes(self.folder, self.mark))

    def hosts(self) -> list[int]:
        """The processes of hosts, each an actor of Ray's."""
        return [number for number, words in self.alive().items() if words.startswith(HOST)]

    def models(self, name: str = "") -> list[int]:
        """The processes of models, or of one."""
        workers = {n: words for n, words in self.alive().items() if WORKER in words}
        sign = f"generate_{name}"
        return [n for n, words in workers.items() if sign in words and GUARD not in words]

    def none_works(self, within: float = 60.0) -> bool:
        """True if no worker is left within so many seconds, nor a folder that one wrote to."""
        return happens(lambda: not (self.hosts() or self.models()), within)

    def scratch(self, node: str = "*") -> list[Path]:
        """The folders that workers of a node, or of all, write to."""
        return sorted((self.folder / "scratch").glob(f"{node}/{SCRATCH}"))

    def forget(self, node: str) -> None:
        """Remove what workers left on a node that is gone."""
        shutil.rmtree(self.folder / "scratch" / node)

    def kill(self, processes: Iterator[int] | Sequence[int] | dict[int, str]) -> None:
        """End processes, as the system does when it has no memory left."""
        for number in processes:
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)


def _processes(folder: Path, mark: str) -> Iterator[tuple[int, str]]:
    wanted = f"{MARK}={mark}".encode()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            is_ours = wanted in (process / "environ").read_bytes().split(b"\0") or str(
                (process / "fd" / "2").readlink()
            ).startswith(f"{folder}/")
            state = (process / "stat").read_text().rpartition(")")[2].split()[0]
            words = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if is_ours and state != "Z":
            yield int(process.name), words.strip()
