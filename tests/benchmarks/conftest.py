import numpy as np
import pytest
from benchmarks.analysis.excerpts import Excerpt
from tests.benchmarks.dealt import deal, material

ALBUMS = {"album 0": "sung", "album 1": "sung", "album 2": "instrumental"}
ALBUMS |= {"album 3": "instrumental"}
SONGS = 3  # of an album


@pytest.fixture(scope="session")
def dealt() -> list[Excerpt]:
    """Two sung albums and two instrumental ones, of three songs of two stretches each."""
    random = np.random.default_rng(3)
    return [
        excerpt
        for album, kind in ALBUMS.items()
        for song in range(SONGS)
        for excerpt in deal(material(f"{album}: song {song}", album, kind), random)
    ]


@pytest.fixture(scope="session")
def others() -> list[Excerpt]:
    """Three of each that is no song, and three sketches."""
    random = np.random.default_rng(4)
    return [
        excerpt
        for kind in ("speech", "white noise", "sine", "sketch")
        for number in range(3)
        for excerpt in deal(material(f"{kind} {number}", kind, kind), random, halves=1)
    ]
