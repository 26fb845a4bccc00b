"""The order of several takes of one segment by one model, without a look at the baseline.

Every criterion is a function: a take's facts in, a finding out. What the files (the record,
verification.json, lyrics/<take>.json) do not say is unknown, and the finding says so. The first
rule that tells two takes apart decides (docs/ranking.md), if its finding is known of every take:
no take wins or loses by what nobody measured.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from secondtake.core.formatting import plural
from secondtake.core.jobs import Job
from secondtake.core.plan import changed_fields
from secondtake.core.ranking_file import RULES
from secondtake.core.registry.all_models import MODELS
from secondtake.core.take_facts import level_step
from secondtake.core.takes import Take


@dataclass(frozen=True)
class RuleFinding:
    """The finding of a rule. A lower key is better; None: unknown, and `says` tells why."""

    key: tuple[int, ...] | None
    says: str


@dataclass(frozen=True)
class Candidate:
    """One take and the findings on it, by rule. A rule that does not apply has none."""

    name: str
    number: int  # of the take: 1, 2, …
    findings: Mapping[str, RuleFinding]
    label: str = ""  # as sentences call it, where that is not its number: take 3f9a2c1d

    @property
    def title(self) -> str:
        return self.label or f"take {self.number}"

    @property
    def order(self) -> tuple[int, str]:
        """Its place among takes that no rule tells apart: a current take goes before an earlier."""
        return self.number, self.label

    @property
    def failed(self) -> int:
        """The number of its checks that failed, as far as that is known."""
        return (self.key("checks") or (0,))[0]

    def key(self, rule: str) -> tuple[int, ...] | None:
        finding = self.findings.get(rule)
        return finding.key if finding else None


@dataclass(frozen=True)
class RankedPlace:
    """A take, its place (1 is the best) and the reason for it, in a sentence."""

    place: int
    candidate: Candidate
    reason: str


@dataclass(frozen=True)
class RankOrder:
    """All takes, best first, and which rules could not decide, in sentences."""

    places: tuple[RankedPlace, ...]
    set_aside: tuple[str, ...]


def rank(candidates: Sequence[Candidate]) -> RankOrder:
    """Put the takes in order. The same findings give the same order, however they come."""
    rules = _deciding(candidates)
    ordered = sorted(candidates, key=lambda candidate: _sort_key(candidate, rules))
    places = tuple(
        RankedPlace(place, candidate, _reason(place, candidate, ordered, rules))
        for place, candidate in enumerate(ordered, 1)
    )
    return RankOrder(places, _set_aside(candidates))


def _deciding(candidates: Sequence[Candidate]) -> list[str]:
    """The rules whose finding is known of every take that passed; the failed ones come last."""
    passed = [candidate for candidate in candidates if not candidate.failed]
    return [rule for rule in RULES if passed and all(c.key(rule) is not None for c in passed)]


def _sort_key(candidate: Candidate, rules: Sequence[str]) -> tuple[tuple[int | str, ...], ...]:
    if candidate.failed:
        return ((candidate.failed,), candidate.order)
    return ((0,), *(candidate.key(rule) or () for rule in rules), candidate.order)


def _set_aside(candidates: Sequence[Candidate]) -> tuple[str, ...]:
    """The rules that could have decided and did not, because something is unknown."""
    rules_by_cause: dict[str, list[str]] = {}
    passed = sorted((c for c in candidates if not c.failed), key=lambda c: c.order)
    for rule in RULES:
        unknown = [candidate for candidate in passed if candidate.key(rule) is None]
        why = next((c.findings[rule].says for c in unknown if rule in c.findings), "")
        if why:
            rules_by_cause.setdefault(f"{why} ({_numbers(unknown)})", []).append(rule)
    return tuple(f"{', '.join(rules)} not judged: {why}" for why, rules in rules_by_cause.items())


def _numbers(candidates: Sequence[Candidate]) -> str:
    numbers = ", ".join(c.title.removeprefix("take ") for c in candidates)
    return f"take{'s' if len(candidates) > 1 else ''} {numbers}"


def _reason(
    place: int, candidate: Candidate, ordered: Sequence[Candidate], rules: Sequence[str]
) -> str:
    """The best is held against the next, every other against the one before it."""
    if len(ordered) == 1:
        checks = candidate.findings["checks"].says if candidate.failed else ""
        return f"the only take; {checks}" if checks else "the only take"
    other = ordered[1] if place == 1 else ordered[place - 2]
    rule = _decider(candidate, other, rules)
    if not rule:
        equal = f"no rule tells it from {other.title}"
        return f"{equal}{'; ' if place == 1 else ', '}{_tie(place, candidate, other)}"
    own, others = candidate.findings[rule].says, other.findings[rule].says
    if place == 1:
        every = "every take failed a check; " if candidate.failed else ""
        return f"{every}{rule}: {own}; {other.title}: {others}"
    return f"behind {other.title} by {rule}: {own}"


def _tie(place: int, candidate: Candidate, other: Candidate) -> str:
    """The reason for which one of two goes first that no rule tells apart."""
    if candidate.number != other.number:
        return "the lower number goes first" if place == 1 else "which has the lower number"
    if candidate.label and other.label:
        return "the lower name goes first" if place == 1 else "which has the lower name"
    return "the current take goes first" if place == 1 else "which is the current take"


def _decider(candidate: Candidate, other: Candidate, rules: Sequence[str]) -> str:
    """The first rule that tells them apart; "" if none does."""
    if candidate.failed != other.failed:
        return "checks"
    if candidate.failed:
        return ""
    return next((rule for rule in rules if candidate.key(rule) != other.key(rule)), "")


# A recogniser hears the same words a little differently in every take: a tenth of the letters is
# as fine as its verdict goes, and a smaller difference is left to the next rule.
CER_STEP = 0.1
WORST_CER = 1.0  # more wrong letters than letters is no worse than nothing understood
# Where streaming services play music (-14 to -18 LUFS), and what the control is set to.
USUAL_LUFS = -16.0
SONG_INPUTS = ("prompt", "style", "lyrics", "languages", "seconds", "bpm", "meter", "key")


@dataclass(frozen=True)
class TakeCheck:
    """One check of a take's file, from verification.json."""

    name: str
    verdict: str
    figure: float | None


@dataclass(frozen=True)
class LyricsResult:
    """The words that a recogniser understood of a take, from lyrics/<take>.json."""

    heard: str
    cer: float  # letters that are wrong, for every letter that was to be sung
    words_understood: float  # 0 to 1
    sung_prompt: tuple[str, ...] | None = None  # tags of its prompt; None in an older file


@dataclass(frozen=True)
class TakeFacts:
    """All that the files say of one take."""

    take: Take
    planned: Job  # what the song asks of its model and segment now
    checks: Sequence[TakeCheck] | None  # of this very file; None: not verified
    lyrics: LyricsResult | str  # str: the reason why there is none
    has_right_length: bool  # that of the song file, or a continuation's own

    @property
    def sung(self) -> bool:
        """True if there are words, and a model that can sing them."""
        job = self.take.job
        return bool(job.lyrics) and "vocal" in MODELS[job.model].roles


def candidate(facts: TakeFacts) -> Candidate:
    """A take with every finding that applies to it."""
    findings = {rule: finding for rule, find in CRITERIA.items() if (finding := find(facts))}
    take = facts.take
    label = take.label if take.is_earlier else ""
    return Candidate(take.name, take.job.take, findings, label)


def checks(facts: TakeFacts) -> RuleFinding | None:
    """The number of the file's checks that failed."""
    return _with_verdict(facts, "fail", "failed", "no check failed")


def song(facts: TakeFacts) -> RuleFinding | None:
    """A take of an older text or length answers a question that is no longer asked."""
    differing = changed_fields(facts.take.job, facts.planned)
    changed = [name for name in SONG_INPUTS if name in differing]
    if facts.has_right_length and "seconds" in changed:
        changed.remove("seconds")
    if changed:
        return RuleFinding((1,), f"made before the song file changed ({', '.join(changed)})")
    return RuleFinding((0,), "made as the song file asks")


def prompt(facts: TakeFacts) -> RuleFinding | None:
    """A take that sings or speaks tags of its own prompt is worse."""
    if not facts.sung or isinstance(facts.lyrics, str) or facts.lyrics.sung_prompt is None:
        return None
    if tags := facts.lyrics.sung_prompt:
        return RuleFinding((1,), f"it sings its own prompt ({', '.join(tags)})")
    return RuleFinding((0,), "it sings nothing of its prompt")


def words(facts: TakeFacts) -> RuleFinding | None:
    """The share of letters that a recogniser got wrong (CER), in steps of a tenth."""
    if not facts.sung:
        return None
    if isinstance(facts.lyrics, str):
        return RuleFinding(None, facts.lyrics)
    cer, understood = facts.lyrics.cer, facts.lyrics.words_understood
    step = math.floor(round(min(cer, WORST_CER) / CER_STEP, 6))
    return RuleFinding((step,), f"{understood:.0%} of the words understood (CER {cer:.2f})")


def mistakes(facts: TakeFacts) -> RuleFinding | None:
    """The mistakes noted window by window by the model; with as many, fewer retakes are better."""
    windows = facts.take.details.get("windows")
    if not isinstance(windows, list) or not windows:
        return None
    noted = [window.get("flags") for window in windows if isinstance(window, dict)]
    if not any(isinstance(flags, list) for flags in noted):
        return RuleFinding(None, "its record says nothing of mistakes")
    mistakes = [flag for flags in noted if isinstance(flags, list) for flag in flags]
    retakes = _count(facts.take.details.get("retakes"))
    says = f"{_plural_or_no(len(mistakes), 'mistake')} noticed"
    says += f" ({mistakes[0]})" if mistakes else ""
    says += f", {plural(retakes, 'retake')}" if retakes else ""
    return RuleFinding((len(mistakes), retakes), says)


def voice(facts: TakeFacts) -> RuleFinding | None:
    """A take in which the recogniser heard any word at all is better."""
    if not facts.sung:
        return None
    if isinstance(facts.lyrics, str):
        return RuleFinding(None, facts.lyrics)
    if facts.lyrics.heard.strip():
        return RuleFinding((0,), "a voice is heard")
    return RuleFinding((1,), "no voice is heard")


def seams(facts: TakeFacts) -> RuleFinding | None:
    """The number of warnings that the joints between windows carry."""
    windows, joints = (facts.take.details.get(name) for name in ("windows", "seams"))
    if not isinstance(windows, list) or len(windows) < 2:
        return None if not isinstance(windows, list) else RuleFinding((0,), "no seam")
    if not isinstance(joints, list):
        return RuleFinding(None, "its record has no seams")
    count = sum(_count(joint.get("warnings")) for joint in joints if isinstance(joint, dict))
    return RuleFinding((count,), f"{_plural_or_no(count, 'warning')} on its seams")


def warnings(facts: TakeFacts) -> RuleFinding | None:
    """The number of checks that warn: often measurable only, so it weighs little."""
    return _with_verdict(facts, "warn", "checks that warn", "no check warns")


def _with_verdict(facts: TakeFacts, verdict: str, label: str, none: str) -> RuleFinding:
    if facts.checks is None:
        return RuleFinding(None, "not verified")
    names = [check.name for check in facts.checks if check.verdict == verdict]
    return RuleFinding((len(names),), f"{label}: {', '.join(names)}" if names else none)


def level(facts: TakeFacts) -> RuleFinding | None:
    """The distance from the usual loudness in whole LU: less is not heard.

    Unknown where a step behind the model has set the level: the model's own is not in the file.
    """
    if step := level_step(facts.take):
        return RuleFinding(None, step)
    if facts.checks is None:
        return RuleFinding(None, "not verified")
    figures = (check.figure for check in facts.checks if check.name == "loudness")
    lufs = next((figure for figure in figures if figure is not None), None)
    if lufs is None:
        return RuleFinding(None, "its loudness was not measured")
    away = math.floor(abs(lufs - USUAL_LUFS) + 0.5)
    return RuleFinding((away,), f"{lufs:.1f} LUFS, {away} LU from the usual {USUAL_LUFS:g}")


CRITERIA: Mapping[str, Callable[[TakeFacts], RuleFinding | None]] = {
    find.__name__: find
    for find in (checks, song, prompt, words, mistakes, voice, seams, warnings, level)
}


def _count(value: Any) -> int:
    """A number, or the length of a list; 0 for anything else."""
    if isinstance(value, list):
        return len(value)
    return max(0, value) if isinstance(value, int) else 0


def _plural_or_no(count: int, noun: str) -> str:
    return plural(count, noun) if count else f"no {noun}s"
