"""Excerpts of the corpus' songs, as the metrics see them: kept, so that a second run is quick."""

import hashlib
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import cache
from itertools import repeat
from math import inf
from pathlib import Path

import numpy as np
from benchmarks.analysis.corpus import FOLDER, Track

import secondtake
from secondtake.analysis.audio_io import Audio, read, read_header
from secondtake.analysis.dsp.first_study import first_study_row
from secondtake.analysis.features.extract import FIELDS, Features, extract_features
from secondtake.analysis.networks.neural_features import NeuralFeatures
from secondtake.core.files import replacing

SECONDS = 12.0  # four windows
COUNT = 4  # of a song
MARGIN = 3.0  # s at either end of a song that are left out: fades
KEPT = FOLDER.parent / "excerpts"
MEASURED_BY = "analysis/audio_io analysis/dsp/* analysis/features/* analysis/networks/* audio/*"
NAIVE = ("mfcc", "chroma")  # what the naive cosines are made of


@dataclass(frozen=True, eq=False)
class Excerpt:
    """Twelve seconds of a song."""

    song: str
    album: str
    start: float  # s
    features: Features
    naive: dict[str, np.ndarray]  # mean MFCC with c0, mean chroma at the native rate


def excerpts(tracks: Sequence[Track], apart: float = inf) -> list[Excerpt]:
    """Four excerpts of every song, at most `apart` s from one to the next; on all cores."""
    found: list[Excerpt] = []
    with ProcessPoolExecutor() as pool:
        measured = pool.map(_of_song, [track.path for track in tracks], repeat(apart))
        for number, (track, parts) in enumerate(zip(tracks, measured, strict=True), 1):
            found += [Excerpt(track.title, track.album.name, *part) for part in parts]
            print(f"\r{number} of {len(tracks)} songs measured", end="", file=sys.stderr)
    print(file=sys.stderr)
    return found


def starts(seconds: float, apart: float = inf) -> np.ndarray:
    """Beginnings of the excerpts of a song of that length, in s: around its middle, all over it."""
    step = min(apart, (seconds - 2 * MARGIN - SECONDS) / (COUNT - 1))
    first = (seconds - SECONDS - (COUNT - 1) * step) / 2
    return first + step * np.arange(COUNT)


def cut(path: Path, start: float) -> Audio:
    """The excerpt that begins there."""
    return read(path, start, start + SECONDS)


def _of_song(path: Path, apart: float) -> list[tuple[float, Features, dict[str, np.ndarray]]]:
    return [
        (float(start), *_measured(path, float(start)))
        for start in starts(read_header(path).seconds, apart)
    ]


def _measured(path: Path, start: float) -> tuple[Features, dict[str, np.ndarray]]:
    """Features and naive means of an excerpt, from KEPT if they are there."""
    name = f"{path.relative_to(FOLDER)} {start:.3f} {_code()}"  # FOLDER is never written to
    kept = KEPT / f"{hashlib.sha256(name.encode()).hexdigest()[:32]}.npz"
    if not kept.is_file():
        audio = cut(path, start)
        features = extract_features(audio, NeuralFeatures(FOLDER.parent / "converted"))
        row = asdict(first_study_row(audio))
        with replacing(kept) as file:
            values = {one: getattr(features, one) for one in FIELDS}
            np.savez(file, **values, **{f"naive {one}": np.array(row[one]) for one in NAIVE})
    with np.load(kept, allow_pickle=False) as stored:
        values = {one: stored[one] for one in FIELDS}
        means = {one: stored[f"naive {one}"] for one in NAIVE}
    return Features(**{n: v.item() if v.ndim == 0 else v for n, v in values.items()}), means


@cache
def _code() -> str:
    """A hash of the code that measures."""
    root = Path(secondtake.__file__).parent
    digest = hashlib.sha256()
    for pattern in MEASURED_BY.split():
        for file in sorted(root.glob(f"{pattern}.py")):
            digest.update(file.read_bytes())
    return digest.hexdigest()
