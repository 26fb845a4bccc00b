"""The page's second half: every segment with all its figures, folded where there are many."""

from collections.abc import Iterator
from typing import Any

from secondtake.text import markdown
from secondtake_analysis.figures import figure, table
from secondtake_analysis.naive.table import NAIVE, naive_table
from secondtake_analysis.page import take as report_take
from secondtake_analysis.study.several import Several, groups, spread

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
            yield from report_take.take(segment["number"], several, None if full else named)
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
