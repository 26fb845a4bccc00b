"""The least time that one of Bark's semantic tokens could take on a machine."""

from floor import Floor

# Layers and width of the two sizes; positions that a semantic token looks back on, on average:
# 257 of the beginning and half of the 699 that make 14 s.
SHAPES = {"small": (12, 768), "large": (24, 1024)}
CHOICES = 10_001  # rows of the semantic head
WEIGHT_BYTES = {"float32": 4, "bfloat16": 2, "int8": 1, "int8-weights": 1}
HEAD_BYTES = {"float32": 4, "bfloat16": 2, "int8": 2, "int8-weights": 2}
CACHE_BYTES = {"float32": 4, "bfloat16": 2, "int8": 2, "int8-weights": 2}


def step_seconds(floor: Floor, size: str, arithmetic: str, rows: int, seconds: float) -> float:
    """One semantic token for each of some rows of a take of some seconds: bytes / bandwidth."""
    layers, width = SHAPES[size]
    looked_at = 257 + seconds * 49.9 / 2
    weights = layers * 12 * width**2 * WEIGHT_BYTES[arithmetic]
    head = CHOICES * width * HEAD_BYTES[arithmetic]
    cache = rows * layers * 2 * looked_at * width * CACHE_BYTES[arithmetic]
    return (weights + head + cache) / floor.read_gb_s / 1e9
