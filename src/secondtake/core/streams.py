"""stdout and stderr: any text in any encoding, a reader that goes away, and JSON on stdout.

An encoding that lacks a sign of ours (ASCII, Latin-1, cp1252) gets the nearest one that it has:
"-" for the minus, "->" for the arrow, "?" where nothing is near. A reader that has seen enough, as
`head` has, ends a program as SIGPIPE ends others: nothing is said, and the exit code is 141.
"""

import atexit
import codecs
import json
import os
import re
import sys
import threading
from contextlib import suppress
from io import TextIOWrapper
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

_state = {"open": False, "reader_gone": False}


def open_streams() -> None:
    """Make stdout and stderr safe to print to. Every program calls it first."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors=NEAREST)
    if not _state["open"]:
        _state["open"] = True
        atexit.register(_flush_at_exit)
        sys.excepthook = _print_exception
        threading.excepthook = _print_thread_exception


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


def _print_exception(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    if issubclass(kind, BrokenPipeError):
        _state["reader_gone"] = True
    else:
        sys.__excepthook__(kind, error, trace)


def _print_thread_exception(arguments: threading.ExceptHookArgs) -> None:
    if issubclass(arguments.exc_type, BrokenPipeError):
        _state["reader_gone"] = True  # the main thread finds out by itself
    else:
        threading.__excepthook__(arguments)


def _flush_at_exit() -> None:
    """Flush before the interpreter does, which would complain of a reader that is gone."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None and not stream.closed:
                stream.flush()
        except BrokenPipeError:
            _state["reader_gone"] = True
        except OSError:
            continue  # a full disk, for example: the interpreter says so itself
    if _state["reader_gone"]:
        os._exit(PIPE_CLOSED)
