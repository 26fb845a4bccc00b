"""MusicGen's components in memory: the text encoder, the decoder in a precision, the codec.

On a device with room for all of them they stay; otherwise one gives way to another.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, partial
from typing import TYPE_CHECKING, TypeVar

from secondtake.core.weights import Weights
from secondtake.models.inference.cuda_graphs import padded_rows
from secondtake.models.inference.decoders import fastest_decoder
from secondtake.models.inference.device import ComponentCache
from secondtake.models.inference.graphics_memory import (
    WORKSPACE,
    allocated_bytes,
    check_room,
    fitting_batch,
    free_bytes,
    release_cached,
    tensor_bytes,
)
from secondtake.models.inference.quantization import Precision
from secondtake.models.musicgen.checkpoint import TEXT, read_checkpoint
from secondtake.models.musicgen.codec import CODEC_BYTES, load_codec
from secondtake.models.musicgen.conditioning import Conditioning, TextEncoder, encode_conditioning
from secondtake.models.musicgen.decoder import MusicGenDecoder
from secondtake.models.musicgen.decoder_size import DecoderSize, read_decoder_size
from secondtake.models.musicgen.model import load_decoder

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import EncodecModel

T = TypeVar("T")


class MusicGenComponents:
    """A checkpoint's components, each loaded when it is first needed."""

    def __init__(self, weights: Weights, device: str, *, one_at_a_time: bool) -> None:
        self.weights, self.device = weights, device
        self.checkpoint = read_checkpoint(weights)
        self.one_at_a_time = one_at_a_time
        self.loaded = ComponentCache(one_at_a_time=one_at_a_time)
        self._room: dict[str, int] = {}  # bytes that there is room for, by what is loaded

    @property
    def pad_token(self) -> int:
        """The token where a column has none: the one after the codebook's."""
        return int(self.checkpoint.decoder_config.get("vocab_size", 2048))

    @cached_property
    def size(self) -> DecoderSize:
        return read_decoder_size(self.checkpoint)

    def encode_conditioning(self, prompt: str, chroma: Tensor | None = None) -> Conditioning:
        """The conditioning of a window. chroma: (time, 12) float32, or None."""
        return encode_conditioning(self.text_encoder(), self.checkpoint, prompt, chroma)

    def text_encoder(self) -> TextEncoder:
        load = partial(TextEncoder, self.checkpoint, self.weights, self.device)
        return self._get("text encoder", self._text_encoder_bytes, load)

    def decoder(
        self, precision: Precision, takes: int = 1, rows_each: int = 2, frames: int = 0
    ) -> MusicGenDecoder:
        """The decoder, with room for so many takes, of so many rows each, in windows of `frames`.

        ModelError bad_weights if the checkpoint is none of MusicGen's; memory if the device has no
        room.
        """

        def load() -> MusicGenDecoder:
            weights = load_decoder(self.checkpoint, precision, self.device)
            return fastest_decoder(weights, MusicGenDecoder)

        needed = partial(self.decoder_bytes, precision, takes * rows_each, frames)
        return self._get(f"decoder in {precision.name}", needed, load)

    def codec(self) -> EncodecModel:
        load = partial(load_codec, self.checkpoint, self.device)
        return self._get("codec", lambda: CODEC_BYTES * self.device.startswith("cuda"), load)

    def decoder_bytes(self, precision: Precision, rows: int, frames: int) -> int:
        """Bytes of the decoder and of what so many rows take on a device."""
        row_bytes = self.size.row_bytes(precision, frames)
        return self.size.weights_bytes(precision) + padded_rows(rows) * row_bytes

    def fitting_takes(self, most: int, precision: Precision, rows_each: int, frames: int) -> int:
        """How many of at most `most` takes fit on the device at once, beside the decoder alone."""
        used = allocated_bytes(self.device)  # by what gives way
        reserve = WORKSPACE + self.size.weights_bytes(precision) - used
        row_bytes = self.size.row_bytes(precision, frames)
        rows = fitting_batch(padded_rows(most * rows_each), row_bytes, self.device, reserve)
        fitting = [n for n in range(1, most + 1) if padded_rows(n * rows_each) <= rows]
        return max(fitting, default=1)

    def make_room(self, needed: int, what: str, held: int = 0) -> None:
        """Release all that is loaded if so many bytes are not free on the device beside it.

        held: how many of them are there already. ModelError memory if they are not free then.
        """
        if self.device != "cpu" and needed - held + WORKSPACE > free_bytes(self.device):
            self.release()
            check_room(needed, self.device, f"MusicGen's {what}")

    def release(self) -> None:
        """Let go of everything that is loaded, and of what was kept of it on the device."""
        self.loaded.clear()
        self._room.clear()
        release_cached(self.device)

    def _get(self, name: str, needed: Callable[[], int], load: Callable[[], T]) -> T:
        """A component, loaded now if it is not there, with room for its bytes on the device."""
        if self.device != "cpu" and (more := needed()) > self._room.get(name, 0):
            self.make_room(more, name, self._room.get(name, 0))
            if self.one_at_a_time:  # the others leave
                self._room.clear()
            self._room[name] = more
        return self.loaded.get(name, load)

    def _text_encoder_bytes(self) -> int:
        """Of its layers: the embeddings stay on the processor."""
        tensors = self.checkpoint.tensors(TEXT).items()
        layers = [tensor for name, tensor in tensors if name.startswith("encoder.block.")]
        return tensor_bytes(layers, "float32") if self.device.startswith("cuda") else 0


def take_bytes(weights: Weights) -> int:
    """The graphics memory that a take needs at least; its components give way to one another."""
    return read_decoder_size(read_checkpoint(weights)).take_bytes()
