"""Syllables of a word: a better measure of the time that a voice needs than a count of words.

In lyrics English words have about 1.3, Spanish ones 1.9. These are rules of thumb: on ordinary
lyrics the sum is within a tenth, a single word may be off by one.
"""

import re
import unicodedata
from collections.abc import Sequence

ANY_TAG = re.compile(r"\[[^\[\]]*\]")  # [laughs], [MAN]: heard, but not as words
KANA, HAN = re.compile("[\u3041-\u30ff]"), re.compile("[\u3005\u3400-\u9fff]")
UNSPACED = re.compile(f"(?:{KANA.pattern}|{HAN.pattern})")  # written without spaces between words
SILENT_KANA = frozenset("ゃゅょぁぃぅぇぉャュョァィゥェォ・")  # they share the beat before them
JAPANESE_HAN = 2  # syllables of a Han character in Japanese, on average; in Chinese it is one
DIGIT = 2  # syllables: "seven", "siete"; one "two" and two of "ochenta" come out even
LETTERS_PER_SYLLABLE = 2.5  # of alphabets whose vowels are not told apart here

VOWELS = "aeiouyаеёиоуыэюяαεηιουω"
CONSONANT_Y = re.compile(r"y(?=[aeiou])")  # you, beyond, ayer
HIATUS = re.compile(r"(?<=[aeoíú])(?=[aeoíú])|(?<=í)(?=u)|(?<=ú)(?=i)")  # po-e-ta, dí-a
SILENT_ENDING = re.compile(r"(?<=[^aeiouy])(?:e|(?<![td])ed|(?<![sxzcgh])es)$")  # love, played
SOUNDED_ENDING = re.compile(r"[^aeiouylr]les?$")  # little, but not whole or pearl

SPANISH = frozenset(
    "a al como con de del donde el en es esa ese esta este eres hay la las le les lo los me mi mis "
    "nada ni no nos o para pero por que se si sin son soy su sus te tu tus un una uno vida y ya "
    "yo".split()
)
ENGLISH = frozenset(
    "a an and are as at be but by for from have he i in is it me my no not of on or our she so "
    "that the their they this to up was we were what when who will with you your".split()
)
ONLY_SPANISH = re.compile(r"[ñáéíóú]|^ll|[aeiou][sn]?$|[aei]r$")
ONLY_ENGLISH = re.compile(r"w|k|th|sh|gh|ck|oo|ee|ea|'|ing$|[a-z]ed$|ly$|[bcfgkmptvy]$")


def count_words(text: str) -> int:
    """Words that are heard: tags and notes are none, a Chinese or Japanese character is one."""
    bare = ANY_TAG.sub(" ", text)
    rest = UNSPACED.sub(" ", bare)
    spaced = sum(any(c.isalnum() for c in word) for word in rest.split())
    return len(UNSPACED.findall(bare)) + spaced


def sounds_spanish(words: Sequence[str], otherwise: bool) -> bool:
    """True if a phrase reads by Spanish rules rather than English ones; `otherwise` if undecided.

    Languages that write what they say (Italian, Portuguese, Polish) are served by these as well.
    """
    bare = [re.sub(r"[^\w']", "", word.replace("’", "'").lower()) for word in words]
    votes = sum(2 * (w in SPANISH) + bool(ONLY_SPANISH.search(w)) for w in bare)
    votes -= sum(2 * (w in ENGLISH) + bool(ONLY_ENGLISH.search(w)) for w in bare)
    return votes > 0 if votes else otherwise


def syllables(word: str, spanish: bool, japanese: bool = False) -> int:
    """One word, or one character of a script without spaces -> syllables, at least 1 if heard."""
    word = unicodedata.normalize("NFC", word.lower())
    if UNSPACED.search(word):
        return sum(_of_character(c, japanese) for c in word if UNSPACED.match(c))
    letters = "".join(c for c in word if c.isalpha())
    spoken = DIGIT * sum(c.isdigit() for c in word)
    if letters:
        spoken += max(1, _of_letters(letters, spanish))
    return spoken


def _of_character(character: str, japanese: bool) -> int:
    if character in SILENT_KANA:
        return 0
    return JAPANESE_HAN if japanese and HAN.match(character) else 1


def _of_letters(letters: str, spanish: bool) -> int:
    if any("HANGUL" in unicodedata.name(c, "") for c in letters):
        return len(letters)  # a block is a syllable
    letters = CONSONANT_Y.sub("j", letters)
    if spanish:
        return sum(len(HIATUS.split(group)) for group in _groups(letters, keep="íú"))
    if SILENT_ENDING.search(letters) and not SOUNDED_ENDING.search(letters):
        letters = SILENT_ENDING.sub("", letters)
    return len(_groups(letters)) or round(len(letters) / LETTERS_PER_SYLLABLE)


def _groups(letters: str, keep: str = "") -> list[str]:
    """Runs of vowels, accents taken off but from the letters in `keep`."""
    plain = "".join(c if c in keep else unicodedata.normalize("NFD", c)[0] for c in letters)
    return re.findall(f"[{VOWELS}{keep}]+", plain)
