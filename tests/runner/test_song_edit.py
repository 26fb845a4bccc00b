"""Options written into song files: what is asked for is what the file then says, and no more."""

import tomllib
from dataclasses import replace
from itertools import product

import pytest

from secondtake.core.errors import UserError
from secondtake.core.plan import Request, list_jobs
from secondtake.core.project import Project
from secondtake.core.song import load_song
from secondtake.runner.song_edit import save_baseline, save_options

HEAD = """\
# The song   with odd   layout
title = "T"   # a title
languages = ["es"]
"""
FIRST = """\

# about the first
[[segment]]
number = 1   # one
kind = "verse"
title = "One"
seconds = 10
lyrics = \"\"\"
[[segment]]
la la\"\"\"
"""
BARK = """\

[segment.bark]  # by whom
voice = "v2/es_speaker_0" # this one
"""
SECOND = """\

# about the second
[[segment]]
number = 2
kind = "chorus"
title = "Two"
seconds = 8
lyrics = "le"
models = ["sketch", "bark"]
"""
LAYOUTS = {
    "plain": HEAD + FIRST + SECOND,
    "own tables": HEAD + FIRST + BARK + SECOND + BARK,
    "whole song's": HEAD + "[models.bark]\nretakes = 1\n" + FIRST + BARK + SECOND,
    "other model's": HEAD + "[models.sketch]\nseed = 2\n\n# the rest\n" + FIRST + SECOND,
    "song's last": HEAD + FIRST + SECOND + "\n[models.bark]\nretakes = 1 # few\n",
    "inline": HEAD + "models = { bark = { retakes = 1 } }\n" + FIRST + SECOND
    + "bark = { voice = 'v2/es_speaker_1' }\n",
    "dotted": HEAD + FIRST + "bark.voice = 'v2/es_speaker_1'\n" + SECOND,
    "array": HEAD + "segment = [{ number = 1, kind = 'verse', title = 'One', seconds = 10, lyrics ="
    " 'la' }, { number = 2, kind = 'chorus', title = 'Two', seconds = 8, lyrics = 'le' }]\n",
    "no end of line": (HEAD + FIRST + SECOND + "\n# the end").rstrip("\n"),
    "Windows": "\ufeff" + (HEAD + FIRST + BARK + SECOND).replace("\n", "\r\n"),
    "meters": HEAD + 'meter = "3/4"\n' + FIRST + SECOND + 'meter = "6/8" # a jig\n',
    "comments between": HEAD + FIRST + "# tail of the first\n\n" + SECOND + "\n# tail\n\n",
}  # fmt: skip
REQUESTS = {
    "checkpoint": (Request(checkpoints={"bark": "small"}), {}),
    "seed of all": (Request(seed=3), {}),
    "seed of one": (Request(models=("sketch",), segments=(2,), seed=0), {}),
    "both segments": (Request(models=("bark",), segments=(2, 1), seed=9), {}),
    "two things": (Request(checkpoints={"bark": "small"}, segments=(1,), seed=4), {}),
    "parameters": (Request(models=("bark",)), {"voice": "v2/es_speaker_5", "retakes": 0}),
    "one's parameter": (Request(models=("bark",), segments=(2,)), {"retakes": 0}),
}  # fmt: skip


@pytest.fixture
def project(tmp_path):
    (tmp_path / "songs").mkdir()
    return Project(tmp_path)


def write(project, text):
    path = project.root / "songs" / "mine.toml"
    path.write_bytes(text.encode())
    return load_song(path, project)


def without(text, added):
    """The lines of a text, less the lines that were added or changed."""
    return [line for line in text.splitlines() if line.strip() and line not in added]


@pytest.mark.parametrize(("layout", "asked"), product(LAYOUTS, REQUESTS))
def test_the_file_means_what_was_asked_and_all_else_stays(project, capsys, layout, asked):
    text, (request, typed) = LAYOUTS[layout], REQUESTS[asked]
    song = write(project, text)
    request = replace(request, settings=typed)
    before = {(job.model, job.segment): job for job in list_jobs(song, Request())}
    wanted = before | {(job.model, job.segment): job for job in list_jobs(song, request)}
    edited = save_options(song, request, project, typed)
    assert {(job.model, job.segment): job for job in list_jobs(edited, Request())} == wanted
    assert edited == load_song(song.path, project)
    assert "saved in" in capsys.readouterr().err

    now = song.path.read_bytes().decode()
    assert now.startswith("\ufeff") == text.startswith("\ufeff")
    assert ("\r" in now) == ("\r" in text) and now.count("\r\n") in (0, now.count("\n"))
    comments = [line.strip() for line in text.splitlines() if line.strip().startswith("#")]
    assert [line.strip() for line in now.splitlines() if line.strip().startswith("#")] == comments
    old, new = tomllib.loads(text.removeprefix("\ufeff")), tomllib.loads(now.removeprefix("\ufeff"))
    assert [s["lyrics"] for s in new["segment"]] == [s["lyrics"] for s in old["segment"]]
    if layout not in ("inline", "array", "dotted"):
        changed = [line for line in text.splitlines() if line not in now.splitlines()]
        assert all(line.partition(" ")[0] in ("voice", "retakes", "seed") for line in changed)


def test_a_comment_stays_with_the_segment_that_it_stands_above(project):
    song = write(project, LAYOUTS["plain"])
    save_options(song, Request(models=("bark",), seed=3), project)
    save_options(
        load_song(song.path, project), Request(models=("sketch",), segments=(1,), seed=4), project
    )
    assert song.path.read_text() == (
        HEAD + "\n[models.bark]\nseed = 3\n" + FIRST + "\n[segment.sketch]\nseed = 4\n" + SECOND
    )


def test_saving_twice_changes_nothing_more(project):
    song = write(project, LAYOUTS["own tables"])
    request = Request(checkpoints={"bark": "small"}, seed=5)
    edited = save_options(song, request, project)
    text = song.path.read_bytes()
    save_options(edited, request, project)
    assert song.path.read_bytes() == text


@pytest.mark.parametrize(
    ("request_", "typed", "message"),
    [
        (Request(), {}, "--save: nothing to save"),
        (Request(models=("sketch",), checkpoints={"bark": "small"}), {}, "bark plays in none of"),
        (Request(models=("bark",)), {"retakes": 9}, "models.bark: retakes: 9 is outside 0 to 5"),
        (Request(models=("bark",)), {"voice": "x"}, "models.bark: voice: Bark has no voice 'x'"),
    ],
)
def test_nothing_is_written_when_the_request_is_wrong(project, request_, typed, message):
    song = write(project, LAYOUTS["own tables"])
    before = song.path.read_bytes()
    with pytest.raises(UserError, match=message):
        save_options(song, request_, project, typed)
    assert song.path.read_bytes() == before and len(list(song.path.parent.iterdir())) == 1


def test_nothing_is_written_that_would_mean_something_else(project):
    """The checkpoint asked for is of another request than the parameter that is to be saved."""
    song = write(project, LAYOUTS["plain"])
    before = song.path.read_bytes()
    with pytest.raises(UserError, match="would not mean what was asked; write it yourself: "):
        save_options(
            song, Request(models=("bark",), settings={"retakes": 1}), project, {"retakes": 2}
        )
    assert song.path.read_bytes() == before


def test_a_dry_run_says_what_it_would_write_and_writes_nothing(project, capsys):
    song = write(project, LAYOUTS["plain"])
    before = song.path.read_bytes()
    save_options(song, Request(segments=(2,), models=("bark",), seed=3), project, write=False)
    assert capsys.readouterr().err.endswith(": segment 2: [segment.bark] seed = 3\n")
    assert song.path.read_bytes() == before


def test_a_link_stays_a_link(project):
    song = write(project, LAYOUTS["plain"])
    other = project.root / "elsewhere.toml"
    song.path.rename(other)
    song.path.symlink_to(other)
    save_options(song, Request(seed=3), project)
    assert song.path.is_symlink() and "seed = 3" in other.read_text()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_baseline_of_the_whole_song_is_named_and_segments_stay_what_they_were(project, layout):
    text = LAYOUTS[layout]
    song = write(project, text)
    edited = save_baseline(song, "data/baseline/mine.wav", project)
    assert edited.baseline.name == "data/baseline/mine.wav"
    assert edited.segments == song.segments
    now = song.path.read_bytes().decode()
    assert now.count('baseline = ""') == 2
    if layout not in ("inline", "array", "dotted"):
        others = [line for line in now.splitlines() if not line.startswith("baseline = ")]
        assert others == text.splitlines()


def test_a_segment_that_is_placed_stays_where_it_is(project):
    song = write(project, HEAD + FIRST + 'baseline = "data/one.wav"\nstart = 3\n' + SECOND)
    edited = save_baseline(song, "data/baseline/mine.wav", project)
    assert edited.segments == song.segments
    assert song.path.read_text().count('baseline = ""') == 1
