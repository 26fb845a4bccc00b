"""The local engine: workers on this machine, one at a time or several beside each other."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock

from secondtake.core.errors import ModelError
from secondtake.runner.graphics_cards import VISIBLE, graphics_memories
from secondtake.runner.machine import available_memory_bytes, cores
from secondtake.runner.placement import Machine, Placement, need_of
from secondtake.runner.worker_client import Launcher, Worker

HERE = "this machine"
THREADS = "OMP_NUM_THREADS"
SHARED_CORES = {"GOMP_SPINCOUNT": "0"}  # a thread that spins keeps another worker's from working


def this_machine(workers: int | None) -> Machine:
    """The resources of this machine for so many workers; None: for as many as there is room for."""
    memories = graphics_memories()
    cards = [card.free for card in memories if card.device in ("cuda", "mps")]
    return Machine(available_memory_bytes(), cores(), cards, workers)


@dataclass
class LocalEngine:
    """Workers of models whose environments are built and whose weights are fetched."""

    launchers: Mapping[str, Launcher]  # by model
    machine: Machine = field(default_factory=lambda: Machine(0, 1, limit=1))
    low_memory: bool = False

    def __post_init__(self) -> None:
        self._lock = Lock()

    def seat(self, model: str, checkpoint: str, avoided: frozenset[str]) -> "LocalSeat | None":
        """Room for one more worker. ModelError if it could not be loaded here."""
        if not self.has_place(model, checkpoint, avoided):
            raise ModelError("bug", f"{checkpoint} cannot be loaded on {HERE}")
        launcher = self.launchers[model]
        need = need_of(model, checkpoint, launcher.device, low=self.low_memory)
        with self._lock:
            placement = self.machine.place(need)
        return LocalSeat(self, launcher, checkpoint, placement) if placement else None

    def has_place(self, model: str, checkpoint: str, avoided: frozenset[str]) -> bool:
        """True unless it could not be loaded here."""
        return not avoided

    def log(self, model: str) -> str:
        """The file that gets what a model's workers print, as people see it."""
        launcher = self.launchers[model]
        return launcher.project.relative(launcher.log)

    def leave(self, placement: Placement) -> None:
        """Give back the room of a worker."""
        with self._lock:
            self.machine.free(placement)


@dataclass(frozen=True)
class LocalSeat:
    """Room for one worker on this machine."""

    engine: LocalEngine
    launcher: Launcher
    checkpoint: str
    placement: Placement
    place: str = HERE
    key: str = HERE

    @contextmanager
    def worker(self) -> Iterator[Worker]:
        """A worker, from its start to its end. WorkerDied if it cannot be started."""
        with self.launcher.worker(self.checkpoint, self._variables()) as worker:
            yield worker

    def leave(self) -> None:
        self.engine.leave(self.placement)

    def _variables(self) -> dict[str, str]:
        """Its card and its share of the cores, where it may not be alone."""
        machine = self.engine.machine
        if machine.limit == 1 or (not machine.cards and self.placement.threads == machine.cores):
            return {}
        variables = {THREADS: str(self.placement.threads), **SHARED_CORES}
        if self.placement.card is not None and len(machine.cards) > 1:
            variables[VISIBLE] = visible_card(self.placement.card)
        return variables


def visible_card(card: int) -> str:
    """The value of CUDA_VISIBLE_DEVICES by which a process sees one card alone.

    card: its place among those that this process sees.
    """
    named = [name for name in os.environ.get(VISIBLE, "").split(",") if name.strip()]
    return named[card].strip() if card < len(named) else str(card)
