from dataclasses import replace

import pytest

from secondtake.analysis.audio_io import Header
from secondtake.analysis.checks import expectations
from secondtake.analysis.checks.expectations import Expectations
from secondtake.core.registry.all_models import MODELS

HEADER = Header(441_000, 2, 44_100, "WAV", "PCM_16")


@pytest.mark.parametrize(
    ("check", "verdict", "figure"),
    [
        (expectations.sample_rate(HEADER, 44_100), "pass", 44_100),
        (expectations.sample_rate(HEADER, 48_000), "fail", 44_100),
        (expectations.channels(HEADER, 2), "pass", 2),
        (expectations.channels(HEADER, 1), "fail", 2),
        (expectations.frames(HEADER, 441_000), "pass", 441_000),
        (expectations.frames(HEADER, 441_001), "fail", 441_000),
        (expectations.exact_duration(10.009, 10), "pass", 10.009),
        (expectations.exact_duration(10.011, 10), "fail", 10.011),
        (expectations.free_duration(5.0, 10), "pass", 5.0),
        (expectations.free_duration(4.9, 10), "warn", 4.9),
        (expectations.free_duration(15.1, 10), "warn", 15.1),
        (expectations.hash_equal("ab" * 32, "ab" * 32), "pass", 1.0),
        (expectations.hash_equal("ab" * 32, "cd" * 32), "fail", 0.0),
    ],
)
def test_promises(check, verdict, figure):
    assert (check.verdict, check.figure) == (verdict, figure)


@pytest.fixture
def take(make_take, sounds):
    return make_take("sketch", sounds.pink(6, 44_100))


def test_what_a_take_promises_is_its_models_and_its_records(take):
    expected = Expectations.from_take(take)
    sketch = MODELS["sketch"]
    assert (expected.sample_rate, expected.channels) == (sketch.sample_rate, sketch.channels)
    assert (expected.bandwidth, expected.exact_length) == (sketch.bandwidth_hz, True)
    assert (expected.seconds, expected.frames, expected.sha256) == (6, 6 * 44_100, take.wav.sha256)
    assert not expected.voice_only


@pytest.mark.parametrize(
    ("model", "lyrics", "voice"),
    [
        ("sketch", "", False),
        ("sketch", " \n", False),
        ("sketch", "neon rain", True),
        ("bark", "neon rain", True),
        ("stable_audio", "neon rain", None),
        ("stable_audio", "", False),
        ("ace_step", "[Verse]\nneon rain", True),
        ("ace_step", "[instrumental]", False),
        ("ace_step", "", False),
    ],
)
def test_a_voice_is_asked_for_by_words_of_a_model_that_can_sing(take, model, lyrics, voice):
    expected = Expectations.from_take(
        replace(take, job=replace(take.job, model=model, lyrics=lyrics))
    )
    assert expected.voice is voice


@pytest.mark.parametrize(
    ("details", "flags"),
    [
        ({}, ()),
        ({"windows": 3}, ()),
        ({"windows": [{"flags": ["hisses"]}, {"flags": None}, 7, {}]}, ("hisses",)),
        ({"windows": [{"flags": ["a", "b"]}, {"flags": ["c"]}]}, ("a", "b", "c")),
    ],
)
def test_what_the_page_noticed_is_read_with_care(take, details, flags):
    assert Expectations.from_take(replace(take, details=details)).flags == flags


def test_a_model_that_is_not_in_the_registry_promises_nothing(take):
    expected = Expectations.from_take(replace(take, job=replace(take.job, model="gone")))
    assert (expected.model, expected.sample_rate, expected.voice_only) == ("gone", 0, False)


def test_a_take_made_from_the_baseline_has_a_hint_and_another_has_none(take):
    assert Expectations.from_take(take).from_baseline == ""
    settings = {"melody": "data/baseline/one.wav@0-6@sha256:" + "0" * 64}
    job = replace(take.job, model="musicgen", settings=settings)
    mark = Expectations.from_take(replace(take, job=job)).from_baseline
    check = expectations.independence(mark)
    assert mark == "melody of the baseline"
    assert check.verdict == "pass" and check.note.startswith(mark)
