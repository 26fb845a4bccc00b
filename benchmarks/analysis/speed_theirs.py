"""The first study's script: librosa with its defaults, one file after the other, two cosines.

    FOLDER COUNT      the excerpts, and how many of them

Prints the seconds from the start of the process to the end of all, and of all once again, warm.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import librosa
import numpy as np
from benchmarks.harness import elapsed, peak_bytes


def features(path: Path) -> dict[str, Any]:
    samples, sample_rate = librosa.load(path, sr=None, mono=True)
    tempo, _ = librosa.beat.beat_track(y=samples, sr=sample_rate)
    return {
        "tempo": float(np.atleast_1d(tempo)[0]),
        "centroid": librosa.feature.spectral_centroid(y=samples, sr=sample_rate).mean(),
        "zcr": librosa.feature.zero_crossing_rate(samples).mean(),
        "rms": librosa.feature.rms(y=samples).mean(),
        "mfcc": librosa.feature.mfcc(y=samples, sr=sample_rate, n_mfcc=13).mean(axis=1),
        "chroma": librosa.feature.chroma_stft(y=samples, sr=sample_rate).mean(axis=1),
    }


def cosine(first: np.ndarray, second: np.ndarray) -> float:
    return float(np.dot(first, second) / (np.linalg.norm(first) * np.linalg.norm(second)))


def study(paths: list[Path]) -> list[tuple[float, float]]:
    rows = [features(path) for path in paths]
    return [
        (cosine(rows[0]["mfcc"], row["mfcc"]), cosine(rows[0]["chroma"], row["chroma"]))
        for row in rows
    ]


def main() -> None:
    paths = sorted(Path(sys.argv[1]).glob("*.wav"))[: int(sys.argv[2])]
    study(paths)
    cold = elapsed()
    began = time.perf_counter()
    study(paths)
    warm = time.perf_counter() - began
    print(json.dumps({"cold": cold, "warm": warm, "peak": peak_bytes()}))


if __name__ == "__main__":
    main()
