"""MusicGen's decoder in a precision, assembled from a checkpoint's tensors."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from secondtake.core.errors import ModelError, as_model_error
from secondtake.models.inference.quantization import (
    Linear,
    Precision,
    QuantizedWeights,
    cached_quantized_weights,
)
from secondtake.models.inference.transformer import Layer, Norm, TransformerWeights
from secondtake.models.musicgen.checkpoint import DECODER, REMEDY, Checkpoint
from secondtake.models.musicgen.cross_attention import CrossAttentionLayer
from secondtake.models.musicgen.decoder_size import POSITIONS

if TYPE_CHECKING:
    from torch import Tensor

BODY = "model.decoder."  # within the decoder: everything but its heads
MAX_WAVELENGTH = 10_000  # of the slowest sinusoid, in positions, over 2 pi

Tensors = Mapping[str, "Tensor"]


def load_decoder(checkpoint: Checkpoint, precision: Precision, device: str) -> TransformerWeights:
    """The decoder, ready to multiply on `device` (cpu, cuda, mps).

    ModelError bad_weights if the tensors are none of MusicGen's; OSError if the disk is full.
    """
    tensors = checkpoint.tensors(DECODER)
    try:
        path, named = checkpoint.quantized_path, _matrices(tensors)
        matrices = cached_quantized_weights(path, named, precision)
        return _assemble(checkpoint, tensors, matrices, precision, device)
    except (KeyError, IndexError, TypeError, ValueError, RuntimeError) as error:
        if as_model_error(error).code != "bug":  # the device's, such as no memory
            raise
        message = f"{checkpoint.files[0]} is none of MusicGen's: {error}"
        raise ModelError("bad_weights", message, REMEDY) from error


def sinusoidal_positions(positions: int, width: int) -> Tensor:
    """(positions, width) float32: cosines, then sines; wavelengths from 2 pi to MAX_WAVELENGTH."""
    import torch

    half = width // 2
    rates = torch.exp(torch.arange(half).float() * -(math.log(MAX_WAVELENGTH) / (half - 1)))
    angles = torch.arange(positions).float()[:, None] * rates[None]
    return torch.cat((angles.cos(), angles.sin()), 1)


def _matrices(tensors: Tensors) -> Iterator[tuple[str, Tensor, bool]]:
    """Every matrix (out, in), its name in the cached file, and True for a head."""
    import torch

    for n in range(_layer_count(tensors)):
        at = f"{BODY}layers.{n}"
        yield f"{at}.attention", _stacked(tensors, f"{at}.self_attn", "qkv"), False
        yield f"{at}.attended", tensors[f"{at}.self_attn.out_proj.weight"].float(), False
        if f"{at}.encoder_attn.q_proj.weight" in tensors:
            yield f"{at}.question", tensors[f"{at}.encoder_attn.q_proj.weight"].float(), False
            yield f"{at}.text", _stacked(tensors, f"{at}.encoder_attn", "kv"), False
            yield f"{at}.answered", tensors[f"{at}.encoder_attn.out_proj.weight"].float(), False
        yield f"{at}.widen", tensors[f"{at}.fc1.weight"].float(), False
        yield f"{at}.narrow", tensors[f"{at}.fc2.weight"].float(), False
    heads = [tensors[f"lm_heads.{n}.weight"] for n in range(_codebook_count(tensors))]
    yield "heads", torch.cat(heads).float(), True


def _stacked(tensors: Tensors, at: str, letters: str) -> Tensor:
    import torch

    return torch.cat([tensors[f"{at}.{letter}_proj.weight"] for letter in letters]).float()


def _layer_count(tensors: Tensors) -> int:
    numbers = [name.split(".")[3] for name in tensors if name.startswith(f"{BODY}layers.")]
    return max(map(int, numbers)) + 1


def _codebook_count(tensors: Tensors) -> int:
    return sum(name.startswith("lm_heads.") for name in tensors)


def _assemble(
    checkpoint: Checkpoint,
    tensors: Tensors,
    matrices: QuantizedWeights,
    precision: Precision,
    device: str,
) -> TransformerWeights:
    import torch

    dtype = getattr(torch, precision.dtype)

    def norm(name: str) -> Norm:
        weight, bias = (tensors[f"{name}.{part}"].to(device, dtype) for part in ("weight", "bias"))
        return Norm(weight, bias)

    def linear(name: str) -> Linear:
        return precision.linear([tensor.to(device) for tensor in matrices[name]], None)

    def layer(at: str) -> Layer:
        block = Layer(
            ln_1=norm(f"{at}.self_attn_layer_norm"),
            qkv_proj=linear(f"{at}.attention"),
            out_proj=linear(f"{at}.attended"),
            ln_2=norm(f"{at}.final_layer_norm"),
            fc=linear(f"{at}.widen"),
            proj=linear(f"{at}.narrow"),
        )
        if f"{at}.question" not in matrices:
            return block
        return CrossAttentionLayer(
            **vars(block),
            ln_cross=norm(f"{at}.encoder_attn_layer_norm"),
            cross_q_proj=linear(f"{at}.question"),
            cross_kv_proj=linear(f"{at}.text"),
            cross_out_proj=linear(f"{at}.answered"),
        )

    import torch

    names = [f"{BODY}embed_tokens.{n}.weight" for n in range(_codebook_count(tensors))]
    dtype = getattr(torch, precision.dtype)
    # A processor reads the few rows that it wants from the file, as wide as they are there.
    narrow = None if device == "cpu" else dtype
    embeddings = [tensors[name].to(device=device, dtype=narrow) for name in names]
    positions = sinusoidal_positions(POSITIONS, embeddings[0].shape[1])
    return TransformerWeights(
        token_embeddings=embeddings,
        position_embeddings=positions.to(device, dtype),
        layers=[layer(f"{BODY}layers.{n}") for n in range(_layer_count(tensors))],
        final_norm=norm(f"{BODY}layer_norm"),
        lm_heads=[precision.lm_head([tensor.to(device) for tensor in matrices["heads"]], None)],
        n_head=int(checkpoint.decoder_config.get("num_attention_heads", 16)),
        precision=precision,
        device=device,
    )
