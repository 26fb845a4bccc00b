"""A recording of the song, a take or a baseline: read when needed, described once.

Features as bytes, for the cache: quick to read, because a song has hundreds of takes.

The figures of the whole recording and the number of windows as float64, then every field of
windows as float32, each (windows, width) as it lies in memory.
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

from secondtake.analysis.audio_io import Audio, AudioError, read
from secondtake.analysis.cache import Cache
from secondtake.analysis.dsp import first_study
from secondtake.analysis.dsp import first_study as naive
from secondtake.analysis.features import extract as features
from secondtake.analysis.features.extract import FIELDS, ROWS, Features
from secondtake.analysis.networks.neural_features import Ears
from secondtake.core.files import sha256_of

WHOLE = tuple(name for name in FIELDS if name not in ROWS)
WIDTHS = tuple(math.prod(shape) for shape in ROWS.values())


def pack(described: Features) -> bytes:
    """Features -> bytes."""
    head = [getattr(described, name) for name in WHOLE] + [described.windows]
    fields = [getattr(described, name).astype("<f4").tobytes() for name in ROWS]
    return b"".join([np.array(head, dtype="<f8").tobytes(), *fields])


def unpack(packed: bytes) -> Features:
    """Bytes -> the features that were packed; their arrays cannot be written to."""
    head = np.frombuffer(packed, dtype="<f8", count=len(WHOLE) + 1)
    windows = int(head[-1])
    sizes = [windows * width for width in WIDTHS]
    values = np.frombuffer(packed, dtype="<f4", offset=head.nbytes, count=sum(sizes))
    parts = np.split(values, np.cumsum(sizes)[:-1])
    rows = {
        name: part.reshape(windows, *shape)
        for (name, shape), part in zip(ROWS.items(), parts, strict=True)
    }
    return Features(**dict(zip(WHOLE, head[:-1].tolist(), strict=True)), **rows)


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
        return first_study.as_audio(first_study.pink(NOISE_SECONDS, sample_rate), sample_rate)

    return _naive(cache, ["pink noise", sample_rate], make)


def _naive(cache: Cache, identity: list[Any], audio: Callable[[], Audio]) -> naive.Naive:
    packed = cache.bytes_of(
        "naive", identity, lambda: json.dumps(asdict(naive.describe(audio()))).encode()
    )
    values = json.loads(packed)
    return naive.Naive(
        **{key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
    )
