"""What each rule of the ranking finds in a take: a function a rule, facts in, a finding out.

The facts come from files: the take's record, verification.json, lyrics/<take>.json. None of them
knows the baseline. What a file does not say is not known, and the finding says so.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from secondtake.jobs import Job
from secondtake.models import MODELS
from secondtake.ranking import Contender, Finding
from secondtake.takes import Take

# A recogniser hears the same words a little differently in every take: a tenth of the letters is
# as fine as its verdict goes, and a smaller difference is left to the next rule.
CER_STEP = 0.1
WORST_CER = 1.0  # more wrong letters than letters is no worse than nothing understood
# Where streaming services play music (-14 to -18 LUFS), and what the rule-based floor is set to.
USUAL_LUFS = -16.0
LOUDNESS = "loudness"  # the verification's figure
ASKED = ("prompt", "style", "lyrics", "languages", "seconds", "bpm", "key")  # what a song decides


@dataclass(frozen=True)
class Facts:
    """All that the files say of one take."""

    take: Take
    planned: Job  # what the song asks of its model and segment now
    checks: Sequence[Mapping[str, Any]] | None  # of this very file; None: not verified
    lyrics: Mapping[str, Any] | str  # cer, heard, words_understood; or why there are none

    @property
    def sung(self) -> bool:
        """Whether there are words, and a model that can sing them."""
        job = self.take.job
        return bool(job.lyrics) and "vocal" in MODELS[job.model].roles

    def of(self, verdict: str) -> list[str]:
        """The names of the checks with this verdict."""
        return [str(one["name"]) for one in self.checks or () if one["verdict"] == verdict]


def contender(facts: Facts) -> Contender:
    """A take with every finding that applies to it."""
    found = {rule: finding for rule, find in MERITS.items() if (finding := find(facts))}
    return Contender(facts.take.job.name, facts.take.job.take, found)


def checks(facts: Facts) -> Finding | None:
    """How many checks of the file failed."""
    if facts.checks is None:
        return Finding(None, "not verified")
    failed = facts.of("fail")
    says = f"failed: {', '.join(failed)}" if failed else "no check failed"
    return Finding((len(failed),), says)


def song(facts: Facts) -> Finding | None:
    """A take of an older text or length answers a question that is no longer asked."""
    changed = [
        name for name in ASKED if getattr(facts.take.job, name) != getattr(facts.planned, name)
    ]
    if changed:
        return Finding((1,), f"made before the song file changed ({', '.join(changed)})")
    return Finding((0,), "made as the song file asks")


def words(facts: Facts) -> Finding | None:
    """The share of letters that a recogniser got wrong (CER), in steps of a tenth."""
    if not facts.sung:
        return None
    if isinstance(facts.lyrics, str):
        return Finding(None, facts.lyrics)
    cer, understood = float(facts.lyrics["cer"]), float(facts.lyrics["words_understood"])
    step = math.floor(round(min(cer, WORST_CER) / CER_STEP, 6))
    return Finding((step,), f"{understood:.0%} of the words understood (CER {cer:.2f})")


def mistakes(facts: Facts) -> Finding | None:
    """What the model's page noticed window by window; with as many, fewer retakes are better."""
    windows = facts.take.details.get("windows")
    if not isinstance(windows, list) or not windows:
        return None
    noted = [one.get("flags") for one in windows if isinstance(one, dict)]
    if not any(isinstance(one, list) for one in noted):
        return Finding(None, "its record says nothing of mistakes")
    flags = [flag for one in noted if isinstance(one, list) for flag in one]
    again = _count(facts.take.details.get("retakes"))
    says = f"{_many(len(flags), 'mistake')} noticed" + (f" ({flags[0]})" if flags else "")
    return Finding((len(flags), again), says + (f", {_many(again, 'retake')}" if again else ""))


def voice(facts: Facts) -> Finding | None:
    """Whether the recogniser heard any word at all."""
    if not facts.sung:
        return None
    if isinstance(facts.lyrics, str):
        return Finding(None, facts.lyrics)
    heard = bool(str(facts.lyrics["heard"]).strip())
    return Finding((0,), "a voice is heard") if heard else Finding((1,), "no voice is heard")


def seams(facts: Facts) -> Finding | None:
    """How many warnings the joints between windows carry."""
    windows, joints = (facts.take.details.get(name) for name in ("windows", "seams"))
    if not isinstance(windows, list) or len(windows) < 2:
        return None if not isinstance(windows, list) else Finding((0,), "no seam")
    if not isinstance(joints, list):
        return Finding(None, "its record has no seams")
    count = sum(_count(one.get("warnings")) for one in joints if isinstance(one, dict))
    return Finding((count,), f"{_many(count, 'warning')} on its seams")


def warnings(facts: Facts) -> Finding | None:
    """How many checks of the file warn: often measurable only, so it weighs little."""
    if facts.checks is None:
        return Finding(None, "not verified")
    warned = facts.of("warn")
    says = f"checks that warn: {', '.join(warned)}" if warned else "no check warns"
    return Finding((len(warned),), says)


def level(facts: Facts) -> Finding | None:
    """The distance from the usual loudness in whole LU: less is not heard."""
    if facts.checks is None:
        return Finding(None, "not verified")
    figures = [one["figure"] for one in facts.checks if one["name"] == LOUDNESS]
    lufs = next((float(one) for one in figures if isinstance(one, int | float)), None)
    if lufs is None:
        return Finding(None, "its loudness was not measured")
    away = math.floor(abs(lufs - USUAL_LUFS) + 0.5)
    return Finding((away,), f"{lufs:.1f} LUFS, {away} LU from the usual {USUAL_LUFS:g}")


MERITS: Mapping[str, Callable[[Facts], Finding | None]] = {
    "checks": checks,
    "song": song,
    "words": words,
    "mistakes": mistakes,
    "voice": voice,
    "seams": seams,
    "warnings": warnings,
    "level": level,
}


def _count(value: Any) -> int:
    """A number, or how many things a list holds; 0 for anything else."""
    if isinstance(value, list):
        return len(value)
    return max(0, value) if isinstance(value, int) else 0


def _many(count: int, noun: str) -> str:
    return f"{count or 'no'} {noun}{'' if count == 1 else 's'}"
