"""The state of one window of one take, on its way through Bark's stages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from secondtake.models.bark.constants import MAX_SEMANTIC_TOKENS

if TYPE_CHECKING:
    import numpy as np
    from torch import Generator, Tensor

# semantic_prompt (n,), coarse_prompt (2, n), fine_prompt (8, n): int64
HistoryPrompt = Mapping[str, "np.ndarray"]


@dataclass
class WindowState:
    """The window's text and history prompt, its sampling, and the output of each stage."""

    text_tokens: Tensor  # (n,) int64, of the vocabulary
    history_prompt: HistoryPrompt | None
    text_temperature: float
    waveform_temperature: float
    min_eos_p: float  # probability of the end at which the semantic stage stops
    generator: Generator  # on the CPU; every draw of every stage comes from it
    max_tokens: int = MAX_SEMANTIC_TOKENS
    # True for semantic tokens so far that lead nowhere; None: they are never looked at.
    should_stop: Callable[[Sequence[int]], bool] | None = None
    semantic: np.ndarray = field(init=False)  # (n,) int64, SEMANTIC_RATE_HZ
    coarse: np.ndarray = field(init=False)  # (2, n) int64, COARSE_RATE_HZ
    fine: np.ndarray = field(init=False)  # (8, n) int64
    samples: np.ndarray = field(init=False)  # (frames,) float32, 24 kHz
    seconds: dict[str, float] = field(default_factory=dict)  # by stage, of the whole batch

    @property
    def as_history_prompt(self) -> HistoryPrompt:
        """The window as a history prompt of another one. The semantic stage must be through."""
        stages = {"semantic": self.semantic, "coarse": self.coarse, "fine": self.fine}
        return {f"{stage}_prompt": tokens for stage, tokens in stages.items()}
