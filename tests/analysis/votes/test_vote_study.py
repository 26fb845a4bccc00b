import json

import numpy as np
import pytest
from tests.analysis.votes.made_votes import (
    LISTENING,
    SONG,
    abx,
    pair,
    pair_votes,
    rating,
    vote_file,
    written,
)
from tests.conftest import ROOT

from secondtake.analysis.votes.vote_study import merged_votes, songs_named
from secondtake.core.listening_file import ListeningFile
from secondtake.core.serialization import from_dict


@pytest.fixture
def study(tmp_path):
    def run(*values):
        paths = [written(tmp_path, f"{place}.json", value) for place, value in enumerate(values)]
        return merged_votes(paths, SONG, LISTENING)

    return run


def same_side(count=14):
    """Whatever stands first is chosen."""
    return [
        pair(
            n,
            n,
            *(("bark", "sketch") if n % 2 else ("sketch", "bark")),
            ("bark", "sketch")[1 - n % 2],
        )
        for n in range(1, count + 1)
    ]


def always(chosen, other, count):
    """A pair by turns in either order, the same one chosen."""
    return [
        pair(n, n, *((chosen, other) if n % 2 else (other, chosen)), chosen)
        for n in range(1, count + 1)
    ]


def test_everything_of_three_listeners(study):
    generator = np.random.default_rng(1)
    votes = study(
        *(
            vote_file(
                number,
                [
                    *pair_votes(generator, 20),
                    *(abx(k, "bark", "sketch", right=k % 4 != 0) for k in range(1, 17)),
                    rating(1, baseline=96, bark=50, sketch=40, anchor=20),
                ],
            )
            for number in range(3)
        )
    )
    assert [each.question for each in votes.questions] == ["prefer", "closer"]
    assert votes.abx[0].right == 36 and votes.abx[0].trials == 48
    assert [each.system for each in votes.ratings] == ["baseline", "bark", "sketch", "anchor"]
    assert votes.trials == 111 and votes.refused == ()
    (attention,) = votes.notes
    assert attention.startswith("check of attention: listeners found the hidden baseline in")
    assert votes.title("sketch") == "the control" and votes.title("bark") == "Bark"
    assert {each.system for each in votes.systems} == {
        "anchor", "bark", "baseline", "musicgen", "sketch",
    }  # fmt: skip
    assert votes.sentences[0].startswith("3 listeners: 60 pairs, 48 ABX trials, 3 ratings.")


def test_an_excluded_listener_is_named_and_counts_elsewhere(study):
    bad = [*same_side(), *(abx(k, "bark", "sketch", right=True) for k in range(1, 6))]
    good = always("bark", "sketch", 12)
    votes = study(vote_file(1, bad, nickname="Ana"), vote_file(2, good))
    assert votes.questions[0].votes == 12 and votes.questions[0].listeners == 1
    assert votes.abx[0].trials == 5
    assert votes.listeners[0].excluded == {"pairs": "one side: A in 14 of 14 pairs"}
    assert "Not counted: listener 000000's pairs (one side: A in 14 of 14 pairs)." in (
        votes.sentences
    )
    assert not any("Ana" in sentence for sentence in votes.sentences)


def test_the_baseline_and_the_control_alone(study):
    """Of a page that still asked which is closer, of the baseline itself."""
    one = pair(1, 1, "baseline", "sketch", "baseline")
    assert study(vote_file(1, [one])).sentences == (
        "1 listener: 1 pair.",
        "Which would you rather listen to, the baseline or the control? "
        "Too few to say anything: 1 vote.",
        "Check of attention: listeners found the hidden baseline in 1 of 1 pair.",
    )
    votes = study(vote_file(1, always("baseline", "sketch", 12)))
    assert [question.question for question in votes.questions] == ["prefer"]
    assert votes.sentences[1].startswith("The baseline is preferred to the control in 12 of 12")
    assert not any("loser" in sentence for sentence in votes.sentences)


def test_the_songs_that_files_name(tmp_path):
    values = {"a": {"song": "demo"}, "b": {"song": "../b"}, "c": [], "d": "{", "e": {"song": 3}}
    paths = [written(tmp_path, name, value) for name, value in values.items()]
    assert songs_named([*paths, tmp_path, tmp_path / "none"]) == ["3", "demo"]
    assert songs_named(paths[1:4]) == []


def test_an_abx_run_that_ended_early_is_said(study):
    runs = [abx(number, "bark", "sketch", right=True) for number in range(1, 6)]
    votes = study(vote_file(1, runs, planned={"pairs": 0, "abx": 16, "ratings": 0}))
    assert votes.abx[0].trials == 5 and votes.notes[0].startswith("1 ABX run ended before")
    assert votes.questions == ()


def test_nothing_but_refused_files(study):
    votes = study("{", "[]")
    assert votes.trials == 0 and len(votes.refused) == 2 and votes.listeners == ()


def test_the_same_files_give_the_same_values_in_six_digits(study):
    values = [vote_file(n, pair_votes(np.random.default_rng(n), 12)) for n in range(4)]
    votes = study(*values)
    assert votes == study(*values)
    for strength in votes.questions[0].systems:
        assert strength.strength == float(f"{strength.strength:.6g}")


def test_files_that_the_page_has_saved():
    """Those of three listeners, by tests/html_pages/js/sample_votes.mjs; one saved twice."""
    folder = ROOT / "tests" / "data" / "votes"
    value = json.loads((folder / "listening.json").read_text(encoding="utf-8"))
    listening = from_dict(ListeningFile, {**value, "state": "ready"}, strict=False)
    paths = [folder / f"{name}.json" for name in ("ana", "ana_early", "ben", "cleo")]
    votes = merged_votes([*paths, folder / "ana.csv"], value["song"], listening)
    assert [file.file for file in votes.refused] == ["ana.csv"]
    assert [listener.nickname for listener in votes.listeners] == ["ana", "ben", "cleo"]
    assert all(listener.planned == listener.answered for listener in votes.listeners)
    assert votes.notes == () and not any(listener.excluded for listener in votes.listeners)
    prefer, closer = votes.questions
    assert prefer.votes == 45 and prefer.over == "sketch"
    assert prefer.systems[0].system == "baseline"  # the ceiling: it hides among the pairs
    assert "baseline" not in {strength.system for strength in closer.systems}
    assert {result.system for result in votes.ratings} >= {"baseline", "anchor", "sketch"}
    assert votes == merged_votes([*paths[1:], folder / "ana.csv", paths[0]], "lantern", listening)
