"""Does a metric know that two excerpts are of one song? Every metric asked on real music.

    python -m benchmarks.analysis.metric_validity --write docs/metrics.md

Four excerpts of 12 s from every song of the corpus. For each pair of albums the standards and
weights of the metrics come from all albums but these, so that nothing is recognised, or told apart,
by what was learned from it. Same song against another album, and against another song of the same
album; intervals from a bootstrap over songs. Beside them the first study's cosines, on the same
excerpts.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations_with_replacement
from math import inf
from pathlib import Path

import numpy as np
from benchmarks.analysis.calibrate import calibrated
from benchmarks.analysis.corpus import ALBUMS, tracks
from benchmarks.analysis.excerpts import SECONDS, Excerpt, excerpts
from benchmarks.analysis.separating import Area, area
from benchmarks.harness import put

from secondtake.analysis.dsp.preprocess import WINDOW_SECONDS
from secondtake.analysis.features.corpus import ReferenceCorpus, concatenate
from secondtake.analysis.features.extract import Features
from secondtake.analysis.metrics.evaluate import METRICS
from secondtake.analysis.metrics.metric import Metric, cosine
from secondtake.analysis.metrics.overall import likeness
from secondtake.analysis.metrics.scoring import aggregate_all

GOALS = {"timbre": (0.91, 0.81), "rhythm": (0.94, 0.92), "embedding": (0.97, 0.85)}
Closeness = Callable[[Sequence[Excerpt], Sequence[Excerpt], ReferenceCorpus], np.ndarray]
Row = tuple[str, Area | None, Area | None]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--write", type=Path, help="put the table into this page of docs/")
    parser.add_argument("--albums", nargs="+", help="only these, by name (default: all)")
    parser.add_argument(
        "--apart",
        type=float,
        default=inf,
        help="seconds from one excerpt of a song to the next (default: all over the song)",
    )
    options = parser.parse_args()
    names = {one.name for one in ALBUMS}
    wanted = set(options.albums or names)
    if wanted - names:
        parser.error(f"no album {min(wanted - names)!r}; there are {', '.join(sorted(names))}")
    songs = tracks()
    judged = excerpts([one for one in songs if one.album.name in wanted], options.apart)
    rows = list(measured(judged, excerpts(songs)))
    place = "validity of some" if options.albums else "validity"
    place = "validity of neighbours" if options.apart < inf else place
    put(options.write, place, table(rows, judged))
    return 0


def measured(judged: Sequence[Excerpt], all_excerpts: Sequence[Excerpt]) -> Iterator[Row]:
    """Everything asked: how well it tells songs of other albums apart, and of the same album."""
    ways: dict[str, Closeness] = {"likeness (four together)": of_likeness}
    for metric in METRICS:
        if metric.closer_is:
            least = metric.least_windows * WINDOW_SECONDS
            name = f"{metric.name} (of {least:g} s)" if least > SECONDS else metric.name
            ways[name] = of_metric(metric)
    for name, close in in_folds(judged, all_excerpts, ways).items():
        yield name, *areas(judged, close)
    for name in ("mfcc", "chroma"):
        rows = np.stack([one.naive[name] for one in judged])
        yield f"naive {name} cosine", *areas(judged, cosine(rows, rows))


def in_folds(
    judged: Sequence[Excerpt], all_excerpts: Sequence[Excerpt], ways: Mapping[str, Closeness]
) -> dict[str, np.ndarray]:
    """Closeness of all pairs that are judged, by what was found in neither of their albums.

    Of two albums, the first one's excerpts are the baselines; so the upper half of the square is
    filled, and the squares of single albums.
    """
    albums = np.array([one.album for one in judged])
    close = {name: np.full((len(judged), len(judged)), np.nan) for name in ways}
    pairs = list(combinations_with_replacement(dict.fromkeys(albums.tolist()), 2))
    for number, pair in enumerate(pairs, 1):
        places = [np.flatnonzero(albums == album) for album in pair]
        ours, theirs = ([judged[place] for place in side] for side in places)
        unseen = calibrated([one for one in all_excerpts if one.album not in pair])
        for name, closeness in ways.items():
            close[name][np.ix_(*places)] = closeness(ours, theirs, unseen)
        print(f"\r{number} of {len(pairs)} pairs of albums", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return close


def areas(excerpts: Sequence[Excerpt], close: np.ndarray) -> tuple[Area | None, Area | None]:
    names = sorted({one.song for one in excerpts})
    songs = np.array([names.index(one.song) for one in excerpts])
    albums = np.array([one.album for one in excerpts])
    same = songs[:, None] == songs[None, :]
    fellow = albums[:, None] == albums[None, :]
    return area(close, same, ~fellow, songs), area(close, same, fellow & ~same, songs)


def of_likeness(
    ours: Sequence[Excerpt], theirs: Sequence[Excerpt], corpus: ReferenceCorpus
) -> np.ndarray:
    metric = likeness(corpus)
    assert metric is not None
    return of_metric(metric)(ours, theirs, corpus)


def of_metric(metric: Metric) -> Closeness:
    """A metric of every excerpt of ours with every one of theirs."""

    def closeness(
        ours: Sequence[Excerpt], theirs: Sequence[Excerpt], corpus: ReferenceCorpus
    ) -> np.ndarray:
        rows, columns = (
            [corpus.standardized(one.features) for one in side] for side in (ours, theirs)
        )
        if metric.least_windows > min(one.windows for one in (*rows, *columns)):
            return in_pairs(metric, rows, columns)
        if metric.pairs is None:
            return one_by_one(metric, rows, columns)
        return summed_up(metric, rows, columns)

    return closeness


def summed_up(metric: Metric, rows: Sequence[Features], columns: Sequence[Features]) -> np.ndarray:
    """Closeness of all pairs, from one matrix of pairs of windows."""
    assert metric.pairs is not None
    pairs = metric.pairs(concatenate(rows), concatenate(columns))
    ours, absent = _places(rows)
    theirs, missing = _places(columns)
    close = np.full((len(rows), len(columns)), np.nan)
    for number, (windows, gone) in enumerate(zip(ours, absent, strict=True)):
        blocks = pairs[windows][:, theirs].swapaxes(0, 1)  # (columns, windows, windows)
        blocks = np.where(missing[:, None, :] | gone[None, :, None], np.nan, blocks)
        known = np.isfinite(blocks).any(axis=(1, 2))
        close[number, known] = metric.closeness(aggregate_all(metric, blocks[known]))
    return close


def _places(side: Sequence[Features]) -> tuple[np.ndarray, np.ndarray]:
    """The places of each one's windows among all, and which of these are none, both (n, most)."""
    counts = np.array([one.windows for one in side])
    places = np.arange(counts.max())
    windows = (np.cumsum(counts) - counts)[:, None] + places
    missing = places >= counts[:, None]
    windows[missing] = 0
    return windows, missing


def one_by_one(metric: Metric, rows: Sequence[Features], columns: Sequence[Features]) -> np.ndarray:
    """The same by a metric that looks at both as wholes."""
    assert metric.compute is not None
    close = np.full((len(rows), len(columns)), np.nan)
    for row, reference in enumerate(rows):
        for column, estimate in enumerate(columns):
            if not metric.validate(reference, estimate):
                value = metric.compute(reference, estimate).value
                if value is not None:
                    close[row, column] = metric.closeness(np.array(value))
    return close


def in_pairs(metric: Metric, rows: Sequence[Features], columns: Sequence[Features]) -> np.ndarray:
    """The same for a metric that needs more windows than an excerpt has: neighbours as one."""
    halves = (
        [concatenate(side[at : at + 2]) for at in range(0, len(side), 2)]
        for side in (rows, columns)
    )
    close = np.full((len(rows), len(columns)), np.nan)
    close[::2, ::2] = one_by_one(metric, *halves)
    return close


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
