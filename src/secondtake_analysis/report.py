"""The comparison as a page of markdown, from its JSON values alone."""

from collections.abc import Iterator
from typing import Any

from secondtake.text import markdown
from secondtake_analysis.figures import figure
from secondtake_analysis.sentences import asked_and_made, sentence

HEAD = """\
Written by `scripts/analyse_results.py` from the takes' records and files; changes by hand are
lost. What each metric means: `docs/metrics.md`.

**How to read the tables.** No similarity stands alone. Beside it are its *floor*, what pink noise
scores against the same reference; the *sketch*, a rule-based arrangement that a model should beat;
and its *ceiling*, what the reference scores against other parts of itself. *Scaled* is 0 at the
floor and 1 at the ceiling. Brackets hold the 95 % interval over the windows compared.
"""
NAIVE = """\
**Naive figures** (native sample rates, no loudness normalisation, means of the whole file), kept
because the first study published them. They cannot tell music from noise: see what pink noise
scores.
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
    yield _recordings(segment)
    for take in segment["takes"]:
        yield from _take(take)
    yield NAIVE
    yield _naive(segment)


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


def _recordings(segment: dict[str, Any]) -> str:
    """What each recording is, by itself."""
    rows = [(take["name"], take["measured"]) for take in segment["takes"]]
    if segment["baseline"]["measured"]:
        rows.insert(0, ("baseline", segment["baseline"]["measured"]))
    return _table(
        ("recording", "sound, s", "tempo, BPM", "key (next)", "LUFS", "LRA, LU", "dBTP"),
        [
            (
                f"`{name}`",
                figure(one["seconds"]),
                figure(one["tempo_bpm"], 1) if one["tempo_bpm"] else "undecidable",
                f"{one['key']} ({one['key_second']})" if one["key"] else "–",
                figure(one["lufs"], 1),
                figure(one["lra"], 1),
                figure(one["true_peak_dbtp"], 1),
            )
            for name, one in rows
        ],
    )


def _take(take: dict[str, Any]) -> Iterator[str]:
    yield f"### {markdown(take['model_title'])}: `{take['name']}`"
    if take["floor"]:
        yield "The floor: rules and a soundfont, no model of music. The mark to beat."
    yield asked_and_made(take)
    if take["against"]:
        yield f"Compared with the {_reference(take)}:"
        yield _measurements(take)
        said = [sentence(one, take["against"]) for one in take["measurements"]]
        yield "\n".join(f"- {line}" for line in said if line)
    else:
        yield "Nothing to compare it with yet."
    yield f"![{take['name']}: waveform, mel spectrogram, chroma]({take['plot']})"


def _reference(take: dict[str, Any]) -> str:
    return "baseline" if take["against"] == "baseline" else "sketch (this is no claim about a song)"


def _measurements(take: dict[str, Any]) -> str:
    return _table(
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


def _naive(segment: dict[str, Any]) -> str:
    """The first study's table, labelled, with what pink noise scores in its last two columns."""
    rows = []
    if segment["baseline"]["naive"]:
        rows.append(("baseline", segment["baseline"]["naive"], None))
    rows += [(take["name"], take["naive"], take["naive_similarity"]) for take in segment["takes"]]
    return _table(
        (
            "naive",
            "s",
            "Hz",
            "tempo, BPM",
            "centroid, Hz",
            "ZCR",
            "RMS",
            "MFCC cosine (pink noise)",
            "chroma cosine (pink noise)",
        ),
        [
            (
                f"`{name}`",
                figure(row["duration"]),
                str(row["sample_rate"]),
                figure(row["tempo"]),
                figure(row["centroid"], 1),
                figure(row["zero_crossings"], 4),
                figure(row["rms"], 4),
                _pair(pair, "mfcc_cosine"),
                _pair(pair, "chroma_cosine"),
            )
            for name, row, pair in rows
        ],
    )


def _pair(pair: dict[str, Any] | None, name: str) -> str:
    if pair is None:
        return "–"
    return f"{figure(pair[name], 4)} ({figure(pair[f'pink_{name}'], 4)})"


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
