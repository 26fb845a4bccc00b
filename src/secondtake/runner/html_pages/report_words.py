"""Sentences of a report that stand in no record: what is played, and what is left unsaid.

A report is shown to others. What a parser says of a damaged file is left to the commands' own
messages.
"""

import re
from collections.abc import Sequence

from secondtake.runner.html_pages.report_data import Example

PARSER = re.compile(r"not JSON\b|\w+Error\b")  # begins what only programmers understand
IN_BRACKETS = re.compile(r" \((?:not JSON\b|\w+Error\b).*\)", re.DOTALL)
DAMAGED = "the file is damaged, or of another version"


def why_unread(why: str) -> str:
    """Why a file cannot be read, in words for anyone."""
    return DAMAGED if PARSER.match(why) else why


def public_trouble(trouble: str) -> str:
    """A sentence on a file that could not be read, without a parser's words."""
    return IN_BRACKETS.sub("", trouble)


def example_sentence(examples: Sequence[Example], with_baseline: bool) -> str:
    """Which takes are played."""
    models = {example.take.maker for example in examples}
    whose = "each model"
    if all(example.take.model.is_control for example in examples):
        whose = "the control"
    which = (
        "One take of" if len(examples) == len(models) else "The closest and the furthest take of"
    )
    return f"{which} {whose}{', beside the baseline' if with_baseline else ''}."


def format_length(seconds: float) -> str:
    """0.35 s, 35 s, 12 min, 3.4 h."""
    if seconds < 100:
        return f"{seconds:.0f} s" if seconds >= 9.5 else f"{seconds:.2g} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
