"""A Ray cluster: reached or started, its machines looked at, each with the room that it has.

A machine takes part if this project is installed there at the same commit. What it does not share
with this one it prepares for itself, once: environments from the same locks, and the weights, which
this machine sends through Ray's object store. So no hub is asked twice, and no token goes anywhere.
"""

import os
import re
import signal
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import Any
from uuid import uuid4

from secondtake.core.environ import CLUSTER_TOKENS, without_secrets
from secondtake.core.errors import ModelError, UserError
from secondtake.core.interrupts import InterruptsHeld
from secondtake.core.project import Project
from secondtake.core.run_lock import DESCRIPTOR_VARIABLE
from secondtake.core.validation import shorten_repr
from secondtake.runner.placement import Machine
from secondtake.runner.ray_host import environments_folder, sources_hash
from secondtake.runner.worker_client import ProgressListener

LOCAL, RUNNING_HERE = "local", "auto"  # addresses: a cluster within this process, the one here
ADDRESS_VARIABLE = "RAY_ADDRESS"
HOST_AND_PORT = re.compile(r"(?P<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:]+\]):(?P<port>[0-9]{1,5})")
ANSWER_SECONDS = 10.0  # for the head of a cluster to take a connection
INSTALL = "pip install -e '.[ray]'"
SURVEY_SECONDS = 120.0  # that a machine may need to start a Python of Ray's and look around
REFRESH_SECONDS = 2.0  # between two looks at the machines that there are
STARTS = 2  # of a Ray of our own: a part of it that needs more than 15 s counts as broken
CHUNK_BYTES = 64 << 20  # of weights, as one object
# Ray sends nothing about this run to anybody, and keeps quiet where nothing is wrong.
SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_DISABLE_IMPORT_WARNING": "1",
    "RAY_raylet_start_wait_time_s": "120",  # a busy machine needs more than Ray's 30
}


@dataclass
class ClusterNode:
    """A machine that takes part."""

    id: str
    name: str
    root: str  # its checkout
    machine: Machine
    shares_environments: bool
    shares_cache: bool
    shares_paths: bool  # both, and at the driver's own paths
    preparing: Lock = field(default_factory=Lock)  # one environment at a time is built there
    has_weights: set[tuple[str, str]] = field(default_factory=set)


class RayCluster:
    """The machines of a cluster, as they are now."""

    def __init__(self, project: Project, listener: ProgressListener, address: str) -> None:
        self.ray = _import_ray()
        self.nodes: dict[str, ClusterNode] = {}
        self.address = address
        self._project, self._listener = project, listener
        self._nonce = f".shared-{uuid4().hex}.part"
        self._surveys: dict[str, Any] = {}  # node id -> what it will answer
        self._refused: set[str] = set()
        self._refreshed = 0.0
        self._sources = sources_hash(project)
        self._chunks: dict[tuple[str, int], Any] = {}  # of weights in the object store
        self._senders = 0
        self._lock = Lock()

    @contextmanager
    def connected(self) -> Iterator["RayCluster"]:
        """Reach the cluster, or start one in this process; leave it, or end it, at the end.

        ModelError network if no cluster answers; environment if no machine of it can take part.
        """
        folders = (environments_folder(self._project), self._project.cache)
        with _marked(folders, self._nonce):
            try:
                with _calm_start(), InterruptsHeld():  # amid its start, Ray dies of one
                    self._connect()
                self.refresh(wait=SURVEY_SECONDS)
                if not self.nodes:
                    message = "no machine of the Ray cluster can take part"
                    raise ModelError("environment", message, "see docs/scaling.md")
                yield self
            finally:
                with suppress(Exception):
                    self.ray.shutdown()

    def refresh(self, wait: float = 0.0) -> None:
        """Look which machines there are; new ones are asked what they have, and join later.

        wait: seconds for their answers. Without, and right after another look, nothing is asked.
        """
        if not wait and time.monotonic() - self._refreshed < REFRESH_SECONDS:
            return
        self._refreshed = time.monotonic()
        alive = {node["NodeID"]: node for node in self.ray.nodes() if node["Alive"]}
        for gone in self.nodes.keys() - alive.keys():
            left = "" if len(self.nodes) > 1 else "; the run waits for another machine to join"
            self._listener.line(f"{self.nodes.pop(gone).name} has left the cluster{left}")
        for gone in self._surveys.keys() - alive.keys():
            del self._surveys[gone]
        for node_id in alive.keys() - self.nodes.keys() - self._surveys.keys() - self._refused:
            self._surveys[node_id] = self._pinned_survey(node_id)
        if not self._surveys:
            return
        pending = list(self._surveys.values())
        answered, _ = self.ray.wait(pending, num_returns=len(pending), timeout=wait)
        for node_id, answer in list(self._surveys.items()):
            if answer in answered:
                del self._surveys[node_id]
                self._admit(node_id, alive[node_id], answer)

    @contextmanager
    def sending(self) -> Iterator[None]:
        """Weights are being sent to a machine. What was put for it is kept for all that get the
        same at that time, and no longer: Ray holds it in memory."""
        with self._lock:
            self._senders += 1
        try:
            yield
        finally:
            with self._lock:
                self._senders -= 1
                if not self._senders:
                    self._chunks.clear()

    def put_chunk(self, path: Path, offset: int) -> Any:
        """A part of a weight file as an object, which every machine that needs it gets from any
        other that has it."""
        with self._lock:
            key = (str(path), offset)
            if key not in self._chunks:
                with path.open("rb") as file:
                    file.seek(offset)
                    self._chunks[key] = self.ray.put(file.read(CHUNK_BYTES))
            return self._chunks[key]

    def pinned(self, node_id: str) -> Any:
        """The scheduling strategy that keeps an actor or a task on one machine."""
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        return NodeAffinitySchedulingStrategy(node_id=node_id, soft=False)

    def _connect(self) -> None:
        _check_answer(self.address)
        is_local = self.address == LOCAL
        options: dict[str, Any] = {"include_dashboard": False} if is_local else {}
        for attempt in range(STARTS if is_local else 1):
            try:
                self.ray.init(
                    address=self.address, log_to_driver=False, logging_level="ERROR", **options
                )
                return
            except Exception as error:  # of many classes, the most general among them
                reason = str(error).strip().splitlines()[0]
            if attempt + 1 < STARTS and is_local:
                self._listener.line(f"Ray did not start: {reason}\n    → it is started once more")
        hint = "start one: ray start --head, or use --address local"
        if is_local:
            hint = "the machine may be too busy for it: type the command again"
        message = f"no Ray cluster can be reached at {self.address}: {reason}"
        raise ModelError("network", message, hint)

    def _pinned_survey(self, node_id: str) -> Any:
        root, nonce = str(self._project.root), self._nonce

        def look() -> dict[str, Any]:  # sent by value: a machine without this project says so
            try:
                from secondtake.runner.ray_host import survey
            except ImportError as error:
                return {"trouble": f"{error}"}
            try:
                return survey(root, nonce)
            except Exception as error:
                return {"trouble": f"{type(error).__name__}: {error}"}

        task = self.ray.remote(look).options(
            num_cpus=0, max_retries=2, scheduling_strategy=self.pinned(node_id)
        )
        return task.remote()

    def _admit(self, node_id: str, node: Mapping[str, Any], answer: Any) -> None:
        name = str(node.get("NodeManagerHostname") or node.get("NodeManagerAddress"))
        try:
            facts = self.ray.get(answer)
        except Exception as error:
            facts = {"trouble": str(error).strip().splitlines()[-1]}
        has = node["Resources"]
        if has.get("CPU", 0) < 1:  # a head that only leads: Ray was started there so
            self._refused.add(node_id)
            return
        if not facts.get("trouble") and facts["sources"] != self._sources:
            facts["trouble"] = f"its checkout {facts['root']} is of another commit"
        if trouble := facts.get("trouble"):
            self._refused.add(node_id)
            hint = f"on it, in a checkout of this commit, type: {INSTALL}"
            self._listener.line(f"{name} takes no part: {trouble}\n    → {hint}")
            return
        cards = facts["cards"]
        if len(cards) != int(has.get("GPU", 0)):
            cards = [None] * int(has.get("GPU", 0))  # Ray was told of others than are there
        cores, memory = int(has["CPU"]), int(has.get("memory", 0))
        self.nodes[node_id] = ClusterNode(
            node_id,
            name,
            facts["root"],
            Machine(memory, cores, cards, whole_cards=True),
            facts["shares_environments"],
            facts["shares_cache"],
            facts["root"] == str(self._project.root)
            and facts["shares_environments"]
            and facts["shares_cache"],
        )


def parse_address(typed: str) -> str:
    """The address of --address: as typed, else RAY_ADDRESS, else the cluster of this machine.

    UserError if it is none of a cluster that this machine can be a part of.
    """
    where, address = "--address", typed
    if not typed and (address := os.environ.get(ADDRESS_VARIABLE, "")):
        where = ADDRESS_VARIABLE
    if address in ("", LOCAL, RUNNING_HERE):
        return address or RUNNING_HERE
    if HOST_AND_PORT.fullmatch(address):
        return address
    shown = f"{where}: {shorten_repr(address)} is no address of a Ray cluster"
    if "://" in address:
        hint = "the command is typed on a machine of the cluster, without ray://"
        raise UserError(f"{shown}: {hint}")
    raise UserError(f"{shown}; such as 192.168.1.10:6379, or {LOCAL}")


def _check_answer(address: str) -> None:
    """ModelError network if nothing listens there: Ray would ask for minutes."""
    found = HOST_AND_PORT.fullmatch(address)
    if not found:
        return
    host, port = found["host"].strip("[]"), int(found["port"])
    try:
        socket.create_connection((host, port), timeout=ANSWER_SECONDS).close()
    except (OSError, OverflowError) as error:
        message = f"no Ray cluster can be reached at {address}: {error}"
        hint = "start one: ray start --head, or use --address local"
        raise ModelError("network", message, hint) from None


def _import_ray() -> ModuleType:
    os.environ.update(SETTINGS)
    try:
        import ray
    except ImportError:
        raise UserError(f"--engine ray: Ray is not installed; type: {INSTALL}") from None
    return ray  # type: ignore[no-any-return]


@contextmanager
def _calm_start() -> Iterator[None]:
    """Ray starts what it starts without a secret and without our lock, and leaves our signals."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    before = dict(os.environ)
    clean = without_secrets(before)
    clean.update({name: before[name] for name in CLUSTER_TOKENS if name in before})
    for name in (DESCRIPTOR_VARIABLE, "PYTHONDONTWRITEBYTECODE"):  # compiled anew, Ray is too slow
        clean.pop(name, None)
    os.environ.clear()
    os.environ.update(clean)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        for number, handler in handlers.items():
            signal.signal(number, handler)


@contextmanager
def _marked(folders: tuple[Path, ...], name: str) -> Iterator[None]:
    """A file of this name is in each folder: a machine that sees it shares the folder."""
    marks = [folder / name for folder in folders]
    try:
        for mark in marks:
            mark.parent.mkdir(parents=True, exist_ok=True)
            mark.write_text(socket.gethostname(), encoding="utf-8")
        yield
    finally:
        for mark in marks:
            mark.unlink(missing_ok=True)
