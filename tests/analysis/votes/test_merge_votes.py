"""scripts/merge_votes.py, as a person starts it."""

import importlib.util
import json

import numpy as np
import pytest
from tests.analysis.votes.made_votes import (
    LISTENING,
    abx,
    clips_of,
    pair_votes,
    rating,
    vote_file,
    written,
)
from tests.conftest import ROOT
from tests.schemas import mistakes, parsed

from secondtake.core.files import write_json
from secondtake.core.listening_file import as_json, listening_path
from secondtake.core.serialization import read_json
from secondtake.core.votes_file import read_votes, votes_path

pytestmark = pytest.mark.e2e  # whole programs, one after the other

SONG = ["--song", "known"]


@pytest.fixture
def page(project, song, monkeypatch):
    """The results of a song whose listening page is there."""
    monkeypatch.chdir(project.root)
    monkeypatch.setenv("MPLCONFIGDIR", str(project.cache))
    write_json(listening_path(song.results), as_json(song.name, LISTENING))
    return song.results


@pytest.fixture
def merge_votes(capsys):
    def run(*words):
        path = ROOT / "scripts" / "merge_votes.py"
        spec = importlib.util.spec_from_file_location("merge_votes", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        try:
            code = module.main([*SONG, *map(str, words)])
        except SystemExit as end:
            code = end.code
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def files(project):
    generator = np.random.default_rng(3)
    return [
        written(
            project.root,
            f"{number}.json",
            vote_file(
                number,
                [
                    *pair_votes(generator, 20),
                    *(abx(k, "bark", "sketch", right=k > 3) for k in range(1, 17)),
                    rating(1, baseline=96, bark=50, anchor=20),
                ],
            ),
        )
        for number in range(3)
    ]


def contents(results):
    return {path.name: path.read_bytes() for path in (results / "votes").iterdir()}


def test_files_become_a_result_and_a_picture(page, files, merge_votes):
    code, out, err = merge_votes(*files)
    assert code == 0 and err == ""
    assert 5 <= len(out.splitlines()) < 15
    assert out.startswith("3 listeners: 60 pairs, 48 ABX trials, 3 ratings.")
    assert out.rstrip().endswith("votes: results/votes/listening.json")
    assert set(contents(page)) == {"listening.json", "preference.png", "preference.svg"}
    assert read_votes(page, "known").trials == 111
    before = contents(page)
    assert merge_votes(*reversed(files), files[0])[0] == 0
    after = contents(page)
    assert before["preference.png"] == after["preference.png"]


def test_the_result_is_that_of_the_files_given(page, files, merge_votes):
    merge_votes(*files)
    assert merge_votes(files[0])[0] == 0
    assert len(read_votes(page, "known").listeners) == 1


def test_json_is_what_the_schema_says(page, files, merge_votes):
    bad = written(page.parent, "bad.json", "{")
    code, out, err = merge_votes("--json", *files, bad)
    assert code == 1 and "refused: bad.json: damaged or cut off (line 1)" in err
    value = parsed(out)
    assert mistakes("votes", value) == []
    assert value == read_json(votes_path(page))
    assert [file["state"] for file in value["files"]] == ["merged"] * 3 + ["refused"]


def test_a_picture_of_no_pairs_is_removed(page, files, merge_votes):
    merge_votes(*files)
    value = json.loads(files[0].read_text())
    value["votes"] = [vote for vote in value["votes"] if vote["mode"] == "abx"]
    merge_votes(written(page.parent, "abx.json", value))
    assert set(contents(page)) == {"listening.json"}


def test_where_no_file_can_be_used_nothing_is_written(page, files, merge_votes):
    merge_votes(*files)
    before = contents(page)
    other = written(page.parent, "old.json", vote_file(1, [], study="0" * 64))
    code, out, err = merge_votes(other, page.parent / "none.json")
    assert code == 2 and out == ""
    assert "old.json: study: votes on other clips" in err and "none.json: no such file" in err
    assert contents(page) == before
    code, out, err = merge_votes(written(page.parent, "empty.json", vote_file(1, [])))
    assert code == 2 and "no votes that count" in err


def test_without_a_page_it_says_what_to_type(page, files, merge_votes):
    listening_path(page).unlink()
    code, _, err = merge_votes(*files)
    assert code == 2 and "invoke page" in err
    listening_path(page).write_text("{")
    assert merge_votes(*files)[0] == 2
    assert merge_votes()[0] == 2


def test_a_page_of_other_clips_makes_the_votes_another_study(page, files, merge_votes):
    merge_votes(*files)
    write_json(listening_path(page), as_json("known", clips_of(segments=2)))
    assert read_votes(page, "known").state == "other study"
    code, _, err = merge_votes(*files)
    assert code == 2 and "other clips than the page has now" in err


def test_votes_on_another_song_say_how_to_name_it(page, files, merge_votes, project):
    (project.root / "songs" / "demo.toml").write_text("")
    listening_path(page).unlink()  # a page of the wrong song would not help
    value = json.loads(files[0].read_text())
    demo = written(project.root, "demo.json", {**value, "song": "demo"})
    code, out, err = merge_votes(demo)
    assert code == 2 and out == ""
    says = "these are votes on demo: they are not on known, so give --song songs/demo.toml"
    assert says in err and "invoke page" not in err
    elsewhere = written(project.root, "elsewhere.json", {**value, "song": "elsewhere"})
    assert "give --song and the path of that song's file" in merge_votes(elsewhere)[2]
    assert "these are votes on demo, elsewhere: merge each" in merge_votes(demo, elsewhere)[2]
    assert "invoke page" in merge_votes(demo, files[0])[2]


def test_of_few_votes_there_is_no_picture(page, merge_votes, project):
    few = pair_votes(np.random.default_rng(1), 3, ("bark", "sketch"))
    code, out, err = merge_votes(written(project.root, "anna.json", vote_file(1, few)))
    assert code == 0 and err == "" and set(contents(page)) == {"listening.json"}
    assert "Too few to say anything: " in out and "%" not in out
    assert mistakes("votes", parsed(votes_path(page).read_text(encoding="utf-8"))) == []


def test_many_listeners(page, merge_votes, project):
    generator = np.random.default_rng(8)
    paths = [
        written(project.root, f"l{n}.json", vote_file(n, pair_votes(generator, 20)))
        for n in range(100)
    ]
    code, out, _ = merge_votes(*paths)
    assert code == 0 and out.startswith("100 listeners: 2000 pairs.")
