"""A take is made again from its record alone: the same bytes, or the differences by name."""

import json
import shlex
import shutil
from dataclasses import replace

import pytest
from tests.faults.studio import happens
from tests.schemas import mistakes, parsed

from secondtake.core.takes import read_record, write_record_in

HUM = "hum_segment1_instrumental"


@pytest.fixture
def hummed(studio):
    """A studio with one take: the folder of its results, and its name."""
    studio.song("calm")
    done = studio.type("invoke", "generate", "--song", "hum")
    assert done.returncode == 0, done.stdout + done.stderr
    return studio


def reproduce(place, *words, name=HUM, song="hum"):
    """The exit code of `invoke reproduce --json`, and what it printed."""
    done = place.type("invoke", "reproduce", name, "--song", song, "--json", *words)
    assert done.stdout, done.stderr
    value = parsed(done.stdout)
    schema = "error" if "error" in value else "reproduce"
    assert mistakes(schema, value) == []
    return done.returncode, value


def rewrite(takes, name, change):
    """Put another record in the place of a take's."""
    take = read_record(takes / f"{name}.json")
    write_record_in(takes, change(take))


def snapshot(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def with_job(take, **changes):
    """The record of a take, edited to say that it is of another job."""
    return replace(take, job=replace(take.job, **changes))


def test_a_take_is_made_again_bit_for_bit_and_nothing_in_the_results_changes(hummed):
    """A take can be made again to the bit, from its record alone, and that leaves no trace."""
    results = hummed.project.results
    (hummed.project.root / "songs" / "hum.toml").unlink()  # the record alone
    before = snapshot(results)
    code, value = reproduce(hummed)
    assert (code, value.get("verdict"), value.get("changes")) == (0, "identical", []), value
    assert value["sha256"] == value["sha256_now"]
    assert snapshot(results) == before
    assert not (hummed.project.root / ".cache" / "reproduce").exists()
    assert not hummed.alive()


def test_what_changed_since_is_named(hummed):
    """What has changed since a take was made is named, also where it made no difference."""
    root, takes = hummed.project.root, hummed.takes
    (root / "requirements" / "hum.lock").write_text("# another lock\n", encoding="utf-8")

    def elsewhere(take):
        versions = {**take.made.versions, "torch": "2.5.1"}
        made = replace(take.made, device="cuda", dtype="int8", versions=versions, batch=8)
        return replace(take, made=made)

    rewrite(takes, HUM, elsewhere)
    done = hummed.type("invoke", "reproduce", HUM, "--song", "hum")
    assert done.returncode == 0, done.stdout + done.stderr
    for words in (
        "bit-identical", "the lock of hum's environment: ", "device: cuda → cpu",
        "dtype: int8 → float32", "version of torch: 2.5.1 → –", "made: in a batch of 8 → alone",
    ):  # fmt: skip
        assert words in done.stdout


@pytest.mark.parametrize("fate", ["missing", "damaged"])
def test_a_take_whose_wav_is_lost_is_held_against_the_recorded_hash(hummed, fate):
    """A take whose wav is gone or damaged can be made again, and is held against its hash."""
    wav = hummed.takes / f"{HUM}.wav"
    wav.unlink() if fate == "missing" else wav.write_bytes(wav.read_bytes()[:-1] + b"\0")
    folder = hummed.project.root / "again"
    code, value = reproduce(hummed, "--keep", "again")
    assert (code, value["verdict"], value["original"]) == (0, "identical", fate)
    assert read_record(folder / f"{HUM}.json").wav.sha256 == value["sha256"]
    code, value = reproduce(hummed, "--keep", "again")  # nothing of the user's is written over
    assert code == 2 and "is there already" in value["error"]["message"]
    rewrite(hummed.takes, HUM, lambda take: with_job(take, seed=take.job.seed + 1))
    code, value = reproduce(hummed)
    assert (code, value["verdict"], value["figures"]) == (1, "different", None)
    assert value["unmeasured"] == f"the first wav is {fate}"


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ({"model": "yodel"}, 3, "no model 'yodel' any more"),
        ({"checkpoint": "huge"}, 3, "no checkpoint 'huge' any more"),
        ({"settings": {"mood": "calm", "pitch": 3}}, 3, "no setting pitch any more"),
        ({"settings": {"mood": "refuse"}}, 1, "it does not want to hum"),
    ],
)
def test_what_can_no_longer_be_made_is_said_with_the_remedy(hummed, change, code, words):
    """A take that cannot be made here any more says why, and what to do about it."""
    record = hummed.takes / f"{HUM}.json"
    value = json.loads(record.read_text(encoding="utf-8"))
    value["job"] |= change
    value.pop("checksum", None)
    value["format"] = 1
    name = HUM.replace("hum", value["job"]["model"])
    if name != HUM:
        shutil.move(record.with_suffix(".wav"), record.with_name(f"{name}.wav"))
        record.unlink()
        value["wav"]["file"] = f"{name}.wav"
    record.with_name(f"{name}.json").write_text(json.dumps(value), encoding="utf-8")
    got, answer = reproduce(hummed, name=name)
    assert got == code and words in answer["error"]["message"]
    assert answer["error"]["hint"]
    assert not (hummed.project.root / ".cache" / "reproduce").exists()


def test_it_takes_its_turn_and_leaves_nothing_wherever_it_is_stopped(hummed):
    """Making a take again takes the lock as a run does, and a rerun clears up what a kill left."""
    scratch = hummed.project.root / ".cache" / "reproduce"
    rewrite(hummed.takes, HUM, lambda take: with_job(take, settings={"mood": "slow"}))
    first = hummed.start("invoke", "reproduce", HUM, "--song", "hum")
    assert happens(scratch.exists)
    second = hummed.type("invoke", "reproduce", HUM, "--song", "hum", SECONDTAKE_NO_WAIT="1")
    assert second.returncode == 4, second.stderr
    hummed.interrupt(first)
    first.communicate()
    assert first.returncode == 130 and hummed.none_alive() and not scratch.exists()
    first = hummed.start("invoke", "reproduce", HUM, "--song", "hum")
    assert happens(scratch.exists)
    first.kill()
    first.communicate()
    assert hummed.none_alive()
    rewrite(hummed.takes, HUM, lambda take: with_job(take, settings={"mood": "calm"}))
    code, value = reproduce(hummed)
    assert (code, value["verdict"], value["changes"]) == (0, "identical", [])
    assert not scratch.exists()


def test_why_tells_what_led_to_a_take_or_why_there_is_none(studio):
    """Everything that led to a take is told in words, with commands that do what they say."""
    studio.song("calm", "refuse")
    assert studio.type("invoke", "generate", "--song", "hum").returncode == 1
    done = studio.type("invoke", "why", HUM, "--song", "hum")
    assert done.returncode == 0, done.stdout + done.stderr
    for words in ("seed ", "prompt: 120 BPM", "mood: calm (the song file)", "up to date"):
        assert words in done.stdout
    commands = dict(line.strip().split(": ", 1) for line in done.stdout.splitlines()[-3:])
    before = read_record(studio.takes / f"{HUM}.json")
    for name in ("make it again", "prove that it can be"):
        again = studio.type(*shlex.split(commands[name]))
        assert again.returncode == 0, again.stdout + again.stderr
    assert read_record(studio.takes / f"{HUM}.json").wav == before.wav
    none = studio.type("invoke", "why", "hum_segment2_instrumental", "--song", "hum")
    assert none.returncode == 0, none.stdout + none.stderr
    for words in ("failed: it does not want to hum", "→ cheer it up", "log: results/hum/logs/"):
        assert words in none.stdout


def test_a_difference_that_cannot_be_measured_here_says_what_to_do(hummed):
    """Where the analysis cannot be set up, a take that differs is told so, with what to do."""
    lock = hummed.project.root / "requirements" / "analysis.lock"
    lock.write_text("no package at all ==\n", encoding="utf-8")
    rewrite(hummed.takes, HUM, lambda take: with_job(take, seed=take.job.seed + 1))
    code, value = reproduce(hummed)
    assert (code, value["verdict"], value["figures"]) == (3, "unmeasured", None)
    assert "analysis" in value["unmeasured"]


def test_a_difference_is_measured_where_there_is_one(house, tmp_path):
    """A take that comes out otherwise is measured: largest difference, SNR, log-mel distance."""
    done = house.type("invoke", "generate", "--song", "demo", "--models", "sketch", "--segments",
                      "1")  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    takes = house.project.results / "demo" / "local_models"
    name = min(path.stem for path in takes.glob("sketch_*.json"))
    code, value = reproduce(house, name=name, song="demo")
    assert (code, value.get("verdict"), value.get("changes")) == (0, "identical", []), value
    rewrite(takes, name, lambda take: with_job(take, seed=take.job.seed + 1))
    code, value = reproduce(house, "--keep", str(tmp_path), name=name, song="demo")
    assert (code, value["verdict"], value["original"]) == (1, "different", "whole")
    assert [change["kind"] for change in value["changes"]] == ["recipe"]
    figures = value["figures"]
    assert 0 < figures["max_abs"] <= 2 and figures["snr_db"] < 60 and figures["log_mel_db"] > 0
    # What was kept is the take of the other seed: its record makes the same bytes.
    for kept in tmp_path.iterdir():
        shutil.copy(kept, takes / kept.name)
    code, value = reproduce(house, name=name, song="demo")
    assert (code, value["verdict"]) == (0, "identical"), value
