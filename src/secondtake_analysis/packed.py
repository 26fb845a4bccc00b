"""Features as bytes, for the cache: quick to read, because a song has hundreds of takes.

The figures of the whole recording and the number of windows as float64, then every field of
windows as float32, each (windows, width) as it lies in memory.
"""

import math

import numpy as np

from secondtake_analysis.features import FIELDS, ROWS, Features

WHOLE = tuple(name for name in FIELDS if name not in ROWS)
WIDTHS = tuple(math.prod(shape) for shape in ROWS.values())


def pack(described: Features) -> bytes:
    """Features -> bytes."""
    head = [getattr(described, name) for name in WHOLE] + [described.windows]
    fields = [getattr(described, name).astype("<f4").tobytes() for name in ROWS]
    return b"".join([np.array(head, dtype="<f8").tobytes(), *fields])


def unpack(packed: bytes) -> Features:
    """Bytes -> the features that were packed; their arrays cannot be written to."""
    head = np.frombuffer(packed, dtype="<f8", count=len(WHOLE) + 1)
    windows = int(head[-1])
    sizes = [windows * width for width in WIDTHS]
    values = np.frombuffer(packed, dtype="<f4", offset=head.nbytes, count=sum(sizes))
    parts = np.split(values, np.cumsum(sizes)[:-1])
    rows = {
        name: part.reshape(windows, *shape)
        for (name, shape), part in zip(ROWS.items(), parts, strict=True)
    }
    return Features(**dict(zip(WHOLE, head[:-1].tolist(), strict=True)), **rows)
