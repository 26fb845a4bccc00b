"""Vote files to listeners and their votes: each vote once, whatever was saved several times.

The result is a function of the set of files: neither their order nor earlier merging matters.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from secondtake.analysis.votes.vote_export import (
    AbxVote,
    PairVote,
    RatingVote,
    Vote,
    VoteExport,
    VoteFileError,
    read_export,
)
from secondtake.core.escape import plain
from secondtake.core.formatting import natural_order, plural
from secondtake.core.listening_file import ListeningFile, SegmentClips
from secondtake.core.votes_file import FileState, MergedFile, Mode

# s of each version, or half of the shortest version where that is less; the page asks for as much.
ENOUGH = 3.0
ROUNDING = 0.051  # s; the page rounds to tenths


@dataclass
class ListenerVotes:
    """All votes of one listener."""

    listener: str
    nickname: str
    planned: dict[Mode, int]
    pairs: list[PairVote] = field(default_factory=list)
    abx: list[AbxVote] = field(default_factory=list)
    ratings: list[RatingVote] = field(default_factory=list)

    @property
    def answered(self) -> dict[Mode, int]:
        return {"pairs": len(self.pairs), "abx": len(self.abx), "ratings": len(self.ratings)}

    @property
    def name(self) -> str:
        """What a reader calls the listener."""
        return self.nickname or f"listener {self.listener[:6]}"


@dataclass(frozen=True)
class MergedVotes:
    """What a set of files holds."""

    files: list[MergedFile]
    listeners: list[ListenerVotes]  # by name
    contradictions: int  # further votes on a trial, with another answer
    unheard: int  # votes on versions that were not heard for long enough


def merge(paths: Iterable[Path], song: str, listening: ListeningFile) -> MergedVotes:
    """Read and merge vote files of one song's page.

    A file that cannot be used is refused, and the others count. The same trial of a listener
    counts once: of several answers, the earliest.
    """
    files: list[MergedFile] = []
    exports: dict[str, VoteExport] = {}
    for path in sorted(paths, key=lambda path: (natural_order(path.name), str(path))):
        name = plain(path.name)
        try:
            export = read_export(path, song, listening)
        except VoteFileError as error:
            files.append(MergedFile(name, "", "refused", str(error), 0))
            continue
        is_repeated = export.sha256 in exports
        state: FileState = "repeated" if is_repeated else "merged"
        files.append(MergedFile(name, export.sha256, state, "", len(export.votes)))
        exports[export.sha256] = export
    files.sort(key=lambda file: (natural_order(file.file), file.state, file.sha256, file.why))
    by_listener: dict[str, list[VoteExport]] = {}
    for export in sorted(exports.values(), key=lambda export: (export.exported, export.sha256)):
        by_listener.setdefault(export.listener, []).append(export)
    segments = {segment.segment: segment for segment in listening.segments}
    merged = [_merge_listener(own, segments) for own in by_listener.values()]
    merged.sort(key=lambda entry: (entry[0].nickname.casefold(), entry[0].listener))
    return MergedVotes(
        files,
        [listener for listener, _, _ in merged],
        contradictions=sum(count for _, count, _ in merged),
        unheard=sum(count for _, _, count in merged),
    )


def _merge_listener(
    exports: Sequence[VoteExport], segments: dict[int, SegmentClips]
) -> tuple[ListenerVotes, int, int]:
    """One listener's files, the last saved last; contradictions and unheard votes counted."""
    planned = {
        mode: max(export.planned[mode] for export in exports) for mode in exports[-1].planned
    }
    listener = ListenerVotes(exports[-1].listener, exports[-1].nickname, planned)
    by_trial: dict[str, list[Vote]] = {}
    for export in exports:
        for vote in export.votes:
            by_trial.setdefault(vote.id, []).append(vote)
    contradictions = unheard = 0
    for trial in sorted(by_trial, key=natural_order):
        votes = sorted(by_trial[trial], key=lambda vote: (vote.time, repr(vote)))
        contradictions += len({vote.answer for vote in votes}) - 1
        vote = votes[0]
        if not _is_heard(vote, segments[vote.segment]):
            unheard += 1
        elif isinstance(vote, PairVote):
            listener.pairs.append(vote)
        elif isinstance(vote, AbxVote):
            listener.abx.append(vote)
        elif isinstance(vote, RatingVote):
            listener.ratings.append(vote)
    return listener, contradictions, unheard


def _is_heard(vote: Vote, segment: SegmentClips) -> bool:
    """True if every version that a vote is about was heard for long enough."""
    enough = min(ENOUGH, segment.common_seconds / 2) - ROUNDING
    return all(vote.heard.get(name, 0.0) >= enough for name in vote.names_heard)


def merging_notes(merged: MergedVotes) -> list[str]:
    """What was found in the files besides votes, a sentence each."""
    notes = []
    if merged.contradictions:
        number = plural(merged.contradictions, "further answer")
        notes.append(f"{number} to a trial that its listener had answered otherwise: left out")
    if merged.unheard:
        number = plural(merged.unheard, "vote")
        notes.append(f"{number} on versions that were not heard for {ENOUGH:g} s: left out")
    return notes
