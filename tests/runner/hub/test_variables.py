"""The variable at fault, as the hub's client and its transport read them."""

from pathlib import Path

import pytest

from secondtake.runner.hub.variables import blame, unusable

URL = "https://hub.example"
READ = (
    "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE",
    "SSLKEYLOGFILE",
)  # fmt: skip


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in READ:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.mark.parametrize(
    ("name", "value", "is_usable"),
    [
        ("HTTPS_PROXY", "http://proxy:3128", True), ("all_proxy", "socks5h://u:p@proxy", True),
        ("HTTP_PROXY", "proxy:3128", True), ("ALL_PROXY", "socks4://proxy", False),
        ("ALL_PROXY", "socks://proxy", False), ("https_proxy", "http://proxy:port", False),
        ("HTTPS_PROXY", "http://[", False), ("SSL_CERT_FILE", "/absent", False),
        ("SSL_CERT_DIR", "/absent", False), ("SSL_CERT_DIR", "EMPTY", False),
        ("SSL_CERT_FILE", "EMPTY", False), ("SSLKEYLOGFILE", "/absent/log", False),
    ],
)  # fmt: skip
def test_what_no_request_can_be_made_with_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, value: str, is_usable: bool
) -> None:
    value = str(tmp_path) if value == "EMPTY" else value
    monkeypatch.setenv(name, value)
    assert (unusable() == "") is is_usable
    assert is_usable or f"{name}={value.replace('u:p@', '')}" in unusable()


@pytest.mark.parametrize(
    ("variables", "reason", "said"),
    [
        ({"HTTPS_PROXY": "http://u:p@a"}, "refused", "HTTPS_PROXY=http://a stands in between"),
        ({"HTTPS_PROXY": "http://a", "https_proxy": "http://b"}, "", "https_proxy=http://b"),
        ({"HTTP_PROXY": "http://a"}, "refused", ""),
        ({"ALL_PROXY": "http://a", "NO_PROXY": ".example"}, "", "NO_PROXY=.example keeps it from"),
        ({"SSL_CERT_FILE": "/x"}, "certificate verify failed", "SSL_CERT_FILE=/x does not vouch"),
        ({"REQUESTS_CA_BUNDLE": "/x"}, "certificate verify failed", "=/x is not read here"),
        ({}, "certificate verify failed", "export SSL_CERT_FILE="),
        ({"TRANSFORMERS_OFFLINE": "1"}, "was told to stay off the network", "unset TRANSFORMERS_"),
        ({}, "refused", ""),
    ],
)  # fmt: skip
def test_what_stands_in_between_is_named(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], reason: str, said: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    hint = blame(URL, reason)
    assert said in hint and bool(said) is bool(hint)
