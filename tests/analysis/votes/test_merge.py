import random
import re

import pytest
from tests.analysis.votes.made_votes import (
    LISTENING,
    SONG,
    abx,
    clip,
    pair,
    rating,
    stamp,
    vote_file,
    written,
)
from tests.conftest import ROOT

from secondtake.analysis.votes.merge import ENOUGH, merge, merging_notes

FIRST = pair(1, 1, "bark", "sketch", "bark")
SECOND = pair(2, 2, "bark", "sketch", "sketch")


@pytest.fixture
def merged(tmp_path):
    """Vote files, merged; each is a value, named by its place."""

    def run(*values, shuffled=None):
        paths = [written(tmp_path, f"{place}.json", value) for place, value in enumerate(values)]
        if shuffled is not None:
            random.Random(shuffled).shuffle(paths)
        return merge(paths, SONG, LISTENING)

    return run


def test_a_listener_who_saved_twice_counts_once(merged):
    early = vote_file(1, [FIRST], exported=stamp(5), nickname="A")
    late = vote_file(1, [FIRST, SECOND], exported=stamp(9), nickname="Anna")
    (listener,) = merged(early, late).listeners
    assert listener.nickname == "Anna" and len(listener.pairs) == 2
    assert listener.planned["pairs"] == 2


def test_of_two_answers_the_first_in_time_is_kept(merged):
    other = {**FIRST, "prefer": clip(1, "sketch"), "time": stamp(50)}
    for values in ((FIRST, other), (other, FIRST)):
        result = merged(*(vote_file(1, [value]) for value in values))
        assert result.listeners[0].pairs[0].prefer == clip(1, "bark")
        assert result.left_out.contradictions == 1
        assert merging_notes(result)[0].startswith("1 further answer to a trial")


def test_the_same_answer_at_another_time_is_no_contradiction(merged):
    again = {**FIRST, "time": stamp(50)}
    result = merged(vote_file(1, [FIRST]), vote_file(1, [again]))
    assert result.left_out.contradictions == 0 and len(result.listeners[0].pairs) == 1


def test_two_listeners_may_have_answered_the_same_trials(merged):
    result = merged(vote_file(1, [FIRST]), vote_file(2, [FIRST]))
    assert [len(listener.pairs) for listener in result.listeners] == [1, 1]


def test_a_file_given_twice_is_named(merged):
    result = merged(vote_file(1, [FIRST]), vote_file(1, [FIRST]))
    assert [file.state for file in result.files] == ["merged", "repeated"]
    assert len(result.listeners) == 1


def test_a_bad_file_is_refused_and_the_others_count(merged):
    result = merged("{", vote_file(1, [FIRST]), vote_file(2, [FIRST], study="0" * 64))
    assert [file.state for file in result.files] == ["refused", "merged", "refused"]
    assert "damaged or cut off" in result.files[0].why and "other clips" in result.files[2].why
    assert len(result.listeners) == 1


def test_neither_order_nor_names_of_folders_matter(merged):
    other = {**FIRST, "prefer": clip(1, "sketch")}  # at the very same time
    values = [
        vote_file(1, [FIRST], nickname="Zoe"),
        vote_file(1, [other, SECOND], nickname="Ada"),
        vote_file(2, [SECOND], nickname="ben"),
        vote_file(2, [SECOND], nickname="ben"),
        "{",
    ]
    results = [merged(*values, shuffled=seed) for seed in range(6)]
    assert all(result == results[0] for result in results)
    assert len({listener.name for listener in results[0].listeners}) == 2


def test_votes_on_what_was_not_heard_are_left_out(merged):
    short = dict.fromkeys(FIRST["heard"], 2.9)
    unheard = [
        {**FIRST, "heard": short},
        {**SECOND, "heard": {}},
        {**abx(3, "bark", "sketch", right=True), "heard": {clip(1, "bark"): 9.0}},
    ]
    result = merged(vote_file(1, [*unheard, rating(3, baseline=95, bark=50)]))
    assert result.left_out.unheard == 3 and len(result.listeners[0].ratings) == 1
    assert result.listeners[0].answered == {"pairs": 0, "abx": 0, "ratings": 1}
    assert merging_notes(result) == [
        "3 votes on versions that were not heard for 3 s: left out",
    ]


def test_a_pair_counts_once_under_whatever_trial(merged):
    again = [
        {**FIRST, "id": "pairs-1-7", "time": stamp(40)},
        {**FIRST, "id": "other", "time": stamp(30), "prefer": clip(1, "sketch")},
        {**FIRST, "id": "turned", "time": stamp(50), "first": FIRST["second"],
         "second": FIRST["first"]},
    ]  # fmt: skip
    twice = [rating(3, baseline=95, bark=50), {**rating(3, baseline=99, bark=1), "id": "again"}]
    result = merged(vote_file(1, [*again, FIRST, SECOND, *twice]))
    (listener,) = result.listeners
    assert [vote.prefer for vote in listener.pairs] == [clip(1, "bark"), clip(2, "sketch")]
    assert len(listener.ratings) == 1 and result.left_out.unplanned == 4
    assert merging_notes(result) == [
        "4 votes more than were planned, or on a pair once more: left out"
    ]


def test_no_more_answers_than_were_planned(merged):
    trials = [abx(number, "bark", "sketch", right=number > 4) for number in range(1, 11)]
    pairs = [pair(number, number, "bark", "sketch", "bark") for number in range(1, 6)]
    planned = {"pairs": 3, "abx": 4, "ratings": 0}
    votes = [*reversed(trials), *pairs, rating(1, baseline=95, bark=50)]
    result = merged(vote_file(1, votes, planned=planned))
    (listener,) = result.listeners
    assert listener.answered == planned and result.left_out.unplanned == 6 + 2 + 1
    assert not any(vote.chosen == vote.x for vote in listener.abx)  # the earliest four


def test_votes_after_the_names_were_shown_are_left_out(merged):
    late = {**SECOND, "time": stamp(31)}
    early = vote_file(1, [FIRST], exported=stamp(20), revealed_at="", revealed=False)
    last = vote_file(1, [FIRST, late, abx(40, "bark", "sketch", right=True)],
                     exported=stamp(60), revealed_at=stamp(30))  # fmt: skip
    copied = vote_file(1, [FIRST, late], exported=stamp(70), revealed_at=stamp(30))
    result = merged(early, last, copied)
    (listener,) = result.listeners
    assert listener.answered == {"pairs": 1, "abx": 0, "ratings": 0}
    assert result.left_out.revealed == 2
    assert merging_notes(result) == ["2 votes that came after the names were shown: left out"]


def test_the_first_showing_counts_and_the_very_moment_is_in_time(merged):
    votes = [{**FIRST, "time": stamp(30)}, {**SECOND, "time": stamp(50)}]
    again = vote_file(1, votes, revealed_at=stamp(55), exported=stamp(90))
    result = merged(vote_file(1, votes[:1], revealed_at=stamp(30)), again)
    assert result.listeners[0].answered["pairs"] == 1 and result.left_out.revealed == 1


def test_the_page_rounds_to_tenths(merged):
    exact = {**FIRST, "heard": dict.fromkeys(FIRST["heard"], ENOUGH)}
    assert merged(vote_file(1, [exact])).left_out.unheard == 0


def test_the_page_asks_for_as_much():
    static = ROOT / "src" / "secondtake" / "runner" / "html_pages" / "static"
    (seconds,) = re.findall(r"const ENOUGH = ([\d.]+);", (static / "trials.js").read_text())
    assert float(seconds) == ENOUGH


def test_who_has_no_nickname_has_a_name(merged):
    (listener,) = merged(vote_file(0xABCDEF << 104, [FIRST], nickname=" ")).listeners
    assert listener.name == "listener abcdef"
