"""Does a metric know that two excerpts are of one song? Every metric asked on real music.

    python benchmarks/metric_validity.py --write docs/metrics.md

Four excerpts of 12 s from every song of the corpus. The albums are dealt into two halves: the
standards and weights of the metrics come from one half, and the pairs that are judged lie in the
other, so that nothing that is judged was ever seen. Same song against another album, and against
another song of the same album; intervals from a bootstrap over songs. Beside them the first study's
cosines, on the same excerpts.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from calibrate import calibrated
from corpus import tracks
from excerpts import Excerpt, excerpts
from harness import put
from separating import Area, area

from secondtake_analysis.calibration import Calibration, joined
from secondtake_analysis.evaluate import METRICS
from secondtake_analysis.features import Features
from secondtake_analysis.judging import summary
from secondtake_analysis.metric import Metric, cosine
from secondtake_analysis.metrics.overall import likeness

GOALS = {"timbre": (0.91, 0.81), "rhythm": (0.94, 0.92), "embedding": (0.97, 0.85)}
Closeness = Callable[[Sequence[Excerpt], Calibration], np.ndarray]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--write", type=Path, help="put the table into this page of docs/")
    options = parser.parse_args()
    found = excerpts(tracks())
    rows = list(measured(found))
    put(options.write, "validity", table(rows, found))
    return 0


def measured(found: Sequence[Excerpt]):
    """Name, area against other albums, area against the same album, of everything asked."""
    halves = dealt(found)
    folds = [(halves[0], calibrated(halves[1])), (halves[1], calibrated(halves[0]))]
    yield "likeness (all together)", *both(folds, of_likeness)
    for metric in METRICS:
        if metric.closer_is:
            print(f"  {metric.name}", file=sys.stderr, flush=True)
            yield metric.name, *both(folds, of_metric(metric))
    for name in ("mfcc", "chroma"):
        yield f"naive {name} cosine", *both(folds, of_naive(name))


def dealt(found: Sequence[Excerpt]) -> tuple[list[Excerpt], list[Excerpt]]:
    """The excerpts in two halves that share no album and have about as many songs."""
    sizes: dict[str, int] = {}
    for one in found:
        sizes[one.album] = sizes.get(one.album, 0) + 1
    sides: tuple[list[str], list[str]] = ([], [])
    totals = [0, 0]
    for album in sorted(sizes, key=lambda name: (-sizes[name], name)):
        side = int(totals[1] < totals[0])
        sides[side].append(album)
        totals[side] += sizes[album]
    first, second = ([one for one in found if one.album in side] for side in sides)
    return first, second


def both(folds, closeness: Closeness) -> tuple[Area | None, Area | None]:
    """The areas over both halves: their mean, since their scales differ."""
    results = [areas(half, closeness(half, calibration)) for half, calibration in folds]
    return mean([one[0] for one in results]), mean([one[1] for one in results])


def areas(half: Sequence[Excerpt], close: np.ndarray) -> tuple[Area | None, Area | None]:
    names = sorted({one.song for one in half})
    songs = np.array([names.index(one.song) for one in half])
    albums = np.array([one.album for one in half])
    same = songs[:, None] == songs[None, :]
    fellow = albums[:, None] == albums[None, :]
    return area(close, same, ~fellow, songs), area(close, same, fellow & ~same, songs)


def mean(found: list[Area | None]) -> Area | None:
    """The mean of two areas and of their intervals, which errs on the wide side."""
    known = [one for one in found if one is not None]
    if len(known) < len(found):
        return None
    value, low, high = (np.mean([getattr(a, n) for a in known]) for n in ("value", "low", "high"))
    return Area(float(value), float(low), float(high), sum(one.songs for one in known))


def of_likeness(half: Sequence[Excerpt], calibration: Calibration) -> np.ndarray:
    metric = likeness(calibration)
    assert metric is not None
    return of_metric(metric)(half, calibration)


def of_metric(metric: Metric) -> Closeness:
    def closeness(half: Sequence[Excerpt], calibration: Calibration) -> np.ndarray:
        seen = [calibration.standardised(one.features) for one in half]
        if metric.least_windows > min(one.windows for one in seen):
            return in_pairs(metric, seen)
        if metric.pairs is None:
            return one_by_one(metric, seen)
        return summed_up(metric, seen)

    return closeness


def summed_up(metric: Metric, seen: Sequence[Features]) -> np.ndarray:
    """Closeness of all pairs of excerpts from one matrix of all pairs of windows."""
    assert metric.pairs is not None
    together = joined(seen)
    pairs = metric.pairs(together, together)
    last = np.cumsum([one.windows for one in seen])
    parts = [slice(end - one.windows, end) for end, one in zip(last, seen, strict=True)]
    close = np.full((len(seen), len(seen)), np.nan)
    for row, mine in enumerate(parts):
        for column in range(row + 1, len(parts)):
            value = summary(metric, pairs[mine, parts[column]])
            if value is not None:
                close[row, column] = metric.closeness(np.array(value))
    return close


def one_by_one(metric: Metric, seen: Sequence[Features]) -> np.ndarray:
    """Closeness of all pairs of excerpts by a metric that looks at both as wholes."""
    assert metric.read is not None
    close = np.full((len(seen), len(seen)), np.nan)
    for row, reference in enumerate(seen):
        for column in range(row + 1, len(seen)):
            estimate = seen[column]
            if not metric.validate(reference, estimate):
                value = metric.read(reference, estimate).value
                if value is not None:
                    close[row, column] = metric.closeness(np.array(value))
    return close


def in_pairs(metric: Metric, seen: Sequence[Features]) -> np.ndarray:
    """The same for a metric that needs more windows than an excerpt has: neighbours as one."""
    joint = [joined(seen[at : at + 2]) for at in range(0, len(seen), 2)]
    close = np.full((len(seen), len(seen)), np.nan)
    close[::2, ::2] = one_by_one(metric, joint)
    return close


def of_naive(name: str) -> Closeness:
    def closeness(half: Sequence[Excerpt], calibration: Calibration) -> np.ndarray:
        rows = np.stack([one.naive[name] for one in half])
        return cosine(rows, rows)

    return closeness


def table(rows, found: Sequence[Excerpt]) -> str:
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
