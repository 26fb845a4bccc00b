"""Lyrics longer than a model sings at once, split into windows that it can sing one by one.

A window is a whole piece of text: it begins with the singer's tag that was in force ([MAN],
[WOMAN]), what was sung stands between its own pair of ♪, and no word is ever cut.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

# Sung English and Spanish run at about 1.8 words/s, so 14 s hold 25. Speech is faster, and a window
# that ends early costs nothing; one that is too full skips words or stops in the middle of one.
WORDS_PER_WINDOW = 25

NOTE = "♪"
SINGER = re.compile(r"\[(?:MAN|WOMAN)\]", re.IGNORECASE)
ANY_TAG = re.compile(r"\[[^\[\]]*\]")  # [laughs], [MAN]: heard, but not as words
# The space after . ! ? … or a quote that closes behind them; "3.5" and "¿Qué?" stay whole.
SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|(?<=[.!?…][\"'”’»)])\s+|(?<=[。！？])\s*")
PHRASE_END = re.compile(r"(?<=[,;:—–])\s+|(?<=[、，])\s*")
WRITTEN_WITHOUT_SPACES = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")  # kana and Han characters


@dataclass(frozen=True)
class Piece:
    """Words that belong together, with how they are to be voiced."""

    text: str
    singer: str = ""  # the tag in force, as it was written
    sung: bool = False
    words: int = 0


def split_lyrics(prompt: str, words_per_window: int = WORDS_PER_WINDOW) -> list[str]:
    """The prompt as texts of at most `words_per_window` words each, in order.

    A prompt that fits is left as it was written. Longer ones are split between sentences, a long
    sentence between phrases, a long phrase between words; the windows are about equally full.
    """
    prompt = " ".join(prompt.split())
    if count_words(prompt) <= words_per_window:
        return [prompt] if prompt else []
    pieces = [
        part for piece in _sentences(prompt) for part in _small_enough(piece, words_per_window)
    ]
    return [_written(window) for window in _packed(pieces, words_per_window)]


def count_words(text: str) -> int:
    """How many words are heard: tags and notes are none, a Chinese or Japanese character is one."""
    bare = ANY_TAG.sub(" ", text)
    single = len(WRITTEN_WITHOUT_SPACES.findall(bare))
    rest = WRITTEN_WITHOUT_SPACES.sub(" ", bare)
    return single + sum(any(c.isalnum() for c in word) for word in rest.split())


def _sentences(prompt: str) -> Iterator[Piece]:
    """Each sentence with the singer and the singing that are in force where it stands."""
    singer, sung = "", False
    for stretch in re.split(rf"({NOTE}|{SINGER.pattern})", prompt, flags=re.IGNORECASE):
        if stretch == NOTE:
            sung = not sung
        elif SINGER.fullmatch(stretch):
            singer = stretch
        else:
            for sentence in filter(None, SENTENCE_END.split(stretch.strip())):
                yield Piece(sentence, singer, sung, count_words(sentence))


def _small_enough(piece: Piece, limit: int) -> list[Piece]:
    if piece.words <= limit:
        return [piece]
    parts: list[str] = []
    for phrase in filter(None, PHRASE_END.split(piece.text)):
        words = phrase.split()
        count = max(1, math.ceil(count_words(phrase) / limit))
        size = math.ceil(len(words) / count)
        parts += [" ".join(words[at : at + size]) for at in range(0, len(words), size)]
    return [Piece(part, piece.singer, piece.sung, count_words(part)) for part in parts]


def _packed(pieces: Sequence[Piece], limit: int) -> list[list[Piece]]:
    """Neighbours put together, about equally many words in each window; one singer in each."""
    total = sum(piece.words for piece in pieces)
    aim = total / math.ceil(total / limit)
    windows: list[list[Piece]] = []
    for piece in pieces:
        held = sum(other.words for other in windows[-1]) if windows else 0
        fits = held + piece.words <= limit and held + piece.words / 2 <= aim
        if windows and (fits or not piece.words) and windows[-1][-1].singer == piece.singer:
            windows[-1].append(piece)
        else:
            windows.append([piece])
    return windows


def _written(window: Sequence[Piece]) -> str:
    """One window's text: the singer's tag, and every stretch that is sung between its own ♪."""
    text = [window[0].singer] if window[0].singer else []
    sung = False
    for piece in window:
        if piece.sung != sung:
            text.append(NOTE)
            sung = piece.sung
        text.append(piece.text)
    return " ".join([*text, NOTE] if sung else text)
