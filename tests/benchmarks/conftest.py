"""Music that is known because it was dealt: every song has a place of its own in every feature
but the pitch classes, which are drawn by lot for each window.
"""

import numpy as np
import pytest
from benchmarks.analysis.excerpts import COUNT, Excerpt

from secondtake.analysis.features.extract import ROWS, Features

ALBUMS, SONGS, WINDOWS = 4, 3, 4
WITHIN = 0.3  # spread inside of a song; between songs it is 1


@pytest.fixture(scope="session")
def dealt() -> list[Excerpt]:
    """Four albums of three songs of four excerpts of four windows."""
    random = np.random.default_rng(3)
    return [
        excerpt
        for album in range(ALBUMS)
        for song in range(SONGS)
        for excerpt in _song(f"album {album}", f"album {album}: song {song}", random)
    ]


def _song(album: str, name: str, random: np.random.Generator) -> list[Excerpt]:
    middles = {one: random.normal(size=shape) for one, shape in ROWS.items()}
    return [
        Excerpt(name, album, 20.0 * part, _features(middles, random), _naive(random))
        for part in range(COUNT)
    ]


def _features(middles: dict[str, np.ndarray], random: np.random.Generator) -> Features:
    rows = {
        name: middles[name] + WITHIN * random.normal(size=(WINDOWS, *shape))
        for name, shape in ROWS.items()
    }
    rows |= {"chroma": random.normal(size=(WINDOWS, 12)), "starts": 3.0 * np.arange(WINDOWS)}
    return Features(12.0, -20.0, 5.0, -1.0, **rows)


def _naive(random: np.random.Generator) -> dict[str, np.ndarray]:
    return {"mfcc": random.normal(size=20), "chroma": random.normal(size=12)}
