"""The languages that the sketch's espeak-ng speaks, and its voice for each.

Listed here, so that another one is refused before anything is built. The package is espeakng-loader
(espeak-ng 1.52); a test tries each voice, for the library accepts names that say nothing.
"""

import re
from collections.abc import Sequence

from secondtake.core.errors import UnsupportedError
from secondtake.core.validation import suggest_nearest

# Codes that are a voice's name, and have a dictionary in the package.
ESPEAK_LANGUAGES = frozenset("""
af am an ar as az ba be bg bn bpy bs ca chr cmn cs cv cy da de el en eo es et eu fa fi fr ga gd gn
grc gu hak haw he hi hr ht hu hy hyw ia id io is it ja jbo ka kk kl kn ko kok ku ky la lb lfn lt ltg
lv mi mk ml mr ms mt mto my nb nci ne nl nog om or pa pap piqd pl pt py qdb qu quc qya ro ru sd shn
si sjn sk sl smj sq sr sv sw ta te th ti tk tn tr tt ug uk ur uz vi yue
""".split())  # fmt: skip
OTHER_NAME = {
    "en": "en-us", "es": "es-419", "zh": "cmn", "no": "nb", "nn": "nb", "iw": "he", "in": "id",
    "mo": "ro", "sh": "hr", "prs": "fa", "arb": "ar", "ckb": "ku",
}  # fmt: skip
# Of what people write in place of a code, the most common.
CODES = {
    "arabic": "ar", "bengali": "bn", "catalan": "ca", "chinese": "zh", "mandarin": "zh",
    "cantonese": "yue", "croatian": "hr", "czech": "cs", "danish": "da", "dutch": "nl",
    "english": "en", "finnish": "fi", "french": "fr", "german": "de", "greek": "el",
    "hebrew": "he", "hindi": "hi", "hungarian": "hu", "icelandic": "is", "indonesian": "id",
    "irish": "ga", "italian": "it", "japanese": "ja", "korean": "ko", "latin": "la",
    "norwegian": "no", "persian": "fa", "polish": "pl", "portuguese": "pt", "romanian": "ro",
    "russian": "ru", "serbian": "sr", "spanish": "es", "swahili": "sw", "swedish": "sv",
    "turkish": "tr", "ukrainian": "uk", "urdu": "ur", "vietnamese": "vi", "welsh": "cy",
}  # fmt: skip
VOICES = {code: code for code in sorted(ESPEAK_LANGUAGES)} | OTHER_NAME  # by language


def base_language(tag: str) -> str:
    """The language of a tag, without its region, in lower case: `es-AR` -> `es`."""
    return re.split(r"[-_]", tag.strip().lower())[0]


def espeak_voice(tag: str) -> str:
    """The voice of a tag's language; the language itself where there is none, which is refused."""
    language = base_language(tag)
    return VOICES.get(language, language)


def spoken_languages(tags: Sequence[str]) -> tuple[str, ...]:
    """The languages that a segment's words are said in: Spanish and English are told apart where
    both are listed, else all words are in the first."""
    codes = tuple(dict.fromkeys(map(base_language, tags)))
    both = tuple(code for code in codes if code in ("es", "en"))
    return both if len(both) > 1 else codes[:1]


def check_languages(tags: Sequence[str]) -> None:
    """UnsupportedError if a segment's words would be said in a language that is not spoken."""
    for code in spoken_languages(tags):
        if code not in VOICES:
            near = CODES.get(code)
            meant = f"did you mean {near!r}? " if near else suggest_nearest(code, sorted(VOICES))
            hint = f"{meant}it speaks {', '.join(sorted(VOICES))}"
            raise UnsupportedError("languages", f"espeak-ng does not speak {code!r}", hint)


def languages_remark(tags: Sequence[str]) -> str:
    """A sentence on the listed languages that no word is said in; "" if there are none."""
    said = spoken_languages(tags)
    unsaid = [code for code in dict.fromkeys(map(base_language, tags)) if code not in said]
    if not unsaid:
        return ""
    told = "of several languages, only Spanish and English are told apart"
    return f"all words are said in {' and '.join(said)}, none in {', '.join(unsaid)}: {told}"
