"""A song of two segments that one recording holds, four models, and takes of any sound."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import soundfile
from tests.sounds import Sounds

from secondtake.core.checkout import CACHE_VARIABLE
from secondtake.core.files import sha256_of
from secondtake.core.plan import Request, list_jobs
from secondtake.core.project import Project
from secondtake.core.song import Song, load_song
from secondtake.core.takes import Provenance, Take, Wav, wav_path, write_record

SONG = """
title = "Played"
baseline = "data/baseline/song.wav"
[[segment]]
number = 7
kind = "instrumental"
title = "Intro"
seconds = 2
start = 0.5
end = 2
models = ["stable_audio", "musicgen", "sketch"]
[[segment]]
number = 10
kind = "chorus"
title = "Amor"
seconds = 2
start = 2
end = 3.5
lyrics = "Amor y código"
languages = ["es"]
models = ["bark", "sketch"]
"""
BASELINE_RATE = 32_000
CLICK = 2.25  # s into the baseline

MakeTake = Callable[..., Take]


@pytest.fixture
def own_cache(tmp_path: Path, project: Project, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache that holds nothing yet."""
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "own cache"))
    return project.cache


@pytest.fixture
def song(project: Project, own_cache: Path, sounds: type[Sounds]) -> Song:
    loaded = write_song(project, "played", SONG)
    assert loaded.baseline is not None
    samples = 0.7 * sounds.pink(4, BASELINE_RATE)
    samples[round(CLICK * BASELINE_RATE)] = 0.99
    write_sound(loaded.baseline.file, samples, BASELINE_RATE)
    return loaded


@pytest.fixture
def make(song: Song) -> MakeTake:
    """`write_take` of the song."""
    return partial(write_take, song)


def write_song(project: Project, name: str, text: str) -> Song:
    path = project.root / "songs" / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return load_song(path, project)


def write_sound(path: Path, samples: np.ndarray, rate: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, rate, subtype="FLOAT")


def write_take(
    song: Song, model: str, segment: int, samples: np.ndarray, rate: int = 24_000, take: int = 1
) -> Take:
    """Write samples, (frames,) or (frames, channels), as a take with its record."""
    jobs = list_jobs(song, Request(models=(model,), segments=(segment,), takes=take))
    job = next(job for job in jobs if job.take == take)
    path = wav_path(song.results, job.name)
    write_sound(path, samples, rate)
    channels = 1 if samples.ndim == 1 else samples.shape[1]
    size, sha256 = path.stat().st_size, sha256_of(path)
    wav = Wav(path.name, sha256, size, len(samples), channels, rate)
    made = Provenance("2026-01-01T00:00:00+00:00", 1.0, 0.0, "cpu", "float32", 1, "test", {})
    record = Take(job, "0" * 64, "1" * 64, {}, wav, made, (), {})
    write_record(song.results, record)
    return record
