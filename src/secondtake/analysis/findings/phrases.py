"""Sentences that follow from figures. Nothing here knows more than the figures it is given."""

from collections import Counter
from collections.abc import Iterable, Sequence

from secondtake.analysis.formatting import JsonObject, format_number

RELATION = {
    "ahead": "ahead of the control, beyond the interval",
    "behind": "behind the control, beyond the interval",
    "level": "not to be told from the control",
}
SAYS = {  # by verdict
    "as itself": "as close to {reference} as its own other parts are",
    "closer": "closer to {reference} than most other music",
    "between": "between other music and {reference}",
    "as other music": "not to be told from other music",
    "further": "further from {reference} than other music is",
}
MOST_LISTED = 9  # things named one by one in a sentence
COMMON = 4  # measurements with the same note


def measurement_sentence(measurement: JsonObject, against: str) -> str:
    """A scaled measurement in one line; "" where there is no scale."""
    if measurement["scaled"] is None:
        return ""
    reference = "the baseline" if against == "baseline" else "the control"
    where = SAYS[measurement["verdict"]].format(reference=reference)
    relation = RELATION.get(measurement["against_mark"])
    beside = f"; {relation} ({format_number(measurement['mark_scaled'])})" if relation else ""
    question = measurement["question"]
    name = "" if measurement["name"] == question else f" ({measurement['name']})"
    score = format_score(measurement["scaled"], *(measurement["scaled_interval"] or (None, None)))
    return f"{question.capitalize()}{name}: {where}, {score}{beside}."


def format_score(scaled: float, low: float | None, high: float | None) -> str:
    """A figure on the scale with its interval, as the tables have both: 0.71 (0.52 to 0.93)."""
    return f"{format_number(scaled)} ({format_interval(low, high)})"


def answer_score(answer: JsonObject) -> str:
    """The score of an answer or of a cell."""
    return format_score(answer["scaled"], answer["low"], answer["high"])


def format_interval(low: float | None, high: float | None) -> str:
    """An interval, or that there is none."""
    if low is None or high is None:
        return "too short for an interval"
    return f"{format_number(low)} to {format_number(high)}"


def about(question: str) -> str:
    """The beginning of a sentence about a question: In timbre, Overall."""
    return "Overall" if question == "overall" else f"In {question}"


def join_names(names: Iterable[str]) -> str:
    """One, two and three; of many, the first and how many more."""
    listed = list(dict.fromkeys(names))
    if len(listed) > MOST_LISTED:
        listed = [*listed[: MOST_LISTED - 1], f"{len(listed) - MOST_LISTED + 1} more"]
    return listed[0] if len(listed) == 1 else f"{', '.join(listed[:-1])} and {listed[-1]}"


def in_segments(numbers: Sequence[int], total: int) -> str:
    """The segments in which something holds: in segment 10, in both segments, in 2 of 3 segments.

    total: how many there are.
    """
    if total == 1:
        return f"in segment {numbers[0]}"
    if len(numbers) == total:
        return "in both segments" if total == 2 else f"in all {total} segments"
    return f"in {len(numbers)} of {total} segments"


def requested_and_measured(take: JsonObject) -> str:
    """The tempo and the key that were asked for beside those that were measured."""
    request, measured = take["asked"], take["measured"]
    tempo = measured["tempo_note"] or f"measured {format_number(measured['tempo_bpm'], 1)} BPM"
    key = measured["key"] or "no key to be found"
    return f"Asked for {request['bpm']:g} BPM and {request['key']}; {tempo}, {key}."


def split_notes(note: str) -> list[str]:
    """The parts of a measurement's note."""
    return [part for part in note.split("; ") if part]


def common_notes(notes: Iterable[str]) -> dict[str, int]:
    """The parts that at least COMMON measurements' notes share, and how many do."""
    counts = Counter(part for note in notes for part in split_notes(note))
    return {part: count for part, count in counts.items() if count >= COMMON}
