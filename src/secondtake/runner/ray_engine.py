"""The Ray engine: workers on the machines of a cluster, each hosted by an actor (runner.ray_host).

Ray places nothing by itself: each actor is made for one machine, with the cores, the card and the
memory that its worker needs, so that what else runs on the cluster is respected. Workers that are
lost are replaced without end; the limit is that of a job (runner.job_queue).
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from threading import Lock

from secondtake.core.errors import ModelError
from secondtake.core.formatting import format_bytes
from secondtake.runner.placement import Need, Placement, need_of
from secondtake.runner.ray_cluster import ClusterNode, RayCluster
from secondtake.runner.ray_worker import RemoteWorker
from secondtake.runner.worker_client import (
    Launcher,
)

CALLS_AT_ONCE = 4  # of an actor: what it makes, and beside it to be stopped and closed
LOOK_SECONDS = 1.0
CHUNKS_ON_THE_WAY = 4


class RayEngine:
    """Workers on the machines of a cluster."""

    def __init__(
        self,
        cluster: RayCluster,
        launchers: Mapping[str, Launcher],
        workers: int | None = None,
        *,
        low_memory: bool = False,
        ignore_memory: bool = False,
    ) -> None:
        """launchers: how each model's workers would be started here. workers: the most at once."""
        self.cluster, self.launchers, self.workers = cluster, launchers, workers
        self.low_memory, self.ignore_memory = low_memory, ignore_memory
        self._seats: set[RaySeat] = set()
        self._lock = Lock()

    def seat(self, model: str, checkpoint: str, avoided: frozenset[str]) -> "RaySeat | None":
        """Room on the machine that has most of it to spare. ModelError if none ever had it."""
        self.cluster.refresh()
        need = self._need(model, checkpoint)
        fitting = self._fitting(need, avoided)
        if self.cluster.nodes and not fitting:
            hint = "use a smaller checkpoint, or add machines"
            raise ModelError("memory", self._lack(need), hint)
        with self._lock:
            if self.workers is not None and len(self._seats) >= self.workers:
                return None
            for node in sorted(fitting, key=lambda node: len(node.machine.placed)):
                if placement := node.machine.place(need):
                    seat = RaySeat(self, model, node, placement)
                    self._seats.add(seat)
                    return seat
        return None

    def has_place(self, model: str, checkpoint: str, avoided: frozenset[str]) -> bool:
        """True if there is a machine that could ever have it, and is not avoided."""
        return bool(self._fitting(self._need(model, checkpoint), avoided))

    def _need(self, model: str, checkpoint: str) -> Need:
        need = need_of(model, checkpoint, self.launchers[model].device, low=self.low_memory)
        return replace(need, memory=0, loading=0) if self.ignore_memory else need

    def _fitting(self, need: Need, avoided: frozenset[str]) -> list[ClusterNode]:
        nodes = [node for node in self.cluster.nodes.values() if node.id not in avoided]
        return [node for node in nodes if node.machine.fits(need)]

    def log(self, model: str) -> str:
        """The file that gets what a model's workers print, as people see it."""
        launcher = self.launchers[model]
        return launcher.project.relative(launcher.log)

    def leave(self, seat: "RaySeat") -> None:
        """Give back the room of a worker."""
        with self._lock:
            self._seats.discard(seat)
            seat.node.machine.free(seat.placement)

    def _lack(self, need: Need) -> str:
        most = max((node.machine.memory for node in self.cluster.nodes.values()), default=0)
        wanted, have = format_bytes(need.memory), format_bytes(most)
        title = " ".join(need.checkpoint)
        return f"{title} needs {wanted} of memory, no machine of the cluster has more than {have}"


@dataclass(frozen=True, eq=False)
class RaySeat:
    """Room for one worker on a machine of the cluster."""

    engine: RayEngine
    model: str
    node: ClusterNode
    placement: Placement

    @property
    def place(self) -> str:
        return self.node.name

    @property
    def key(self) -> str:
        return self.node.id

    @contextmanager
    def worker(self) -> Iterator["RemoteWorker"]:
        """A worker, from its start to its end."""
        launcher = self.engine.launchers[self.model]
        worker = RemoteWorker(self.engine.cluster, self.node, self.placement, launcher)
        try:
            yield worker
        finally:
            worker.close()

    def leave(self) -> None:
        self.engine.leave(self)
