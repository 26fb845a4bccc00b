"""What follows a step's logits: guidance, the likeliest tokens, a draw, the next step's column.

All of it is on the device, since a GPU that is waited for at every step is slow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from secondtake.models.inference.sampling import sample, softmax_with_temperature

if TYPE_CHECKING:
    from torch import Tensor

OPEN = -1  # in a column, where the token is the one that is drawn
SETTINGS = 3  # values of a draw before its column: guidance scale, temperature, top_k


@dataclass(frozen=True)
class ColumnDraw:
    """Draws a column for each take: its values are SETTINGS, then a token or OPEN by codebook."""

    codebooks: int
    is_guided: bool  # a take's first row is with its prompt, the second without
    most_top_k: int  # of all takes
    head: int = 0

    @property
    def seen(self) -> int:
        """The column: a token of each codebook."""
        return self.codebooks

    def __call__(self, logits: Tensor, noise: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """logits: (rows, codebooks * choices); noise: (takes, codebooks, choices)"""
        import torch

        guidance, temperature, top_k = values[:, :SETTINGS, None, None].unbind(1)
        by_take = logits.view(*noise.shape[:1], -1, *noise.shape[1:])
        guided = apply_guidance(by_take, guidance) if self.is_guided else by_take[:, 0]
        probs = _top_k_probabilities(guided / temperature, top_k, self.most_top_k)
        column = values[:, SETTINGS:].long()
        column = torch.where(column == OPEN, sample(probs, noise), column)
        return columns_of_rows(column, len(logits)), column.float()


@dataclass(frozen=True)
class GuidedLogits:
    """Reads the given columns, and draws nothing: the logits of each step are seen."""

    codebooks: int
    choices: int  # of each codebook
    is_guided: bool
    head: int = 0

    @property
    def seen(self) -> int:
        return self.codebooks * self.choices

    def __call__(self, logits: Tensor, noise: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        by_take = logits.view(len(values), -1, self.seen)
        guidance = values[:, :1]
        guided = apply_guidance(by_take, guidance) if self.is_guided else by_take[:, 0]
        return columns_of_rows(values[:, SETTINGS:].long(), len(logits)), guided


def apply_guidance(logits: Tensor, scales: Tensor) -> Tensor:
    """Classifier-free guidance: (takes, 2, …) with and without the prompt -> (takes, …)"""
    cond, uncond = logits.unbind(1)
    return uncond + (cond - uncond) * scales


def columns_of_rows(columns: Tensor, rows: int) -> Tensor:
    """(takes, codebooks) -> (rows, codebooks): as often as a take has rows."""
    return columns[:, None].expand(-1, rows // len(columns), -1).flatten(0, 1)


def _top_k_probabilities(logits: Tensor, top_k: Tensor, most: int) -> Tensor:
    """Probabilities of the likeliest top_k tokens; the others have 0.

    logits: (takes, codebooks, choices), top_k: (takes, 1, 1), at most `most`
    """
    import torch

    highest = logits.topk(most).values  # in order
    last = (top_k - 1).long().expand(-1, logits.shape[1], -1)
    logits = logits.masked_fill(logits < highest.gather(-1, last), -torch.inf)
    return softmax_with_temperature(logits, 1.0)
