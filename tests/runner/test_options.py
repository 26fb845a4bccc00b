"""Options as people type them: what each means, what is said of a mistake, any number of files."""

import sys

import pytest
from invoke import Collection, Program, task

from secondtake.core.errors import UserError
from secondtake.runner.options import (
    LetteredTask,
    VariadicFilesTask,
    parse_checkpoints,
    parse_models,
    parse_request,
    parse_whole_number,
    time_arguments,
)

NUMBER = "is not a whole number from 0 to 2147483647"


def typed_request(models="", takes="1", device="auto", checkpoint="", seed=""):
    return parse_request(models, takes, device, checkpoint, seed)


def test_nothing_typed_is_everything_wanted():
    request = typed_request()
    assert (request.models, request.segments, request.takes, request.device) == ((), (), 1, "auto")
    assert (request.seed, request.checkpoints) == (None, {})


def test_all_of_it():
    request = typed_request("bark,stable-audio", "3", "CPU", "bark=small", "0")
    assert request.models == ("bark", "stable_audio")
    assert (request.takes, request.device, request.seed) == (3, "cpu", 0)
    assert request.checkpoints == {"bark": "small"}


def test_commas_spaces_and_dashes_are_as_people_type_them():
    assert parse_models(" sketch ,, stable-audio,") == ("sketch", "stable_audio")
    assert parse_models("Stable-Audio STABLE_AUDIO Bark") == (
        "stable_audio",
        "stable_audio",
        "bark",
    )
    for typed in ("stable-audio=open-small bark=large", "STABLE_AUDIO=Open_Small,Bark=LARGE"):
        assert parse_checkpoints(typed) == {"stable_audio": "open-small", "bark": "large"}


@pytest.mark.parametrize(
    ("mistake", "message"),
    [
        ({"models": "barc"}, "--models: no model 'barc'; did you mean 'bark'? known: ace_step, "),
        ({"models": "BARC"}, "--models: no model 'BARC'; did you mean 'bark'? known: ace_step, "),
        ({"models": "../../etc"}, "--models: no model '../../etc'; known: ace_step, "),
        ({"takes": "two"}, f"--takes: 'two' {NUMBER}"),
        ({"takes": ""}, f"--takes: '' {NUMBER}"),
        ({"seed": "1e9"}, f"--seed: '1e9' {NUMBER}"),
        ({"device": "gpu"}, "--device: no device 'gpu'; did you mean 'cpu'? known: auto, cpu, "),
        ({"device": "CUDA:0"}, "--device: no device 'CUDA:0'; did you mean 'cuda'? known: auto"),
        ({"checkpoint": "small"}, "--checkpoint: 'small' is not of the form model=checkpoint"),
        ({"checkpoint": "bark="}, "--checkpoint: 'bark=' is not of the form model=checkpoint"),
        ({"checkpoint": "barc=small"}, "--checkpoint: no model 'barc'; did you mean 'bark'?"),
        (
            {"checkpoint": "bark=smal"},
            "--checkpoint bark: no checkpoint 'smal'; did you mean 'small'? known: large, small",
        ),
    ],
)  # fmt: skip
def test_a_mistake_names_the_option_and_the_remedy(mistake, message):
    with pytest.raises(UserError) as caught:
        typed_request(**mistake)
    assert str(caught.value).startswith(message)


def test_no_short_option_is_a_dash():
    @task(klass=LetteredTask)
    def verb(c, far=False, open=False, rest=False, m="", from_baseline=False):
        """Where f, r, o and m are taken, invoke's own would be --, which ends the options."""

    names = {argument.name: argument.names for argument in verb.get_arguments()}
    assert names["from_baseline"] == ("from-baseline",) and names["far"] == ("far", "f")


def test_times_are_handed_on_in_seconds_and_only_where_typed():
    assert time_arguments(start="1:05.25", end="0:02:00") == ["--start=65.25", "--end=120.0"]
    assert time_arguments(start="0", end="") == ["--start=0.0"]
    with pytest.raises(UserError, match=r"--end: '1:75' has 75 seconds; write seconds"):
        time_arguments(start="", end="1:75")


def test_a_number_of_thousands_of_digits_is_one_short_line():
    with pytest.raises(UserError) as caught:
        parse_whole_number("9" * 5000, "--seed")
    assert len(str(caught.value)) < 200


def test_the_largest_number_is_one():
    assert parse_whole_number("2147483647", "--seed") == 2**31 - 1


def typed_files(monkeypatch, *words):
    """The calls that the body of a verb gets."""
    calls = []

    @task(klass=VariadicFilesTask, help={"file": "a file", "json": "as JSON"})
    def look(c, file="", json=False):
        calls.append((file, json))

    argv = ["invoke", *words]
    monkeypatch.setattr(sys, "argv", argv)
    Program(namespace=Collection(look)).run(argv, exit=False)
    return calls


@pytest.mark.parametrize(
    ("words", "files"),
    [
        (["look"], ()),
        (["look", "a.wav"], ("a.wav",)),
        (["look", "a.wav", "my song.wav", "ñandú.wav"], ("a.wav", "my song.wav", "ñandú.wav")),
        (["look", "--", "-odd.wav", "--json", "a b.wav"], ("-odd.wav", "--json", "a b.wav")),
        (["look", "a.wav", "--", "-odd.wav"], ("a.wav", "-odd.wav")),
        (["look", "a.wav", "./-odd.wav"], ("a.wav", "./-odd.wav")),
        (["look", "--file=-odd.wav", "a.wav"], ("-odd.wav", "a.wav")),
        (["look", "-f", "a.wav", "b.wav"], ("a.wav", "b.wav")),
        (["look", "--file", "a.wav"], ("a.wav",)),
        (["look", "look"], ("look",)),  # a file that is named like the verb
        (["look", *(f"{number}.wav" for number in range(300))],
         tuple(f"{number}.wav" for number in range(300))),
    ],
)  # fmt: skip
def test_every_file_arrives_as_it_was_typed(monkeypatch, words, files):
    assert typed_files(monkeypatch, *words) == [(files, False)]


@pytest.mark.parametrize(
    "words",
    [
        ["a", "b", "--kind", "vocal"],
        ["--kind", "vocal", "a", "b"],
        ["a", "--kind=vocal", "b"],
        ["a", "-k", "vocal", "--", "b"],
        ["--kind", "vocal", "--", "a", "b"],
    ],
)
def test_the_value_of_an_option_is_no_file(monkeypatch, words):
    calls = []

    @task(klass=VariadicFilesTask, help={"file": "a file", "kind": "a kind"})
    def look(c, file="", kind=""):
        calls.append((file, kind))

    argv = ["invoke", "look", *words]
    monkeypatch.setattr(sys, "argv", argv)
    Program(namespace=Collection(look)).run(argv, exit=False)
    assert calls == [(("a", "b"), "vocal")]


@pytest.mark.parametrize("words", [["--json", "a", "b"], ["a", "--json", "b"], ["a", "b", "-j"]])
def test_switches_stand_anywhere(monkeypatch, words):
    assert typed_files(monkeypatch, "look", *words) == [(("a", "b"), True)]


def test_an_option_that_is_none_is_invokes_matter(monkeypatch, capsys):
    assert typed_files(monkeypatch, "look", "a.wav", "--jsn") == []
    assert "--jsn" in capsys.readouterr().err


def test_help_explains_the_files(monkeypatch, capsys):
    typed_files(monkeypatch, "--help", "look")
    assert "--file=STRING" in capsys.readouterr().out
