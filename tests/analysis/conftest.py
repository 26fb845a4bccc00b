"""Sounds whose properties are known because they were made here, and a small project."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.sounds import Sounds, sounds

from secondtake.analysis.audio_io import as_audio
from secondtake.analysis.features.corpus import Piece, ReferenceCorpus
from secondtake.analysis.features.extract import Features, extract_features
from secondtake.analysis.networks.neural_features import NeuralFeatures
from secondtake.core.checkout import CACHE_VARIABLE, ROOT_VARIABLE
from secondtake.core.files import sha256_of
from secondtake.core.plan import Request, plan
from secondtake.core.project import Project
from secondtake.core.registry.all_models import MODELS
from secondtake.core.song import Song, load_song
from secondtake.core.takes import Provenance, Take, Wav, wav_path, write_record
from secondtake.core.wav import write_wav

__all__ = ["sounds"]  # a fixture
RATE = 22_050
SONG = """
title = "Known | Sounds"
results = "results"
[[segment]]
number = 1
kind = "instrumental"
title = "Click & *Chord*"
seconds = 6
models = ["sketch", "stable_audio"]
baseline = "data/baseline/one.wav"
"""


class NoNetworks:
    """Neural features that are empty: for what is measured without a network, and in no time."""

    def extract(self, samples: np.ndarray, starts: np.ndarray) -> dict[str, np.ndarray]:
        nothing = np.full(len(starts), np.nan)
        voice = dict.fromkeys(("speech", "voiced", "pitch", "spread"), nothing)
        return {"embedding": np.zeros((len(starts), 753)), **voice}


@pytest.fixture(scope="session")
def features() -> Callable[[np.ndarray], Features]:
    """The features of samples at 22 050 Hz, (frames,) or (frames, channels), unheard."""
    return lambda samples: extract_features(as_audio(samples, RATE), NoNetworks())


@pytest.fixture(scope="session")
def heard(shared_cache: Path) -> Callable[[np.ndarray], Features]:
    """The features of samples at 22 050 Hz, with what the networks hear."""
    networks = NeuralFeatures(shared_cache / "converted")
    return lambda samples: extract_features(as_audio(samples, RATE), networks)


@pytest.fixture(scope="session")
def calibration(features: Callable[[np.ndarray], Features]) -> ReferenceCorpus:
    """18 pieces of other "music", two albums: clicks and chords at other tempi and pitches."""
    return ReferenceCorpus.of(
        [
            Piece(
                f"piece {place}",
                f"album {place % 2}",
                features(
                    sounds.clicks(58 + 3 * place, 15)
                    + sounds.chord((45 + place, 49 + place, 57 + place), 15)
                    + sounds.pink(15, RATE, seed=place) * np.float32(0.008 * place)
                ),
            )
            for place, sounds in enumerate([Sounds] * 18)
        ]
    )


@pytest.fixture(scope="session")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache for all tests: its entries are named by what they were made from."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def project(tmp_path: Path, shared_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project with one song of one segment, for two models, and no takes."""
    (tmp_path / "songs").mkdir()
    (tmp_path / "noxfile.py").touch()
    (tmp_path / "songs" / "known.toml").write_text(SONG, encoding="utf-8")
    monkeypatch.setenv(ROOT_VARIABLE, str(tmp_path))
    monkeypatch.setenv(CACHE_VARIABLE, str(shared_cache))
    return Project(tmp_path)


@pytest.fixture
def song(project: Project) -> Song:
    return load_song(project.root / "songs" / "known.toml", project)


@pytest.fixture
def make_take(song: Song) -> Callable[[str, np.ndarray], Take]:
    """Write samples, (frames,) or (frames, 2) at 44 100 Hz, as a take of segment 1 with record."""

    def make(model: str, samples: np.ndarray) -> Take:
        job = next(job for job in plan(song, Request(models=(model,))))
        path = wav_path(song.results, job.name)
        stereo = samples if samples.ndim == 2 else np.stack([samples, samples], axis=1)
        write_wav(path, stereo, MODELS[model].sample_rate)
        wav = Wav(
            path.name,
            sha256_of(path),
            path.stat().st_size,
            len(samples),
            2,
            MODELS[model].sample_rate,
        )
        made = Provenance("2026-01-01T00:00:00+00:00", 1.0, 0.0, "cpu", "float32", 1, "test", {})
        take = Take(job, "0" * 64, "1" * 64, {}, wav, made, (), {})
        write_record(song.results, take)
        return take

    return make
