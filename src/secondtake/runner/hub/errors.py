"""Errors of a hub or a plain address as ModelError: what is wrong, and what to do about it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from huggingface_hub import HfApi, get_session
from huggingface_hub.errors import (
    FileMetadataError,
    HfHubHTTPError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
)

from secondtake.core.errors import ModelError
from secondtake.core.escape import plain
from secondtake.core.registry.spec import Checkpoint, WeightFile
from secondtake.runner.settings import HUB, Settings, Token

ANSWER_SECONDS = 10.0
GUIDE = "docs/HUGGINGFACE_SETUP.md"
TOKENS_PAGE = "https://huggingface.co/settings/tokens"
GATED_RIGHT = "Read access to contents of all public gated repos you can access"
NO_SUCH_FILE = "EntryNotFound"  # the hub's word for a file that a repository does not have
RETRY_STATUS = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)

# The client's transport (httpx, later httpx2) raises errors of one family: the one that the
# client's own error inherits from, whatever the transport's name.
TRANSPORT_ERROR: type[Exception] = HfHubHTTPError.__mro__[1]
UNREACHABLE = (TRANSPORT_ERROR, LocalEntryNotFoundError, OfflineModeIsEnabled, FileMetadataError)


def is_gated(weight: WeightFile, checkpoint: Checkpoint) -> bool:
    """True if the registry puts the weight's repository behind the checkpoint's gate."""
    page = checkpoint.gate.rstrip("/")
    return bool(weight.repository) and page.endswith(f"/{weight.repository}")


def terms_page(weight: WeightFile, checkpoint: Checkpoint) -> str:
    """The page to accept the terms of the weight's repository, the checkpoint's or another."""
    return checkpoint.gate if is_gated(weight, checkpoint) else f"{HUB}/{weight.repository}"


def unreachable(url: str, reason: str, *, hub: bool) -> ModelError:
    place = "hub unreachable" if hub else "unreachable"
    variable = "HF_ENDPOINT" if hub else "SECONDTAKE_DOWNLOADS"
    hint = f"connect to the internet, or set {variable} in .env to a mirror; then type it again"
    return ModelError("network", f"{place}: {urlsplit(url).netloc}: {reason}", hint)


@contextmanager
def as_network_error(url: str, *, hub: bool) -> Iterator[None]:
    """Turn failures to reach `url` into ModelError network; the hub's own errors pass."""
    try:
        yield
    except HfHubHTTPError:
        raise
    except UNREACHABLE as error:
        raise unreachable(url, error_reason(error), hub=hub) from None


def error_reason(error: BaseException) -> str:
    """The innermost cause in one line."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) < 200 else f"{text[:199]}…"


def hub_error(
    error: HfHubHTTPError,
    weight: WeightFile,
    revision: str,
    checkpoint: Checkpoint,
    settings: Settings,
    token: Token | None,
) -> ModelError:
    """The error for a refused file, by status, headers and, if need be, whoami."""
    status = error.response.status_code
    code = error.response.headers.get("X-Error-Code", "")
    hub_message = error.response.headers.get("X-Error-Message", "")
    if status in (401, 403):
        gated = code == "GatedRepo" or is_gated(weight, checkpoint)
        if not token and gated:
            return _no_token(weight, checkpoint)
        if not gated and status == HTTPStatus.FORBIDDEN:
            return _forbidden(weight, settings, hub_message)
        if not token:
            return _absent(weight, revision, settings, code)
        return _token_refused(weight, checkpoint, settings, token, hub_message, gated)
    if status == HTTPStatus.NOT_FOUND:
        return _absent(weight, revision, settings, code)
    return _fault(status, settings.endpoint, weight)


def url_error(error: HfHubHTTPError, weight: WeightFile, url: str) -> ModelError:
    status = error.response.status_code
    if status >= 500 or status in RETRY_STATUS:
        return _fault(status, url, weight)
    message = f"{url} answers {status} {_phrase(status)}"
    hint = "check SECONDTAKE_DOWNLOADS" if url != weight.url else "the file has moved: report it"
    return ModelError("bad_weights", message, hint)


def _token_refused(
    weight: WeightFile,
    checkpoint: Checkpoint,
    settings: Settings,
    token: Token,
    hub_message: str,
    gated: bool,
) -> ModelError:
    account = None if "invalid credentials" in hub_message.lower() else _account(settings, token)
    if account is None:
        message = f"the hub refuses the token ({token.source}): it is mistyped, expired or revoked"
        return ModelError("bad_token", message, f"make a new one: {TOKENS_PAGE}; see {GUIDE}")
    rights = account.get("auth", {}).get("accessToken", {})
    narrow = rights.get("role") == "fineGrained"
    if "fine-grained" in hub_message.lower() or (
        narrow and rights.get("fineGrained", {}).get("canReadGatedRepos") is False
    ):
        message = f"the token ({token.source}) is fine-grained and may not read gated repositories"
        return ModelError("bad_token", message, f'at {TOKENS_PAGE}, tick "{GATED_RIGHT}"')
    if not gated:
        return _absent(weight, "", settings, "RepoNotFound")
    page = terms_page(weight, checkpoint)
    if "awaiting" in hub_message.lower() or "pending" in hub_message.lower():
        message = f"{weight.repository}: your request for access waits for its owners"
        return ModelError("terms", message, f"they answer by mail; see {page}")
    name = account.get("name", "")
    who = f"your account {name}" if name else "your account"
    hint = f"log in there, read and accept them: {page}"
    if narrow:
        hint += f'; if you did, the token needs "{GATED_RIGHT}"'
    return ModelError("terms", f"{who} has not accepted the terms of {weight.repository}", hint)


def _account(settings: Settings, token: Token) -> dict[str, Any] | None:
    """The account of a token; None if it belongs to none, {} if the hub does not say."""
    get_session().timeout = ANSWER_SECONDS  # whoami passes none of its own
    try:
        return dict(HfApi(endpoint=settings.endpoint).whoami(token=token.reveal()))
    except HfHubHTTPError as error:
        return None if error.response.status_code == HTTPStatus.UNAUTHORIZED else {}
    except UNREACHABLE:
        return {}


def _no_token(weight: WeightFile, checkpoint: Checkpoint) -> ModelError:
    own = is_gated(weight, checkpoint)
    what = checkpoint.title if own else f"{weight.repository} (for {checkpoint.title})"
    message = f"{what} is gated, and there is no token"
    page = terms_page(weight, checkpoint)
    hint = f"{GUIDE} takes you there: accept the terms on {page}, set HF_TOKEN in .env"
    return ModelError("no_token", message, hint)


def malformed_token(token: Token) -> ModelError:
    message = f"the token ({token.source}) contains a space or a character that no token has"
    return ModelError("bad_token", message, f"copy it again from {TOKENS_PAGE}; see {GUIDE}")


def absent_error(repository: str, names: Sequence[str], settings: Settings) -> ModelError:
    """bad_weights: the repository has a file by none of these names."""
    *others, last = names
    either = f"{', '.join(others)} or {last}" if others else last
    return _not_there(f"{either} in {repository}", settings)


def _absent(weight: WeightFile, revision: str, settings: Settings, code: str) -> ModelError:
    if code == NO_SUCH_FILE:
        return absent_error(weight.repository, [weight.file], settings)
    is_revision = code == "RevisionNotFound"
    what = f"revision {revision} of" if is_revision else "the repository"
    return _not_there(f"{what} {weight.repository}", settings)


def _not_there(what: str, settings: Settings) -> ModelError:
    message = f"{urlsplit(settings.endpoint).netloc} does not have {what}"
    mirror = settings.endpoint != HUB
    hint = "check HF_ENDPOINT" if mirror else "it was moved or withdrawn: report it"
    return ModelError("bad_weights", message, hint)


def _forbidden(weight: WeightFile, settings: Settings, hub_message: str) -> ModelError:
    """A 403 that is no matter of tokens or terms: a firewall, or a repository taken down."""
    message = f"{urlsplit(settings.endpoint).netloc} answers 403 for {weight.source}"
    hint = "does a proxy or firewall stand in between?"
    if hub_message:
        message += f": {plain(hub_message)}"
    return ModelError("network", message, hint)


def _fault(status: int, url: str, weight: WeightFile) -> ModelError:
    message = f"{urlsplit(url).netloc} answers {status} {_phrase(status)} for {weight.source}"
    message += ": its own fault, not yours"
    return ModelError("network", message, "wait a little, then type it again")


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in set(HTTPStatus) else ""
