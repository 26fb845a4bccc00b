"""Takes: a finished wav and the record beside it, which makes it exist (docs/record-format.md).

The wav is written first, the record last; a wav without a record is the rest of an interrupted run.
The current take of a job has the job's name; an earlier one, made of other inputs, adds the first
digits of its wav's hash: bark_segment10_chorus_3f9a2c1d.
"""

import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from secondtake.core.errors import UserError
from secondtake.core.jobs import Job
from secondtake.core.serialization import (
    CHECKSUM,
    JsonFileError,
    from_dict,
    read_checked,
    write_checked,
)
from secondtake.core.song import KINDS
from secondtake.core.wav import HEADER_BYTES

FORMAT = 2  # 1 had no checksum
SAMPLE_BYTES = 2
MAX_TAKES = 99  # of a segment by a model: numbers of two digits
EDIT_NUMBERS = range(101, 200)  # of repaints and covers, so that they shift no number of a plan
HASH_DIGITS = 8  # of a wav's sha256, in the name of an earlier take
SHA256 = re.compile("[0-9a-f]{64}")
NAME = re.compile(
    rf"(?P<model>[a-z][a-z0-9_]*)_segment(?P<segment>[0-9]+)_(?P<kind>{'|'.join(sorted(KINDS))})"
    rf"(?:_take(?P<take>[2-9]|[1-9][0-9]|10[1-9]|1[1-9][0-9]))?(?:_(?P<hash>[0-9a-f]{{{HASH_DIGITS}}}))?",
    re.ASCII,
)


@dataclass(frozen=True)
class Wav:
    """The audio file of a take."""

    file: str
    sha256: str
    bytes: int
    frames: int
    channels: int
    sample_rate: int  # Hz

    @property
    def seconds(self) -> float:
        return self.frames / self.sample_rate


@dataclass(frozen=True)
class Accelerator:
    """A device beside the processor, and how it multiplied float32 when a take was made."""

    name: str  # NVIDIA GeForce RTX 4090, Apple M2
    capability: str  # CUDA's number of what it can do: 8.9; "" for others
    driver: str  # its version; macOS's for Apple's; "" if nobody says
    tf32_matmul: bool  # True: products of float32 are rounded to 10 bits of mantissa
    tf32_cudnn: bool  # the same of convolutions


@dataclass(frozen=True)
class Provenance:
    """The circumstances of a take's making."""

    started: str  # ISO 8601, UTC
    seconds: float  # from the start of its batch until its wav was written, without loading
    load_seconds: float
    device: str
    dtype: str
    peak_memory_bytes: int
    platform: str
    versions: Mapping[str, str]
    batch: int = 1  # takes that were made at once, this one among them
    peak_graphics_bytes: int = 0  # of the accelerator's memory; 0 on a processor
    accelerator: Accelerator | None = None  # None on a processor
    engine: str = "local"  # where its worker ran: on this machine, or by ray on one of a cluster


@dataclass(frozen=True)
class Licence:
    """The licences of a take's model; secondtake.core.licences explains them."""

    code: str = ""  # of the model's own code
    weights: str = ""  # of the checkpoint; "" if it has no weights, or for a record that is older


@dataclass(frozen=True)
class Take:
    """A record: the job, its result, and its provenance."""

    job: Job
    inputs_hash: str
    lock_sha256: str
    weights: Mapping[str, str]
    wav: Wav
    made: Provenance
    warnings: tuple[str, ...]
    details: Mapping[str, Any]  # by the model, e.g. Bark's windows
    licence: Licence = Licence()
    remarks: tuple[str, ...] = ()  # what the model heeded, changed or left out of the job, in words

    @property
    def name(self) -> str:
        """The stem of its wav and its record: the job's name, or an earlier take's."""
        return self.wav.file.removesuffix(".wav")

    @property
    def earlier_name(self) -> str:
        """The name that it has, or would have, as an earlier take."""
        return f"{self.job.name}_{self.wav.sha256[:HASH_DIGITS]}"

    @property
    def is_earlier(self) -> bool:
        """True if another take has, or had, the job's name."""
        return self.name != self.job.name

    @property
    def label(self) -> str:
        """Short for its name, among the takes of one segment and model: take 2, take 3f9a2c1d."""
        digits = self.wav.sha256[:HASH_DIGITS] if self.is_earlier else self.job.take
        return f"take {digits}"

    def named(self, name: str) -> "Take":
        """The same take under another name."""
        return replace(self, wav=replace(self.wav, file=f"{name}.wav"))

    def to_json(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "job": self.job.to_json(),
            "honoured": self.job.used_inputs,
            "ignored": self.job.unused_inputs,
            "inputs_hash": self.inputs_hash,
            "lock_sha256": self.lock_sha256,
            "weights": dict(self.weights),
            "licence": asdict(self.licence),
            "wav": {**asdict(self.wav), "seconds": round(self.wav.seconds, 6)},
            "made": asdict(self.made),
            "warnings": list(self.warnings),
            "remarks": list(self.remarks),
            "details": dict(self.details),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Take":
        """The take of `to_json`; one of SHAPE_ERRORS if `value` is none."""
        derived = {CHECKSUM, "format", "honoured", "ignored"}
        wav = {key: item for key, item in value["wav"].items() if key != "seconds"}
        # The first records have no batch, as every take was made by itself, and no licence; nor
        # have they remarks, the meter of a song, an engine, or anything about an accelerator.
        record = {"licence": asdict(Licence()), "remarks": [], **value, "wav": wav}
        made = {"batch": 1, "peak_graphics_bytes": 0, "accelerator": None, "engine": "local"}
        record["made"] = {**made, **value["made"]}
        record["job"] = {"meter": "", **value["job"]}
        return from_dict(cls, {key: item for key, item in record.items() if key not in derived})


def takes_folder(results: Path) -> Path:
    return results / "local_models"


def wav_path(results: Path, name: str) -> Path:
    return takes_folder(results) / f"{name}.wav"


def record_path(results: Path, name: str) -> Path:
    return takes_folder(results) / f"{name}.json"


def write_record(results: Path, take: Take) -> Path:
    return write_record_in(takes_folder(results), take)


def write_record_in(folder: Path, take: Take) -> Path:
    """Write a take's record into the folder of its wav."""
    path = folder / f"{take.name}.json"
    write_checked(path, take.to_json())
    return path


def read_record(path: Path) -> Take:
    """Read one record. UserError names the file if it is damaged or of another format."""

    def parse(value: Any) -> Take:
        take = Take.from_json(value)
        if path.stem not in (take.job.name, take.earlier_name):
            raise ValueError(f"it describes {take.job.name}")
        if take.wav.file != f"{path.stem}.wav":
            raise ValueError(f"it names the wav {take.wav.file}")
        wav, job, made = take.wav, take.job, take.made
        counts = wav.bytes, wav.frames, wav.channels, wav.sample_rate, job.take
        if min(*counts, made.batch) < 1 or job.seconds <= 0:
            raise ValueError("a number that is not positive")
        if value["format"] < FORMAT:
            _check_plausible(take, value["wav"]["seconds"])
        return take

    try:
        return read_checked(path, FORMAT, parse)
    except JsonFileError as error:
        discard = shlex.join(["invoke", "discard", path.stem, "--song", str(path.parents[1])])
        remedy = f"the next run of its job moves it away, and so does: {discard}"
        raise UserError(error.sentence(path, "a record of a take", remedy)) from None


def _check_plausible(take: Take, seconds: float) -> None:
    """ValueError for a record without a checksum whose values cannot all be true."""
    wav, made, job = take.wav, take.made, take.job
    if wav.bytes != HEADER_BYTES + SAMPLE_BYTES * wav.frames * wav.channels:
        raise ValueError(f"{wav.frames} frames of {wav.channels} channels in {wav.bytes} bytes")
    if seconds != round(wav.seconds, 6):
        raise ValueError(f"{seconds} seconds of {wav.frames} frames at {wav.sample_rate} Hz")
    peaks = made.peak_memory_bytes, made.peak_graphics_bytes
    if min(job.bpm, job.seed, made.seconds, made.load_seconds, *peaks) < 0:
        raise ValueError("a number that is negative")
    lock = filter(None, [take.lock_sha256])  # none outside of our environments
    hashes = (wav.sha256, take.inputs_hash, *lock, *take.weights.values())
    if not all(map(SHA256.fullmatch, hashes)):
        raise ValueError("a hash that is none")
    datetime.fromisoformat(made.started)


def work_seconds(takes: Iterable[Take]) -> float:
    """The seconds of work in these takes, without loading: a batch counts once, to its last."""
    batches: dict[object, float] = {}
    for place, take in enumerate(takes):
        size, started = take.made.batch, take.made.started
        batch = (take.job.model, started, size) if size > 1 else place
        batches[batch] = max(batches.get(batch, 0.0), take.made.seconds)
    return sum(batches.values())
