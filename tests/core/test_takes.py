"""Records: written, read back, and never believed when damaged."""

import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from secondtake.core.errors import UserError
from secondtake.core.takes import (
    Licence,
    all_takes,
    read_record,
    record_path,
    takes_folder,
    wav_is_whole,
    wav_path,
    work_seconds,
    write_record,
)
from tests.core.takes_of_hum import first_job, hum_song, make


@pytest.fixture
def take(hum):
    return make(hum, first_job(hum))


@pytest.fixture
def results(hum):
    return hum_song(hum).results


def test_a_record_comes_back_as_it_was(take, results):
    assert read_record(record_path(results, take.job.name)) == take
    assert take.wav.seconds == 1.0


def test_a_record_says_what_its_readers_look_for(take, results):
    record = json.loads(record_path(results, take.job.name).read_text())
    assert record["format"] == 1 and record["wav"]["seconds"] == 1.0
    assert record["honoured"] == ["mood", "prompt", "seed"] and "bpm" in record["ignored"]


def test_a_record_from_before_there_were_batches_is_of_a_take_made_alone(take, results):
    path = record_path(results, take.job.name)
    record = json.loads(path.read_text())
    assert record["made"].pop("batch") == 1
    path.write_text(json.dumps(record))
    assert read_record(path) == take


def test_a_record_from_before_licences_were_noted_says_nothing_of_them(take, results):
    path = record_path(results, take.job.name)
    record = json.loads(path.read_text())
    assert set(record.pop("licence")) == {"code", "weights"}
    path.write_text(json.dumps(record))
    assert read_record(path).licence == Licence("", "")


def test_takes_of_one_batch_are_one_piece_of_work(take):
    def made(started, seconds, batch):
        return replace(take, made=replace(take.made, started=started, seconds=seconds, batch=batch))

    alone = [made("09:00", 10.0, 1), made("09:00", 10.0, 1)]
    batch = [made("10:00", 30.0, 3), made("10:00", 42.0, 3), made("10:00", 36.0, 3)]
    other = [made("11:00", 5.0, 2)]
    assert work_seconds([]) == 0
    assert work_seconds(alone) == 20
    assert work_seconds([*batch, *alone, *other]) == 67


def test_a_record_written_again_is_left_untouched(take, results):
    path = record_path(results, take.job.name)
    before = path.stat()
    write_record(results, take)
    assert path.stat().st_ino == before.st_ino


def damage(path, *keys, value):
    record = json.loads(path.read_text())
    inner = record
    for key in keys[:-1]:
        inner = inner[key]
    inner[keys[-1]] = value
    path.write_text(json.dumps(record))


WRONG = [
    (("format",), 2), (("format",), None), (("job",), []), (("job", "seed"), "7"),
    (("job", "languages"), "en"), (("job", "segment"), 3), (("job", "model"), "../../x"),
    (("wav",), None), (("wav", "sample_rate"), 0), (("wav", "bytes"), "4"), (("wav", "more"), 1),
    (("made", "device"), 5), (("made", "versions"), {"p": 1}), (("weights",), ["x"]),
    (("warnings",), "one"), (("warnings",), [1]), (("details",), None), (("inputs_hash",), 1),
    (("lock_sha256",), None), (("foreign",), 1),
    (("made", "batch"), "8"), (("made",), None), (("made",), []),
    (("licence",), None), (("licence",), {}), (("licence", "weights"), None),
]  # fmt: skip


@pytest.mark.parametrize(("keys", "value"), WRONG, ids=str)
def test_a_wrong_record_is_refused_with_the_file_and_the_remedy(take, results, keys, value):
    path = record_path(results, take.job.name)
    damage(path, *keys, value=value)
    with pytest.raises(UserError) as error:
        read_record(path)
    assert str(error.value).startswith(f"{path}: not a record of a take (")
    assert "delete it to have the take made again" in str(error.value)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some.data())
def test_a_record_with_any_byte_changed_is_read_or_refused(take, results, data):
    path = record_path(results, take.job.name)
    whole = json.dumps(take.to_json()).encode()
    place = data.draw(some.integers(0, len(whole) - 1))
    cut = data.draw(some.booleans())
    path.write_bytes(
        whole[:place]
        if cut
        else whole[:place] + data.draw(some.binary(max_size=2)) + whole[place + 1 :]
    )
    try:
        assert read_record(path).job.name == take.job.name
    except UserError as error:
        assert str(path) in str(error)


@pytest.mark.parametrize("text", ["", "null", "[]", "[" * 100_000, "{}", '{"format": 1}', "\0"])
def test_what_is_no_record_is_refused(results, text):
    path = record_path(results, "hum_segment1_instrumental")
    path.parent.mkdir(parents=True)
    path.write_text(text)
    with pytest.raises(UserError, match="not a record of a take"):
        read_record(path)
    with pytest.raises(UserError, match="not a record of a take"):
        list(all_takes(results))


def test_a_record_that_is_not_there_says_so(results):
    with pytest.raises(UserError, match="cannot be read: No such file"):
        read_record(record_path(results, "nothing"))


def test_takes_come_by_segment_model_and_number(hum, results):
    jobs = [first_job(hum)]
    jobs += [replace(jobs[0], take=10), replace(jobs[0], take=2), replace(jobs[0], segment=0)]
    for job in jobs:
        make(hum, job)
    (takes_folder(results) / "hum_segment9_verse.wav").write_bytes(b"rest of a killed run")
    error = [(take.job.segment, take.job.take) for take in all_takes(results)]
    assert error == [(0, 1), (1, 1), (1, 2), (1, 10)]


def test_no_results_are_no_takes(results):
    assert list(all_takes(results)) == []


def test_a_wav_is_whole_only_byte_for_byte(take, results):
    path = wav_path(results, take.job.name)
    assert wav_is_whole(results, take)
    for other in (b"RIFX", b"RIF", b"RIFF0", b""):
        path.write_bytes(other)
        assert not wav_is_whole(results, take)
    path.unlink()
    assert not wav_is_whole(results, take)
