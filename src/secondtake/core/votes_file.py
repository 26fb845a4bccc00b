"""votes/listening.json, by scripts/merge_votes.py: what listeners of the blind test say.

It follows from the vote files that were merged and from listening/listening.json alone. All systems
(the baseline, the control, every model) are named as in the registry; a vote on a take counts for
its model.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from secondtake.core.listening_file import read_listening
from secondtake.core.serialization import JsonFileError, from_dict, read_json

FORMAT = 1
FOLDER = "votes"  # in a song's results
BASELINE, ANCHOR = "baseline", "anchor"  # systems that are no model
Mode = Literal["pairs", "abx", "ratings"]
Question = Literal["prefer", "closer"]
FileState = Literal["merged", "repeated", "refused"]  # repeated: the same bytes as another file
QUESTIONS: Mapping[Question, str] = {
    "prefer": "which would you rather listen to?",
    "closer": "which is closer to the baseline?",
}
# Whose votes do not count, and in what.
RULES: Mapping[str, str] = {
    "incomplete": "fewer than half of the planned pairs, or ratings, were answered",
    "one side": "of 10 pairs or more, nearly all went to one side, A or B, as happens by chance to "
    "fewer than 1 listener of 100 (exact binomial test, two-sided; without the ties)",
    "hidden baseline": "the hidden baseline was rated below 90 in more than 15 % of the ratings "
    "(ITU-R BS.1534-3)",
    "anchor": "the anchor was rated above the hidden baseline in more than 15 % of the ratings",
}


@dataclass(frozen=True)
class MergedFile:
    """A file that was given to be merged."""

    file: str  # its name, without its folder
    sha256: str  # "" where it cannot be read
    state: FileState
    why: str  # it was refused
    votes: int  # in it


@dataclass(frozen=True)
class Listener:
    """Someone who took the blind test, by one or several files."""

    listener: str  # 32 hex digits, drawn at random by the page
    nickname: str
    planned: Mapping[Mode, int]  # trials by mode
    answered: Mapping[Mode, int]  # that count, or would if the listener were not excluded
    excluded: Mapping[Mode, str]  # why, by mode: none of these votes counts


@dataclass(frozen=True)
class VotedSystem:
    """The baseline, the control or a model."""

    system: str
    title: str
    role: Literal["baseline", "control", "model", "anchor"]


@dataclass(frozen=True)
class Strength:
    """A system's place in one question. Of the 95 % interval, low and high are the ends."""

    system: str
    group: int  # from 1; votes connect the systems of a group, and say nothing between groups
    strength: float  # its logarithm (Bradley and Terry); sums to 0 in a group
    low: float
    high: float
    rank: int  # 1 + how many of its group are certainly stronger
    last_rank: int  # how many of its group are not certainly weaker, itself included
    preferred: float | None  # of those with a preference, who would choose it over `over`
    preferred_low: float | None  # None: it is `over`, of another group, or has too few votes
    preferred_high: float | None


@dataclass(frozen=True)
class PairResult:
    """Two systems in one question: their own votes, and what all votes together say."""

    first: str
    second: str
    for_first: int
    for_second: int
    ties: int  # "can't tell"
    preferred: float | None  # of those with a preference, who would choose the first
    low: float | None  # None: no votes connect them, or too few are on this pair
    high: float | None
    decided: bool  # the interval is on one side of one half


@dataclass(frozen=True)
class QuestionResult:
    """One question of the blind pairs."""

    question: Question
    votes: int
    ties: int
    listeners: int
    over: str  # the system that the others are held against: the control, if it was voted on
    tie_parameter: float  # nu (Davidson): 2 means that every second vote between equals is a tie
    systems: tuple[Strength, ...]  # by group, the strongest first
    pairs: tuple[PairResult, ...]
    without_exclusions: tuple[str, ...]  # the order if nobody were excluded, where that is another

    @property
    def compared(self) -> tuple[Strength, ...]:
        """The systems with a figure: all but `over`, those with too few votes and those of other
        groups."""
        return tuple(each for each in self.systems if each.preferred is not None)


@dataclass(frozen=True)
class AbxResult:
    """Two systems in the ABX test: can they be told apart at all?"""

    first: str
    second: str
    right: int
    trials: int
    listeners: int
    p: float  # of as many right answers, or more, by guessing (exact, one-sided)
    p_corrected: float  # by Holm's method, over all pairs of systems


@dataclass(frozen=True)
class RatingResult:
    """The ratings of a system, 0 to 100."""

    system: str
    ratings: int
    listeners: int
    median: float
    low_quartile: float
    high_quartile: float


@dataclass(frozen=True)
class VotesFile:
    """All of it. `state` is ready, absent, unreadable, other song or other study."""

    state: str
    why: str = ""
    study: str = ""
    files: tuple[MergedFile, ...] = ()
    listeners: tuple[Listener, ...] = ()
    systems: tuple[VotedSystem, ...] = ()
    questions: tuple[QuestionResult, ...] = ()
    abx: tuple[AbxResult, ...] = ()
    ratings: tuple[RatingResult, ...] = ()  # the highest median first
    notes: tuple[str, ...] = ()  # votes that were set aside, and why
    sentences: tuple[str, ...] = ()  # all of it in words

    @property
    def refused(self) -> tuple[MergedFile, ...]:
        return tuple(file for file in self.files if file.state == "refused")

    @property
    def trials(self) -> int:
        """Answers that are known, of all listeners, excluded or not."""
        return sum(sum(listener.answered.values()) for listener in self.listeners)

    def title(self, system: str) -> str:
        """A system's name for a reader."""
        titles = {each.system: each.title for each in self.systems}
        return titles.get(system, system)


def votes_path(results: Path) -> Path:
    return results / FOLDER / "listening.json"


def preference_path(results: Path, suffix: Literal["png", "svg"]) -> Path:
    """The picture of the strengths; not there before anyone has voted on pairs."""
    return results / FOLDER / f"preference.{suffix}"


def as_json(song: str, votes: VotesFile) -> dict[str, Any]:
    """The file's content; the same votes give the same values."""
    values = {name: value for name, value in asdict(votes).items() if name not in ("state", "why")}
    rules = [{"name": name, "excludes": excludes} for name, excludes in RULES.items()]
    return {"format": FORMAT, "song": song, "rules": rules, **values}


def read_votes(results: Path, song: str) -> VotesFile:
    """Read the merged votes. A damaged file, or votes on other clips than the page has, is a state.

    The state other study asks for nothing but reading listening.json; where that is not ready, the
    votes are.
    """
    try:
        votes = read_json(votes_path(results), lambda value: _parse(value, song))
    except JsonFileError as error:
        return VotesFile("absent" if error.is_absent else "unreadable", str(error))
    listening = read_listening(results, song)
    if votes.state == "ready" and listening.state == "ready" and listening.study != votes.study:
        return VotesFile("other study", f"{votes.trials} answers on clips that the page had before")
    return votes


def _parse(value: Any, song: str) -> VotesFile:
    if value["format"] != FORMAT:
        raise ValueError(f"format {value['format']}, expected {FORMAT}")
    if value["song"] != song:
        return VotesFile("other song", str(value["song"]))
    return from_dict(VotesFile, {**value, "state": "ready", "why": ""}, strict=False)
