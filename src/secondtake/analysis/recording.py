"""A recording of the song, a take or a baseline: read when needed, its features computed once.

`pack` writes features as bytes, for the cache: quick to read, because a song has hundreds of takes.
First come the figures of the whole recording and the number of windows as float64, then every field
of windows as float32, each (windows, width) as it lies in memory.
"""

import json
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import cache as once
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from secondtake.analysis.audio_io import Audio, AudioError, as_audio, read
from secondtake.analysis.cache import Cache
from secondtake.analysis.dsp.first_study import FirstStudyRow, first_study_row, pink_noise
from secondtake.analysis.features.extract import FIELDS, ROWS, Features, extract_features
from secondtake.analysis.networks.neural_features import NeuralFeatures
from secondtake.core.files import sha256_of
from secondtake.core.serialization import from_dict

WHOLE = tuple(name for name in FIELDS if name not in ROWS)
NOISE_SECONDS = 12.0


def pack(features: Features) -> bytes:
    """Features -> bytes."""
    head = [getattr(features, name) for name in WHOLE] + [features.windows]
    rows = [getattr(features, name).astype("<f4").tobytes() for name in ROWS]
    return b"".join([np.array(head, dtype="<f8").tobytes(), *rows])


def unpack(packed: bytes) -> Features:
    """Bytes -> the features that were packed; their arrays cannot be written to."""
    head = np.frombuffer(packed, dtype="<f8", count=len(WHOLE) + 1)
    windows = int(head[-1])
    sizes = [windows * math.prod(shape) for shape in ROWS.values()]
    values = np.frombuffer(packed, dtype="<f4", offset=head.nbytes, count=sum(sizes))
    parts = np.split(values, np.cumsum(sizes)[:-1])
    rows: dict[str, Any] = {
        name: part.reshape(windows, *shape)
        for (name, shape), part in zip(ROWS.items(), parts, strict=True)
    }
    return Features(**dict(zip(WHOLE, head[:-1].tolist(), strict=True)), **rows)


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
        """The facts that decide the sound: the file's hash and the stretch."""
        return [self.sha256 or sha256_of(self.path), self.start, self.end]

    @cached_property
    def audio(self) -> Audio:
        """The decoded samples; AudioError also for NaN and infinity, which poison every mean."""
        audio = read(self.path, self.start, self.end)
        if not len(audio.samples) or not np.isfinite(audio.samples).all():
            raise AudioError(f"{self.path}: empty, or holds NaN or infinity; verify says more")
        return audio

    @cached_property
    def features(self) -> Features:
        """The input of the metrics. ModelError if a network's package is not installed."""
        networks = neural_features(self.cache.folder / "converted")

        def extract() -> bytes:
            return pack(extract_features(self.audio, networks))

        return unpack(self.cache.bytes_of("features", self.identity, extract))

    @cached_property
    def naive(self) -> FirstStudyRow:
        """The first study's row; librosa is imported for it, so only who shows it asks for it."""
        return _cached_row(self.cache, self.identity, lambda: self.audio)

    @property
    def is_measured(self) -> bool:
        """True if the features are in the cache."""
        return self.cache.holds("features", self.identity)

    def measure(self) -> None:
        """Put the features into the cache."""
        _ = self.features

    def fresh(self) -> "Recording":
        """The same recording, of which nothing but its identity is held in memory."""
        return replace(self, sha256=self.identity[0])


@once
def neural_features(folder: Path) -> NeuralFeatures:
    """The same for all recordings of a process: the networks are loaded once."""
    return NeuralFeatures(folder)


def pink_noise_row(cache: Cache, sample_rate: int) -> FirstStudyRow:
    """The first study's row for pink noise at a file's sample rate."""

    def noise() -> Audio:
        return as_audio(pink_noise(NOISE_SECONDS, sample_rate), sample_rate)

    return _cached_row(cache, ["pink noise", sample_rate], noise)


def _cached_row(cache: Cache, identity: list[Any], audio: Callable[[], Audio]) -> FirstStudyRow:
    row = cache.bytes_of(
        "naive", identity, lambda: json.dumps(asdict(first_study_row(audio()))).encode()
    )
    return from_dict(FirstStudyRow, json.loads(row))
