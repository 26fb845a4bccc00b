"""The graphics memory of MusicGen's decoder, from the shapes of its tensors."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from secondtake.models.inference.cuda_graphs import BUCKET
from secondtake.models.inference.graphics_memory import ITEM_BYTES
from secondtake.models.inference.quantization import FLOAT32, Precision
from secondtake.models.musicgen.checkpoint import DECODER, Checkpoint
from secondtake.models.musicgen.windows import OVERLAP, WINDOW

# Text and melody (some 300), a window of 30 s (1503), and room for a very long prompt.
POSITIONS = 2304
PREFIX = 400  # of them: text and melody, where they are read before the tokens
DELAYS = 4  # positions of a window beside its frames
ACTIVATIONS = 16  # numbers for each position that is read and channel: a block has some ten at once
TEXT_TOKENS = 128  # more than nearly every prompt has
MADE_ANEW = "embed_positions"  # in the name of a table that is computed, not loaded


@dataclass(frozen=True)
class DecoderSize:
    """What decides how much graphics memory the decoder takes."""

    numbers: int  # of its weights
    layers: int
    width: int
    has_text: bool  # rows attend to a text; otherwise they read it before the tokens

    def weights_bytes(self, precision: Precision) -> int:
        return self.numbers * ITEM_BYTES[precision.dtype]

    def row_bytes(self, precision: Precision, frames: int) -> int:
        """One row's cache and text, and its activations while it reads what comes first."""
        text, prefix = (TEXT_TOKENS, 0) if self.has_text else (0, PREFIX)
        cached = 2 * self.layers * (in_buckets(prefix + frames + DELAYS) + text)
        read = ACTIVATIONS * (prefix + OVERLAP)
        return (cached + read) * self.width * ITEM_BYTES[precision.dtype]

    def take_bytes(self) -> int:
        """The least that a take needs: the decoder in float32, as it is measured, and its rows with
        and without the prompt."""
        return self.weights_bytes(FLOAT32) + 2 * self.row_bytes(FLOAT32, WINDOW)


def in_buckets(positions: int) -> int:
    """The positions of a cache that has room for so many: of whole buckets."""
    return min(math.ceil(positions / BUCKET) * BUCKET, POSITIONS)


def read_decoder_size(checkpoint: Checkpoint) -> DecoderSize:
    """The size of a checkpoint's decoder, of which nothing is read but the shapes."""
    tensors = checkpoint.tensors(DECODER)
    return decoder_size({name: tensor.shape for name, tensor in tensors.items()})


def decoder_size(shapes: Mapping[str, Sequence[int]]) -> DecoderSize:
    """shapes: of the decoder's tensors, by their names in the checkpoint."""
    loaded = {name: shape for name, shape in shapes.items() if MADE_ANEW not in name}
    layers = {name.split(".layers.")[1].split(".")[0] for name in loaded if ".layers." in name}
    width = shapes["lm_heads.0.weight"][1]
    return DecoderSize(
        numbers=sum(map(math.prod, loaded.values())) + POSITIONS * width,
        layers=len(layers),
        width=width,
        has_text=any("encoder_attn" in name for name in loaded),
    )
