"""Do the metrics know a song from a stranger? Asked on recordings that nothing was learned from.

    python -m benchmarks.analysis.metric_validity --write docs/lab/metrics.md

First, how often strangers, impostors and second takes are called closer (false_closer.py). Then,
for every metric, how often the other half of a recording is closer than another song: the area
under the ROC curve, with intervals from a bootstrap over songs. Beside them the first study's
cosines, on the same excerpts. Everything is of the test set; standards, weights, classifier and
floors are those that ship.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from benchmarks.analysis.excerpts import Excerpt, excerpts, impostor_excerpts, materials
from benchmarks.analysis.false_closer import JudgedPair, judged
from benchmarks.analysis.false_closer import table as closer_table
from benchmarks.analysis.separating import Area, area
from benchmarks.analysis.sung import SPLITS
from benchmarks.harness import put

from secondtake.analysis.features.corpus import ReferenceCorpus, concatenate, load_default
from secondtake.analysis.features.extract import Features
from secondtake.analysis.metrics.evaluate import METRICS
from secondtake.analysis.metrics.metric import Metric, cosine
from secondtake.analysis.metrics.overall import likeness
from secondtake.analysis.metrics.scoring import aggregate_all

WINDOWS = 4  # of an excerpt: 12 s
KINDS = ("sung", "instrumental")
Row = tuple[str, Area | None, Area | None, float]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--write", type=Path, help="put the tables into this page of docs/")
    parser.add_argument("--split", choices=SPLITS, default="test", help="(default: %(default)s)")
    parser.add_argument("--json", type=Path, help="keep the verdicts on every pair here")
    options = parser.parse_args()
    music = excerpts(materials(options.split, naive=True))
    pairs = judged(music, impostor_excerpts(options.split))
    if options.json:
        options.json.write_text(json.dumps([_as_json(pair) for pair in pairs]), encoding="utf-8")
    place = "" if options.split == "test" else f" {options.split}"
    put(options.write, f"false closer{place}", closer_table(pairs))
    put(options.write, f"validity{place}", table(music))
    return 0


def _as_json(pair: JudgedPair) -> dict[str, object]:
    return {
        "original": pair.original.song,
        "take": pair.take.song,
        "relation": pair.relation,
        "verdicts": pair.verdicts,
    }


def table(music: Sequence[Excerpt]) -> str:
    """The areas of all metrics, on sung recordings and on instrumental ones."""
    lines: list[str] = []
    for kind in KINDS:
        parts = [each.cut(WINDOWS) for each in music if each.material.kind == kind]
        parts = [each for each in parts if each.features.windows]
        songs, albums = len({e.song for e in parts}), len({e.album for e in parts})
        lines += [
            f"**{kind}**: {songs} recordings by {albums} makers, excerpts of 12 s. 1 is perfect, "
            ".5 is chance; 95 % intervals over songs. *Decided*: share of pairs with a number.\n",
            "| metric | other half against another maker's | against the same maker's | decided |",
            "|---|---|---|---|",
        ]
        lines += [
            f"| {name} | {far or 'too few'} | {near or 'too few'} | {share:.0%} |".replace(
                "%", " %"
            )
            for name, far, near, share in measured(parts, load_default())
        ]
        lines.append("")
    return "\n".join(lines).rstrip()


def measured(parts: Sequence[Excerpt], corpus: ReferenceCorpus) -> Iterator[Row]:
    """Every metric: how well it tells the other half from strangers, and how often it can."""
    combined = likeness(corpus)
    standardized = [corpus.standardized(each.features) for each in parts]
    for metric in (*([combined] if combined else []), *METRICS):
        if metric.closer_is and metric.least_windows <= WINDOWS:
            yield metric.name, *areas(parts, _closeness(metric, standardized))
    for name in ("mfcc", "chroma"):
        if all(each.naive for each in parts):
            rows = np.stack([each.naive[name] for each in parts])
            yield f"naive {name} cosine", *areas(parts, cosine(rows, rows))


def areas(parts: Sequence[Excerpt], close: np.ndarray) -> tuple[Area | None, Area | None, float]:
    names = sorted({each.song for each in parts})
    songs = np.array([names.index(each.song) for each in parts])
    groups = np.array([each.material.group or each.song for each in parts])
    albums = np.array([each.album for each in parts])
    same = (songs[:, None] == songs[None, :]) & ~np.eye(len(parts), dtype=bool)
    fellow = albums[:, None] == albums[None, :]
    other = groups[:, None] != groups[None, :]  # another take of the song is no stranger
    decided = float(np.isfinite(close[same | other]).mean())
    return (
        area(close, same, other & ~fellow, songs),
        area(close, same, other & fellow, songs),
        decided,
    )


def _closeness(metric: Metric, rows: Sequence[Features]) -> np.ndarray:
    """(n, n) closeness of all pairs; NaN where the metric says nothing."""
    close = one_by_one(metric, rows) if metric.pairs is None else summed_up(metric, rows)
    for row, reference in enumerate(rows):
        for column, estimate in enumerate(rows):
            if metric.absence(reference, estimate):
                close[row, column] = np.nan
    return close


def summed_up(metric: Metric, rows: Sequence[Features]) -> np.ndarray:
    """Closeness of all pairs, from one matrix of pairs of windows."""
    assert metric.pairs is not None
    everything = concatenate(rows)
    pairs = metric.pairs(everything, everything)
    ends = np.cumsum([0, *(each.windows for each in rows)])
    close = np.full((len(rows), len(rows)), np.nan)
    for row in range(len(rows)):
        for column in range(len(rows)):
            block = pairs[ends[row] : ends[row + 1], ends[column] : ends[column + 1]]
            if np.isfinite(block).any():
                close[row, column] = metric.closeness(aggregate_all(metric, block[None]))[0]
    return close


def one_by_one(metric: Metric, rows: Sequence[Features]) -> np.ndarray:
    """The same by a metric that looks at both as wholes."""
    compute: Callable[..., object] | None = metric.compute
    assert compute is not None and metric.compute is not None
    close = np.full((len(rows), len(rows)), np.nan)
    for row, reference in enumerate(rows):
        for column, estimate in enumerate(rows):
            if not metric.validate(reference, estimate):
                value = metric.compute(reference, estimate).value
                if value is not None:
                    close[row, column] = metric.closeness(np.array(value))
    return close


if __name__ == "__main__":
    sys.exit(main())
