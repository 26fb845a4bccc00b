"""The words of a recording for a reader: right, wrong or missed, in the order of the song."""

import unicodedata
from collections.abc import Sequence

from secondtake.analysis.lyrics.text import TAG, edit_steps, normalise
from secondtake.analysis.lyrics.transcripts import Transcript
from secondtake.core.listening_file import WordState
from secondtake.core.lyrics import read_lyrics

MarkedWord = tuple[str, WordState]


def marked_words(transcript: Transcript, lyrics: str) -> tuple[MarkedWord, ...]:
    """Words of the lyrics that were heard, words heard that are not in them, and those missed.

    Each is spelled as in the lyrics (those of the transcript), or as the recogniser wrote it. A
    word heard in another's place follows the one it replaces. Where shuffled lyrics would fit as
    well, no word counts as understood: the lyrics come first, then what was heard.
    """
    expected = _spelled(read_lyrics(lyrics).text, transcript.reference)
    heard = _spelled(transcript.raw_text, transcript.hypothesis)
    if not transcript.is_understood:
        missed: list[MarkedWord] = [(word, "missed") for word in expected]
        return (*missed, *((word, "wrong") for word in heard))
    words: list[MarkedWord] = []
    steps = edit_steps(transcript.reference, transcript.hypothesis)
    for kind, row, column in reversed(list(steps)):
        if kind == "hit":
            words.append((expected[row], "right"))
        if kind in ("deletion", "substitution"):
            words.append((expected[row], "missed"))
        if kind in ("insertion", "substitution"):
            words.append((heard[column], "wrong"))
    return tuple(words)


def _spelled(text: str, words: Sequence[str]) -> Sequence[str]:
    """The words with their capitals and accents in the text; as they are, if it has others.

    A text has others where numbers were written out.
    """
    spellings: list[str] = []
    normalised: list[str] = []
    for token in TAG.sub(" ", text).split():
        own = normalise(token)
        spellings += [_bare(token)] if len(own) == 1 else own
        normalised += own
    return spellings if normalised == list(words) else words


def _bare(token: str) -> str:
    """A token without the punctuation around it."""
    places = [place for place, character in enumerate(token) if _sounds(character)]
    return token[places[0] : places[-1] + 1]


def _sounds(character: str) -> bool:
    return unicodedata.category(character)[0] in "LMN"
