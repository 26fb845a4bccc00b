"""The local engine with a real worker process: what happens when things go well, and badly."""

import itertools
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.runner.humming import children, ends_soon, wait_for, write_song

from secondtake.core.plan import Request, TakeInputs, plan
from secondtake.core.song import load_song
from secondtake.core.take_store import TakeStore
from secondtake.core.takes import read_record, record_path, wav_path
from secondtake.runner import environments, scheduler, worker_client
from secondtake.runner.local_engine import LocalEngine
from secondtake.runner.worker_client import Launcher

pytestmark = pytest.mark.e2e  # workers that are started, killed and waited for

RUN = """
import importlib.util, sys
from pathlib import Path
from secondtake.core.project import find_project
specification = importlib.util.spec_from_file_location("hum", "scripts/generate_hum.py")
specification.loader.exec_module(importlib.util.module_from_spec(specification))
from secondtake.core.plan import Request, plan
from secondtake.core.song import load_song
from secondtake.runner import environments, scheduler, worker_client
from secondtake.runner.local_engine import LocalEngine
from secondtake.runner.worker_client import Launcher
class Watcher:
    def line(self, text): pass
    def progress(self, label, phase, done, total): print(phase, done, flush=True)
project = find_project()
song = load_song(Path("songs/hum.toml"), project)
jobs = plan(song, Request())
python = environments.ensure(project, "hum", Path("build.log"))
launcher = Launcher(project, "hum", python, song.results, "auto", Path("run.log").absolute())
scheduler.run(jobs, LocalEngine({"hum": launcher}), Watcher(), print)
"""


class Silent:
    def __init__(self):
        self.phases, self.lines = [], []

    def line(self, text):
        self.lines.append(text)

    def progress(self, label, phase, done, total):
        self.phases.append(phase)


@pytest.fixture
def studio(hum):
    environments.ensure(hum, "hum", hum.root / "build.log")
    return hum


def launch(project, song):
    python = environments.ensure(project, "hum", project.root / "build.log")
    return Launcher(project, "hum", python, song.results, "auto", project.root / "run.log")


def run(project, **wish):
    song = load_song(project.root / "songs" / "hum.toml", project)
    outcomes, listener = {}, Silent()
    scheduler.run(
        plan(song, Request(**wish)), LocalEngine({"hum": launch(project, song)}), listener,
        lambda job, outcome: outcomes.update({job.name: outcome}),
    )  # fmt: skip
    return song.results, outcomes, listener.phases


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
    assert phases.count("loading") == 4  # each is tried twice


def test_a_kill_for_want_of_memory_is_called_so(studio, monkeypatch):
    kills = itertools.count()
    monkeypatch.setattr(worker_client, "_memory_kills", lambda: next(kills))
    _, outcomes, _ = run(studio, segments=(1,), settings={"mood": "die"})
    (outcome,) = outcomes.values()
    assert outcome.code == "memory" and "ran out of memory" in outcome.message
    assert "SECONDTAKE_LOW_MEMORY" in outcome.hint and "its log is run.log" in outcome.hint


def test_checkpoints_get_a_worker_each(studio):
    song = load_song(studio.root / "songs" / "hum.toml", studio)
    low = plan(song, Request(segments=(1,)))
    high = plan(song, Request(segments=(2,), checkpoints={"hum": "high"}))
    listener, outcomes = Silent(), []
    scheduler.run(
        [*low, *high], LocalEngine({"hum": launch(studio, song)}), listener,
        lambda job, outcome: outcomes.append((job.checkpoint, outcome.status)),
    )  # fmt: skip
    assert outcomes == [("low", "done"), ("high", "done")]
    assert listener.phases.count("loading") == 2


def test_a_loud_take_is_turned_down_and_says_so(studio):
    results, _, _ = run(studio, segments=(1,), settings={"mood": "loud"})
    take = read_record(record_path(results, "hum_segment1_instrumental"))
    assert "peak 4.000" in take.warnings[0]


def test_a_runner_killed_in_the_middle_leaves_no_worker_and_no_half_take(studio):
    write_song(studio, "slow", "calm")
    process = subprocess.Popen([sys.executable, "-c", RUN], stdout=subprocess.PIPE, text=True)
    wait_for(process, "humming")
    kill(process)
    song = load_song(Path("songs/hum.toml"), studio)
    assert not wav_path(song.results, "hum_segment1_instrumental").exists()
    assert not list(song.results.rglob("*.json"))


def test_a_runner_killed_in_the_middle_of_a_batch_loses_what_was_not_written(studio):
    write_choir(studio, "calm", "slow", "calm")
    process = subprocess.Popen([sys.executable, "-c", RUN], stdout=subprocess.PIPE, text=True)
    wait_for(process, "humming 1")  # the second is on its way, the first is written
    kill(process)
    song = load_song(Path("songs/hum.toml"), studio)
    first, second, third = plan(song, Request())
    inputs = TakeInputs(studio, TakeStore(song.results, song.name))
    assert [inputs.stale_reason(job) for job in (first, second, third)] == [
        None, "not made yet", "not made yet",
    ]  # fmt: skip
    assert inputs.store.is_whole(read_record(record_path(song.results, first.name)))
    written = record_path(song.results, first.name).stat().st_mtime_ns
    write_choir(studio, "calm", "calm", "calm")
    _, outcomes, _, _ = sing(studio, [*plan(load_song(song.path, studio), Request())[1:]])
    assert {name: o.status for name, o in outcomes.items()} == {
        second.name: "done", third.name: "done",
    }  # fmt: skip
    assert record_path(song.results, first.name).stat().st_mtime_ns == written


def kill(runner):
    """Kill a runner, and see its worker die too."""
    workers = children(runner.pid)
    runner.send_signal(signal.SIGKILL)
    runner.communicate()
    assert workers and ends_soon(workers)


def write_choir(project, *moods):
    """A song of a segment for every mood, for the three who hum at once."""
    write_song(project, *moods)
    path = project.root / "songs" / "hum.toml"
    path.write_text(path.read_text().replace("mood = ", 'checkpoint = "choir"\nmood = '))


def sing(project, jobs):
    """Have jobs done: their records by segment, their outcomes, what was told, and the loads."""
    song = load_song(project.root / "songs" / "hum.toml", project)
    outcomes, listener = {}, Silent()
    scheduler.run(
        jobs, LocalEngine({"hum": launch(project, song)}), listener,
        lambda job, outcome: outcomes.update({job.name: outcome}),
    )  # fmt: skip
    records = {take.job.segment: take for take in TakeStore(song.results, song.name).takes.values()}
    return records, outcomes, listener.lines, listener.phases.count("loading")


def choir(project, *moods):
    write_choir(project, *moods)
    song = load_song(project.root / "songs" / "hum.toml", project)
    records, outcomes, lines, loads = sing(project, plan(song, Request()))
    states = "".join(outcome.status[0] for _, outcome in sorted(outcomes.items()))  # done, failed
    batches = {segment: take.made.batch for segment, take in records.items()}
    return states, batches, lines, loads


def test_a_model_gets_as_many_jobs_at_once_as_it_takes(studio):
    assert choir(studio, *["calm"] * 5) == ("ddddd", {1: 3, 2: 3, 3: 3, 4: 2, 5: 2}, [], 1)


def test_takes_of_a_batch_sound_as_they_do_alone(studio):
    write_choir(studio, "calm", "loud")
    jobs = plan(load_song(studio.root / "songs" / "hum.toml", studio), Request(takes=2))
    together = sing(studio, jobs[:3])[1]
    assert [o.message.endswith(" s in a batch of 3") for o in together.values()] == [True] * 3
    folder = studio.results / "hum" / "local_models"
    sounds = {job.name: (folder / f"{job.name}.wav").read_bytes() for job in jobs[:3]}
    for job in jobs[:3]:
        sing(studio, [job])
        assert (folder / f"{job.name}.wav").read_bytes() == sounds[job.name]


def test_a_refusal_in_a_batch_is_that_jobs_alone(studio):
    assert choir(studio, "calm", "refuse", "calm") == ("dfd", {1: 3, 3: 3}, [], 1)


def test_a_bug_in_a_batch_fails_what_was_not_made_yet_and_not_the_next_batch(studio):
    states, batches, _, loads = choir(studio, "calm", "crash", "calm", "calm")
    assert (states, batches, loads) == ("dffd", {1: 3, 4: 1}, 1)


def test_a_worker_killed_in_a_batch_keeps_what_it_made_and_the_rest_is_tried_alone(studio):
    states, batches, lines, loads = choir(studio, "calm", "die", "calm", "calm", "calm", "calm")
    assert states == "dfdddd"
    # The third goes alone, with a new worker; then it is known whose fault it was.
    assert batches == {1: 3, 3: 1, 4: 3, 5: 3, 6: 3}
    assert loads == 4 and len(lines) == 2
    assert "SIGKILL" in lines[0] and "tried again, one take at a time" in lines[0]


def test_where_none_kills_its_worker_alone_later_batches_are_smaller(studio):
    states, batches, lines, loads = choir(studio, "calm", "shy", "calm", "calm", "calm")
    assert states == "ddddd"
    assert batches == {1: 3, 2: 1, 3: 1, 4: 1, 5: 1}
    assert loads == 2 and len(lines) == 1


def test_a_job_is_never_tried_alone_more_than_twice(studio):
    states, batches, lines, loads = choir(studio, "die", "die", "die", "die")
    assert (states, batches, len(lines)) == ("ffff", {}, 5)
    assert loads == 9  # together, and each twice alone


def test_a_worker_that_answers_for_a_job_it_has_not_to_do_is_stopped(studio):
    page = studio.script("hum")
    text = page.read_text().replace('if __name__ == "__main__":', BABBLER)
    page.write_text(text)
    _, outcomes, _ = run(studio, segments=(1,))
    (outcome,) = outcomes.values()
    assert (
        outcome.status == "failed"
        and "broke the protocol: an answer for 'other'" in outcome.message
    )


BABBLER = """\
from secondtake.core.protocol import encode
from secondtake.core import worker
say = worker.Channel.send
def babble(self, kind, **fields):
    say(self, kind, **(fields | ({"name": "other"} if kind == "result" else {})))
worker.Channel.send = babble
if __name__ == "__main__":"""


def test_a_record_is_plain_json(studio):
    results, _, _ = run(studio, segments=(1,))
    record = json.loads(record_path(results, "hum_segment1_instrumental").read_text())
    assert record["job"]["settings"] == {"mood": "calm"}
