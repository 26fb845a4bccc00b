"""ranking.json: every segment's takes by every model, best first, with the reason for each place.

Written by scripts/rank_takes.py, read by whatever speaks of "the best take".
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

FORMAT = 1
# In order of weight, with what each one asks.
RULES: Mapping[str, str] = {
    "checks": "did every check of the file pass?",
    "song": "was it made from what the song file asks for now?",
    "words": "how many of the sung words are understood?",
    "mistakes": "was a loop, a repeat or a made-up tail noticed while it was made?",
    "voice": "is there a voice, where words were to be sung?",
    "seams": "can the joints between its windows be heard?",
    "warnings": "how many checks of the file warn?",
    "level": "how far is it from the usual loudness?",
}


@dataclass(frozen=True)
class Placed:
    """One take in its place."""

    place: int  # 1 is the best
    take: str  # its name
    number: int
    seed: int
    sha256: str  # of the wav that was ranked
    reason: str
    findings: Mapping[str, str]  # by rule, in words


@dataclass(frozen=True)
class Group:
    """The takes of one segment by one model."""

    segment: int
    kind: str
    model: str
    best: str | None  # the first take's name; None if it failed a check
    set_aside: tuple[str, ...]  # the rules that could not decide, and why
    takes: tuple[Placed, ...]  # best first

    def ranks(self, files: Mapping[str, str]) -> bool:
        """Whether it ranks these very takes (name -> sha256 of the wav), no more and no less."""
        return {one.take: one.sha256 for one in self.takes} == dict(files)


@dataclass(frozen=True)
class Rankings:
    """All groups of a song. `state` is ready, absent, unreadable or other song."""

    state: str
    why: str = ""
    groups: Mapping[tuple[int, str], Group] = field(default_factory=dict)  # (segment, model)

    def of(self, segment: int, model: str, files: Mapping[str, str]) -> Group | None:
        """The group, if it ranks these very takes (name -> sha256)."""
        group = self.groups.get((segment, model))
        return group if group and group.ranks(files) else None


def ranking_path(results: Path) -> Path:
    return results / "ranking.json"


def as_json(song: str, groups: list[Group]) -> dict[str, Any]:
    """The file's content; the same groups give the same values."""
    return {
        "format": FORMAT,
        "song": song,
        "rules": [{"name": name, "asks": asks} for name, asks in RULES.items()],
        "groups": [
            {**asdict(group), "takes": [asdict(one) for one in group.takes]} for group in groups
        ],
    }


def read_rankings(results: Path, song: str) -> Rankings:
    """Read ranking.json. What is wrong with it is a state, not an error."""
    try:
        value = json.loads(ranking_path(results).read_text(encoding="utf-8"))
        if value["format"] != FORMAT:
            raise ValueError(f"format {value['format']}, expected {FORMAT}")
        if value["song"] != song:
            return Rankings("other song", str(value["song"]))
        groups = [_group(entry) for entry in value["groups"]]
    except FileNotFoundError:
        return Rankings("absent")
    except OSError as error:
        return Rankings("unreadable", str(error.strerror))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        return Rankings("unreadable", f"{type(error).__name__}: {error}")
    return Rankings("ready", "", {(group.segment, group.model): group for group in groups})


def _group(entry: Mapping[str, Any]) -> Group:
    takes = tuple(_placed(one) for one in entry["takes"])
    if not takes:
        raise ValueError("a group without takes")
    return Group(
        segment=int(entry["segment"]),
        kind=str(entry["kind"]),
        model=str(entry["model"]),
        best=None if entry["best"] is None else str(entry["best"]),
        set_aside=tuple(map(str, entry["set_aside"])),
        takes=takes,
    )


def _placed(entry: Mapping[str, Any]) -> Placed:
    return Placed(
        place=int(entry["place"]),
        take=str(entry["take"]),
        number=int(entry["number"]),
        seed=int(entry["seed"]),
        sha256=str(entry["sha256"]),
        reason=str(entry["reason"]),
        findings={str(rule): str(says) for rule, says in entry["findings"].items()},
    )
