"""A file's metadata on the hub or at a plain address, and the check that anything answers there.

Everything is asked for without the token first. It is shown where a gate asks for it, and nowhere
else: a stale token would otherwise lock its owner out of what everyone may have.
"""

import re
from dataclasses import dataclass
from functools import cache, partial
from http import HTTPStatus
from urllib.parse import urlsplit

from huggingface_hub import hf_hub_url

from secondtake.core.errors import ModelError
from secondtake.core.registry.spec import Checkpoint, WeightFile
from secondtake.runner.hub import errors, transport, variables
from secondtake.runner.hub.transport import Answer, Refused, Unreached
from secondtake.runner.settings import Settings, Token

MOST_BYTES = 1 << 50  # of weights: a petabyte is no size that an index can mean
PROBE_SECONDS = 5.0
NAME = re.compile(r"[0-9A-Za-z]{1,128}")  # of a commit or a blob: both become names of files

# Endpoint, repository and revision of every file that was found in this run. A mirror that is but a
# file server answers 404 without a word of what is missing: in these, it is the file.
found_places: set[tuple[str, str, str]] = set()
gates: set[tuple[str, str]] = set()  # endpoint and repository of those that asked for the token


@dataclass(frozen=True)
class RemoteFile:
    """A file as it lies on the hub or at a plain address."""

    url: str
    bytes: int  # that are promised; 0 if the other side does not say
    commit: str = ""
    etag: str = ""  # LFS files: their sha256; others: their git blob id
    token: Token | None = None  # what has to be shown to get it


@cache  # one look in a run, however many models there are
def connection_error(url: str) -> str:
    """The reason why nothing answers at `url`, "" if anything does, in PROBE_SECONDS at most."""
    try:
        with transport.ask("HEAD", url, seconds=PROBE_SECONDS, is_final=lambda answer: True):
            return ""
    except Refused:
        return ""
    except Unreached as error:
        return str(error)


def check_reachable(weight: WeightFile, settings: Settings) -> None:
    """Check that the host of a weight file answers. ModelError network if not, or if offline."""
    if settings.offline:
        name = settings.offline_variable
        message = f"{weight.source} is not here yet, and {name} forbids to fetch it"
        raise ModelError("network", message, f"set {name}=0, then type it again")
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
    place = (settings.endpoint, weight.repository)
    token = settings.token if place in gates else None
    try:
        try:
            return _file_metadata(weight, revision, settings, token)
        except Refused as refused:
            if token or not errors.asks_for_token(refused, weight, checkpoint):
                raise
            if settings.token is None:
                raise
            gates.add(place)
            token = settings.token
            return _file_metadata(weight, revision, settings, token)
    except Refused as refused:
        is_bare = refused.status == HTTPStatus.NOT_FOUND and not refused.code
        if refused.code == errors.NO_SUCH_FILE or (is_bare and (*place, revision) in found_places):
            return None
        raise errors.hub_error(refused, weight, revision, checkpoint, settings, token) from None


def url_metadata(weight: WeightFile, settings: Settings) -> RemoteFile | None:
    """The file at a plain address; None if it is optional and not there. ModelError as above."""
    url = settings.address(weight.url)
    try:
        with errors.as_network_error(url, hub=False), transport.ask("HEAD", url) as answer:
            return RemoteFile(url, _promised(answer.headers.get("content-length")))
    except Refused as refused:
        if weight.optional and refused.status == HTTPStatus.NOT_FOUND:
            return None
        raise errors.url_error(refused, weight, url) from None


def indexed_bytes(remote: RemoteFile) -> int:
    """The size of the tensors that an index on the hub lists, as it says itself; 0 if it does not.

    ModelError network if it cannot be read.
    """
    try:
        with (
            errors.as_network_error(remote.url, hub=True),
            transport.ask("GET", remote.url, remote.token) as answer,
        ):
            total = answer.json()["metadata"]["total_size"]
    except (Refused, KeyError, TypeError):
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
    if token and not _is_private(url):
        raise errors.unencrypted(settings)
    with (
        errors.as_network_error(url, hub=True),
        transport.ask("HEAD", url, token, is_final=_tells_file) as answer,
    ):
        headers = answer.headers
        etag = headers.get("x-linked-etag") or headers.get("etag", "")
        etag, commit = etag.removeprefix("W/").strip('"'), headers.get("x-repo-commit", "")
        if not NAME.fullmatch(etag) or not NAME.fullmatch(commit):
            raise Unreached("what answers there is no hub (or a proxy stands in between)")
        is_elsewhere = answer.status in transport.REDIRECTS  # then the length is that of the answer
        length = "" if is_elsewhere else headers.get("content-length")
        promised = _promised(headers.get("x-linked-size") or length)
    for place in (revision, commit):
        found_places.add((settings.endpoint, weight.repository, place))
    return RemoteFile(address(revision=commit), promised, commit, etag, token)


def _tells_file(answer: Answer) -> bool:
    """True for a redirect to where the bytes are, which has all that is to be known of the file."""
    target = transport.redirect_target(answer.url, answer.headers.get("location", ""))
    is_elsewhere = transport.origin(target) != transport.origin(answer.url)
    return is_elsewhere and "x-repo-commit" in answer.headers


def _promised(text: str | None) -> int:
    count = transport.count_of(text)
    return count if count < MOST_BYTES else 0


def _is_private(url: str) -> bool:
    """True if nobody in between can read what is sent there."""
    is_near = transport.is_this_machine(url) and variables.is_direct(url)
    return urlsplit(url).scheme == "https" or is_near
