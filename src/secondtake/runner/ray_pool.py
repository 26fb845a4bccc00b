"""The analysis on a Ray cluster: a process for each core of the nodes that read the same files.

Ray knows actors, one for each process: an actor lives in a process of Ray's own Python, and hosts
one of the analysis environment's, which knows nothing of Ray. The pool before them, and what
becomes of chunks whose process dies: secondtake.runner.pool_server.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from secondtake.core.environ import child_environ, model_variables, without_secrets
from secondtake.core.errors import first_line
from secondtake.core.pool_protocol import VARIABLE, frame, read_frame
from secondtake.core.project import Project
from secondtake.runner.child_process import PIPE, Child, describe_end, start
from secondtake.runner.environments import ANALYSIS
from secondtake.runner.pool_server import ProcessDied, Say, SlotLost, pool_server

MODULE = "secondtake.analysis.pool_worker"
OURS = "SECONDTAKE_"  # variables that nodes have as the driver has them


@contextmanager
def analysis_pool(
    project: Project,
    nodes: Mapping[str, int],
    say: Say = lambda line: None,
    python: Path | None = None,
) -> Iterator[dict[str, str]]:
    """The variables with which an analysis works on these nodes, inside the block.

    nodes: the id of each -> how many of its cores; all read the project's files by the same paths.
    Nothing is started before an analysis has much to do. say: gets a line where no process starts.
    python: of the analysis; that of its environment, as it is by then, if None. Ray is initialized.
    """
    import ray

    def create(node: str) -> Any:
        program = python or project.environment(ANALYSIS).resolve() / "bin" / "python"
        return _create_actor(node, program, project, _variables(project))

    names = {node["NodeID"]: node["NodeManagerHostname"] for node in ray.nodes()}
    slots = [
        RaySlot(node, names.get(node, node), create)
        for node, cores in nodes.items()
        for _ in range(cores)
    ]
    with pool_server(slots, say) as path:
        yield {VARIABLE: str(path)}


def _variables(project: Project) -> dict[str, str]:
    """The variables that a process on a node has as one here would."""
    ours = {name: value for name, value in os.environ.items() if name.startswith(OURS)}
    return {**without_secrets(ours), **model_variables(project)}


class AnalysisProcess:
    """A process of the analysis, and the pipes to it. It is started anew after its death."""

    def __init__(self, python: Path, project: Project, variables: Mapping[str, str]) -> None:
        self._python, self._project, self._variables = python, project, variables
        self._child: Child | None = None

    def start(self) -> str:
        """Start it unless it is there; why it does not start, or ""."""
        if self._child is not None:
            return ""
        environ = {**child_environ(self._project), **self._variables}
        environ.pop(VARIABLE, None)  # it is of the pool, and asks for none
        try:
            self._child = start(
                [self._python, "-P", "-m", MODULE],
                cwd=self._project.root,
                env=environ,
                stdin=PIPE,
                stdout=PIPE,
            )
            is_there = self._read() is not None
        except (OSError, EOFError) as error:
            return str(error)
        return "" if is_there else f"{self._python} {describe_end(self._end())}"

    def work(self, chunk: bytes) -> bytes | None:
        """Its answer to a chunk; None if it died of it."""
        assert self._child is not None and self._child.stdin is not None
        try:
            self._child.stdin.write(frame([chunk]))
            self._child.stdin.flush()
            answer = self._read()
        except (OSError, EOFError):
            answer = None
        if answer is None:
            self._end()
        return answer

    def _read(self) -> bytes | None:
        assert self._child is not None and self._child.stdout is not None
        return read_frame(self._child.stdout)

    def _end(self) -> int:
        """End what is left of it; its exit code, or minus the signal."""
        assert self._child is not None
        with self._child as child:
            self._child = None
        return child.wait()


class RaySlot:
    """A core of a node, held by an actor once it is started (secondtake.runner.pool_server)."""

    def __init__(self, node: str, place: str, create: Callable[[str], Any]) -> None:
        self.place = place
        self._node, self._create = node, create
        self._actor: Any = None

    def start(self) -> "Future[Any]":
        if self._actor is None:
            self._actor = self._create(self._node)
        return _future(self._actor.start.remote())

    def started(self, future: "Future[Any]") -> None:
        if reason := self._outcome(future):
            self.kill()
            raise SlotLost(reason)

    def work(self, chunk: bytes) -> "Future[Any]":
        return _future(self._actor.work.remote(chunk))

    def answer(self, future: "Future[Any]") -> bytes:
        answer: bytes | None = self._outcome(future)
        if answer is None:
            raise ProcessDied
        return answer

    def kill(self) -> None:
        """End the actor; its process ends with it, by its guard."""
        import ray

        if self._actor is not None and ray.is_initialized():
            ray.kill(self._actor)
        self._actor = None

    def _outcome(self, future: "Future[Any]") -> Any:
        """What the actor returned. ProcessDied if it is gone, SlotLost if its node is."""
        from ray.exceptions import ActorUnavailableError, RayActorError, RayError

        try:
            return future.result()
        except ActorUnavailableError:  # a node that has just died, or a network that is down
            self.kill()
            raise ProcessDied(by_work=False) from None
        except RayActorError:
            self._actor = None
            if _is_alive(self._node):
                raise ProcessDied from None
            raise SlotLost("it is gone") from None
        except RayError as error:
            self._actor = None
            raise SlotLost(first_line(error)) from error


def _create_actor(node: str, *arguments: Any) -> Any:
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    pinned = NodeAffinitySchedulingStrategy(node, soft=False)
    return _actor_class().options(scheduling_strategy=pinned).remote(*arguments)


@cache
def _actor_class() -> Any:
    import ray

    return ray.remote(num_cpus=1, max_restarts=0)(AnalysisProcess)


def _future(reference: Any) -> "Future[Any]":
    future: Future[Any] = reference.future()
    return future


def _is_alive(node: str) -> bool:
    import ray

    return any(each["NodeID"] == node and each["Alive"] for each in ray.nodes())
