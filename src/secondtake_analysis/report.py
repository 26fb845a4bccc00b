"""The comparison as a page of markdown, from its JSON values alone."""

from collections.abc import Iterator
from typing import Any

from secondtake.text import markdown
from secondtake_analysis.figures import figure, table
from secondtake_analysis.naive_table import NAIVE, naive_table
from secondtake_analysis.sentences import asked_and_made, sentence
from secondtake_analysis.several import Several, groups, spread

HEAD = """\
Written by `scripts/analyse_results.py` from the takes' records and files; changes by hand are
lost. What each metric means: `docs/metrics.md`.

**How to read the tables.** No similarity stands alone. Beside it are its *floor*, what pink noise
scores against the same reference; the *sketch*, a rule-based arrangement that a model should beat;
and its *ceiling*, what the reference scores against other parts of itself. *Scaled* is 0 at the
floor and 1 at the ceiling. Brackets hold the 95 % interval over the windows compared.
"""


def page(comparison: dict[str, Any]) -> str:
    """The whole page; ends with a newline.

    What the user wrote is escaped; names of takes and notes are the project's own words.
    """
    parts = [f"# Comparison: {markdown(comparison['title'])}", HEAD]
    for segment in comparison["segments"]:
        parts.extend(_segment(segment))
    return "\n\n".join(part.strip("\n") for part in parts if part) + "\n"


def _segment(segment: dict[str, Any]) -> Iterator[str]:
    heading = f"{segment['kind']}, {segment['title']}"
    yield f"## Segment {segment['number']}: {markdown(heading)}"
    yield _state(segment)
    for skipped in segment["skipped"]:
        yield f"Not compared: `{skipped['take']}`: {markdown(skipped['why'])}."
    if not segment["takes"]:
        yield "No takes yet."
        return
    found = groups(segment)
    yield _recordings(segment, found)
    for several in found:
        yield from _take(several)
    yield NAIVE
    yield naive_table(segment, found)


def _state(segment: dict[str, Any]) -> str:
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


def _recordings(segment: dict[str, Any], found: list[Several]) -> str:
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


def _recording(name: str, one: dict[str, Any]) -> tuple[str, ...]:
    return (
        f"`{name}`",
        figure(one["seconds"]),
        figure(one["tempo_bpm"], 1) if one["tempo_bpm"] else "undecidable",
        f"{one['key']} ({one['key_second']})" if one["key"] else "–",
        figure(one["lufs"], 1),
        figure(one["lra"], 1),
        figure(one["true_peak_dbtp"], 1),
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


def _take(several: Several) -> Iterator[str]:
    take, choice = several.first, several.choice
    yield f"### {markdown(take['model_title'])}: `{take['name']}`"
    if choice:
        yield _choice(choice)
    if take["floor"]:
        yield "The floor: rules and a soundfont, no model of music. The mark to beat."
    yield asked_and_made(take)
    if take["against"]:
        yield f"Compared with the {_reference(take)}:"
        yield _measurements(take)
        said = [sentence(one, take["against"]) for one in take["measurements"]]
        yield "\n".join(f"- {line}" for line in said if line)
        if choice:
            yield f"Of all {choice['of']} takes, the median and, in brackets, least to most:"
            yield _medians(several)
    else:
        yield "Nothing to compare it with yet."
    yield f"![{take['name']}: waveform, mel spectrogram, chroma]({take['plot']})"


def _choice(choice: dict[str, Any]) -> str:
    """That one take of several stands here, and by whose choice."""
    aside = "".join(f" {markdown(one)}." for one in choice["set_aside"])
    if choice["best"]:
        return (
            f"The best of {choice['of']} takes, as `ranking.json` says, which does not know the "
            f"baseline: {markdown(choice['why'])}.{aside}"
        )
    return f"One of {choice['of']} takes: {markdown(choice['why'])}.{aside}"


def _medians(several: Several) -> str:
    """Every metric over all takes of a segment by a model."""
    every = [one for take in several.takes for one in take["measurements"]]
    rows = []
    for one in several.first["measurements"]:
        alike = [other for other in every if other["name"] == one["name"]]
        rows.append(
            (
                f"{one['name']}, {one['unit']}",
                spread(other["value"] for other in alike),
                spread(other["scaled"] for other in alike),
            )
        )
    return table(("metric", "takes", "scaled"), rows)


def _reference(take: dict[str, Any]) -> str:
    return "baseline" if take["against"] == "baseline" else "sketch (this is no claim about a song)"


def _measurements(take: dict[str, Any]) -> str:
    return table(
        ("metric", "take", "floor: pink noise", "sketch", "ceiling: itself", "scaled", "note"),
        [
            (
                f"{one['name']}, {one['unit']}",
                _with_interval(one),
                figure(one["floor"]),
                figure(one["mark"]),
                figure(one["ceiling"]),
                figure(one["scaled"]),
                one["note"],
            )
            for one in take["measurements"]
        ],
    )


def _with_interval(one: dict[str, Any]) -> str:
    if one["interval"] is None:
        return figure(one["value"])
    low, high = one["interval"]
    return f"{figure(one['value'])} [{figure(low)}, {figure(high)}]"
