"""Several takes of one segment by one model, put in order without looking at the baseline.

Pure: findings in, places and reasons out. The rules stand in the order of their weight, and the
first that tells two takes apart decides between them; what each finds is said
below, and docs/ranking.md explains both. A rule decides only where its finding is known of every
take, so that no take wins or loses by what nobody measured.

What each rule of the ranking finds in a take: a function a rule, facts in, a finding out.

The facts come from files: the take's record, verification.json, lyrics/<take>.json. None of them
knows the baseline. What a file does not say is not known, and the finding says so.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from secondtake.core.jobs import Job
from secondtake.core.ranking_file import RULES
from secondtake.core.registry.all_models import MODELS
from secondtake.core.takes import Take


@dataclass(frozen=True)
class Finding:
    """What a rule found. A lower key is better; None: not known, and `says` tells why."""

    key: tuple[int, ...] | None
    says: str


@dataclass(frozen=True)
class Contender:
    """One take and the findings on it, by rule. A rule that does not apply has none."""

    name: str
    number: int  # of the take: 1, 2, …
    findings: Mapping[str, Finding]

    @property
    def failed(self) -> int:
        """How many of its checks failed, as far as that is known."""
        finding = self.findings.get("checks")
        return finding.key[0] if finding and finding.key else 0

    def key(self, rule: str) -> tuple[int, ...] | None:
        finding = self.findings.get(rule)
        return finding.key if finding else None


@dataclass(frozen=True)
class Place:
    """A take, its place (1 is the best) and why it stands there, in a sentence."""

    place: int
    contender: Contender
    reason: str


@dataclass(frozen=True)
class Order:
    """All takes, best first, and which rules could not decide, in sentences."""

    places: tuple[Place, ...]
    set_aside: tuple[str, ...]


def rank(contenders: Sequence[Contender]) -> Order:
    """Put the takes in order. The same findings give the same order, however they come."""
    rules = _deciding(contenders)
    ordered = sorted(contenders, key=lambda one: _sort_key(one, rules))
    places = tuple(
        Place(place, one, _reason(place, one, ordered, rules))
        for place, one in enumerate(ordered, 1)
    )
    return Order(places, _set_aside(contenders))


def _sound(contenders: Sequence[Contender]) -> list[Contender]:
    """Takes without a failed check; the others come after them, whatever else is known."""
    return [one for one in contenders if not one.failed]


def _deciding(contenders: Sequence[Contender]) -> list[str]:
    """The rules whose finding is known of every sound take."""
    sound = _sound(contenders)
    return [rule for rule in RULES if sound and all(one.key(rule) is not None for one in sound)]


def _sort_key(one: Contender, rules: Sequence[str]) -> tuple[tuple[int, ...], ...]:
    if one.failed:
        return ((one.failed,), (one.number,))
    return ((0,), *(one.key(rule) or () for rule in rules), (one.number,))


def _set_aside(contenders: Sequence[Contender]) -> tuple[str, ...]:
    """Which rules could have decided and did not, because something is not known."""
    alike: dict[str, list[str]] = {}  # what is the matter -> the rules that it stops
    sound = sorted(_sound(contenders), key=lambda one: one.number)
    for rule in RULES:
        unknown = [one for one in sound if one.key(rule) is None]
        why = next((one.findings[rule].says for one in unknown if rule in one.findings), "")
        if why:
            alike.setdefault(f"{why} ({_takes(unknown)})", []).append(rule)
    return tuple(f"{', '.join(rules)} not judged: {why}" for why, rules in alike.items())


def _takes(some: Sequence[Contender]) -> str:
    numbers = ", ".join(str(one.number) for one in some)
    return f"take{'s' if len(some) > 1 else ''} {numbers}"


def _reason(place: int, one: Contender, ordered: Sequence[Contender], rules: Sequence[str]) -> str:
    """The best is held against the next, every other against the one before it."""
    if len(ordered) == 1:
        return f"the only take; {one.findings['checks'].says}" if one.failed else "the only take"
    other = ordered[1] if place == 1 else ordered[place - 2]
    rule = _decider(one, other, rules)
    if not rule:
        lower = "the lower number goes first" if place == 1 else "which has the lower number"
        return f"equal to take {other.number} by every rule that could decide; {lower}"
    mine, theirs = one.findings[rule].says, other.findings[rule].says
    if place == 1:
        every = "every take failed a check; " if one.failed else ""
        return f"{every}{rule}: {mine}; take {other.number}: {theirs}"
    return f"behind take {other.number} by {rule}: {mine}"


def _decider(one: Contender, other: Contender, rules: Sequence[str]) -> str:
    """The first rule that tells them apart; "" if none does."""
    if one.failed != other.failed:
        return "checks"
    if one.failed:
        return ""
    return next((rule for rule in rules if one.key(rule) != other.key(rule)), "")


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
