"""Lyrics longer than a model sings at once, split into windows that it can sing one by one.

A window is a whole piece of text: it begins with the singer's tag that was in force ([MAN],
[WOMAN]), what was sung stands between its own pair of ♪, and no word is ever cut.

Whether lyrics fit the seconds that a segment has.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from secondtake.core.errors import ModelError
from secondtake.models.bark.phrasing import NOTE, Atom, Ends, read
from secondtake.models.bark.syllables import ENGLISH, SPANISH, count_words

# Bark stops after 768 semantic tokens, 15.4 s, in the middle of a word if need be, and its fine
# stage takes twice as long beyond 13.65 s. The estimate may be a tenth short, and singers linger.
LONGEST_SECONDS = 12.0
TEXT_TOKENS = 256  # Bark reads no more. A token is at least one character.

# What parting the lyrics costs. 1 is worth a window that is empty or twice as full as the others.
PARTING: dict[Ends, float] = {"sentence": 0.0, "line": 0.1, "breath": 0.5, "word": 4.0}
AFTER_A_SMALL_WORD = 2.0  # "the / night" is worse than "night / falls"
SEAM = 0.1  # every seam may be heard
WORDLESS = 1000.0  # Bark invents something to say for a window without words

CountTokens = Callable[[str], int]


@dataclass(frozen=True)
class Window:
    """What is sung in one go."""

    text: str
    words: int
    seconds: float  # estimate, with the pause that follows
    ends: Ends  # what parts it from the next window


def split_lyrics(
    prompt: str, longest: float = LONGEST_SECONDS, count_tokens: CountTokens | None = None
) -> list[Window]:
    """The prompt as windows of at most about `longest` seconds of singing each, in order.

    A prompt that fits is left as it was written, but for its white space. Longer ones are parted
    between sentences or lines, else where one breathes, else between words; the windows are about
    equally full, and each has one singer. `count_tokens` says how many tokens Bark reads for a
    text; without it only the seconds count. A single word that is too long stays whole.
    """
    atoms = read(prompt)
    whole = " ".join(prompt.split())
    seconds = sum(atom.seconds for atom in atoms)
    if seconds <= longest and _is_readable(whole, count_tokens):
        words = count_words(whole)
        return [Window(whole, words, round(seconds, 2), "sentence")] if whole else []
    return [_window(part) for part in _parted(atoms, longest, count_tokens)]


def _is_readable(text: str, count_tokens: CountTokens | None) -> bool:
    return count_tokens is None or len(text) <= TEXT_TOKENS or count_tokens(text) <= TEXT_TOKENS


def _parted(
    atoms: Sequence[Atom], longest: float, count_tokens: CountTokens | None
) -> list[Sequence[Atom]]:
    """The cheapest way to part the atoms, found from the front for every beginning in turn."""
    until = [0.0, *accumulate(atom.seconds for atom in atoms)]  # seconds before each atom
    aim = until[-1] / max(1, math.ceil(until[-1] / longest))
    cheapest, starts = [0.0], [0]  # for the first n atoms: the cost, and where the last part starts
    for end in range(1, len(atoms) + 1):
        costs: list[tuple[float, int]] = []
        for start in range(end - 1, -1, -1):
            part, seconds = atoms[start:end], until[end] - until[start]
            if len(part) > 1 and (seconds > longest or not _is_singable(part, count_tokens)):
                break
            fill = (seconds / aim - 1) ** 2
            costs.append((cheapest[start] + fill + _cost(part, end == len(atoms)), start))
        cost, start = min(costs)
        cheapest.append(cost)
        starts.append(start)
    parts, end = [], len(atoms)
    while end:
        parts.append(atoms[starts[end] : end])
        end = starts[end]
    return parts[::-1]


def _is_singable(part: Sequence[Atom], count_tokens: CountTokens | None) -> bool:
    if part[0].singer != part[-1].singer:
        return False
    return count_tokens is None or _is_readable(_written(part), count_tokens)


def _cost(part: Sequence[Atom], last: bool) -> float:
    """What this part costs, whatever its length."""
    cost = SEAM if any(atom.words for atom in part) else SEAM + WORDLESS
    end = part[-1]
    if last:
        return cost
    leans = end.ends == "word" and end.text.lower() in SPANISH | ENGLISH
    return cost + PARTING[end.ends] + AFTER_A_SMALL_WORD * leans


def _window(part: Sequence[Atom]) -> Window:
    seconds = sum(atom.seconds for atom in part)
    words = sum(atom.words for atom in part)
    return Window(_written(part), words, round(seconds, 2), part[-1].ends)


def _written(part: Sequence[Atom]) -> str:
    """One window's text: the singer's tag, and every stretch that is sung between its own ♪."""
    text = f"{part[0].singer} " if part[0].singer else ""
    sung = False
    for number, atom in enumerate(part):
        if atom.sung != sung:
            text = f"{text.rstrip()} {NOTE} "
            sung = atom.sung
        elif number and atom.spaced:
            text += " "
        text += atom.text
    return (f"{text} {NOTE}" if sung else text).strip()


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
