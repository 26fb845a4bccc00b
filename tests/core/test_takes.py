"""Records: written, read back, and never believed when damaged."""

import json
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from secondtake.core.errors import UserError
from secondtake.core.serialization import SEALED, JsonFileError, decode
from secondtake.core.takes import (
    Licence,
    read_record,
    record_path,
    work_seconds,
    write_record,
)
from tests.core.takes_of_hum import first_job, hum_song, make
from tests.records import rewrite, write_first_format


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
    assert record["format"] == 2 and record["wav"]["seconds"] == 1.0
    assert record["honoured"] == ["mood", "prompt", "seed"] and "bpm" in record["ignored"]


def older(path, change):
    """A record without a checksum, of the wav of a real take."""
    write_first_format(path, lambda record: (record["wav"].update(bytes=16_044), change(record)))
    return read_record(path)


def test_a_record_from_before_there_were_batches_is_of_a_take_made_alone(take, results):
    path = record_path(results, take.job.name)
    assert older(path, lambda record: record["made"].pop("batch")).made == take.made


def test_a_record_from_before_licences_were_noted_says_nothing_of_them(take, results):
    path = record_path(results, take.job.name)
    assert older(path, lambda record: record.pop("licence")).licence == Licence("", "")


def test_a_record_from_before_there_were_meters_and_remarks_has_none(take, results):
    path = record_path(results, take.job.name)
    record = older(path, lambda record: (record["job"].pop("meter"), record.pop("remarks")))
    assert (record.job, record.remarks) == (take.job, ())


def newer(path, change):
    rewrite(path, change)
    return read_record(path)


@pytest.mark.parametrize("write", [older, newer])
def test_a_record_from_before_cards_were_noted_names_none(take, results, write):
    def forget(record):
        del record["made"]["accelerator"], record["made"]["peak_graphics_bytes"]

    assert write(record_path(results, take.job.name), forget).made == take.made


UNTRUE = [
    ("wav", "frames", -1), ("wav", "frames", 8001), ("wav", "channels", 3), ("wav", "bytes", 4),
    ("wav", "sample_rate", 4000), ("wav", "seconds", 2.0), ("wav", "sha256", "K" * 64),
    ("made", "seconds", -1.5), ("made", "load_seconds", -0.5), ("made", "started", "noon"),
    ("made", "peak_graphics_bytes", -1),
    ("job", "seed", -1), ("job", "bpm", -1.0), ("job", "seconds", 0), ("weights", "w", "ab"),
]  # fmt: skip


@pytest.mark.parametrize(("part", "key", "value"), UNTRUE, ids=str)
def test_a_record_without_a_checksum_is_not_believed_what_cannot_be(
    take, results, part, key, value
):
    path = record_path(results, take.job.name)
    with pytest.raises(UserError, match="not a record of a take"):
        older(path, lambda record: record[part].update({key: value}))


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
    def change(record):
        for key in keys[:-1]:
            record = record[key]
        record[keys[-1]] = value

    rewrite(path, change)


DEEP = json.loads("[" * 60 + "]" * 60)
WRONG = [
    (("format",), 3), (("format",), None), (("job",), []), (("job", "seed"), "7"),
    (("job", "languages"), "en"), (("job", "segment"), 3), (("job", "model"), "../../x"),
    (("wav",), None), (("wav", "sample_rate"), 0), (("wav", "bytes"), "4"), (("wav", "more"), 1),
    (("made", "device"), 5), (("made", "versions"), {"p": 1}), (("weights",), ["x"]),
    (("warnings",), "one"), (("warnings",), [1]), (("details",), None), (("inputs_hash",), 1),
    (("lock_sha256",), None), (("foreign",), 1),
    (("made", "batch"), "8"), (("made", "accelerator"), {}), (("made", "accelerator"), "H100"),
    (("made", "peak_graphics_bytes"), "4"), (("made",), None), (("made",), []),
    (("licence",), None), (("licence",), {}), (("licence", "weights"), None),
    (("wav", "frames"), -1), (("job", "take"), 0), (("details",), {"a": DEEP}),
    (("job", "meter"), None), (("job", "meter"), 3), (("remarks",), "one"), (("remarks",), [1]),
]  # fmt: skip


@pytest.mark.parametrize(("keys", "value"), WRONG, ids=str)
def test_a_wrong_record_is_refused_with_the_file_and_the_remedy(take, results, keys, value):
    path = record_path(results, take.job.name)
    damage(path, *keys, value=value)
    with pytest.raises(UserError) as error:
        read_record(path)
    assert str(error.value).startswith(f"{path}: not a record of a take (")
    assert f"so does: invoke discard {take.name} --song {results}" in str(error.value)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some.data())
def test_a_record_with_any_byte_changed_is_refused(take, results, data):
    path = write_record(results, take)
    whole = path.read_bytes()
    place = data.draw(some.integers(0, len(whole) - 1))
    other = data.draw(some.binary(max_size=2).filter(lambda text: text != whole[place:][:1]))
    rest = b"" if data.draw(some.booleans()) else whole[place + 1 :]
    path.write_bytes(whole[:place] + other + rest)
    with pytest.raises(UserError, match="not a record of a take"):
        read_record(path)


def flips(data, bits):
    for bit in bits:
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        yield bytes(flipped)


def test_every_flip_of_a_bit_of_a_record_is_noticed(take, results):
    path = record_path(results, take.name)
    whole = path.read_bytes()
    assert decode(whole)[1]
    start = SEALED.match(whole).end()
    accepted = []
    for flipped in flips(whole, range(8 * start, 8 * len(whole))):
        with suppress(JsonFileError):
            accepted.append(decode(flipped))
    for flipped in flips(whole, range(8 * start)):  # of the checksum itself
        path.write_bytes(flipped)
        with suppress(UserError):
            accepted.append(read_record(path))
    assert accepted == []


@pytest.mark.parametrize("text", ["", "null", "[]", "[" * 100_000, "{}", '{"format": 1}', "\0"])
def test_what_is_no_record_is_refused(results, text):
    path = record_path(results, "hum_segment1_instrumental")
    path.parent.mkdir(parents=True)
    path.write_text(text)
    with pytest.raises(UserError, match="not a record of a take"):
        read_record(path)


def test_a_record_that_is_not_there_says_so(results):
    with pytest.raises(UserError, match="cannot be read: No such file"):
        read_record(record_path(results, "nothing"))


@pytest.mark.parametrize("name", ["hum_segment1_instrumental_take2", "hum_segment2_verse"])
def test_a_record_under_the_name_of_another_take_is_refused(take, results, name):
    text = record_path(results, take.name).read_text()
    record_path(results, name).write_text(text)
    with pytest.raises(UserError, match="it describes hum_segment1_instrumental"):
        read_record(record_path(results, name))


@pytest.mark.parametrize("file", ["../other.wav", "hum_segment1_instrumental", ""])
def test_a_record_names_its_own_wav_and_no_other(take, results, file):
    path = record_path(results, take.name)
    damage(path, "wav", "file", value=file)
    with pytest.raises(UserError, match="it names the wav"):
        read_record(path)


def test_an_earlier_take_has_the_hash_of_its_sound_in_its_name(take, results):
    earlier = take.named(take.earlier_name)
    assert earlier.name == f"hum_segment1_instrumental_{take.wav.sha256[:8]}"
    assert earlier.is_earlier and not take.is_earlier
    assert (take.label, earlier.label) == ("take 1", f"take {take.wav.sha256[:8]}")
    assert read_record(write_record(results, earlier)) == earlier
