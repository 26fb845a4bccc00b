"""Tokens, for several passages at once: 50 frames a second, a token of each codebook in a frame.

A codebook's token is drawn one step after that of the codebook before it (the delay pattern), so
the columns that the decoder reads lean: column c holds frame c - 1 - book of each book. Where
there is no such frame stands the padding token.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from secondtake.core.generate import Progress
from secondtake.models.inference.sampling import draw, probabilities
from secondtake.models.musicgen.conditioning import Passage
from secondtake.models.musicgen.decoder import FEWEST_ROWS, MusicDecoder, Text, TextCache


class Sheet:
    """The columns of a passage, given frames written in and the others open."""

    def __init__(self, passage: Passage, books: int, pad: int) -> None:
        import torch

        self.passage, self.books = passage, books
        self.given = passage.given.shape[-1]
        self.steps = passage.frames - self.given + books - 1  # draws
        self.columns = torch.full((books, passage.frames + books), pad)
        self.open = torch.zeros(self.columns.shape, dtype=torch.bool)
        for book in range(books):
            start = book + 1
            if self.given:
                self.columns[book, start : start + self.given] = passage.given[book]
            self.open[book, start + self.given : start + passage.frames] = True

    def write(self, step: int, drawn: Any) -> None:
        """What was drawn after the column of this step: (books,) int64, kept where it is open."""
        column = self.given + step + 1
        where = self.open[:, column]
        self.columns[where, column] = drawn[where]

    def frames(self) -> Any:
        """(books, frames) int64, upright again."""
        import torch

        end = self.passage.frames
        return torch.stack([self.columns[n, n + 1 : n + 1 + end] for n in range(self.books)])


def write_tokens(
    decoder: MusicDecoder, passages: Sequence[Passage], pad: int, progress: Progress
) -> None:
    """Fill in `tokens` of all passages, decoded together. All are guided, or none is."""
    import torch

    books = len(decoder.parts.words)
    sheets = [sheet_of(passage, decoder, pad) for passage in passages]
    # Those that end first stand last, and those with one prompt together.
    sheets.sort(key=lambda sheet: (-sheet.steps, sheet.passage.conditions.prompt))
    each = 2 if passages[0].is_guided else 1  # rows of a passage: with its prompt, and without
    longest = sheets[0].steps
    cache = begun(decoder, sheets, each, longest)
    for step in range(longest):
        playing = [sheet for sheet in sheets if sheet.steps > step]
        columns = [s.columns[:, s.given + step] for s in playing for _ in range(each)]
        columns += columns[:1] * (FEWEST_ROWS - len(columns))
        tokens = torch.stack(columns).to(decoder.parts.device)
        logits = decoder.go_on(tokens, cache, range(len(columns)))[: len(playing) * each]
        logits = guided(logits.view(len(playing), each, books, -1), playing)
        drawn = draw(_chances(logits, playing), [s.passage.generator for s in playing]).cpu()
        for sheet, mine in zip(playing, drawn, strict=True):
            sheet.write(step, mine)
        progress("tokens", step + 1, longest)
    for sheet in sheets:
        sheet.passage.tokens = sheet.frames()


def sheet_of(passage: Passage, decoder: MusicDecoder, pad: int) -> Sheet:
    return Sheet(passage, len(decoder.parts.words), pad)


def begun(decoder: MusicDecoder, sheets: Sequence[Sheet], each: int, steps: int) -> TextCache:
    """A cache that has read what comes before the first step, with room for so many steps.

    each: rows of a sheet: the first with its prompt, the second without.
    """
    texts = list(_texts(decoder, sheets, each))
    starts = [start for sheet in sheets for start in _starts(decoder, sheet, each)]
    idle = FEWEST_ROWS - len(starts)
    texts, starts = texts + texts[:1] * idle, starts + starts[:1] * idle
    room = max(len(start) for start in starts) + steps
    cache = decoder.cache_for(texts, room)
    for row, start in enumerate(starts):
        if len(start):
            decoder.read(start, cache, row)
    return cache


def _texts(decoder: MusicDecoder, sheets: Sequence[Sheet], each: int) -> Iterator[Text | None]:
    """What each row hears; passages with the same text share it."""
    heard: dict[int, Text] = {}
    for sheet in sheets:
        states = sheet.passage.conditions.text
        if states is not None and id(states) not in heard:
            heard[id(states)] = decoder.hear(states)
        yield None if states is None else heard[id(states)]
        yield from [None] * (each - 1)


def _starts(decoder: MusicDecoder, sheet: Sheet, each: int) -> list[Any]:
    """What each row of a passage reads before its first step: (time, width) each."""
    import torch

    device, values = decoder.parts.device, decoder.parts.values
    columns = decoder.embed(sheet.columns[:, : sheet.given].T.to(device))
    conditions = sheet.passage.conditions
    found = []
    for beginning in (conditions.beginning, conditions.unguided)[:each]:
        parts = [] if beginning is None else [beginning.to(device, values)]
        found.append(torch.cat((*parts, columns)))
    return found


def guided(logits: Any, sheets: Sequence[Sheet]) -> Any:
    """Away from what would be played without the prompt: (n, 2 or 1, …) -> (n, …)"""
    if logits.shape[1] == 1:
        return logits[:, 0]
    import torch

    scale = torch.tensor([s.passage.guidance for s in sheets], device=logits.device)
    with_prompt, without = logits.unbind(1)
    return without + (with_prompt - without) * scale[:, None, None]


def _chances(logits: Any, sheets: Sequence[Sheet]) -> Any:
    """Probabilities of the likeliest top_k tokens; the others have none. (n, books, choices)"""
    import torch

    temperatures = torch.tensor([s.passage.temperature for s in sheets], device=logits.device)
    logits = logits / temperatures[:, None, None]
    most = [min(sheet.passage.top_k, logits.shape[-1]) for sheet in sheets]
    best = logits.topk(max(most)).values  # (n, books, the largest top_k), in order
    least = torch.stack([best[n, :, k - 1] for n, k in enumerate(most)])
    logits = logits.masked_fill(logits < least[..., None], -torch.inf)
    return probabilities(logits, 1.0)
