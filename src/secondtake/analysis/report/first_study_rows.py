"""The first study's figures as a table, labelled as what they are."""

from dataclasses import asdict
from typing import Any

from secondtake.analysis.comparison.material import Compared
from secondtake.analysis.comparison.summary import Several, median
from secondtake.analysis.dsp import first_study as naive
from secondtake.analysis.formatting import figure, table
from secondtake.analysis.recording import Recording, naive_noise
from secondtake.core.escape import markdown

NAIVE = """\
**Naive figures** (native sample rates, no loudness normalisation, means of the whole file), kept
because the first study published them. They cannot tell music from noise: see what pink noise
scores.
"""


def naive_row(recording: Recording) -> dict[str, Any]:
    """A file's row as JSON values."""
    row = asdict(recording.naive)
    return {name: list(value) if isinstance(value, tuple) else value for name, value in row.items()}


def naive_pair(compared: Compared) -> dict[str, Any] | None:
    """The study's two cosines, and what pink noise scores in them against the same reference."""
    if compared.reference is None:
        return None
    reference, estimate = compared.reference.naive, compared.recording.naive
    pink = naive_noise(compared.recording.cache, estimate.sample_rate)
    return {
        "mfcc_cosine": naive.mfcc_cosine(reference, estimate),
        "chroma_cosine": naive.chroma_cosine(reference, estimate),
        "pink_mfcc_cosine": naive.mfcc_cosine(reference, pink),
        "pink_chroma_cosine": naive.chroma_cosine(reference, pink),
    }


def naive_table(segment: dict[str, Any], found: list[Several]) -> str:
    """With what pink noise scores in the last two columns; medians below a chosen take."""
    rows = []
    if segment["baseline"]["naive"]:
        rows.append(_row("`baseline`", segment["baseline"]["naive"], None))
    for several in found:
        first = several.first
        rows.append(_row(f"`{first['name']}`", first["naive"], first["naive_similarity"]))
        if several.choice:
            rows.append(_medians(several))
    return table(
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
        rows,
    )


def _row(name: str, row: dict[str, Any], pair: dict[str, Any] | None) -> tuple[str, ...]:
    return (
        name,
        figure(row["duration"]),
        str(row["sample_rate"]),
        figure(row["tempo"]),
        figure(row["centroid"], 1),
        figure(row["zero_crossings"], 4),
        figure(row["rms"], 4),
        _pair(pair, "mfcc_cosine"),
        _pair(pair, "chroma_cosine"),
    )


def _medians(several: Several) -> tuple[str, ...]:
    """The median of each column over all takes of a segment by a model."""
    rows = [take["naive"] for take in several.takes]
    pairs = [pair for take in several.takes if (pair := take["naive_similarity"])]
    names = ("duration", "tempo", "centroid", "zero_crossings", "rms")
    middle = {name: median(row[name] for row in rows) for name in names}
    columns = [f"{cosine}_cosine" for cosine in ("mfcc", "chroma")]
    every = [name for column in columns for name in (column, f"pink_{column}")]
    both = {name: median(pair[name] for pair in pairs) for name in every} if pairs else None
    rate = {"sample_rate": several.first["naive"]["sample_rate"]}
    return _row(markdown(several.median_label), {**middle, **rate}, both)


def _pair(pair: dict[str, Any] | None, name: str) -> str:
    if pair is None:
        return ""
    return f"{figure(pair[name], 4)} ({figure(pair[f'pink_{name}'], 4)})"
