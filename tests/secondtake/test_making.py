"""Making one take: the wav, then the record, or neither."""

import numpy as np
import pytest

from secondtake.errors import ModelError
from secondtake.making import Loaded, Sound, make_take, peak_memory_bytes
from secondtake.takes import read_record, record_path, wav_is_whole, wav_path
from tests.secondtake.takes_of_hum import first_job, hum_song

SILENCE = np.zeros((8000, 1), "float32")


@pytest.fixture
def making(hum):
    results = hum_song(hum).results
    job = first_job(hum)

    def make(samples, packages=("pytest",), **sound):
        def generate(job, progress):
            assert not record_path(results, job.name).exists()
            return Sound(samples, **sound)

        loaded = Loaded(generate, "cpu", "float32", packages, seconds=1.25)
        return make_take(job, loaded, {"text": "a" * 64}, results, lambda *step: None)

    return make, results, job.name


def test_a_take_is_what_its_record_says(making):
    make, results, name = making
    take = make(SILENCE, warnings=("short",), details={"windows": 2})
    assert read_record(record_path(results, name)) == take and wav_is_whole(results, take)
    assert (take.wav.frames, take.wav.channels, take.wav.sample_rate) == (8000, 1, 8000)
    assert (take.warnings, take.details, take.weights["text"]) == (
        ("short",), {"windows": 2}, "a" * 64,
    )  # fmt: skip
    assert (take.made.device, take.made.load_seconds) == ("cpu", 1.25)
    assert take.made.versions["pytest"] == pytest.__version__
    assert take.made.started.endswith("+00:00")


@pytest.mark.parametrize(
    "samples", [np.zeros((8000, 2), "float32"), np.full((10, 1), np.nan, "float32"), SILENCE[:0]]
)
def test_a_sound_that_is_none_leaves_nothing(making, samples):
    make, results, name = making
    with pytest.raises(ModelError) as told:
        make(samples)
    assert told.value.code == "bug"
    assert not record_path(results, name).exists() and not wav_path(results, name).exists()


def test_details_that_json_cannot_hold_leave_no_record(making):
    make, results, name = making
    with pytest.raises((TypeError, ValueError)):
        make(SILENCE, details={"loss": float("nan")})
    assert not record_path(results, name).exists()


def test_memory_is_counted_in_bytes():
    held = np.ones(64 << 20, "uint8")
    assert 64 << 20 < peak_memory_bytes() < 1 << 40 and held.any()
