"""The texts that ACE-Step 1.5 reads: a caption with its metadata, and lyrics with section tags.

Both have the form that the model was trained on, which diffusers' AceStepPipeline writes too (its
`_format_prompt`). They are built here so that a plan can show them before anything is installed.
"""

import re
from dataclasses import dataclass
from typing import Any

from secondtake.core.letters import fold, words_in
from secondtake.core.lyrics import Lyrics, lyrics_remarks, read_lyrics
from secondtake.core.prompts.bark_prompt import PromptInput, PromptJob
from secondtake.core.prompts.espeak_voices import base_language
from secondtake.core.prompts.syllables import sounds_spanish
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
TAGS_OF_KINDS = {"rap": "verse", "refrain": "chorus", "song": ""}  # others are their own
LONGEST_CAPTION, LONGEST_LYRICS = 512, 4096  # characters, as its authors limit them


@dataclass(frozen=True)
class AceStepTexts:
    """The two texts as its tokenizer gets them."""

    text: str
    lyrics: str


def ace_step_caption(source: PromptInput) -> str:
    """The caption of a segment: its style. Tempo, key and meter have fields of their own."""
    return source.style or ("song" if source.lyrics else "instrumental music")


def structured_lyrics(kind: str, lyrics: str) -> str:
    """The words of a segment, line by line, each section under its tag: [verse], [chorus].

    Lyrics without a section's name begin with the tag of their kind. [instrumental] if there are
    no words.
    """
    reading = read_lyrics(lyrics)
    if not any(words_in(reading.text)):
        return INSTRUMENTAL
    lines: list[str] = []
    for line in reading.lines:
        lines += [_tag(token.text) for token in line.tokens if token.kind == "tag"]
        if words := line.text.strip():
            lines.append(words)
    if not lines[0].startswith("[") and (tag := TAGS_OF_KINDS.get(kind, kind)):
        lines.insert(0, f"[{tag}]")
    return "\n".join(lines)


def _tag(written: str) -> str:
    """A section's name or a direction as the model knows tags: `Estribillo 2:` -> [chorus 2]."""
    name = " ".join(written.strip(" #*=:：♪").strip("[]()").split())
    text = fold(name)
    number = re.search(r"\d+$", text)
    bare = text[: number.start()].strip() if number else text
    known = SECTIONS.get(bare.replace("-", " "))
    if known is None and section_name(name) is None:
        return f"[{name}]"  # a direction: [whispered]
    return f"[{' '.join(filter(None, [known or bare, number and number[0]]))}]"


def main_language(lyrics: Lyrics, languages: tuple[str, ...]) -> str:
    """The code of the language that most words are in, as the model lists it, or "unknown".

    English and Spanish are told apart, word by word, where both are listed; otherwise it is the
    first that is listed.
    """
    codes = tuple(dict.fromkeys(map(base_language, languages)))
    chosen = codes[0] if codes else UNKNOWN
    if {"en", "es"} <= set(codes):
        spanish, english = _spanish_and_english(lyrics, chosen == "es")
        chosen = chosen if spanish == english else "es" if spanish > english else "en"
    chosen = OTHER_CODES.get(chosen, chosen)
    return chosen if chosen in LANGUAGES else UNKNOWN


def _spanish_and_english(lyrics: Lyrics, otherwise: bool) -> tuple[int, int]:
    """How many words stand in lines that sound Spanish, and how many in the others."""
    counts = {True: 0, False: 0}
    for line in lyrics.lines:
        for part in re.split(r"[,;.:!?…]", line.text):
            words = [word.lower() for word in words_in(part)]
            counts[sounds_spanish(words, otherwise)] += len(words)
    return counts[True], counts[False]


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
        "prompt": job.prompt,
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
    remarks = []
    codes = tuple(dict.fromkeys(map(base_language, job.languages)))
    fields = ace_step_fields(job)
    sent = fields["vocal_language"]
    if fields["lyrics"] == INSTRUMENTAL:
        return ()
    questions = read_lyrics(job.lyrics).questions
    if sent == UNKNOWN:
        remarks.append(
            f"its language field is {UNKNOWN!r}: ACE-Step lists no {' or '.join(codes) or 'such'}"
        )
    elif len(codes) > 1:
        how = "in which most words are" if {"en", "es"} <= set(codes) else "the first listed"
        remarks.append(f"of {' and '.join(codes)}, its one language field has {sent}, {how}")
    return (*remarks, *questions)
