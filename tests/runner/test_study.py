"""Outcomes of every job of a song: recorded as soon as it is known, and only where it changed."""

import json
import re
import signal
from dataclasses import replace

import pytest
from tests.runner.humming import (
    add_purr,
    closed_port,
    on_a_terminal,
    size_packages,
    snapshot,
    write_song,
)

from secondtake.core.errors import Exit, UserError
from secondtake.core.outcomes import outcomes_folder, read_outcomes
from secondtake.core.plan import Request
from secondtake.core.registry.all_models import MODELS
from secondtake.core.registry.spec import Checkpoint
from secondtake.core.song import load_song
from secondtake.core.takes import read_record, record_path, wav_path
from secondtake.runner.costs import JUDGING_SECONDS, JUDGING_SECONDS_A_TAKE
from secondtake.runner.display import Display
from secondtake.runner.settings import Settings
from secondtake.runner.study import generate
from secondtake.runner.study_run import StudyRun

pytestmark = pytest.mark.e2e  # whole runs
HUM1, HUM2, HUM3 = (f"hum_segment{number}_instrumental" for number in (1, 2, 3))


def make(project, force=False, evaluate=False, **wish):
    """Generate and return the study."""
    song = load_song(project.root / "songs" / "hum.toml", project)
    with Display() as display:
        study = StudyRun(
            project, Settings(ignore_memory=True), song, Request(**wish), display, force,
            evaluate=evaluate,
        )  # fmt: skip
        generate(study)
    return study


def states(outcomes):
    return {name: outcome.status for name, outcome in outcomes.items()}


def test_done_then_up_to_date_with_not_one_write(hum, capsys):
    write_song(hum, "calm", "calm")
    first = make(hum)
    assert states(first.outcomes) == {HUM1: "done", HUM2: "done"}
    assert first.exit_code == Exit.DONE
    assert re.search(r"^A low hum +2 +not made yet ", capsys.readouterr().out, re.MULTILINE)
    before = snapshot(hum.root)
    again = make(hum)
    assert states(again.outcomes) == {HUM1: "up_to_date", HUM2: "up_to_date"}
    assert again.exit_code == Exit.DONE
    assert snapshot(hum.root) == before
    assert capsys.readouterr().out == "✓ 2 takes are up to date\n"


def test_a_failure_stops_neither_the_next_job_nor_is_it_hidden(hum, capsys):
    write_song(hum, "refuse", "calm", "crash")
    study = make(hum)
    assert states(study.outcomes) == {HUM1: "failed", HUM2: "done", HUM3: "failed"}
    assert study.exit_code == Exit.FAILED
    out = capsys.readouterr().out
    assert f"✗ {HUM1}: failed: it does not want to hum\n    → cheer it up" in out
    assert f"✓ {HUM2}: done (" in out


def test_outcomes_on_disk_are_those_of_the_run(hum):
    write_song(hum, "refuse", "calm")
    study = make(hum)
    assert read_outcomes(study.song.results) == study.outcomes
    outcome = read_outcomes(study.song.results)[HUM1]
    assert (outcome.code, outcome.hint) == ("unsupported", "cheer it up")
    assert "a model says hello" in (hum.root / outcome.log).read_text()


def test_a_take_that_was_mended_is_no_longer_a_failure_on_disk(hum):
    write_song(hum, "refuse")
    assert make(hum).exit_code == Exit.FAILED
    write_song(hum, "calm")
    study = make(hum)
    assert study.exit_code == Exit.DONE
    assert states(read_outcomes(study.song.results)) == {HUM1: "done"}


def test_a_take_made_by_hand_after_a_failure_is_noted_as_up_to_date(hum):
    write_song(hum, "calm")
    study = make(hum)
    file = outcomes_folder(study.song.results) / "hum.json"
    value = json.loads(file.read_text())
    value["outcomes"][HUM1]["status"] = "failed"
    file.write_text(json.dumps(value))
    make(hum)
    assert states(read_outcomes(study.song.results)) == {HUM1: "up_to_date"}


def test_a_blocked_model_never_stops_the_others(hum, monkeypatch, capsys):
    write_song(hum, "calm", "refuse", models=("hum", "purr"))
    with closed_port() as port:
        add_purr(hum, monkeypatch, port)
        study = make(hum)
    assert states(study.outcomes) == {
        "purr_segment1_instrumental": "blocked", "purr_segment2_instrumental": "blocked",
        HUM1: "done", HUM2: "failed",
    }  # fmt: skip
    assert study.exit_code == Exit.FAILED  # a failure says more than a block
    outcome = read_outcomes(study.song.results)["purr_segment1_instrumental"]
    assert outcome.code == "network" and f"127.0.0.1:{port}" in outcome.message and outcome.hint
    assert not hum.environment("purr").exists()  # nothing heavy was built for it
    out = capsys.readouterr().out
    assert "■ Purr (2 takes): blocked: " in out
    assert re.search(r"^■ Purr +2 +not made yet ", out, re.MULTILINE)
    assert "without what is blocked (■):\n" in out


def test_the_time_left_counts_no_stages_of_a_model_that_is_blocked(hum, monkeypatch):
    """After the last take the stages that follow it are all that is left."""
    write_song(hum, "calm", models=("hum", "purr"))
    seen = []

    def run_models(study, todo, left, costs):
        for name, jobs in todo.items():
            left.finish(name, [job.name for job in jobs], 0.0)
        seen.append(left.seconds())

    monkeypatch.setattr("secondtake.runner.study._run_models", run_models)
    with closed_port() as port:
        add_purr(hum, monkeypatch, port)
        make(hum, evaluate=True)
    assert seen == [JUDGING_SECONDS + JUDGING_SECONDS_A_TAKE]


def test_blocked_and_done_is_blocked(hum, monkeypatch):
    write_song(hum, "calm", models=("hum", "purr"))
    with closed_port() as port:
        add_purr(hum, monkeypatch, port)
        assert make(hum).exit_code == Exit.BLOCKED
        assert make(hum, models=("hum",)).exit_code == Exit.DONE


def test_an_environment_that_cannot_be_built_blocks_its_model_alone(hum, monkeypatch):
    write_song(hum, "calm", models=("hum", "purr"))
    with closed_port() as port:
        add_purr(hum, monkeypatch, port)
        hum.lock("hum").write_text("this is no lock\n")
        study = make(hum)
    assert study.outcomes[HUM1].code == "environment"
    assert "invoke setup --models hum" in study.outcomes[HUM1].hint
    assert study.exit_code == Exit.BLOCKED


def test_a_folder_of_the_users_blocks_its_model_and_is_left_alone(hum):
    write_song(hum, "calm")
    hum.environment("hum").mkdir()
    (hum.environment("hum") / "mine").touch()
    study = make(hum)
    assert study.outcomes[HUM1].code == "environment"
    assert "move it away" in study.outcomes[HUM1].message
    assert study.exit_code == Exit.BLOCKED
    assert (hum.environment("hum") / "mine").exists()


def test_force_makes_it_again_and_the_sound_is_the_same(hum, capsys):
    write_song(hum, "calm")
    study = make(hum)
    wav = wav_path(study.song.results, HUM1)
    sound, written = wav.read_bytes(), wav.stat().st_mtime_ns
    assert states(make(hum, force=True).outcomes) == {HUM1: "done"}
    assert re.search(r"^A low hum +1 +--force ", capsys.readouterr().out, re.MULTILINE)
    assert wav.read_bytes() == sound and wav.stat().st_mtime_ns > written


def test_further_takes_have_seeds_of_their_own_and_leave_the_first(hum):
    write_song(hum, "calm")
    study = make(hum)
    before = wav_path(study.song.results, HUM1).stat().st_mtime_ns
    study = make(hum, takes=2)
    assert states(study.outcomes) == {HUM1: "up_to_date", f"{HUM1}_take2": "done"}
    assert wav_path(study.song.results, HUM1).stat().st_mtime_ns == before
    seeds = [
        read_record(record_path(study.song.results, name)).job.seed
        for name in (HUM1, f"{HUM1}_take2")
    ]
    assert seeds[0] != seeds[1]


def test_a_changed_wav_is_made_again_and_the_line_says_why(hum, capsys):
    write_song(hum, "calm", "calm")
    study = make(hum)
    wav = wav_path(study.song.results, HUM2)
    sound = wav.read_bytes()
    wav.write_bytes(sound[:-2] + b"xx")
    capsys.readouterr()
    assert states(make(hum).outcomes) == {HUM1: "up_to_date", HUM2: "done"}
    out = capsys.readouterr().out
    assert "✓ 1 take is up to date\n" in out
    words = "the wav is missing or was changed".split()
    assert [word for word in words if word not in out.split()] == []
    assert wav.read_bytes() == sound


def test_planning_touches_no_file(hum):
    write_song(hum, "calm", "calm")
    song = load_song(hum.root / "songs" / "hum.toml", hum)
    before = snapshot(hum.root)
    planned = StudyRun(hum, Settings(), song, Request(), Display()).planned()
    assert [(entry.job.name, entry.reason) for entry in planned] == [
        (HUM1, "not made yet"), (HUM2, "not made yet"),
    ]  # fmt: skip
    assert snapshot(hum.root) == before


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        ({"segments": (9,)}, "no segment 9; the song has 1"),
        ({"takes": 0}, "--takes: 0 is outside 1 to 99"),
        ({"models": ("bark",)}, "bark has nothing to do in segment 1"),
    ],
)
def test_a_wish_that_cannot_be_met_starts_nothing(hum, wish, message):
    write_song(hum, "calm")
    before = snapshot(hum.root)
    with pytest.raises(UserError, match=message):
        make(hum, **wish)
    assert snapshot(hum.root) == before


def test_a_worker_that_dies_is_a_failure_that_names_the_log(hum):
    write_song(hum, "die", "calm")
    study = make(hum)
    assert states(study.outcomes) == {HUM1: "failed", HUM2: "done"}
    assert signal.SIGKILL.name in study.outcomes[HUM1].message
    assert (hum.root / study.outcomes[HUM1].log).is_file()


def test_one_cause_that_stops_several_models_is_told_once(hum, monkeypatch, capsys):
    write_song(hum, "calm", models=("hum", "purr", "growl"))
    with closed_port() as port:
        add_purr(hum, monkeypatch, port)
        growl = replace(MODELS["purr"], name="growl", title="Growl")
        monkeypatch.setitem(MODELS, "growl", growl)
        for path in (hum.lock("growl"), hum.requirements("growl")):
            path.write_text("")
        study = make(hum)
    out = capsys.readouterr().out
    assert "■ Purr, Growl (2 takes): blocked: " in out and out.count("blocked: ") == 1
    assert states(study.outcomes)["growl_segment1_instrumental"] == "blocked"
    assert f"{HUM1}: done" in out and "1 of 1 takes finished" in out


@pytest.mark.parametrize("answer", ["n\n", "\n", "", "maybe\n", "y\n", " YES \n"])
def test_a_large_download_that_is_declined_blocks_its_model_alone(hum, monkeypatch, capsys, answer):
    """Ctrl-D is an answer without its newline."""
    write_song(hum, "calm", models=("hum", "purr"))
    size_packages(hum, "purr", 6_000_000_000)
    questions = on_a_terminal(monkeypatch, answer)
    with closed_port() as port:
        add_purr(hum, monkeypatch, port)
        purr = replace(MODELS["purr"], checkpoints=(Checkpoint("soft", "A soft purr"),))
        monkeypatch.setitem(MODELS, "purr", purr)
        (hum.root / "scripts" / "generate_purr.py").write_text("raise SystemExit(1)\n")
        study = make(hum)
    purr_outcome = study.outcomes["purr_segment1_instrumental"]
    assert len(questions) == 1 and study.outcomes[HUM1].status == "done"
    asked = capsys.readouterr().err
    assert "Download at least 6.0 GB (Purr 6.0 GB)? The others run without. [y/N] " in asked
    if answer.strip().lower() in ("y", "yes"):
        assert purr_outcome.status == "failed"  # it was built and started, and cannot purr
        return
    assert (purr_outcome.status, purr_outcome.code) == ("blocked", "declined")
    assert "invoke generate --models purr --yes --song songs/hum.toml" in purr_outcome.hint
    assert study.exit_code == Exit.BLOCKED and not hum.environment("purr").exists()
