"""The first study's figures as a table, labelled as what they are."""

from dataclasses import asdict

from secondtake.analysis.comparison.summary import TakeGroup, median
from secondtake.analysis.dsp.first_study import chroma_cosine, mfcc_cosine
from secondtake.analysis.formatting import JsonObject, format_number, markdown_table
from secondtake.analysis.recording import Recording, pink_noise_row
from secondtake.core.escape import markdown

NAIVE = """\
**Naive figures** (native sample rates, no loudness normalisation, means of the whole file), kept
because the first study published them. They cannot tell music from noise: see what pink noise
scores.
"""
COLUMNS = "naive|s|Hz|tempo, BPM|centroid, Hz|ZCR|RMS"
HEAD = f"{COLUMNS}|MFCC cosine (pink noise)|chroma cosine (pink noise)".split("|")
FIGURES = ("duration", "tempo", "spectral_centroid", "zero_crossing_rate", "rms")
COSINES = ("mfcc_cosine", "chroma_cosine", "pink_mfcc_cosine", "pink_chroma_cosine")


def first_study_json(recording: Recording) -> JsonObject:
    """A file's row as JSON values."""
    row = asdict(recording.naive).items()
    return {name: list(value) if isinstance(value, tuple) else value for name, value in row}


def first_study_cosines(reference: Recording, estimate: Recording) -> dict[str, float]:
    """The study's two cosines, and what pink noise scores in the place of the estimate."""
    noise = pink_noise_row(estimate.cache, estimate.naive.sample_rate)
    return {
        "mfcc_cosine": mfcc_cosine(reference.naive, estimate.naive),
        "chroma_cosine": chroma_cosine(reference.naive, estimate.naive),
        "pink_mfcc_cosine": mfcc_cosine(reference.naive, noise),
        "pink_chroma_cosine": chroma_cosine(reference.naive, noise),
    }


def first_study_table(segment: JsonObject, groups: list[TakeGroup]) -> str:
    """Pink noise's cosines stand in brackets; medians stand below a chosen take."""
    rows = []
    if segment["baseline"]["naive"]:
        rows.append(_row("`baseline`", segment["baseline"]["naive"], None))
    for group in groups:
        take = group.first
        rows.append(_row(f"`{take['name']}`", take["naive"], take["naive_similarity"]))
        if len(group.independent) > 1:
            rows.append(_medians(group))
    return markdown_table(HEAD, rows)


def first_study_cells(figures: JsonObject) -> tuple[str, ...]:
    """Length, sample rate, tempo, centroid, zero crossings and RMS of a row."""
    return (
        format_number(figures["duration"]),
        str(figures["sample_rate"]),
        format_number(figures["tempo"]),
        format_number(figures["spectral_centroid"], 1),
        format_number(figures["zero_crossing_rate"], 4),
        format_number(figures["rms"], 4),
    )


def _row(name: str, figures: JsonObject, cosines: JsonObject | None) -> tuple[str, ...]:
    pair = (_cosine(cosines, name) for name in ("mfcc_cosine", "chroma_cosine"))
    return (name, *first_study_cells(figures), *pair)


def _medians(group: TakeGroup) -> tuple[str, ...]:
    """The median of each column over the takes of a segment by a model, without repaints."""
    rows = [take["naive"] for take in group.independent]
    cosines = [row for take in group.independent if (row := take["naive_similarity"])]
    figures: JsonObject = {name: median(row[name] for row in rows) for name in FIGURES}
    figures["sample_rate"] = group.first["naive"]["sample_rate"]
    medians = {name: median(row[name] for row in cosines) for name in COSINES} if cosines else None
    return _row(markdown(group.median_label), figures, medians)


def _cosine(cosines: JsonObject | None, name: str) -> str:
    if cosines is None:
        return ""
    return f"{format_number(cosines[name], 4)} ({format_number(cosines[f'pink_{name}'], 4)})"
