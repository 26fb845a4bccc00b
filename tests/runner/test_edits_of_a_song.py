"""Repaints and covers among a song's takes: told, listed, kept, discarded, and saved nowhere."""

import json
from dataclasses import replace

import pytest
from tests.core.edits_of_hum import teach_edits
from tests.core.takes_of_hum import first_job, hum_song, store, take_store

from secondtake.core import cli
from secondtake.core.edits import Edit
from secondtake.core.errors import Exit, UserError
from secondtake.core.plan import Request, planned_jobs
from secondtake.core.registry.all_models import MODELS
from secondtake.core.song import load_song
from secondtake.core.take_store import TakeStore
from secondtake.runner import commands
from secondtake.runner.keeping import discard, keep, unplanned_takes
from secondtake.runner.options import parse_request
from secondtake.runner.progress_pages.survey import survey
from secondtake.runner.rank_song import rank_song
from secondtake.runner.run_summary import _words as words_of
from secondtake.runner.song_edit import settings_to_save

SONG = "songs/hum.toml"
FIRST = "hum_segment1_instrumental"
MIDDLE = Edit((0.25, 0.75))
REQUEST = Request(models=("hum",), segments=(1,), edit=MIDDLE)


@pytest.fixture
def editing(hum, monkeypatch):
    """A first take, and a repaint of it as take 2."""
    teach_edits(monkeypatch)
    monkeypatch.setenv("SECONDTAKE_IGNORE_MEMORY", "1")
    store(hum, first_job(hum), b"RIFF first")
    (entry,) = planned_jobs(hum_song(hum), REQUEST, hum, take_store(hum))
    store(hum, entry.job, b"RIFF repaint")
    return hum


def dry_run(request, as_json=False):
    options = {"evaluate": False, "force": False, "dry_run": True}
    return commands.run(lambda: commands.study(SONG, request, as_json=as_json, **options))


def test_a_plan_shows_what_is_made_of_which_take(editing, capfd):
    assert dry_run(replace(REQUEST, edit=Edit((0.5, 1.5)))) == Exit.DONE
    out = capfd.readouterr().out
    assert f"{FIRST}_take3: to do (not made yet)\n    low, 1.5 s, seed " in out
    assert dry_run(REQUEST, as_json=True) == Exit.DONE
    (job,) = json.loads(capfd.readouterr().out)["jobs"]
    assert (job["name"], job["reason"]) == (f"{FIRST}_take2", None)
    assert job["settings"]["repaint"].startswith(f"results/hum/local_models/{FIRST}.wav@0.25-0.75@")


def test_what_cannot_be_is_refused_before_a_folder_is_made(hum, monkeypatch, capfd):
    teach_edits(monkeypatch)
    assert dry_run(REQUEST) == Exit.BAD_INPUT
    assert "segment 1 has no take by hum" in capfd.readouterr().err
    assert not hum.results.exists()


def test_a_plan_of_all_that_the_song_says_is_up_to_date_beside_it(editing, capfd):
    assert dry_run(Request(segments=(1,), takes=2)) == Exit.DONE
    out = capfd.readouterr().out
    assert f"{FIRST}: up to date" in out and f"{FIRST}_take3: to do (not made yet)" in out
    assert f"{FIRST}_take2" not in out


def test_the_pages_list_it_as_kept_with_what_was_made_anew(editing):
    status = survey(hum_song(editing), editing)
    assert [job.name for job in status.jobs] == [FIRST, "hum_segment2_verse"]
    (edit,) = status.kept
    assert (edit.name, edit.state, edit.label) == (f"{FIRST}_take2", "kept", "take 2")
    assert edit.why == f"0.25 to 0.75 s of {FIRST} made anew"
    assert status.earlier == () and status.unplanned == () and status.troubles == ()


def test_it_is_ranked_with_the_others(editing):
    (group,) = rank_song(hum_song(editing))
    assert sorted(take.take for take in group.takes) == [FIRST, f"{FIRST}_take2"]


def test_it_outlives_its_segments_model(editing):
    song = editing.root / SONG
    text = (
        song.read_text().replace('title = "First"\nseconds = 1\nmodels = ["hum"]', "").split("[[")
    )
    song.write_text(f"{text[0]}[[{text[2]}")
    assert [take.name for take in unplanned_takes(load_song(song, editing))] == [FIRST]


def test_discarded_it_says_how_to_make_it_again_and_comes_back(editing, capsys):
    assert discard(SONG, [f"{FIRST}_take2"], False) == Exit.DONE
    out = capsys.readouterr().out
    again = f"--models hum --segments 1 --repaint 0.25:0.75 --of {FIRST} --song {SONG}"
    assert f"(to make it again: invoke generate {again})" in out
    assert take_store(editing).edit_numbers == {}
    (entry,) = planned_jobs(hum_song(editing), REQUEST, editing, take_store(editing))
    assert (entry.job.take, entry.reason) == (2, "not made yet")
    (name,) = take_store(editing).discarded.takes
    assert keep(SONG, [name], False) == Exit.DONE
    assert take_store(editing).edit_numbers == {(1, "hum"): {2}}


def test_an_edit_that_another_replaced_is_earlier_as_any_take_is(editing):
    old = take_store(editing).takes[f"{FIRST}_take2"]
    store(editing, old.job, b"RIFF by other weights")
    takes = take_store(editing)
    assert takes.takes[old.earlier_name] not in takes.compared
    status = survey(hum_song(editing), editing)
    assert [(entry.name, entry.why) for entry in status.earlier] == [
        (old.earlier_name, f"0.25 to 0.75 s of {FIRST} made anew")
    ]


PARAMETER = 'Parameter("repaint", "", "a stretch", option="--repaint"), '


@pytest.mark.e2e  # a worker for every run
def test_a_run_makes_it_once_and_later_runs_leave_it(hum, monkeypatch, capfd):
    teach_edits(monkeypatch)
    monkeypatch.setenv("SECONDTAKE_IGNORE_MEMORY", "1")
    script = hum.script("hum")
    script.write_text(script.read_text().replace("parameters=(", f"parameters=({PARAMETER}"))

    def study(request):
        options = {"evaluate": False, "force": False, "dry_run": False, "as_json": True}
        code = commands.run(lambda: commands.study(SONG, request, **options))
        outcomes = json.loads(capfd.readouterr().out)["outcomes"]
        return code, {name: outcome["status"] for name, outcome in outcomes.items()}

    plain, edit = Request(segments=(1,)), replace(REQUEST, edit=Edit((0.5, 1.5)))
    assert study(plain) == (0, {FIRST: "done"})
    assert study(edit) == (0, {f"{FIRST}_take2": "done"})
    take = take_store(hum).takes[f"{FIRST}_take2"]
    assert take.wav.seconds == 1.5 and take.job.is_edit
    assert study(edit) == (0, {f"{FIRST}_take2": "up_to_date"})
    assert study(replace(plain, takes=2)) == (0, {FIRST: "up_to_date", f"{FIRST}_take3": "done"})
    assert take_store(hum).takes[take.name] == take


# What is typed


def test_the_request_names_the_one_model(editing):
    typed = ("1", "auto", "", "")
    request = parse_request("hum", *typed, repaint="6:9", of=FIRST)
    assert (request.models, request.edit) == (("hum",), Edit((6, 9), FIRST))
    assert words_of(request)[-4:] == ["--repaint", "6:9", "--of", FIRST]
    assert parse_request("HUM", *typed, from_baseline=True).edit == Edit()
    with pytest.raises(UserError, match=r"^--repaint: bark cannot; type --models"):
        parse_request("bark", *typed, repaint="6:9")
    assert parse_request("", *typed).edit is None


def by_hand(project, *words):
    """The jobs of a script's command line."""
    options = cli.parser(MODELS["hum"]).parse_args(["--song", SONG, "--segment", "1", *words])
    return cli.requested_jobs(MODELS["hum"], project, options)[1]


def test_a_script_has_the_same_options(editing, capsys):
    (entry,) = by_hand(editing, "--repaint", "0.25:0.75")
    assert (entry.job.name, entry.reason) == (f"{FIRST}_take2", None)
    (entry,) = by_hand(editing, "--repaint", "0.25-0.75", "--of", f"{FIRST}_take2", "--seed", "3")
    assert (entry.job.take, entry.job.seed) == (3, 3)
    with pytest.raises(UserError, match="segment 1 has no baseline to follow"):
        by_hand(editing, "--from-baseline")
    for words in (["--cover", "baseline"], ["--repaint"]):
        with pytest.raises(SystemExit):
            by_hand(editing, *words)
    help_text = " ".join(cli.parser(MODELS["hum"]).format_help().split())
    assert "--repaint START:END" in help_text and "not independent of it" in help_text
    assert "--repaint" not in cli.parser(MODELS["bark"]).format_help()


def test_nothing_of_it_is_saved(editing):
    with pytest.raises(UserError, match="--save: nothing to save"):
        settings_to_save(hum_song(editing), REQUEST)
    (seed,) = settings_to_save(hum_song(editing), replace(REQUEST, seed=3))
    assert (seed.key, seed.value) == ("seed", 3)
    assert TakeStore(hum_song(editing).results, "hum").takes
