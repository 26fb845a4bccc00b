import json
from datetime import UTC, datetime

import pytest
from tests.analysis.votes.made_votes import (
    LISTENING,
    SONG,
    abx,
    clip,
    clips_of,
    pair,
    rating,
    vote_file,
    written,
)

from secondtake.analysis.votes import vote_export
from secondtake.analysis.votes.vote_export import VoteFileError, read_export

PAIR = pair(1, 1, "bark", "sketch", "bark")
ABX = abx(1, "bark", "sketch", right=True)
RATING = rating(2, baseline=96, bark=50, anchor=20)
VOTES = [PAIR, ABX, RATING]


def read(path, listening=LISTENING):
    return read_export(path, SONG, listening)


def refusal(folder, value, name="votes.json"):
    with pytest.raises(VoteFileError) as refused:
        read(written(folder, name, value))
    return str(refused.value)


def test_what_a_page_saves(tmp_path):
    export = read(written(tmp_path, "votes.json", vote_file(7, VOTES)))
    assert export.listener == f"{7:032x}" and export.nickname == "Listener 7"
    assert export.planned == {"pairs": 1, "abx": 1, "ratings": 1}
    first, second, third = export.votes
    assert (first.prefer, first.closer) == (clip(1, "bark"), clip(1, "bark"))
    assert second.chosen == second.x == clip(1, "bark")
    assert third.scores == {clip(2, "baseline"): 96, clip(2, "bark"): 50, "anchor": 20}
    assert third.hidden == clip(2, "baseline")


@pytest.mark.parametrize("changes", [{}, {"revealed_at": ""}])
def test_names_that_were_not_shown_or_by_a_page_that_did_not_note_it(tmp_path, changes):
    export = read(written(tmp_path, "votes.json", vote_file(1, VOTES, **changes)))
    assert export.revealed is None and len(export.votes) == 3


def test_when_the_names_were_shown(tmp_path):
    value = vote_file(1, VOTES, revealed_at="2026-11-28T12:00:00.5+02:00")
    export = read(written(tmp_path, "votes.json", value))
    assert export.revealed == datetime(2026, 11, 28, 10, 0, 0, 500_000, UTC)


def test_what_is_not_known_is_ignored_and_a_mark_of_byte_order_is_no_harm(tmp_path):
    value = vote_file(1, [{**PAIR, "mood": ["fine"]}], browser="any")
    data = b"\xef\xbb\xbf" + json.dumps(value).encode()
    assert len(read(written(tmp_path, "votes.json", data)).votes) == 1


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"study": clips_of(segments=2).study}, "other clips than the page has now"),
        ({"study": "x"}, "study: 'x' is no hash"),
        ({"song": "other"}, "--song 'other'"),
        ({"format": 2}, "update secondtake"),
        ({"listener": "../../etc/passwd"}, "listener: "),
        ({"nickname": 3}, "nickname: 3 is no text"),
        ({"exported": "yesterday"}, "exported: 'yesterday' is no time"),
        ({"revealed_at": "soon"}, "revealed_at: 'soon' is no time"),
        ({"revealed_at": None}, "revealed_at: None is no text"),
        ({"exported": "0001-01-01T00:00:00+14:00"}, "is no time"),
        ({"planned": {"pairs": 1, "abx": 1}}, "planned.ratings: missing"),
        ({"planned": {"pairs": True, "abx": 1, "ratings": 1}}, "planned.pairs: True"),
        ({"planned": {"pairs": 1.5, "abx": 1, "ratings": 1}}, "planned.pairs: 1.5"),
        ({"votes": {}}, "votes: no list"),
        ({"votes": [PAIR, 3]}, "votes[1]: 3 is no JSON object"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_file_that_does_not_fit(tmp_path, changes, says):
    assert says in refusal(tmp_path, vote_file(1, VOTES, **changes))


@pytest.mark.parametrize(
    ("vote", "says"),
    [
        ({**PAIR, "mode": "guess"}, "votes[0].mode: 'guess' is none of pairs, abx, ratings"),
        ({**PAIR, "segment": 99}, "the page has no segment 99"),
        ({**PAIR, "segment": "1"}, "votes[0].segment: '1' is no number"),
        ({**PAIR, "segment": 10**400}, "votes[0].segment: "),
        ({**PAIR, "first": clip(2, "bark")}, "votes[0].first: "),
        ({**PAIR, "first": ["x"]}, "votes[0].first: "),
        ({**PAIR, "second": PAIR["first"]}, "the same clip as first"),
        ({**PAIR, "prefer": clip(1, "musicgen")}, "votes[0].prefer: "),
        ({**PAIR, "prefer": None}, "votes[0].prefer: None"),
        ({**PAIR, "closer": "both"}, "votes[0].closer: 'both'"),
        ({**PAIR, "id": "a/b"}, "votes[0].id: 'a/b'"),
        ({**PAIR, "id": "x" * 65}, "votes[0].id: "),
        ({**PAIR, "time": 5}, "votes[0].time: 5 is no text"),
        ({**PAIR, "heard": []}, "votes[0].heard: "),
        ({**PAIR, "heard": {"x": -1}}, "votes[0].heard.x: -1"),
        ({**PAIR, "heard": {"x": "long"}}, "votes[0].heard.x: 'long'"),
        ({name: PAIR[name] for name in PAIR if name != "closer"}, "votes[0].closer: missing"),
        ({**ABX, "x": clip(1, "musicgen")}, "votes[0].x: "),
        ({**ABX, "answer": "tie"}, "votes[0].answer: 'tie'"),
        ({**RATING, "scores": {**RATING["scores"], "anchor": 100.5}}, "scores.anchor: 100.5"),
        ({**RATING, "scores": {**RATING["scores"], "anchor": False}}, "scores.anchor: False"),
        ({**RATING, "scores": {**RATING["scores"], "who": 1}}, "no clip of this segment"),
        ({**RATING, "scores": {"anchor": 1}}, "the hidden baseline has no score"),
        ({**RATING, "reference": clip(2, "bark")}, "votes[0].reference: "),
    ],
    ids=lambda value: str(value)[-40:],
)
def test_a_vote_that_cannot_be(tmp_path, vote, says):
    assert says in refusal(tmp_path, vote_file(1, [vote]))


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", "NaN", '"' + "x" * 99, b"\xff\xfe\x00", "[" * 100_000, "9" * 9_000],
    ids=lambda text: repr(text)[:12],
)
def test_what_is_no_vote_file(tmp_path, text):
    assert refusal(tmp_path, text)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999", "-1"])
def test_a_score_that_is_no_number(tmp_path, number):
    text = json.dumps(vote_file(1, [RATING])).replace(": 96", f": {number}")
    assert refusal(tmp_path, text)


def test_a_value_of_great_depth(tmp_path):
    deep = json.dumps(vote_file(1, [PAIR])).replace('"tie"', "1")
    deep = deep.replace('"prefer": "', '"prefer": ' + "[" * 500 + "]" * 500 + ', "was": "')
    assert "votes[0].prefer" in refusal(tmp_path, deep)


def test_the_table_for_spreadsheets(tmp_path):
    assert "give the JSON file instead" in refusal(tmp_path, "listener,study\r\n", "votes.csv")


def test_a_file_that_is_too_large(tmp_path, monkeypatch):
    monkeypatch.setattr(vote_export, "MAX_BYTES", 1 << 20)
    assert "larger than 1 MiB" in refusal(tmp_path, " " * ((1 << 20) + 1))


def test_too_many_votes(tmp_path, monkeypatch):
    monkeypatch.setattr(vote_export, "MAX_VOTES", 2)
    assert "at most 2 votes" in refusal(tmp_path, vote_file(1, VOTES))


def test_what_is_no_file(tmp_path):
    for path, says in ((tmp_path, "a folder"), (tmp_path / "none.json", "no such file")):
        with pytest.raises(VoteFileError, match=says):
            read(path)
    with pytest.raises(VoteFileError, match=r"no such file|cannot be read"):
        read(tmp_path / ("x" * 300))


def test_a_nickname_is_one_short_line(tmp_path):
    value = vote_file(1, [], nickname="\x1b[31m\u202eAna\n" + "a" * 99)
    nickname = read(written(tmp_path, "votes.json", value)).nickname
    assert nickname.isprintable() and len(nickname) == 40
