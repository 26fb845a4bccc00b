"""Vote files to listeners and their votes: each vote once, whatever was saved several times.

The result is a function of the set of files: neither their order nor earlier merging matters.
"""

from collections.abc import Iterable, Mapping, Sequence
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

    def add(self, vote: Vote) -> None:
        """Count a vote."""
        if isinstance(vote, PairVote):
            self.pairs.append(vote)
        elif isinstance(vote, AbxVote):
            self.abx.append(vote)
        elif isinstance(vote, RatingVote):
            self.ratings.append(vote)

    @property
    def name(self) -> str:
        """What a reader calls the listener."""
        return self.nickname or f"listener {self.listener[:6]}"


@dataclass
class LeftOut:
    """Numbers of answers that do not count, by the reason."""

    revealed: int = 0  # given after the names were shown
    contradictions: int = 0  # further ones to a trial, other than the first
    unheard: int = 0  # on versions that were not heard for long enough
    unplanned: int = 0  # more than the listener's plan asks for


@dataclass(frozen=True)
class MergedVotes:
    """What a set of files holds."""

    files: list[MergedFile]
    listeners: list[ListenerVotes]  # by name
    left_out: LeftOut


def merge(paths: Iterable[Path], song: str, listening: ListeningFile) -> MergedVotes:
    """Read and merge vote files of one song's page.

    A file that cannot be used is refused, and the others count. A trial of a listener counts once,
    and so does what a plan asks once (a pair, the ratings of a segment): of several answers, the
    earliest. No part of the test has more answers than were planned, and none that came after the
    names were shown.
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
    left_out = LeftOut()
    listeners = [_merge_listener(own, segments, left_out) for own in by_listener.values()]
    listeners.sort(key=lambda listener: (listener.nickname.casefold(), listener.listener))
    return MergedVotes(files, listeners, left_out)


def _merge_listener(
    exports: Sequence[VoteExport], segments: Mapping[int, SegmentClips], left_out: LeftOut
) -> ListenerVotes:
    """One listener's files, the last saved last."""
    planned = {
        mode: max(export.planned[mode] for export in exports) for mode in exports[-1].planned
    }
    listener = ListenerVotes(exports[-1].listener, exports[-1].nickname, planned)
    asked: set[tuple[Mode, tuple[object, ...]]] = set()
    for vote in _first_answers(exports, left_out):
        question = (vote.mode, vote.asked)
        if not _is_heard(vote, segments[vote.segment]):
            left_out.unheard += 1
        elif question in asked or listener.answered[vote.mode] >= planned[vote.mode]:
            left_out.unplanned += 1
        else:
            asked.add(question)
            listener.add(vote)
    return listener


def _first_answers(exports: Sequence[VoteExport], left_out: LeftOut) -> list[Vote]:
    """The earliest answer to every trial of a listener, in order of time; none that came after
    the names were shown."""
    revealed = min((export.revealed for export in exports if export.revealed), default=None)
    late: set[tuple[object, ...]] = set()
    by_trial: dict[str, list[Vote]] = {}
    for vote in (vote for export in exports for vote in export.votes):
        if revealed and vote.time > revealed:
            late.add((vote.id, vote.answer))
        else:
            by_trial.setdefault(vote.id, []).append(vote)
    left_out.revealed += len(late)
    first = []
    for votes in by_trial.values():
        left_out.contradictions += len({vote.answer for vote in votes}) - 1
        first.append(min(votes, key=_order))
    return sorted(first, key=_order)


def _order(vote: Vote) -> tuple[object, ...]:
    return vote.time, natural_order(vote.id), repr(vote)


def _is_heard(vote: Vote, segment: SegmentClips) -> bool:
    """True if every version that a vote is about was heard for long enough."""
    enough = min(ENOUGH, segment.common_seconds / 2) - ROUNDING
    return all(vote.heard.get(name, 0.0) >= enough for name in vote.names_heard)


LEFT_OUT = {  # by the field of LeftOut: what was left out, and why
    "contradictions": ("further answer", "to a trial that its listener had answered otherwise"),
    "unheard": ("vote", f"on versions that were not heard for {ENOUGH:g} s"),
    "revealed": ("vote", "that came after the names were shown"),
    "unplanned": ("vote", "more than were planned, or on a pair once more"),
}


def merging_notes(merged: MergedVotes) -> list[str]:
    """What was found in the files besides votes, a sentence each."""
    counts = ((getattr(merged.left_out, name), *words) for name, words in LEFT_OUT.items())
    return [f"{plural(count, what)} {why}: left out" for count, what, why in counts if count]
