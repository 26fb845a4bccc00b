"""ranking.json, by scripts/rank_takes.py: a segment's takes by model, best first, with reasons."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from secondtake.core.serialization import JsonFileError, from_dict, read_json
from secondtake.core.takes import NAME

FORMAT = 1
# In order of weight, each with its question.
RULES: Mapping[str, str] = {
    "checks": "did every check of the file pass?",
    "song": "was it made from what the song file asks for now?",
    "prompt": "are words of its prompt sung that are no lyrics?",
    "words": "how many of the sung words are understood?",
    "mistakes": "was a loop, a repeat or a made-up tail noticed while it was made?",
    "voice": "is there a voice, where words were to be sung?",
    "seams": "can the joints between its windows be heard?",
    "warnings": "how many checks of the file warn?",
    "level": "how far is it from the usual loudness?",
}


@dataclass(frozen=True)
class RankedTake:
    """One take and its place."""

    place: int  # 1 is the best
    take: str  # its name
    number: int
    seed: int
    sha256: str  # of the wav that was ranked
    reason: str
    findings: Mapping[str, str]  # by rule, in words

    @property
    def label(self) -> str:
        """Short for its name: take 2, and for an earlier take, take 3f9a2c1d."""
        match = NAME.fullmatch(self.take)
        return f"take {(match and match['hash']) or self.number}"


@dataclass(frozen=True)
class RankedGroup:
    """The takes of one segment by one model."""

    segment: int
    kind: str
    model: str
    best: str | None  # the first take's name; None if it failed a check
    set_aside: tuple[str, ...]  # the rules that could not decide, and why
    takes: tuple[RankedTake, ...]  # best first


@dataclass(frozen=True)
class RankingFile:
    """All groups of a song. `state` is ready, absent, unreadable or other song."""

    state: str
    why: str = ""
    groups: Mapping[tuple[int, str], RankedGroup] = field(default_factory=dict)  # (segment, model)

    def of(self, segment: int, model: str, files: Mapping[str, str]) -> RankedGroup | None:
        """The group, if it ranks these very takes (name -> sha256 of the wav)."""
        group = self.groups.get((segment, model))
        ranked = {take.take: take.sha256 for take in group.takes} if group else None
        return group if ranked == dict(files) else None


def ranking_path(results: Path) -> Path:
    return results / "ranking.json"


def as_json(song: str, groups: list[RankedGroup]) -> dict[str, Any]:
    """The file's content; the same groups give the same values."""
    return {
        "format": FORMAT,
        "song": song,
        "rules": [{"name": name, "asks": asks} for name, asks in RULES.items()],
        "groups": [asdict(group) for group in groups],
    }


def read_rankings(results: Path, song: str) -> RankingFile:
    """Read ranking.json. A damaged file is a state, not an error."""
    try:
        return read_json(ranking_path(results), lambda value: _parse(value, song))
    except JsonFileError as error:
        return RankingFile("absent") if error.is_absent else RankingFile("unreadable", str(error))


def _parse(value: Any, song: str) -> RankingFile:
    if value["format"] != FORMAT:
        raise ValueError(f"format {value['format']}, expected {FORMAT}")
    if value["song"] != song:
        return RankingFile("other song", str(value["song"]))
    groups = [from_dict(RankedGroup, group, strict=False) for group in value["groups"]]
    if not all(group.takes for group in groups):
        raise ValueError("a group without takes")
    return RankingFile("ready", "", {(group.segment, group.model): group for group in groups})
