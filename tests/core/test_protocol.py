"""Messages: what is one, what is none, and that their document is true."""

import io
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from secondtake.core.errors import CODES
from secondtake.core.protocol import FIELDS, MAX_LINE, ProtocolError, decode, encode, read_message

DOCUMENT = Path(__file__).parents[2] / "docs" / "worker-protocol.md"
READY = {"device": "cpu", "dtype": "float32", "load_seconds": 1.0, "batch": 3, "notes": []}
ERROR = {"name": "x", "code": "bug", "message": "m", "hint": "h"}


def test_a_message_is_one_line_of_ascii_and_comes_back():
    line = encode("error", **{**ERROR, "message": "two\nlines\u2028 ♪ \udce9"})
    assert line.isascii() and line.count("\n") == 1 and line.endswith("\n")
    assert decode(line)["message"] == "two\nlines\u2028 ♪ \udce9"


@pytest.mark.parametrize(
    "line",
    [
        "", "\n", "hello", "null", "5", "[]", "{}", '{"type": "dance"}', '{"type": []}',
        '{"type": {}}', '{"type": null}', '{"type": "ready"}', '{"type": "shutdown", "now": 1}',
        json.dumps({"type": "error", **ERROR, "code": "sulk"}),
        json.dumps({"type": "error", **ERROR, "code": ["bug"]}),
        *[json.dumps({"type": "ready", **READY, "batch": size}) for size in (0, "3", 1.5, True)],
        "[" * 100_000, '{"type": ' + "[" * 100_000,
    ],
    ids=lambda line: line[:24],
)  # fmt: skip
def test_what_is_no_message_is_refused_shortly(line):
    with pytest.raises(ProtocolError) as error:
        decode(line)
    assert len(str(error.value)) < 400


@given(some.text())
def test_any_line_is_a_message_or_is_refused(line):
    with pytest.raises(ProtocolError):
        decode(line)


def test_a_worker_says_how_many_jobs_it_takes_at_once():
    assert decode(encode("ready", **READY))["batch"] == 3


def test_messages_are_read_one_by_one_to_the_end():
    stream = io.StringIO(encode("shutdown") + encode("shutdown"))
    assert [read_message(stream) for _ in range(3)] == [{"type": "shutdown"}] * 2 + [None]


def test_a_line_without_end_is_not_read_forever():
    with pytest.raises(ProtocolError):
        read_message(io.StringIO("x" * (MAX_LINE + 1)))


def test_the_document_lists_every_message_with_its_fields_and_every_code():
    text = DOCUMENT.read_text(encoding="utf-8")
    error = {
        kind: set(re.findall(r"`(\w+)`", cell))
        for kind, cell in re.findall(r"^\| `(\w+)` \|([^|]*)\|", text, re.MULTILINE)
    }
    messages = {kind: fields for kind, fields in error.items() if kind in FIELDS}
    assert messages == {kind: set(fields) for kind, fields in FIELDS.items()}
    assert set(error) - set(FIELDS) == CODES
