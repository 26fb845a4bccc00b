"""A recording of the song, a take or a baseline: read when needed, described once."""

import io
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from secondtake.files import sha256_of
from secondtake_analysis import features, naive, noise
from secondtake_analysis.audio import Audio, AudioError, read
from secondtake_analysis.cache import Cache

NOISE_SECONDS = 12.0


@dataclass(frozen=True)
class Recording:
    """A file, or its stretch from `start` to `end` seconds. AudioError where it cannot be read."""

    path: Path
    label: str
    cache: Cache
    start: float | None = None
    end: float | None = None

    @cached_property
    def identity(self) -> list[Any]:
        """What decides the sound: the file's hash and the stretch."""
        return [sha256_of(self.path), self.start, self.end]

    @cached_property
    def audio(self) -> Audio:
        """The decoded samples; AudioError also for NaN and infinity, which poison every mean."""
        audio = read(self.path, self.start, self.end)
        if not len(audio.samples) or not np.isfinite(audio.samples).all():
            raise AudioError(f"{self.path}: empty, or holds NaN or infinity; verify says more")
        return audio

    @cached_property
    def features(self) -> features.Features:
        """What the calibrated metrics see."""
        packed = self.cache.bytes_of(
            "features", self.identity, lambda: _pack(features.describe(self.audio))
        )
        return _unpack(packed)

    @cached_property
    def naive(self) -> naive.Naive:
        """The first study's row."""
        return _naive(self.cache, self.identity, lambda: self.audio)


def noise_features(cache: Cache) -> features.Features:
    """What the calibrated metrics see of pink noise."""

    def make() -> bytes:
        return _pack(noise.pink_features())

    return _unpack(cache.bytes_of("features", ["pink noise"], make))


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


def _pack(described: features.Features) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **{name: getattr(described, name) for name in features.FIELDS})
    return file.getvalue()


def _unpack(packed: bytes) -> features.Features:
    with np.load(io.BytesIO(packed), allow_pickle=False) as stored:
        values = {name: stored[name] for name in features.FIELDS}
    return features.Features(
        **{name: value.item() if value.ndim == 0 else value for name, value in values.items()}
    )
