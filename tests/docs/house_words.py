"""One thing, one name, in all that people read.

baseline: the user's recording of a segment (never original or reference; a metric's mathematics has
reference and estimate). control: the sketch. floor: what other music scores, never the sketch.
page: what is read, never a script. checkpoint: one set of weights of a model.
"""

import re

# A pattern, and what to say instead.
FORBIDDEN = {
    r"\boriginals?\b": "baseline",
    r"\breferences?\b(?!d)": "baseline",
    r"\bground truth\b": "baseline",
    r"\byour (own )?recordings?\b": "baseline",
    r"\b(model|bark|musicgen|stable audio|sketch|script|program)'s page\b": "script",
    r"\bsketch \(the floor\)|\bfloor \((the )?(sketch|control)": "control",
    r"\b(sketch|control) (is|as) (the|a) floor\b": "control",
    r"\b(five|two) floors\b|\bfloor imports\b|\btimes the floor\b": "layer, or least",
    r"\b(smaller|other|larger) weights\b": "checkpoint",
    r"\bmodel (size|variant)s?\b": "checkpoint",
    r"\brule-based (sketch|arrangement|mark|baseline)\b": "control",
}
# Where a word has another meaning, or is explained. Matched against the sentence around it.
ALLOWED = (
    r"baseline, your own recording|your own recording of (the|each) segment,? (\(the|its) baseline",
    r"^\*\*reference, estimate\*\*",  # CONTRIBUTING explains the words of a metric's mathematics
    r"warzone original",  # an album
)
SENTENCE = re.compile(r"[^.!?|\n]*(?:\n(?![\n|#-])[^.!?|\n]*)*")


def breaches(text: str) -> list[str]:
    """The forbidden words of a text, each with its sentence and what to say instead."""
    found = []
    for match in SENTENCE.finditer(text):
        sentence = " ".join(match.group().split())
        if any(re.search(allowed, sentence) for allowed in ALLOWED):
            continue
        found += [
            f"{sentence!r}: say {word}"
            for pattern, word in FORBIDDEN.items()
            if re.search(pattern, sentence, re.IGNORECASE)
        ]
    return found
