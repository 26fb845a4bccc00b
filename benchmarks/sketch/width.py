"""How wide are mixes? Energy of the sides over the middle's, and how alike the two channels are.

    python -m benchmarks.sketch.width [--split design] [FILE.wav …]

Of 15 s in the middle of every stereo recording of a set (docs/lab/data-sets.md), or of the files
named. A source, an album or a repository, counts as one recording: the median of its own. Mono
files in two channels are left out. The sketch's mix was set by the design set.
"""

import argparse
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from benchmarks.analysis.corpus import tracks
from benchmarks.analysis.sung import SPLITS, recordings

from secondtake.analysis.audio_io import read, read_header

SECONDS = 15.0
SIZE = 8192
LOW_HZ = 120.0
MONO_DB = -40.0
COLUMNS = ("sides / middle, dB", "the same below 120 Hz", "correlation", "left / right, dB")


def figures(path: Path) -> list[float]:
    """COLUMNS of the middle of a stereo file."""
    seconds = read_header(path).seconds
    start = max(0.0, seconds / 2 - SECONDS / 2)
    audio = read(path, start, min(seconds, start + SECONDS))
    windows = np.lib.stride_tricks.sliding_window_view(audio.samples, SIZE, axis=0)[:: SIZE // 2]
    left, right = np.moveaxis(np.fft.rfft(windows * np.hanning(SIZE), axis=2), 1, 0)
    middle, sides = (np.abs(left + right) ** 2).sum(axis=0), (np.abs(left - right) ** 2).sum(axis=0)
    low = np.fft.rfftfreq(SIZE, 1 / audio.sample_rate) < LOW_HZ
    each = [float((np.abs(channel) ** 2).sum()) + 1e-9 for channel in (left, right)]
    alike = float((left * right.conj()).real.sum()) / np.sqrt(each[0] * each[1])
    ratios = [(sides, middle), (sides[low], middle[low])]
    widths = [10 * np.log10((a.sum() + 1e-9) / (b.sum() + 1e-9)) for a, b in ratios]
    return [*map(float, widths), float(alike), float(10 * np.log10(each[0] / each[1]))]


def sources(split: str) -> Iterator[tuple[str, str, Path]]:
    """(instrumental or sung, source, file) of every stereo recording of a set."""
    for track in tracks():
        if track.album.split == split:
            yield "instrumental", track.album.name, track.path
    for source in recordings(split):
        if source.kind in ("instrumental", "sung"):
            yield source.kind, source.repo, source.path


def main() -> None:
    """Print quartiles."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--split", choices=SPLITS, default="design")
    args = parser.parse_args()
    files = [("files", path.name, path) for path in args.files] or sources(args.split)
    found: dict[str, dict[str, list[list[float]]]] = defaultdict(lambda: defaultdict(list))
    for kind, source, path in files:
        if read_header(path).channels == 2 and (row := figures(path))[0] > MONO_DB:
            found[kind][source].append(row)
    for kind, by_source in found.items():
        rows = np.array([np.median(rows, axis=0) for rows in by_source.values()])
        count = sum(map(len, by_source.values()))
        print(f"{kind}: {count} recordings of {len(by_source)} sources")
        for name, column in zip(COLUMNS, rows.T, strict=True):
            quartiles = " ".join(f"{value:7.2f}" for value in np.percentile(column, (25, 50, 75)))
            print(f"  {name:24}{quartiles}")


if __name__ == "__main__":
    main()
