"""Making takes: generate, write the wav, write the record; one at a time or several at once."""

import platform
import resource
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol

from secondtake.core.environ import built_from
from secondtake.core.errors import ModelError
from secondtake.core.files import sha256_of
from secondtake.core.jobs import Job, inputs_hash
from secondtake.core.registry.all_models import MODELS
from secondtake.core.takes import Licence, Making, Take, Wav, wav_path, write_record
from secondtake.core.wav import write_wav
from secondtake.core.weights import Weights

STATUS = Path("/proc/self/status")

Progress = Callable[[str, int, int], None]  # phase, done, total (0: unknown)


@dataclass(frozen=True)
class Sound:
    """What a model's page returns for a job."""

    samples: Any  # numpy (frames, channels) float32 in ±1
    warnings: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)
    dtype: str = ""  # what it was computed in, where that is not the same for every job


class Generate(Protocol):
    """A loaded model: job in, sound out. Raises ModelError for what it expects to go wrong."""

    def __call__(self, job: Job, progress: Progress) -> Sound: ...


class GenerateBatch(Protocol):
    """A loaded model that does several jobs at once, and one as well.

    Yields every job once, in any order, as soon as its sound is ready or its error known; the
    others go on. What it raises is the failure of every job that it has not yielded.
    """

    def __call__(
        self, jobs: Sequence[Job], progress: Progress
    ) -> Iterator[tuple[Job, Sound | ModelError]]: ...


@dataclass(frozen=True)
class Loaded:
    """A model in memory, ready for its jobs."""

    generate: Generate | None  # None: it has generate_batch
    device: str  # cpu, cuda, cuda:1, mps
    dtype: str
    packages: tuple[str, ...] = ()  # whose versions the record names
    seconds: float = 0.0  # it took to load
    batch: int = 1  # jobs that it works on at once, at most
    generate_batch: GenerateBatch | None = None  # instead of `generate`; given single jobs too

    def __post_init__(self) -> None:
        if (self.generate is None) == (self.generate_batch is None):
            raise ValueError("a model has either generate or generate_batch")
        if self.batch < 1 or (self.batch > 1 and self.generate_batch is None):
            raise ValueError(f"a batch of {self.batch}: more than one needs generate_batch")


class Load(Protocol):
    """A page's way to load a checkpoint. ModelError if it cannot."""

    def __call__(self, checkpoint: str, device: str, weights: Weights) -> Loaded: ...


def make_takes(
    jobs: Sequence[Job],
    loaded: Loaded,
    weights: Mapping[str, str],
    results: Path,
    progress: Progress,
) -> Iterator[tuple[Job, Take | Exception]]:
    """Make the takes of one batch, each written, wav and then record, as soon as it sounds.

    Yields every job once, in the order in which they end, with its take or with what went wrong:
    ModelError if the model cannot, OSError if the disk cannot, anything for a bug. The error of
    one job stops no other. The jobs differ in their names.
    """
    waiting = {job.name: job for job in jobs}
    try:
        batch = _Batch(len(jobs), loaded, weights, results)
        for job, sound in _sounds(jobs, loaded, progress):
            if waiting.pop(job.name, None) is None:
                raise ModelError("bug", f"the model's page answers for {job.name} unasked")
            if isinstance(sound, ModelError):
                yield job, sound
            else:
                yield job, batch.attempt(job, sound, progress)
        if waiting:
            raise ModelError("bug", "the model's page ended without an answer for this job")
    except Exception as error:
        for job in waiting.values():
            yield job, error


def _sounds(
    jobs: Sequence[Job], loaded: Loaded, progress: Progress
) -> Iterator[tuple[Job, Sound | ModelError]]:
    if loaded.generate_batch is not None:
        yield from loaded.generate_batch(jobs, progress)
    elif loaded.generate is not None:
        (job,) = jobs  # a model without batches is given one job at a time
        yield job, loaded.generate(job, progress)


class _Batch:
    """What the records of one batch have in common."""

    def __init__(
        self, size: int, loaded: Loaded, weights: Mapping[str, str], results: Path
    ) -> None:
        self.size, self.loaded, self.weights, self.results = size, loaded, weights, results
        self.lock = built_from()
        # A page that names a wrong package is told before the work.
        self.versions = {"python": platform.python_version()}
        self.versions |= {name: metadata.version(name) for name in loaded.packages}
        self.started, self._clock = datetime.now(UTC), time.monotonic()

    def attempt(self, job: Job, sound: Sound, progress: Progress) -> Take | Exception:
        """The take, written; or what stands in its way."""
        try:
            progress("writing", 0, 0)
            return self._write(job, sound)
        except Exception as error:
            return error

    def _write(self, job: Job, sound: Sound) -> Take:
        model = MODELS[job.model]
        if sound.samples.ndim == 2 and sound.samples.shape[1] != model.channels:
            made = sound.samples.shape[1]
            raise ModelError("bug", f"{model.title} made {made} channels, not {model.channels}")
        path = wav_path(self.results, job.name)
        warnings = (*sound.warnings, *write_wav(path, sound.samples, model.sample_rate))
        take = Take(
            job=job,
            inputs_hash=inputs_hash(job, self.lock, self.weights),
            lock_sha256=self.lock,
            weights=self.weights,
            wav=_describe(path, sound, model.sample_rate),
            made=self._making(sound.dtype or self.loaded.dtype),
            warnings=warnings,
            details=sound.details,
            licence=Licence(model.code_licence, model.checkpoint(job.checkpoint).licence),
        )
        write_record(self.results, take)
        return take

    def _making(self, dtype: str) -> Making:
        return Making(
            started=self.started.isoformat(timespec="seconds"),
            seconds=round(time.monotonic() - self._clock, 3),
            load_seconds=round(self.loaded.seconds, 3),
            device=self.loaded.device,
            dtype=dtype,
            peak_memory_bytes=peak_memory_bytes(),
            platform=f"{platform.system()} {platform.machine()}",
            versions=self.versions,
            batch=self.size,
        )


def _describe(path: Path, sound: Sound, sample_rate: int) -> Wav:
    frames, channels = sound.samples.shape
    size = path.stat().st_size
    return Wav(path.name, sha256_of(path), size, int(frames), int(channels), sample_rate)


def peak_memory_bytes() -> int:
    """The most memory that this process ever held (resident set)."""
    try:  # what getrusage says on Linux begins with the peak of whoever started the process
        facts = dict(line.split(":", 1) for line in STATUS.read_text().splitlines())
        return int(facts["VmHWM"].split()[0]) * 1024
    except (OSError, ValueError, KeyError):
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024  # macOS counts bytes, others KiB
