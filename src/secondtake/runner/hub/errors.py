"""Why a hub or a plain address does not give a file, told apart, and what to do about it."""

from collections.abc import Iterator
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
from secondtake.core.registry.spec import Checkpoint, Weight
from secondtake.runner.settings import HUB, Settings, Token

ANSWER_SECONDS = 10.0
GUIDE = "docs/HUGGINGFACE_SETUP.md"
TOKENS_PAGE = "https://huggingface.co/settings/tokens"
GATED_RIGHT = "Read access to contents of all public gated repos you can access"
PATIENCE = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)

# The client's transport (httpx, later httpx2) raises errors of one family: the one that the
# client's own error inherits from, whatever the transport's name.
TRANSPORT_ERROR: type[Exception] = HfHubHTTPError.__mro__[1]
UNREACHABLE = (TRANSPORT_ERROR, LocalEntryNotFoundError, OfflineModeIsEnabled, FileMetadataError)


def is_gated(weight: Weight, checkpoint: Checkpoint) -> bool:
    """Whether the registry says that the weight's repository is behind the checkpoint's gate."""
    page = checkpoint.gate.rstrip("/")
    return bool(weight.repository) and page.endswith(f"/{weight.repository}")


def page_of(weight: Weight, checkpoint: Checkpoint) -> str:
    """Where a person accepts the terms of the weight's repository, the checkpoint's or another."""
    return checkpoint.gate if is_gated(weight, checkpoint) else f"{HUB}/{weight.repository}"


def unreachable(url: str, reason: str, *, hub: bool) -> ModelError:
    place = "hub unreachable" if hub else "unreachable"
    variable = "HF_ENDPOINT" if hub else "SECONDTAKE_DOWNLOADS"
    hint = f"connect to the internet, or set {variable} in .env to a mirror; then type it again"
    return ModelError("network", f"{place}: {urlsplit(url).netloc}: {reason}", hint)


@contextmanager
def explained(url: str, *, hub: bool) -> Iterator[None]:
    """Turn failures to reach `url` into ModelError network; the hub's own answers pass."""
    try:
        yield
    except HfHubHTTPError:
        raise
    except UNREACHABLE as error:
        raise unreachable(url, reason_of(error), hub=hub) from None


def reason_of(error: BaseException) -> str:
    """The innermost cause in one line."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) < 200 else f"{text[:199]}…"


def refusal(
    error: HfHubHTTPError,
    weight: Weight,
    revision: str,
    checkpoint: Checkpoint,
    settings: Settings,
    token: Token | None,
) -> ModelError:
    """Why the hub does not give a file: status, headers and, if need be, whoami tell it apart."""
    status = error.response.status_code
    code = error.response.headers.get("X-Error-Code", "")
    said = error.response.headers.get("X-Error-Message", "")
    if status in (401, 403):
        gated = code == "GatedRepo" or is_gated(weight, checkpoint)
        if not token and gated:
            return _no_token(weight, checkpoint)
        if not gated and status == HTTPStatus.FORBIDDEN:
            return _forbidden(weight, settings, said)
        if not token:
            return _absent(weight, revision, settings, code)
        return _token_refused(weight, checkpoint, settings, token, said, gated)
    if status == HTTPStatus.NOT_FOUND:
        return _absent(weight, revision, settings, code)
    return _fault(status, settings.endpoint)


def plain_refusal(error: HfHubHTTPError, weight: Weight, url: str) -> ModelError:
    status = error.response.status_code
    if status >= 500 or status in PATIENCE:
        return _fault(status, url)
    message = f"{url} answers {status} {_phrase(status)}"
    hint = "check SECONDTAKE_DOWNLOADS" if url != weight.url else "the file has moved: report it"
    return ModelError("bad_weights", message, hint)


def _token_refused(
    weight: Weight,
    checkpoint: Checkpoint,
    settings: Settings,
    token: Token,
    said: str,
    gated: bool,
) -> ModelError:
    account = None if "invalid credentials" in said.lower() else _account(settings, token)
    if account is None:
        message = f"the hub refuses the token ({token.source}): it is mistyped, expired or revoked"
        return ModelError("bad_token", message, f"make a new one: {TOKENS_PAGE}; see {GUIDE}")
    rights = account.get("auth", {}).get("accessToken", {})
    narrow = rights.get("role") == "fineGrained"
    if "fine-grained" in said.lower() or (
        narrow and rights.get("fineGrained", {}).get("canReadGatedRepos") is False
    ):
        message = f"the token ({token.source}) is fine-grained and may not read gated repositories"
        return ModelError("bad_token", message, f'at {TOKENS_PAGE}, tick "{GATED_RIGHT}"')
    if not gated:
        return _absent(weight, "", settings, "RepoNotFound")
    page = page_of(weight, checkpoint)
    if "awaiting" in said.lower() or "pending" in said.lower():
        message = f"{weight.repository}: your request for access waits for its owners"
        return ModelError("terms", message, f"they answer by mail; see {page}")
    name = account.get("name", "")
    who = f"your account {name}" if name else "your account"
    hint = f"log in there, read and accept them: {page}"
    if narrow:
        hint += f'; if you did, the token needs "{GATED_RIGHT}"'
    return ModelError("terms", f"{who} has not accepted the terms of {weight.repository}", hint)


def _account(settings: Settings, token: Token) -> dict[str, Any] | None:
    """Whose token it is; None if it is nobody's, {} if the hub does not say."""
    get_session().timeout = ANSWER_SECONDS  # whoami passes none of its own
    try:
        return dict(HfApi(endpoint=settings.endpoint).whoami(token=token.reveal()))
    except HfHubHTTPError as error:
        return None if error.response.status_code == HTTPStatus.UNAUTHORIZED else {}
    except UNREACHABLE:
        return {}


def _no_token(weight: Weight, checkpoint: Checkpoint) -> ModelError:
    own = is_gated(weight, checkpoint)
    what = checkpoint.title if own else f"{weight.repository} (for {checkpoint.title})"
    message = f"{what} is gated, and there is no token"
    page = page_of(weight, checkpoint)
    hint = f"{GUIDE} takes you there: accept the terms on {page}, set HF_TOKEN in .env"
    return ModelError("no_token", message, hint)


def malformed(token: Token) -> ModelError:
    message = f"the token ({token.source}) contains a space or a character that no token has"
    return ModelError("bad_token", message, f"copy it again from {TOKENS_PAGE}; see {GUIDE}")


def _absent(weight: Weight, revision: str, settings: Settings, code: str) -> ModelError:
    what = {
        "RevisionNotFound": f"revision {revision} of {weight.repository}",
        "EntryNotFound": f"{weight.file} in {weight.repository}",
    }.get(code, f"the repository {weight.repository}")
    message = f"{urlsplit(settings.endpoint).netloc} does not have {what}"
    mirror = settings.endpoint != HUB
    hint = "check HF_ENDPOINT" if mirror else "it was moved or withdrawn: report it"
    return ModelError("bad_weights", message, hint)


def _forbidden(weight: Weight, settings: Settings, said: str) -> ModelError:
    """No matter of tokens or terms: a firewall, or a repository that was taken down."""
    message = f"{urlsplit(settings.endpoint).netloc} answers 403 for {weight.source}"
    hint = "does a proxy or firewall stand in between?"
    return ModelError("network", f"{message}: {plain(said)}" if said else message, hint)


def _fault(status: int, url: str) -> ModelError:
    message = f"{urlsplit(url).netloc} answers {status} {_phrase(status)}: its own fault, not yours"
    return ModelError("network", message, "wait a little, then type it again")


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in set(HTTPStatus) else ""
