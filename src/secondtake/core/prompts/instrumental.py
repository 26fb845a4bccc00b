"""What an instrumental model reads of a segment: the style, less its voices, the tempo, the key.

Such models were trained on sentences that describe recordings. Of a voice they make hums or
nothing, so what a style says of voices is left out, and said. Where a part of the style joins a
voice to something else ("dark techno with female vocals"), the something else stays.
"""

import re
from dataclasses import dataclass

from secondtake.core.prompts.bark_prompt import Asked, AskedJob
from secondtake.core.prompts.style import speaks_of_voices

PARTS = re.compile(r"\s*[,;]\s*")  # of a style: what stands between commas
JOINTS = re.compile(  # within a part, in the languages that voices are known in
    r"\s+(?:with|over|and|con|sobre|y|e|avec|sur|et|mit|über|und|com|&|\+)\s+", re.IGNORECASE
)
# What is named after voices and is none.
NO_VOICES = re.compile(r"\b(?:singing (?:bowls?|saws?)|rap (?:beats?|drums?))\b", re.IGNORECASE)
TEMPO = re.compile(r"\d\s*bpm\b", re.IGNORECASE)
KEY = re.compile(  # "in a minor key" names none
    r"\b[A-G](?:[#♯b♭]|[ -](?:sharp|flat))? (?:major|minor)\b(?! (?:key|mood|third|chord))",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Description:
    """The text for the model, and what of the style is not in it."""

    text: str
    left_out: tuple[str, ...] = ()


def described(asked: Asked) -> Description:
    """A segment or a job as an instrumental model reads it."""
    kept: list[str] = []
    left_out: list[str] = []
    for part in filter(None, PARTS.split(asked.style.strip())):
        pieces = JOINTS.split(part) if _has_voices(part) else [part]
        kept += [piece for piece in pieces if not _has_voices(piece)]
        left_out += [piece for piece in pieces if _has_voices(piece)]
    if not TEMPO.search(asked.style):
        kept.append(f"{asked.bpm:g} BPM")
    if asked.key and not KEY.search(asked.style):
        kept.append(asked.key)
    return Description(", ".join(kept), tuple(left_out))


def description(asked: Asked) -> str:
    """The prompt of a segment for a model that plays and does not sing."""
    return described(asked).text


def description_remarks(job: AskedJob) -> tuple[str, ...]:
    """What a person should know of a job's prompt."""
    built = described(job)
    if job.prompt != built.text or not built.left_out:
        return ()
    return (f"left out, because it plays and does not sing: {', '.join(built.left_out)}",)


def _has_voices(text: str) -> bool:
    return speaks_of_voices(NO_VOICES.sub("", text))
