"""Takes: a finished wav and the record beside it, which makes it exist.

The wav is written first, the record last; a wav without a record is the rest of an
interrupted run, and no one reads it. docs/record-format.md describes the record.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from secondtake.core.errors import UserError
from secondtake.core.files import sha256_of, write_json
from secondtake.core.jobs import Job
from secondtake.core.serialization import shaped

FORMAT = 1
# What the first records do not say: every take was made by itself, and under which licences.
ALONE = {"batch": 1}
UNSAID = {"licence": {"code": "", "weights": ""}}


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
class Making:
    """How a take came about."""

    started: str  # ISO 8601, UTC
    seconds: float  # from the start of its batch until its sound was written, without loading
    load_seconds: float
    device: str
    dtype: str
    peak_memory_bytes: int
    platform: str
    versions: Mapping[str, str]
    batch: int = 1  # takes that were made at once, this one among them


@dataclass(frozen=True)
class Licence:
    """Under which terms a take was made; secondtake.core.licences knows what they say."""

    code: str = ""  # of the model's own code
    weights: str = ""  # of the checkpoint; "" if it has no weights, or for a record that is older


@dataclass(frozen=True)
class Take:
    """A record: what was asked, what was made, and how."""

    job: Job
    inputs_hash: str
    lock_sha256: str
    weights: Mapping[str, str]
    wav: Wav
    made: Making
    warnings: tuple[str, ...]
    details: Mapping[str, Any]  # what the model's page has to say, e.g. Bark's windows
    licence: Licence = Licence()

    def to_json(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "job": self.job.to_json(),
            "honoured": self.job.honoured,
            "ignored": self.job.ignored,
            "inputs_hash": self.inputs_hash,
            "lock_sha256": self.lock_sha256,
            "weights": dict(self.weights),
            "licence": asdict(self.licence),
            "wav": {**asdict(self.wav), "seconds": round(self.wav.seconds, 6)},
            "made": asdict(self.made),
            "warnings": list(self.warnings),
            "details": dict(self.details),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Take":
        """The take of `to_json`.

        ValueError, KeyError, TypeError or AttributeError if `value` is none.
        """
        if value["format"] != FORMAT:
            raise ValueError(f"record format {value['format']}, expected {FORMAT}")
        value = {**UNSAID, **value}
        derived = {"format", "honoured", "ignored"}
        wav = {key: fact for key, fact in value["wav"].items() if key != "seconds"}
        parts = {
            "job": Job.from_json(value["job"]),
            "licence": shaped(Licence, value["licence"]),
            "wav": shaped(Wav, wav),
            "made": shaped(Making, {**ALONE, **value["made"]}),
        }
        return shaped(cls, {k: parts.get(k, v) for k, v in value.items() if k not in derived})


def takes_folder(results: Path) -> Path:
    return results / "local_models"


def wav_path(results: Path, name: str) -> Path:
    return takes_folder(results) / f"{name}.wav"


def record_path(results: Path, name: str) -> Path:
    return takes_folder(results) / f"{name}.json"


def write_record(results: Path, take: Take) -> Path:
    path = record_path(results, take.job.name)
    write_json(path, take.to_json())
    return path


def read_record(path: Path) -> Take:
    """Read one record. UserError names the file if it is damaged or of another format."""
    try:
        take = Take.from_json(json.loads(path.read_text(encoding="utf-8")))
        if take.job.name != path.stem:
            raise ValueError(f"it describes {take.job.name}")
        if take.wav.sample_rate < 1:
            raise ValueError("it has no sample rate")
        return take
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UserError(
            f"{path}: not a record of a take ({type(error).__name__}: {error}); delete it to have "
            "the take made again"
        ) from None


def all_takes(results: Path) -> Iterator[Take]:
    """Every take of a song, by segment, model and number. UserError for a damaged record."""
    records = [read_record(path) for path in takes_folder(results).glob("*.json")]
    yield from sorted(records, key=lambda t: (t.job.segment, t.job.model, t.job.take))


def work_seconds(takes: Iterable[Take]) -> float:
    """The seconds of work in these takes, without loading: a batch counts once, to its last."""
    batches: dict[object, float] = {}
    for place, take in enumerate(takes):
        made = take.made
        batch = (take.job.model, made.started, made.batch) if made.batch > 1 else place
        batches[batch] = max(batches.get(batch, 0.0), made.seconds)
    return sum(batches.values())


def wav_is_whole(results: Path, take: Take) -> bool:
    """Whether the wav is there and is, byte for byte, what the record says."""
    path = wav_path(results, take.job.name)
    if not path.is_file() or path.stat().st_size != take.wav.bytes:
        return False
    return sha256_of(path) == take.wav.sha256
