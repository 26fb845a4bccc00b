"""What of MusicGen is in memory: the text encoder, the decoder in an arithmetic, the codec.

MusicGen's decoder read from its checkpoint, in any arithmetic.

What an arithmetic makes of the matrices is kept beside what is converted of other checkpoints.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from secondtake.core.errors import ModelError
from secondtake.core.weights import Weights
from secondtake.models.inference.device import Holding
from secondtake.models.inference.quantization import Arithmetic, Kept, kept_matrices
from secondtake.models.inference.transformer import Layer, Norm, Parts
from secondtake.models.musicgen.checkpoint import DECODER, REMEDY, Checkpoint, read_checkpoint
from secondtake.models.musicgen.codec import read_codec
from secondtake.models.musicgen.conditioning import Conditions, TextEncoder, conditions
from secondtake.models.musicgen.decoder import MusicDecoder, TextLayer

BODY = "model.decoder."  # within the decoder: everything but its heads
# Text and melody (some 300), a window of 30 s (1503), and room for a very long prompt.
POSITIONS = 2304
SLOWEST = 10_000  # wavelength of the slowest sinusoid, in positions, over 2 pi

Tensors = Mapping[str, Any]


def read_decoder(checkpoint: Checkpoint, arithmetic: Arithmetic, device: str) -> Parts:
    """The decoder, ready to multiply on `device` (cpu, cuda, mps).

    ModelError bad_weights if the tensors are none of MusicGen's; OSError if the disk is full.
    """
    tensors = checkpoint.tensors(DECODER)
    try:
        kept = kept_matrices(checkpoint.kept_as, _matrices(tensors), arithmetic)
        return _assemble(checkpoint, tensors, kept, arithmetic, device)
    except (KeyError, IndexError, TypeError, ValueError, RuntimeError) as error:
        message = f"{checkpoint.files[0]} is none of MusicGen's: {error}"
        raise ModelError("bad_weights", message, REMEDY) from error


def sinusoids(positions: int, width: int) -> Any:
    """(positions, width) float32: cosines, then sines, of wavelengths from 2 pi to SLOWEST."""
    import torch

    half = width // 2
    rates = torch.exp(torch.arange(half).float() * -(math.log(SLOWEST) / (half - 1)))
    angles = torch.arange(positions).float()[:, None] * rates[None]
    return torch.cat((angles.cos(), angles.sin()), 1)


def _matrices(tensors: Tensors) -> Iterator[tuple[str, Any, bool]]:
    """Every matrix (out, in) by name, and whether it is a head."""
    import torch

    for n in range(_layers(tensors)):
        at = f"{BODY}layers.{n}"
        yield f"{at}.attention", _stacked(tensors, f"{at}.self_attn", "qkv"), False
        yield f"{at}.attended", tensors[f"{at}.self_attn.out_proj.weight"].float(), False
        if f"{at}.encoder_attn.q_proj.weight" in tensors:
            yield f"{at}.question", tensors[f"{at}.encoder_attn.q_proj.weight"].float(), False
            yield f"{at}.text", _stacked(tensors, f"{at}.encoder_attn", "kv"), False
            yield f"{at}.answered", tensors[f"{at}.encoder_attn.out_proj.weight"].float(), False
        yield f"{at}.widen", tensors[f"{at}.fc1.weight"].float(), False
        yield f"{at}.narrow", tensors[f"{at}.fc2.weight"].float(), False
    heads = [tensors[f"lm_heads.{n}.weight"] for n in range(_books(tensors))]
    yield "heads", torch.cat(heads).float(), True


def _stacked(tensors: Tensors, at: str, which: str) -> Any:
    import torch

    return torch.cat([tensors[f"{at}.{one}_proj.weight"] for one in which]).float()


def _layers(tensors: Tensors) -> int:
    numbers = [name.split(".")[3] for name in tensors if name.startswith(f"{BODY}layers.")]
    return max(map(int, numbers)) + 1


def _books(tensors: Tensors) -> int:
    return sum(name.startswith("lm_heads.") for name in tensors)


def _assemble(
    checkpoint: Checkpoint, tensors: Tensors, kept: Kept, arithmetic: Arithmetic, device: str
) -> Parts:
    import torch

    values = getattr(torch, arithmetic.values)

    def norm(name: str) -> Norm:
        weight, bias = (tensors[f"{name}.{part}"].to(device, values) for part in ("weight", "bias"))
        return Norm(weight, bias)

    def product(name: str) -> Any:
        return arithmetic.linear([tensor.to(device) for tensor in kept[name]], None)

    def layer(at: str) -> Layer:
        parts: dict[str, Any] = {
            "before_attention": norm(f"{at}.self_attn_layer_norm"),
            "before_widening": norm(f"{at}.final_layer_norm"),
        }
        names = ["attention", "attended", "widen", "narrow"]
        if f"{at}.question" not in kept:
            return Layer(**parts, **{name: product(f"{at}.{name}") for name in names})
        parts["before_text"] = norm(f"{at}.encoder_attn_layer_norm")
        names += ["question", "text", "answered"]
        return TextLayer(**parts, **{name: product(f"{at}.{name}") for name in names})

    words = [tensors[f"{BODY}embed_tokens.{n}.weight"] for n in range(_books(tensors))]
    return Parts(
        words=[matrix.to(device).float() for matrix in words],
        places=sinusoids(POSITIONS, words[0].shape[1]).to(device),
        layers=[layer(f"{BODY}layers.{n}") for n in range(_layers(tensors))],
        last=norm(f"{BODY}layer_norm"),
        readouts=[arithmetic.head([tensor.to(device) for tensor in kept["heads"]], None)],
        heads=int(checkpoint.decoder.get("num_attention_heads", 16)),
        arithmetic=arithmetic,
        device=device,
    )


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
