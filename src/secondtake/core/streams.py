"""stdin, stdout and stderr: any text in any encoding, onto full disks, to readers that go away.

An encoding that lacks a sign of ours (ASCII, Latin-1, cp1252) gets the nearest one that it has:
"-" for the minus, "->" for the arrow, "?" where nothing is near. A disk that has no room for what a
program says stops no work: the text is dropped, and run_program says so at the end. A stream that
is closed leads nowhere. A reader that has seen enough, as `head` has, ends a program as SIGPIPE
ends others: nothing is said, and the exit code is 141.
"""

import atexit
import codecs
import json
import os
import re
import select
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from io import BufferedWriter, RawIOBase, TextIOWrapper, UnsupportedOperation
from types import TracebackType
from typing import Any, TextIO

PIPE_CLOSED = 141  # 128 + SIGPIPE, as a shell reports it
NEAREST = "secondtake.nearest"  # the name of our handler of encoding errors
NEAREST_SIGNS = {
    "−": "-", "–": "-", "—": "-", "‑": "-", "→": "->", "…": "...", "×": "x", "±": "+/-",
    "≤": "<=", "≥": ">=", "✓": "+", "✗": "x", "■": "#", "•": "*", "“": '"', "”": '"', "„": '"',
    "‘": "'", "’": "'", "♪": "*",
}  # fmt: skip

NOT_ASCII = re.compile(r"[^\x00-\x7f]")
END = "--"  # on a command line: behind it nothing is an option

Ending = Callable[[BaseException], int]  # says why a program ends; the exit code

_state = {"open": False, "reader_gone": False, "failed_thread": False, "lost_told": False}
_outlets: dict[int, "_Outlet"] = {}  # by descriptor, once the streams are open
_ending: list[Ending] = []


def open_streams() -> None:
    """Make stdin, stdout and stderr safe to use, and whatever ends the program end it as
    `set_ending` says. Every program calls it first."""
    if not _state["open"]:
        _state["open"] = True
        _open_closed()
        sys.stdout, sys.stderr = _without_faults(sys.stdout, 1), _without_faults(sys.stderr, 2)
        atexit.register(_flush_at_exit)
        sys.excepthook = _end_by_exception
        threading.excepthook = _report_thread
        sys.unraisablehook = _report_unraisable
    for stream in (sys.stdout, sys.stderr, sys.stdin):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace" if stream is sys.stdin else NEAREST)


def set_ending(ending: Ending) -> None:
    """Set what ends a program whose error nothing caught, in any of its threads."""
    _ending[:] = [ending]


def has_failed_thread() -> bool:
    """True if an error that nothing caught has ended a thread."""
    return _state["failed_thread"]


def tell_lost_output() -> bool:
    """Say once, on stderr, why what was printed on stdout is not whole; True if it is not."""
    error = _outlets[1].error if 1 in _outlets else None
    if error and not _state["lost_told"]:
        _state["lost_told"] = True
        words = f"{error.strerror}; what was printed there is not whole"
        print(f"error: stdout: {words}", file=sys.stderr, flush=True)
    return error is not None


def wants_json(words: Sequence[str]) -> bool:
    """True if --json is among the words of a command line."""
    options = words[: words.index(END)] if END in words else words
    return "--json" in options or "-j" in options


class _Outlet(RawIOBase):
    """A descriptor to write to. No error but a reader's going away reaches who prints."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.error: OSError | None = None  # the first one

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return os.isatty(self._descriptor)

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        """Write all of it; its length."""
        rest = memoryview(data).cast("B")
        length = len(rest)
        while rest:
            try:
                rest = rest[os.write(self._descriptor, rest) :]
            except BlockingIOError:  # another program has made the terminal or pipe so
                select.select([], [self._descriptor], [])
            except BrokenPipeError:
                raise
            except OSError as error:
                self.error = self.error or error
                break
        return length


def _open_closed() -> None:
    """Let stdin, stdout and stderr lead nowhere where they are closed: else the next file that is
    opened gets the descriptor, and what is printed."""
    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(descriptor)
        except OSError:
            nothing = os.open(os.devnull, os.O_RDWR)  # the lowest that is free
            if nothing != descriptor:
                os.dup2(nothing, descriptor)
                os.close(nothing)
        if getattr(sys, name) is None:
            mode = "w" if descriptor else "r"
            setattr(sys, name, os.fdopen(descriptor, mode, encoding="utf-8", closefd=False))


def _without_faults(stream: TextIO, descriptor: int) -> TextIO:
    """The stream, by way of an outlet if it is the process's own."""
    try:
        if not isinstance(stream, TextIOWrapper) or stream.fileno() != descriptor:
            return stream
    except (UnsupportedOperation, ValueError):
        return stream
    stream.reconfigure(errors=NEAREST)  # who has hold of it goes on with it
    with suppress(OSError):
        stream.flush()
    outlet = _outlets[descriptor] = _Outlet(descriptor)
    direct = stream.write_through
    return TextIOWrapper(
        outlet if direct else BufferedWriter(outlet),  # type: ignore[type-var]
        encoding=stream.encoding,
        errors=NEAREST,
        line_buffering=stream.line_buffering,
        write_through=direct,
    )


def close_to_reader() -> None:
    """Write nothing more to a reader that is gone: what is still to be flushed goes nowhere."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(BrokenPipeError, AttributeError, ValueError):  # None, or closed already
            stream.flush()
            continue
        with suppress(OSError, AttributeError, ValueError):
            descriptor = os.open(os.devnull, os.O_WRONLY)
            os.dup2(descriptor, stream.fileno())
            os.close(descriptor)


def print_json(value: Any) -> None:
    """Print one JSON object: as UTF-8 where stdout is that, else with escapes, never damaged."""
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    if codecs.lookup(encoding).name != "utf-8" or not _is_unicode(text):
        text = json.dumps(value, indent=2, allow_nan=False)
    print(text, flush=True)


def copy_text(out: TextIO, text: bytes, *, as_json: bool = False) -> None:
    """Write a program's UTF-8 to a stream of any encoding; as_json: what it lacks as escapes."""
    encoding = codecs.lookup(getattr(out, "encoding", None) or "utf-8").name
    if encoding == "utf-8" and isinstance(out, TextIOWrapper):  # as it is, whatever it is
        out.flush()
        out.buffer.write(text)
    else:
        shown = text.decode(errors="surrogateescape" if as_json else "replace")
        out.write(NOT_ASCII.sub(_escape, shown) if as_json else shown)
    out.flush()


def _escape(match: re.Match[str]) -> str:
    return json.dumps(match[0])[1:-1]


def _is_unicode(text: str) -> bool:
    """False for half a surrogate pair, which a file's name that is not UTF-8 brings."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _encode_nearest(error: UnicodeError) -> tuple[str | bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    return "".join(NEAREST_SIGNS.get(character, "?") for character in text), error.end


codecs.register_error(NEAREST, _encode_nearest)


def _end_by_exception(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    if issubclass(kind, BrokenPipeError):
        _state["reader_gone"] = True
    elif not _ending:
        sys.__excepthook__(kind, error, trace)
    else:
        raise SystemExit(_ending[0](error))


def _report_thread(arguments: threading.ExceptHookArgs) -> None:
    """The main thread goes on; run_program ends with the exit code of what nobody expected."""
    if issubclass(arguments.exc_type, BrokenPipeError):
        _state["reader_gone"] = True  # the main thread finds out by itself
    elif arguments.exc_value and _ending:
        _state["failed_thread"] = True
        _ending[0](arguments.exc_value)


def _report_unraisable(arguments: Any) -> None:
    """An error in a destructor, or at the very end."""
    with suppress(Exception):
        if arguments.exc_value and not isinstance(arguments.exc_value, BrokenPipeError):
            _ending[0](arguments.exc_value)


def _flush_at_exit() -> None:
    """Flush before the interpreter does, which would complain of a reader that is gone."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None and not stream.closed:
                stream.flush()
        except BrokenPipeError:
            _state["reader_gone"] = True
        except OSError:
            continue  # a stream that is not ours
    if _state["reader_gone"]:
        os._exit(PIPE_CLOSED)
    if not _state["lost_told"] and tell_lost_output():  # of a program without run_program
        os._exit(1)
