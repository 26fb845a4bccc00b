"""MusicGen's decoder: one column of four tokens at a time, with an ear for the prompt.

Its layers are those of any transformer with one attention more, to the text. A row without a
prompt, which guidance compares with, hears nothing there: the products have no offsets, so
nothing is exactly what it would add, and it is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from secondtake.models.inference.quantization import Linear
from secondtake.models.inference.transformer import Cache, Decoder, Layer, Norm, Parts

FEWEST_ROWS = 2  # a single row is summed in another order than several, and would differ from them


@dataclass(frozen=True)
class TextLayer(Layer):
    """A block with attention to the text between the attention to itself and the two products."""

    before_text: Norm
    question: Linear
    text: Linear  # of the text's states: to keys and values
    answered: Linear


@dataclass(frozen=True, eq=False)
class Text:
    """A prompt as every layer hears it: keys and values, (heads, time, width of a head) each."""

    heard: Sequence[tuple[Any, Any]]  # by layer


class TextCache(Cache):
    """Keys and values of some rows, and the text that each of them hears."""

    def __init__(self, parts: Parts, texts: Sequence[Text | None], positions: int) -> None:
        super().__init__(parts, len(texts), positions)
        self.texts = list(texts)

    def readers(self, rows: Sequence[int]) -> list[tuple[Text, list[int]]]:
        """Texts, and which of these rows (by place) hear them; neighbours go together."""
        found: list[tuple[Text, list[int]]] = []
        for place, row in enumerate(rows):
            text = self.texts[row]
            if text is not None and found and found[-1][0] is text:
                found[-1][1].append(place)
            elif text is not None:
                found.append((text, [place]))
        return found


class MusicDecoder(Decoder):
    """MusicGen's decoder. A row's tokens are columns: (rows, codebooks) int64."""

    def cache_for(self, texts: Sequence[Text | None], positions: int) -> TextCache:
        """Room for so many positions of as many rows as texts; None: a row that hears nothing."""
        return TextCache(self.parts, texts, positions)

    def embed(self, tokens: Any) -> Any:
        """tokens: (time, codebooks) int64 -> (time, width), without positions."""
        books = zip(self.parts.words, tokens.unbind(1), strict=True)
        return sum(words[chosen] for words, chosen in books).to(self.parts.values)  # type: ignore[attr-defined]

    def hear(self, states: Any) -> Text:
        """What every layer hears of a text. states: (time, width)"""
        parts, heard = self.parts, []
        states = states.to(parts.values)
        for layer in parts.layers:
            kv = layer.text(states).view(len(states), 2, parts.heads, -1)  # type: ignore[attr-defined]
            k, v = kv.permute(1, 2, 0, 3).contiguous().unbind()
            heard.append((k, v))
        return Text(heard)

    def finish(self, layer: int, x: Any, attended: Any, cache: Cache, rows: Sequence[int]) -> Any:
        block = self.parts.layers[layer]
        if not isinstance(block, TextLayer) or not isinstance(cache, TextCache):
            return block.finish(x, attended)
        x = x + block.attended(attended)
        readers = cache.readers(rows)
        if len(rows) < len(x) and readers:  # all of x is one row's time
            ((text, _),) = readers
            heard = self._listen(block.question(block.before_text(x)), *text.heard[layer])
            return block.think(x + block.answered(heard))
        if readers:
            self._hear_each(block, layer, x, readers)
        return block.think(x)

    def _hear_each(
        self, block: TextLayer, layer: int, x: Any, readers: Sequence[tuple[Text, list[int]]]
    ) -> None:
        """Add to each row of x (rows, width) what it hears."""
        import torch

        places = [place for _, mine in readers for place in mine]
        # Repeated where there is only one, so that it is summed as among others.
        filled = places * FEWEST_ROWS if len(places) < FEWEST_ROWS else places
        asked = block.question(block.before_text(x[filled]))
        parts, start = [], 0
        for text, mine in readers:
            q = asked[start : start + len(mine)].view(len(mine), self.parts.heads, 1, -1)
            k, v = (one.expand(len(mine), -1, -1, -1) for one in text.heard[layer])
            y = torch.nn.functional.scaled_dot_product_attention(q, k, v)
            parts.append(y.reshape(len(mine), -1))
            start += len(mine)
        heard = torch.cat(parts * (len(filled) // len(places)))
        x[places] += block.answered(heard)[: len(places)]

    def _listen(self, q: Any, k: Any, v: Any) -> Any:
        """q: (time, width), k, v: (heads, time, width of a head) -> (time, width)"""
        import torch

        q = q.view(len(q), self.parts.heads, -1).transpose(0, 1)
        y = torch.nn.functional.scaled_dot_product_attention(q[None], k[None], v[None])
        return y[0].transpose(0, 1).reshape(q.shape[1], -1)
