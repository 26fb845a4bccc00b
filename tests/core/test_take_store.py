"""The takes of a folder: ours by their names, in order, and everything else left alone."""

import json
from dataclasses import replace

import pytest

from secondtake.core.errors import UserError
from secondtake.core.take_store import kept_path, read_kept, write_kept
from secondtake.core.takes import record_path, takes_folder, wav_path, write_record
from tests.core.takes_of_hum import first_job, hum_song, make, store, take_store

FOREIGN = [
    "{} 2", "{} (1)", "{} copy", "{}_copy", "{}_2", "{}-LAPTOP", "{}.sync-conflict-20260101-9AB",
    "{} (Ana's conflicted copy 2026-01-01)", "._{}", "{}_take0", "{}_take1", "{}_take100",
    "{}_3F9A2C1D", "{}_3f9a2c1", "{}_3f9a2c1d_take2", "{}_take2 2", "copy of {}", "HUM_{}",
]  # fmt: skip
OTHERS = [".DS_Store", "Thumbs.db", "desktop.ini", "notes.txt", "{}.WAV", "{}.json~", ".{}.icloud"]


@pytest.fixture
def take(hum):
    return make(hum, first_job(hum))


@pytest.fixture
def folder(hum):
    return takes_folder(hum_song(hum).results)


@pytest.mark.parametrize("pattern", FOREIGN)
def test_a_copy_beside_a_take_is_listed_and_no_take(hum, take, folder, pattern):
    for ending in ("json", "wav"):
        path = folder / f"{take.name}.{ending}"
        (folder / f"{pattern.format(take.name)}.{ending}").write_bytes(path.read_bytes())
    takes = take_store(hum)
    assert list(takes.takes) == [take.name] and takes.troubles == []
    assert len(takes.files.foreign) == 2
    assert takes.files.wavs_without_record == takes.files.records_without_wav == []


@pytest.mark.parametrize("pattern", OTHERS)
def test_what_a_system_or_a_person_put_there_is_listed_and_no_take(hum, take, folder, pattern):
    name = pattern.format(take.name)
    (folder / name).write_bytes(b"?")
    assert take_store(hum).files.foreign == (name,)
    assert list(take_store(hum).takes) == [take.name]


def test_a_file_that_is_being_written_is_nothing_yet(hum, take, folder):
    (folder / f".{take.name}.new.part").write_bytes(b"RI")
    (folder / f".{take.name}.json.x1_.part").write_bytes(b"{")
    assert take_store(hum).files.foreign == ()


def test_takes_come_by_segment_model_and_number(hum, folder):
    first = first_job(hum)
    for job in (replace(first, take=10), replace(first, take=2), replace(first, segment=0), first):
        make(hum, job)
    (folder / "hum_segment9_verse.wav").write_bytes(b"rest of a killed run")
    takes = take_store(hum)
    order = [(take.job.segment, take.job.take) for take in takes.takes.values()]
    assert order == [(0, 1), (1, 1), (1, 2), (1, 10)]
    assert takes.files.wavs_without_record == ["hum_segment9_verse"]


def test_no_results_are_no_takes(hum):
    takes = take_store(hum)
    assert takes.takes == {} and takes.compared == [] and takes.discarded.takes == {}
    takes.save_hashes()
    assert not hum_song(hum).results.exists()


def test_a_damaged_record_and_the_take_of_another_song_are_no_takes(hum, take):
    results = hum_song(hum).results
    second = make(hum, replace(take.job, take=2))
    record_path(results, take.name).write_text("{")
    write_record(results, replace(second, job=replace(second.job, song="other")))
    takes = take_store(hum)
    assert takes.takes == {} and list(takes.files.damaged) == [take.name]
    assert takes.other_songs == [second.name]
    (trouble,) = takes.troubles
    assert take.name in trouble


def test_a_take_is_whole_only_byte_for_byte(hum, take):
    path = wav_path(hum_song(hum).results, take.name)
    assert take_store(hum).is_whole(take)
    for other in (b"RIFX", b"RIF", b"RIFF0", b""):
        path.write_bytes(other)
        assert not take_store(hum).is_whole(take)
    path.unlink()
    assert not take_store(hum).is_whole(take)


def test_earlier_takes_are_compared_only_where_they_are_kept(hum):
    job, results = first_job(hum), hum_song(hum).results
    old = store(hum, replace(job, seed=3), b"old")
    new = store(hum, job, b"new")
    takes = take_store(hum)
    assert list(takes.takes) == [new.name, old.earlier_name]
    assert takes.compared == [new]
    write_kept(results, "hum", [old.wav.sha256])
    kept = take_store(hum)
    assert [take.name for take in kept.compared] == [new.name, old.earlier_name]
    assert [kept.is_kept(take) for take in kept.compared] == [False, True]


@pytest.mark.parametrize(
    "value", ["{", "[]", {"format": 2, "song": "hum", "takes": []},
              {"format": 1, "song": "other", "takes": []},
              {"format": 1, "song": "hum", "takes": ["../x"]},
              {"format": 1, "song": "hum", "takes": [3]}],
)  # fmt: skip
def test_a_damaged_list_of_kept_takes_is_said_and_marks_nothing(hum, take, value):
    results = hum_song(hum).results
    kept_path(results).write_text(value if isinstance(value, str) else json.dumps(value))
    with pytest.raises(UserError, match=r"kept.json: not a list of kept takes .* delete it"):
        read_kept(results, "hum")
    (trouble,) = take_store(hum).troubles
    assert "kept.json" in trouble
    assert take_store(hum).compared == [take]
