"""Our side of analysis_speed.py.

    FOLDER COUNT row         the first study's figures alone, on one core
    FOLDER COUNT row-cores   the same in a process per core
    FOLDER COUNT arithmetic  all that is measured of a recording without a network, and the row
    FOLDER COUNT all         everything that is measured of a recording, as analyse does it

Prints the seconds from the start of the process to the end of all, and of all once again, warm;
for `all`, the second time is from the cache.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from harness import elapsed, peak_bytes

from secondtake.analysis.audio_io import read
from secondtake.analysis.cache import Cache
from secondtake.analysis.comparison.material import measure_all
from secondtake.analysis.dsp import first_study as naive
from secondtake.analysis.features.extract import ROWS, describe
from secondtake.analysis.networks.neural_features import Ears
from secondtake.analysis.parallel import cores
from secondtake.analysis.recording import Recording

HEARD = ("embedding", "speech", "voiced", "pitch", "spread")


def row(path: Path) -> naive.Naive:
    return naive.describe(read(path))


def arithmetic(path: Path) -> naive.Naive:
    audio = read(path)
    describe(audio, Deaf(path.parent))
    return naive.describe(audio)


class Deaf(Ears):
    """Ears without the networks."""

    def hear(self, samples: np.ndarray, starts: np.ndarray) -> dict[str, np.ndarray]:
        return {name: np.zeros((len(starts), *ROWS[name])) for name in HEARD}


def alone(paths: list[Path]) -> dict[str, float]:
    return _timed(lambda: _cosines([row(path) for path in paths]))


def on_cores(of: Callable[[Path], naive.Naive], paths: list[Path]) -> dict[str, float]:
    with ProcessPoolExecutor(cores(), get_context("spawn")) as pool:
        return _timed(lambda: _cosines(list(pool.map(of, paths))))


def everything(paths: list[Path]) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:

        def measured() -> None:
            recordings = [Recording(path, path.name, Cache(Path(folder))) for path in paths]
            if any(measure_all(recordings)):
                raise SystemExit("a file could not be measured")
            _cosines([one.naive for one in recordings])

        return _timed(measured)


def _cosines(rows: list[naive.Naive]) -> list[tuple[float, float]]:
    return [(naive.mfcc_cosine(rows[0], one), naive.chroma_cosine(rows[0], one)) for one in rows]


def _timed(work: Callable[[], object]) -> dict[str, float]:
    work()
    cold = elapsed()
    began = time.perf_counter()
    work()
    return {"cold": cold, "warm": time.perf_counter() - began, "peak": peak_bytes()}


WAYS = {
    "row": alone,
    "row-cores": partial(on_cores, row),
    "arithmetic": partial(on_cores, arithmetic),
    "all": everything,
}


def main() -> None:
    folder, count, way = sys.argv[1:4]
    paths = sorted(Path(folder).glob("*.wav"))[: int(count)]
    print(json.dumps(WAYS[way](paths)))


if __name__ == "__main__":
    main()
