"""Letters in any script: one spelling for text that looks alike, and words with their marks."""

import re
import unicodedata
from collections.abc import Iterator

JOINERS = "\u200c\u200d"  # Persian and Hindi are not spelled without them
SAME_LETTER = str.maketrans(
    {"ı": "i", "ł": "l", "ø": "o", "æ": "ae", "œ": "oe", "’": "'", "ς": "σ"}
)
APOSTROPHES = "'’‘ʼ`"
LATIN_JOINER = re.compile(rf"(?<=[A-Za-z\u00c0-\u052f])[{JOINERS}]+")  # nor Cyrillic, Greek
LINE_END = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")

APOSTROPHE_RUN = re.compile(rf"[{APOSTROPHES}]{{2,}}")


def compose(text: str) -> str:
    """NFC, one kind of line end, no invisible characters but the joiners that spelling needs."""
    lines = LINE_END.sub("\n", text)
    visible = (c for c in lines if unicodedata.category(c) != "Cf" or c in JOINERS)
    return LATIN_JOINER.sub("", unicodedata.normalize("NFC", "".join(visible)))


def fold(text: str) -> str:
    """Lower case; accents gone from Latin, Greek and Cyrillic letters, for names to be found."""
    folded, base = [], ""
    plain = text.translate(SAME_LETTER).casefold().translate(SAME_LETTER)
    for character in unicodedata.normalize("NFKD", plain).casefold():  # also of letters in bold
        if not unicodedata.combining(character):
            base = unicodedata.name(character, "").split(" ")[0]
        elif base in ("LATIN", "GREEK", "CYRILLIC"):
            continue
        folded.append(character)
    return unicodedata.normalize("NFC", "".join(folded)).translate(SAME_LETTER)


def words_in(text: str) -> Iterator[str]:
    """The words of a line: letters and digits with their marks, and the apostrophes inside."""
    word, text = "", APOSTROPHE_RUN.sub("'", text)
    for character, following in zip(f"{text} ", f"{text[1:]}  ", strict=False):
        is_joint = character in JOINERS or (character in APOSTROPHES and following.isalnum())
        if _is_of(character, "LMN") or (word and is_joint):
            word += character
            continue
        if any(_is_of(letter, "LN") for letter in word):
            yield word
        word = ""


def _is_of(character: str, kinds: str) -> bool:
    """True for a character of one of these kinds, or a sign that stands for such: ㎏, ﬁ."""
    letters = unicodedata.normalize("NFKC", character)
    return any(unicodedata.category(letter)[0] in kinds for letter in letters)
