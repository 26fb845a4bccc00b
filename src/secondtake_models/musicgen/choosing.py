"""Which arithmetic MusicGen uses on this machine: the fastest one that is near enough to float32.

Some ten seconds, once for each checkpoint (secondtake_models.measuring).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from secondtake.making import Progress
from secondtake_models.decoding.arithmetic import ARITHMETICS, FLOAT32, Arithmetic, candidates
from secondtake_models.measuring import fastest, measured_once
from secondtake_models.musicgen.decoder import MusicDecoder
from secondtake_models.musicgen.instruments import Instruments
from secondtake_models.musicgen.probing import PROMPT, Measured, Played, measure
from secondtake_models.musicgen.reading import read_decoder

FORMAT = 2  # raised when something else is measured, or chosen in another way
# Nats for each token, as for Bark: a tenth of what another temperature that people use (1.3
# instead of 1) changes where some tokens are likely and most are not.
MOST_DIVERGENCE = 0.02


@dataclass(frozen=True)
class Probe:
    """What was measured, by arithmetic."""

    measured: Mapping[str, Measured]

    @property
    def choice(self) -> Arithmetic:
        """The fastest of what is near enough; float32 if nothing is."""
        seconds = {name: one.take_seconds for name, one in self.measured.items()}
        errors = {name: one.divergence for name, one in self.measured.items()}
        return ARITHMETICS[fastest(seconds, errors, MOST_DIVERGENCE, FLOAT32.name)]


def probe(instruments: Instruments, progress: Progress) -> Probe:
    """What was measured for this checkpoint on this machine; measured now if it was not yet."""
    checkpoint, device = instruments.checkpoint, instruments.device
    facts = {"format": FORMAT, "weights": checkpoint.sha256}

    def measure_now() -> dict[str, Any]:
        return {name: asdict(one) for name, one in _probe(instruments, progress).items()}

    def read(found: Mapping[str, Any]) -> Probe:
        return Probe({name: Measured(**one) for name, one in found.items()})

    return measured_once(checkpoint.cache, "musicgen", facts, device, measure_now, read)


def _probe(instruments: Instruments, progress: Progress) -> dict[str, Measured]:
    conditions = instruments.conditions(PROMPT)
    device = instruments.device
    each = (FLOAT32, *candidates(device))  # float32 first: the others are compared with it
    found: dict[str, Measured] = {}
    exact: Played | None = None
    for done, arithmetic in enumerate(each):
        progress("measuring arithmetics", done, len(each))
        decoder = MusicDecoder(read_decoder(instruments.checkpoint, arithmetic, device))
        found[arithmetic.name], played = measure(decoder, conditions, instruments.pad, exact)
        exact = exact or played
    return found
