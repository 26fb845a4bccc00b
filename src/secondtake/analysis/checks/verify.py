"""The check of a whole song: every take with a record, every baseline, and what is left over.

A file that is planned and not there yet is no fault; a wav without a record is the rest of an
interrupted run or somebody else's, and is only listed.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from secondtake.analysis.cache import Cache
from secondtake.analysis.checks.check import SEVERITY, Check, Examined, described, judge
from secondtake.analysis.checks.expectations import Promise
from secondtake.analysis.checks.suite import Subject, check_all
from secondtake.analysis.formatting import rounded
from secondtake.core.errors import UserError
from secondtake.core.files import hashes, sha256_of
from secondtake.core.project import Project
from secondtake.core.song import Song
from secondtake.core.takes import Take, read_record, takes_folder

FORMAT = 1


@dataclass(frozen=True)
class Verification:
    """What was found, in the order of the files' names."""

    song: str
    examined: tuple[Examined, ...]
    records_without_wav: tuple[str, ...]
    wavs_without_record: tuple[str, ...]
    other_songs: tuple[str, ...]  # records of takes that belong to another song

    @property
    def failed(self) -> bool:
        return any(file.verdict == "fail" for file in self.examined)

    def to_json(self) -> dict[str, Any]:
        """Deterministic: the same files give the same values."""
        verdicts = Counter(file.verdict for file in self.examined)
        return rounded(
            {
                "format": FORMAT,
                "song": self.song,
                "summary": {verdict: verdicts[verdict] for verdict in SEVERITY},
                "files": [file.to_json() for file in self.examined],
                "records_without_wav": self.records_without_wav,
                "wavs_without_record": self.wavs_without_record,
                "other_songs": self.other_songs,
            }
        )


def verify(
    song: Song,
    project: Project,
    cache: Cache | None = None,
    say: Callable[[str], None] | None = None,
) -> Verification:
    """Check every take and baseline of a song; damaged records fail, they do not stop the rest.

    cache: where verdicts on the same content are found again. say: hears how far it is.
    """
    folder = takes_folder(song.results)
    records, wavs = sorted(folder.glob("*.json")), sorted(folder.glob("*.wav"))
    found = {path: _take(path) for path in records}
    own = {
        path: take
        for path, take in found.items()
        if not (isinstance(take, Take) and take.job.song != song.name)
    }
    return Verification(
        song.name,
        tuple(_examined(_named(song, project, own), cache, say)),
        _names(project, [path for path in records if path.with_suffix(".wav") not in wavs]),
        _names(project, [path for path in wavs if path.with_suffix(".json") not in records]),
        _names(project, [path for path in records if path not in own]),
    )


@dataclass(frozen=True)
class _Named:
    """A file of the report: what is to be checked of it, or what is known without looking."""

    file: str
    kind: str
    subject: Subject
    damaged: Check | None = None


def _examined(
    named: Iterable[_Named], cache: Cache | None, say: Callable[[str], None] | None
) -> Iterator[Examined]:
    named = list(named)
    sound = [one for one in named if not one.damaged]
    checks = iter(check_all([one.subject for one in sound], cache, say))
    for one in named:
        found = (one.damaged,) if one.damaged else next(checks)
        yield Examined(one.file, one.kind, one.subject.sha256, found)


def _named(song: Song, project: Project, takes: Mapping[Path, Take | str]) -> Iterator[_Named]:
    """The baselines that are there, each stretch once, and then the takes."""
    baselines = {segment.baseline for segment in song.segments if segment.baseline}
    there = sorted(
        (one for one in baselines if one.file.is_file()),
        key=lambda one: (str(one.file), one.start or 0.0, one.end or 0.0),
    )
    found = hashes(one.file for one in there)
    for one in there:
        name = project.relative(one.file) + _stretch(one.start, one.end)
        yield _Named(
            name, "baseline", Subject(one.file, found[one.file], start=one.start, end=one.end)
        )
    for record, take in takes.items():
        wav = record.with_suffix(".wav")
        sha256 = sha256_of(wav) if wav.is_file() else ""
        name = project.relative(wav)
        if isinstance(take, Take):
            yield _Named(name, "take", Subject(wav, sha256, Promise.of(take)))
        else:
            damaged = judge("record", None, "", "readable", fails=True, note=take)
            yield _Named(name, "take", Subject(wav, sha256), damaged)


def _take(record: Path) -> Take | str:
    """What a record holds, or what is wrong with it."""
    try:
        return read_record(record)
    except UserError as error:
        return str(error).removeprefix(f"{record}: ")


def _stretch(start: float | None, end: float | None) -> str:
    if start is None and end is None:
        return ""
    return f" [{start or 0:g} s to {'the end' if end is None else f'{end:g} s'}]"


def _names(project: Project, paths: list[Path]) -> tuple[str, ...]:
    return tuple(project.relative(path) for path in paths)


def table(verification: Verification) -> str:
    """What a person reads on the terminal: a line a file, then a line for each finding."""
    lines = list(described(verification.examined))
    for title, names in (
        ("records without their wav", verification.records_without_wav),
        ("wavs without a record (unfinished or foreign)", verification.wavs_without_record),
        ("takes of another song (ignored)", verification.other_songs),
    ):
        if names:
            lines.append(f"{title}: {', '.join(names)}")
    return "\n".join(lines) if lines else "nothing to check yet: no takes, no baselines"
