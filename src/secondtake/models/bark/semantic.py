"""Words to semantic tokens: what is said and sung, and how, at 49.9 tokens a second."""

from collections.abc import Sequence
from typing import Any

from secondtake.core.generate import Progress
from secondtake.models.bark.constants import SEMANTIC_TOKENS
from secondtake.models.bark.window import Passage
from secondtake.models.inference.sampling import draw, probabilities
from secondtake.models.inference.transformer import Decoder

TEXT_OFFSET = 10_048  # where text begins among the input tokens
TEXT_PAD, HISTORY_PAD, BEGIN = 129_595, 10_000, 129_599
TEXT_TOKENS = 256  # Bark reads no more of a text,
HISTORY_TOKENS = 256  # and no more of what went before
WATCH_EVERY = 25  # tokens (half a second) between looks at whether a passage leads anywhere


def write_semantic(decoder: Decoder, passages: Sequence[Passage], progress: Progress) -> None:
    """Fill in `semantic` of all passages, decoded together; those that end early leave."""
    import torch

    cache = decoder.cache(len(passages))
    singing = list(passages)
    written: dict[int, list[Any]] = {id(passage): [] for passage in passages}
    rows = [decoder.begin(_beginning(decoder, p), cache, n) for n, p in enumerate(passages)]
    logits = torch.cat(rows)  # (rows, SEMANTIC_TOKENS + 1)
    longest = max(passage.longest for passage in passages)
    for step in range(1, longest + 1):
        chances = probabilities(logits, _temperatures(singing, logits))
        tokens = draw(chances, [passage.generator for passage in singing])
        certainty = chances[:, -1].tolist()
        for passage, token in zip(singing, tokens.tolist(), strict=True):
            written[id(passage)].append(token)
        staying = []
        for row, passage in enumerate(singing):
            so_far = written[id(passage)]
            if so_far[-1] == SEMANTIC_TOKENS or certainty[row] >= passage.end_certainty:
                so_far.pop()  # the end is no sound, nor what was drawn beside it
            elif step < passage.longest and not _leads_nowhere(passage, so_far):
                staying.append(row)
        progress("semantic tokens", step, longest)
        if not staying:
            break
        if len(staying) < len(singing):
            cache.keep(staying)
            singing, tokens = [singing[row] for row in staying], tokens[staying]
        logits = decoder.go_on(tokens, cache, range(len(singing)))
    for passage in passages:
        passage.semantic = torch.tensor(written[id(passage)], dtype=torch.long).numpy()


def _leads_nowhere(passage: Passage, so_far: Sequence[int]) -> bool:
    looked_at = passage.stop is not None and len(so_far) % WATCH_EVERY == 0
    return looked_at and passage.stop is not None and passage.stop(so_far)


def _beginning(decoder: Decoder, passage: Passage) -> Any:
    """The text with the history laid over it, and the sign to begin: (257, width)."""
    import torch

    text = _padded(passage.text_tokens[:TEXT_TOKENS] + TEXT_OFFSET, TEXT_PAD)
    before = passage.history["semantic_prompt"][-HISTORY_TOKENS:] if passage.history else []
    history = _padded(before, HISTORY_PAD)
    begin = torch.tensor([BEGIN])
    device = decoder.parts.device
    over = decoder.embed(text.to(device)) + decoder.embed(history.to(device))
    return torch.cat((over, decoder.embed(begin.to(device))))


def _padded(tokens: Any, pad: int) -> Any:
    import torch

    tokens = torch.as_tensor(tokens, dtype=torch.long)
    return torch.nn.functional.pad(tokens, (0, TEXT_TOKENS - len(tokens)), value=pad)


def _temperatures(passages: Sequence[Passage], logits: Any) -> Any:
    import torch

    values = [[passage.text_temperature] for passage in passages]
    return torch.tensor(values, device=logits.device)
