"""Errors of a hub or a plain address as ModelError: what is wrong, and what to do about it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from secondtake.core.errors import ModelError
from secondtake.core.formatting import format_duration
from secondtake.core.redaction import one_line
from secondtake.core.registry.spec import Checkpoint, WeightFile
from secondtake.runner.hub import transport, variables
from secondtake.runner.hub.transport import Refused, Unreached
from secondtake.runner.settings import HUB, Settings, Token

DAY = 86_400.0  # seconds; whoever asks for more is not believed
GUIDE = "docs/HUGGINGFACE_SETUP.md"
TOKENS_PAGE = "https://huggingface.co/settings/tokens"
GATED_RIGHT = "Read access to contents of all public gated repos you can access"
GATED = "GatedRepo"  # the hub's word for a gate; a 403 without it is of something in between
NO_SUCH_FILE = "EntryNotFound"  # the hub's word for a file that a repository does not have
RETRY_STATUS = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)
# The hub's words behind a gate that stays shut, and what they mean. The first that fits holds.
REFUSALS = (
    (("reject",), "its owners have rejected your request for access to {}", "ask them: {}"),
    (
        ("reset", "blocked", "revoked"),
        "its owners have taken back your access to {}",
        "ask for it again, or ask them: {}",
    ),
    (
        ("awaiting", "pending"),
        "{}: your request for access waits for its owners",
        "they answer by mail; see {}",
    ),
)


class BusyError(ModelError):
    """A hub that cannot answer now, and may say when to ask again."""

    def __init__(self, message: str, hint: str, wait_seconds: float | None) -> None:
        super().__init__("network", message, hint)
        self.wait_seconds = wait_seconds


def is_gated(weight: WeightFile, checkpoint: Checkpoint) -> bool:
    """True if the registry puts the weight's repository behind the checkpoint's gate."""
    page = checkpoint.gate.rstrip("/")
    return bool(weight.repository) and page.endswith(f"/{weight.repository}")


def asks_for_token(refused: Refused, weight: WeightFile, checkpoint: Checkpoint) -> bool:
    """True if an answer is that of a gate: by the hub's own word, or a plain 401 where the
    registry knows of one. A 403 without that word is a firewall's, whom no token concerns."""
    if refused.code == GATED:
        return refused.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
    is_plain = refused.status == HTTPStatus.UNAUTHORIZED and not refused.code
    return is_plain and is_gated(weight, checkpoint)


def terms_page(weight: WeightFile, checkpoint: Checkpoint) -> str:
    """The page to accept the terms of the weight's repository, the checkpoint's or another."""
    return checkpoint.gate if is_gated(weight, checkpoint) else f"{HUB}/{weight.repository}"


def unreachable(url: str, reason: str, *, hub: bool) -> ModelError:
    place = "hub unreachable" if hub else "unreachable"
    variable = "HF_ENDPOINT" if hub else "SECONDTAKE_DOWNLOADS"
    if hint := variables.unusable():  # the client's own words may hold a piece of a password
        reason = "a variable keeps the hub's client from asking"
    hint = hint or variables.blame(url, reason)
    if not hint and hub and not url.startswith(HUB):
        hint = f"check {variable}={'://'.join(urlsplit(url)[:2])}"
    hint = hint or f"connect to the internet, or set {variable} in .env to a mirror"
    return ModelError("network", f"{place}: {_host(url)}: {reason}", f"{hint}; then type it again")


@contextmanager
def as_network_error(url: str, *, hub: bool) -> Iterator[None]:
    """Turn failures to reach `url` into ModelError network; refusals pass."""
    try:
        yield
    except Unreached as error:
        raise unreachable(url, str(error), hub=hub) from None


def hub_error(
    refused: Refused,
    weight: WeightFile,
    revision: str,
    checkpoint: Checkpoint,
    settings: Settings,
    token: Token | None,
) -> ModelError:
    """The error for a refused file, by status, headers and, if need be, whoami."""
    words = refused.words.lower()
    if "disabled" in f"{refused.code.lower()} {words}" or refused.status == 451:
        message = f"{_host(settings.endpoint)} has disabled {weight.repository}"
        return ModelError("bad_weights", message, "its owners or the hub closed it: report it")
    if refused.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        gated = asks_for_token(refused, weight, checkpoint)
        # Behind a gate, not every refusal has the hub's word for one.
        signs = ("fine-grained", *(sign for each in REFUSALS for sign in each[0]))
        refused_token = token is not None and any(sign in words for sign in signs)
        if gated and not token:
            return _no_token(weight, checkpoint)
        if refused.status == HTTPStatus.FORBIDDEN and not (gated or refused_token):
            return _forbidden(refused, weight)
        if token and transport.origin(refused.url) != transport.origin(settings.endpoint):
            return _led_away(refused, settings)
        if not token:
            return _absent(weight, revision, settings, refused.code)
        return _token_refused(refused, weight, checkpoint, settings, token)
    if refused.status == HTTPStatus.NOT_FOUND:
        return _absent(weight, revision, settings, refused.code)
    return _fault(refused, weight)


def url_error(refused: Refused, weight: WeightFile, url: str) -> ModelError:
    status = refused.status
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in RETRY_STATUS:
        return _fault(refused, weight)
    message = f"{url} answers {_status_line(status)}"
    hint = "check SECONDTAKE_DOWNLOADS" if url != weight.url else "the file has moved: report it"
    if status in (HTTPStatus.FORBIDDEN, HTTPStatus.PROXY_AUTHENTICATION_REQUIRED):
        hint = variables.blame(url, "") or hint
    return ModelError("bad_weights", message, hint)


def _token_refused(
    refused: Refused,
    weight: WeightFile,
    checkpoint: Checkpoint,
    settings: Settings,
    token: Token,
) -> ModelError:
    words = refused.words.lower()
    account = None if "invalid credentials" in words else _account(settings, token)
    if account is None:
        message = f"the hub refuses the token ({token.source}): it is mistyped, expired or revoked"
        return ModelError("bad_token", message, f"make a new one: {TOKENS_PAGE}; see {GUIDE}")
    rights = _table(_table(account, "auth"), "accessToken")
    narrow = rights.get("role") == "fineGrained"
    if "fine-grained" in words or (
        narrow and _table(rights, "fineGrained").get("canReadGatedRepos") is False
    ):
        message = f"the token ({token.source}) is fine-grained and may not read gated repositories"
        return ModelError("bad_token", message, f'at {TOKENS_PAGE}, tick "{GATED_RIGHT}"')
    page = terms_page(weight, checkpoint)
    for signs, message, hint in REFUSALS:
        if any(sign in words for sign in signs):
            return ModelError("terms", message.format(weight.repository), hint.format(page))
    name = account.get("name")
    who = f"your account {one_line(name, 60)}" if isinstance(name, str) and name else "your account"
    hint = f"log in there, read and accept them: {page}"
    if narrow:
        hint += f'; if you did, the token needs "{GATED_RIGHT}"'
    return ModelError("terms", f"{who} has not accepted the terms of {weight.repository}", hint)


def _table(value: Any, key: str) -> dict[str, Any]:
    """The object under a key; an empty one where a hub has anything else there."""
    inner = value.get(key)
    return inner if isinstance(inner, dict) else {}


def _account(settings: Settings, token: Token) -> dict[str, Any] | None:
    """The account of a token; None if it belongs to none, {} if the hub does not say."""
    try:
        with transport.ask("GET", f"{settings.endpoint}/api/whoami-v2", token) as answer:
            account = answer.json()
    except Refused as refused:
        return None if refused.status == HTTPStatus.UNAUTHORIZED else {}
    except Unreached:
        return {}
    return account if isinstance(account, dict) else {}


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


def unencrypted(settings: Settings) -> ModelError:
    """network: the token would be readable by everyone between here and there."""
    host = _host(settings.endpoint)
    message = f"{host} asks for your token, which is not sent unencrypted to another machine"
    hint = f"write https://{host} in HF_ENDPOINT"
    if transport.is_this_machine(settings.endpoint):  # then a proxy would read it
        hint = variables.blame(settings.endpoint, "") or hint
    return ModelError("network", message, hint)


def _led_away(refused: Refused, settings: Settings) -> ModelError:
    message = f"{_host(settings.endpoint)} leads to {_host(refused.url)}, which is not sent your "
    hint = "name in HF_ENDPOINT the hub that is to have it, or none"
    return ModelError("network", f"{message}token and answers {refused.status}", hint)


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
    message = f"{_host(settings.endpoint)} does not have {what}"
    mirror = settings.endpoint != HUB
    hint = "check HF_ENDPOINT" if mirror else "it was moved or withdrawn: report it"
    return ModelError("bad_weights", message, hint)


def _forbidden(refused: Refused, weight: WeightFile) -> ModelError:
    """A 403 that is no matter of tokens or terms: something in between."""
    message = f"{_host(refused.url)} answers 403 for {weight.source}"
    hint = variables.blame(refused.url, "") or "does a proxy or firewall stand in between?"
    return ModelError("network", ": ".join(filter(None, [message, refused.words])), hint)


def _fault(refused: Refused, weight: WeightFile) -> ModelError:
    status = refused.status
    message = f"{_host(refused.url)} answers {_status_line(status)} for {weight.source}"
    if status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        hint = variables.blame(refused.url, "") or "log in at the proxy that stands in between"
        return ModelError("network", message, hint)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        message += ": it was asked too often"
    elif status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        message += ": its own fault, not yours"
    return busy(message, refused.wait_seconds)


def busy(message: str, wait_seconds: float | None) -> BusyError:
    """network: wait, as long as the other side says if it does."""
    wait = f"wait {format_duration(min(wait_seconds, DAY))}" if wait_seconds else "wait a little"
    return BusyError(message, f"{wait}, then type it again", wait_seconds)


def _host(url: str) -> str:
    return one_line(urlsplit(url).netloc.rpartition("@")[2], 80)


def _status_line(status: int) -> str:
    return f"{status} {HTTPStatus(status).phrase}" if status in set(HTTPStatus) else str(status)
