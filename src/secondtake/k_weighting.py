"""The two filters through which ITU-R BS.1770-4 hears, at any sample rate.

The recommendation prints their coefficients for 48 kHz only. The constants below are those of the
analogue filters behind them (De Man, 2014): at 48 kHz they give the printed numbers to every digit.
"""

from dataclasses import dataclass
from math import pi, tan

SHELF_HZ, SHELF_Q, SHELF_GAIN = (
    1681.974450955533,
    0.7071752369554196,
    10 ** (3.999843853973347 / 20),
)
SHELF_MIDDLE = SHELF_GAIN**0.4996667741545416  # gain at SHELF_HZ
CUT_HZ, CUT_Q = 38.13547087602444, 0.5003270373238773

Coefficients = tuple[float, float, float]


@dataclass(frozen=True)
class Filter:
    """Of second order: (b0 + b1 z + b2 z²) / (1 + a1 z + a2 z²), z a delay of one sample."""

    b: Coefficients
    a: Coefficients


def filters(sample_rate: int) -> tuple[Filter, Filter]:
    """The shelf (+4 dB above 1.7 kHz: a head before the ear) and the high-pass at 38 Hz."""
    k = tan(pi * SHELF_HZ / sample_rate)
    middle, square = SHELF_MIDDLE * k / SHELF_Q, k * k
    whole = 1 + k / SHELF_Q + square
    shelf = (
        (SHELF_GAIN + middle + square) / whole,
        2 * (square - SHELF_GAIN) / whole,
        (SHELF_GAIN - middle + square) / whole,
    )
    shelving = Filter(shelf, _poles(k, SHELF_Q))
    return shelving, Filter((1.0, -2.0, 1.0), _poles(tan(pi * CUT_HZ / sample_rate), CUT_Q))


def _poles(k: float, q: float) -> Coefficients:
    whole = 1 + k / q + k * k
    return 1.0, 2 * (k * k - 1) / whole, (1 - k / q + k * k) / whole
