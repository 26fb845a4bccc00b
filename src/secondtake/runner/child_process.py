"""Every process that the runner starts: under a guard (runner/guard.py), so that none outlives us.

A child does not hear the terminal: Ctrl-C is for the runner, which passes it on. However the runner
ends, each child is asked to end too, with all that it started, and killed a few seconds later.
"""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from types import FrameType, TracebackType
from typing import IO, Any
from weakref import WeakSet

from secondtake.core.environ import without_secrets
from secondtake.core.errors import Exit
from secondtake.core.interrupts import keep_exit_code
from secondtake.core.run_lock import DESCRIPTOR_VARIABLE
from secondtake.runner.guard import GRACE_SECONDS

DEVNULL, PIPE, STDOUT = subprocess.DEVNULL, subprocess.PIPE, subprocess.STDOUT
GUARD = Path(__file__).with_name("guard.py")
SHOW_CURSOR = b"\x1b[?25h"  # a live screen hides it

Stream = int | IO[Any] | None


class Child:
    """A program under its guard. As a context manager: after the block, nothing of it is alive."""

    def __init__(self, guard: "subprocess.Popen[Any]", line: socket.socket, pid: int) -> None:
        self.pid = pid
        self.stdin: IO[Any] | None = guard.stdin
        self.stdout: IO[Any] | None = guard.stdout
        self.stderr: IO[Any] | None = guard.stderr
        self._guard = guard
        self._line = line  # closed by our death or deletion: the guard then ends the program

    def poll(self) -> int | None:
        """The exit code, or minus the signal, if it has ended and left nothing."""
        code = self._guard.poll()
        return None if code is None else self._ended(code)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; the exit code, or minus the signal. TimeoutError after `timeout` s."""
        try:
            return self._ended(self._guard.wait(timeout))
        except subprocess.TimeoutExpired:
            raise TimeoutError(f"process {self.pid} goes on after {timeout:g} s") from None

    def kill(self) -> None:
        """End it at once, with all that it started."""
        self._guard.send_signal(signal.SIGQUIT)
        self._guard.send_signal(signal.SIGCONT)  # to one that was stopped

    def __enter__(self) -> "Child":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: object, trace: TracebackType | None
    ) -> None:
        if self.stdin:
            with suppress(OSError):
                self.stdin.close()
        if self.poll() is None:
            interrupted = kind is not None and issubclass(kind, KeyboardInterrupt)
            self._guard.send_signal(signal.SIGINT if interrupted else signal.SIGTERM)
            try:
                self.wait(GRACE_SECONDS)
            except TimeoutError:
                self.kill()
                self.wait()
        for pipe in filter(None, (self.stdout, self.stderr)):
            pipe.close()

    def _ended(self, code: int) -> int:
        if code == -signal.SIGKILL and self in _alive:  # the guard itself may have been killed
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
        _alive.discard(self)
        self._line.close()
        return code


_alive: WeakSet[Child] = WeakSet()


def start(
    command: Sequence[str | Path],
    *,
    cwd: Path,
    env: Mapping[str, str],
    stdin: Stream = DEVNULL,
    stdout: Stream = None,
    stderr: Stream = None,
    text: bool = False,
    keep_lock: bool = False,
) -> Child:
    """Start a program. OSError as of subprocess.Popen if it cannot be.

    text: its pipes are UTF-8. keep_lock: it works under the run lock that this process holds. A
    token among `env` is not passed on.
    """
    environ = without_secrets(env)
    environ.pop(DESCRIPTOR_VARIABLE, None)
    lock = _lock_descriptor()
    if keep_lock and lock:
        environ[DESCRIPTOR_VARIABLE] = str(lock[0])
    ours, theirs = socket.socketpair()
    words = [os.fspath(word) for word in command]
    with theirs, ExitStack() as failed:
        failed.enter_context(ours)
        guard = subprocess.Popen(
            [sys.executable, "-I", "-S", str(GUARD), str(theirs.fileno()), *words],
            cwd=cwd,
            env=environ,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            encoding="utf-8" if text else None,
            pass_fds=(theirs.fileno(), *lock),
            start_new_session=True,
        )
        failed.pop_all()
    report = int(ours.recv(16) or 0)
    child = Child(guard, ours, report)
    if report > 0:
        _alive.add(child)
        return child
    with child:
        code = child.wait()
    if report:
        raise OSError(-report, os.strerror(-report), words[0])
    raise OSError(f"{words[0]} was not started: its guard ended with {code}")


def run(
    command: Sequence[str | Path],
    *,
    cwd: Path,
    env: Mapping[str, str],
    stdin: Stream = DEVNULL,
    stdout: Stream = None,
    stderr: Stream = None,
    keep_lock: bool = False,
) -> int:
    """Run a program to its end; its exit code, or minus the signal. What stops us stops it too."""
    with start(
        command, cwd=cwd, env=env, stdin=stdin, stdout=stdout, stderr=stderr, keep_lock=keep_lock
    ) as child:
        return child.wait()


def describe_end(code: int) -> str:
    """The end of a process, by its exit code, or minus its signal."""
    number = -code if code < 0 else code - 128  # as a shell reports a signal
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = f"signal {number}" if code < 0 else ""
    if code < 0:
        return f"was killed by {name}"
    return f"ended with exit code {code}" + (f" ({name})" if name else "")


def _lock_descriptor() -> tuple[int, ...]:
    """The descriptor of the run lock, if this process holds it. A guard keeps it to the end."""
    try:
        descriptor = int(os.environ[DESCRIPTOR_VARIABLE])
        os.fstat(descriptor)
    except (KeyError, ValueError, OSError):
        return ()
    return (descriptor,)


def answer_signals() -> None:
    """Ctrl-C raises KeyboardInterrupt, SIGTERM SystemExit 143; a second one ends all at once."""
    keep_exit_code()
    signal.signal(signal.SIGTERM, _raise)
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:  # as a shell's `&` has it
        signal.signal(signal.SIGINT, _raise)


def _raise(number: int, frame: FrameType | None) -> None:
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, _end_at_once)
    raise KeyboardInterrupt if number == signal.SIGINT else SystemExit(Exit.TERMINATED)


def _end_at_once(number: int, frame: FrameType | None) -> None:
    for child in list(_alive):
        child.kill()
    for stream in filter(os.isatty, (1, 2)):
        os.write(stream, SHOW_CURSOR)
    os._exit(128 + number)
