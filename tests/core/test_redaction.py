"""Tokens are hidden wherever they stand, and nothing else is."""

import pytest

from secondtake.core import redaction
from secondtake.core.redaction import looks_like_token, one_line, redact, without_credentials

TOKEN = "hf_QwErTyUiOpAsDfGhJkLzXcVbNm12345678"


@pytest.mark.parametrize(
    "text", [TOKEN, f"HF_TOKEN={TOKEN}", f"songs/{TOKEN}.toml", f"'{TOKEN}'", "hf_aaaa", "xhf_aaaa"]
)
def test_a_token_is_hidden(text: str) -> None:
    assert "hf_…" in redact(text)
    assert TOKEN[3:9] not in redact(text) and "aaaa" not in redact(text)


@pytest.mark.parametrize(
    "text", ["hf_hub_download", "hf_token", "HF_TOKEN", "/data/hf_cache/weights", "hf_xet", "hf_…"]
)
def test_a_name_that_begins_alike_is_none(text: str) -> None:
    assert redact(text) == text
    assert not looks_like_token(text)


def test_a_token_of_any_look_is_hidden_once_it_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redaction, "_secrets", set())
    redaction.remember_secret("correct horse")
    redaction.remember_secret("a")  # else every word with it would be spoilt
    assert redact("a correct horse, battery") == "a …, battery"


def test_text_from_outside_is_one_harmless_line() -> None:
    line = one_line(f"a\x1b[2J\u202eb\r\n{TOKEN}\0 " + "x" * 10_000)
    assert line.startswith("a[2Jb hf_…") and len(line) == 200 and line.isprintable()
    assert one_line(7) == "7"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("http://me:secret@proxy:3128/x?key=secret#secret", "http://proxy:3128/x"),
        ("me:se/cr@et@proxy:3128", "proxy:3128"),
        ("socks5://127.0.0.1:1080", "socks5://127.0.0.1:1080"),
        ("", ""),
    ],
)
def test_an_address_is_shown_without_credentials(address: str, shown: str) -> None:
    assert without_credentials(address) == shown
