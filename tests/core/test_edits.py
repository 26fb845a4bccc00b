"""Repaints and covers: of which take they are, under which number, and what is refused."""

from dataclasses import replace

import pytest

from secondtake.core.edit_command import edit_command
from secondtake.core.edits import Edit, editing_model, parse_edit
from secondtake.core.errors import UserError
from secondtake.core.files import write_json
from secondtake.core.jobs import derived_seed
from secondtake.core.plan import Request, plan, planned_jobs
from secondtake.core.prompts.source_audio import (
    describe_source,
    parse_source_audio,
    source_remarks,
)
from secondtake.core.ranking_file import RankedGroup, RankedTake, as_json, ranking_path
from secondtake.core.song import load_song
from secondtake.core.take_files import discard_take
from secondtake.core.takes import wav_path
from tests.core.edits_of_hum import teach_edits
from tests.core.takes_of_hum import first_job, hum_song, store, take_store

HUMS = ("hum_segment1_instrumental", "hum_segment2_verse")
MIDDLE = Edit((0.25, 0.75))
COVER = Edit()


@pytest.fixture
def editing(hum, monkeypatch):
    """The project of a humming model that repaints and covers, with a take of its first segment."""
    teach_edits(monkeypatch)
    store(hum, first_job(hum), b"RIFF first")
    return hum


def planned(project, edit=MIDDLE, force=False, **wish):
    request = Request(**{"models": ("hum",), "segments": (1,), "edit": edit, **wish})
    return planned_jobs(hum_song(project), request, project, take_store(project), force=force)


def made(project, edit=MIDDLE, sound=b"RIFF edit", **wish):
    """The edit, made."""
    (entry,) = planned(project, edit, **wish)
    return store(project, entry.job, sound)


def plain(project, takes):
    """The planned takes: their numbers, and why each is to do."""
    request = Request(segments=(1,), takes=takes)
    entries = planned_jobs(hum_song(project), request, project, take_store(project))
    return [(entry.job.take, entry.reason) for entry in entries]


# What is typed


@pytest.mark.parametrize(
    ("typed", "stretch"),
    [
        ("6:9", (6, 9)), ("6.25:9", (6.25, 9)), ("0:0.5", (0, 0.5)), (" 65:70 ", (65, 70)),
        ("6-9", (6, 9)), ("1:05-1:10.5", (65, 70.5)), ("1:05 – 1:10", (65, 70)),
        ("0:01:05-0:01:10", (65, 70)),
    ],
)  # fmt: skip
def test_a_stretch_is_seconds_or_times_with_a_dash(typed, stretch):
    assert parse_edit(typed, "", False) == Edit(stretch)


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("6", "'6' is no stretch; write its start and end in seconds (6:9), or with a dash"),
        ("6:", "'6:' is no stretch"),
        ("1:05:1:10", "'1:05:1:10' is no stretch"),
        ("-6:9", "'-6:9' is no stretch"),
        ("six:9", "'six' is no time; write seconds (65.5)"),
        ("9:6", "'9:6' runs backwards; type 6:9"),
        ("6:6", "'6:6' is 0 s long, shorter than the 0.5 s that are made anew at least"),
        ("6:6.4", "'6:6.4' is 0.4 s long"),
    ],
)
def test_what_is_no_stretch_is_refused(typed, message):
    with pytest.raises(UserError) as caught:
        parse_edit(typed, "", False)
    assert str(caught.value).startswith(f"--repaint: {message}")


def test_options_that_do_not_go_together_are_refused():
    assert parse_edit("", "", False) is None and parse_edit("", "", True) == COVER
    with pytest.raises(UserError, match=r"--of: says of which take .* add --repaint 6:9"):
        parse_edit("", "hum_segment1_verse", False)
    with pytest.raises(UserError, match=r"--repaint: .* leave --from-baseline away"):
        parse_edit("6:9", "", True)


def again(project, job):
    """The command that makes an edit again, from its options on, and what differs."""
    command = edit_command(job, hum_song(project), project, take_store(project))
    return command.command.partition("--segment")[2], command.differences


def test_the_command_of_an_edit_makes_it_again(editing):
    assert COVER.words == ["--from-baseline"]
    job = planned(editing, seed=9)[0].job
    words, song = f"s 1 --repaint 0.25:0.75 --of {HUMS[0]} --seed 9", "--song songs/hum.toml"
    assert again(editing, job) == (f"{words} {song}", ())
    other = planned(editing, seed=9, checkpoints={"hum": "high"})[0].job
    assert again(editing, other) == (f"{words} --checkpoint hum=high {song}", ())
    slow = planned(editing, seed=9, settings={"mood": "slow"})[0].job
    assert edit_command(slow, hum_song(editing), editing, take_store(editing)).command == (
        f"nox -s hum -- {song} --segment{words[1:]} --mood slow"
    )


def test_an_edit_that_no_command_makes_again_says_so(editing):
    job = made(editing).job
    path = editing.root / "songs" / "hum.toml"
    path.write_text(path.read_text().replace("bpm = 100", "bpm = 90"))
    assert again(editing, job)[1] == ("its prompt, bpm changed since",)
    take = take_store(editing).takes[HUMS[0]]
    discard_take(hum_song(editing).results, take)
    words, differences = again(editing, job)
    assert differences == (
        f"{take.name} ({take.wav.sha256[:8]}) is no longer here",
        "its prompt, bpm changed since",
    )
    assert "--of" not in words
    path.write_text(path.read_text().replace("number = 1", "number = 3"))
    assert "segment 1" in again(editing, job)[1][1]


def test_one_model_that_can_is_needed(editing):
    assert editing_model(MIDDLE, ["hum"]) == editing_model(COVER, ["hum", "hum"]) == "hum"
    with pytest.raises(
        UserError, match=r"^--repaint: bark cannot; type --models ace_step or --mod"
    ):
        editing_model(MIDDLE, ["bark"])
    with pytest.raises(UserError, match=r"^--from-baseline: one model at a time; type --models"):
        editing_model(COVER, ["ace_step", "hum"])


def test_without_a_name_the_only_model_that_can_is_meant():
    assert editing_model(MIDDLE, []) == editing_model(COVER, []) == "ace_step"


# A repaint


def test_a_repaint_is_a_new_take_of_a_stretch_of_the_first(editing):
    (entry,) = planned(editing)
    job, take = entry.job, take_store(editing).takes[HUMS[0]]
    assert (job.name, job.take, entry.reason) == (f"{HUMS[0]}_take101", 101, "not made yet")
    assert job.is_edit and not job.from_baseline and job.seconds == 1.0
    path = editing.relative(wav_path(hum_song(editing).results, HUMS[0]))
    assert job.settings["repaint"] == f"{path}@0.25-0.75@sha256:{take.wav.sha256}"
    assert source_remarks(job.settings) == (
        f"0.25 to 0.75 s are made anew, the rest is {HUMS[0]} ({take.wav.sha256[:8]}) to the "
        "sample but for crossfades of 50 ms",
    )
    name_of = take_store(editing).source_name
    assert describe_source(job.settings, name_of) == f"0.25 to 0.75 s of {HUMS[0]} made anew"


def test_its_seed_is_that_of_a_take_of_its_number_or_the_one_given(editing):
    assert planned(editing)[0].job.seed == derived_seed("hum", 1, "hum", 101)
    assert [entry.job.seed for entry in planned(editing, seed=7, takes=2)] == [7, 8]


def test_the_same_command_finds_it_and_more_takes_are_more(editing):
    take = made(editing)
    (again,) = planned(editing)
    assert again.reason is None and again.job == take.job
    assert planned(editing, force=True)[0].reason == "--force"
    both = planned(editing, takes=2)
    assert [(entry.job.take, entry.reason) for entry in both] == [
        (101, None),
        (102, "not made yet"),
    ]
    for wish in ({"edit": Edit((0.25, 0.8))}, {"seed": 5}, {"checkpoints": {"hum": "high"}}):
        (other,) = planned(editing, **wish)
        assert (other.job.take, other.reason) == (102, "not made yet")
    assert planned(editing, seed=take.job.seed)[0].reason is None


@pytest.mark.parametrize("count", [0, 100, -1])
def test_a_number_of_takes_that_there_is_not_is_refused(covering, count):
    for edit in (MIDDLE, COVER):
        with pytest.raises(UserError, match=rf"^--takes: {count} is outside 1 to 99$"):
            planned(covering, edit, takes=count)


def test_the_numbers_of_takes_end(editing):
    assert len(planned(editing, takes=99)) == 99
    made(editing)
    message = "segment 1 has no more numbers for edits by hum, which go to 199; ask for fewer"
    with pytest.raises(UserError, match=message):
        planned(editing, seed=5, takes=99)


def test_an_edit_is_found_by_the_sound_that_it_was_made_of(editing):
    take = take_store(editing).takes[HUMS[0]]
    edit = made(editing)
    store(editing, take.job, b"RIFF first again")  # by --force: the source has another name now
    assert take.earlier_name in take_store(editing).takes
    (entry,) = planned(editing, Edit((0.25, 0.75), take.earlier_name))
    assert (entry.job.take, entry.reason) == (edit.job.take, None)
    assert source(entry.job).name == take.earlier_name  # which a worker finds, if it is forced
    (other,) = planned(editing)
    assert (other.job.take, other.reason) == (102, "not made yet")
    name_of = take_store(editing).source_name
    assert describe_source(edit.job.settings, name_of).endswith(f"of {take.earlier_name} made anew")
    assert f"--of {take.earlier_name} " in again(editing, edit.job)[0]
    discard_take(hum_song(editing).results, take_store(editing).takes[take.earlier_name])
    gone = f"of {HUMS[0]} ({take.wav.sha256[:8]}), no longer here, made anew"
    assert describe_source(edit.job.settings, take_store(editing).source_name).endswith(gone)


def test_what_the_song_says_now_is_what_is_made(editing):
    made(editing)
    song = editing.root / "songs" / "hum.toml"
    song.write_text(song.read_text().replace("bpm = 100", "bpm = 90"))
    (entry,) = planned(editing)
    assert (entry.job.take, entry.job.bpm) == (102, 90)


def test_a_take_can_be_continued(editing):
    (entry,) = planned(editing, Edit((0.9, 2.5)))
    assert entry.job.seconds == 2.5
    assert parse_source_audio(entry.job.settings["repaint"]).end == 2.5
    assert planned(editing, Edit((1.0, 2.5)))[0].job.seconds == 2.5  # from its very end
    with pytest.raises(UserError, match=r"has 1 s, the stretch begins at 1.2 s; .* type 1:2.5$"):
        planned(editing, Edit((1.2, 2.5)))
    with pytest.raises(UserError, match=r"seconds: 900 s is longer than the 600 s that low makes"):
        planned(editing, Edit((0.5, 900.0)))


def test_the_best_take_is_repainted_and_no_edit_of_it(editing):
    second = store(editing, replace(first_job(editing), take=2, seed=4), b"RIFF second")
    edit = made(editing)
    assert edit.job.take == 101
    rank(editing, edit, second)
    assert source(planned(editing)[0].job).name == second.name
    rank(editing, second, sha256="0" * 64)  # of another wav
    assert source(planned(editing)[0].job).name == HUMS[0]
    rank(editing, second, best=None)  # it failed a check
    assert source(planned(editing)[0].job).name == HUMS[0]


def test_a_ranking_that_cannot_be_read_is_told(editing):
    assert planned(editing)[0].note == ""
    path = ranking_path(hum_song(editing).results)
    path.write_text("{")
    (entry,) = planned(editing)
    assert entry.note.startswith("results/hum/ranking.json cannot be read (not JSON")
    assert f"so the source is the first take, {HUMS[0]}, not the best" in entry.note
    assert entry.remarks[-1] == entry.note
    assert planned(editing, Edit((0.25, 0.75), HUMS[0]))[0].note == ""
    write_json(path, as_json("other", []))
    assert "is of another song, other, so" in planned(editing)[0].note


def rank(project, *takes, best="", **changes):
    ranked = [
        RankedTake(place, take.name, take.job.take, take.job.seed, take.wav.sha256, "", {})
        for place, take in enumerate(takes, 1)
    ]
    ranked = [replace(entry, **changes) for entry in ranked]
    best = takes[0].name if best == "" else best
    group = RankedGroup(1, "instrumental", "hum", best, (), tuple(ranked))
    write_json(ranking_path(hum_song(project).results), as_json("hum", [group]))


def source(job):
    return parse_source_audio(job.settings["repaint"])


def test_a_take_can_be_named_also_an_edit(editing):
    edit = made(editing)
    for typed in (edit.name, f"{edit.name}.wav", edit.name.upper().replace("_", "-")):
        (entry,) = planned(editing, Edit((0.0, 0.5), typed))
        assert source(entry.job).name == edit.name and entry.job.take == 102


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("hum_segment1_instr", f"no take 'hum_segment1_instr'; did you mean {HUMS[0]!r}? known: "),
        ("x", f"no take 'x'; known: {HUMS[0]}"),
        (HUMS[1], f"{HUMS[1]} is of segment 2 by hum, not of segment 1 by hum; add --segments 2"),
    ],
)
def test_a_take_that_is_none_of_the_segments_is_refused(editing, typed, message):
    (job,) = plan(hum_song(editing), Request(segments=(2,)))
    store(editing, job, b"RIFF of the second segment")
    with pytest.raises(UserError) as caught:
        planned(editing, Edit((0.25, 0.75), typed))
    assert str(caught.value).startswith(f"--of: {message}")


def test_without_a_take_there_is_nothing_to_repaint(editing):
    make = "make one: invoke generate --models hum --segments 2 --song songs/hum.toml"
    with pytest.raises(UserError, match=f"segment 2 has no take by hum of .*; {make}"):
        planned(editing, segments=(2,))
    with pytest.raises(UserError, match=f"--of: no take 'x'; {make}"):
        planned(editing, Edit((0.25, 0.75), "x"), segments=(2,))


def test_a_take_whose_wav_was_changed_is_not_repainted(editing):
    wav_path(hum_song(editing).results, HUMS[0]).write_bytes(b"RIFF changed")
    with pytest.raises(UserError, match="segment 1 has no take by hum"):
        planned(editing)
    with pytest.raises(UserError, match=r"--of: \S+.wav is missing, or was changed"):
        planned(editing, Edit((0.25, 0.75), HUMS[0]))


# A cover


@pytest.fixture
def covering(editing):
    """The same with a baseline of the first segment."""
    song = editing.root / "songs" / "hum.toml"
    song.write_text(song.read_text().replace('"First"', '"First"\nbaseline = "data/song.wav"'))
    (editing.root / "data").mkdir()
    header = b"RIFF\x00\x00\x00\x00WAVEfmt \x10\0\0\0\1\0\1\0" + (8000).to_bytes(4, "little")
    header += (16000).to_bytes(4, "little") + b"\2\0\x10\0data" + (16000).to_bytes(4, "little")
    (editing.root / "data" / "song.wav").write_bytes(header + bytes(16000))
    return editing


def test_a_cover_is_a_new_take_too_and_of_the_baseline(covering):
    (entry,) = planned(covering, COVER)
    assert (entry.job.take, entry.job.is_edit, entry.job.from_baseline) == (101, True, True)
    assert entry.job.settings["cover"].startswith("data/song.wav@0-@sha256:")
    words = f"s 1 --from-baseline --seed {entry.job.seed} --song songs/hum.toml"
    assert again(covering, entry.job) == (words, ())
    assert source_remarks(entry.job.settings) == (
        "a cover of the baseline, data/song.wav: not independent of it",
    )
    take = made(covering, COVER)
    assert planned(covering, COVER)[0].reason is None
    (repaint,) = planned(covering, Edit((0.25, 0.75), take.name))
    assert repaint.job.from_baseline and source(repaint.job).name == take.name
    assert describe_source(repaint.job.settings).endswith("made anew, a cover of the baseline")
    (first,) = planned(covering)
    assert not first.job.from_baseline and source(first.job).name == HUMS[0]


def test_a_cover_of_what_is_not_there_is_refused(covering):
    with pytest.raises(UserError, match="segment 2: hum: segment 2 has no baseline to follow"):
        planned(covering, COVER, segments=(2,))
    (covering.root / "data" / "song.wav").unlink()
    with pytest.raises(
        UserError, match=r"hum: --from-baseline: the baseline data/song.wav cannot be read: No such"
    ):
        planned(covering, COVER)


def test_a_cover_never_has_the_first_number(covering):
    discard_take(hum_song(covering).results, take_store(covering).takes[HUMS[0]])
    assert planned(covering, COVER)[0].job.take == 101
    edit = made(covering, COVER)
    with pytest.raises(UserError, match=rf"or name an edit: --of {edit.name}$"):
        planned(covering)


# The plan of the song, and the song file


def test_no_plan_replaces_an_edit_or_makes_it_again(editing):
    edit = made(editing)
    assert plain(editing, 1) == [(1, None)]
    assert plain(editing, 3) == [(1, None), (2, "not made yet"), (3, "not made yet")]
    takes = take_store(editing)
    assert takes.is_kept(takes.takes[edit.name]) and takes.takes[edit.name] in takes.compared
    assert not takes.is_kept(takes.takes[HUMS[0]])


def test_a_number_that_a_plan_has_is_not_free(editing):
    store(editing, replace(first_job(editing), take=2, seed=4), b"RIFF second")
    assert planned(editing)[0].job.take == 101
    wav_path(hum_song(editing).results, f"{HUMS[0]}_take101").write_bytes(b"RIFF of nobody")
    assert planned(editing)[0].job.take == 102


@pytest.mark.parametrize(
    ("line", "option"),
    [('repaint = "6:9"', "--repaint"), ('cover = "baseline"', "--from-baseline")],
)
def test_a_song_file_asks_for_no_edit(editing, line, option):
    song = editing.root / "songs" / "hum.toml"
    song.write_text(song.read_text() + f"[segment.hum]\n{line}\n")
    with pytest.raises(UserError, match=f"segment 2: hum: {line.split()[0]}: .*{option}; remove"):
        load_song(song, editing)
