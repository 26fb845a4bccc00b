"""What of Bark is in memory: stages, in the arithmetic asked for, and the codec."""

from typing import Any

from secondtake.weights import Weights
from secondtake_models.bark.decoding.codec import read_codec
from secondtake_models.bark.decoding.spelling import Spell, read_spelling
from secondtake_models.bark.decoding.stages import read_stage
from secondtake_models.decoding.arithmetic import Arithmetic
from secondtake_models.decoding.transformer import Parts
from secondtake_models.holding import Holding


class Instruments:
    """A checkpoint's stages and its codec, each read when it is first played."""

    def __init__(self, weights: Weights, device: str, *, one_at_a_time: bool) -> None:
        self.weights, self.device = weights, device
        self.spell: Spell = read_spelling(weights["vocabulary"])
        self.holding = Holding(one_at_a_time=one_at_a_time)

    def stage(self, name: str, arithmetic: Arithmetic) -> Parts:
        """text, coarse or fine. ModelError bad_weights if its file is none of Bark's."""
        read = lambda: read_stage(self.weights, name, arithmetic, self.device)  # noqa: E731
        parts: Parts = self.holding.part((name, arithmetic.name), read)
        return parts

    def codec(self) -> Any:
        return self.holding.part("codec", lambda: read_codec(self.weights, self.device))
