"""Making takes: the wav, then the record, or neither; alone or in a batch."""

from dataclasses import replace
from threading import Lock

import numpy as np
import pytest

from secondtake.core.errors import ModelError
from secondtake.core.generate import (
    CPU,
    GeneratedAudio,
    LoadedModel,
    SelectedDevice,
    generate_takes,
    note,
    peak_memory_bytes,
    read_environment_marker,
)
from secondtake.core.plan import Request, plan
from secondtake.core.registry.all_models import MODELS
from secondtake.core.take_store import TakeStore
from secondtake.core.takes import Accelerator, Licence, Take, read_record, record_path, wav_path
from tests.core.takes_of_hum import first_job, hum_song

REFUSAL = ModelError("unsupported", "it does not want to", "cheer it up")
SILENCE = np.zeros((8000, 1), "float32")


def silent(*step):
    """A progress that no one watches."""


@pytest.fixture
def making(hum):
    results = hum_song(hum).results
    job = first_job(hum)

    def make(samples, packages=("pytest",), progress=silent, device=CPU, **sound):
        def generate(job, progress):
            assert not record_path(results, job.name).exists()
            return GeneratedAudio(samples, **sound)

        loaded = LoadedModel(generate, device, "float32", packages, seconds=1.25)
        ((answered, take),) = generate_takes([job], loaded, {"text": "a" * 64}, results, progress)
        assert answered == job
        return take

    return make, results, job.name


def test_a_take_is_what_its_record_says(making):
    make, results, name = making
    take = make(SILENCE, warnings=("short",), details={"windows": 2})
    assert read_record(record_path(results, name)) == take
    assert TakeStore(results, take.job.song).is_whole(take)
    assert (take.wav.frames, take.wav.channels, take.wav.sample_rate) == (8000, 1, 8000)
    assert (take.warnings, take.details, take.weights["text"]) == (
        ("short",), {"windows": 2}, "a" * 64,
    )  # fmt: skip
    assert (take.made.device, take.made.load_seconds, take.made.batch) == ("cpu", 1.25, 1)
    assert take.made.versions["pytest"] == pytest.__version__
    assert take.made.started.endswith("+00:00")


def test_what_a_model_says_of_a_job_is_in_the_record_and_is_no_warning(making, monkeypatch):
    make, results, name = making
    remarks = ("heard in the style: waltz", "ignored: <b>purple</b> | rain")
    talking = replace(MODELS["hum"], remarks=lambda job: remarks)
    monkeypatch.setitem(MODELS, "hum", talking)
    take = make(SILENCE, warnings=("short",))
    assert (take.remarks, take.warnings) == (remarks, ("short",))
    assert read_record(record_path(results, name)).remarks == remarks


def test_a_record_names_the_card_its_memory_and_why_it_is_no_faster_one(making):
    make, results, name = making
    card = Accelerator("Apple M2", "", "14.6", tf32_matmul=False, tf32_cudnn=True)
    note = "not made on cuda: too new; update"
    peaks = iter([3 << 30])
    device = SelectedDevice("mps", (note,), lambda: card, lambda: next(peaks))
    take = make(SILENCE, device=device, warnings=("short",))
    assert (take.made.device, take.made.accelerator) == ("mps", card)
    assert take.made.peak_graphics_bytes == 3 << 30
    assert (take.remarks, take.warnings) == ((note,), ("short",))
    assert read_record(record_path(results, name)) == take


@pytest.mark.parametrize("place", ["while it loads", "while it works"])
def test_what_is_noted_is_in_every_record_from_then_on(making, monkeypatch, capsys, place):
    monkeypatch.setattr("secondtake.core.generate._noted", {})
    make, *_ = making

    def work(*step):
        note("without CUDA graphs")

    if place == "while it loads":
        work()
    assert make(SILENCE, progress=work).remarks == ("without CUDA graphs",)
    assert capsys.readouterr().err == "note: without CUDA graphs\n"  # told once


def test_a_record_of_a_processor_names_no_card(making):
    make, *_ = making
    made = make(SILENCE).made
    assert (made.device, made.accelerator, made.peak_graphics_bytes) == ("cpu", None, 0)


def test_a_take_names_the_licences_that_it_was_made_under(making, monkeypatch):
    make, _, _ = making
    hum = MODELS["hum"]
    low = replace(hum.default, licence="CC-BY-NC 4.0")
    monkeypatch.setitem(MODELS, "hum", replace(hum, checkpoints=(low, *hum.checkpoints[1:])))
    assert make(SILENCE).licence == Licence(code="MIT", weights="CC-BY-NC 4.0")


@pytest.mark.parametrize(
    "samples", [np.zeros((8000, 2), "float32"), np.full((10, 1), np.nan, "float32"), SILENCE[:0]]
)
def test_a_sound_that_is_none_leaves_nothing(making, samples):
    make, results, name = making
    error = make(samples)
    assert isinstance(error, ModelError) and error.code == "bug"
    assert not record_path(results, name).exists() and not wav_path(results, name).exists()


def test_details_that_json_cannot_hold_leave_no_record(making):
    make, results, name = making
    assert isinstance(make(SILENCE, details={"loss": float("nan")}), ValueError)
    assert not record_path(results, name).exists()


def test_a_package_that_is_not_there_is_told_before_the_work(making):
    make, results, _ = making
    assert "no-such-package" in str(make(SILENCE, packages=("no-such-package",)))
    assert not results.exists()


def test_a_viewer_that_fails_fails_the_take_and_is_not_lost(making):
    make, _, _ = making

    def deaf(*step):
        raise BrokenPipeError

    assert isinstance(make(SILENCE, progress=deaf), BrokenPipeError)


@pytest.fixture
def batch(hum):
    """Three jobs, and a way to make them at once from what a page yields for them."""
    jobs = plan(hum_song(hum), Request(segments=(1,), takes=3))
    results = hum_song(hum).results

    def make(generate_batch):
        loaded = LoadedModel(None, CPU, "float32", batch=3, generate_batch=generate_batch)
        return generate_takes(jobs, loaded, {}, results, silent)

    return make, jobs, results


def exist(results, jobs):
    return [record_path(results, job.name).exists() for job in jobs]


def test_each_take_of_a_batch_exists_as_soon_as_it_sounds(batch):
    make, jobs, results = batch
    seen = []

    def backwards(jobs, progress):
        for job in reversed(jobs):
            yield job, GeneratedAudio(SILENCE)
            seen.append(exist(results, jobs))

    pairs = list(make(backwards))
    assert [job for job, _ in pairs] == list(reversed(jobs))
    assert seen == [[False, False, True], [False, True, True], [True, True, True]]
    takes = [take for _, take in pairs]
    assert all(read_record(record_path(results, take.job.name)) == take for take in takes)
    assert {take.made.batch for take in takes} == {3} and len({t.made.started for t in takes}) == 1
    assert [t.made.seconds for t in takes] == sorted(t.made.seconds for t in takes)


def test_whoever_waits_for_a_take_to_be_written_waits_until_it_is_answered_for(batch):
    _, jobs, results = batch
    writing, seen = Lock(), []

    def humming(jobs, progress):
        for job in jobs:
            seen.append(writing.locked())
            yield job, GeneratedAudio(SILENCE)

    loaded = LoadedModel(None, CPU, "float32", batch=3, generate_batch=humming)
    for _, take in generate_takes(jobs, loaded, {}, results, silent, writing):
        assert isinstance(take, Take) and writing.locked()
    assert seen == [False] * 3 and not writing.locked()


def test_the_marker_of_the_environment_is_read_once(monkeypatch):
    read_environment_marker.cache_clear()
    answers = iter(["old", "new"])
    monkeypatch.setattr("secondtake.core.generate.environment_lock_hash", lambda: next(answers))
    assert [read_environment_marker() for _ in range(2)] == ["old", "old"]
    read_environment_marker.cache_clear()


def test_the_error_of_one_job_stops_no_other(batch):
    make, jobs, results = batch

    def sulking(jobs, progress):
        yield from zip(
            jobs, (GeneratedAudio(SILENCE), REFUSAL, GeneratedAudio(SILENCE[:0])), strict=True
        )

    (_, first), (_, second), (_, third) = make(sulking)
    assert isinstance(first, Take) and second is REFUSAL and third.code == "bug"
    assert exist(results, jobs) == [True, False, False]


def test_what_it_raises_is_the_failure_of_all_that_it_has_not_yielded(batch):
    make, jobs, results = batch

    def breaking(jobs, progress):
        yield jobs[1], GeneratedAudio(SILENCE)
        raise MemoryError("of 8 GB")

    pairs = list(make(breaking))
    assert [job for job, _ in pairs] == [jobs[1], jobs[0], jobs[2]]
    assert isinstance(pairs[0][1], Take)
    assert pairs[1][1] is pairs[2][1] and isinstance(pairs[1][1], MemoryError)
    assert exist(results, jobs) == [False, True, False]


@pytest.mark.parametrize(
    ("places", "message"),
    [
        ([0, 1], "ended without an answer"),
        ([0, 0, 1, 2], "unasked"),
        ([], "ended without an answer"),
    ],
)
def test_a_page_that_leaves_out_or_repeats_a_job_is_a_bug_and_loses_no_take(batch, places, message):
    make, jobs, results = batch

    def forgetful(jobs, progress):
        for place in places:
            yield jobs[place], GeneratedAudio(SILENCE)

    answers = {job.name: take for job, take in make(forgetful)}
    assert set(answers) == {job.name for job in jobs}
    failed = [take for take in answers.values() if not isinstance(take, Take)]
    assert failed and all(error.code == "bug" and message in str(error) for error in failed)
    assert exist(results, jobs) == [isinstance(answers[job.name], Take) for job in jobs]


@pytest.mark.parametrize("size", [0, 2])
def test_a_batch_size_needs_a_way_to_do_it(size):
    with pytest.raises(ValueError, match=f"a batch of {size}"):
        LoadedModel(lambda job, progress: GeneratedAudio(SILENCE), CPU, "float32", batch=size)


def test_memory_is_counted_in_bytes():
    held = np.ones(64 << 20, "uint8")
    assert 64 << 20 < peak_memory_bytes() < 1 << 40 and held.any()
