"""What changed between two records, and what is promised of the sound all the same."""

from dataclasses import replace

import pytest
from tests.core.takes_of_hum import first_job, make

from secondtake.core.jobs import inputs_hash
from secondtake.core.takes import Accelerator
from secondtake.runner.take_changes import (
    SoundDifference,
    list_changes,
    promises_rounding,
    verdict_of,
)

CARD = Accelerator("NVIDIA H100", "9.0", "550.54", tf32_matmul=False, tf32_cudnn=False)
SAME = {"max_abs": 0.0, "snr_db": None, "log_mel_db": 0.0, "frames": (8000, 8000)}
NEAR = {"max_abs": 6e-5, "snr_db": 78.0, "log_mel_db": 0.03, "frames": (8000, 8000)}


@pytest.fixture
def take(hum):
    return make(hum, first_job(hum), {"coarse": "c" * 64})


def made(take, **changes):
    return replace(take, made=replace(take.made, **changes))


def other_settings(take, **settings):
    job = replace(take.job, settings={**take.job.settings, **settings})
    own_hash = inputs_hash(job, take.lock_sha256, take.weights)
    return replace(take, job=job, inputs_hash=own_hash)


def test_two_equal_records_changed_in_nothing(take):
    assert list_changes(take, take) == []
    later = made(take, started="2030-01-01T00:00:00+00:00", seconds=9.0, peak_memory_bytes=7)
    assert list_changes(take, later) == []


@pytest.mark.parametrize(
    ("change", "kinds", "words", "is_promised"),
    [
        (lambda t: made(t, device="cuda"), ["device"], "device: cpu → cuda", True),
        (lambda t: made(t, accelerator=CARD), ["accelerator"] * 5,
         "accelerator's driver: – → 550.54", True),
        (lambda t: made(t, dtype="int8"), ["dtype"], "dtype: float32 → int8", False),
        (lambda t: made(t, platform="Darwin arm64"), ["platform"], "x → Darwin arm64", True),
        (lambda t: made(t, batch=4), ["batch"], "made: alone → in a batch of 4", True),
        (lambda t: made(t, versions={"p": "2", "q": "1"}), ["version", "version"],
         "version of q: – → 1", True),
        (lambda t: replace(t, lock_sha256=""), ["lock"],
         "the lock of hum's environment: e3b0c44298fc… → –", False),
        (lambda t: replace(t, weights={"coarse": "d" * 64}), ["weights"],
         "weights 'coarse': cccccccccccc… → dddddddddddd…", False),
        (lambda t: other_settings(t, mood="loud"), ["setting"], "setting mood: calm → loud", False),
        (lambda t: replace(t, wav=replace(t.wav, sample_rate=1)), ["format"],
         "sample rate: 8000 → 1", True),
        (lambda t: replace(t, details={"windows": [1, 2], "driver": "560"}), ["details"],
         "its model's driver: – → 560", True),
    ],
)  # fmt: skip
def test_each_circumstance_is_named_with_what_it_was(take, change, kinds, words, is_promised):
    changes = list_changes(take, change(take))
    lines = [f"{change.what}: {change.then} → {change.now}" for change in changes]
    assert [change.kind for change in changes] == kinds
    assert any(words in line for line in lines), lines
    assert promises_rounding(changes) is is_promised


def test_a_recipe_that_changed_is_seen_by_the_hash_over_the_inputs(take):
    (change,) = list_changes(replace(take, inputs_hash="0" * 64), take)
    assert change.kind == "recipe" and "generation_version 1" in change.now
    assert not promises_rounding([change])


def test_a_recording_under_another_name_is_the_same_one(take):
    name = "take.wav@0-2@sha256:" + "a" * 64
    before, after = (other_settings(take, melody=path + name) for path in ("old", "new"))
    (change,) = list_changes(before, after)
    assert change.kind == "source" and promises_rounding([change])
    other = other_settings(take, melody="old" + name[:-1] + "b")
    assert [change.kind for change in list_changes(before, other)] == ["setting"]


@pytest.mark.parametrize(
    ("figures", "verdict"),
    [
        (SAME, "rounding"),
        (NEAR, "rounding"),
        (NEAR | {"snr_db": 59.0}, "different"),
        (NEAR | {"log_mel_db": 1.5}, "different"),
        (NEAR | {"frames": (8000, 7999)}, "different"),
        (SAME | {"max_abs": 0.5}, "different"),  # of a take that is silent
    ],
)
def test_rounding_is_what_nobody_hears(figures, verdict):
    assert verdict_of(SoundDifference(**figures), []) == verdict


def test_nothing_is_promised_where_an_input_changed(take):
    changes = list_changes(take, made(take, dtype="bfloat16"))
    assert verdict_of(SoundDifference(**NEAR), changes) == "different"
    assert verdict_of(None, changes) == "unmeasured"


def test_the_figures_are_said_with_their_units():
    assert str(SoundDifference(**NEAR)) == (
        "at most 6e-05 of full scale, 78.0 dB below the sound (SNR), log-mel distance 0.03 dB"
    )
    shorter = str(SoundDifference(**NEAR | {"frames": (8000, 7999)}))
    assert shorter.endswith("; it has 7999 frames instead of 8000, those that both have compared")
