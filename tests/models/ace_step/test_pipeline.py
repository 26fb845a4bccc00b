"""Peaks as AceStepPipeline normalises them, and which jobs go together."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from secondtake.core.jobs import Job
from secondtake.core.registry.ace_step import ACE_STEP
from secondtake.models.ace_step.pipeline import PEAK_DBFS, batch_key, batch_size, normalise_peak

PEAK = 10 ** (PEAK_DBFS / 20)


def sound(peak: float) -> np.ndarray:
    """Noise of a peak, the loudest sample among those below zero."""
    noise = np.random.default_rng(1).uniform(-0.5, 0.5, (1000, 2)).astype(np.float32)
    noise[300, 1] = -1.0
    return noise * np.float32(peak)


@pytest.mark.parametrize("peak", [0.003, 0.5, 1.0, 1.7, 40.0])
def test_the_loudest_sample_comes_to_minus_one_decibel(peak: float) -> None:
    samples = sound(peak)
    normalised, gain_db = normalise_peak(samples)
    assert np.abs(normalised).max() == pytest.approx(PEAK, rel=1e-6)
    assert normalised.dtype == np.float32
    assert gain_db == pytest.approx(20 * np.log10(PEAK / peak), abs=1e-4)
    assert np.allclose(normalised, samples * 10 ** (gain_db / 20), atol=1e-6)


def test_nothing_is_made_of_silence() -> None:
    silence = np.zeros((100, 2), np.float32)
    normalised, gain_db = normalise_peak(silence)
    assert not normalised.any() and np.isfinite(gain_db)
    faint, _ = normalise_peak(sound(1e-9))
    assert np.abs(faint).max() < 0.01


def a_job(**changes: Any) -> Job:
    own = {key: changes.pop(key) for key in list(changes) if key not in Job.__dataclass_fields__}
    settings = ACE_STEP.settings(ACE_STEP.checkpoint("base"), {"cover": "", **own})
    job = Job(
        song="s", segment=18, kind="chorus", title="", model="ace_step", checkpoint="base",
        take=1, seed=1, seconds=14.0, prompt="bolero", style="", lyrics="La mar",
        languages=("es",), bpm=96.0, key="A minor", meter="3/4", settings=settings,
    )  # fmt: skip
    return replace(job, **changes)


def test_takes_of_one_text_go_together() -> None:
    assert batch_key(a_job()) == batch_key(a_job(seed=2, take=2, style="unused"))


@pytest.mark.parametrize(
    "change",
    [
        {"prompt": "tango"}, {"lyrics": "El mar"}, {"languages": ("it",)}, {"bpm": 97.0},
        {"key": "B minor"}, {"meter": "4/4"}, {"seconds": 14.01}, {"steps": 9}, {"shift": 2.0},
        {"guidance_scale": 5.0}, {"mode": "exact"}, {"dtype": "float32"},
    ],
)  # fmt: skip
def test_takes_that_differ_in_more_than_their_seed_do_not(change: dict[str, Any]) -> None:
    assert batch_key(a_job()) != batch_key(a_job(**change))


@pytest.mark.parametrize("task", ["repaint", "cover"])
def test_what_is_made_of_a_recording_goes_alone(task: str) -> None:
    source = {task: "data/song.wav@1-2@sha256:"}
    assert batch_key(a_job(**source)) != batch_key(a_job(**source, take=2))


def test_a_gpu_takes_four_at_once() -> None:
    assert [batch_size(device) for device in ("cpu", "mps", "cuda", "cuda:1")] == [1, 1, 4, 4]
