"""The few figures of a take that can be defended, in words beside it on a page.

How close it comes to the baseline overall, whether it keeps tempo and key, how many of its words
are understood, and what judges say. What the comparison leaves undecided is called undecided, with
the reason.
"""

from collections.abc import Sequence
from typing import Any

from secondtake.core.listening_file import WordState
from secondtake.core.song import Segment
from secondtake.core.take_facts import BY_THE_PIPELINE
from secondtake.runner.html_pages.judged_scales import Judge, JudgedScale
from secondtake.runner.html_pages.report_data import (
    Adherence,
    Figures,
    MeasuredTake,
    Measurement,
)
from secondtake.runner.progress_pages.comparison_details import SHORT_CEILING, UNDECIDABLE
from secondtake.runner.progress_pages.sections import CLOSENESS

METRIC = "likeness"  # of the question "overall"
SAYS = {  # by verdict of METRIC
    "as itself": "as close to the baseline as its own other parts are",
    "closer": "closer to the baseline than most other music",
    "between": "closer to the baseline than most other music, though not beyond doubt",
    "as other music": "not to be told from other music",
    "further": "further from the baseline than other music is",
}
REASONS = {  # by verdict that decides nothing, where its note says nothing
    "unknown": "there is no honest number",
    "no floor": "no other music of this kind to compare with",
    "no scale": "the baseline is hardly closer to itself than other music is",
    "undecided": "the interval is too wide, or the evidence is missing on one side",
}
TEMPI = {
    "kept": "tempo kept",
    "half": "tempo kept, counted at half",
    "double": "tempo kept, counted at double",
    "regrouped": "tempo kept, grouped otherwise",
    "other": "another tempo",
    UNDECIDABLE: "tempo undecided",
}
KEYS = {
    "same": "key kept",
    "relative": "the relative key",
    "fifth": "a key a fifth away",
    "other": "another key",
    UNDECIDABLE: "key undecided",
}
BOTH = {  # by tempo and key
    ("kept", "same"): "both kept",
    (UNDECIDABLE, UNDECIDABLE): "both undecided",
}
RECOGNISER = "by a recogniser that never sees the lyrics; it misses sung words that people hear"
Words = Sequence[tuple[str, WordState]]
Figure = dict[str, Any]  # name, text, explain; of closeness its place on a scale too


def closeness(take: MeasuredTake | None) -> Measurement | None:
    """The measurement of how close a take comes to the baseline; None if there is none."""
    return take.answer(METRIC) if take else None


def short_closeness(take: MeasuredTake | None) -> str:
    """A few words on how close a take comes; "" where it was held against no baseline."""
    measured = closeness(take)
    if measured is None:
        return ""
    return "closeness undecided" if measured.is_open else CLOSENESS[measured.verdict]


def take_figures(figures: Figures, name: str, segment: Segment, words: Words) -> list[Figure]:
    """Everything about one take, the most telling first."""
    take = figures.takes.get(name)
    kept = next((entry for entry in figures.adherence if entry.take == name), None)
    shown = [
        closeness_figure(take),
        adherence_figure(kept, segment) if kept else None,
        word_figure(words) if words else _unheard(take) if segment.lyrics else None,
        *(judged_figure(*scale, name) for scale in figures.scales.values()),
    ]
    return [figure for figure in shown if figure]


def closeness_figure(take: MeasuredTake | None) -> Figure | None:
    """How close a take comes overall, with its interval and the share of other music less close."""
    measured = closeness(take)
    if measured is None:
        return None
    if measured.is_open or measured.scaled is None:
        why = measured.note or REASONS.get(measured.verdict, "")
        return _figure("Closeness", "undecided", why)
    low, high = measured.scaled_interval or (None, None)
    text = number(measured.scaled)
    if low is not None and high is not None:
        text += f" ({number(low)} to {number(high)})"
    share = "" if measured.percentile is None else f"; {_closer_than(measured.percentile)}"
    explain = f"{SAYS.get(measured.verdict, measured.verdict)}{share}. 0 is other music, 1 the "
    explain += "baseline itself, in brackets the 95 % interval"
    if take and take.from_baseline:
        explain += f"; a {take.from_baseline} is not independent of it"
    if SHORT_CEILING in measured.note:
        explain += f"; {SHORT_CEILING}, so how near it comes to 1 is uncertain"
    return {**_figure("Closeness", text, explain), "scale": [measured.scaled, low, high]}


def adherence_figure(kept: Adherence, segment: Segment) -> Figure:
    """Whether tempo and key are what the song file asks for."""
    apart = f"{TEMPI.get(kept.tempo, kept.tempo)}; {KEYS.get(kept.key, kept.key)}"
    text = BOTH.get((kept.tempo, kept.key), apart)
    asked = f"asked for {segment.bpm:g} BPM" + (f" in {segment.key}" if segment.key else "")
    return _figure("Tempo and key", text, asked)


def level_figure(step: str) -> Figure:
    """A level that a step behind the model has set. step: by core.take_facts."""
    text = step.removeprefix(BY_THE_PIPELINE)
    return _figure("Level", text, "set by the pipeline, and not by the model")


def word_figure(words: Words) -> Figure:
    """How many words of the lyrics a recogniser understood."""
    states = [state for _, state in words]
    right, asked = states.count("right"), len(states) - states.count("wrong")
    return _figure("Words understood", f"{right} of {asked}", RECOGNISER)


def judged_figure(judge: Judge, scale: JudgedScale, take: str) -> Figure | None:
    """What a judge says of a take on one scale; None if it says nothing."""
    row = scale.row(take)
    if row is None:
        return None
    name = scale.name.capitalize()
    if row.value is None:
        return _figure(name, "undecided", row.note or REASONS.get(row.verdict, ""))
    text = number(row.value)
    if row.interval is not None:
        text += f" ({number(row.interval[0])} to {number(row.interval[1])})"
    beside = [
        f"{number(value)} {whose}"
        for value, whose in ((row.ceiling, "the baseline"), (row.floor, scale.others))
        if value is not None
    ]
    words = scale.says.get(row.verdict) or row.note or REASONS.get(row.verdict, "")
    parts = [
        words if scale.closer_is else "no score",
        f"{scale.unit}, says {judge.checkpoint}",
        *([f"beside it {' and '.join(beside)}"] if beside else []),
        *(["in brackets the 95 % interval"] if row.interval else []),
    ]
    return _figure(name, text, "; ".join(filter(None, parts)))


def number(value: float) -> str:
    """Two decimals, and a minus sign as long as a plus sign."""
    return f"{value:.2f}".replace("-0.00", "0.00").replace("-", "−")


def _closer_than(percentile: float) -> str:
    """The share of other music that is less close, never rounded up to all or down to none."""
    others = "other music it was held against"
    if percentile in (0.0, 100.0):
        return f"closer than {'all' if percentile else 'none of the'} {others}"
    return f"closer than {min(max(round(percentile), 1), 99)} % of the {others}"


def _unheard(take: MeasuredTake | None) -> Figure | None:
    """Why no words are shown, as the comparison says it."""
    lyrics = [m for m in take.measurements if m.question == "lyrics"] if take else []
    note = next((entry.note for entry in lyrics if entry.note), "")
    return _figure("Words understood", "undecided", note) if note else None


def _figure(name: str, text: str, explain: str) -> Figure:
    return {"name": name, "text": text, "explain": explain}
