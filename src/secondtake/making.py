"""Making one take: generate, write the wav, write the record."""

import platform
import resource
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol

from secondtake.errors import ModelError
from secondtake.files import sha256_of
from secondtake.jobs import Job, inputs_hash
from secondtake.models import MODELS
from secondtake.surroundings import built_from
from secondtake.takes import Making, Take, Wav, wav_path, write_record
from secondtake.wav import write_wav
from secondtake.weights import Weights

Progress = Callable[[str, int, int], None]  # phase, done, total (0: unknown)


@dataclass(frozen=True)
class Sound:
    """What a model's page returns for a job."""

    samples: Any  # numpy (frames, channels) float32 in ±1
    warnings: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)


class Generate(Protocol):
    """A loaded model: job in, sound out. Raises ModelError for what it expects to go wrong."""

    def __call__(self, job: Job, progress: Progress) -> Sound: ...


@dataclass(frozen=True)
class Loaded:
    """A model in memory, ready for its jobs."""

    generate: Generate
    device: str  # cpu, cuda, cuda:1, mps
    dtype: str
    packages: tuple[str, ...] = ()  # whose versions the record names
    seconds: float = 0.0  # it took to load


class Load(Protocol):
    """A page's way to load a checkpoint. ModelError if it cannot."""

    def __call__(self, checkpoint: str, device: str, weights: Weights) -> Loaded: ...


def make_take(
    job: Job, loaded: Loaded, weights: Mapping[str, str], results: Path, progress: Progress
) -> Take:
    """Make one take and its record. ModelError if the model cannot; OSError if the disk cannot."""
    versions = _versions(loaded.packages)  # a page that names a wrong one is told before the work
    started, clock = datetime.now(UTC), time.monotonic()
    sound = loaded.generate(job, progress)
    progress("writing", 0, 0)
    path = wav_path(results, job.name)
    model = MODELS[job.model]
    if sound.samples.ndim == 2 and sound.samples.shape[1] != model.channels:
        made = sound.samples.shape[1]
        raise ModelError("bug", f"{model.title} made {made} channels, not {model.channels}")
    warnings = (*sound.warnings, *write_wav(path, sound.samples, model.sample_rate))
    lock = built_from()
    take = Take(
        job=job,
        inputs_hash=inputs_hash(job, lock, weights),
        lock_sha256=lock,
        weights=weights,
        wav=_describe(path, sound, model.sample_rate),
        made=_making(loaded, versions, started, time.monotonic() - clock),
        warnings=warnings,
        details=sound.details,
    )
    write_record(results, take)
    return take


def _describe(path: Path, sound: Sound, sample_rate: int) -> Wav:
    frames, channels = sound.samples.shape
    size = path.stat().st_size
    return Wav(path.name, sha256_of(path), size, int(frames), int(channels), sample_rate)


def _making(loaded: Loaded, versions: dict[str, str], started: datetime, seconds: float) -> Making:
    return Making(
        started=started.isoformat(timespec="seconds"),
        seconds=round(seconds, 3),
        load_seconds=round(loaded.seconds, 3),
        device=loaded.device,
        dtype=loaded.dtype,
        peak_memory_bytes=peak_memory_bytes(),
        platform=f"{platform.system()} {platform.machine()}",
        versions=versions,
    )


def _versions(packages: tuple[str, ...]) -> dict[str, str]:
    return {"python": platform.python_version(), **{p: metadata.version(p) for p in packages}}


def peak_memory_bytes() -> int:
    """The most memory that this process ever held (resident set)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # macOS counts bytes, Linux KiB
