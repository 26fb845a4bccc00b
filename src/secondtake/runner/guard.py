"""A guard stands between the runner and one program: when either ends, nothing else is left.

    python -I -S guard.py DESCRIPTOR PROGRAM [ARGUMENT …]

DESCRIPTOR is one end of a socket pair, whose other end only the runner holds: its end of file is
the runner's death, by whatever signal. The program's process number is written to it once the
program runs, or minus the errno with which it could not be started.

The program leads a process group of its own. When the runner dies, or asks by SIGTERM, the group
gets SIGTERM and a few seconds; SIGINT is passed on; SIGQUIT ends everything at once. What the
program leaves behind is killed: its group, and on Linux every descendant, since orphans there fall
to their nearest subreaper, whatever session they are in. The guard ends as the program did.

Standard library only, and little of it: a guard starts in some milliseconds.
"""

import os
import select
import signal
import sys
import time
from contextlib import suppress

GRACE_SECONDS = 5.0  # between asking a program to end and killing it
ANSWERED = (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGCHLD)
IGNORED_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)
IS_LINUX = sys.platform == "linux"
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER = 1, 4, 36  # linux/prctl.h
CANNOT_START = 127


def main(line: int, command: list[str]) -> int:
    """Start the program, watch over it, and end everything; its exit code, or minus its signal."""
    os.set_inheritable(line, False)
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    for number in ANSWERED:
        signal.signal(number, lambda *_: None)
    _prctl(PR_SET_CHILD_SUBREAPER, 1)
    try:
        program = _start(command)
    except OSError as error:
        os.write(line, str(-(error.errno or 1)).encode())
        return CANNOT_START
    with suppress(OSError):  # the runner may be gone already, which is seen below
        os.write(line, str(program).encode())
    _let_go_of_streams()
    status = _watch(program, line, woken)
    return os.waitstatus_to_exitcode(_end_all(program, status))


def _start(command: list[str]) -> int:
    """The number of the program's process. OSError if it cannot be started."""
    guard = os.getpid()
    failure, report = os.pipe()  # its writing end is closed by the program's start
    program = os.fork()
    if not program:
        try:
            for number in (*ANSWERED, *IGNORED_BY_PYTHON):
                signal.signal(number, signal.SIG_DFL)
            os.setpgid(0, 0)
            _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() == guard:
                os.execvp(command[0], command)  # noqa: S606 - no shell
        except OSError as error:
            os.write(report, str(error.errno).encode())
        finally:
            os._exit(CANNOT_START)
    os.close(report)
    if reason := os.read(failure, 16):
        os.waitpid(program, 0)
        raise OSError(int(reason), "")
    os.close(failure)
    return program


def _let_go_of_streams() -> None:
    """A pipe of the program's is closed when the program closes it."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nothing, stream)


def _watch(program: int, line: int, woken: int) -> int | None:
    """Wait until the program ends (its status), or must be killed (None)."""
    watched, deadline = [line, woken], None
    while True:
        left = None if deadline is None else max(0.0, deadline - time.monotonic())
        ready, _, _ = select.select(watched, [], [], left)
        signals = os.read(woken, 4096) if woken in ready else b""
        while ended := os.waitpid(-1, os.WNOHANG):  # orphans among them
            if ended[0] in (0, program):
                break
        if ended[0] == program:
            return ended[1]
        if signal.SIGINT in signals:
            _send(program, signal.SIGINT)
        if deadline is None and (line in ready or signal.SIGTERM in signals):
            _send(program, signal.SIGTERM)
            deadline = time.monotonic() + GRACE_SECONDS
        if line in ready:
            watched.remove(line)
        if signal.SIGQUIT in signals or (deadline and time.monotonic() >= deadline):
            return None


def _end_all(program: int, status: int | None) -> int:
    """Kill whatever is left, until nothing is; the program's status."""
    _send(program, signal.SIGKILL)
    while True:
        try:
            ended, code = os.waitpid(-1, os.WNOHANG)
            if not ended:
                for child in _children():
                    with suppress(ProcessLookupError, PermissionError):
                        os.kill(child, signal.SIGKILL)
                ended, code = os.waitpid(-1, 0)  # whose own children are ours now
        except ChildProcessError:
            assert status is not None
            return status
        if ended == program:
            status = code


def _children() -> list[int]:
    """The numbers of this process's children, on Linux: orphans that fell to it among them."""
    children, guard = [], str(os.getpid())
    for name in filter(str.isdecimal, os.listdir("/proc") if IS_LINUX else ()):  # noqa: PTH208
        with suppress(OSError), open(f"/proc/{name}/stat", "rb") as facts:  # noqa: PTH123
            if facts.read().rpartition(b")")[2].split()[1].decode() == guard:
                children.append(int(name))
    return children


def _send(program: int, number: int) -> None:
    """Send a signal to the program's group. macOS answers EPERM for a group that has ended."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(program, number)


def _prctl(option: int, value: int) -> None:
    if IS_LINUX:
        import ctypes

        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _end_as(code: int) -> None:
    """End with an exit code, or by a signal if it is negative, without a core file of ours."""
    if code < 0:
        import resource

        _prctl(PR_SET_DUMPABLE, 0)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if -code != signal.SIGKILL:
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


if __name__ == "__main__":
    _end_as(main(int(sys.argv[1]), sys.argv[2:]))
