"""The check of a whole song: every take with a record, every baseline, and what is left over.

A file that is planned and not there yet is no fault; a wav without a record is the rest of an
interrupted run or of another origin, and is only listed.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from secondtake.analysis.cache import Cache
from secondtake.analysis.checks.check import SEVERITY, Check, CheckedFile, make_check, report_lines
from secondtake.analysis.checks.expectations import Expectations
from secondtake.analysis.checks.suite import CheckTarget, check_files
from secondtake.analysis.checks.vocals import sung_prompt
from secondtake.analysis.formatting import JsonObject, format_span, round_floats
from secondtake.analysis.lyrics.transcribe import stored_transcript
from secondtake.core.errors import UserError
from secondtake.core.files import hashes, sha256_of
from secondtake.core.project import Project
from secondtake.core.song import Song
from secondtake.core.takes import Take, read_record, takes_folder

FORMAT = 1


@dataclass(frozen=True)
class Verification:
    """The checked files of a song, in the order of their names."""

    song: str
    files: tuple[CheckedFile, ...]
    records_without_wav: tuple[str, ...]
    wavs_without_record: tuple[str, ...]
    other_songs: tuple[str, ...]  # records of takes that belong to another song

    @property
    def failed(self) -> bool:
        return any(file.verdict == "fail" for file in self.files)

    def to_json(self) -> JsonObject:
        """Deterministic: the same files give the same values."""
        verdicts = Counter(file.verdict for file in self.files)
        values = {
            "format": FORMAT,
            "song": self.song,
            "summary": {verdict: verdicts[verdict] for verdict in SEVERITY},
            "files": [file.to_json() for file in self.files],
            "records_without_wav": self.records_without_wav,
            "wavs_without_record": self.wavs_without_record,
            "other_songs": self.other_songs,
        }
        return dict(round_floats(values))


def verify(
    song: Song,
    project: Project,
    cache: Cache | None = None,
    say: Callable[[str], None] | None = None,
) -> Verification:
    """Check every take and baseline of a song; damaged records fail, they do not stop the rest.

    cache: where verdicts on the same content are kept. say: gets a line of progress.
    """
    folder = takes_folder(song.results)
    records, wavs = sorted(folder.glob("*.json")), sorted(folder.glob("*.wav"))
    takes = {path: _read_take(path) for path in records}
    songs = {path: take.job.song for path, take in takes.items() if isinstance(take, Take)}
    other = [path for path, name in songs.items() if name != song.name]
    own = {path: take for path, take in takes.items() if path not in other}
    return Verification(
        song.name,
        tuple(_check(_entries(song, project, own), cache, say)),
        _names(project, [path for path in records if path.with_suffix(".wav") not in wavs]),
        _names(project, [path for path in wavs if path.with_suffix(".json") not in records]),
        _names(project, other),
    )


@dataclass(frozen=True)
class _Entry:
    """A file of the report, and what is to be checked of it."""

    file: str
    kind: str
    target: CheckTarget
    damaged: Check | None = None  # the result, where the record cannot be read
    heard: tuple[Check, ...] = ()  # of its words, if somebody has listened


def _check(
    entries: Iterable[_Entry], cache: Cache | None, say: Callable[[str], None] | None
) -> Iterator[CheckedFile]:
    entries = list(entries)
    targets = [entry.target for entry in entries if not entry.damaged]
    results = iter(check_files(targets, cache, say))
    for entry in entries:
        checks = (entry.damaged,) if entry.damaged else next(results)
        yield CheckedFile(entry.file, entry.kind, entry.target.sha256, (*checks, *entry.heard))


def _entries(song: Song, project: Project, takes: Mapping[Path, Take | str]) -> Iterator[_Entry]:
    """The baselines that are there, each part of a file once, and then the takes."""
    named = {segment.baseline for segment in song.segments if segment.baseline}
    baselines = sorted(
        (baseline for baseline in named if baseline.file.is_file()),
        key=lambda baseline: (str(baseline.file), baseline.start or 0.0, baseline.end or 0.0),
    )
    sha256s = hashes(baseline.file for baseline in baselines)
    for baseline in baselines:
        file, start, end = baseline.file, baseline.start, baseline.end
        span = format_span(start, end)
        name = project.relative(file) + (f" [{span}]" if span else "")
        yield _Entry(name, "baseline", CheckTarget(file, sha256s[file], start=start, end=end))
    for record, take in takes.items():
        wav = record.with_suffix(".wav")
        sha256 = sha256_of(wav) if wav.is_file() else ""
        name = project.relative(wav)
        if isinstance(take, Take):
            transcript = stored_transcript(song, take) if sha256 == take.wav.sha256 else None
            heard = (sung_prompt(transcript),) if transcript else ()
            target = CheckTarget(wav, sha256, Expectations.from_take(take))
            yield _Entry(name, "take", target, heard=heard)
        else:
            damaged = make_check("record", None, "", "readable", fails=True, note=take)
            yield _Entry(name, "take", CheckTarget(wav, sha256), damaged)


def _read_take(record: Path) -> Take | str:
    """The take of a record, or what is wrong with it."""
    try:
        return read_record(record)
    except UserError as error:
        return str(error).removeprefix(f"{record}: ")


def _names(project: Project, paths: list[Path]) -> tuple[str, ...]:
    return tuple(project.relative(path) for path in paths)


def verification_text(verification: Verification) -> str:
    """The text for the terminal: a line a file, then a line for each note."""
    lines = list(report_lines(verification.files))
    for title, names in (
        ("records without their wav", verification.records_without_wav),
        ("wavs without a record (unfinished or foreign)", verification.wavs_without_record),
        ("takes of another song (ignored)", verification.other_songs),
    ):
        if names:
            lines.append(f"{title}: {', '.join(names)}")
    return "\n".join(lines) if lines else "nothing to check yet: no takes, no baselines"
