"""Access tokens in text that is shown or written: hidden, wherever they stand.

A token in the wrong variable or the wrong option would otherwise be repeated by the very error that
says so, and a hub may repeat the one that it was sent.
"""

import re

from secondtake.core.escape import plain

HIDDEN = "hf_…"
SHORTEST_SECRET = 8  # a shorter one would hide parts of words
# What a hub's tokens look like. Behind a slash it is the name of a folder unless it is long or has
# more than small letters.
TOKEN = re.compile(
    r"(?<!/)hf_(?!(?:token|home|endpoint|transfer)\b)(?:oauth_)?[A-Za-z0-9]{4,}[\w.-]*"
    r"|hf_(?:oauth_)?(?:[A-Za-z0-9]{20,}|(?=[a-z]*[A-Z0-9])[A-Za-z0-9]{8,})[\w.-]*"
)
ADDRESS = re.compile(r"\s*(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*://)?(?P<rest>.*)", re.DOTALL)

_secrets: set[str] = set()


def remember_secret(secret: str) -> None:
    """Hide this value from now on, whatever it looks like."""
    if len(secret) >= SHORTEST_SECRET:
        _secrets.add(secret)


def redact(text: str) -> str:
    """`text` with every token in it hidden."""
    for secret in _secrets:
        text = text.replace(secret, "…")
    return TOKEN.sub(HIDDEN, text)


def looks_like_token(value: str) -> bool:
    """True if the whole value may be a token."""
    return TOKEN.fullmatch(value.strip().strip("\"'“”‘’„«»")) is not None


def one_line(text: object, most: int = 200) -> str:
    """Text from outside as it may be shown: one line of at most `most` characters, without
    control, bidirectional and escape characters, without tokens."""
    line = redact(plain(str(text)[: 4 * most]))
    return line if len(line) <= most else f"{line[: most - 1]}…"


def without_credentials(address: str) -> str:
    """An address as it may be shown: no name, no password, no query, no token."""
    match = ADDRESS.fullmatch(address)
    assert match is not None
    rest = re.split(r"[?#]", match["rest"].rpartition("@")[2])[0]
    return one_line(f"{match['scheme'] or ''}{rest}", 100)
