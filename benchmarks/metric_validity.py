"""Does a metric know that two excerpts are of one song? Every metric asked on real music.

    python benchmarks/metric_validity.py --write docs/metrics.md

Four excerpts of 12 s from every song of the corpus. For each album the standards and weights of the
metrics come from all other albums, so that no song is recognised by what was learned from it. Same
song against another album, and against another song of the same album; intervals from a bootstrap
over songs. Beside them the first study's cosines, on the same excerpts.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from calibrate import calibrated
from corpus import tracks
from excerpts import SECONDS, Excerpt, excerpts
from harness import put
from separating import Area, area

from secondtake_analysis.calibration import Calibration, joined
from secondtake_analysis.evaluate import METRICS
from secondtake_analysis.features import Features
from secondtake_analysis.judging import summaries
from secondtake_analysis.metric import Metric, cosine
from secondtake_analysis.metrics.overall import likeness

GOALS = {"timbre": (0.91, 0.81), "rhythm": (0.94, 0.92), "embedding": (0.97, 0.85)}
Closeness = Callable[[Sequence[Excerpt], Sequence[int], Calibration], np.ndarray]
Row = tuple[str, Area | None, Area | None]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--write", type=Path, help="put the table into this page of docs/")
    parser.add_argument("--albums", nargs="+", help="only these, by name (default: all)")
    options = parser.parse_args()
    wanted = options.albums
    found = excerpts([one for one in tracks() if not wanted or one.album.name in wanted])
    rows = list(measured(found))
    put(options.write, "validity of some" if wanted else "validity", table(rows, found))
    return 0


def measured(found: Sequence[Excerpt]) -> Iterator[Row]:
    """Everything asked: how well it tells songs of other albums apart, and of the same album."""
    albums = sorted({one.album for one in found})
    folds = [(name, calibrated([one for one in found if one.album != name])) for name in albums]
    yield "likeness (all together)", *areas(found, in_folds(found, folds, of_likeness))
    for metric in METRICS:
        if metric.closer_is:
            print(f"  {metric.name}", file=sys.stderr, flush=True)
            least = 3 * metric.least_windows
            name = f"{metric.name} (of {least} s)" if least > SECONDS else metric.name
            yield name, *areas(found, in_folds(found, folds, of_metric(metric)))
    for name in ("mfcc", "chroma"):
        yield f"naive {name} cosine", *areas(found, of_naive(name, found))


def in_folds(
    found: Sequence[Excerpt], folds: Sequence[tuple[str, Calibration]], closeness: Closeness
) -> np.ndarray:
    """Closeness of all pairs; the rows of an album by the calibration that never saw it.

    A pair of two albums has two values, whose mean counts.
    """
    close = np.full((len(found), len(found)), np.nan)
    for album, calibration in folds:
        rows = [number for number, one in enumerate(found) if one.album == album]
        close[rows] = closeness(found, rows, calibration)
    return (close + close.T) / 2


def areas(found: Sequence[Excerpt], close: np.ndarray) -> tuple[Area | None, Area | None]:
    names = sorted({one.song for one in found})
    songs = np.array([names.index(one.song) for one in found])
    albums = np.array([one.album for one in found])
    same = songs[:, None] == songs[None, :]
    fellow = albums[:, None] == albums[None, :]
    return area(close, same, ~fellow, songs), area(close, same, fellow & ~same, songs)


def of_likeness(
    found: Sequence[Excerpt], rows: Sequence[int], calibration: Calibration
) -> np.ndarray:
    metric = likeness(calibration)
    assert metric is not None
    return of_metric(metric)(found, rows, calibration)


def of_metric(metric: Metric) -> Closeness:
    def closeness(
        found: Sequence[Excerpt], rows: Sequence[int], calibration: Calibration
    ) -> np.ndarray:
        seen = [calibration.standardised(one.features) for one in found]
        if metric.least_windows > min(one.windows for one in seen):
            return in_pairs(metric, seen, rows)
        if metric.pairs is None:
            return one_by_one(metric, seen, rows)
        return summed_up(metric, seen, rows)

    return closeness


def summed_up(metric: Metric, seen: Sequence[Features], rows: Sequence[int]) -> np.ndarray:
    """Closeness of some excerpts to all, from one matrix of pairs of windows."""
    assert metric.pairs is not None
    together = joined(seen)
    pairs = metric.pairs(together, together)
    counts = np.array([one.windows for one in seen])
    places = np.arange(counts.max())
    windows = (np.cumsum(counts) - counts)[:, None] + places  # (excerpts, windows)
    missing = places >= counts[:, None]
    windows[missing] = 0
    close = np.full((len(rows), len(seen)), np.nan)
    for number, row in enumerate(rows):
        blocks = pairs[windows[row]][:, windows].swapaxes(0, 1)  # (excerpts, windows, windows)
        blocks = np.where(missing[:, None, :] | missing[row][None, :, None], np.nan, blocks)
        known = np.isfinite(blocks).any(axis=(1, 2))
        close[number, known] = metric.closeness(summaries(metric, blocks[known]))
    return close


def one_by_one(metric: Metric, seen: Sequence[Features], rows: Sequence[int]) -> np.ndarray:
    """The same by a metric that looks at both as wholes."""
    assert metric.read is not None
    close = np.full((len(rows), len(seen)), np.nan)
    for number, row in enumerate(rows):
        for column, estimate in enumerate(seen):
            if row != column and not metric.validate(seen[row], estimate):
                value = metric.read(seen[row], estimate).value
                if value is not None:
                    close[number, column] = metric.closeness(np.array(value))
    return close


def in_pairs(metric: Metric, seen: Sequence[Features], rows: Sequence[int]) -> np.ndarray:
    """The same for a metric that needs more windows than an excerpt has: neighbours as one."""
    joint = [joined(seen[at : at + 2]) for at in range(0, len(seen), 2)]
    close = np.full((len(rows), len(seen)), np.nan)
    close[::2, ::2] = one_by_one(metric, joint, [row // 2 for row in rows[::2]])
    return close


def of_naive(name: str, found: Sequence[Excerpt]) -> np.ndarray:
    rows = np.stack([one.naive[name] for one in found])
    return cosine(rows, rows)


def table(rows: Sequence[Row], found: Sequence[Excerpt]) -> str:
    """The page's table."""
    songs, albums = len({one.song for one in found}), len({one.album for one in found})
    lines = [
        f"{songs} songs of {albums} albums, {len(found)} excerpts of 12 s. "
        "1 is perfect, .5 is chance; 95 % intervals over songs.",
        "",
        "| metric | same song against another album | against the same album | goal |",
        "|---|---|---|---|",
    ]
    for name, far, near in rows:
        goal = " / ".join(f"{one:.2f}"[1:] for one in GOALS[name]) if name in GOALS else ""
        lines.append(f"| {name} | {far or 'too short'} | {near or 'too short'} | {goal} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
