"""The vocal delivery that a style asks for: by a man or a woman, sung or spoken.

Styles are free text in any language, so this looks for words; docs/bark-prompts.md has the rules.
"""

import re
import unicodedata

MAN, WOMAN = "[MAN]", "[WOMAN]"  # Bark's tags

# In the languages that Bark has voices for. A star stands for any ending.
MALE = """
male males man men masculin* baritone tenor hombre* uomo uomini maschil* homme* chanteur mann
mannlich* manner* sanger homem homens meski* erkek* мужск* 男* 남성* 남자* पुरुष*
"""
FEMALE = """
female females woman women feminin* femenin* soprano mezzo* contralto mujer* donna donne femminil*
femme* chanteuse* frau frauen* weiblich* sangerin* mulher* zensk* kadın* женск* 女* 여성* 여자*
महिला*
"""
# A tenor sax is no singer, and nothing man-made.
OTHER_THINGS = "sax saxo* trombon* guitar* ukulele* banjo* drum* horn* recorder* pipe* viol* made"
NOT = "no not non without sin sans ohne senza sem bez без"

SINGING = "sing sings singing singer sung melodic* croon* cantad* cantand* cantat* chante* gesung*"
SPEAKING = """
rap raps rapped rapping rapper* rapero* rapera* rapead* spoken speaking speech talking
narrat* narrad* recit* hablad* habland* parle parlee parlando parlato gesproch* sprechgesang falad*
"""
CONVERSING = "conversational* conversacional* talkative chatty"  # a way to sing as well as to speak
VOCALS = "vocal*"


def _pattern(words: str) -> re.Pattern[str]:
    """A pattern that finds one of the words as a whole word; Han characters stand anywhere."""
    escaped = [re.escape(word).replace(r"\*", r"\w*") for word in _folded(words).split()]
    anywhere = [word for word in escaped if unicodedata.category(word[0]) == "Lo"]
    whole = [word for word in escaped if word not in anywhere]
    return re.compile("|".join([rf"(?<!\w)(?:{'|'.join(whole)})(?!\w)", *anywhere]))


def _folded(text: str) -> str:
    """Without accents and case, so that one spelling finds all."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in apart if unicodedata.category(c) != "Mn")


_MALE, _FEMALE, _SINGING = _pattern(MALE), _pattern(FEMALE), _pattern(SINGING)
_SPEAKING, _CONVERSING, _VOCALS = _pattern(SPEAKING), _pattern(CONVERSING), _pattern(VOCALS)
_OTHER_THING = re.compile(rf"[\s-]+(?:{_pattern(OTHER_THINGS).pattern})")
_NOT = re.compile(rf"(?:{_pattern(NOT).pattern})[\s-]+$")


def singer_of(style: str) -> str:
    """[MAN] or [WOMAN] if the style speaks of one of them only; "" for neither, both or a duet."""
    text = _folded(style)
    man, woman = _speaks_of(_MALE, text), _speaks_of(_FEMALE, text)
    if man == woman:
        return ""
    return MAN if man else WOMAN


def is_sung(kind: str, style: str) -> bool:
    """True if the words are sung (between ♪), False if spoken. In this order:

    a word of singing in the style decides; then a rap, or a word of speaking, is spoken; then
    "conversational" is spoken, unless the style says "vocals"; all else is sung.
    """
    text = _folded(style)
    if _speaks_of(_SINGING, text):
        return True
    if kind == "rap" or _speaks_of(_SPEAKING, text):
        return False
    return _speaks_of(_VOCALS, text) or not _speaks_of(_CONVERSING, text)


def speaks_of_voices(style: str) -> bool:
    """True if a part of a style is about singers or speakers, even if it denies them."""
    text = _folded(style)
    words = (_MALE, _FEMALE, _SINGING, _SPEAKING, _CONVERSING, _VOCALS)
    return any(_speaks_of(pattern, text, denied=True) for pattern in words)


def _speaks_of(words: re.Pattern[str], text: str, *, denied: bool = False) -> bool:
    """True if one of the words is there, no part of another name; denied: "no rap" counts too."""
    return any(
        denied if _NOT.search(text[: match.start()]) else not _OTHER_THING.match(text, match.end())
        for match in words.finditer(text)
    )
