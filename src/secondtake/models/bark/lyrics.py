"""Lyrics longer than Bark sings at once, split into windows that it can sing one by one.

A window begins with the singer's tag in force ([MAN], [WOMAN]), what is sung stands between its own
pair of ♪, and no word is cut. Lyrics that cannot fit the seconds of their segment were refused
before (secondtake.core.prompts.singing_time).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from secondtake.core.prompts.phrasing import NOTE, Ends, PhraseUnit, parse_phrases
from secondtake.core.prompts.syllables import ENGLISH, SPANISH, count_words
from secondtake.models.bark.constants import MAX_TEXT_TOKENS

# Bark stops after 768 semantic tokens, 15.4 s, in the middle of a word if need be, and its fine
# stage takes twice as long beyond 13.65 s. The estimate may be a tenth short, and singers linger.
LONGEST_SECONDS = 12.0

# What parting the lyrics costs. 1 is worth a window that is empty or twice as full as the others.
PARTING: dict[Ends, float] = {"sentence": 0.0, "line": 0.1, "breath": 0.5, "word": 4.0}
AFTER_A_SMALL_WORD = 2.0  # "the / night" is worse than "night / falls"
SEAM = 0.1  # every seam may be heard
WORDLESS = 1000.0  # Bark invents something to say for a window without words

CountTokens = Callable[[str], int]


@dataclass(frozen=True)
class LyricsWindow:
    """A piece of text that is sung in one go."""

    text: str
    words: int
    seconds: float  # estimate, with the pause that follows
    ends: Ends  # the pause that parts it from the next window


def split_lyrics(
    prompt: str, longest: float = LONGEST_SECONDS, count_tokens: CountTokens | None = None
) -> list[LyricsWindow]:
    """The prompt as windows of at most about `longest` seconds of singing each, in order.

    A prompt that fits is left as written, but for its white space. Others are parted between
    sentences or lines, else where one breathes, else between words, into windows about equally
    full, each with one singer. A single word that is too long stays whole. `count_tokens`: Bark's
    tokens of a text; without it only the seconds count.
    """
    units, whole = parse_phrases(prompt), " ".join(prompt.split())
    seconds = sum(unit.seconds for unit in units)
    if seconds <= longest and _is_readable(whole, count_tokens):
        words = count_words(whole)
        return [LyricsWindow(whole, words, round(seconds, 2), "sentence")] if whole else []
    return [_window(part) for part in _split_units(units, longest, count_tokens)]


def _is_readable(text: str, count_tokens: CountTokens | None) -> bool:
    if count_tokens is None or len(text) <= MAX_TEXT_TOKENS:
        return True
    return count_tokens(text) <= MAX_TEXT_TOKENS


def _split_units(
    units: Sequence[PhraseUnit], longest: float, count_tokens: CountTokens | None
) -> list[Sequence[PhraseUnit]]:
    """The cheapest way to part the units, found from the front for every beginning in turn."""
    elapsed = [0.0, *accumulate(unit.seconds for unit in units)]  # seconds before each unit
    target = elapsed[-1] / max(1, math.ceil(elapsed[-1] / longest))
    cheapest, starts = [0.0], [0]  # for the first n units: the cost, and where the last part starts
    for end in range(1, len(units) + 1):
        costs: list[tuple[float, int]] = []
        for start in range(end - 1, -1, -1):
            part, seconds = units[start:end], elapsed[end] - elapsed[start]
            if len(part) > 1 and (seconds > longest or not _is_singable(part, count_tokens)):
                break
            fill = (seconds / target - 1) ** 2
            costs.append((cheapest[start] + fill + _cost(part, end == len(units)), start))
        cost, start = min(costs)
        cheapest.append(cost)
        starts.append(start)
    parts, end = [], len(units)
    while end:
        parts.append(units[starts[end] : end])
        end = starts[end]
    return parts[::-1]


def _is_singable(part: Sequence[PhraseUnit], count_tokens: CountTokens | None) -> bool:
    same_singer = part[0].singer == part[-1].singer
    return same_singer and _is_readable(_window_text(part), count_tokens)


def _cost(part: Sequence[PhraseUnit], last: bool) -> float:
    """The cost of this part, whatever its length."""
    cost = SEAM if any(unit.words for unit in part) else SEAM + WORDLESS
    end = part[-1]
    if last:
        return cost
    leans = end.ends == "word" and end.text.lower() in SPANISH | ENGLISH
    return cost + PARTING[end.ends] + AFTER_A_SMALL_WORD * leans


def _window(part: Sequence[PhraseUnit]) -> LyricsWindow:
    seconds = sum(unit.seconds for unit in part)
    words = sum(unit.words for unit in part)
    return LyricsWindow(_window_text(part), words, round(seconds, 2), part[-1].ends)


def _window_text(part: Sequence[PhraseUnit]) -> str:
    """One window's text: the singer's tag, and every stretch that is sung between its own ♪."""
    text = f"{part[0].singer} " if part[0].singer else ""
    sung = False
    for number, unit in enumerate(part):
        if unit.sung != sung:
            text = f"{text.rstrip()} {NOTE} "
            sung = unit.sung
        elif number and unit.spaced:
            text += " "
        text += unit.text
    return (f"{text} {NOTE}" if sung else text).strip()
