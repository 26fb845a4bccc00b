"""What of MusicGen is in memory: the text encoder, the decoder in an arithmetic, the codec."""

from typing import Any

from secondtake.weights import Weights
from secondtake_models.decoding.arithmetic import Arithmetic
from secondtake_models.holding import Holding
from secondtake_models.musicgen.checkpoint import read_checkpoint
from secondtake_models.musicgen.codec import read_codec
from secondtake_models.musicgen.conditions import TextEncoder, conditions
from secondtake_models.musicgen.decoder import MusicDecoder
from secondtake_models.musicgen.passage import Conditions
from secondtake_models.musicgen.reading import read_decoder


class Instruments:
    """A checkpoint's parts, each read when it is first played."""

    def __init__(self, weights: Weights, device: str, *, one_at_a_time: bool) -> None:
        self.weights, self.device = weights, device
        self.checkpoint = read_checkpoint(weights)
        self.one_at_a_time = one_at_a_time
        self.holding = Holding(one_at_a_time=one_at_a_time)

    @property
    def pad(self) -> int:
        """The token where a column has none: the one after those that are sound."""
        return int(self.checkpoint.decoder.get("vocab_size", 2048))

    def conditions(self, prompt: str, chroma: Any = None) -> Conditions:
        """What a passage is to sound like. chroma: (time, 12) float32, or None."""
        return conditions(self.text_encoder(), self.checkpoint, prompt, chroma)

    def text_encoder(self) -> TextEncoder:
        read = lambda: TextEncoder(self.checkpoint, self.weights, self.device)  # noqa: E731
        encoder: TextEncoder = self.holding.part("text encoder", read)
        return encoder

    def decoder(self, arithmetic: Arithmetic) -> MusicDecoder:
        """ModelError bad_weights if the checkpoint is none of MusicGen's."""
        read = lambda: MusicDecoder(read_decoder(self.checkpoint, arithmetic, self.device))  # noqa: E731
        decoder: MusicDecoder = self.holding.part(("decoder", arithmetic.name), read)
        return decoder

    def codec(self) -> Any:
        return self.holding.part("codec", lambda: read_codec(self.checkpoint, self.device))
