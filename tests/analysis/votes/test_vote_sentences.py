from dataclasses import replace

import pytest

from secondtake.analysis.votes.vote_sentences import POOLED as POOLED_BY
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
THIN = PairResult("musicgen", "sketch", 6, 2, 1, None, None, None, decided=False)
POOLED = POOLED_BY.format(over="the control")


def strength(system, rank, last_rank, group=1, preferred=None):
    ends = (None, None) if preferred is None else (0.4, 0.9)
    return Strength(system, group, 0.0, -1.0, 1.0, rank, last_rank, preferred, *ends)


THREE = (
    strength("bark", 1, 2, preferred=0.7),
    strength("musicgen", 1, 2, preferred=0.6),
    strength("sketch", 3, 3),
)
ALIKE = (
    strength("bark", 1, 3, preferred=0.7),
    strength("musicgen", 1, 3, preferred=0.6),
    strength("sketch", 1, 3),
)
TWO = (strength("bark", 1, 2, preferred=0.7), strength("sketch", 1, 2))


def votes_of(*pairs, places=THREE, listeners=3, question="prefer", **changes):
    people = tuple(Listener(f"{n:032x}", f"L{n}", {}, {"pairs": 7}, {}) for n in range(listeners))
    asked = QuestionResult(question, 22, 2, listeners, "sketch", 0.5, places, pairs or (PAIR,), ())
    votes = VotesFile("ready", listeners=people, systems=SYSTEMS, questions=(asked,))
    return replace(votes, **changes)


def said(votes):
    return [sentence.text for sentence in sentences(votes)]


def test_a_doubtful_preference():
    assert said(votes_of()) == [
        "3 listeners: 21 pairs. In brackets: 95 % intervals.",
        "Preferred: 1st or 2nd Bark; 1st or 2nd MusicGen; 3rd the control.",
        "Bark is preferred to the control in 14 of 20 votes, 2 undecided (50 to 85 %): "
        "too few to be sure.",
        POOLED,
    ]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"decided": True, "low": 0.6}, "14 of 20 votes, 2 undecided (60 to 85 %)."),
        ({"low": 0.45, "high": 0.6}, "(45 to 60 %): no difference is shown."),
        (
            {"for_first": 5, "for_second": 6, "ties": 0},
            "Bark is preferred to the control as far as all votes tell, 5 of 11 votes their own "
            "(50 to 85 %): too few to be sure.",
        ),
        ({"first": "sketch", "second": "bark"}, "The control is preferred to Bark in 14 of 20"),
    ],
)
def test_what_is_said_of_a_pair(changes, says):
    assert says in said(votes_of(replace(PAIR, **changes)))[2]


def test_of_two_one_sentence_says_all():
    votes = votes_of(places=TWO)
    assert said(votes)[1:] == [
        "Bark is preferred to the control in 14 of 20 votes, 2 undecided (50 to 85 %): "
        "too few to be sure."
    ]
    even = replace(PAIR, for_first=5, for_second=5, ties=0)
    assert "Bark and the control: 5 of 10 votes for each (50 to 85 %): too few to be sure." in said(
        votes_of(even, places=TWO)
    )
    closer = said(votes_of(places=TWO, question="closer"))
    assert closer[1].startswith("Bark is closer to the baseline than the control in 14 of 20")


@pytest.mark.parametrize(
    ("places", "begins"),
    [
        (TWO, "Which is closer to the baseline, Bark or the control?"),
        (THREE, "Which is closer to the baseline?"),
    ],
)
def test_of_few_votes_there_is_no_figure(places, begins):
    unknown = tuple(replace(each, preferred=None) for each in places)
    votes = votes_of(THIN, places=unknown, listeners=1, question="closer")
    one = (replace(votes.questions[0], votes=1, ties=0, without_exclusions=("sketch", "bark")),)
    assert said(replace(votes, questions=one)) == [
        "1 listener: 7 pairs.",
        f"{begins} Too few to say anything: 1 vote.",
    ]


def test_of_a_pair_of_few_votes_among_others_that_is_said_once():
    lines = said(votes_of(PAIR, THIN))
    thin = "MusicGen and the control (8 votes, 1 undecided)"
    assert lines[3:] == [f"By votes on the pair alone, too few to say anything: {thin}.", POOLED]
    both = votes_of(PAIR, THIN)
    closer = replace(both.questions[0], question="closer")
    lines = said(replace(both, questions=(*both.questions, closer)))
    assert sum(thin in line for line in lines) == 1 and lines.count(POOLED) == 1


def test_pairs_of_others_are_in_the_file_alone():
    lines = said(votes_of(replace(PAIR, second="musicgen")))
    assert len(lines) == 3 and not any("14 of 20" in line for line in lines)


def test_no_order_is_said_once():
    lines = said(votes_of(PAIR, replace(PAIR, first="musicgen"), places=ALIKE))
    order = "no order is shown of Bark, MusicGen and the control"
    assert lines[1] == f"Preferred: {order}: too few to be sure."
    assert lines[2].endswith("(50 to 85 %).") and lines[3].endswith("(50 to 85 %).")
    narrow = said(votes_of(replace(PAIR, low=0.45, high=0.6), places=ALIKE))
    assert narrow[1] == f"Preferred: {order}."


def test_what_no_votes_connect():
    apart = (*TWO, strength("musicgen", 1, 2, 2), strength("x", 2, 2, 2))
    votes = votes_of(PAIR, replace(THIN, for_first=0, for_second=0, ties=0), places=apart)
    lines = said(votes)
    assert lines[1].endswith("since no votes connect them, 1st or 2nd MusicGen; 2nd x.")
    assert not any("MusicGen and" in line for line in lines)


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


def test_who_and_what_does_not_count_is_named_on_the_terminal_alone():
    people = tuple(
        Listener(f"{n:032x}", "Ana" * (n == 0), {}, {"pairs": 7}, {"pairs": "incomplete: 1 of 9"})
        for n in range(6)
    )
    files = (MergedFile("ana.json", "", "refused", "no such file", 0),)
    votes = replace(votes_of(files=files, notes=("2 votes: left out",)), listeners=people)
    public, own = said(votes), brief_lines(sentences(votes))
    assert public[-3].startswith(
        "Not counted: listener 000000's pairs (incomplete: 1 of 9); listener 000"
    )
    assert public[-3].endswith("; and 2 more.")
    assert public[-2:] == ["1 file refused.", "2 votes: left out."]
    assert not any(word in line for line in public for word in ("Ana", "ana.json"))
    assert own[-2].startswith("Not counted: Ana's pairs (incomplete: 1 of 9); listener 000")
    assert own[-1] == "2 votes: left out."


def test_a_terminal_gets_few_lines():
    many = [Sentence("first"), *(Sentence(f"{n}", is_detail=n % 2 == 1) for n in range(20))]
    lines = brief_lines(many, 14)
    assert len(lines) == 15 and lines[-1] == "(7 more sentences in the file)"
    assert lines[:3] == ["first", "0", "1"]
    assert brief_lines(many[:3]) == ["first", "0", "1"]
    assert brief_lines([Sentence("a", own_terminal="")]) == []
