"""Bark's stages over many passages at once, whatever takes they belong to."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter

from secondtake.making import Progress
from secondtake_models.bark.decoding.choosing import Choice
from secondtake_models.bark.decoding.coarse import write_coarse
from secondtake_models.bark.decoding.codec import decode
from secondtake_models.bark.decoding.fine import write_fine
from secondtake_models.bark.decoding.instruments import Instruments
from secondtake_models.bark.decoding.passage import Passage
from secondtake_models.bark.decoding.semantic import write_semantic
from secondtake_models.decoding.graphs import GraphedDecoder
from secondtake_models.decoding.transformer import Decoder, Parts


def phrase(
    instruments: Instruments, choice: Choice, passages: Sequence[Passage], progress: Progress
) -> None:
    """The first half: text to semantic tokens, which tell already whether it went well."""
    import torch

    with torch.inference_mode():
        parts = instruments.stage("text", choice["text"])
        with _timed("semantic", passages):
            write_semantic(_decoder(parts), passages, progress)


def sound(
    instruments: Instruments, choice: Choice, passages: Sequence[Passage], progress: Progress
) -> None:
    """The second half: semantic tokens, of which there must be some, to sound."""
    import torch

    with torch.inference_mode():
        parts = instruments.stage("coarse", choice["coarse"])
        with _timed("coarse", passages):
            write_coarse(_decoder(parts), passages, progress)
        parts = instruments.stage("fine", choice["fine"])
        with _timed("fine", passages):
            write_fine(parts, passages, progress)
        codec = instruments.codec()
        with _timed("codec", passages):
            decode(codec, passages, progress)


@contextmanager
def _timed(stage: str, passages: Sequence[Passage]) -> Iterator[None]:
    """Note what a stage takes for all of them together, without loading, in s."""
    start = perf_counter()
    yield
    for passage in passages:
        passage.seconds[stage] = perf_counter() - start


def _decoder(parts: Parts) -> Decoder:
    return GraphedDecoder(parts) if parts.device.startswith("cuda") else Decoder(parts)
