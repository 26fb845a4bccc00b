"""What a hub says about a file, and whether anything answers there at all.

The token is sent to gated repositories only, or where a repository answers that it wants one: a
stale token would otherwise lock its owner out of what everyone may have.
"""

import threading
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus

from huggingface_hub import get_hf_file_metadata, get_session, hf_hub_url, hf_raise_for_status
from huggingface_hub.errors import HfHubHTTPError

from secondtake.core.errors import ModelError
from secondtake.core.registry.spec import Checkpoint, Weight
from secondtake.runner.hub.errors import (
    ANSWER_SECONDS,
    explained,
    is_gated,
    malformed,
    plain_refusal,
    reason_of,
    refusal,
    unreachable,
)
from secondtake.runner.settings import Settings, Token

CONNECT_SECONDS = 3.0
PROBE_SECONDS = 5.0  # name look-ups have no time limit of their own, so the probe gets one


@dataclass(frozen=True)
class Remote:
    """A file as it lies on the hub or at a plain address."""

    url: str
    bytes: int  # 0 if the other side does not say
    commit: str = ""
    etag: str = ""  # LFS files: their sha256; others: their git blob id
    token: Token | None = None  # what has to be shown to get it

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token.reveal()}"} if self.token else {}


@cache  # asked once in a run, however many models there are
def why_unreachable(url: str) -> str:
    """Why nothing answers at `url`; "" if anything does. Takes PROBE_SECONDS at most."""
    reasons = [f"no answer within {PROBE_SECONDS:g} s"]

    def probe() -> None:
        try:
            get_session().head(url, timeout=CONNECT_SECONDS, follow_redirects=False)
            reasons.append("")
        except Exception as error:  # a thread's error would be lost; here each is a reason
            reasons.append(reason_of(error))

    thread = threading.Thread(target=probe, daemon=True)
    thread.start()
    thread.join(PROBE_SECONDS)
    return reasons[-1]


def check_reachable(weight: Weight, settings: Settings) -> None:
    """ModelError network if nothing answers where it comes from, or nothing may be asked."""
    if settings.offline:
        message = f"{weight.source} is not here yet, and HF_HUB_OFFLINE forbids to fetch it"
        raise ModelError("network", message, "set HF_HUB_OFFLINE=0, then type it again")
    url = settings.address(weight.url) if weight.url else settings.endpoint
    if reason := why_unreachable(url):
        raise unreachable(url, reason, hub=not weight.url)


def ask_hub(
    weight: Weight, revision: str, checkpoint: Checkpoint, settings: Settings
) -> Remote | None:
    """What the hub has at that revision; None if an optional file is not there.

    ModelError no_token, bad_token, terms, network, or bad_weights if it does not have the file.
    """
    token = settings.token if is_gated(weight, checkpoint) else None
    try:
        try:
            return _ask(weight, revision, settings, token)
        except HfHubHTTPError as error:
            wanted = error.response.status_code in (401, 403) and not token
            if not wanted or settings.token is None:
                raise
            token = settings.token
            return _ask(weight, revision, settings, token)
    except HfHubHTTPError as error:
        if weight.optional and error.response.headers.get("X-Error-Code") == "EntryNotFound":
            return None
        raise refusal(error, weight, revision, checkpoint, settings, token) from None


def ask_plain(weight: Weight, settings: Settings) -> Remote | None:
    """The file at a plain address; None if it is optional and not there. ModelError as above."""
    url = settings.address(weight.url)
    try:
        with explained(url, hub=False):
            answer = get_session().head(
                url,
                headers={"accept-encoding": "identity"},  # the size of the file itself
                timeout=ANSWER_SECONDS,
                follow_redirects=True,
            )
            hf_raise_for_status(answer)
    except HfHubHTTPError as error:
        if weight.optional and error.response.status_code == HTTPStatus.NOT_FOUND:
            return None
        raise plain_refusal(error, weight, url) from None
    return Remote(url, int(answer.headers.get("content-length") or 0))


def _ask(weight: Weight, revision: str, settings: Settings, token: Token | None) -> Remote:
    url = hf_hub_url(weight.repository, weight.file, revision=revision, endpoint=settings.endpoint)
    if token and not token.well_formed:
        raise malformed(token)
    with explained(url, hub=True):
        found = get_hf_file_metadata(
            url,
            token=token.reveal() if token else False,
            timeout=ANSWER_SECONDS,
            endpoint=settings.endpoint,
        )
        etag = found.etag or ""
        if not found.commit_hash or not etag.isalnum() or not found.commit_hash.isalnum():
            reason = "what answers there is no hub (or a proxy stands in between)"
            raise unreachable(url, reason, hub=True)
    url = hf_hub_url(
        weight.repository, weight.file, revision=found.commit_hash, endpoint=settings.endpoint
    )
    return Remote(url, found.size or 0, found.commit_hash, etag, token)
