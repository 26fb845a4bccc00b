"""A large download is asked about once, on a terminal, and about nothing that is small."""

import pytest

from secondtake.runner import consent
from secondtake.runner.costs import Amount
from secondtake.runner.display import Display

GB = 10**9
LARGE = {"Bark": Amount({"a": 4 * GB, "torch": GB}), "MusicGen": Amount({"b": GB, "torch": GB})}
SMALL = {"Bark": Amount({"a": 4 * GB, "torch": GB}), "Sketch": Amount({"torch": GB})}


class Screen(Display):
    """A display that notes its questions and lines."""

    def __init__(self, answer: bool = False) -> None:
        super().__init__()
        self.answer, self.questions, self.lines = answer, [], []

    def confirm(self, question: str) -> bool:
        self.questions.append(question)
        return self.answer

    def line(self, text: str) -> None:
        self.lines.append(text)


@pytest.fixture
def terminals(monkeypatch):
    """Set which of stdin and stderr is a terminal."""

    def make(stdin, stderr):
        monkeypatch.setattr("sys.stdin.isatty", lambda: stdin, raising=False)
        monkeypatch.setattr("sys.stderr.isatty", lambda: stderr, raising=False)

    return make


@pytest.mark.parametrize("downloads", [{}, SMALL], ids=["nothing", "5 GB, what is shared once"])
def test_what_is_not_large_is_not_asked_about(downloads, terminals):
    terminals(True, True)
    screen = Screen()
    assert consent.declined(downloads, screen, yes=False) == frozenset()
    assert not screen.questions and not screen.lines


def test_yes_on_the_command_line_asks_nothing(terminals):
    terminals(True, True)
    screen = Screen()
    assert consent.declined(LARGE, screen, yes=True) == frozenset() and not screen.questions


@pytest.mark.parametrize("which", [(False, False), (True, False), (False, True)])
def test_without_a_terminal_it_goes_on_and_says_so(which, terminals):
    terminals(*which)
    screen = Screen()
    assert consent.declined(LARGE, screen, yes=False) == frozenset()
    assert not screen.questions and len(screen.lines) == 1
    assert screen.lines[0].startswith("downloading 6.0 GB without asking, ")


@pytest.mark.parametrize("answer", [True, False])
def test_on_a_terminal_one_question_names_the_sum_and_each(answer, terminals):
    terminals(True, True)
    screen = Screen(answer)
    declined = consent.declined(LARGE, screen, yes=False)
    assert screen.questions == ["Download 6.0 GB (Bark 5.0 GB, MusicGen 2.0 GB)?"]
    assert declined == (frozenset() if answer else frozenset(LARGE))


def test_what_is_small_beside_it_runs_all_the_same(terminals):
    terminals(True, True)
    screen = Screen()
    downloads = {**LARGE, "Sketch": Amount({"numpy": 33_000_000})}
    assert consent.declined(downloads, screen, yes=False) == frozenset(LARGE)
    assert screen.questions[0].endswith("The others run without.")
