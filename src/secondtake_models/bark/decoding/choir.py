"""Bark's stages over many passages at once, whatever takes they belong to."""

from collections.abc import Sequence
from time import perf_counter

from secondtake.making import Progress
from secondtake_models.bark.decoding.choosing import Choice
from secondtake_models.bark.decoding.coarse import write_coarse
from secondtake_models.bark.decoding.codec import decode
from secondtake_models.bark.decoding.fine import write_fine
from secondtake_models.bark.decoding.graphs import GraphedDecoder
from secondtake_models.bark.decoding.instruments import Instruments
from secondtake_models.bark.decoding.passage import Passage
from secondtake_models.bark.decoding.semantic import write_semantic
from secondtake_models.bark.decoding.transformer import Decoder, Parts


def phrase(
    instruments: Instruments, choice: Choice, passages: Sequence[Passage], progress: Progress
) -> None:
    """The first half: text to semantic tokens, which tell already whether it went well."""
    import torch

    with torch.inference_mode():
        start = perf_counter()
        parts = instruments.stage("text", choice["text"])
        write_semantic(_decoder(parts), passages, progress)
        for passage in passages:
            passage.seconds["semantic"] = perf_counter() - start


def sound(
    instruments: Instruments, choice: Choice, passages: Sequence[Passage], progress: Progress
) -> None:
    """The second half: semantic tokens, of which there must be some, to sound."""
    import torch

    with torch.inference_mode():
        start = perf_counter()
        parts = instruments.stage("coarse", choice["coarse"])
        write_coarse(_decoder(parts), passages, progress)
        coarse = perf_counter()
        write_fine(instruments.stage("fine", choice["fine"]), passages, progress)
        fine = perf_counter()
        decode(instruments.codec(), passages, progress)
        end = perf_counter()
    for passage in passages:
        passage.seconds |= {"coarse": coarse - start, "fine": fine - coarse, "codec": end - fine}


def _decoder(parts: Parts) -> Decoder:
    return GraphedDecoder(parts) if parts.device.startswith("cuda") else Decoder(parts)
