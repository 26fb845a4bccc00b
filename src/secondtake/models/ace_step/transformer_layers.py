"""The transformer's layers in another precision than float32: their matrices, norms and tables.

Matrices that multiply one input are joined: queries, keys and values; gate and up. What is
quantized of them is cached beside the checkpoint. Where the checkpoint stores the very numbers that
a precision multiplies, as bfloat16's, they are mapped from it, and nothing is written or copied.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from secondtake.models.ace_step.model import AceStepModel
from secondtake.models.inference.quantization import (
    FloatLinear,
    Linear,
    Precision,
    cached_quantized_weights,
)

if TYPE_CHECKING:
    from torch import Tensor

    from secondtake.models.inference.quantization import NamedMatrices

JOINED = {  # by the name of a product, the linears of a layer that it joins
    "qkv": ("self_attn.to_q", "self_attn.to_k", "self_attn.to_v"),
    "self_out": ("self_attn.to_out.0",),
    "cross_q": ("cross_attn.to_q",),
    "cross_kv": ("cross_attn.to_k", "cross_attn.to_v"),
    "cross_out": ("cross_attn.to_out.0",),
    "gate_up": ("mlp.gate_proj", "mlp.up_proj"),
    "down": ("mlp.down_proj",),
}


class Product:
    """Matrices of one input: (rows, n, in) of any dtype -> (rows, n, out) in the precision's."""

    def __init__(self, linears: Sequence[Linear], dtype: Any) -> None:
        self.linears, self.dtype = tuple(linears), dtype

    def __call__(self, x: Tensor) -> Tensor:
        import torch

        flat = x.reshape(-1, x.shape[-1]).to(self.dtype)
        parts = [linear(flat) for linear in self.linears]
        joined = parts[0] if len(parts) == 1 else torch.cat(parts, dim=-1)
        return joined.view(*x.shape[:-1], -1)


@dataclass(frozen=True)
class Layer:
    """One block: attention to itself, attention to the prompt, a gated feed-forward."""

    window: int | None  # positions to either side that its attention reaches; None for all
    table: Tensor  # (6, width): shift, scale and gate of the attention and of the feed-forward
    norms: tuple[Tensor, Tensor, Tensor]  # before each of the three, (width)
    norm_qk: Tensor  # of queries and keys, (heads + kv heads, head_dim)
    norm_cross_q: Tensor  # (head_dim)
    norm_cross_k: Tensor
    products: Mapping[str, Product]  # by the names of JOINED


def load_layers(model: AceStepModel, precision: Precision) -> tuple[Layer, ...]:
    """Every layer, its matrices laid out for their products: several at once, it takes seconds."""
    import torch

    state, config = model.state("transformer"), model.config("transformer")
    dtype = getattr(torch, precision.dtype)
    count = int(config["num_hidden_layers"])
    matrices = _matrices(model, precision, state, count)

    def load(place: tuple[int, str]) -> Product:
        linears = [
            precision.linear([tensor.to(model.device) for tensor in quantized], bias)
            for quantized, bias in matrices(*place)
        ]
        return Product(linears, dtype)

    places = [(number, name) for number in range(count) for name in JOINED]
    with ThreadPoolExecutor(torch.get_num_threads()) as pool:
        products = dict(zip(places, pool.map(load, places), strict=True))
    return tuple(
        _load_layer(model, state, number, {name: products[number, name] for name in JOINED})
        for number in range(count)
    )


# By layer and product: the quantized tensors of each matrix, and its bias.
Matrices = Callable[[int, str], "list[tuple[Sequence[Tensor], Tensor | None]]"]


def _matrices(
    model: AceStepModel, precision: Precision, state: Mapping[str, Tensor], count: int
) -> Matrices:
    import torch

    dtype = getattr(torch, precision.dtype)

    def bias(number: int, linears: Sequence[str]) -> Tensor | None:
        names = [f"layers.{number}.{linear}.bias" for linear in linears]
        if names[0] not in state:
            return None
        return torch.cat([state[name] for name in names]).to(model.device, dtype)

    def stored(number: int, name: str) -> list[tuple[Sequence[Tensor], Tensor | None]]:
        return [
            ([state[f"layers.{number}.{linear}.weight"]], bias(number, [linear]))
            for linear in JOINED[name]
        ]

    weights = [tensor for name, tensor in state.items() if name.endswith("_proj.weight")]
    if issubclass(precision.linear, FloatLinear) and all(w.dtype == dtype for w in weights):
        return stored
    path = model.weights.cache / "converted" / f"{_stem(model)}.safetensors"
    quantized = cached_quantized_weights(path, _joined(model, count), precision)
    return lambda number, name: [(quantized[f"{number}.{name}"], bias(number, JOINED[name]))]


def _joined(model: AceStepModel, count: int) -> NamedMatrices:
    """Every product's matrix as it is stored, one after the other."""
    import torch

    for number in range(count):
        state = model.state("transformer")  # mapped anew: what was read leaves memory
        for name, linears in JOINED.items():
            parts = [state[f"layers.{number}.{linear}.weight"] for linear in linears]
            yield f"{number}.{name}", torch.cat(parts) if len(parts) > 1 else parts[0], False


def _stem(model: AceStepModel) -> str:
    """The name of what is converted of a checkpoint: the hash of its transformer's files."""
    key = "model" if "model" in model.weights.paths else "transformer/model"
    return model.weights.sha256(key)


def _load_layer(
    model: AceStepModel, state: Mapping[str, Tensor], number: int, products: Mapping[str, Product]
) -> Layer:
    import torch

    config = model.config("transformer")

    def float32(name: str) -> Tensor:
        return state[f"layers.{number}.{name}"].to(model.device, torch.float32)

    heads = (config["num_attention_heads"], config["num_key_value_heads"])
    norms_qk = [float32(f"self_attn.norm_{of}.weight") for of in ("q", "k")]
    return Layer(
        window=_window(config, number),
        table=float32("scale_shift_table")[0],
        norms=(
            float32("self_attn_norm.weight"),
            float32("cross_attn_norm.weight"),
            float32("mlp_norm.weight"),
        ),
        norm_qk=torch.cat([norm.expand(n, -1) for norm, n in zip(norms_qk, heads, strict=True)]),
        norm_cross_q=float32("cross_attn.norm_q.weight"),
        norm_cross_k=float32("cross_attn.norm_k.weight"),
        products=products,
    )


def _window(config: Mapping[str, Any], number: int) -> int | None:
    kinds = config.get("layer_types")
    is_windowed = kinds[number] == "sliding_attention" if kinds else number % 2 == 0
    return int(config["sliding_window"]) if is_windowed else None
