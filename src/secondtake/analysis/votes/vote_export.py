"""A vote file, as the listening page saves it: read with every value checked.

It comes from somebody else's computer. What does not fit is refused with its place in the file.
"""

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, get_args

from secondtake.core.escape import plain
from secondtake.core.listening_file import ListeningFile, SegmentClips
from secondtake.core.serialization import SHAPE_ERRORS
from secondtake.core.validation import shorten_repr
from secondtake.core.votes_file import ANCHOR, Mode

FORMAT = 1
MAX_BYTES = 4 << 20  # ten times what MAX_VOTES need
MAX_VOTES = 10_000
MOST_TRIALS = 1_000_000  # planned
LONGEST_NICKNAME = 40  # characters that are shown
LONGEST_LISTENING = 1e6  # s, to one version in one trial
MODES: tuple[Mode, ...] = get_args(Mode)
TIE = "tie"
ANY_TEXT = re.compile(r".*", re.DOTALL)
IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
LISTENER = re.compile(r"[0-9a-f]{32}", re.ASCII)
STUDY = re.compile(r"[0-9a-f]{64}", re.ASCII)
NEW_PAGE = "send the page that invoke page writes now, or merge them where the old page was written"


class VoteFileError(Exception):
    """A vote file that cannot be used. Its text is the place, the reason and the remedy."""


@dataclass(frozen=True)
class Vote:
    """An answer to one trial."""

    id: str
    segment: int
    time: datetime
    heard: Mapping[str, float]  # seconds, by clip, anchor, x or reference

    mode: ClassVar[Mode]

    @property
    def asked(self) -> tuple[Any, ...]:
        """What a plan asks no more than once."""
        raise NotImplementedError

    @property
    def answer(self) -> tuple[Any, ...]:
        """What was asked and answered; the same vote in two files has the same."""
        raise NotImplementedError

    @property
    def names_heard(self) -> tuple[str, ...]:
        """What must have been heard, in the words of `heard`."""
        raise NotImplementedError


@dataclass(frozen=True)
class PairVote(Vote):
    """Two clips as they were shown, A and B, and which was chosen."""

    first: str
    second: str
    prefer: str  # a clip, or "tie"
    closer: str | None  # None: there is no baseline to hold them against, or one of them is it

    mode = "pairs"

    @property
    def asked(self) -> tuple[Any, ...]:
        return (self.segment, *sorted((self.first, self.second)))

    @property
    def answer(self) -> tuple[Any, ...]:
        return (self.mode, self.segment, self.first, self.second, self.prefer, self.closer)

    @property
    def names_heard(self) -> tuple[str, ...]:
        return (self.first, self.second)


@dataclass(frozen=True)
class AbxVote(Vote):
    """X is A or B: which?"""

    a: str
    b: str
    x: str
    chosen: str

    mode = "abx"

    @property
    def asked(self) -> tuple[Any, ...]:
        return (self.id,)  # the same pair through a whole run

    @property
    def answer(self) -> tuple[Any, ...]:
        return (self.mode, self.segment, self.a, self.b, self.x, self.chosen)

    @property
    def names_heard(self) -> tuple[str, ...]:
        return (self.a, self.b, "x")


@dataclass(frozen=True)
class RatingVote(Vote):
    """A segment's versions and the anchor, rated from 0 to 100."""

    scores: Mapping[str, float]  # by clip or anchor
    hidden: str  # the baseline's clip

    mode = "ratings"

    @property
    def asked(self) -> tuple[Any, ...]:
        return (self.segment,)

    @property
    def answer(self) -> tuple[Any, ...]:
        return (self.mode, self.segment, tuple(sorted(self.scores.items())))

    @property
    def names_heard(self) -> tuple[str, ...]:
        return tuple(self.scores)


@dataclass(frozen=True)
class VoteExport:
    """A vote file that fits a study."""

    sha256: str
    listener: str
    nickname: str
    exported: datetime
    revealed: datetime | None  # when the names were first shown; None: never, as far as it says
    planned: Mapping[Mode, int]
    votes: tuple[Vote, ...]


@dataclass(frozen=True)
class _Object:
    """A JSON object and its place in the file."""

    value: Mapping[str, Any]
    where: str = ""

    def error(self, key: str, message: str) -> VoteFileError:
        place = f"{self.where}.{key}" if self.where else key
        return VoteFileError(f"{place}: {message}")

    def any(self, key: str) -> Any:
        if key not in self.value:
            raise self.error(key, "missing")
        return self.value[key]

    def object(self, key: str) -> "_Object":
        place = f"{self.where}.{key}" if self.where else key
        return _as_object(self.any(key), place)

    def text(self, key: str, pattern: re.Pattern[str] = ANY_TEXT, kind: str = "text") -> str:
        value = self.any(key)
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise self.error(key, f"{shorten_repr(value)} is no {kind}")
        return value

    def number(self, key: str, low: float, high: float) -> float:
        value = self.any(key)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not low <= value <= high or not math.isfinite(value):
            raise self.error(key, f"{shorten_repr(value)} is no number from {low:g} to {high:g}")
        return float(value)

    def integer(self, key: str, low: int, high: int) -> int:
        value = self.number(key, low, high)
        if value != int(value):
            raise self.error(key, f"{shorten_repr(value)} is no whole number")
        return int(value)

    def time(self, key: str) -> datetime:
        text = self.text(key)
        try:
            time = datetime.fromisoformat(text)
            return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            raise self.error(key, f"{shorten_repr(text)} is no time") from None

    def one_of(self, key: str, names: tuple[str, ...]) -> str:
        value = self.any(key)
        if not isinstance(value, str) or value not in names:
            raise self.error(key, f"{shorten_repr(value)} is none of {', '.join(names)}")
        return value


def _as_object(value: Any, where: str) -> _Object:
    if not isinstance(value, dict):
        raise VoteFileError(f"{where or 'the file'}: {shorten_repr(value)} is no JSON object")
    return _Object(value, where)


def read_export(path: Path, song: str, listening: ListeningFile) -> VoteExport:
    """Read a vote file of this song's page. VoteFileError if it is another's, or damaged."""
    data = _bytes_of(path)
    try:
        value = json.loads(data.decode("utf-8-sig"), parse_constant=_refuse_constant)
        return _parse(_as_object(value, ""), hashlib.sha256(data).hexdigest(), song, listening)
    except (*SHAPE_ERRORS, RecursionError) as error:
        if path.suffix.lower() == ".csv":
            raise VoteFileError("a table for a spreadsheet; give the JSON file instead") from error
        place = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise VoteFileError(f"damaged or cut off{place}; save it on the page once more") from error


def _bytes_of(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise VoteFileError("a folder" if path.is_dir() else "no such file")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise VoteFileError(f"cannot be read: {error.strerror}") from None
    if len(data) > MAX_BYTES:
        raise VoteFileError(f"larger than {MAX_BYTES >> 20} MiB, so no file of the page")
    return data


def _refuse_constant(constant: str) -> None:
    raise ValueError(f"{constant} is no number")


def _parse(file: _Object, sha256: str, song: str, listening: ListeningFile) -> VoteExport:
    if file.any("format") != FORMAT:
        shown = shorten_repr(file.any("format"))
        raise file.error("format", f"{shown}, where {FORMAT} is known; update secondtake")
    if file.text("song") != song:
        name = shorten_repr(file.text("song"))
        raise file.error("song", f"votes on the song {name}; name it: --song {name}")
    study = file.text("study", STUDY, "hash of 64 digits")
    if study != listening.study:
        short = f"{study[:12]}, not {listening.study[:12]}"
        message = f"votes on other clips than the page has now ({short}); {NEW_PAGE}"
        raise file.error("study", message)
    planned = file.object("planned")
    votes = file.any("votes")
    if not isinstance(votes, list) or len(votes) > MAX_VOTES:
        raise file.error("votes", f"no list of at most {MAX_VOTES} votes")
    segments = {segment.segment: segment for segment in listening.segments}
    return VoteExport(
        sha256=sha256,
        listener=file.text("listener", LISTENER, "name of 32 hex digits"),
        nickname=plain(file.text("nickname"))[:LONGEST_NICKNAME],
        exported=file.time("exported"),
        revealed=file.time("revealed_at") if _says_when_revealed(file) else None,
        planned={mode: planned.integer(mode, 0, MOST_TRIALS) for mode in MODES},
        votes=tuple(
            _vote(_as_object(vote, f"votes[{place}]"), segments) for place, vote in enumerate(votes)
        ),
    )


def _says_when_revealed(file: _Object) -> bool:
    """Pages have not always noted it."""
    return "revealed_at" in file.value and file.text("revealed_at") != ""


def _vote(vote: _Object, segments: Mapping[int, SegmentClips]) -> Vote:
    mode = vote.one_of("mode", MODES)
    number = vote.integer("segment", 0, MOST_TRIALS)
    if number not in segments:
        raise vote.error("segment", f"the page has no segment {number}")
    clips = tuple(version.clip for version in segments[number].versions)
    heard = vote.object("heard")
    common: dict[str, Any] = {
        "id": vote.text("id", IDENTIFIER, "name of a trial"),
        "segment": number,
        "time": vote.time("time"),
        "heard": {name: heard.number(name, 0, LONGEST_LISTENING) for name in heard.value},
    }
    if mode == "pairs":
        first, second = _two_clips(vote, "first", "second", clips)
        closer = vote.any("closer")
        if closer is not None:
            closer = vote.one_of("closer", (first, second, TIE))
        prefer = vote.one_of("prefer", (first, second, TIE))
        return PairVote(**common, first=first, second=second, prefer=prefer, closer=closer)
    if mode == "abx":
        a, b = _two_clips(vote, "a", "b", clips)
        x, chosen = vote.one_of("x", (a, b)), vote.one_of("answer", (a, b))
        return AbxVote(**common, a=a, b=b, x=x, chosen=chosen)
    return _rating(vote, segments[number], common)


def _two_clips(vote: _Object, first: str, second: str, clips: tuple[str, ...]) -> tuple[str, str]:
    pair = vote.one_of(first, clips), vote.one_of(second, clips)
    if pair[0] == pair[1]:
        raise vote.error(second, f"the same clip as {first}")
    return pair


def _rating(vote: _Object, segment: SegmentClips, common: dict[str, Any]) -> RatingVote:
    baselines = tuple(version.clip for version in segment.versions if version.is_baseline)
    hidden = vote.one_of("reference", baselines)
    scores = vote.object("scores")
    known = {*(version.clip for version in segment.versions), ANCHOR}
    for name in scores.value:
        if name not in known:
            raise scores.error(shorten_repr(name), "no clip of this segment")
    if hidden not in scores.value:
        raise scores.error(hidden, "the hidden baseline has no score")
    numbers = {name: scores.number(name, 0, 100) for name in scores.value}
    return RatingVote(**common, scores=numbers, hidden=hidden)
