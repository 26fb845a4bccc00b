"""Judges in a run: a stub that listens to the loudest sample, in an environment of its own."""

import errno
import importlib.util
import json
import shutil
import subprocess

import pytest
from tests.conftest import ROOT
from tests.core.takes_of_hum import hum_song
from tests.runner.humming import write_song

from secondtake.core.environ import child_environ
from secondtake.core.errors import ModelError, UserError
from secondtake.core.judge_jobs import judge_jobs
from secondtake.core.judgments import judgment_path, read_judgment
from secondtake.core.plan import Request
from secondtake.core.registry.all_judges import JUDGES, chosen_judges
from secondtake.runner import commands, environments, judge_commands
from secondtake.runner.display import Display
from secondtake.runner.judging import JudgeRun, ready_judges
from secondtake.runner.settings import Settings
from secondtake.runner.stages import Judging

SONG = "songs/hum.toml"
TAKES = [f"hum_segment{number}_instrumental" for number in (1, 2, 3)]


def generate(**wish):
    options = {"evaluate": False, "force": bool(wish), "dry_run": False, "as_json": False}
    return commands.run(lambda: commands.study(SONG, Request(**wish), **options))


@pytest.fixture
def ear(hum, monkeypatch):
    """The scratch project with a judge, and three takes to hear."""
    script = hum.judge_script("ear")
    shutil.copy(ROOT / "tests" / "stub" / "judge_ear.py", script)
    hum.lock("ear").write_text("")
    page = importlib.util.spec_from_file_location("judge_ear", script)
    monkeypatch.setitem(JUDGES, "ear", None)
    page.loader.exec_module(importlib.util.module_from_spec(page))
    write_song(hum, "calm", "calm", "loud")
    assert generate() == 0
    return hum


@pytest.fixture
def set_up(ear):
    environments.ensure(ear, "ear", ear.root / "build.log")
    return ear


def heard(project):
    log = project.root / "ear.log"
    return log.read_text().split() if log.is_file() else []


def judge(project, checkpoint="left"):
    """Hear the song; the exit code, and what failed with which message."""
    with Display() as display:
        spec = JUDGES["ear"]
        run = JudgeRun(project, hum_song(project), spec, spec.checkpoint(checkpoint), display)
        code = run.to_the_end()
    return code, {name: error.message for name, error in run.failed.items()}


def moods(project, **moods):
    (project.root / "ear.json").write_text(json.dumps(moods))


def stored(project, name):
    song = hum_song(project)
    (job,) = (j for j in judge_jobs(song, JUDGES["ear"], "left") if j.recording == name)
    return read_judgment(judgment_path(song.results, job))


def test_a_judge_that_is_not_set_up_is_not_asked(ear):
    assert list(ready_judges(ear, Settings())) == []
    with pytest.raises(ModelError, match="ear: not set up here") as error:
        judge_commands.judge(SONG, "ear")
    assert error.value.hint == "type: invoke setup --judges ear"


def test_a_run_hears_every_take_once(set_up, capfd):
    assert judge(set_up) == (0, {})
    assert heard(set_up) == TAKES
    assert judge(set_up) == (0, {}) and heard(set_up) == TAKES
    assert "✓ Left ear: nothing new to hear, 3 judged before" in capfd.readouterr().out
    quiet, loud = (stored(set_up, name).judgment.scales["peak"] for name in TAKES[1:])
    assert 0 < quiet.values[0] < loud.values[0] <= 1
    assert quiet.others["half"][0] == quiet.values[0] / 2


def test_what_is_known_by_its_bytes_is_not_heard_again(set_up):
    judge(set_up)
    song = hum_song(set_up)
    shutil.rmtree(song.results / "judges")
    assert judge(set_up) == (0, {})
    assert heard(set_up) == TAKES and stored(set_up, TAKES[0])
    judge(set_up, "right")  # other weights: another judge
    assert len(heard(set_up)) == 6
    judge(set_up, "left")
    assert len(heard(set_up)) == 6


def test_a_damaged_judgment_is_brought_back_and_a_new_take_is_heard(set_up):
    judge(set_up)
    song = hum_song(set_up)
    (job, *_) = judge_jobs(song, JUDGES["ear"], "left")
    path = judgment_path(song.results, job)
    path.write_bytes(path.read_bytes().replace(b"values", b"valves"))
    judge(set_up)
    assert heard(set_up) == TAKES and read_judgment(path)
    assert generate(segments=(1,), seed=5) == 0
    judge(set_up)
    assert heard(set_up)[3:] in ([], [TAKES[0]])  # the hum of another seed may be the same


def test_one_recording_that_cannot_be_judged_stops_no_other(set_up):
    moods(set_up, **{TAKES[0]: "refuse"})
    code, failed = judge(set_up)
    assert (code, failed) == (1, {TAKES[0]: "it hurts"})
    assert heard(set_up) == TAKES[1:]
    moods(set_up)
    assert judge(set_up) == (0, {}) and heard(set_up) == [*TAKES[1:], TAKES[0]]


def test_a_worker_that_dies_is_followed_by_another(set_up):
    moods(set_up, **{TAKES[1]: "once"})
    assert judge(set_up) == (0, {})
    assert heard(set_up) == TAKES


def test_a_recording_over_which_every_worker_dies_is_left(set_up):
    moods(set_up, **{TAKES[1]: "crash"})
    code, failed = judge(set_up)
    assert code == 1 and list(failed) == [TAKES[1]]
    assert "ended with exit code 9" in failed[TAKES[1]]
    assert heard(set_up) == [TAKES[0], TAKES[2]]


@pytest.mark.parametrize(("mood", "said"), [("deaf", "it is deaf"), ("crash", "exit code 7")])
def test_a_judge_that_cannot_be_loaded_says_so_once(set_up, mood, said):
    moods(set_up, load=mood)
    code, failed = judge(set_up)
    assert code == 1 and list(failed) == ["3 recordings"]
    assert said in failed["3 recordings"] and heard(set_up) == []


def test_a_study_of_many_takes_shows_how_far_it_is_and_goes_on(set_up, capfd):
    song = hum_song(set_up)
    moods(set_up, **{TAKES[2]: "crash"})
    judge(set_up)
    out = capfd.readouterr().out
    assert "Left ear: 3 recordings to hear" in out and "Ear: 3 of 3" in out
    moods(set_up)
    judge(set_up)
    assert "Left ear: 1 recording to hear, 2 judged before" in capfd.readouterr().out
    assert len(list((song.results / "judges" / "ear").iterdir())) == 3


def test_a_script_alone_judges_as_the_runner_does(set_up):
    python = set_up.environment("ear") / "bin" / "python"
    done = subprocess.run(
        [python, set_up.judge_script("ear"), "--song", SONG], cwd=set_up.root,
        env=child_environ(set_up), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert f"{TAKES[2]}: judged in" in done.stdout and "(3 of 3)" in done.stdout
    assert judge(set_up) == (0, {}) and heard(set_up) == TAKES


def test_judges_are_chosen_by_name_with_a_checkpoint_of_their_own(ear):
    assert chosen_judges({})["ear"] == "left"
    assert chosen_judges({"SECONDTAKE_JUDGES": "Ear=right, clap"}) == {
        "ear": "right",
        "clap": "general",
    }
    assert chosen_judges({"SECONDTAKE_JUDGES": "none"}) == {}
    for value, said in (("eer", "did you mean 'ear'"), ("ear=lft", "did you mean 'left'")):
        with pytest.raises(UserError, match=said):
            chosen_judges({"SECONDTAKE_JUDGES": value})


def test_a_full_disk_stops_neither_the_other_stages_nor_the_run(set_up, monkeypatch, capfd):
    def full(*arguments):
        raise OSError(errno.ENOSPC, "No space left on device", "judges/ear/x.json")

    monkeypatch.setattr("secondtake.runner.judging.find_judgment", full)
    set_up.lock("analysis").write_text("this is no lock\n")
    with Display() as display:
        codes = Judging(set_up, hum_song(set_up), display, Settings()).at_the_end()
    assert codes["ear"] == 1 and {"rank", "report"} <= codes.keys()
    assert "✗ Ear: judges/ear/x.json: No space left on device" in capfd.readouterr().out
