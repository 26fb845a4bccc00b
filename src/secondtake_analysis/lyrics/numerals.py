"""Numbers written out, because a recogniser writes "3" where a singer sings "tres".

English and Spanish, 0 to 99: what lyrics count with. Other numbers stay digits.
"""

from collections.abc import Iterable, Sequence

ENGLISH = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
).split()
ENGLISH_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
SPANISH = (
    "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince "
    "dieciseis diecisiete dieciocho diecinueve veinte veintiuno veintidos veintitres "
    "veinticuatro veinticinco veintiseis veintisiete veintiocho veintinueve"
).split()
SPANISH_TENS = "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa".split()


def spelled(digits: str, language: str) -> list[str]:
    """The words of "42" in `en` or `es`, normalised; empty where they are not known."""
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 2):
        return []
    number = int(digits)
    if language == "en":
        if number < len(ENGLISH):
            return [ENGLISH[number]]
        tens, unit = divmod(number, 10)
        return [ENGLISH_TENS[tens - 2], *([ENGLISH[unit]] if unit else [])]
    if language == "es":
        if number < len(SPANISH):
            return [SPANISH[number]]
        tens, unit = divmod(number, 10)
        return [SPANISH_TENS[tens - 2], *(["y", SPANISH[unit]] if unit else [])]
    return []


def written_out(words: Sequence[str], other: Iterable[str], languages: Sequence[str]) -> list[str]:
    """`words` with their numbers written out, in the language in which `other` has them.

    Only the notation changes: "3" becomes "tres" where the other side says "tres", and the first
    of the languages decides where it says neither.
    """
    known = set(other)
    written = []
    for word in words:
        choices = [spelling for code in languages if (spelling := spelled(word, code))]
        fitting = [spelling for spelling in choices if known.issuperset(spelling)]
        written += next(iter([*fitting, *choices]), [word])
    return written
