"""Redirects, sizes and waits as another side says them, which need not be true."""

import time
from email.utils import formatdate

import pytest

from secondtake.runner.hub.transport import (
    Unreached,
    count_of,
    origin,
    redirect_target,
    retry_after,
    within,
)

HERE = "https://hub.example/a/resolve/main/b"


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("/c/resolve/main/b", "https://hub.example/c/resolve/main/b"),
        ("https://cdn.example:444/x?y=z", "https://cdn.example:444/x?y=z"),
        ("//cdn.example/x", "https://cdn.example/x"),
    ],
)
def test_a_redirect_leads_to_an_address(location: str, target: str) -> None:
    assert redirect_target(HERE, location) == target


@pytest.mark.parametrize(
    "location",
    [
        "http://hub.example/x", "file:///etc/passwd", "ftp://hub.example/x", "http://[",
        "https://host:port/", "https://me:secret@cdn.example/x", "javascript:alert(1)",
    ],
)  # fmt: skip
def test_a_redirect_to_anything_else_is_not_followed(location: str) -> None:
    with pytest.raises(Unreached) as error:
        redirect_target(HERE, location)
    assert "secret" not in str(error.value)


def test_a_redirect_from_plain_to_plain_is_followed() -> None:
    assert redirect_target("http://127.0.0.1:1/a", "/b") == "http://127.0.0.1:1/b"


def test_an_origin_has_its_port() -> None:
    assert origin("https://Hub.example/x") == origin("https://hub.example:443/y")
    assert origin("http://hub.example") != origin("https://hub.example")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0), (" 120 ", 120), ("-5", None), ("1e9", None), ("soon", None), ("", None),
        ("٣", None), ("Wed, 21 Oct 2015 07:28:00 GMT", 0), ("Wed, 99 Oct 2015", None),
    ],
)  # fmt: skip
def test_a_wait_is_a_number_or_a_date(value: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": value}) == seconds


def test_a_date_to_come_is_waited_for() -> None:
    seconds = retry_after({"retry-after": formatdate(time.time() + 100, usegmt=True)})
    assert seconds is not None and 90 < seconds <= 100


@pytest.mark.parametrize(
    ("text", "count"), [("17", 17), ("-1", 0), ("1e3", 0), ("9" * 40, 0), ("", 0), (None, 0)]
)
def test_a_size_is_a_number_of_digits(text: str | None, count: int) -> None:
    assert count_of(text) == count


def broken() -> None:
    raise OSError("boom")


def test_what_takes_too_long_or_fails_is_not_reached() -> None:
    with pytest.raises(Unreached, match="no answer within"):
        within(0.01, lambda: time.sleep(0.2))
    with pytest.raises(Unreached, match="boom"):
        within(1, broken)
    assert within(1, lambda: 7) == 7
