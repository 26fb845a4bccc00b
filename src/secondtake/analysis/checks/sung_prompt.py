"""Check of a take's words: that none of them are of its prompt alone."""

from secondtake.analysis.checks.check import Check, make_check
from secondtake.analysis.lyrics.transcripts import Transcript, sung_prompt_sentence

NAME = "prompt"
SOURCE = "measured (docs/lyrics.md)"


def sung_prompt(transcript: Transcript) -> Check:
    """The style tags, singers and section names of the prompt that a recogniser wrote down.

    Nobody listens for this check: `invoke understand` did.
    """
    tags = transcript.sung_prompt
    note = sung_prompt_sentence(tags)
    threshold = "0 sung or spoken"
    return make_check(
        NAME, len(tags), "tags", threshold, warns=bool(tags), note=note, source=SOURCE
    )
