"""A host: on a machine of a Ray cluster, it runs one worker of one checkpoint for the driver.

It is an actor of Ray's, in whose Python this project is installed. The worker itself is the one
that a local run has: a process in the model's environment, which knows nothing of Ray. It works in
a scratch folder with the layout of a project, of which the host sends home what is finished.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from pickle import PickleBuffer
from queue import SimpleQueue
from threading import Thread
from time import monotonic
from typing import Any

import secondtake
from secondtake.core.errors import LockedError, ModelError, UserError, as_model_error
from secondtake.core.files import file_fingerprint, sha256_of
from secondtake.core.jobs import Job
from secondtake.core.project import Project, find_project
from secondtake.core.run_lock import DESCRIPTOR_VARIABLE, NO_WAIT_VARIABLE
from secondtake.core.serialization import from_dict
from secondtake.core.takes import record_path, wav_path
from secondtake.core.validation import resolve_inside
from secondtake.core.weights import FetchedFile, Manifest, read_manifest, write_manifest
from secondtake.runner.environments import ensure
from secondtake.runner.graphics_cards import graphics_memories
from secondtake.runner.worker_client import Launcher, Worker, WorkerDied, WorkerStopped

PACKAGE = Path(secondtake.__file__).parent
SCRIPTS = "scripts/generate_*.py"  # in a checkout
LINKED = ("src", "scripts", "requirements", "noxfile.py")  # of the checkout, in a scratch folder
SCRATCH = "secondtake-host-"  # begins the name of a scratch folder, before the process's number
PROGRESS_SECONDS = 2.0  # between two messages of how far a worker is
MESSAGES_TOGETHER = 32  # of takes of less than a second, which are small
RESULTS = "results"

Message = tuple[Any, ...]  # its kind, then what belongs to that


@dataclass(frozen=True)
class Order:
    """What a host is to run, and how."""

    root: str  # the project of its machine
    model: str
    checkpoint: str
    device: str
    threads: int
    limit: float  # seconds of silence after which the worker counts as hanging
    log: str  # the driver's file of what workers print, relative to its project
    lock_sha256: str  # of the lock that the environment must be built from
    lock_variables: Mapping[str, str]  # which choose it


def sources_hash(project: Project) -> str:
    """One hash of the code that decides what a take is: equal on all machines of a run."""
    digest = sha256()
    for folder, pattern in ((PACKAGE, "**/*.py"), (project.root, SCRIPTS)):
        for path in sorted(folder.glob(pattern)):
            name = path.relative_to(folder).as_posix()
            digest.update(f"{name}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def survey(root: str, nonce: str) -> dict[str, Any]:
    """What the driver has to know of this machine.

    root: the driver's project; this machine's is the same if it sees that folder too, else that of
    SECONDTAKE_ROOT, or the checkout that is installed. nonce: a file that the driver has just made
    beside its environments, and in its cache; a machine that has it there too shares them.
    """
    project = Project(Path(root))
    if not (environments_folder(project) / nonce).exists():
        project = find_project(Path(__file__))
    return {
        "sources": sources_hash(project),
        "root": str(project.root),
        "shares_environments": (environments_folder(project) / nonce).exists(),
        "shares_cache": (project.cache / nonce).exists(),
        "cards": [card.total for card in graphics_memories() if card.device == "cuda"],
    }


def environments_folder(project: Project) -> Path:
    """The folder that holds the environments of a checkout."""
    from secondtake.core.leftovers import ENVIRONMENTS

    return project.root / ENVIRONMENTS


class Relay:
    """Takes what a worker tells in one thread, and gives it as messages in another."""

    def __init__(self) -> None:
        self._messages: SimpleQueue[Message | None] = SimpleQueue()
        self._next_progress = 0.0

    def line(self, text: str) -> None:
        self.tell("line", text)

    def progress(self, label: str, phase: str, done: int, total: int) -> None:
        """Passed on now and then."""
        now = monotonic()
        if now >= self._next_progress:
            self._next_progress = now + PROGRESS_SECONDS
            self.tell("progress", label, phase, done, total)

    def tell(self, *message: Any) -> None:
        self._messages.put(message)

    def messages_of(self, work: Callable[["Relay"], None]) -> Iterator[list[Message]]:
        """The messages of some work, while it is done: all that there are by then at once."""

        def worked() -> None:
            try:
                work(self)
            except WorkerStopped:
                self.tell("stopped")
            except Exception as error:
                self.tell("error", isinstance(error, WorkerDied), *_fields(error))
            self._messages.put(None)

        Thread(target=worked, daemon=True).start()
        message = self._messages.get()
        while message is not None:
            together: list[Message] = []
            while message is not None:
                together.append(message)
                if self._messages.empty() or len(together) == MESSAGES_TOGETHER:
                    break
                message = self._messages.get()
            yield together
            message = self._messages.get() if message is not None else None


def _fields(error: Exception) -> tuple[str, str, str]:
    """Code, message and hint, as an error's outcome has them."""
    if isinstance(error, (UserError, LockedError)):
        return "environment", str(error), ""
    known = as_model_error(error)
    return known.code, known.message, known.hint


class Host:
    """The actor. Its methods that yield are streams of messages."""

    def __init__(self, order: Order) -> None:
        for name in (DESCRIPTOR_VARIABLE, *order.lock_variables):
            os.environ.pop(name, None)  # the driver's lock is none of ours
        os.environ.update({**order.lock_variables, NO_WAIT_VARIABLE: "1"})
        self._order = order
        self._project = Project(Path(order.root))
        _remove_abandoned()
        scratch = tempfile.mkdtemp(prefix=f"{SCRATCH}{os.getpid()}-")
        self._scratch = _laid_out(Path(scratch), self._project)
        self._python: Path | None = None
        self._worker: Worker | None = None
        self._context: Any = None
        self._log_sent = 0

    def hello(self) -> int:
        """Answered as soon as the actor runs: its process."""
        return os.getpid()

    def missing(self, files: Mapping[str, Mapping[str, Any]]) -> list[str]:
        """The keys of the weight files that this machine has not. files: as in a manifest."""
        own = read_manifest(self._project, self._order.model, self._order.checkpoint)
        known = own.files if own else {}
        return [key for key, file in files.items() if not self._has(file, known.get(key))]

    def _has(self, file: Mapping[str, Any], known: FetchedFile | None) -> bool:
        path = self._in_cache(file["path"])
        try:
            if known and known.sha256 == file["sha256"] and known.path == file["path"]:
                return file_fingerprint(path) == known.stamp or sha256_of(path) == known.sha256
            if path.stat().st_size != file["bytes"]:
                return False
            return sha256_of(path) == str(file["sha256"])
        except OSError:
            return False

    def append(self, name: str, offset: int, chunk: bytes) -> None:
        """Write a part of a weight file, aside."""
        path = self._aside(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o666)
        with os.fdopen(descriptor, "wb") as file:  # parts come in any order
            file.seek(offset)
            file.write(chunk)

    def keep_weights(
        self, files: Mapping[str, Mapping[str, Any]], received: Sequence[str]
    ) -> Iterator[list[Message]]:
        """Check the received weight files, put them into place, and write the manifest."""

        def work(relay: Relay) -> None:
            for key in received:
                file = files[key]
                relay.progress(self._order.model, f"checking {file['path']}", 0, 0)
                aside, path = self._aside(file["path"]), self._in_cache(file["path"])
                if sha256_of(aside) != file["sha256"]:
                    aside.unlink()
                    message = f"{file['path']} arrived damaged on this machine"
                    raise ModelError("bad_weights", message, "type the command again")
                aside.replace(path)
            fetched = {}
            for key, file in files.items():
                stamp = file_fingerprint(self._in_cache(file["path"]))
                fetched[key] = from_dict(FetchedFile, {**file, "stamp": list(stamp)})
            manifest = Manifest(self._order.model, self._order.checkpoint, fetched)
            write_manifest(self._project, manifest)

        yield from Relay().messages_of(work)  # Ray streams generators alone

    def _in_cache(self, name: str) -> Path:
        return resolve_inside(self._project.cache, name, "a weight file")

    def _aside(self, name: str) -> Path:
        path = self._in_cache(name)
        return path.with_name(f".{path.name}.{os.getpid()}.part")

    def build(self) -> Iterator[list[Message]]:
        """Build the environment if need be. Nobody else may be building on this machine."""

        def work(relay: Relay) -> None:
            order, project = self._order, self._project
            lock = project.lock(order.model)
            if sha256_of(lock) != order.lock_sha256:
                message = f"{lock} is not the driver's: other packages make other takes"
                raise ModelError("environment", message, "bring this checkout to the same commit")
            label = project.environment(order.model).name
            log = project.cache / "logs" / f"build-{order.model}.log"
            self._python = ensure(
                project, order.model, log, lambda *step: relay.progress(label, *step)
            )

        yield from Relay().messages_of(work)  # Ray streams generators alone

    def load(self) -> Iterator[list[Message]]:
        """Start the worker in the environment that was built, and wait until it has loaded."""

        def work(relay: Relay) -> None:
            order, results = self._order, self._scratch.root / RESULTS
            assert self._python is not None
            launcher = Launcher(
                self._scratch, order.model, self._python, results, order.device, self._log,
                order.limit,
            )  # fmt: skip
            threads = {"OMP_NUM_THREADS": str(order.threads)}
            self._context = launcher.worker(order.checkpoint, threads)
            self._worker = self._context.__enter__()
            try:
                relay.tell("ready", self._worker.wait_until_ready(relay))
            finally:
                self._send_log(relay)

        yield from Relay().messages_of(work)  # Ray streams generators alone

    def generate(
        self, batches: Sequence[Sequence[Mapping[str, Any]]], inputs: Mapping[str, bytes]
    ) -> Iterator[list[Message]]:
        """Make takes, one batch after another, each at once; each is sent home when it is there.

        inputs: the files that the jobs read, by their paths in the project.
        """

        def work(relay: Relay) -> None:
            assert self._worker is not None
            self._lay_inputs(inputs)
            wanted = [[Job.from_json(job) for job in jobs] for jobs in batches]
            try:
                for name, answer in self._worker.generate(wanted, relay):
                    if isinstance(answer, ModelError):
                        relay.tell("refused", name, answer.code, answer.message, answer.hint)
                    else:
                        self._send_take(relay, name, answer)
            except WorkerStopped:
                for name, seconds in self._worker.stop().items():
                    self._send_take(relay, name, seconds)
                raise
            finally:
                self._send_log(relay)

        yield from Relay().messages_of(work)  # Ray streams generators alone

    def _lay_inputs(self, inputs: Mapping[str, bytes]) -> None:
        for name, content in inputs.items():
            path = resolve_inside(self._scratch.root, name, "an input")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

    def _send_take(self, relay: Relay, name: str, seconds: float) -> None:
        results = self._scratch.root / RESULTS
        record, wav = record_path(results, name), wav_path(results, name)
        # As a buffer of its own, Ray passes it on without a copy.
        relay.tell("take", name, seconds, record.read_bytes(), PickleBuffer(wav.read_bytes()))
        record.unlink()
        wav.unlink()

    def _send_log(self, relay: Relay) -> None:
        with suppress(OSError), self._log.open("rb") as log:
            log.seek(self._log_sent)
            if printed := log.read():
                self._log_sent += len(printed)
                relay.tell("log", printed)

    @property
    def _log(self) -> Path:
        return self._scratch.root / self._order.log

    def interrupt(self) -> None:
        """Stop what is being made; what is being written is finished, and sent home."""
        if self._worker is not None:
            self._worker.interrupt()

    def close(self) -> None:
        """End the worker, and remove the scratch folder."""
        if self._context is not None:
            self._context.__exit__(None, None, None)
            self._context = self._worker = None
        shutil.rmtree(self._scratch.root, ignore_errors=True)


def _laid_out(folder: Path, project: Project) -> Project:
    """A folder as a model's script expects a project: the code and the cache are links."""
    for name in LINKED:
        (folder / name).symlink_to(project.root / name)
    (folder / "songs").mkdir()
    (folder / ".cache").symlink_to(project.cache)
    return Project(folder)


def _remove_abandoned() -> None:
    """Remove the scratch folders of hosts that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{SCRATCH}*"):
        number = folder.name.removeprefix(SCRATCH).partition("-")[0]
        if number.isdigit() and not Path(f"/proc/{number}").exists() and Path("/proc/1").exists():
            shutil.rmtree(folder, ignore_errors=True)


def manifest_files(manifest: Manifest) -> dict[str, dict[str, Any]]:
    """A manifest's files as messages carry them."""
    return {key: asdict(file) for key, file in manifest.files.items()}
