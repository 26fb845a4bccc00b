"""The prompt of an instrumental model: the style, less its voices, then tempo, meter and key.

Such models were trained on sentences that describe recordings. Of a voice they make hums or
nothing, so the voices of a style are left out, and reported. Where a part of the style joins a
voice to something else ("dark techno with female vocals"), the something else stays.

Stable Audio 3 was trained on AudioSparx's tags too. Of these its publisher recommends two, before
everything else, for music without singing: "TrackType: Music, VocalType: Instrumental" (the
prompt guide of Stability-AI/stable-audio-3, docs/guides/prompting.md, "Helpful AudioSparx Tags").
"""

import re
from dataclasses import dataclass

from secondtake.core.prompts.bark_prompt import PromptInput, PromptJob
from secondtake.core.prompts.style import speaks_of_voices

PARTS = re.compile(r"\s*[,;]\s*")  # of a style: what stands between commas
JOINTS = re.compile(  # within a part, in the languages that voices are known in
    r"\s+(?:with|over|and|con|sobre|y|e|avec|sur|et|mit|über|und|com|&|\+)\s+", re.IGNORECASE
)
NO_VOICES = re.compile(  # named after voices, and none
    r"\b(?:singing (?:bowls?|saws?)|rap (?:beats?|drums?)|VocalType:\s*Instrumental)\b",
    re.IGNORECASE,
)
TAGS = {"TrackType": "Music", "VocalType": "Instrumental"}  # of Stable Audio 3's prompts
TEMPO = re.compile(r"\d\s*bpm\b", re.IGNORECASE)
KEY = re.compile(  # "in a minor key" names none
    r"\b[A-G](?:[#♯b♭]|[ -](?:sharp|flat))? (?:major|minor)\b(?! (?:key|mood|third|chord))",
    re.IGNORECASE,
)
METER = re.compile(r"(?<![\d/])\d{1,2} ?/ ?(?:2|4|8|16)(?![\d/])")


@dataclass(frozen=True)
class InstrumentalPrompt:
    """The text for the model, and the parts of the style that are not in it."""

    text: str
    left_out: tuple[str, ...] = ()


def without_voices(style: str) -> InstrumentalPrompt:
    """A style less its voices, and these."""
    phrases: list[str] = []
    left_out: list[str] = []
    for part in filter(None, PARTS.split(style.strip())):
        pieces = JOINTS.split(part) if _has_voices(part) else [part]
        phrases += [piece for piece in pieces if not _has_voices(piece)]
        left_out += [piece for piece in pieces if _has_voices(piece)]
    return InstrumentalPrompt(", ".join(phrases), tuple(left_out))


def build_description(source: PromptInput) -> InstrumentalPrompt:
    """The prompt of a segment or a job, and what it leaves out."""
    played = without_voices(source.style)
    phrases = [played.text] if played.text else []
    if not TEMPO.search(source.style):
        phrases.append(f"{source.bpm:g} BPM")
    phrases += filter(None, [_meter(source)])
    if source.key and not KEY.search(source.style):
        phrases.append(source.key)
    return InstrumentalPrompt(", ".join(phrases), played.left_out)


def style_and_tempo(source: PromptInput) -> str:
    """The prompt of a segment for a model that has no rules of its own: the style as it stands."""
    return ", ".join(filter(None, [source.style, f"{source.bpm:g} BPM", _meter(source)]))


def description(source: PromptInput) -> str:
    """The prompt of a segment for a model that plays and does not sing."""
    return build_description(source).text


def tagged_description(source: PromptInput) -> str:
    """The same for Stable Audio 3, with the tags that its publisher recommends before it.

    A tag that the style has already, with whatever value, is not said again.
    """
    text = description(source)
    said = text.casefold()
    tags = [f"{tag}: {value}" for tag, value in TAGS.items() if f"{tag.casefold()}:" not in said]
    return ", ".join([*tags, text])


def description_remarks(job: PromptJob) -> tuple[str, ...]:
    """Sentences for a person about a job's prompt."""
    built = build_description(job)
    if job.prompt not in (built.text, tagged_description(job)) or not built.left_out:
        return ()
    return (f"left out, because it plays and does not sing: {', '.join(built.left_out)}",)


def _meter(source: PromptInput) -> str:
    """The meter of a song, 3/4; "" if it says none, or its style names one."""
    return "" if METER.search(source.style) else source.meter


def _has_voices(text: str) -> bool:
    return speaks_of_voices(NO_VOICES.sub("", text))
