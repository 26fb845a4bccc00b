"""The time that a prompt's words take to sing, and the refusal of what no singing gets done."""

import math
import re
from functools import lru_cache

from secondtake.core.errors import UnsupportedError
from secondtake.core.prompts.phrasing import PhraseUnit, parse_phrases
from secondtake.core.prompts.syllables import ANY_TAG, HAN, count_words

# What cannot be sung faster is refused; everything else is worth a try. Rap runs at 4 to 6
# syllables a second, its breaths included.
FASTEST_RATE = 6.0  # syllables a second
DENSE = re.compile(rf"\d|{HAN.pattern}")  # as the syllables of a character are counted
DIVIDE = "divide them among several segments"


def singing_seconds(prompt: str) -> float:
    """Seconds of the prompt at the usual pace, pauses between its phrases included."""
    return sum(unit.seconds for unit in _phrase_units(prompt))


def max_words(seconds: float, prompt: str) -> int:
    """The number of words like the prompt's that are sung in `seconds` at the usual pace."""
    needed = singing_seconds(prompt)
    return math.floor(count_words(prompt) * seconds / needed) if needed else 0


def check_duration(
    prompt: str, seconds: float, longest: float = 600.0, fastest_rate: float = FASTEST_RATE
) -> None:
    """UnsupportedError if not even fast singing gets the prompt into `seconds`.

    longest: the seconds that a segment may have; fastest_rate: syllables a second.
    """
    if len(prompt) + len(DENSE.findall(prompt)) <= fastest_rate * seconds:
        return  # nothing has more syllables than characters, or two for each of these
    if sum(unit.syllables for unit in _phrase_units(prompt)) <= fastest_rate * seconds:
        return
    needed = math.ceil(singing_seconds(prompt))
    longer = f"give the segment seconds = {needed}"
    fitting = f"about {max_words(seconds, prompt)} fit"
    message = f"{count_words(prompt)} words asked in {seconds:g} s; {fitting}"
    hint = f"shorten the lyrics, or {longer if needed <= longest else DIVIDE}"
    raise UnsupportedError("seconds", message, hint)


def check_is_sung(prompt: str) -> None:
    """UnsupportedError if there is nothing in a prompt to sing, to say, or to sound like."""
    has_words = any(character.isalnum() for character in ANY_TAG.sub("", prompt))
    if not has_words and not _phrase_units(prompt):
        hint = "write the words that are sung, or leave the prompt away"
        raise UnsupportedError("prompt", f"nothing in {prompt!r} is sung", hint)


@lru_cache(maxsize=4096)  # a song has a thousand segments, and is planned more than once
def _phrase_units(prompt: str) -> tuple[PhraseUnit, ...]:
    return tuple(parse_phrases(prompt))
