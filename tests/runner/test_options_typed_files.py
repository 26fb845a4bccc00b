"""Any number of files behind a verb, as people type them."""

import sys

import pytest
from invoke import Collection, Program, task

from secondtake.runner.options import TakesFiles


def typed(monkeypatch, *words):
    """What the body of a verb gets."""
    told = []

    @task(klass=TakesFiles, help={"file": "a file", "json": "as JSON"})
    def look(c, file="", json=False):
        told.append((file, json))

    argv = ["invoke", *words]
    monkeypatch.setattr(sys, "argv", argv)
    Program(namespace=Collection(look)).run(argv, exit=False)
    return told


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
    assert typed(monkeypatch, *words) == [(files, False)]


@pytest.mark.parametrize("words", [["--json", "a", "b"], ["a", "--json", "b"], ["a", "b", "-j"]])
def test_switches_stand_anywhere(monkeypatch, words):
    assert typed(monkeypatch, "look", *words) == [(("a", "b"), True)]


def test_an_option_that_is_none_is_invokes_matter(monkeypatch, capsys):
    assert typed(monkeypatch, "look", "a.wav", "--jsn") == []
    assert "--jsn" in capsys.readouterr().err


def test_help_explains_the_files(monkeypatch, capsys):
    typed(monkeypatch, "--help", "look")
    assert "--file=STRING" in capsys.readouterr().out
