"""Repaints and covers among a song's takes: told, listed, kept, discarded, and saved nowhere."""

import json
import shlex
from dataclasses import replace

import pytest
from tests.core.edits_of_hum import teach_edits
from tests.core.takes_of_hum import first_job, hum_song, store, take_store

from secondtake.core import cli
from secondtake.core.edit_command import edit_command
from secondtake.core.edits import Edit
from secondtake.core.errors import Exit, UserError
from secondtake.core.outcomes import Outcome, OutcomeFiles, read_outcomes
from secondtake.core.plan import Request, planned_jobs
from secondtake.core.ranking_file import ranking_path
from secondtake.core.registry.all_models import MODELS
from secondtake.core.song import load_song
from secondtake.core.take_store import TakeStore
from secondtake.core.takes import record_path, wav_path
from secondtake.runner import commands
from secondtake.runner.display import Display
from secondtake.runner.keeping import discard, keep, unplanned_takes
from secondtake.runner.options import parse_request
from secondtake.runner.progress_pages.pages import page_path, render
from secondtake.runner.progress_pages.survey import survey
from secondtake.runner.rank_song import rank_song
from secondtake.runner.run_summary import _words as words_of
from secondtake.runner.settings import open_project
from secondtake.runner.song_edit import settings_to_save
from secondtake.runner.study_run import StudyRun

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
    assert f"{FIRST}_take102: to do (not made yet)\n    low, 1.5 s, seed " in out
    assert dry_run(REQUEST, as_json=True) == Exit.DONE
    (job,) = json.loads(capfd.readouterr().out)["jobs"]
    assert (job["name"], job["reason"]) == (f"{FIRST}_take101", None)
    assert job["settings"]["repaint"].startswith(f"results/hum/local_models/{FIRST}.wav@0.25-0.75@")


def test_what_cannot_be_is_refused_before_a_folder_is_made(hum, monkeypatch, capfd):
    teach_edits(monkeypatch)
    assert dry_run(REQUEST) == Exit.BAD_INPUT
    assert "segment 1 has no take by hum" in capfd.readouterr().err
    assert not hum.results.exists()


def test_a_plan_of_all_that_the_song_says_is_up_to_date_beside_it(editing, capfd):
    assert dry_run(Request(segments=(1,), takes=2)) == Exit.DONE
    out = capfd.readouterr().out
    assert f"{FIRST}: up to date" in out and f"{FIRST}_take2: to do (not made yet)" in out
    assert f"{FIRST}_take101" not in out


def test_the_pages_list_it_with_what_was_made_anew(editing):
    status = survey(hum_song(editing), editing)
    assert [job.name for job in status.jobs] == [FIRST, "hum_segment2_verse"]
    (edit,) = status.kept
    label = "take 101: take 1 with 0.25–0.75 s anew"
    assert (edit.name, edit.state, edit.label) == (f"{FIRST}_take101", "done", label)
    assert not edit.is_kept
    assert edit.why == f"0.25 to 0.75 s of {FIRST} made anew"
    assert status.earlier == () and status.unplanned == () and status.troubles == ()


def test_it_is_ranked_with_the_others(editing):
    (group,) = rank_song(hum_song(editing))
    assert sorted(take.take for take in group.takes) == [FIRST, f"{FIRST}_take101"]


def test_it_outlives_its_segments_model(editing):
    song = editing.root / SONG
    text = (
        song.read_text().replace('title = "First"\nseconds = 1\nmodels = ["hum"]', "").split("[[")
    )
    song.write_text(f"{text[0]}[[{text[2]}")
    assert [take.name for take in unplanned_takes(load_song(song, editing))] == [FIRST]


def test_discarded_it_says_how_to_make_it_again_and_comes_back(editing, capsys):
    seed = take_store(editing).takes[f"{FIRST}_take101"].job.seed
    assert discard(SONG, [f"{FIRST}_take101"], False) == Exit.DONE
    out = capsys.readouterr().out
    again = f"--models hum --segments 1 --repaint 0.25:0.75 --of {FIRST} --seed {seed}"
    assert f"(to make it again: invoke generate {again} --song {SONG})" in out
    (entry,) = planned_jobs(hum_song(editing), REQUEST, editing, take_store(editing))
    assert (entry.job.take, entry.reason) == (101, "not made yet")
    (name,) = take_store(editing).discarded.takes
    assert keep(SONG, [name], False) == Exit.DONE
    assert f"{FIRST}_take101" in take_store(editing).takes


def test_discarded_without_its_source_it_says_that_another_is_made(editing, capsys):
    assert discard(SONG, [FIRST], False) == discard(SONG, [f"{FIRST}_take101"], False) == Exit.DONE
    out = capsys.readouterr().out
    assert f"(it cannot be made again ({FIRST} (" in out
    assert ") is no longer here); to make another: invoke generate" in out


def test_a_discarded_take_beside_an_edit_counts_no_edit(editing, capsys):
    store(editing, replace(first_job(editing), take=3, seed=4), b"RIFF third")
    discard(SONG, [f"{FIRST}_take3"], False)
    assert f"--segments 1 --takes 3 --song {SONG}" in capsys.readouterr().out


def record(project, job, status, message="it broke"):
    """The end of a job, recorded as a run does."""
    outcome = Outcome(status, "", message, job=job if job.is_edit else None)
    OutcomeFiles(hum_song(project).results).record("hum", {job.name: outcome})


def listed(project):
    """What the pages list as a job of the segment: name, state, why."""
    status = survey(hum_song(project), project)
    return [(entry.name, entry.state, entry.why) for entry in status.jobs if entry.job.segment == 1]


def test_a_discarded_edit_leaves_no_planned_take(editing):
    record(editing, take_store(editing).takes[f"{FIRST}_take101"].job, "done")
    assert [name for name, *_ in listed(editing)] == [FIRST]
    discard(SONG, [f"{FIRST}_take101"], False)
    assert listed(editing) == [(FIRST, "done", "")]


def test_an_edit_that_failed_is_shown_as_one(editing):
    (entry,) = planned_jobs(
        hum_song(editing), replace(REQUEST, edit=Edit((0.5, 1.5))), editing, take_store(editing)
    )
    record(editing, entry.job, "failed")
    name = f"{FIRST}_take102"
    assert listed(editing)[1:] == [(name, "failed", f"0.5 to 1.5 s of {FIRST} made anew: it broke")]
    (status,) = survey(hum_song(editing), editing).with_state("failed")
    assert status.job == entry.job and status.job.seconds == 1.5
    page = render(hum_song(editing), editing)[page_path(hum_song(editing).results, 3)]
    assert f"0.5 to 1.5 s of {FIRST} made anew: it broke" in page
    assert f"--repaint 0.5:1.5 --of {FIRST} --seed {entry.job.seed}" in page
    store(editing, entry.job, b"RIFF at last")
    assert [name for name, *_ in listed(editing)] == [FIRST]


def test_a_run_records_of_an_edit_what_it_is(editing):
    (entry,) = planned_jobs(hum_song(editing), REQUEST, editing, take_store(editing))
    study = StudyRun(editing, open_project()[1], hum_song(editing), REQUEST, Display())
    study.record_all([(entry.job, Outcome("failed")), (first_job(editing), Outcome("done"))])
    outcomes = read_outcomes(hum_song(editing).results)
    assert outcomes[entry.job.name].job == entry.job and outcomes[FIRST].job is None
    assert "job" not in study.outcomes[entry.job.name].to_json()


@pytest.mark.parametrize("damage", ["cut", "record"])
def test_a_damaged_edit_is_listed_as_damaged(editing, damage):
    name, results = f"{FIRST}_take101", hum_song(editing).results
    record(editing, take_store(editing).takes[name].job, "done")
    if damage == "cut":
        wav_path(results, name).write_bytes(b"RIFF cut")
    else:
        record_path(results, name).write_text("{")
    why = {"cut": "the wav is missing or was changed", "record": "its record is damaged"}[damage]
    expected = (name, "damaged", f"0.25 to 0.75 s of {FIRST} made anew: {why}")
    assert listed(editing) == [(FIRST, "done", ""), expected]
    status = survey(hum_song(editing), editing)
    assert status.kept == () and status.earlier == ()
    assert f"--repaint 0.25:0.75 --of {FIRST}" in status.with_state("damaged")[0].edit_command
    page = render(hum_song(editing), editing)[page_path(results, 3)]
    assert "This makes it again" in page and expected[2] in page


def test_pages_name_the_source_as_it_is_named_now(editing):
    source = take_store(editing).takes[FIRST]
    store(editing, source.job, b"RIFF first again")
    (edit,) = survey(hum_song(editing), editing).kept
    assert edit.why == f"0.25 to 0.75 s of {source.earlier_name} made anew"
    page = render(hum_song(editing), editing)[page_path(hum_song(editing).results, 3)]
    assert f"{FIRST}.wav@" not in page


def test_a_run_says_that_the_ranking_could_not_choose(editing, capfd):
    ranking_path(hum_song(editing).results).write_text("{")
    assert dry_run(replace(REQUEST, edit=Edit((0.5, 1.5)))) == Exit.DONE
    assert "    note: results/hum/ranking.json cannot be read" in capfd.readouterr().out


def test_the_length_of_a_repaint_is_its_own_only_where_it_continues(editing):
    results = hum_song(editing).results
    request = replace(REQUEST, edit=Edit((0.5, 1.5), FIRST))
    (entry,) = planned_jobs(hum_song(editing), request, editing, take_store(editing))
    longer = store(editing, entry.job, b"RIFF continued")
    within = replace(request, edit=Edit((0.25, 1.0), longer.name))
    (entry,) = planned_jobs(hum_song(editing), within, editing, take_store(editing))
    job = replace(entry.job, seconds=1.5)  # as long as the continued take is
    store(editing, job, b"RIFF within the continued")
    right = "made as the song file asks"
    assert [take.findings["song"] for take in ranked(editing)] == [right] * 4
    song = editing.root / SONG
    song.write_text(song.read_text().replace("seconds = 1\n", "seconds = 2\n"))
    old = "made before the song file changed (seconds)"
    findings = {take.number: take.findings["song"] for take in ranked(editing)}
    assert findings == {1: old, 101: old, 102: right, 103: right}
    assert results.is_dir()


def ranked(project):
    (group,) = rank_song(hum_song(project))
    return group.takes


def test_an_edit_that_another_replaced_is_earlier_as_any_take_is(editing):
    old = take_store(editing).takes[f"{FIRST}_take101"]
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
    assert study(edit) == (0, {f"{FIRST}_take101": "done"})
    take = take_store(hum).takes[f"{FIRST}_take101"]
    assert take.wav.seconds == 1.5 and take.job.is_edit
    assert study(edit) == (0, {f"{FIRST}_take101": "up_to_date"})
    assert study(replace(plain, takes=2)) == (0, {FIRST: "up_to_date", f"{FIRST}_take2": "done"})
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
    assert (entry.job.name, entry.reason) == (f"{FIRST}_take101", None)
    (entry,) = by_hand(editing, "--repaint", "0.25-0.75", "--of", f"{FIRST}_take101", "--seed", "3")
    assert (entry.job.take, entry.job.seed) == (102, 3)
    with pytest.raises(UserError, match="segment 1 has no baseline to follow"):
        by_hand(editing, "--from-baseline")
    for words in (["--cover", "baseline"], ["--repaint"]):
        with pytest.raises(SystemExit):
            by_hand(editing, *words)
    help_text = " ".join(cli.parser(MODELS["hum"]).format_help().split())
    assert "--repaint START:END" in help_text and "not independent of it" in help_text
    assert "--repaint" not in cli.parser(MODELS["bark"]).format_help()


def test_the_command_that_makes_an_edit_again_finds_it(editing):
    typed = ["--repaint", "0.3:0.9", "--mood", "slow", "--checkpoint", "high", "--seed", "9"]
    (entry,) = by_hand(editing, *typed)
    store(editing, entry.job, b"RIFF slow")
    command = edit_command(entry.job, hum_song(editing), editing, take_store(editing))
    assert command.differences == ()
    options = cli.parser(MODELS["hum"]).parse_args(shlex.split(command.command)[4:])
    (again,) = cli.requested_jobs(MODELS["hum"], editing, options)[1]
    assert (again.job, again.reason) == (entry.job, None)


def test_nothing_of_it_is_saved(editing):
    with pytest.raises(UserError, match="--save: nothing to save"):
        settings_to_save(hum_song(editing), REQUEST)
    (seed,) = settings_to_save(hum_song(editing), replace(REQUEST, seed=3))
    assert (seed.key, seed.value) == ("seed", 3)
    assert TakeStore(hum_song(editing).results, "hum").takes
