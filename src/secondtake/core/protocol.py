"""The messages between runner and worker: one JSON object a line (docs/worker-protocol.md).

To the worker: {"type": "generate", "jobs": […]}, or "judge" to a judge's, and {"type": "shutdown"}.
From it: ready, progress, result, error. End of input means shutdown.
"""

import json
from typing import IO, Any

from secondtake.core.errors import CODES
from secondtake.core.validation import shorten_repr

MAX_LINE = 1 << 20  # characters; a message is a few kilobytes
FIELDS = {
    "generate": {"jobs"},
    "judge": {"jobs"},
    "shutdown": set(),
    "ready": {"device", "dtype", "load_seconds", "batch", "notes"},
    "progress": {"phase", "done", "total"},
    "result": {"name", "seconds", "warnings"},
    "error": {"name", "code", "message", "hint"},
}


class ProtocolError(Exception):
    """A line from the other side that is no message."""


def encode(kind: str, **fields: Any) -> str:
    """One message as one line."""
    return json.dumps({"type": kind, **fields}, ensure_ascii=True) + "\n"


def decode(line: str) -> dict[str, Any]:
    """The message of a line. ProtocolError if it is not one."""
    try:
        message: dict[str, Any] = json.loads(line)
        kind = message["type"]
        keys = FIELDS[kind]
    except (ValueError, RecursionError, TypeError, LookupError):
        raise ProtocolError(f"not a message: {line[:200]!r}") from None
    if set(message) != keys | {"type"}:
        raise ProtocolError(f"a {kind} has {sorted(keys)}, not {sorted(message)}")
    if kind == "error" and message["code"] not in sorted(CODES):
        raise ProtocolError(f"unknown error code {message['code']!r}")
    if kind == "ready" and not (type(message["batch"]) is int and message["batch"] >= 1):
        raise ProtocolError(f"a batch of {shorten_repr(message['batch'])}")
    return message


def read_message(stream: IO[str]) -> dict[str, Any] | None:
    """The next message, or None at the end. ProtocolError for a line that is none."""
    line = stream.readline(MAX_LINE)
    return decode(line) if line else None
