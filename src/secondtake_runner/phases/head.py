"""The head of a page: its title, what it is about, and its status in one line."""

from dataclasses import dataclass
from typing import Literal

from secondtake_runner.phases import layout
from secondtake_runner.phases.survey import Survey

Word = Literal["Done", "Partial", "Blocked", "Pending"]
MARKS: dict[Word, str] = {"Done": "✅", "Partial": "⚠️", "Blocked": "⚠️", "Pending": "⏳"}
WRITTEN_BY = (
    "*Written by `scripts/write_progress.py` from the song, the records and the files; what is "
    "typed into this page is lost.*"
)


@dataclass(frozen=True)
class Status:
    """One word, and in markdown what it rests on."""

    word: Word
    detail: str = ""

    def line(self) -> str:
        return f"{self.word} {MARKS[self.word]}" + (f" ({self.detail})" if self.detail else "")


def overall(ready: int, blocked: int, wanted: int) -> Word:
    """The status of so many wanted things, of which so many are ready and so many blocked."""
    if wanted and ready >= wanted:
        return "Done"
    if ready:
        return "Partial"
    return "Blocked" if blocked else "Pending"


def head(survey: Survey, number: int, title: str, status: Status, summary: str) -> list[str]:
    """The blocks that open a page. `summary` is markdown."""
    song = (
        f"**Song**: {layout.words(survey.song.title)} ({survey.link(survey.song.path.resolve())})"
    )
    latest = f"**Latest take**: {latest_take(survey)}" if number >= 3 and survey.latest else ""
    lines = [song, latest, f"**Status**: {status.line()}"]
    troubles = [f"❌ {layout.words(trouble)}" for trouble in survey.troubles]
    return [
        f"# Phase {number}: {title}",
        layout.bullets(lines),
        WRITTEN_BY,
        "## Summary",
        summary,
        layout.bullets(troubles),
    ]


def latest_take(survey: Survey) -> str:
    """2026-11-22 15:34 UTC, from the newest record."""
    day, _, clock = survey.latest.partition("T")
    zone = " UTC" if clock.endswith("+00:00") else ""
    return layout.words(f"{day} {clock[:5]}{zone}".strip())
