import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from secondtake.core.files import write_json
from secondtake.core.listening_file import ListeningFile, SegmentClips, Version, listening_path
from secondtake.core.listening_file import as_json as listening_json
from secondtake.core.votes_file import (
    RULES,
    Listener,
    MergedFile,
    PairResult,
    QuestionResult,
    Strength,
    VotedSystem,
    VotesFile,
    as_json,
    preference_path,
    read_votes,
    votes_path,
)
from tests.conftest import ROOT

CLIP = Version("0123456789ab", "", "0" * 64, 4.0, -16.0, 0.0, 0.0, 0.0, "AAE=", ())
PAGE = ListeningFile("ready", "", "mp3", 160_000, 48_000, (SegmentClips(1, 4.0, 4.0, (CLIP,)),))
VOTES = VotesFile(
    state="ready",
    study=PAGE.study,
    files=(
        MergedFile("a.json", "1" * 64, "merged", "", 3),
        MergedFile("b.json", "", "refused", "not JSON", 0),
    ),
    listeners=(
        Listener("a" * 32, "Ana", {"pairs": 4}, {"pairs": 3, "abx": 2}, {}),
        Listener("b" * 32, "", {"pairs": 4}, {"pairs": 1}, {"pairs": "incomplete: 1 of 4 pairs"}),
    ),
    systems=(VotedSystem("bark", "Bark", "model"),),
    questions=(
        QuestionResult(
            "prefer", 3, 1, 1, "sketch", 0.4,
            (Strength("bark", 1, 0.5, -0.5, 1.5, 1, 2, 0.7, 0.4, 0.9),),
            (PairResult("bark", "sketch", 1, 1, 1, 0.7, 0.4, 0.9, False),),
            (),
        ),
    ),
    sentences=("Bark is preferred.",),
)  # fmt: skip


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """Results with merged votes and the page that they are on."""
    write_json(votes_path(tmp_path), as_json("song", VOTES))
    write_json(listening_path(tmp_path), listening_json("song", PAGE))
    return tmp_path


def test_what_is_written_is_read(written: Path) -> None:
    assert read_votes(written, "song") == VOTES


def test_those_without_a_figure_are_not_compared() -> None:
    (prefer,) = VOTES.questions
    (bark,) = prefer.systems
    over = replace(bark, system="sketch", preferred=None, preferred_low=None, preferred_high=None)
    assert replace(prefer, systems=(bark, over)).compared == (bark,)


def test_it_says_which_rules_exclude(written: Path) -> None:
    value = json.loads(votes_path(written).read_text(encoding="utf-8"))
    assert value["format"] == 1 and value["song"] == "song"
    assert [rule["name"] for rule in value["rules"]] == list(RULES)
    assert "state" not in value and "why" not in value


def test_where_nobody_has_voted(tmp_path: Path) -> None:
    assert read_votes(tmp_path, "song").state == "absent"


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"format": 2}', '{"format": 1, "song": "song", "files": [3]}']
)
def test_a_damaged_file_is_a_state(written: Path, text: str) -> None:
    votes_path(written).write_text(text, encoding="utf-8")
    votes = read_votes(written, "song")
    assert votes.state == "unreadable" and votes.why


def test_votes_of_another_song(written: Path) -> None:
    votes = read_votes(written, "another")
    assert (votes.state, votes.why) == ("other song", "song")


def test_votes_on_clips_that_the_page_had_before(written: Path) -> None:
    clips = (SegmentClips(1, 4.0, 4.0, (replace(CLIP, clip="ba9876543210"),)),)
    write_json(listening_path(written), listening_json("song", replace(PAGE, segments=clips)))
    votes = read_votes(written, "song")
    assert votes.state == "other study" and votes.why.startswith("6 answers")


def test_without_a_page_votes_can_still_be_read(written: Path) -> None:
    listening_path(written).unlink()
    assert read_votes(written, "song") == VOTES


def test_what_a_page_asks() -> None:
    assert VOTES.trials == 6
    assert [file.file for file in VOTES.refused] == ["b.json"]
    assert (VOTES.title("bark"), VOTES.title("other")) == ("Bark", "other")
    assert preference_path(Path("results"), "png") == Path("results/votes/preference.png")


def test_the_page_of_the_documentation_names_every_part() -> None:
    formats = (ROOT / "docs" / "record-format.md").read_text(encoding="utf-8")
    result = formats.partition("## The result of votes")[2]
    fields = set(as_json("song", VOTES)) - {"format"}
    assert [name for name in sorted(fields) if f"`{name}`" not in result] == []
    page = (ROOT / "docs" / "listening.md").read_text(encoding="utf-8")
    rules = page.partition("## Whose votes")[2]
    assert re.findall(r"^\| ([a-z ]+) \|", rules, re.MULTILINE)[1:] == list(RULES)
