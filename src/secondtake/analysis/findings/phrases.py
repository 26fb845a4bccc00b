"""Sentences that follow from figures. Nothing here knows more than the figures it is given."""

from collections import Counter
from collections.abc import Iterable, Sequence

from secondtake.analysis.findings.claims import claimed_verdict
from secondtake.analysis.findings.wording import Wording, wording
from secondtake.analysis.formatting import JsonObject, format_number
from secondtake.analysis.lyrics.transcripts import NONE_UNDERSTOOD
from secondtake.analysis.metrics.metric import VERDICTS

WORDS = {  # for a metric's or a question's name, where a musician has others
    "spectral character": "tone colour",
    "spectral balance": "tone balance",
    "air": "treble",
    "voice": "amount of voice",
    "one pitch": "clearness of pitch",
    "pitch range": "range of the tune",
    "loudness range": "range from soft to loud",
    "band edge": "highest frequency",
    "noisiness": "hiss",
    "lyrics": "words",
}
# Questions with unlike metrics, and one whose metric says more than it does.
BY_METRIC = ("level", "voice", "spectrum", "artefacts", "prompt")
MOST_LISTED = 9  # things named one by one in a sentence
COMMON = 4  # measurements with the same note


def verdict_words(entry: JsonObject, overall: JsonObject | None = None) -> str:
    """What a measurement or an answer says, in the words of its metric."""
    verdict = claimed_verdict(entry, overall)
    if verdict == "as other music" and NONE_UNDERSTOOD in split_notes(entry["note"]):
        return NONE_UNDERSTOOD
    return wording_of(entry).says[verdict]


def wording_of(entry: JsonObject) -> Wording:
    """The words for a measurement or an answer."""
    return wording(entry["question"], str(entry.get("metric") or entry.get("name")))


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


def subject(question: str, metric: str) -> str:
    """What was judged: the question, or the metric where a question has unlike ones."""
    return metric if question in BY_METRIC else question


def about(question: str, metric: str = "") -> str:
    """The beginning of a sentence about a question: In timbre, In stereo width, Overall."""
    return "Overall" if question == "overall" else f"In {subject(question, metric or question)}"


def column(question: str, metric: str) -> str:
    """The head of a question's column: the metric that answers it stands beside it."""
    return question if metric == question else f"{question} ({metric})"


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


def open_reason(measurement: JsonObject) -> str:
    """Why a measurement decides nothing, in words, without a full stop."""
    verdict, notes = measurement["verdict"], split_notes(measurement["note"])
    if verdict == "no scale" and measurement["ceiling"] is not None:
        return wording_of(measurement).no_scale  # notes are about the value
    if verdict != "undecided":
        notes = [part for part in notes if not part.startswith("no interval")]
    return "; ".join(notes) or VERDICTS[verdict]


def split_notes(note: str) -> list[str]:
    """The parts of a measurement's note."""
    return [part for part in note.split("; ") if part]


def common_notes(notes: Iterable[str]) -> dict[str, int]:
    """The parts that at least COMMON measurements' notes share, and how many do."""
    counts = Counter(part for note in notes for part in split_notes(note))
    return {part: count for part, count in counts.items() if count >= COMMON}
