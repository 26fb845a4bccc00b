"""Whether lyrics fit the seconds that a segment has."""

import math

from secondtake.errors import ModelError
from secondtake_models.bark.words.phrasing import read
from secondtake_models.bark.words.syllables import count_words

# What cannot be sung faster is refused; everything else is worth a try. Rap runs at 4 to 6
# syllables a second, its breaths included.
FASTEST_RATE = 6.0  # syllables a second
LONGEST_SEGMENT = 600  # seconds that a song file may ask for
DIVIDE = "divide them among several segments"


def seconds_of(prompt: str) -> float:
    """How long the prompt takes at the usual pace, pauses between its phrases included."""
    return sum(atom.seconds for atom in read(prompt))


def words_that_fit(seconds: float, prompt: str) -> int:
    """How many words like the prompt's are sung in so many seconds at the usual pace."""
    needed = seconds_of(prompt)
    return math.floor(count_words(prompt) * seconds / needed) if needed else 0


def check_fits(prompt: str, asked: float) -> None:
    """ModelError unsupported if not even fast singing gets the prompt into `asked` seconds."""
    atoms = read(prompt)
    if sum(atom.syllables for atom in atoms) / FASTEST_RATE <= asked:
        return
    needed = math.ceil(seconds_of(prompt))
    longer = f"give the segment seconds = {needed}"
    raise ModelError(
        "unsupported",
        f"{count_words(prompt)} words asked in {asked:g} s; "
        f"about {words_that_fit(asked, prompt)} fit",
        f"shorten the lyrics, or {longer if needed <= LONGEST_SEGMENT else DIVIDE}",
    )
