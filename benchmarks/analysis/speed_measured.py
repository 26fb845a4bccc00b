"""Our side of analysis/speed.py.

    FOLDER COUNT arithmetic  all that is measured of a recording without a network
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
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from benchmarks.harness import elapsed, peak_bytes

from secondtake.analysis.audio_io import read
from secondtake.analysis.cache import Cache
from secondtake.analysis.comparison.material import measure_all
from secondtake.analysis.features.extract import ROWS, extract_features
from secondtake.analysis.networks.neural_features import NeuralFeatures
from secondtake.analysis.parallel import cores
from secondtake.analysis.recording import Recording

HEARD = ("embedding", "speech", "voiced", "pitch", "spread")


def arithmetic(path: Path) -> None:
    extract_features(read(path), NoNetworks(path.parent))


class NoNetworks(NeuralFeatures):
    """Neural features without the networks."""

    def extract(self, samples: np.ndarray, starts: np.ndarray) -> dict[str, np.ndarray]:
        return {name: np.zeros((len(starts), *ROWS[name])) for name in HEARD}


def on_cores(paths: list[Path]) -> dict[str, float]:
    with ProcessPoolExecutor(cores(), get_context("spawn")) as pool:
        return _timed(lambda: list(pool.map(arithmetic, paths)))


def everything(paths: list[Path]) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:

        def measured() -> None:
            recordings = [Recording(path, path.name, Cache(Path(folder))) for path in paths]
            if any(measure_all(recordings)):
                raise SystemExit("a file could not be measured")

        return _timed(measured)


def _timed(work: Callable[[], object]) -> dict[str, float]:
    work()
    cold = elapsed()
    began = time.perf_counter()
    work()
    return {"cold": cold, "warm": time.perf_counter() - began, "peak": peak_bytes()}


WAYS = {
    "arithmetic": on_cores,
    "all": everything,
}


def main() -> None:
    folder, count, way = sys.argv[1:4]
    paths = sorted(Path(folder).glob("*.wav"))[: int(count)]
    print(json.dumps(WAYS[way](paths)))


if __name__ == "__main__":
    main()
