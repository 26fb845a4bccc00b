"""Requests to a hub or a plain address, of which nothing is believed.

Every wait has an end and every answer a largest size. A redirect leads to http or https alone, and
from https to nothing else; the token is shown to the place that it is meant for and to no other.
Status and headers are judged here: the client's own judgement shows what the other side wrote.
"""

import ipaddress
import json
import queue
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import urljoin, urlsplit

from huggingface_hub import get_session
from huggingface_hub.errors import OfflineModeIsEnabled

from secondtake import __version__
from secondtake.core.redaction import one_line
from secondtake.runner.settings import Token

ANSWER_SECONDS = 10.0  # for the head of an answer, and for a short one
SILENCE_SECONDS = 30.0  # longest wait for the next bytes
SLOWEST = 1024  # bytes a second: below, it counts as a stall
WINDOW_SECONDS = 30.0  # over which that is measured
MOST_REDIRECTS = 8
LARGEST_ANSWER = 16_000_000  # bytes of whatever is not a weight file
REDIRECTS = (301, 302, 303, 307, 308)
DIGITS = re.compile(r"[0-9]{1,15}")

T = TypeVar("T")


class Unreached(Exception):
    """Nothing answers, or not as it should; the reason in one line."""


class Refused(Exception):
    """An answer that is no success: the hub's code for it, the hub's words in one line."""

    def __init__(self, url: str, status: int, headers: Mapping[str, str]) -> None:
        super().__init__(f"{urlsplit(url).netloc} answers {status}")
        self.url, self.status = url, status
        self.code = one_line(headers.get("x-error-code", ""), 40)
        self.words = one_line(headers.get("x-error-message", ""))
        self.wait_seconds = retry_after(headers)


@dataclass(frozen=True)
class Answer:
    """The head of an answer, and the way to its body."""

    url: str
    status: int
    headers: Mapping[str, str]  # whatever the case of their letters
    response: Any  # of the client

    def blocks(self) -> Iterator[bytes]:
        """The body as it comes. Unreached if it breaks off, or comes too slowly."""
        if self.headers.get("content-encoding", "identity").lower() != "identity":
            raise Unreached("it sends the file in another encoding than was asked for")
        blocks, since, count = self.response.iter_raw(), time.monotonic(), 0
        while True:
            try:
                block = next(blocks, b"")
            except Exception as error:
                raise Unreached(reason_of(error)) from None
            if not block:
                return
            yield block
            count += len(block)
            if (passed := time.monotonic() - since) >= WINDOW_SECONDS:
                if count < SLOWEST * passed:
                    raise Unreached(f"it sends {count / passed:.0f} bytes a second")
                since, count = time.monotonic(), 0

    def json(self) -> Any:
        """The body as JSON, None if it is none. Unreached if it is too long, or does not come."""

        def read() -> bytes:
            body = bytearray()
            for block in self.blocks():
                body += block
                if len(body) > LARGEST_ANSWER:
                    raise Unreached(f"its answer is longer than {LARGEST_ANSWER} bytes")
            return bytes(body)

        with suppress(ValueError, RecursionError):  # no JSON, or a bottomless nest
            return json.loads(within(ANSWER_SECONDS, read))
        return None


@contextmanager
def ask(
    method: str,
    url: str,
    token: Token | None = None,
    headers: Mapping[str, str] | None = None,
    *,
    seconds: float | None = None,
    is_final: Callable[[Answer], bool] = lambda answer: False,
) -> Iterator[Answer]:
    """The answer to a request, redirects followed until one `is_final`. Refused unless it is a
    success, Unreached if there is none within so many seconds, ANSWER_SECONDS by default."""
    patience = ANSWER_SECONDS if seconds is None else seconds
    for _ in range(MOST_REDIRECTS):
        answer = within(patience, lambda: _send(method, url, token, headers or {}))  # noqa: B023
        try:
            target = answer.headers.get("location") if answer.status in REDIRECTS else None
            if not target or is_final(answer):
                if not target and not HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
                    raise Refused(answer.url, answer.status, answer.headers)
                yield answer
                return
        finally:
            answer.response.close()
        target = redirect_target(url, target)
        if origin(target) != origin(url):
            token = None
        url = target
    raise Unreached(f"it redirects more than {MOST_REDIRECTS} times")


def _send(method: str, url: str, token: Token | None, headers: Mapping[str, str]) -> Answer:
    session = get_session()
    shown = {"authorization": f"Bearer {token.reveal()}"} if token else {}
    request = session.build_request(
        method,
        url,
        headers={
            "user-agent": f"secondtake/{__version__}",
            "accept-encoding": "identity",  # sizes and ranges of the file itself
            **headers,
            **shown,
        },
        timeout=SILENCE_SECONDS,
    )
    response = session.send(request, stream=True, follow_redirects=False)
    return Answer(url, response.status_code, response.headers, response)


def redirect_target(url: str, location: str) -> str:
    """Where a redirect leads. Unreached if nothing of ours goes there."""
    try:
        target = urljoin(url, location)
        parts = urlsplit(target)
        _ = parts.port
    except ValueError:
        raise Unreached(f"it redirects to no address: {one_line(location, 80)}") from None
    is_address = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc
    shown = one_line(f"{parts.scheme}://{parts.hostname or ''}", 80)
    if not is_address:
        raise Unreached(f"it redirects to {shown}, where nothing is asked")
    if parts.scheme == "http" and urlsplit(url).scheme == "https":
        raise Unreached(f"it redirects to {shown}, which is not encrypted")
    return target


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of an address: whoever sees what is sent there."""
    parts = urlsplit(url)
    return (
        parts.scheme,
        parts.hostname or "",
        parts.port or (443 if parts.scheme == "https" else 80),
    )


def is_this_machine(url: str) -> bool:
    """True if an address is this machine's own."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def within(seconds: float, work: Callable[[], T]) -> T:
    """The result of a request. Unreached if it fails or takes longer; it is then left to itself:
    neither the look-up of a name nor headers that trickle in have a limit of their own."""
    ends: queue.SimpleQueue[tuple[T | None, Exception | None]] = queue.SimpleQueue()

    def run() -> None:
        try:
            ends.put((work(), None))
        except Exception as error:
            ends.put((None, error))

    threading.Thread(target=run, daemon=True).start()
    try:
        result, error = ends.get(timeout=seconds)
    except queue.Empty:
        raise Unreached(f"no answer within {seconds:g} s") from None
    if error:
        raise error if isinstance(error, Unreached) else Unreached(reason_of(error)) from None
    return result  # type: ignore[return-value]


def reason_of(error: Exception) -> str:
    """An error of the client in one line; the transport's are of many families."""
    if isinstance(error, OfflineModeIsEnabled):
        return "the hub's client was told to stay off the network"
    return one_line(str(error)) or type(error).__name__


def count_of(text: str | None) -> int:
    """The number that a header says, 0 if it says none."""
    return int(text) if text and DIGITS.fullmatch(text.strip()) else 0


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds that an answer asks to wait, as a number or as a date; None if it does not."""
    text = headers.get("retry-after", "").strip()
    if DIGITS.fullmatch(text):
        return float(text)
    try:
        date = parsedate_to_datetime(text)
        return max(
            0.0, (date.replace(tzinfo=date.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
        )
    except (ValueError, TypeError, OverflowError):
        return None
