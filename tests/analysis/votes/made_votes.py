"""A listening page's clips, and the vote files of listeners whose taste is known."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from secondtake.core.listening_file import ListeningFile, SegmentClips, Version, clip_name

SONG = "known"
NUMBERS = {"baseline": 0, "bark": 1, "musicgen": 2, "sketch": 3}
TASTE = {"baseline": 1.5, "bark": 0.5, "musicgen": 0.0, "sketch": -1.0}  # log strengths


def version(segment: int, system: str, take: int = 1) -> Version:
    """A version of a segment by one of NUMBERS."""
    sha256 = hashlib.sha256(f"{system} {take}".encode()).hexdigest()
    name = "" if system == "baseline" else f"{system}_segment{segment}_verse"
    name += f"_take{take}" if take > 1 else ""
    return Version(clip_name(segment, sha256), name, sha256, 8.0, -16.0, 0.0, 0.0, 0.0, "AAE=", ())


def clips_of(systems: tuple[str, ...] = tuple(NUMBERS), segments: int = 3) -> ListeningFile:
    return ListeningFile(
        "ready",
        bits_per_second=160_000,
        sample_rate=48_000,
        segments=tuple(
            SegmentClips(number, 9.0, 8.0, tuple(version(number, name) for name in systems))
            for number in range(1, segments + 1)
        ),
    )


LISTENING = clips_of(segments=60)


def clip(segment: int, system: str, take: int = 1) -> str:
    return version(segment, system, take).clip


def stamp(minute: int) -> str:
    return f"2026-11-28T{10 + minute // 60:02}:{minute % 60:02}:00.000Z"


def pair(
    number: int, segment: int, first: str, second: str, prefer: str, closer: str | None = "same"
) -> dict[str, Any]:
    """A vote on two systems; prefer and closer name one of them, or "tie"."""
    answer = {system: clip(segment, system) for system in NUMBERS} | {"tie": "tie"}
    closer = prefer if closer == "same" else closer
    return {
        "id": f"pairs-{segment}-{number}",
        "mode": "pairs",
        "segment": segment,
        "time": stamp(number),
        "first": answer[first],
        "second": answer[second],
        "prefer": answer[prefer],
        "closer": None if closer is None else answer[closer],
        "heard": {answer[first]: 3.4, answer[second]: 5.1, "reference": 4.0},
    }


def abx(number: int, a: str, b: str, *, right: bool, segment: int = 1) -> dict[str, Any]:
    one, other = clip(segment, a), clip(segment, b)
    return {
        "id": f"abx-{segment}-{number}",
        "mode": "abx",
        "segment": segment,
        "time": stamp(number),
        "a": one,
        "b": other,
        "x": one,
        "answer": one if right else other,
        "heard": {one: 3.0, other: 3.2, "x": 3.1},
    }


def rating(segment: int, **scores: float) -> dict[str, Any]:
    """Scores by system, the hidden baseline and the anchor among them."""
    names = {s: "anchor" if s == "anchor" else clip(segment, s) for s in scores}
    return {
        "id": f"ratings-{segment}-1",
        "mode": "ratings",
        "segment": segment,
        "time": stamp(segment),
        "scores": {names[system]: score for system, score in scores.items()},
        "reference": clip(segment, "baseline"),
        "heard": {**dict.fromkeys(names.values(), 3.3), "reference": 4.0},
    }


def vote_file(
    number: int, votes: list[dict[str, Any]], /, study: str = LISTENING.study, **changes: Any
) -> dict[str, Any]:
    """What a listener's page saves, by default after all planned trials."""
    count = {mode: sum(vote["mode"] == mode for vote in votes) for mode in ("pairs", "abx")}
    return {
        "format": 1,
        "study": study,
        "song": SONG,
        "listener": f"{number:032x}",
        "nickname": f"Listener {number}",
        "started": stamp(0),
        "exported": stamp(100),
        "planned": {**count, "ratings": sum(vote["mode"] == "ratings" for vote in votes)},
        "revealed": True,
        "votes": votes,
        **changes,
    }


def pair_votes(
    generator: np.random.Generator, count: int, systems: tuple[str, ...] = tuple(NUMBERS)
) -> list[dict[str, Any]]:
    """Votes of a listener of known TASTE, each on another segment; one in five or so a tie."""
    votes = []
    for number in range(1, count + 1):
        first, second = generator.choice(systems, 2, replace=False).tolist()
        one, other = np.exp(TASTE[first]), np.exp(TASTE[second])
        weights = np.array([one, other, 0.5 * np.sqrt(one * other)])
        chosen = [first, second, "tie"][generator.choice(3, p=weights / weights.sum())]
        votes.append(pair(number, number, first, second, chosen))
    return votes


def written(folder: Path, name: str, value: Any) -> Path:
    """A file of that value, or of that text or bytes."""
    path = folder / name
    if isinstance(value, bytes):
        path.write_bytes(value)
    else:
        text = value if isinstance(value, str) else json.dumps(value)
        path.write_text(text, encoding="utf-8")
    return path
