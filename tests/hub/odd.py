"""Odd answers of a hub, for `Faults.odd`: what no hub should send, and some do."""

import time
from collections.abc import Mapping
from typing import Any

from tests.hub.faults import Odd

COMMIT = "c" * 40


def says(status: int, body: bytes = b"", /, **headers: str) -> Odd:
    """A whole answer; an underscore in a header's name stands for its hyphen."""

    def answer(handler: Any) -> None:
        _head(handler, status, {"Content-Length": str(len(body)), **_named(headers)})
        if handler.command != "HEAD":
            handler.wfile.write(body)

    return answer


def file_of(size: int | None, sent: int, *, pause: float = 0, block: int = 1 << 16) -> Odd:
    """A file of the hub: `size` bytes are promised (None: nothing is), `sent` are sent, in blocks
    with a pause after each."""

    def answer(handler: Any) -> None:
        facts = {"X-Repo-Commit": COMMIT, "ETag": '"' + "e" * 40 + '"'}
        if handler.command == "HEAD":
            length = {} if size is None else {"Content-Length": str(size)}
            return _head(handler, 200, facts | length)
        _head(handler, 200, facts | {"Transfer-Encoding": "chunked"})
        for start in range(0, sent, block):
            count = min(block, sent - start)
            handler.wfile.write(b"%x\r\n%b\r\n" % (count, b"x" * count))
            handler.wfile.flush()
            time.sleep(pause)
        handler.wfile.write(b"0\r\n\r\n")

    return answer


def slow_head(seconds: float) -> Odd:
    """A head that never ends, a byte at a time."""

    def answer(handler: Any) -> None:
        handler.close_connection = True
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        for _ in range(int(seconds * 10)):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(0.1)

    return answer


def raw(data: bytes) -> Odd:
    """Bytes that need be no HTTP, and the end of the connection."""

    def answer(handler: Any) -> None:
        handler.close_connection = True
        handler.wfile.write(data)

    return answer


def _named(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def _head(handler: Any, status: int, headers: Mapping[str, str]) -> None:
    """Written as it stands: http.server would refuse what a liar sends."""
    lines = [f"HTTP/1.1 {status} Odd", *(f"{name}: {value}" for name, value in headers.items())]
    handler.wfile.write("\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape"))
