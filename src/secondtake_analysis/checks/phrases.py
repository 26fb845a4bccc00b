"""Is a phrase sung again that was written once? What Bark does when it is stuck.

Two witnesses: the sound itself, and what the model's page noticed while it was made (the record's
`flags`, docs/bark-mistakes.md).
"""

import re

from secondtake_analysis.checks.check import MEASURED, Check, judge
from secondtake_analysis.checks.promise import Promise
from secondtake_analysis.checks.repetition import LEAST_PHRASE, PHRASE_ALIKE, repeated
from secondtake_analysis.checks.sound import Sound

WORDS_IN_A_ROW = 3  # that occur twice make a refrain: then it may well sound twice
LOOP_FLAG = re.compile(
    r"\btimes over\b|\brepeated \d|\bsung twice\b"
)  # as secondtake_models.bark words it


def phrase(sound: Sound, promise: Promise) -> Check:
    """Seconds of the longest phrase that comes again; warns from 1.5 s on.

    A hint only where the lyrics repeat words themselves.
    """
    again = repeated(sound)
    flags = [flag for flag in promise.noticed if LOOP_FLAG.search(flag)]
    notes = [*flags[:1]]
    if again:
        notes.append(
            f"{again.seconds:.1f} s from {again.at:.1f} s on come again {again.later:.1f} s later"
        )
    found = bool(again or flags)
    refrain = has_refrain(promise.lyrics)
    if refrain:
        notes.append("the lyrics repeat words too")
    return judge(
        "repeated phrase",
        again.seconds if again else 0.0,
        "s",
        f"less than {LEAST_PHRASE:g} s that come again alike (r > {PHRASE_ALIKE:g})",
        warns=found and not refrain,
        hints=found,
        note="; ".join(notes),
        source=MEASURED,
    )


def has_refrain(lyrics: str) -> bool:
    """Whether three words in a row stand in the lyrics twice."""
    words = re.findall(r"\w+", lyrics.casefold())
    runs = [tuple(words[at : at + WORDS_IN_A_ROW]) for at in range(len(words) - 2)]
    return len(set(runs)) < len(runs)
