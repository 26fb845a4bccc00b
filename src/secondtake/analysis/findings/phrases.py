"""Sentences that follow from figures. Nothing here knows more than the figures it is given."""

from collections.abc import Iterable, Sequence
from typing import Any

from secondtake.analysis.formatting import figure

RELATION = {
    "ahead": "ahead of the sketch, beyond the interval",
    "behind": "behind the sketch, beyond the interval",
    "level": "not to be told from the sketch",
}
SAYS = {  # by verdict
    "as itself": "as close to {reference} as its own other parts are",
    "closer": "closer to {reference} than most other music",
    "between": "between other music and {reference}",
    "as other music": "not to be told from other music",
    "further": "further from {reference} than other music is",
}
MOST_LISTED = 9  # things named one by one in a sentence


def sentence(one: dict[str, Any], against: str) -> str:
    """What a scaled measurement says, in one line; "" where there is no scale."""
    if one["scaled"] is None:
        return ""
    reference = "the baseline" if against == "baseline" else "the sketch"
    where = SAYS[one["verdict"]].format(reference=reference)
    relation = RELATION.get(one["against_mark"])
    beside = f"; {relation} ({figure(one['mark_scaled'])})" if relation else ""
    name = "" if one["name"] == one["question"] else f" ({one['name']})"
    figures = scored(one["scaled"], *(one["scaled_interval"] or (None, None)))
    return f"{one['question'].capitalize()}{name}: {where}, {figures}{beside}."


def scored(scaled: float, low: float | None, high: float | None) -> str:
    """A figure on the scale with its interval, as the tables have both: 0.71 (0.52 to 0.93)."""
    return f"{figure(scaled)} ({span(low, high)})"


def span(low: float | None, high: float | None) -> str:
    """An interval, or that there is none."""
    if low is None or high is None:
        return "too short for an interval"
    return f"{figure(low)} to {figure(high)}"


def about(question: str) -> str:
    """How a sentence about a question begins: In timbre, Overall."""
    return "Overall" if question == "overall" else f"In {question}"


def many(count: int, noun: str) -> str:
    """1 segment, 2 segments."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def listed(names: Iterable[str]) -> str:
    """One, two and three; of many, the first and how many more."""
    every = list(dict.fromkeys(names))
    if len(every) > MOST_LISTED:
        every = [*every[: MOST_LISTED - 1], f"{len(every) - MOST_LISTED + 1} more"]
    return every[0] if len(every) == 1 else f"{', '.join(every[:-1])} and {every[-1]}"


def holding(holds: Sequence[int], of: int) -> str:
    """In which segments something holds: in segment 10, in both segments, in 2 of 3 segments."""
    if of == 1:
        return f"in segment {holds[0]}"
    if len(holds) == of:
        return "in both segments" if of == 2 else f"in all {of} segments"
    return f"in {len(holds)} of {of} segments"


def asked_and_made(take: dict[str, Any]) -> str:
    """The tempo and the key that were asked for beside those that were measured."""
    asked, made = take["asked"], take["measured"]
    pulse = made["tempo_note"] or f"measured {figure(made['tempo_bpm'], 1)} BPM"
    tonality = made["key"] or "no key to be found"
    return f"Asked for {asked['bpm']:g} BPM and {asked['key']}; {pulse}, {tonality}."
