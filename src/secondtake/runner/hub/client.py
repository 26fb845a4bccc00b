"""A file's metadata on the hub or at a plain address, and the check that anything answers there.

The token is sent to gated repositories only, or where a repository answers that it wants one: a
stale token would otherwise lock its owner out of what everyone may have.
"""

import threading
from dataclasses import dataclass
from functools import cache, partial
from http import HTTPStatus

from huggingface_hub import get_hf_file_metadata, get_session, hf_hub_url, hf_raise_for_status
from huggingface_hub.errors import HfHubHTTPError

from secondtake.core.errors import ModelError
from secondtake.core.registry.spec import Checkpoint, WeightFile
from secondtake.runner.hub import errors
from secondtake.runner.settings import Settings, Token

CONNECT_SECONDS = 3.0
MOST_BYTES = 1 << 50  # of weights: a petabyte is no size that an index can mean
PROBE_SECONDS = 5.0  # name look-ups have no time limit of their own, so the probe gets one


# Endpoint, repository and revision of every file that was found in this run. A mirror that is but a
# file server answers 404 without a word of what is missing: in these, it is the file.
found_places: set[tuple[str, str, str]] = set()


@dataclass(frozen=True)
class RemoteFile:
    """A file as it lies on the hub or at a plain address."""

    url: str
    bytes: int  # 0 if the other side does not say
    commit: str = ""
    etag: str = ""  # LFS files: their sha256; others: their git blob id
    token: Token | None = None  # what has to be shown to get it

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token.reveal()}"} if self.token else {}


@cache  # one look in a run, however many models there are
def connection_error(url: str) -> str:
    """The reason why nothing answers at `url`, "" if anything does, in PROBE_SECONDS at most."""
    reasons = [f"no answer within {PROBE_SECONDS:g} s"]

    def probe() -> None:
        try:
            get_session().head(url, timeout=CONNECT_SECONDS, follow_redirects=False)
            reasons.append("")
        except Exception as error:  # a thread's error would be lost; here each is a reason
            reasons.append(errors.error_reason(error))

    thread = threading.Thread(target=probe, daemon=True)
    thread.start()
    thread.join(PROBE_SECONDS)
    return reasons[-1]


def check_reachable(weight: WeightFile, settings: Settings) -> None:
    """Check that the host of a weight file answers. ModelError network if not, or if offline."""
    if settings.offline:
        message = f"{weight.source} is not here yet, and HF_HUB_OFFLINE forbids to fetch it"
        raise ModelError("network", message, "set HF_HUB_OFFLINE=0, then type it again")
    url = settings.address(weight.url) if weight.url else settings.endpoint
    if reason := connection_error(url):
        raise errors.unreachable(url, reason, hub=not weight.url)


def hub_metadata(
    weight: WeightFile, revision: str, checkpoint: Checkpoint, settings: Settings
) -> RemoteFile | None:
    """The file on the hub at that revision; None if its repository has no such file. A 404 that
    does not say what is missing means that where another file of the repository was found.

    ModelError no_token, bad_token, terms, network, or bad_weights if there is no such repository
    or revision.
    """
    token = settings.token if errors.is_gated(weight, checkpoint) else None
    try:
        try:
            return _file_metadata(weight, revision, settings, token)
        except HfHubHTTPError as error:
            if error.response.status_code not in (401, 403) or token or settings.token is None:
                raise
            token = settings.token
            return _file_metadata(weight, revision, settings, token)
    except HfHubHTTPError as error:
        code = error.response.headers.get("X-Error-Code")
        is_bare = error.response.status_code == HTTPStatus.NOT_FOUND and not code
        place = (settings.endpoint, weight.repository, revision)
        if code == errors.NO_SUCH_FILE or (is_bare and place in found_places):
            return None
        raise errors.hub_error(error, weight, revision, checkpoint, settings, token) from None


def url_metadata(weight: WeightFile, settings: Settings) -> RemoteFile | None:
    """The file at a plain address; None if it is optional and not there. ModelError as above."""
    url = settings.address(weight.url)
    try:
        with errors.as_network_error(url, hub=False):
            answer = get_session().head(
                url,
                headers={"accept-encoding": "identity"},  # the size of the file itself
                timeout=errors.ANSWER_SECONDS,
                follow_redirects=True,
            )
            hf_raise_for_status(answer)
    except HfHubHTTPError as error:
        if weight.optional and error.response.status_code == HTTPStatus.NOT_FOUND:
            return None
        raise errors.url_error(error, weight, url) from None
    return RemoteFile(url, int(answer.headers.get("content-length") or 0))


def indexed_bytes(remote: RemoteFile) -> int:
    """The size of the tensors that an index on the hub lists, as it says itself; 0 if it does not.

    ModelError network if it cannot be read.
    """
    with errors.as_network_error(remote.url, hub=True):
        answer = get_session().get(
            remote.url,
            headers=remote.headers,
            timeout=errors.ANSWER_SECONDS,
            follow_redirects=True,
        )
    try:
        total = answer.json()["metadata"]["total_size"]
    except (ValueError, KeyError, TypeError):
        return 0
    is_size = isinstance(total, (int, float)) and 0 < total < MOST_BYTES
    return int(total) if is_size else 0


def _file_metadata(
    weight: WeightFile, revision: str, settings: Settings, token: Token | None
) -> RemoteFile:
    address = partial(hf_hub_url, weight.repository, weight.file, endpoint=settings.endpoint)
    url = address(revision=revision)
    if token and not token.well_formed:
        raise errors.malformed_token(token)
    with errors.as_network_error(url, hub=True):
        metadata = get_hf_file_metadata(
            url,
            token=token.reveal() if token else False,
            timeout=errors.ANSWER_SECONDS,
            endpoint=settings.endpoint,
        )
        etag = metadata.etag or ""
        if not metadata.commit_hash or not etag.isalnum() or not metadata.commit_hash.isalnum():
            reason = "what answers there is no hub (or a proxy stands in between)"
            raise errors.unreachable(url, reason, hub=True)
    for place in (revision, metadata.commit_hash):
        found_places.add((settings.endpoint, weight.repository, place))
    url = address(revision=metadata.commit_hash)
    return RemoteFile(url, metadata.size or 0, metadata.commit_hash, etag, token)
