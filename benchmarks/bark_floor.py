"""The least time that one of Bark's semantic tokens could take on a machine."""

from floor import Floor, widths

# Layers and width of the two sizes; positions that a semantic token looks back on, on average:
# 257 of the beginning and half of the 699 that make 14 s.
SHAPES = {"small": (12, 768), "large": (24, 1024)}
CHOICES = 10_001  # rows of the semantic head


def step_seconds(floor: Floor, size: str, arithmetic: str, rows: int, seconds: float) -> float:
    """One semantic token for each of some rows of a take of some seconds: bytes / bandwidth."""
    read = widths(arithmetic)
    layers, width = SHAPES[size]
    looked_at = 257 + seconds * 49.9 / 2
    weights = layers * 12 * width**2 * read.matrix
    head = CHOICES * width * read.head
    cache = rows * layers * 2 * looked_at * width * read.cached
    return (weights + head + cache) / floor.read_gb_s / 1e9
