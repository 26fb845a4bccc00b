"""A pool of processes elsewhere that an analysis uses as it would the processes of its machine.

It connects to a socket that only this user can open (secondtake.core.pool_protocol), and its chunks
go, unopened, to whichever slot is idle. All that happens is an event for one thread, the
dispatcher, which alone knows what is where; nothing that it does waits.
"""

import shutil
import socket
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from queue import Empty, SimpleQueue
from socketserver import StreamRequestHandler, ThreadingUnixStreamServer
from threading import Thread
from typing import Any, Protocol

from secondtake.core.pool_protocol import DIED, DONE, NOWHERE, NUMBER, frame, read_frame

TRIES = 3  # processes that a chunk may kill, or that may die as they start
START_SECONDS = 120.0  # a first start from a shared disk takes 20; other jobs may hold all cores
LONGEST_PATH = 100  # bytes; macOS has room for 104 in a socket's address, Linux for 108
POLL_SECONDS = 0.1  # until a server that is to end looks up

Say = Callable[[str], None]
Event = Callable[[], None]


class ProcessDied(Exception):
    """A slot's process has died; the slot can start another. by_work: the chunk may be why."""

    def __init__(self, *, by_work: bool = True) -> None:
        super().__init__("its process died")
        self.by_work = by_work


class SlotLost(Exception):
    """A slot that can start no process any more, and why."""


class Slot(Protocol):
    """Where one process of the pool runs. No method waits; the outcome of a future is read by
    `started` or `answer`, which raise ProcessDied and SlotLost."""

    place: str  # for people: the node

    def start(self) -> "Future[Any]": ...

    def started(self, future: "Future[Any]") -> None: ...

    def work(self, chunk: bytes) -> "Future[Any]": ...

    def answer(self, future: "Future[Any]") -> bytes: ...

    def kill(self) -> None: ...


@contextmanager
def pool_server(slots: Sequence[Slot], say: Say) -> Iterator[Path]:
    """The path of a socket, for as long as the pool behind it answers.

    Slots are started when someone first connects, and killed at the end. say: gets a line for every
    place where no process starts.
    """
    dispatcher = Dispatcher(slots, say)
    with _private_folder() as folder:
        path = folder / "pool"
        with _Server(str(path), dispatcher) as server:

            def dispatch() -> None:
                try:
                    dispatcher.run()
                finally:  # whatever ended it, nobody connects any more who would wait for ever
                    server.shutdown()
                    server.server_close()

            threads = [
                Thread(target=server.serve_forever, args=(POLL_SECONDS,), daemon=True),
                Thread(target=dispatch, daemon=True),
            ]
            for thread in threads:
                thread.start()
            try:
                yield path
            finally:
                dispatcher.end()
                for thread in threads:
                    thread.join()


@contextmanager
def _private_folder() -> Iterator[Path]:
    """A folder of mode 700 for a socket, whose path must be short."""
    chosen = tempfile.gettempdir()
    is_short = len(chosen.encode()) < LONGEST_PATH - len("/secondtake-xxxxxxxx/pool")
    folder = tempfile.mkdtemp(prefix="secondtake-", dir=chosen if is_short else "/tmp")  # noqa: S108
    try:
        yield Path(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(eq=False)
class Task:
    """A chunk of a client's."""

    client: "Client"
    number: int
    chunk: bytes
    deaths: int = 0  # of processes that worked on it

    def end(self, outcome: bytes, answer: bytes = b"") -> None:
        self.client.send(NUMBER.pack(self.number), outcome, answer)


class Dispatcher:
    """Chunks to slots and answers to clients, one event after another, in one thread."""

    def __init__(self, slots: Sequence[Slot], say: Say) -> None:
        self._say = say
        self._slots = list(slots)  # all that are not lost
        self._cold = list(slots)  # of them, those without a process
        self._deaths: dict[Slot, int] = {}  # as it starts, one after another
        self._idle: list[Slot] = []
        self._busy: dict[Slot, tuple[Future[Any], Task]] = {}
        self._waiting: deque[Task] = deque()
        self._clients: list[Client] = []
        self._complaints: set[str] = set()
        self._without = False  # nothing has started for too long
        self._events: SimpleQueue[Event | None] = SimpleQueue()

    def post(self, event: Event | None) -> None:
        """Let an event happen, in the dispatcher's thread; None ends it."""
        self._events.put(event)

    def run(self) -> None:
        """Work until the end. Then no slot has a process, and no client a connection."""
        try:
            while event := self._next_event():
                event()
        finally:
            for client in self._clients:
                client.hang_up()
            for slot in self._slots:
                slot.kill()

    def end(self) -> None:
        self.post(None)

    def _next_event(self) -> Event | None:
        is_stuck = self._waiting and not self._idle and not self._busy
        try:
            return self._events.get(timeout=START_SECONDS if is_stuck else None)
        except Empty:
            return partial(self._go_without, "no core of the cluster was free for it")

    def enter(self, client: "Client") -> None:
        """Event: a client has connected."""
        self._clients.append(client)
        client.send(NUMBER.pack(len(self._slots)))
        self._start_cold()

    def ask(self, task: Task) -> None:
        """Event: a client asks for an answer."""
        if self._without or not self._slots:
            task.end(NOWHERE)
        else:
            self._waiting.append(task)
            self._dispatch()

    def leave(self, client: "Client") -> None:
        """Event: a client wants no more answers; whatever works for it is ended."""
        self._clients.remove(client)
        self._waiting = deque(task for task in self._waiting if task.client is not client)
        for slot in [slot for slot, (_, task) in self._busy.items() if task.client is client]:
            del self._busy[slot]
            slot.kill()
            self._cold.append(slot)
        if self._clients:
            self._start_cold()

    def _dispatch(self) -> None:
        while self._waiting and self._idle:
            slot, task = self._idle.pop(), self._waiting.popleft()
            future = slot.work(task.chunk)
            self._busy[slot] = future, task
            self._when_done(future, partial(self._worked, slot))

    def _when_done(self, future: "Future[Any]", event: Callable[["Future[Any]"], None]) -> None:
        future.add_done_callback(lambda done: self.post(partial(event, done)))

    def _start_cold(self) -> None:
        while self._cold:
            self._start(self._cold.pop())

    def _start(self, slot: Slot) -> None:
        self._when_done(slot.start(), partial(self._started, slot))

    def _started(self, slot: Slot, future: "Future[Any]") -> None:
        try:
            slot.started(future)
        except ProcessDied as error:
            self._deaths[slot] = self._deaths.get(slot, 0) + 1
            if self._deaths[slot] < TRIES:
                self._start(slot)
            else:
                self._lose(slot, error)
        except SlotLost as error:
            self._lose(slot, error)
        else:
            self._deaths.pop(slot, None)
            self._without = False
            self._idle.append(slot)
            self._dispatch()

    def _worked(self, slot: Slot, future: "Future[Any]") -> None:
        current, task = self._busy.get(slot, (None, None))
        if task is None or current is not future:  # it was killed, and nobody waits for it
            return
        del self._busy[slot]
        try:
            task.end(DONE, slot.answer(future))
            self._idle.append(slot)
        except ProcessDied as error:
            task.deaths += error.by_work
            if task.deaths < TRIES:
                self._waiting.appendleft(task)
            else:
                task.end(DIED)
            self._start(slot)
        except SlotLost as error:
            self._waiting.appendleft(task)
            self._lose(slot, error)
        self._dispatch()

    def _lose(self, slot: Slot, reason: Exception) -> None:
        self._slots.remove(slot)
        if slot.place not in self._complaints:
            self._complaints.add(slot.place)
            self._say(f"– analysis: not on {slot.place}: {reason}")
        if not self._slots:
            self._go_without("no process starts on the cluster")

    def _go_without(self, reason: str) -> None:
        """Answer all that nothing can be had; the analysis then works on its own machine."""
        if not self._without:
            self._say(f"– analysis: goes on on this machine alone, since {reason}")
        self._without = True
        while self._waiting:
            self._waiting.popleft().end(NOWHERE)


class Client(StreamRequestHandler):
    """A connection, in two threads: one reads chunks, one writes answers."""

    server: "_Server"

    def setup(self) -> None:
        super().setup()
        self._answers: SimpleQueue[Sequence[bytes] | None] = SimpleQueue()

    def send(self, *parts: bytes) -> None:
        """Send a frame, as soon as it is read; to a client that is gone, nothing."""
        self._answers.put(parts)

    def hang_up(self) -> None:
        with suppress(OSError):
            self.request.shutdown(socket.SHUT_RDWR)

    def handle(self) -> None:
        post = self.server.dispatcher.post
        writer = Thread(target=self._write, daemon=True)
        writer.start()
        post(partial(self.server.dispatcher.enter, self))
        with suppress(OSError, EOFError):
            for number in count():
                chunk = read_frame(self.rfile)
                if chunk is None:
                    break
                post(partial(self.server.dispatcher.ask, Task(self, number, chunk)))
        post(partial(self.server.dispatcher.leave, self))
        self._answers.put(None)
        writer.join()

    def _write(self) -> None:
        with suppress(OSError):
            while parts := self._answers.get():
                self.request.sendall(frame(parts))


class _Server(ThreadingUnixStreamServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, path: str, dispatcher: Dispatcher) -> None:
        self.dispatcher = dispatcher
        super().__init__(path, Client)
