"""One file from an address to this disk, going on from where the last attempt ended."""

import time
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path

from huggingface_hub import get_session, hf_raise_for_status
from huggingface_hub.errors import HfHubHTTPError

from secondtake_runner.refusals import PATIENCE, UNREACHABLE, reason_of, unreachable

TRIES = 4  # in a row without one new byte
PAUSE_SECONDS = 1.0  # doubled from try to try
SILENCE_SECONDS = 30.0  # longest wait for the next bytes


def stream(
    url: str,
    headers: dict[str, str],
    part: Path,
    expected_bytes: int,
    on_bytes: Callable[[int], None],
    *,
    hub: bool,
) -> None:
    """Let `part` grow until it is whole; `on_bytes` hears how much is there.

    `expected_bytes` is 0 if nobody knows. ModelError network after TRIES in vain; what came
    stays. HfHubHTTPError if the other side refuses.
    """
    part.parent.mkdir(parents=True, exist_ok=True)
    part.touch()
    idle = 0
    while True:
        before = part.stat().st_size
        if expected_bytes and before >= expected_bytes:
            if before == expected_bytes:
                return
            part.write_bytes(b"")  # no beginning of the file that is wanted
        try:
            _append(url, headers, part, on_bytes)
            if not expected_bytes or part.stat().st_size == expected_bytes:
                return
            reason = f"it ended after {part.stat().st_size} of {expected_bytes} bytes"
        except HfHubHTTPError as error:
            status = error.response.status_code
            if status < HTTPStatus.INTERNAL_SERVER_ERROR and status not in PATIENCE:
                raise
            reason = f"it answers {status}"
        except UNREACHABLE as error:
            reason = reason_of(error)
        idle = 0 if part.stat().st_size > before else idle + 1
        if idle >= TRIES:
            raise unreachable(url, f"the download broke off: {reason}", hub=hub)
        time.sleep(PAUSE_SECONDS * 2**idle / 2)


def _append(url: str, headers: dict[str, str], part: Path, on_bytes: Callable[[int], None]) -> None:
    """One request for what is missing."""
    have = part.stat().st_size
    asked = {**headers, "accept-encoding": "identity"}  # sizes and ranges of the file itself
    if have:
        asked["range"] = f"bytes={have}-"
    session = get_session()
    # Redirects to a storage host lose the authorization header: the client sees to that.
    with session.stream(
        "GET", url, headers=asked, timeout=SILENCE_SECONDS, follow_redirects=True
    ) as answer:
        if answer.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            part.write_bytes(b"")
            return
        hf_raise_for_status(answer)
        if not answer.headers.get("content-range", "").startswith(f"bytes {have}-"):
            have = 0  # the other side sends the file from its beginning
        with part.open("r+b") as file:
            file.seek(have)
            file.truncate()
            for block in answer.iter_bytes():
                file.write(block)
                have += len(block)
                on_bytes(have)
