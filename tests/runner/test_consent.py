"""A large download is asked about once, on a terminal, and about nothing that is small."""

from dataclasses import replace

import pytest

from secondtake.core.registry.all_models import MODELS
from secondtake.runner import consent
from secondtake.runner.amounts import Amount
from secondtake.runner.costs import Costs, cost_of
from secondtake.runner.display import Display
from secondtake.runner.settings import Settings

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


@pytest.fixture
def three(hum):
    """Costs of Bark, Stable Audio and MusicGen: 1, 2 and 3 GB of weights, torch of 4 GB once."""

    def cost(number, name):
        model = MODELS[name]
        return replace(
            cost_of(hum, Settings(), model, model.default),
            packages=Amount({"torch": 2 * GB}),
            environment_disk=Amount({"torch": 4 * GB}),
            weights=Amount({name: number * GB}),
            weights_disk=Amount({name: number * GB}),
        )

    names = ("bark", "stable_audio", "musicgen")
    return tuple(cost(number, name) for number, name in enumerate(names, 1))


@pytest.mark.parametrize(
    ("free", "without"),
    [
        (12, []),
        (10, ["musicgen"]),
        (8, ["stable_audio", "musicgen"]),
        (5, ["bark", "stable_audio", "musicgen"]),
    ],
)
def test_who_has_no_room_after_the_others_is_refused_with_figures(three, free, without):
    errors = consent.without_room(Costs(three, free * GB, free * GB, one_disk=True))
    assert list(errors) == without
    for cost in three:
        if error := errors.get(cost.model):
            assert error.code == "disk" and f"{free}.0 GB are free (disk)" in error.message
            assert cost.title in error.message and "invoke clean" in error.hint
    if free == 10:
        needed = 4 + 6 + 1.073741824  # packages once, all weights, what the system writes itself
        assert f"{needed:.1f} GB are needed in all" in errors["musicgen"].message


def test_one_that_is_refused_takes_no_room_from_the_next(three):
    large = replace(three[1], weights_disk=Amount({"w": 90 * GB}))
    costs = Costs((three[0], large, three[2]), 20 * GB, 20 * GB, one_disk=True)
    assert list(consent.without_room(costs)) == ["stable_audio"]


def test_each_disk_is_looked_at(three):
    full = Costs(three, 5 * GB, 100 * GB, one_disk=False)
    (error, *_) = consent.without_room(full).values()
    assert "disk of the environments" in error.message
    assert not consent.without_room(replace(full, free_project=6 * GB))


def test_what_adds_nothing_needs_no_room(three):
    here = replace(three[0], environment_disk=Amount(), weights_disk=Amount())
    assert not consent.without_room(Costs((here,), 0, 0, one_disk=True))
