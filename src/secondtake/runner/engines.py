"""The engine that a run was asked to use, and how it is opened: local, or ray."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from secondtake.core.errors import UserError
from secondtake.core.jobs import Job
from secondtake.core.project import Project
from secondtake.core.validation import did_you_mean, shorten_repr
from secondtake.runner.local_engine import LocalEngine, this_machine
from secondtake.runner.placement import Machine, Need, need_of
from secondtake.runner.ray_cluster import LOCAL, RayCluster, parse_address
from secondtake.runner.ray_engine import RayEngine
from secondtake.runner.scheduler import Engine
from secondtake.runner.settings import Settings
from secondtake.runner.worker_client import Launcher, ProgressListener

Name = Literal["local", "ray"]
ENGINES: tuple[Name, ...] = ("local", "ray")
AUTO = "auto"
MOST_WORKERS = 10_000  # threads of this process

MakeEngine = Callable[[Mapping[str, Launcher]], Engine]  # by model, how its workers are started


@dataclass(frozen=True)
class EngineRequest:
    """Where workers are to run, and how many at once."""

    name: Name = "local"
    address: str = ""  # of a Ray cluster
    workers: int | None = 1  # at once, at most; None: as many as there is room for

    @property
    def is_elsewhere(self) -> bool:
        """True if workers may run on other machines than this one."""
        return self.name == "ray" and self.address != LOCAL


ONE_HERE = EngineRequest()


def parse_engine(name: str, address: str = "", workers: str = "") -> EngineRequest:
    """The request of --engine ray --address … --workers 4. UserError for what is none."""
    engine = next((known for known in ENGINES if known == name.strip().lower()), None)
    if engine is None:
        raise UserError(f"--engine: no engine {shorten_repr(name)}; {did_you_mean(name, ENGINES)}")
    if address and engine != "ray":
        raise UserError("--address is that of a Ray cluster: add --engine ray")
    count = _parse_workers(workers) if workers else (1 if engine == "local" else None)
    return EngineRequest(engine, parse_address(address) if engine == "ray" else "", count)


def _parse_workers(text: str) -> int | None:
    if text.strip().lower() == AUTO:
        return None
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:6]) <= MOST_WORKERS:
        limits = f"a whole number from 1 to {MOST_WORKERS}, or {AUTO}"
        raise UserError(f"--workers: {shorten_repr(text)} is not {limits}")
    return int(text)


@dataclass(frozen=True)
class OpenEngine:
    """An engine's machines, for the time of a run."""

    make: MakeEngine
    cluster: RayCluster | None = None

    @property
    def builds_here(self) -> bool:
        """True if a worker may run in an environment of this machine's project."""
        if self.cluster is None:
            return True
        return any(node.shares_environments for node in self.cluster.nodes.values())

    def sharing(self) -> dict[str, int]:
        """The machines that see this project's files at the same paths, by their ids, and the
        cores of each."""
        nodes = self.cluster.nodes.values() if self.cluster else ()
        return {node.id: node.machine.cores for node in nodes if node.shares_paths}

    def machines(self) -> list[Machine]:
        """The machines of the cluster, as they are now."""
        return [node.machine for node in self.cluster.nodes.values()] if self.cluster else []


@contextmanager
def open_engine(
    request: EngineRequest, project: Project, settings: Settings, listener: ProgressListener
) -> Iterator[OpenEngine]:
    """Reach what the engine runs on. ModelError if a cluster cannot be reached, or used."""
    low = settings.low_memory
    if request.name == "local":
        machine = _machine(request, settings)
        yield OpenEngine(lambda launchers: LocalEngine(launchers, machine, low))
        return
    with RayCluster(project, listener, request.address).connected() as cluster:
        yield OpenEngine(
            lambda launchers: RayEngine(
                cluster,
                launchers,
                request.workers,
                low_memory=low,
                ignore_memory=settings.ignore_memory,
            ),
            cluster,
        )


def needs_of(jobs: Sequence[Job], settings: Settings, device: str = "auto") -> list[Need]:
    """What a worker of each of their checkpoints needs."""
    each = dict.fromkeys((job.model, job.checkpoint) for job in jobs)
    return [need_of(*checkpoint, device, low=settings.low_memory) for checkpoint in each]


def _machine(request: EngineRequest, settings: Settings) -> Machine:
    if request.workers == 1:
        return Machine(0, 1, limit=1)
    machine = this_machine(request.workers)
    if settings.ignore_memory:
        machine.memory = sys.maxsize
    return machine
