"""Songs whose relations are known: each has a place of its own in every feature but the chroma.

The chroma is drawn for every window, so it tells no songs apart; a triad below keeps the key clear.
Each kind of sound moves a block of the embedding of its own.
"""

from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.analysis.excerpts import Excerpt, Material

from secondtake.analysis.features.extract import ROWS, Features

WINDOWS = 8
WITHIN = 0.3  # spread inside a song; between songs it is 1
TRIAD = np.isin(np.arange(12), (0, 4, 7)) * 8.0
KINDS = ("sung", "instrumental", "speech", "white noise", "sine")
BLOCK, SHIFT = 60, 3.0  # of a kind: dimensions, and how far they are moved


def material(song: str, album: str = "an album", kind: str = "sung", group: str = "") -> Material:
    return Material(Path(f"{song}.wav"), song, album, kind, "design", group)


def deal(source: Material, random: np.random.Generator, halves: int = 2) -> list[Excerpt]:
    """The stretches of a song, eight windows each."""
    middles = {name: random.normal(size=shape) for name, shape in ROWS.items()}
    if source.kind in KINDS:
        first = BLOCK * KINDS.index(source.kind)
        middles["embedding"][first : first + BLOCK] += SHIFT
    return [
        Excerpt(source, half, 30.0 * half, _features(middles, random), _naive(random))
        for half in range(halves)
    ]


def _features(middles: dict[str, np.ndarray], random: np.random.Generator) -> Features:
    rows: dict[str, Any] = {
        name: middles[name] + WITHIN * random.normal(size=(WINDOWS, *shape))
        for name, shape in ROWS.items()
    }
    rows["chroma"] = TRIAD + random.normal(size=(WINDOWS, 12))
    rows["attack"] = np.ones(WINDOWS)  # nothing is played backwards
    rows["edge"] = 1e4 * np.exp(rows["edge"])  # Hz
    rows["starts"] = 3.0 * np.arange(WINDOWS)
    return Features(24.0, -20.0, 5.0, -1.0, **rows)


def _naive(random: np.random.Generator) -> dict[str, np.ndarray]:
    return {"mfcc": random.normal(size=20), "chroma": random.normal(size=12)}
