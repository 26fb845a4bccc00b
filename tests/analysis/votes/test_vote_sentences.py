from dataclasses import replace

import pytest

from secondtake.analysis.votes.vote_sentences import Sentence, brief_lines, sentences
from secondtake.core.votes_file import (
    AbxResult,
    Listener,
    MergedFile,
    PairResult,
    QuestionResult,
    RatingResult,
    Strength,
    VotedSystem,
    VotesFile,
)

SYSTEMS = (
    VotedSystem("bark", "Bark", "model"),
    VotedSystem("musicgen", "MusicGen", "model"),
    VotedSystem("sketch", "the control", "control"),
)
PAIR = PairResult("bark", "sketch", 14, 6, 2, 0.69, 0.5, 0.85, decided=False)


def strength(system, rank, last_rank, group=1):
    return Strength(system, group, 0.0, -1.0, 1.0, rank, last_rank, None, None, None)


def votes_of(pair=PAIR, listeners=3, **changes):
    people = tuple(Listener(f"{n:032x}", f"L{n}", {}, {"pairs": 7}, {}) for n in range(listeners))
    places = (strength("bark", 1, 2), strength("musicgen", 1, 2), strength("sketch", 3, 3))
    question = QuestionResult("prefer", 22, 2, listeners, "sketch", 0.5, places, (pair,), ())
    votes = VotesFile("ready", listeners=people, systems=SYSTEMS, questions=(question,))
    return replace(votes, **changes)


def said(votes):
    return [sentence.text for sentence in sentences(votes)]


def test_a_doubtful_preference():
    lines = said(votes_of())
    assert lines[0] == "3 listeners: 21 pairs. In brackets: 95 % intervals, by all votes together."
    assert lines[1] == "Preferred: 1st or 2nd Bark; 1st or 2nd MusicGen; 3rd the control."
    assert lines[2] == (
        "Bark is preferred to the control in 14 of 20 votes, 2 undecided (50 to 85 %): "
        "too few to be sure."
    )


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"decided": True, "low": 0.6}, "14 of 20 votes, 2 undecided (60 to 85 %)."),
        ({"low": 0.45, "high": 0.6}, "(45 to 60 %): no difference is shown."),
        (
            {"for_first": 1, "for_second": 1, "ties": 0},
            "Bark is preferred to the control as far as all votes tell, 1 of 2 votes their own "
            "(50 to 85 %): too few to be sure.",
        ),
        (
            {"preferred": None, "low": None, "high": None},
            "Bark and the control: undecided, for no votes connect them.",
        ),
        ({"first": "sketch", "second": "bark"}, "The control is preferred to Bark in 14 of 20"),
    ],
)
def test_what_is_said_of_a_pair(changes, says):
    assert says in said(votes_of(replace(PAIR, **changes)))[2]


def test_pairs_of_others_are_in_the_file_alone():
    assert len(said(votes_of(replace(PAIR, second="musicgen")))) == 2


def test_no_order_and_no_connection():
    votes = votes_of()
    alike = (strength("bark", 1, 2), strength("musicgen", 1, 2))
    question = replace(votes.questions[0], systems=alike)
    assert (
        "no order is shown of Bark and MusicGen." in said(replace(votes, questions=(question,)))[1]
    )
    apart = (*alike, strength("sketch", 1, 2, 2), strength("x", 2, 2, 2))
    line = said(replace(votes, questions=(replace(question, systems=apart),)))[1]
    assert line.endswith("since no votes connect them, 1st or 2nd the control; 2nd x.")


def test_one_listener_speaks_for_one():
    assert any(line.startswith("One listener's votes") for line in said(votes_of(listeners=1)))


def test_the_order_without_exclusions():
    question = replace(votes_of().questions[0], without_exclusions=("sketch", "bark"))
    lines = said(votes_of(questions=(question,)))
    assert "If nobody were left out, the order would be: the control, Bark." in lines


def test_abx_and_ratings():
    abx = (
        AbxResult("bark", "sketch", 12, 16, 1, 0.038, 0.038),
        AbxResult("musicgen", "sketch", 16, 16, 1, 1.5e-5, 3e-5),
    )
    ratings = (RatingResult("bark", 3, 1, 61.6, 50.0, 70.0),)
    lines = said(votes_of(abx=abx, ratings=ratings))
    expected = "12 of 16 ABX trials right (p = 0.038, corrected for 2 pairs): can be told apart."
    assert f"Bark and the control: {expected}" in lines
    assert any("p < 0.001" in line for line in lines)
    assert "Median ratings: Bark 62." in lines
    chance = (replace(abx[0], p_corrected=0.2),)
    assert any(line.endswith("not shown to differ.") for line in said(votes_of(abx=chance)))


def test_who_and_what_does_not_count():
    people = tuple(
        Listener(f"{n:032x}", "Ana" * (n == 0), {}, {"pairs": 7}, {"pairs": "incomplete: 1 of 9"})
        for n in range(6)
    )
    files = (MergedFile("a.json", "", "refused", "no such file", 0),)
    votes = votes_of(listeners=0, files=files, notes=("2 votes: left out",))
    lines = said(replace(votes, listeners=people))
    assert any(
        line.startswith("Not counted: Ana's pairs (incomplete: 1 of 9); 000") for line in lines
    )
    assert any(line.endswith("; and 2 more.") for line in lines)
    assert lines[-2:] == ["1 file refused: a.json (no such file).", "2 votes: left out."]


def test_a_terminal_gets_few_lines():
    many = [Sentence("first"), *(Sentence(f"{n}", is_detail=n % 2 == 1) for n in range(20))]
    lines = brief_lines(many, 14)
    assert len(lines) == 15 and lines[-1] == "(7 more sentences in the file)"
    assert lines[:3] == ["first", "0", "1"]
    assert brief_lines(many[:3]) == ["first", "0", "1"]
