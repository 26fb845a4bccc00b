"""A passage: one window of one take, on its way through Bark's stages."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

History = Mapping[str, Any]  # semantic_prompt (n,), coarse_prompt (2, n), fine_prompt (8, n): int64


@dataclass
class Passage:
    """What is to be sung, in which voice, and what each stage has made of it."""

    text_tokens: Any  # (n,) int64, of the vocabulary
    history: History | None
    text_temperature: float
    waveform_temperature: float
    end_certainty: float  # how likely the end must be for the semantic stage to stop (min_eos_p)
    generator: Any  # torch.Generator on the CPU; every draw of every stage comes from it
    longest: int = 768  # semantic tokens: Bark writes no more, which is 15.4 s
    # Whether the semantic tokens so far lead nowhere; None: they are never looked at.
    stop: Callable[[Sequence[int]], bool] | None = None
    semantic: Any = None  # (n,) int64, 49.9 a second
    coarse: Any = None  # (2, n) int64, 75 a second
    fine: Any = None  # (8, n) int64
    samples: Any = None  # (frames,) float32, 24 kHz
    seconds: dict[str, float] = field(default_factory=dict)  # by stage, with all its company

    @property
    def made(self) -> History:
        """What another passage can go on from."""
        return {
            "semantic_prompt": self.semantic,
            "coarse_prompt": self.coarse,
            "fine_prompt": self.fine,
        }
