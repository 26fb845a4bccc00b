"""The texts that ACE-Step 1.5 reads: a caption with its metadata, and lyrics with section tags.

Both have the form that the model was trained on, which diffusers' AceStepPipeline writes too (its
`_format_prompt`). They are built here so that a plan can show them before anything is installed.
"""

import re
import unicodedata
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from secondtake.core.letters import fold, words_in
from secondtake.core.lyrics import Lyrics, is_repeat, read_lyrics
from secondtake.core.lyrics_marks import COUNTED, FILE_TAG
from secondtake.core.prompts.bark_prompt import PromptInput, PromptJob
from secondtake.core.prompts.espeak_voices import base_language
from secondtake.core.prompts.instrumental import without_voices
from secondtake.core.prompts.syllables import count_words, sounds_spanish
from secondtake.core.section_names import section_name

INSTRUMENTAL = "[instrumental]"
UNKNOWN = "unknown"  # the language field of a language that the model does not list
# Its own codes (acestep.constants.VALID_LANGUAGES), and other codes of the same languages.
LANGUAGES = frozenset("""
ar az bg bn ca cs da de el en es fa fi fr he hi hr ht hu id is it ja ko la lt ms ne nl no pa pl pt
ro ru sa sk sr sv sw ta te th tl tr uk ur vi yue zh
""".split())  # fmt: skip
OTHER_CODES = {"cmn": "zh", "nb": "no", "nn": "no", "iw": "he", "in": "id", "fil": "tl"}
TIME_SIGNATURES = {"2/4": "2", "3/4": "3", "4/4": "4", "6/8": "6"}
INSTRUCTIONS = {
    "text2music": "Fill the audio semantic mask based on the given conditions:",
    "repaint": "Repaint the mask area based on the given conditions:",
    "cover": "Generate audio semantic tokens based on the given conditions:",
}
# Names of sections in other languages; those that the model was taught are English.
SECTIONS = {
    "estrofa": "verse", "estrofe": "verse", "verso": "verse", "couplet": "verse",
    "strophe": "verse", "strofa": "verse", "vers": "verse",
    "coro": "chorus", "estribillo": "chorus", "refrao": "chorus", "refran": "chorus",
    "refrain": "chorus", "ritornello": "chorus", "kehrreim": "chorus", "refrein": "chorus",
    "precoro": "pre-chorus", "pre coro": "pre-chorus", "pre chorus": "pre-chorus",
    "prechorus": "pre-chorus", "vorrefrain": "pre-chorus", "pre refrain": "pre-chorus",
    "puente": "bridge", "ponte": "bridge", "pont": "bridge", "brucke": "bridge",
    "introduccion": "intro", "interludio": "interlude", "zwischenspiel": "interlude",
    "solo de guitarra": "guitar solo", "solo de piano": "piano solo",
    "solo de bandoneon": "bandoneon solo",
}  # fmt: skip
SECTION_STARTS = {  # of ChordPro, folded
    "start_of_chorus": "chorus", "soc": "chorus", "start_of_verse": "verse", "sov": "verse",
    "start_of_bridge": "bridge", "sob": "bridge",
}  # fmt: skip
# The scripts of languages that are not written in Latin letters, as Unicode's names begin.
CYRILLIC, DEVANAGARI = ("CYRILLIC",), ("DEVANAGARI",)
SCRIPTS = {
    "ru": CYRILLIC, "uk": CYRILLIC, "bg": CYRILLIC, "sr": (*CYRILLIC, "LATIN"),
    "ja": ("HIRAGANA", "KATAKANA", "CJK", "KATAKANA-HIRAGANA"), "zh": ("CJK",), "yue": ("CJK",),
    "ko": ("HANGUL",), "ar": ("ARABIC",), "fa": ("ARABIC",), "ur": ("ARABIC",), "he": ("HEBREW",),
    "hi": DEVANAGARI, "ne": DEVANAGARI, "sa": DEVANAGARI, "bn": ("BENGALI",), "ta": ("TAMIL",),
    "te": ("TELUGU",), "pa": ("GURMUKHI",), "th": ("THAI",), "el": ("GREEK",),
}  # fmt: skip
BRACKET = re.compile(r"[\[\](){}<>【】「」（）]")
DECORATION = " #*=:：♪–—-\"'"
PHRASE_END = re.compile(r"[,;.:!?…、。，]")
SPECIAL_TOKEN = re.compile(r"<\|[^|<>]*\|>")  # of the tokenizer, which would end the text
TAGS_OF_KINDS = {"rap": "verse", "refrain": "chorus", "song": ""}  # others are their own
LONGEST_CAPTION, LONGEST_LYRICS = 512, 4096  # characters, as its authors limit them


@dataclass(frozen=True)
class AceStepTexts:
    """The two texts as its tokenizer gets them."""

    text: str
    lyrics: str


def ace_step_caption(source: PromptInput) -> str:
    """The caption of a segment: its style, less its voices where nothing is sung. Tempo, key and
    meter have fields of their own."""
    if source.lyrics:
        return source.style or "song"
    return without_voices(source.style).text or "instrumental music"


def structured_lyrics(kind: str, lyrics: str) -> str:
    """The words of a segment, line by line, each section under its tag: [verse], [chorus].

    Words that stand under no section's name get the tag of their kind. [instrumental] if there are
    no words.
    """
    reading = read_lyrics(SPECIAL_TOKEN.sub(" ", lyrics))
    if not any(words_in(reading.text)):
        return INSTRUMENTAL
    lines: list[str] = []
    is_named = False  # before the first words
    for line in reading.lines:
        for token in line.tokens:
            if token.kind == "tag":
                tags = _tags(token.text)
                is_named = is_named or any(tag.is_section for tag in tags)
                lines += [f"[{tag.text}]" for tag in tags]
        if words := line.text.strip():
            if not is_named and (kind_tag := TAGS_OF_KINDS.get(kind, kind)):
                lines.insert(0, f"[{kind_tag}]")
            is_named = True
            lines.append(words)
    return "\n".join(lines)


@dataclass(frozen=True)
class _Tag:
    text: str
    is_section: bool


def _tags(written: str) -> list[_Tag]:
    """The tags of what stands in brackets or names a section: `Estribillo 2 (susurrado):` gives
    chorus 2 - susurrado. Repeat signs and what only a chord program reads give none."""
    tags: list[_Tag] = []
    for part in BRACKET.split(written):
        text = " ".join(COUNTED.sub(" ", fold(part)).split()).strip(DECORATION)
        text = SECTION_STARTS.get(text, text)
        if not text or is_repeat(text):
            continue
        name, colon, rest = text.partition(":")
        if section_name(text):
            tags.append(_Tag(_english(text), True))
        elif colon and rest.strip() and section_name(name.strip()):
            tags.append(_Tag(f"{_english(name.strip())} - {rest.strip()}", True))
        elif FILE_TAG.fullmatch(text):
            continue
        elif tags and tags[-1].is_section and " - " not in tags[-1].text:
            tags[-1] = _Tag(f"{tags[-1].text} - {text}", True)
        else:
            tags.append(_Tag(text, False))
    return tags


def _english(section: str) -> str:
    """A section's name with the words that the model was taught: puente 2 -> bridge 2."""
    number = re.search(r"\s*\d+$", section)
    bare = section[: number.start()] if number else section
    words = SECTIONS.get(bare.replace("-", " "))
    words = words or " ".join(SECTIONS.get(word, word) for word in bare.split())
    return f"{words} {number[0].strip()}" if number else words


def main_language(lyrics: Lyrics, languages: tuple[str, ...]) -> str:
    """The code of the language that most words are in, as the model lists it, or "unknown".

    Of the languages listed, those that the model lists too are told apart by their scripts, English
    and Spanish word by word; of others in one script it is the first.
    """
    codes = _listed(languages)
    if not codes:
        return UNKNOWN
    counts = dict.fromkeys(codes, 0)
    for line in lyrics.lines:
        for part in PHRASE_END.split(line.text):
            for script, words in _by_script(part).items():
                if code := _language_of(script, words, codes):
                    counts[code] += count_words(" ".join(words))
    return max(codes, key=lambda code: counts[code])  # the first of equals


def _listed(languages: tuple[str, ...]) -> tuple[str, ...]:
    """The codes of languages that the model lists, each once, as it spells them."""
    codes = (base_language(tag) for tag in languages)
    known = (OTHER_CODES.get(code, code) for code in codes)
    return tuple(dict.fromkeys(code for code in known if code in LANGUAGES))


def _by_script(text: str) -> dict[str, list[str]]:
    """The words of a phrase by their scripts, as Unicode names them: LATIN, CYRILLIC, HANGUL."""
    words: dict[str, list[str]] = {}
    for word in words_in(text):
        names = (unicodedata.name(letter, "").split()[0] for letter in word if letter.isalpha())
        if script := next(names, ""):
            words.setdefault(script, []).append(word)
    return words


def _language_of(script: str, words: list[str], codes: tuple[str, ...]) -> str:
    """The listed language of words in one script; "" if none is written in it."""
    fitting = [code for code in codes if script in SCRIPTS.get(code, ("LATIN",))]
    if {"en", "es"} <= set(fitting):
        lower = [word.lower() for word in words]
        return "es" if sounds_spanish(lower, fitting.index("es") < fitting.index("en")) else "en"
    return fitting[0] if fitting else ""


def _are_told_apart(codes: tuple[str, ...]) -> bool:
    """True if no two of the languages share a script, but for English and Spanish."""
    pairs = ({one, other} for one, other in combinations(codes, 2))
    return all(
        pair == {"en", "es"}
        or not set.intersection(*(set(SCRIPTS.get(code, ("LATIN",))) for code in pair))
        for pair in pairs
    )


def ace_step_task(job: PromptJob) -> str:
    """What is asked of the model: text2music, or repaint or cover of a recording."""
    return next((task for task in ("repaint", "cover") if job.settings.get(task)), "text2music")


def ace_step_fields(job: Any) -> dict[str, Any]:
    """A job as arguments of AceStepPipeline: caption, lyrics and metadata."""
    lyrics = structured_lyrics(job.kind, job.lyrics)
    language = UNKNOWN
    if lyrics != INSTRUMENTAL:
        language = main_language(read_lyrics(job.lyrics), job.languages)
    return {
        "prompt": SPECIAL_TOKEN.sub(" ", job.prompt),
        "lyrics": lyrics,
        "vocal_language": language,
        "audio_duration": job.seconds,
        "bpm": round(job.bpm),
        "keyscale": job.key,
        "timesignature": TIME_SIGNATURES.get(job.meter, ""),
        "instruction": INSTRUCTIONS[ace_step_task(job)],
    }


def ace_step_texts(job: Any) -> AceStepTexts:
    """The texts of a job, to the letter as AceStepPipeline formats those fields."""
    fields = ace_step_fields(job)
    text = (
        f"# Instruction\n{fields['instruction']}\n\n"
        f"# Caption\n{fields['prompt']}\n\n"
        f"# Metas\n"
        f"- bpm: {fields['bpm']}\n"
        f"- timesignature: {fields['timesignature'] or 'N/A'}\n"
        f"- keyscale: {fields['keyscale'] or 'N/A'}\n"
        f"- duration: {int(fields['audio_duration'])} seconds\n"
        "<|endoftext|>\n"
    )
    lyrics = f"# Languages\n{fields['vocal_language']}\n\n# Lyric\n{fields['lyrics']}<|endoftext|>"
    return AceStepTexts(text, lyrics)


def shown_texts(job: Any) -> dict[str, str]:
    """The same by name, for a person: as in a dry run."""
    texts = ace_step_texts(job)
    return {"text": texts.text.strip(), "lyrics": texts.lyrics}


def ace_step_remarks(job: PromptJob) -> tuple[str, ...]:
    """Sentences for a person about a job's lyrics, its languages, and what is out of range."""
    fields = ace_step_fields(job)
    sent = fields["vocal_language"]
    if fields["lyrics"] == INSTRUMENTAL:
        left_out = without_voices(job.style).left_out
        is_built = job.prompt == ace_step_caption(job)
        voices = f"left out, because nothing is sung here: {', '.join(left_out)}"
        return (voices,) if left_out and is_built else ()
    remarks = []
    typed = tuple(dict.fromkeys(base_language(tag) for tag in job.languages))
    unlisted = [code for code in typed if OTHER_CODES.get(code, code) not in LANGUAGES]
    if unlisted:
        message = f"ACE-Step lists no {' or '.join(unlisted)}: its language field has {sent}"
        remarks.append(message)
    elif len(typed) > 1:
        message = f"of {' and '.join(typed)}, its one language field has {sent}, "
        told_apart = _are_told_apart(_listed(job.languages))
        why = "in which most words seem to be" if told_apart else "the first that most words fit"
        remarks.append(f"{message}{why}")
    questions = read_lyrics(job.lyrics).questions
    return (*remarks, *questions)
