"""The end of a run: counts, one command that can be pasted as it is, and the page to open."""

import shlex
import sys
from dataclasses import replace

import pytest
from tests.runner.humming import write_song

from secondtake.core.errors import BLOCKING
from secondtake.core.outcomes import Outcome
from secondtake.core.plan import Request
from secondtake.core.project import DEFAULT_SONG
from secondtake.core.registry.all_models import MODELS
from secondtake.core.song import load_song
from secondtake.runner.display import Display
from secondtake.runner.options import parse_checkpoints, parse_models
from secondtake.runner.run_summary import next_command, summary_lines
from secondtake.runner.settings import Settings
from secondtake.runner.study_run import StudyRun

HUM = "hum_segment{}_instrumental"
BLOCKED = Outcome("blocked", "network", "nobody answers", "connect")


@pytest.fixture
def study(hum):
    write_song(hum, "calm")
    song = load_song(hum.root / "songs" / "hum.toml", hum)
    return StudyRun(hum, Settings(), song, Request(), Display())


def test_what_was_made_and_where(study):
    study.outcomes |= {HUM.format(1): Outcome("done"), HUM.format(2): Outcome("up_to_date")}
    assert summary_lines(study, {}) == ["Takes: 1 made, 1 up to date, in results/hum/local_models/"]
    ended = {"verify": 1, "rank": 0, "analyse": 3}
    assert summary_lines(study, ended)[-1].startswith("Not in order: verify, analyse; what is")
    page = study.song.results / "listen.html"
    page.parent.mkdir(parents=True)
    page.write_text("<!doctype html>")
    listen, _, missing = summary_lines(study, {})
    assert listen == "Listen: results/hum/listen.html"
    assert missing == (
        "the new take is not on the pages yet: invoke page --song songs/hum.toml to listen, "
        "invoke report --song songs/hum.toml for the others"
    )
    study.evaluate = True  # the pages were written at the end
    assert len(summary_lines(study, {})) == 2
    study.evaluate, study.outcomes = False, {HUM.format(2): Outcome("up_to_date")}
    assert len(summary_lines(study, {})) == 2


def test_failures_are_counted_apart_from_blocks(study):
    study.outcomes |= {
        HUM.format(1): Outcome("failed"),
        HUM.format(2): BLOCKED,
        "bark_segment2_verse": BLOCKED,
        "stable_audio_segment2_verse": BLOCKED,
    }
    lines = summary_lines(study, {})
    assert "Failed (✗): 1; the reasons are above, and in the logs" in lines
    blocked = "Blocked (■): 3, of Hum, Bark, Stable Audio; what helps is said above."
    at = lines.index(blocked)
    assert lines[at + 1] == "Then type:"
    command = "    invoke generate --models hum,bark,stable_audio --song songs/hum.toml"
    assert lines[-1] == command


@pytest.mark.parametrize("code", sorted(BLOCKING))
def test_every_kind_of_block_has_one_next_command(study, code):
    study.outcomes["bark_segment1_verse"] = replace(BLOCKED, code=code)
    words = shlex.split(next_command(study))
    assert words[0] == "invoke"
    expected = {"disk": "clean", "environment": "setup"}.get(code, "generate")
    assert words[1] == expected
    assert ("--yes" in words) == (code == "declined")
    assert ("bark=small" in words) == (code == "memory")


def test_the_next_command_asks_for_what_was_asked_for(study):
    checkpoints = {"bark": "small", "hum": "high"}
    request = Request(segments=(1, 7), takes=3, device="cpu", seed=0, checkpoints=checkpoints)
    study.request = request
    study.evaluate = True
    study.outcomes["bark_segment1_verse"] = BLOCKED
    words = shlex.split(next_command(study))
    options = dict(zip(words[2::2], words[3::2], strict=True))
    assert words[:2] == ["invoke", "generate-all"]
    assert parse_models(options.pop("--models")) == ("bark",)
    assert parse_checkpoints(options.pop("--checkpoint")) == checkpoints
    assert options == {
        "--segments": "1,7",
        "--takes": "3",
        "--seed": "0",
        "--device": "cpu",
        "--song": "songs/hum.toml",
    }


def test_the_smallest_checkpoint_has_no_smaller_one_to_try(study):
    study.request = Request(checkpoints={"bark": "small"})
    study.outcomes["bark_segment1_verse"] = replace(BLOCKED, code="memory")
    assert next_command(study).startswith("invoke generate --models bark --checkpoint bark=small")


@pytest.mark.parametrize("folder", ["my songs", "canción", "it's", '"quoted"', "$(touch x)", "a;b"])
def test_every_printed_command_can_be_pasted(study, folder, monkeypatch):
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    monkeypatch.setattr(sys, "prefix", f"/home/{folder}/.venv")
    path = study.project.root / folder / "hum.toml"
    path.parent.mkdir()
    path.write_text(study.song.path.read_text())
    study.song = replace(study.song, path=path)
    study.outcomes[HUM.format(1)] = BLOCKED
    *_, activate, command = summary_lines(study, {})
    assert shlex.split(activate) == ["source", f"/home/{folder}/.venv/bin/activate"]
    assert shlex.split(command)[-2:] == ["--song", f"{folder}/hum.toml"]


def test_a_command_names_the_song_only_where_it_must(project):
    default = project.root / DEFAULT_SONG
    assert project.command("generate-all", song=default) == "invoke generate-all"
    other = project.root / "songs" / "b.toml"
    assert project.command("rank", song=other) == "invoke rank --song songs/b.toml"
    assert project.command("setup", "--models", "bark", song=other) == "invoke setup --models bark"


def test_models_whose_names_begin_alike_are_told_apart(study, monkeypatch):
    monkeypatch.setitem(MODELS, "hum_two", replace(MODELS["hum"], name="hum_two", title="Two"))
    study.outcomes["hum_two_segment1_verse"] = BLOCKED
    assert "Blocked (■): 1, of Two; what helps is said above." in summary_lines(study, {})


def test_what_a_first_failure_left_is_counted(study):
    study.outcomes |= {HUM.format(1): Outcome("failed"), HUM.format(2): Outcome("waiting")}
    assert summary_lines(study, {})[-1] == (
        "Not made: 1; --fail-fast ended the run, the same command goes on"
    )
