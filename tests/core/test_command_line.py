"""The command line of a program: what it says of a misspelt option, and as JSON too."""

import argparse
import json

import pytest

from secondtake.core.command_line import CommandLine, time_option
from secondtake.core.streams import wants_json


@pytest.fixture
def command():
    line = CommandLine("Test it.", "Examples.", prog="it.py")
    line.add_song()
    line.add_argument("--device", type=str.lower, choices=("auto", "cuda"))
    line.add_argument("--start", type=time_option)
    line.add_argument("--json", action="store_true")
    line.add_argument("file", nargs="*")
    return line


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        (["--jsno"], "unrecognized arguments: --jsno", "did you mean '--json'? it.py --help"),
        (["--SONG=a"], "unrecognized arguments: --SONG=a", "did you mean '--song'? it.py --help"),
        (["--volume", "1"], "unrecognized arguments: --volume", "it.py --help explains every opt"),
        (["--device", "cud"], "invalid choice: 'cud'", "did you mean 'cuda'? it.py --help"),
        (["--device", "abacus"], "invalid choice: 'abacus'", "it.py --help explains"),
        (["--song"], "argument --song: expected one argument", "it.py --help explains"),
        (["--start", "1:75"], "argument --start: a time: '1:75' has 75 seconds", "it.py --help"),
        (["--json=1"], "argument --json: ignored explicit argument '1'", "it.py --help"),
    ],
)
@pytest.mark.parametrize("as_json", [False, True], ids=["text", "json"])
def test_a_wrong_word_is_two_lines_and_exit_code_2(command, capsys, words, message, hint, as_json):
    with pytest.raises(SystemExit) as caught:
        command.parse_args(["--json", *words] if as_json else words)
    out, errors = capsys.readouterr()
    assert caught.value.code == 2
    first, second = errors.splitlines()
    assert first.startswith("error: ") and message in first
    assert second.startswith(f"  → {hint}")
    if as_json:
        told = json.loads(out)
        assert told["exit_code"] == 2 and told["error"]["code"] == "bad_input"
        assert message in told["error"]["message"] and hint in told["error"]["hint"]
    else:
        assert out == ""


def test_words_in_order_are_read(command):
    options = command.parse_args(
        ["--start", "1:05.5", "--device", "CUDA", "--song", "luna", "a.wav"]
    )
    assert (options.start, options.device, options.song) == (65.5, "cuda", "luna")


def test_a_time_that_is_none_is_argparses_error():
    with pytest.raises(argparse.ArgumentTypeError, match="'x' is no time"):
        time_option("x")


@pytest.mark.parametrize(
    ("words", "wanted"),
    [(["--json"], True), (["a", "-j"], True), (["--", "--json"], False), ([], False)],
)
def test_a_file_that_is_named_like_the_option_is_no_option(words, wanted):
    assert wants_json(words) is wanted
