"""The local engine with a real worker process: what happens when things go well, and badly."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from secondtake.plan import Wish, plan
from secondtake.song import load_song
from secondtake.takes import read_record, record_path, wav_path
from secondtake_runner import engine, environments

RUN = """
import importlib.util, sys
from pathlib import Path
from secondtake.project import find_project
specification = importlib.util.spec_from_file_location("hum", "scripts/generate_hum.py")
specification.loader.exec_module(importlib.util.module_from_spec(specification))
from secondtake.plan import Wish, plan
from secondtake.song import load_song
from secondtake_runner import engine
class Watcher:
    def line(self, text): pass
    def progress(self, label, phase, done, total): print(phase, done, flush=True)
project = find_project()
song = load_song(Path("songs/hum.toml"), project)
jobs = plan(song, Wish(settings={"mood": sys.argv[1]}))
engine.run(jobs, project, song.results, "auto", Path("run.log"), Watcher(), print)
"""


class Silent:
    def __init__(self):
        self.phases = []

    def line(self, text):
        pass

    def progress(self, label, phase, done, total):
        self.phases.append(phase)


@pytest.fixture
def studio(hum):
    environments.ensure(hum, "hum", hum.root / "build.log")
    return hum


def run(project, **wish):
    song = load_song(project.root / "songs" / "hum.toml", project)
    outcomes, watcher = {}, Silent()
    engine.run(
        plan(song, Wish(**wish)), project, song.results, "auto", project.root / "run.log",
        watcher, lambda job, outcome: outcomes.update({job.name: outcome}),
    )  # fmt: skip
    return song.results, outcomes, watcher.phases


def test_every_job_becomes_a_take_with_its_record(studio):
    results, outcomes, phases = run(studio)
    assert {name: o.status for name, o in outcomes.items()} == {
        "hum_segment1_instrumental": "done", "hum_segment2_verse": "done",
    }  # fmt: skip
    take = read_record(record_path(results, "hum_segment1_instrumental"))
    assert (take.wav.frames, take.wav.sample_rate, take.wav.channels) == (8000, 8000, 1)
    assert take.made.device == "cpu"
    assert phases[0] == "loading" and "humming" in phases


def test_the_models_own_prints_go_to_the_log(studio):
    _, outcomes, _ = run(studio, settings={"mood": "print"})
    assert {o.status for o in outcomes.values()} == {"done"}
    log = (studio.root / "run.log").read_text()
    assert "a model says hello on stdout" in log and "not a message" in log


def test_a_refusal_fails_one_job_and_keeps_the_model_loaded(studio):
    _, outcomes, phases = run(studio, settings={"mood": "refuse"})
    assert [(o.status, o.code, o.hint) for o in outcomes.values()] == [
        ("failed", "unsupported", "cheer it up")
    ] * 2
    assert phases.count("loading") == 1


def test_a_bug_is_called_one_and_its_traceback_is_in_the_log(studio):
    _, outcomes, _ = run(studio, settings={"mood": "crash"})
    assert {o.code for o in outcomes.values()} == {"bug"}
    assert "a bug in the hum" in next(iter(outcomes.values())).message
    assert "Traceback" in (studio.root / "run.log").read_text()


def test_a_killed_worker_fails_its_job_and_the_next_job_gets_a_new_one(studio):
    _, outcomes, phases = run(studio, settings={"mood": "die"})
    assert [o.status for o in outcomes.values()] == ["failed", "failed"]
    assert all("SIGKILL" in o.message for o in outcomes.values())
    assert phases.count("loading") == 2


def test_checkpoints_get_a_worker_each(studio):
    song = load_song(studio.root / "songs" / "hum.toml", studio)
    low = plan(song, Wish(segments=(1,)))
    high = plan(song, Wish(segments=(2,), checkpoints={"hum": "high"}))
    watcher, told = Silent(), []
    engine.run(
        [*low, *high], studio, song.results, "auto", studio.root / "run.log", watcher,
        lambda job, outcome: told.append((job.checkpoint, outcome.status)),
    )  # fmt: skip
    assert told == [("low", "done"), ("high", "done")]
    assert watcher.phases.count("loading") == 2


def test_a_loud_take_is_turned_down_and_says_so(studio):
    results, _, _ = run(studio, segments=(1,), settings={"mood": "loud"})
    take = read_record(record_path(results, "hum_segment1_instrumental"))
    assert "peak 4.000" in take.warnings[0]


def test_a_runner_killed_in_the_middle_leaves_no_worker_and_no_half_take(studio):
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, "slow"], stdout=subprocess.PIPE, text=True
    )
    for line in process.stdout:
        if line.startswith("humming"):
            break
    workers = _children(process.pid)
    process.send_signal(signal.SIGKILL)
    process.wait()
    deadline = time.monotonic() + 10
    while any(_alive(pid) for pid in workers) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert workers and not any(_alive(pid) for pid in workers)
    song = load_song(Path("songs/hum.toml"), studio)
    assert not wav_path(song.results, "hum_segment1_instrumental").exists()
    assert not list(song.results.rglob("*.json"))


def _children(parent: int) -> list[int]:
    told = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True
    ).stdout
    pairs = [map(int, line.split()) for line in told.splitlines()]
    return [pid for pid, of in pairs if of == parent]


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout
    return not status.strip().startswith("Z") and bool(status.strip())


def test_a_record_is_plain_json(studio):
    results, _, _ = run(studio, segments=(1,))
    record = json.loads(record_path(results, "hum_segment1_instrumental").read_text())
    assert record["format"] == 1 and record["job"]["settings"] == {"mood": "calm"}
