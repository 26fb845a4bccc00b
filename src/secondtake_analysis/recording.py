"""A recording of the song, a take or a baseline: read when needed, described once."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import cache as once
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from secondtake.files import sha256_of
from secondtake_analysis import features, noise
from secondtake_analysis.audio import Audio, AudioError, read
from secondtake_analysis.cache import Cache
from secondtake_analysis.listening.ears import Ears
from secondtake_analysis.naive import row as naive
from secondtake_analysis.packed import pack, unpack

NOISE_SECONDS = 12.0


@dataclass(frozen=True)
class Recording:
    """A file, or its stretch from `start` to `end` seconds. AudioError where it cannot be read."""

    path: Path
    label: str
    cache: Cache
    start: float | None = None
    end: float | None = None
    sha256: str = ""  # of the file, if somebody has just computed it

    @cached_property
    def identity(self) -> list[Any]:
        """What decides the sound: the file's hash and the stretch."""
        return [self.sha256 or sha256_of(self.path), self.start, self.end]

    @cached_property
    def audio(self) -> Audio:
        """The decoded samples; AudioError also for NaN and infinity, which poison every mean."""
        audio = read(self.path, self.start, self.end)
        if not len(audio.samples) or not np.isfinite(audio.samples).all():
            raise AudioError(f"{self.path}: empty, or holds NaN or infinity; verify says more")
        return audio

    @cached_property
    def features(self) -> features.Features:
        """What the calibrated metrics see. ModelError if a network's package is not installed."""

        def make() -> bytes:
            return pack(features.describe(self.audio, ears(self.cache.folder / "converted")))

        return unpack(self.cache.bytes_of("features", self.identity, make))

    @cached_property
    def naive(self) -> naive.Naive:
        """The first study's row."""
        return _naive(self.cache, self.identity, lambda: self.audio)

    @property
    def is_measured(self) -> bool:
        """Whether features and naive row are in the cache."""
        return self.cache.holds("features", self.identity) and self.cache.holds(
            "naive", self.identity
        )

    def measure(self) -> None:
        """Put features and naive row into the cache."""
        _ = self.features, self.naive

    def fresh(self) -> "Recording":
        """The same recording, of which nothing but its identity is held in memory."""
        return replace(self, sha256=self.identity[0])


@once
def ears(folder: Path) -> Ears:
    """One pair for all recordings of a process: the networks are loaded once."""
    return Ears(folder)


def naive_noise(cache: Cache, sample_rate: int) -> naive.Naive:
    """The first study's row for pink noise at a file's sample rate."""

    def make() -> Audio:
        return noise.as_audio(noise.pink(NOISE_SECONDS, sample_rate), sample_rate)

    return _naive(cache, ["pink noise", sample_rate], make)


def _naive(cache: Cache, identity: list[Any], audio: Callable[[], Audio]) -> naive.Naive:
    packed = cache.bytes_of(
        "naive", identity, lambda: json.dumps(asdict(naive.describe(audio()))).encode()
    )
    values = json.loads(packed)
    return naive.Naive(
        **{key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
    )
