"""What a machine of a cluster does for the driver: a host is an actor there; here it is called."""

import hashlib
import json
import os
import time
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from secondtake.core.errors import ModelError
from secondtake.core.files import sha256_of
from secondtake.core.plan import Request, plan
from secondtake.core.song import load_song
from secondtake.core.takes import Take
from secondtake.core.weights import FetchedFile, Manifest, read_manifest
from secondtake.runner.ray_host import (
    MESSAGES_TOGETHER,
    Host,
    Order,
    Relay,
    environments_folder,
    manifest_files,
    sources_hash,
    survey,
)
from secondtake.runner.ray_worker import input_files
from secondtake.runner.worker_client import WorkerDied, WorkerStopped


def order(project, **changes):
    own = Order(
        root=str(project.root),
        model="hum",
        checkpoint="low",
        device="auto",
        threads=1,
        limit=60.0,
        log="results/hum/logs/run-hum.log",
        lock_sha256=sha256_of(project.lock("hum")),
        lock_variables={},
    )
    return replace(own, **changes)


@pytest.fixture
def host(hum, tmp_path, monkeypatch):
    """A host on the machine of the scratch project."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = dict(os.environ)
    hosted = Host(order(hum))
    yield hosted
    hosted.close()
    os.environ.clear()
    os.environ.update(before)


def messages(stream):
    return [message for together in stream for message in together]


def jobs_of(hum, **wish):
    return plan(load_song(hum.root / "songs" / "hum.toml", hum), Request(**wish))


@pytest.mark.e2e
def test_a_take_comes_home_whole_and_nothing_of_it_stays(hum, host, tmp_path):
    assert messages(host.build()) or environments_folder(hum).is_dir()
    loaded = messages(host.load())
    assert ("ready", 1) in loaded
    jobs = jobs_of(hum)
    told = messages(host.generate([[job.to_json()] for job in jobs], {}))
    takes = {name: (record, wav) for kind, name, _, record, wav in filter(is_take, told)}
    assert list(takes) == [job.name for job in jobs]
    for job in jobs:
        record, wav = takes[job.name]
        take = Take.from_json(json.loads(record))
        assert take.job == job
        assert hashlib.sha256(wav.raw()).hexdigest() == take.wav.sha256
    printed = b"".join(message[1] for message in (*loaded, *told) if message[0] == "log")
    assert b"a model says hello" in printed
    (scratch,) = tmp_path.glob("secondtake-host-*")
    assert not list(scratch.rglob("*.wav")) and not hum.results.exists()
    host.close()
    assert not scratch.exists()


def is_take(message):
    return message[0] == "take"


@pytest.mark.e2e
def test_a_refusal_and_a_death_are_told_as_what_they_are(hum, host):
    messages(host.build())
    messages(host.load())
    refused = [job.to_json() for job in jobs_of(hum, segments=(1,), settings={"mood": "refuse"})]
    ((kind, _, *error),) = (m for m in messages(host.generate([refused], {})) if m[0] != "log")
    assert (kind, error) == ("refused", ["unsupported", "it does not want to hum", "cheer it up"])
    dying = [job.to_json() for job in jobs_of(hum, segments=(1,), settings={"mood": "die"})]
    told = messages(host.generate([dying], {}))
    assert told[-1][:3] == ("error", True, "bug") and "SIGKILL" in told[-1][3]
    assert "its log is results/hum/logs/run-hum.log" in told[-1][4]  # by the driver's name


def test_a_lock_that_is_not_the_drivers_is_refused(hum, host, monkeypatch):
    host._order = replace(host._order, lock_sha256="0" * 64)
    ((kind, is_death, code, message, hint),) = messages(host.build())
    assert (kind, is_death, code) == ("error", False, "environment")
    assert "hum.lock is not the driver's" in message and "the same commit" in hint


def fetched(project, content, path="weights/w.bin"):
    digest = hashlib.sha256(content).hexdigest()
    return FetchedFile("w", path, digest, len(content), "hub/w.bin", "", True, (0,))


def test_weights_arrive_in_any_order_and_are_compared(hum, host):
    content = bytes(range(256)) * 40
    files = manifest_files(Manifest("hum", "low", {"w": fetched(hum, content)}))
    assert host.missing(files) == ["w"]
    host.append("weights/w.bin", 5000, content[5000:])
    host.append("weights/w.bin", 0, content[:5000])
    assert [m for m in messages(host.keep_weights(files, ["w"])) if m[0] == "error"] == []
    assert (hum.cache / "weights" / "w.bin").read_bytes() == content
    manifest = read_manifest(hum, "hum", "low")
    assert manifest and manifest.hashes == {"w": hashlib.sha256(content).hexdigest()}
    assert host.missing(files) == []
    (hum.cache / "weights" / "w.bin").write_bytes(content[:-1])
    assert host.missing(files) == ["w"]


def test_damaged_weights_are_refused_and_do_not_stay(hum, host):
    files = manifest_files(Manifest("hum", "low", {"w": fetched(hum, b"weights")}))
    host.append("weights/w.bin", 0, b"weightz")
    told = messages(host.keep_weights(files, ["w"]))
    assert told[-1][:3] == ("error", False, "bad_weights")
    assert not list((hum.cache / "weights").iterdir()) and read_manifest(hum, "hum", "low") is None


@pytest.mark.parametrize("path", ["../out.bin", "/etc/out.bin", "~/out.bin"])
def test_weights_stay_in_the_cache(host, path):
    with pytest.raises(Exception, match="leads out of"):
        host.append(path, 0, b"x")


def test_inputs_stay_in_the_scratch_folder(hum, host):
    with pytest.raises(Exception, match="leads out of"):
        host._lay_inputs({"../../evil": b"x"})
    host._lay_inputs({"songs/a/baseline.wav": b"sound"})
    assert (host._scratch.root / "songs" / "a" / "baseline.wav").read_bytes() == b"sound"
    assert not (hum.root / "songs" / "a").exists()


def test_scratch_folders_of_the_dead_are_removed_and_of_the_living_are_not(hum, host, tmp_path):
    dead, alive = tmp_path / "secondtake-host-999999999-x", tmp_path / "secondtake-host-1-x"
    foreign = tmp_path / "secondtake-host-notes"
    for folder in (dead, alive, foreign):
        folder.mkdir()
    again = Host(order(hum))
    assert not dead.exists() and alive.exists() and foreign.exists()
    again.close()


def test_messages_that_are_there_go_together_in_their_order():
    def work(relay):
        for number in range(100):
            relay.tell("line", number)
        time.sleep(0.3)
        relay.tell("line", 100)

    groups = list(Relay().messages_of(work))
    assert [text for group in groups for _, text in group] == list(range(101))
    assert max(map(len, groups)) <= MESSAGES_TOGETHER and groups[-1] == [("line", 100)]


@pytest.mark.parametrize(
    ("error", "last"),
    [
        (WorkerStopped(), ("stopped",)),
        (WorkerDied("memory", "gone", "close"), ("error", True, "memory", "gone", "close")),
        (ModelError("disk", "full", "room"), ("error", False, "disk", "full", "room")),
    ],
)
def test_the_end_of_some_work_is_its_last_message(error, last):
    def work(relay):
        relay.line("begun")
        raise error

    assert messages(Relay().messages_of(work)) == [("line", "begun"), last]


def test_progress_is_told_now_and_then():
    relay = Relay()
    told = messages(relay.messages_of(lambda r: [r.progress("a", "b", n, 9) for n in range(99)]))
    assert told == [("progress", "a", "b", 0, 9)]


def test_a_machine_that_sees_the_drivers_folder_works_there(hum, tmp_path, monkeypatch):
    for folder in (environments_folder(hum), hum.cache):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "nonce").touch()
    facts = survey(str(hum.root), "nonce")
    assert facts["root"] == str(hum.root)
    assert facts["shares_environments"] and facts["shares_cache"]
    assert facts["sources"] == sources_hash(hum)
    elsewhere = survey(str(tmp_path / "nowhere"), "other")
    assert elsewhere["root"] == str(hum.root)  # that of SECONDTAKE_ROOT
    assert not elsewhere["shares_environments"] and not elsewhere["shares_cache"]


def test_other_code_is_another_hash(hum):
    before = sources_hash(hum)
    page = hum.script("hum")
    page.write_text(page.read_text() + "\n# changed\n")
    assert sources_hash(hum) != before


def test_the_files_that_a_job_reads_are_known_by_its_settings(hum):
    (job,) = jobs_of(hum, segments=(1,))
    digest = "0" * 64
    settings = {
        "melody": f"data/b.wav@1-2@sha256:{digest}",
        "history_prompt": f"voices/me.npz@sha256:{digest}",
        "mood": "calm",
        "steps": 8,
    }
    read = input_files(replace(job, settings=settings))
    assert read == ["data/b.wav", "voices/me.npz"]
    assert asdict(job)["settings"] == {"mood": "calm"} and input_files(job) == []


def test_the_folder_of_environments_is_that_of_the_project(hum):
    assert environments_folder(hum) == Path(hum.root) / ".venvs"
