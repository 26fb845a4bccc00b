"""The page's second half: every segment, and its takes with all their figures."""

from collections.abc import Iterator

from secondtake.analysis.comparison.summary import (
    TakeGroup,
    headline_metrics,
    median_and_range,
    take_groups,
)
from secondtake.analysis.findings.claims import OVERALL, is_open, measurement_of
from secondtake.analysis.findings.finding import anchor
from secondtake.analysis.findings.phrases import (
    common_notes,
    measurement_sentence,
    requested_and_measured,
    split_notes,
)
from secondtake.analysis.formatting import (
    JsonObject,
    format_number,
    format_optional,
    format_span,
    format_with_interval,
    markdown_table,
)
from secondtake.analysis.lyrics.transcripts import recognised_lines
from secondtake.analysis.report.first_study_rows import NAIVE, first_study_table
from secondtake.core.escape import markdown
from secondtake.core.formatting import remark_lines

MOST_OPEN = 4  # segments of a study whose tables stand open
MOST_FULL = 60  # models times segments; beyond, a page of all metrics would not be shown by GitHub
SHORTENED = """\
One metric a question, and those that the findings speak of; `comparison_results.json` has all.
"""
LEVELS = ("lufs", "lra", "true_peak_dbtp")
HEAD = "question, metric, take, floor, control, ceiling, scaled, beats, verdict, note".split(", ")


def segment_sections(comparison: JsonObject) -> Iterator[str]:
    """A section a segment."""
    segments = comparison["segments"]
    metrics = study_metrics(comparison)
    is_full = sum(len(take_groups(segment)) for segment in segments) <= MOST_FULL
    cited = {row["anchor"] for finding in comparison["findings"] for row in finding["evidence"]}
    for segment in segments:
        heading = f"{segment['kind']}, {segment['title']}"
        yield f"## Segment {segment['number']}: {markdown(heading)}"
        yield _baseline(segment)
        for skipped in segment["skipped"]:
            yield f"Not compared: `{skipped['take']}`: {markdown(skipped['why'])}."
        if not segment["takes"]:
            yield "No takes yet."
            continue
        groups = take_groups(segment)
        yield _recordings(segment, groups)
        is_open = " open" if len(segments) <= MOST_OPEN else ""
        yield f"<details{is_open}>\n<summary>All figures of segment {segment['number']}</summary>"
        yield "" if is_full else SHORTENED
        for group in groups:
            shown = None if is_full else cited
            yield from take_section(segment, group, metrics, shown)
        if comparison["naive"]:
            yield NAIVE
            yield first_study_table(segment, groups)
        yield "</details>"


def study_metrics(comparison: JsonObject) -> dict[str, str]:
    """By question, the metric that speaks for it on the whole page."""
    takes = [[group.first for group in take_groups(part)] for part in comparison["segments"]]
    return {**headline_metrics(takes), **comparison["across"]["metrics"]}


def take_section(
    segment: JsonObject, group: TakeGroup, metrics: dict[str, str], cited: set[str] | None
) -> Iterator[str]:
    """A model's chosen take of a segment, with its figures and what they say.

    metrics: by question, the one that speaks for it. cited: the rows to show besides those; None:
    all rows.
    """
    take, choice, number = group.first, group.choice, segment["number"]
    yield f"### {markdown(take['model_title'])}: `{take['name']}`"
    lack = next((row for row in segment["unusable"] if row["model"] == take["model"]), None)
    if lack and lack["of"] == 1:
        yield f"**Not usable**: it {lack['why']}."
    elif lack:
        yield f"**None of the {lack['of']} takes is usable**: each {lack['why']}."
    if choice:
        yield _choice(choice)
    if take["floor"]:
        yield "The control, the mark to beat: rules and a soundfont, no model of music."
    yield requested_and_measured(take)
    yield "\n".join(f"- Note: {markdown(remark)}" for remark in remark_lines(take["remarks"]))
    yield from map(markdown, recognised_lines(take))
    if take["against"]:
        is_baseline = take["against"] == "baseline"
        reference = "baseline" if is_baseline else "control (this is no claim about a song)"
        yield f"Compared with the {reference}:"
        headline = set(metrics.values())
        if cited is None:
            yield _sentences(segment, take, headline)
        shown = [
            entry
            for entry in take["measurements"]
            if cited is None
            or entry["name"] in headline
            or anchor(number, take["model"], entry["name"]) in cited
        ]
        yield _measurements(number, take, [entry for entry in shown if entry["value"] is not None])
        yield _unknown(number, take, [entry for entry in shown if entry["value"] is None])
        if choice:
            yield f"Of all {choice['of']} takes, the median and, in brackets, least to most:"
            yield _medians(group, shown)
    else:
        yield "Nothing to compare it with yet."
    yield f"![{take['name']}: waveform, spectrogram, chroma, tempogram]({take['plot']})"


def _sentences(segment: JsonObject, take: JsonObject, headline: set[str]) -> str:
    """A sentence for each of the metrics that speak for their questions and decide something."""
    measurements = [entry for entry in take["measurements"] if entry["name"] in headline]
    overall = next((entry for entry in measurements if entry["question"] == OVERALL), None)
    controls = [other["measurements"] for other in segment["takes"] if other["floor"]]
    control = controls[0] if controls else []
    sentences = []
    for entry in measurements:
        beside = measurement_of(control, entry["name"])
        sentences.append(measurement_sentence(entry, take["against"], overall, beside))
    return "\n".join(f"- {sentence}" for sentence in sentences if sentence)


def _choice(choice: JsonObject) -> str:
    """Of several takes, the chosen one, and by whose choice."""
    aside = "".join(f" {markdown(rule)}." for rule in choice["set_aside"])
    start = f"One of {choice['of']} takes"
    if choice["best"]:
        known = "as `ranking.json` says, which does not know the baseline"
        start = f"The best of {choice['of']} takes, {known}"
    return f"{start}: {markdown(choice['why'])}.{aside}"


def _measurements(number: int, take: JsonObject, measurements: list[JsonObject]) -> str:
    """Every metric that has a number, with all that gives it a meaning.

    A note that many share stands once, below.
    """
    common = common_notes(entry["note"] for entry in measurements)
    rows = [
        (
            entry["question"],
            f"{_anchored(number, take, entry)}, {entry['unit']}",
            format_with_interval(entry["value"], entry["interval"]),
            format_optional(entry["floor"]),
            format_optional(entry["mark"]),
            format_optional(entry["ceiling"]),
            *_place(entry),
            entry["verdict"],
            markdown("; ".join(note for note in split_notes(entry["note"]) if note not in common)),
        )
        for entry in measurements
    ]
    below = [f"Of {count} metrics: {markdown(note)}." for note, count in common.items()]
    return "\n\n".join([markdown_table(HEAD, rows), *below]) if rows else ""


def _place(entry: JsonObject) -> tuple[str, str]:
    """The scaled value and the share of other music beaten; none where they decide nothing."""
    if is_open(entry):
        return "", ""
    scaled = format_with_interval(entry["scaled"], entry["scaled_interval"])
    return scaled, f"{entry['percentile']:.0f} %"


def _unknown(number: int, take: JsonObject, measurements: list[JsonObject]) -> str:
    """The metrics without a number, those for one reason together."""
    by_reason: dict[str, list[str]] = {}
    for entry in measurements:
        by_reason.setdefault(entry["note"], []).append(_anchored(number, take, entry))
    return "\n".join(
        f"- No number for {', '.join(names)}: {markdown(why)}." for why, names in by_reason.items()
    )


def _anchored(number: int, take: JsonObject, measurement: JsonObject) -> str:
    name = measurement["name"]
    return f'<a id="{anchor(number, take["model"], name)}"></a>{name}'


def _medians(group: TakeGroup, measurements: list[JsonObject]) -> str:
    """Metrics over all takes of a segment by a model."""
    every = [entry for take in group.takes for entry in take["measurements"]]
    rows = []
    for measurement in measurements:
        same = [entry for entry in every if entry["name"] == measurement["name"]]
        scaled = [entry["scaled"] for entry in same if not is_open(entry)]
        if any(entry["value"] is not None for entry in same):
            name = f"{measurement['name']}, {measurement['unit']}"
            values = median_and_range(entry["value"] for entry in same)
            rows.append((name, values, median_and_range(scaled) if scaled else ""))
    return markdown_table(("metric", "takes", "scaled"), rows)


def _baseline(segment: JsonObject) -> str:
    baseline = segment["baseline"]
    if baseline["state"] == "ready":
        span = format_span(baseline["start"], baseline["end"])
        return f"Baseline: {markdown(baseline['file'])}{f', {span}' if span else ''}."
    return (
        f"**No baseline**: {markdown(baseline['why'])}. Until then nothing here says how close "
        "a take comes to it; takes are compared with the control instead."
    )


def _recordings(segment: JsonObject, groups: list[TakeGroup]) -> str:
    """Length, tempo, key and levels of each recording; medians below a chosen take."""
    rows = []
    if segment["baseline"]["measured"]:
        rows.append(_recording("baseline", segment["baseline"]["measured"]))
    for group in groups:
        rows.append(_recording(group.first["name"], group.first["measured"]))
        if group.choice:
            rows.append(_median_recording(group))
    head = ("recording", "sound, s", "tempo, BPM", "key (next)", "LUFS", "LRA, LU", "dBTP")
    return markdown_table(head, rows)


def _recording(name: str, measured: JsonObject) -> tuple[str, ...]:
    tempo, key = measured["tempo_bpm"], measured["key"]
    levels = (measured[name] for name in LEVELS)
    return (
        f"`{name}`",
        format_number(measured["seconds"]),
        format_number(tempo, 1) if tempo else "undecidable",
        f"{key} ({measured['key_second']})" if key else "undecidable",
        *("unknown" if level is None else format_number(level, 1) for level in levels),
    )


def _median_recording(group: TakeGroup) -> tuple[str, ...]:
    """The median of each figure over all takes, least and most in brackets."""
    takes = [take["measured"] for take in group.takes]
    return (
        f"{markdown(group.median_label)} (least to most)",
        median_and_range(measured["seconds"] for measured in takes),
        median_and_range((measured["tempo_bpm"] or None for measured in takes), 1),
        "",
        *(median_and_range((measured[name] for measured in takes), 1) for name in LEVELS),
    )
