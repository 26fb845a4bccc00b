"""A worker on a machine of a Ray cluster, hosted there by an actor (runner.ray_host).

It is used as a worker on this machine is (runner.worker_client). What it makes comes home through
Ray's object store, and is stored by the code that stores a local take. An actor is never started
again by Ray, nor a call repeated: a worker that is lost is a loss that the scheduler knows of.
"""

import json
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256
from typing import Any

from secondtake.core.errors import ModelError, as_model_error
from secondtake.core.files import sha256_of
from secondtake.core.jobs import Job
from secondtake.core.lock_names import VARIABLES
from secondtake.core.prompts.source_audio import parse_source_audio
from secondtake.core.prompts.voices import parse_custom_voice
from secondtake.core.take_files import store_new
from secondtake.core.takes import Take, takes_folder
from secondtake.core.validation import resolve_inside
from secondtake.core.weights import read_manifest
from secondtake.runner.job_queue import WorkerLost
from secondtake.runner.placement import Placement
from secondtake.runner.ray_cluster import CHUNK_BYTES, ClusterNode, RayCluster
from secondtake.runner.ray_host import Host, Message, Order, manifest_files
from secondtake.runner.worker_client import (
    GRACE_SECONDS,
    Launcher,
    ProgressListener,
    WorkerDied,
    WorkerStopped,
)

ENGINE = "ray"  # in the record of a take
CALLS_AT_ONCE = 4  # of an actor: what it makes, and beside it to be stopped and closed
CALL_SECONDS = 1.0  # that a call is to last, if its batches are shorter
MOST_AHEAD = 50
LOOK_SECONDS = 1.0
CHUNKS_ON_THE_WAY = 4


class RemoteWorker:
    """A worker on another machine, as runner.worker_client.Worker is one on this."""

    def __init__(
        self, cluster: RayCluster, node: ClusterNode, placement: Placement, launcher: Launcher
    ) -> None:
        self._cluster, self._node, self._placement = cluster, node, placement
        self._launcher, self._ray = launcher, cluster.ray
        self._is_stopped = self._is_making = False
        self.batches_ahead = 1  # more where a batch takes less than a second
        self._actor = self._start()

    def _start(self) -> Any:
        placement = self._placement
        on_card = placement.card is not None
        options = {
            "num_cpus": placement.cores,
            "num_gpus": 1 if on_card else 0,
            "memory": min(placement.memory, self._node.machine.memory) or None,
            "scheduling_strategy": self._cluster.pinned(self._node.id),
            "max_restarts": 0,
            "max_task_retries": 0,
            "max_concurrency": CALLS_AT_ONCE,
        }
        return self._ray.remote(Host).options(**options).remote(self._order())

    def _order(self) -> Order:
        launcher, (model, checkpoint) = self._launcher, self._placement.need.checkpoint
        project = launcher.project
        return Order(
            root=self._node.root,
            model=model,
            checkpoint=checkpoint,
            device=launcher.device,
            threads=self._placement.threads,
            limit=launcher.limit,
            log=project.relative(launcher.log),
            lock_sha256=sha256_of(project.lock(model)),
            lock_variables={name: os.environ[name] for name in VARIABLES if name in os.environ},
        )

    def wait_until_ready(self, listener: ProgressListener) -> int:
        """Prepare the machine, load the checkpoint; the number of jobs that it takes at once.

        ModelError if that cannot be, WorkerDied if its process ends, WorkerLost if the machine
        does.
        """
        started = self._actor.hello.remote()
        label = f"{self._launcher.model} on {self._node.name}"
        while not self._done(started):
            listener.progress(label, "waiting for room", 0, 0)
        with self._node.preparing:
            if not self._node.shares_cache:
                with self._cluster.sending():
                    self._send_weights(listener)
            self._stream(self._actor.build, listener)
        ready = self._stream(self._actor.load, listener)
        return int(ready[-1][1])

    def _send_weights(self, listener: ProgressListener) -> None:
        """Send what the machine has not; it writes the manifest once all is there."""
        key = self._placement.need.checkpoint
        manifest = read_manifest(self._launcher.project, *key)
        if manifest is None or key in self._node.has_weights:
            return
        files = manifest_files(manifest)
        missing = self._got(self._actor.missing.remote(files))
        total = sum(files[name]["bytes"] for name in missing)
        sent, on_the_way = 0, []
        for name in missing:
            path, size = files[name]["path"], files[name]["bytes"]
            for offset in range(0, max(size, 1), CHUNK_BYTES):
                chunk = self._cluster.put_chunk(self._launcher.project.cache / path, offset)
                on_the_way.append(self._actor.append.remote(path, offset, chunk))
                if len(on_the_way) >= CHUNKS_ON_THE_WAY:
                    self._got(on_the_way.pop(0))
                sent += min(CHUNK_BYTES, size - offset)
                listener.progress(f"{self._node.name}", "sending weights", sent, total)
        for each in on_the_way:
            self._got(each)
        self._stream(self._actor.keep_weights, listener, files, missing)
        self._node.has_weights.add(key)

    def generate(
        self, batches: Sequence[Sequence[Job]], listener: ProgressListener
    ) -> Iterator[tuple[str, float | ModelError]]:
        """Have takes made, one batch after another; yield each job's name, as it ends, with seconds
        or error. A take is stored here before its name is yielded.
        """
        by_name = {job.name: job for jobs in batches for job in jobs}
        inputs = self._inputs(by_name.values())
        self._is_making, begun = True, time.monotonic()
        sent = [[job.to_json() for job in jobs] for jobs in batches]
        for message in self._messages(self._actor.generate, listener, sent, inputs):
            kind, *rest = message
            if kind == "refused":
                name, *error = rest
                yield name, ModelError(*error)
            elif kind == "take":
                name, seconds, record, wav = rest
                try:
                    self._store(by_name[name], record, wav)
                except OSError as error:
                    yield name, as_model_error(error)
                else:
                    yield name, seconds
        self._is_making = False
        each = (time.monotonic() - begun) / len(batches)
        self.batches_ahead = max(1, min(MOST_AHEAD, int(CALL_SECONDS / each)))

    def _inputs(self, jobs: Iterable[Job]) -> dict[str, bytes]:
        """The files of the project that jobs read, by their paths in it."""
        root = self._launcher.project.root
        names = {name for job in jobs for name in input_files(job)}
        paths = {name: resolve_inside(root, name, "an input") for name in names}
        # The model says what it misses, as it does here.
        return {name: path.read_bytes() for name, path in paths.items() if path.is_file()}

    def _store(self, job: Job, record: bytes, wav: bytes) -> None:
        """Store a take that came home as a local worker does, once it is what its record says."""
        take = Take.from_json(json.loads(bytes(record)))
        if take.job != job or sha256(wav).hexdigest() != take.wav.sha256:
            raise WorkerLost("network", f"{job.name} arrived damaged from {self._node.name}")
        take = replace(take, made=replace(take.made, engine=ENGINE))
        results = self._launcher.results
        folder = takes_folder(results)
        folder.mkdir(parents=True, exist_ok=True)
        aside = folder / f".{job.name}.new.part"
        try:
            with aside.open("wb") as file:
                file.write(wav)
                file.flush()
                os.fsync(file.fileno())
            store_new(results, take, aside)
        finally:
            aside.unlink(missing_ok=True)

    def interrupt(self) -> None:
        """Have whoever waits for it stop. What it is writing is finished, and comes home."""
        self._is_stopped = True
        with suppress(Exception):
            if self._is_making:
                self._actor.interrupt.remote()
            else:
                self._ray.kill(self._actor)

    def stop(self) -> dict[str, float]:
        """Nothing is left to hear: what it finished came before WorkerStopped."""
        return {}

    def close(self) -> None:
        """End the worker on its machine, and the actor."""
        with suppress(Exception):
            self._ray.get(self._actor.close.remote(), timeout=2 * GRACE_SECONDS)
        with suppress(Exception):
            self._ray.kill(self._actor)

    def _stream(self, method: Any, listener: ProgressListener, *values: Any) -> list[Message]:
        """The messages of a method, all of them, but for those that the listener gets."""
        return list(self._messages(method, listener, *values))

    def _messages(self, method: Any, listener: ProgressListener, *values: Any) -> Iterator[Message]:
        stream = self._guarded(method.options(num_returns="streaming").remote(*values))
        for message in (message for each in stream for message in self._got(each)):
            kind, *rest = message
            if kind == "line":
                listener.line(*rest)
            elif kind == "progress":
                listener.progress(*rest)
            elif kind == "log":
                self._keep_log(*rest)
            elif kind == "stopped":
                raise WorkerStopped
            elif kind == "error":
                is_death, *error = rest
                raise (WorkerDied if is_death else ModelError)(*error)
            else:
                yield message

    def _guarded(self, references: Iterator[Any]) -> Iterator[Any]:
        """The next references of a stream, with Ray's errors turned into ours."""
        while True:
            try:
                reference = next(references)
            except StopIteration:
                return
            except self._ray.exceptions.RayError as error:
                raise self._ours(error) from None
            yield reference

    def _got(self, reference: Any) -> Any:
        try:
            return self._ray.get(reference)
        except self._ray.exceptions.RayError as error:
            raise self._ours(error) from None

    def _done(self, reference: Any) -> bool:
        """True if a call has ended, within a second."""
        if self._is_stopped:
            raise WorkerStopped
        done, _ = self._ray.wait([reference], timeout=LOOK_SECONDS)
        if done:
            self._got(reference)
        return bool(done)

    def _ours(self, error: Exception) -> Exception:
        """An error of Ray's as one of ours: the worker is lost, or its host has a bug."""
        if self._is_stopped:
            return WorkerStopped()
        exceptions = self._ray.exceptions
        reason = str(error).strip().splitlines()[0]
        if isinstance(error, exceptions.RayTaskError) and not isinstance(
            error, exceptions.RayActorError
        ):
            return ModelError("bug", f"on {self._node.name}: {str(error).splitlines()[-1]}")
        return WorkerLost("network", f"the worker on {self._node.name} was lost: {reason}")

    def _keep_log(self, printed: bytes) -> None:
        log = self._launcher.log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as file:
            file.write(printed)


def input_files(job: Job) -> list[str]:
    """The files that a job reads, by their paths in the project: recordings, and own voices."""
    names = []
    for value in job.settings.values():
        if not isinstance(value, str):
            continue
        try:
            names.append(parse_source_audio(value).path)
        except ValueError:
            if voice := parse_custom_voice(value):
                names.append(voice[0])
    return names
