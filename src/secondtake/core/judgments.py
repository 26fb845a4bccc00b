"""Judgments: what is asked of a judge, what it says of a recording, and where that is kept.

A judgment lies in <results>/judges/<judge>/<recording>.json, and in the project's cache by all that
decides it: the bytes of the recording, what the judge was told, its weights, its version and its
environment. So a recording is heard once, whatever it is called.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from secondtake.core.files import canonical
from secondtake.core.project import Project
from secondtake.core.serialization import JsonFileError, from_dict, read_checked, write_checked

FORMAT = 1
FOLDER = "judges"  # of a song's results
CACHE = "judgments"  # of the project's cache


@dataclass(frozen=True)
class JudgeJob:
    """The request for one judgment. Equal jobs on equal weights have equal judgments."""

    judge: str
    checkpoint: str
    recording: str  # the name of a take, or baseline_segment<number>
    file: str  # its whole path
    sha256: str  # of the file
    start: float | None = None  # the stretch of the file that is meant, in s; None: all
    end: float | None = None
    style: str = ""  # the words that were asked for, where the judge reads them
    languages: tuple[str, ...] = ()  # that may be sung, where the judge reads them
    damage: bool = False  # damaged copies of it are to be judged too

    @property
    def name(self) -> str:
        """The name of its judgment: the recording's, and a hash of the words that it is held to."""
        words = f"-{hashlib.sha256(self.style.encode()).hexdigest()[:8]}" if self.style else ""
        return self.recording + words

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "languages": list(self.languages)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "JudgeJob":
        """The job of `to_json`. TypeError if something is missing, foreign or of another type."""
        return from_dict(cls, value)

    def key(self, identity: Mapping[str, Any]) -> str:
        """One hash of all that decides its judgment. identity: of the judge, `JudgeIdentity`."""
        labels = ("recording", "file")
        facts = {name: value for name, value in self.to_json().items() if name not in labels}
        return hashlib.sha256(canonical([FORMAT, facts, dict(identity)]).encode()).hexdigest()


def judge_identity(version: int, weights: Mapping[str, str], lock_sha256: str) -> dict[str, Any]:
    """All of a judge that decides what it says. weights: the sha256 of each of its files."""
    return {"version": version, "weights": dict(weights), "lock_sha256": lock_sha256}


@dataclass(frozen=True)
class Reading:
    """A recording on one scale: a value for every window, and what its floor is made of.

    others: by what each is (a prompt, a kind of damage), values for the same windows.
    """

    values: tuple[float, ...]
    others: Mapping[str, tuple[float, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class TranscribedSpan:
    """The text of what was heard in one go, from `start` to `end` seconds."""

    start: float
    end: float
    language: str
    text: str


@dataclass(frozen=True)
class Judgment:
    """What a judge says of a recording."""

    windows: tuple[tuple[float, float], ...] = ()  # begin and end of each, in s
    scales: Mapping[str, Reading] = field(default_factory=dict)  # by the scale's name
    embeddings: tuple[tuple[float, ...], ...] = ()  # of the windows, (windows, dimensions)
    spans: tuple[TranscribedSpan, ...] = ()  # words


@dataclass(frozen=True)
class StoredJudgment:
    """A judgment with what was asked, of whom."""

    format: int
    key: str
    job: JudgeJob
    identity: Mapping[str, Any]
    seconds: float  # that it took
    judgment: Judgment


def judgment_path(results: Path, job: JudgeJob) -> Path:
    return results / FOLDER / job.judge / f"{job.name}.json"


def cached_path(project: Project, job: JudgeJob, key: str) -> Path:
    return project.cache / CACHE / job.judge / key[:2] / f"{key}.json"


def read_judgment(path: Path) -> StoredJudgment | None:
    """A stored judgment; None if there is none that can be read."""
    try:
        return read_checked(path, FORMAT, lambda value: from_dict(StoredJudgment, value))
    except JsonFileError:
        return None


def find_judgment(
    project: Project, results: Path, job: JudgeJob, identity: Mapping[str, Any]
) -> StoredJudgment | None:
    """The judgment of a job if there is one already, which then lies in the results."""
    key, path = job.key(identity), judgment_path(results, job)
    stored = read_judgment(path)
    if stored is not None and stored.key == key:
        return stored
    stored = read_judgment(cached_path(project, job, key))
    if stored is None or stored.key != key:
        return None
    _write(path, StoredJudgment(FORMAT, key, job, identity, stored.seconds, stored.judgment))
    return stored


def store_judgment(
    project: Project,
    results: Path,
    job: JudgeJob,
    identity: Mapping[str, Any],
    seconds: float,
    judgment: Judgment,
) -> None:
    """Keep a judgment, in the cache and in the results."""
    key = job.key(identity)
    stored = StoredJudgment(FORMAT, key, job, identity, round(seconds, 3), judgment)
    _write(cached_path(project, job, key), stored)
    _write(judgment_path(results, job), stored)


def _write(path: Path, stored: StoredJudgment) -> None:
    write_checked(path, asdict(stored), compact=True)
