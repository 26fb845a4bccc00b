"""The check of a whole song: every take with a record, every baseline, and what is left over.

A file that is planned and not there yet is no fault. A wav without a record is the rest of an
interrupted run and is only listed; so is what has no name of ours.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from secondtake.analysis.cache import Cache
from secondtake.analysis.checks.check import SEVERITY, Check, CheckedFile, make_check, report_lines
from secondtake.analysis.checks.expectations import Expectations
from secondtake.analysis.checks.suite import CheckTarget, check_files
from secondtake.analysis.checks.vocals import sung_prompt
from secondtake.analysis.formatting import JsonObject, format_span, round_floats
from secondtake.analysis.lyrics.transcribe import stored_transcript
from secondtake.core.formatting import natural_order
from secondtake.core.project import Project
from secondtake.core.song import Song
from secondtake.core.take_store import TakeStore
from secondtake.core.takes import takes_folder

FORMAT = 1


@dataclass(frozen=True)
class Verification:
    """The checked files of a song, in the order of their names."""

    song: str
    files: tuple[CheckedFile, ...]
    records_without_wav: tuple[str, ...]
    wavs_without_record: tuple[str, ...]
    other_songs: tuple[str, ...]  # records of takes that belong to another song
    foreign_files: tuple[str, ...]  # files among the takes that we did not name

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
            "foreign_files": self.foreign_files,
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
    store = TakeStore(song.results, song.name)
    folder, files = project.relative(takes_folder(song.results)), store.files
    verification = Verification(
        song.name,
        tuple(_check(_entries(song, project, store), cache, say)),
        tuple(f"{folder}/{name}.json" for name in files.records_without_wav),
        tuple(f"{folder}/{name}.wav" for name in files.wavs_without_record),
        tuple(f"{folder}/{name}.json" for name in store.other_songs),
        tuple(f"{folder}/{name}" for name in files.foreign),
    )
    store.save_hashes()
    return verification


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


def _entries(song: Song, project: Project, store: TakeStore) -> Iterator[_Entry]:
    """The baselines that are there, each part of a file once, and then the takes."""
    named = {segment.baseline for segment in song.segments if segment.baseline}
    baselines = sorted(
        (baseline for baseline in named if baseline.file.is_file()),
        key=lambda baseline: (
            natural_order(str(baseline.file)),
            baseline.start or 0.0,
            baseline.end or 0.0,
        ),
    )
    sha256s = store.hashes.of(baseline.file for baseline in baselines)
    for baseline in baselines:
        file, start, end = baseline.file, baseline.start, baseline.end
        span = format_span(start, end)
        name = project.relative(file) + (f" [{span}]" if span else "")
        yield _Entry(name, "baseline", CheckTarget(file, sha256s[file], start=start, end=end))
    damaged = store.files.damaged
    for take_name in sorted({*store.takes, *damaged}, key=natural_order):
        wav = takes_folder(song.results) / f"{take_name}.wav"
        sha256 = store.hashes.sha256(wav) if wav.is_file() else ""
        name = project.relative(wav)
        if take := store.takes.get(take_name):
            transcript = stored_transcript(song, take) if sha256 == take.wav.sha256 else None
            heard = (sung_prompt(transcript),) if transcript else ()
            target = CheckTarget(wav, sha256, Expectations.from_take(take))
            yield _Entry(name, "take", target, heard=heard)
        else:
            reason = damaged[take_name].removeprefix(f"{wav.with_suffix('.json')}: ")
            check = make_check("record", None, "", "readable", fails=True, note=reason)
            yield _Entry(name, "take", CheckTarget(wav, sha256), check)


def verification_text(verification: Verification) -> str:
    """The text for the terminal: a line a file, then a line for each note."""
    lines = list(report_lines(verification.files))
    for title, names in (
        ("records without their wav", verification.records_without_wav),
        ("wavs without a record (unfinished)", verification.wavs_without_record),
        ("takes of another song (ignored)", verification.other_songs),
        ("files that secondtake did not name (ignored)", verification.foreign_files),
    ):
        if names:
            lines.append(f"{title}: {', '.join(names)}")
    return "\n".join(lines) if lines else "nothing to check yet: no takes, no baselines"
