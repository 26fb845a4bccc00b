"""The least time that one of Bark's semantic tokens could take on a machine."""

from benchmarks.floor import Floor, widths

from secondtake.models.bark.constants import (
    MAX_TEXT_TOKENS,
    SEMANTIC_RATE_HZ,
    SEMANTIC_VOCAB_SIZE,
)

# Layers and width of the two sizes; positions that a semantic token looks back on, on average:
# 257 of the beginning and half of the 699 that make 14 s.
SHAPES = {"small": (12, 768), "large": (24, 1024)}
CHOICES = SEMANTIC_VOCAB_SIZE + 1  # rows of the semantic head


def step_seconds(floor: Floor, size: str, precision: str, rows: int, seconds: float) -> float:
    """One semantic token for each of some rows of a take of some seconds: bytes / bandwidth."""
    read = widths(precision)
    layers, width = SHAPES[size]
    positions = MAX_TEXT_TOKENS + 1 + seconds * SEMANTIC_RATE_HZ / 2
    weights = layers * 12 * width**2 * read.matrix
    head = CHOICES * width * read.head
    cache = rows * layers * 2 * positions * width * read.cached
    return (weights + head + cache) / floor.read_gb_s / 1e9
