"""The check of a whole song: every take with a record, every baseline, and what is left over.

A file that is planned and not there yet is no fault; a wav without a record is the rest of an
interrupted run or somebody else's, and is only listed.
"""

from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from secondtake.errors import UserError
from secondtake.files import sha256_of
from secondtake.project import Project
from secondtake.song import Song
from secondtake.takes import read_record, takes_folder
from secondtake_analysis.checks.check import SEVERITY, Check
from secondtake_analysis.checks.suite import Examined, check_baseline, check_take
from secondtake_analysis.figures import figure, rounded

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
                "files": [
                    {
                        "file": file.file,
                        "kind": file.kind,
                        "sha256": file.sha256,
                        "verdict": file.verdict,
                        "checks": [asdict(check) for check in file.checks],
                    }
                    for file in self.examined
                ],
                "records_without_wav": self.records_without_wav,
                "wavs_without_record": self.wavs_without_record,
                "other_songs": self.other_songs,
            }
        )


def verify(song: Song, project: Project) -> Verification:
    """Check every take and baseline of a song; damaged records fail, they do not stop the rest."""
    folder = takes_folder(song.results)
    records, wavs = sorted(folder.glob("*.json")), sorted(folder.glob("*.wav"))
    found = [(path, _examine(path, song, project)) for path in records]
    baselines = _examine_baselines(song, project)
    return Verification(
        song.name,
        (*baselines, *(examined for _, examined in found if examined)),
        _names(project, [path for path in records if path.with_suffix(".wav") not in wavs]),
        _names(project, [path for path in wavs if path.with_suffix(".json") not in records]),
        _names(project, [path for path, examined in found if examined is None]),
    )


def _examine(record: Path, song: Song, project: Project) -> Examined | None:
    """One take by its record; None if it belongs to another song."""
    wav = record.with_suffix(".wav")
    try:
        take = read_record(record)
    except UserError as error:
        note = str(error).removeprefix(f"{record}: ")
        damaged = Check("record", "fail", None, "", "readable", note)
        return Examined(project.relative(wav), "take", _sha256(wav), (damaged,))
    if take.job.song != song.name:
        return None
    sha256 = _sha256(wav)
    return Examined(project.relative(wav), "take", sha256, check_take(wav, take, sha256))


def _sha256(path: Path) -> str:
    return sha256_of(path) if path.is_file() else ""


def _examine_baselines(song: Song, project: Project) -> list[Examined]:
    """The baselines that are there, each stretch once."""
    named = {segment.baseline for segment in song.segments if segment.baseline}
    there = sorted(
        (one for one in named if one.file.is_file()),
        key=lambda one: (str(one.file), one.start or 0.0, one.end or 0.0),
    )
    return [
        Examined(
            project.relative(one.file) + _stretch(one.start, one.end),
            "baseline",
            _sha256(one.file),
            check_baseline(one.file, one.start, one.end),
        )
        for one in there
    ]


def _stretch(start: float | None, end: float | None) -> str:
    if start is None and end is None:
        return ""
    return f" [{start or 0:g} s to {'the end' if end is None else f'{end:g} s'}]"


def _names(project: Project, paths: list[Path]) -> tuple[str, ...]:
    return tuple(project.relative(path) for path in paths)


def table(verification: Verification) -> str:
    """What a person reads on the terminal: a line a file, then a line for each finding."""
    lines = []
    width = max((len(file.file) for file in verification.examined), default=0)
    for file in verification.examined:
        lines.append(f"{file.verdict.upper():<4}  {file.file:<{width}}  {_summary(file)}".rstrip())
        for check in file.checks:
            if check.verdict != "pass":
                lines.append(f"      {check.verdict}: {_finding(check)}")
    for title, names in (
        ("records without their wav", verification.records_without_wav),
        ("wavs without a record (unfinished or foreign)", verification.wavs_without_record),
        ("takes of another song (ignored)", verification.other_songs),
    ):
        if names:
            lines.append(f"{title}: {', '.join(names)}")
    return "\n".join(lines) if lines else "nothing to check yet: no takes, no baselines"


def _summary(file: Examined) -> str:
    """Length and peak of a file that could be read."""
    by_name = {check.name: check for check in file.checks}
    shown = (("decodes", "s"), ("true peak", "dBTP"))
    return "  ".join(
        f"{figure(by_name[name].figure):>7} {unit}"
        for name, unit in shown
        if name in by_name and by_name[name].figure is not None
    )


def _finding(check: Check) -> str:
    """What was measured, what is allowed, what it means."""
    measured = "" if check.figure is None else f" {check.figure:.3g} {check.unit}".rstrip()
    return f"{check.name}{measured} (allowed: {check.threshold}); {check.note}"
