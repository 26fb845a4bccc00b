"""The generation loop: generate, write the wav, write the record; one job or a batch of them."""

import platform
import resource
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol

from secondtake.core.environ import environment_lock_hash
from secondtake.core.errors import ModelError
from secondtake.core.files import sha256_of
from secondtake.core.jobs import Job, inputs_hash
from secondtake.core.registry.all_models import MODELS
from secondtake.core.take_files import store_new
from secondtake.core.takes import Accelerator, Licence, Provenance, Take, Wav, takes_folder
from secondtake.core.wav import write_wav
from secondtake.core.weights import Weights

STATUS = Path("/proc/self/status")

Progress = Callable[[str, int, int], None]  # phase, done, total (0: unknown)


@dataclass(frozen=True)
class GeneratedAudio:
    """A model's answer to a job."""

    samples: Any  # numpy (frames, channels) float32 in ±1
    warnings: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)
    dtype: str = ""  # of the computation, where that is not the same for every job


_noted: dict[str, None] = {}  # by this process, in order


def note(sentence: str) -> None:
    """Tell of something that holds as long as this process: a CUDA graph that is not used.

    It goes to the log, and into the remarks of every take that is written from now on.
    """
    if sentence not in _noted:
        _noted[sentence] = None
        print(f"note: {sentence}", file=sys.stderr, flush=True)


class GenerateFn(Protocol):
    """A loaded model: job in, audio out. Raises ModelError for what it expects to go wrong."""

    def __call__(self, job: Job, progress: Progress) -> GeneratedAudio: ...


class GenerateBatchFn(Protocol):
    """A loaded model that does several jobs at once, and one as well.

    Yields every job once, in any order, as soon as its audio or its error is there; the others
    go on. An error that it raises fails every job that it has not yielded.
    """

    def __call__(
        self, jobs: Sequence[Job], progress: Progress
    ) -> Iterator[tuple[Job, GeneratedAudio | ModelError]]: ...


@dataclass(frozen=True)
class SelectedDevice:
    """A device that works, and what records say of it: asked when a take is written."""

    name: str  # cpu, cuda, cuda:1, mps
    notes: tuple[str, ...] = ()  # why it is none that would be faster
    accelerator: Callable[[], Accelerator] | None = None  # None: the processor
    peak_bytes: Callable[[], int] = int  # of its own memory, until now


CPU = SelectedDevice("cpu")


@dataclass(frozen=True)
class LoadedModel:
    """A model in memory, ready for its jobs."""

    generate: GenerateFn | None  # None: it has generate_batch
    device: SelectedDevice
    dtype: str
    packages: tuple[str, ...] = ()  # whose versions the record names
    seconds: float = 0.0  # of loading
    batch: int = 1  # jobs at once, at most
    generate_batch: GenerateBatchFn | None = None  # instead of `generate`; given single jobs too

    def __post_init__(self) -> None:
        if (self.generate is None) == (self.generate_batch is None):
            raise ValueError("a model has either generate or generate_batch")
        if self.batch < 1 or (self.batch > 1 and self.generate_batch is None):
            raise ValueError(f"a batch of {self.batch}: more than one needs generate_batch")


class LoadFn(Protocol):
    """A script's function that loads a checkpoint. ModelError if it cannot."""

    def __call__(self, checkpoint: str, device: str, weights: Weights) -> LoadedModel: ...


def generate_takes(
    jobs: Sequence[Job],
    loaded: LoadedModel,
    weights: Mapping[str, str],
    results: Path,
    progress: Progress,
    writing: AbstractContextManager[Any] | None = None,
) -> Iterator[tuple[Job, Take | Exception]]:
    """Make the takes of one batch; each is written, wav and then record, once it is generated.

    Yields every job once, in the order in which they end, with its take or its error: ModelError
    if the model cannot, OSError if the disk cannot, anything for a bug. The error of one job
    stops no other. The jobs differ in their names. `writing` is entered while a take is written,
    and left when the next one is asked for.
    """
    waiting = {job.name: job for job in jobs}
    try:
        batch = _Batch(len(jobs), loaded, weights, results)
        for job, audio in _generate(jobs, loaded, progress):
            if waiting.pop(job.name, None) is None:
                raise ModelError("bug", f"the model's script answers for {job.name} unasked")
            with writing or nullcontext():
                made = audio if isinstance(audio, ModelError) else batch.save(job, audio, progress)
                yield job, made
        if waiting:
            raise ModelError("bug", "the model's script ended without an answer for this job")
    except Exception as error:
        for job in waiting.values():
            yield job, error


def _generate(
    jobs: Sequence[Job], loaded: LoadedModel, progress: Progress
) -> Iterator[tuple[Job, GeneratedAudio | ModelError]]:
    if loaded.generate_batch is not None:
        yield from loaded.generate_batch(jobs, progress)
    elif loaded.generate is not None:
        (job,) = jobs  # a model without batches is given one job at a time
        yield job, loaded.generate(job, progress)


@cache
def read_environment_marker() -> str:
    """The sha256 of the lock of this process's environment, as it was when it was first asked for.

    What is built while the process runs made none of what it holds in memory.
    """
    return environment_lock_hash()


class _Batch:
    """The facts that the records of one batch share."""

    def __init__(
        self, size: int, loaded: LoadedModel, weights: Mapping[str, str], results: Path
    ) -> None:
        self.size, self.loaded, self.weights, self.results = size, loaded, weights, results
        self.lock = read_environment_marker()
        # A wrong package name in a script fails before the work.
        packages = {name: metadata.version(name) for name in loaded.packages}
        self.versions = {"python": platform.python_version(), **packages}
        self.started, self._clock = datetime.now(UTC), time.monotonic()

    def save(self, job: Job, audio: GeneratedAudio, progress: Progress) -> Take | Exception:
        """The take, written; or the error that prevents it."""
        try:
            progress("writing", 0, 0)
            return self._write(job, audio)
        except Exception as error:
            return error

    def _write(self, job: Job, audio: GeneratedAudio) -> Take:
        model = MODELS[job.model]
        if audio.samples.ndim == 2 and (channels := audio.samples.shape[1]) != model.channels:
            raise ModelError("bug", f"{model.title} made {channels} channels, not {model.channels}")
        aside = takes_folder(self.results) / f".{job.name}.new.part"
        try:
            warnings = (*audio.warnings, *write_wav(aside, audio.samples, model.sample_rate))
            return store_new(self.results, self._take(job, audio, warnings, aside), aside)
        finally:
            aside.unlink(missing_ok=True)

    def _take(self, job: Job, audio: GeneratedAudio, warnings: tuple[str, ...], wav: Path) -> Take:
        model, device = MODELS[job.model], self.loaded.device
        frames, channels = map(int, audio.samples.shape)
        size, rate = wav.stat().st_size, model.sample_rate
        return Take(
            job=job,
            inputs_hash=inputs_hash(job, self.lock, self.weights),
            lock_sha256=self.lock,
            weights=self.weights,
            wav=Wav(f"{job.name}.wav", sha256_of(wav), size, frames, channels, rate),
            made=Provenance(
                started=self.started.isoformat(timespec="seconds"),
                seconds=round(time.monotonic() - self._clock, 3),
                load_seconds=round(self.loaded.seconds, 3),
                device=device.name,
                dtype=audio.dtype or self.loaded.dtype,
                peak_memory_bytes=peak_memory_bytes(),
                platform=f"{platform.system()} {platform.machine()}",
                versions=self.versions,
                batch=self.size,
                peak_graphics_bytes=device.peak_bytes(),
                accelerator=device.accelerator() if device.accelerator else None,
            ),
            warnings=warnings,
            details=audio.details,
            licence=Licence(model.code_licence, model.checkpoint(job.checkpoint).licence),
            remarks=(*job.remarks, *device.notes, *_noted),
        )


def peak_memory_bytes() -> int:
    """The peak resident set of this process."""
    try:  # on Linux, getrusage begins with the peak of the process that started this one
        facts = dict(line.split(":", 1) for line in STATUS.read_text().splitlines())
        return int(facts["VmHWM"].split()[0]) * 1024
    except (OSError, ValueError, KeyError):
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024  # macOS counts bytes, others KiB
