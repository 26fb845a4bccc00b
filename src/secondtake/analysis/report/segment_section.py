"""The page's second half: every segment with all its figures, folded where there are many.

A model's chosen take of a segment, with all its figures and what they say.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from secondtake.analysis.comparison.summary import Several, groups, representatives, spread
from secondtake.analysis.findings.finding import anchor
from secondtake.analysis.findings.phrases import asked_and_made, sentence
from secondtake.analysis.formatting import figure, table
from secondtake.analysis.report.first_study_rows import NAIVE, naive_table
from secondtake.core.escape import markdown

Values = dict[str, Any]

COMMON = 4  # rows with the same note


def take(number: int, several: Several, only: set[str] | None) -> Iterator[str]:
    """A model's chosen take. only: the rows to show besides those that speak for a question."""
    take, choice = several.first, several.choice
    yield f"### {markdown(take['model_title'])}: `{take['name']}`"
    if choice:
        yield _choice(choice)
    if take["floor"]:
        yield "Rules and a soundfont, no model of music: the mark to beat."
    yield asked_and_made(take)
    if take.get("words"):
        yield f"Words {markdown(take['words'])}."
    if take["against"]:
        yield f"Compared with the {_reference(take)}:"
        speaking = set(representatives([[take]]).values())
        if only is None:
            yield _said(take, speaking)
        shown = [
            one
            for one in take["measurements"]
            if only is None
            or one["name"] in speaking
            or anchor(number, take["model"], one["name"]) in only
        ]
        yield _measurements(number, take, [one for one in shown if one["value"] is not None])
        yield _unknown(number, take, [one for one in shown if one["value"] is None])
        if choice:
            yield f"Of all {choice['of']} takes, the median and, in brackets, least to most:"
            yield _medians(several, shown)
    else:
        yield "Nothing to compare it with yet."
    yield f"![{take['name']}: waveform, spectrogram, chroma, tempogram]({take['plot']})"


def _said(take: Values, speaking: set[str]) -> str:
    """What the metrics that speak for their questions say, in a sentence each."""
    said = [one for one in take["measurements"] if one["name"] in speaking]
    lines = [line for one in said if (line := sentence(one, take["against"]))]
    return "\n".join(f"- {line}" for line in lines)


def _choice(choice: Values) -> str:
    """That one take of several stands here, and by whose choice."""
    aside = "".join(f" {markdown(one)}." for one in choice["set_aside"])
    if choice["best"]:
        return (
            f"The best of {choice['of']} takes, as `ranking.json` says, which does not know the "
            f"baseline: {markdown(choice['why'])}.{aside}"
        )
    return f"One of {choice['of']} takes: {markdown(choice['why'])}.{aside}"


def _reference(take: Values) -> str:
    return "baseline" if take["against"] == "baseline" else "sketch (this is no claim about a song)"


def _measurements(number: int, take: Values, shown: list[Values]) -> str:
    """Every metric that has a number, with all that gives it a meaning.

    What is to be noted of many is noted once, below.
    """
    counts = Counter(note for one in shown for note in one["note"].split("; ") if note)
    common = [note for note, count in counts.items() if count >= COMMON]
    head = "question, metric, take, floor, sketch, ceiling, scaled, beats, verdict, note"
    rows = [
        (
            one["question"],
            f"{_anchored(number, take, one)}, {one['unit']}",
            _with_interval(one["value"], one["interval"]),
            _figure(one["floor"]),
            _figure(one["mark"]),
            _figure(one["ceiling"]),
            _with_interval(one["scaled"], one["scaled_interval"]),
            "" if one["percentile"] is None else f"{one['percentile']:.0f} %",
            one["verdict"],
            markdown("; ".join(n for n in one["note"].split("; ") if n not in common)),
        )
        for one in shown
    ]
    below = [f"Of {counts[note]} metrics: {markdown(note)}." for note in common]
    return "\n\n".join([table(head.split(", "), rows), *below]) if rows else ""


def _unknown(number: int, take: Values, shown: list[Values]) -> str:
    """The metrics without a number, those for one reason together."""
    reasons: dict[str, list[str]] = {}
    for one in shown:
        reasons.setdefault(one["note"], []).append(_anchored(number, take, one))
    return "\n".join(
        f"- No number for {', '.join(names)}: {markdown(why)}." for why, names in reasons.items()
    )


def _anchored(number: int, take: Values, one: Values) -> str:
    return f'<a id="{anchor(number, take["model"], one["name"])}"></a>{one["name"]}'


def _medians(several: Several, shown: list[Values]) -> str:
    """Metrics over all takes of a segment by a model."""
    every = [one for take in several.takes for one in take["measurements"]]
    rows = []
    for one in shown:
        alike = [other for other in every if other["name"] == one["name"]]
        if any(other["value"] is not None for other in alike):
            rows.append(
                (
                    f"{one['name']}, {one['unit']}",
                    spread(other["value"] for other in alike),
                    _spread(alike),
                )
            )
    return table(("metric", "takes", "scaled"), rows)


def _spread(alike: list[Values]) -> str:
    known = [one["scaled"] for one in alike if one["scaled"] is not None]
    return spread(known) if known else ""


def _figure(value: float | None) -> str:
    return "" if value is None else figure(value)


def _with_interval(value: float | None, interval: list[float] | None) -> str:
    if value is None or interval is None:
        return _figure(value)
    low, high = interval
    return f"{figure(value)} [{figure(low)}, {figure(high)}]"


Values = dict[str, Any]

MOST_OPEN = 4  # segments of a study whose tables stand open
MOST_FULL = 60  # models times segments; beyond, a page of all metrics would not be shown by GitHub
SHORTENED = """\
One metric a question, and those that the findings speak of; `comparison_results.json` has all.
"""


def blocks(comparison: Values) -> Iterator[str]:
    """A section a segment."""
    segments = comparison["segments"]
    full = sum(len(groups(one)) for one in segments) <= MOST_FULL
    named = {row["anchor"] for one in comparison["findings"] for row in one["evidence"]}
    for segment in segments:
        heading = f"{segment['kind']}, {segment['title']}"
        yield f"## Segment {segment['number']}: {markdown(heading)}"
        yield _state(segment)
        for skipped in segment["skipped"]:
            yield f"Not compared: `{skipped['take']}`: {markdown(skipped['why'])}."
        if not segment["takes"]:
            yield "No takes yet."
            continue
        found = groups(segment)
        yield _recordings(segment, found)
        is_open = " open" if len(segments) <= MOST_OPEN else ""
        yield f"<details{is_open}>\n<summary>All figures of segment {segment['number']}</summary>"
        yield "" if full else SHORTENED
        for several in found:
            yield from take(segment["number"], several, None if full else named)
        if comparison["naive"]:
            yield NAIVE
            yield naive_table(segment, found)
        yield "</details>"


def _state(segment: Values) -> str:
    baseline = segment["baseline"]
    if baseline["state"] == "ready":
        stretch = ""
        if baseline["start"] is not None or baseline["end"] is not None:
            end = "the end" if baseline["end"] is None else f"{baseline['end']:g} s"
            stretch = f", {baseline['start'] or 0:g} s to {end}"
        return f"Baseline: {markdown(baseline['file'])}{stretch}."
    return (
        f"**No baseline**: {markdown(baseline['why'])}. Until then nothing here says how close "
        "a take comes to the original; takes are compared with the sketch instead."
    )


def _recordings(segment: Values, found: list[Several]) -> str:
    """What each recording is, by itself; of several takes the chosen one, and their medians."""
    rows = []
    if segment["baseline"]["measured"]:
        rows.append(_recording("baseline", segment["baseline"]["measured"]))
    for several in found:
        rows.append(_recording(several.first["name"], several.first["measured"]))
        if several.choice:
            rows.append(_median_recording(several))
    return table(
        ("recording", "sound, s", "tempo, BPM", "key (next)", "LUFS", "LRA, LU", "dBTP"), rows
    )


def _recording(name: str, one: Values) -> tuple[str, ...]:
    return (
        f"`{name}`",
        figure(one["seconds"]),
        figure(one["tempo_bpm"], 1) if one["tempo_bpm"] else "undecidable",
        f"{one['key']} ({one['key_second']})" if one["key"] else "undecidable",
        _or_unknown(one["lufs"]),
        _or_unknown(one["lra"]),
        _or_unknown(one["true_peak_dbtp"]),
    )


def _median_recording(several: Several) -> tuple[str, ...]:
    """The median of each figure over all takes, least and most in brackets."""
    ones = [take["measured"] for take in several.takes]
    levels = ("lufs", "lra", "true_peak_dbtp")
    return (
        f"{markdown(several.median_label)} (least to most)",
        spread(one["seconds"] for one in ones),
        spread((one["tempo_bpm"] or None for one in ones), 1),
        "",
        *(spread((one[name] for one in ones), 1) for name in levels),
    )


def _or_unknown(value: float | None) -> str:
    return "unknown" if value is None else figure(value, 1)
