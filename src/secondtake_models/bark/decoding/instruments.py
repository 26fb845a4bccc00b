"""What of Bark is in memory: stages, in the arithmetic asked for, and the codec."""

from collections.abc import Callable
from typing import Any

from secondtake.weights import Weights
from secondtake_models.bark.decoding.arithmetic import Arithmetic
from secondtake_models.bark.decoding.codec import read_codec
from secondtake_models.bark.decoding.spelling import Spell, read_spelling
from secondtake_models.bark.decoding.stages import read_stage
from secondtake_models.bark.decoding.transformer import Parts


class Instruments:
    """Each stage is read when it is first played, and kept; or, where memory is short, only until
    another one is."""

    def __init__(self, weights: Weights, device: str, *, one_at_a_time: bool) -> None:
        self.weights, self.device, self.one_at_a_time = weights, device, one_at_a_time
        self.spell: Spell = read_spelling(weights["vocabulary"])
        self._held: dict[tuple[str, str], Any] = {}

    def stage(self, name: str, arithmetic: Arithmetic) -> Parts:
        """text, coarse or fine. ModelError bad_weights if its file is none of Bark's."""
        read = lambda: read_stage(self.weights, name, arithmetic, self.device)  # noqa: E731
        return self._hold((name, arithmetic.name), read)

    def codec(self) -> Any:
        return self._hold(("codec", ""), lambda: read_codec(self.weights, self.device))

    def _hold(self, key: tuple[str, str], read: Callable[[], Any]) -> Any:
        if key not in self._held:
            if self.one_at_a_time:
                self._held.clear()
            self._held[key] = read()
        return self._held[key]
