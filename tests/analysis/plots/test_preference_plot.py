import struct
from dataclasses import replace

import pytest

from secondtake.analysis.plots.preference_plot import KEY, drawn_questions, preference_plot
from secondtake.core.votes_file import QuestionResult, Strength, VotedSystem, VotesFile

SVG = "{http://www.w3.org/2000/svg}"
SYSTEMS = (
    VotedSystem("baseline", "the baseline", "baseline"),
    VotedSystem("a", "Model $A$ & <co>", "model"),
    VotedSystem("b", "A model whose name is longer than its column", "model"),
    VotedSystem("sketch", "the control", "control"),
)


def strength(system, preferred=None, low=None, high=None, group=1):
    return Strength(system, group, 0.0, -1.0, 1.0, 1, 4, preferred, low, high)


def size_of(plot):
    """Width and height in pixels."""
    return struct.unpack(">II", plot.png[16:24])


@pytest.fixture
def votes():
    """A decided system, one that is not, one without a figure, and the control."""
    systems = (
        strength("baseline", 0.9, 0.7, 0.97),
        strength("a", 0.55, 0.3, 0.8),
        strength("sketch"),
        strength("b", group=2),
    )
    questions = tuple(
        QuestionResult(name, 60, ties, 3, "sketch", 0.5, systems, (), ())
        for name, ties in (("prefer", 9), ("closer", 0))
    )
    return VotesFile("ready", systems=SYSTEMS, questions=questions)


def test_questions_names_and_figures_are_said(opened, texts, votes):
    shown = texts(opened(preference_plot(votes).svg))
    assert "Which would you rather listen to? (60 votes, 9 undecided; 3 listeners)" in shown
    assert "Which is closer to the baseline? (60 votes; 3 listeners)" in shown
    for words in ("the baseline", "Model $A$ & <co>", "9.0 of 10 (7.0 to 9.7)", KEY):
        assert words in shown
    for choice in ("prefer one of the two", "call one closer"):
        assert f"of 10 who {choice}, so many choose it over the control" in shown
    assert not any(text == "the control" or "longer" in text for text in shown)


def test_what_is_decided_has_a_full_mark(opened, votes):
    root = opened(preference_plot(votes).svg)
    styles = [element.attrib.get("style", "") for element in root.iter(f"{SVG}use")]
    hollow = [style for style in styles if "fill: #ffffff" in style and "stroke: #000000" in style]
    full = [style for style in styles if "fill: #12355b" in style and "stroke: #000000" in style]
    assert (len(hollow), len(full)) == (2, 2)


def test_a_question_without_figures_has_no_panel(opened, texts, votes):
    few = replace(votes.questions[1], systems=(strength("a"), strength("sketch")))
    drawn = replace(votes, questions=(votes.questions[0], few))
    assert drawn_questions(drawn) == [votes.questions[0]]
    alone = replace(votes, questions=votes.questions[:1])
    assert preference_plot(drawn) == preference_plot(alone)
    assert drawn_questions(replace(votes, questions=(few,))) == []


def test_a_long_name_takes_lines_and_room(votes):
    systems = (strength("b", 0.9, 0.7, 0.97), strength("sketch"))
    one = replace(votes, questions=(replace(votes.questions[0], systems=systems),))
    names = tuple(VotedSystem(each.system, each.system, each.role) for each in SYSTEMS)
    short = replace(one, systems=names)
    assert size_of(preference_plot(short))[1] < size_of(preference_plot(one))[1]


def test_one_question_makes_a_lower_figure(votes):
    both, one = (
        preference_plot(votes),
        preference_plot(VotesFile("ready", systems=SYSTEMS, questions=votes.questions[:1])),
    )
    heights = [size_of(plot)[1] for plot in (both, one)]
    assert heights[1] < heights[0] < 2 * heights[1]


def test_the_same_votes_are_the_same_bytes_and_few(votes):
    drawn = preference_plot(votes)
    assert drawn == preference_plot(votes)
    assert len(drawn.png) < 100_000 and len(drawn.svg) < 100_000
