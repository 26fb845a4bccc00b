"""The diffusion transformer of a network in a precision, on the network's device.

Its large linears are quantized, and what is between them is cast. The rest of the network stays in
float32: the embeddings of noise levels and seconds need all digits, and weigh nothing. It is built
of the checkpoint's mapped tensors one by one, so no device ever holds another precision than its
own. On CUDA its layers are replayed as a graph. On a CPU the row that guidance leads away from
attends to no prompt, since it has none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

from secondtake.models.inference.graphed_call import GraphedCall
from secondtake.models.inference.graphics_memory import tensor_bytes
from secondtake.models.inference.quantization import Precision, cached_quantized_weights
from secondtake.models.stable_audio.model import StableAudioModel, meta_model

if TYPE_CHECKING:
    from torch import Tensor, dtype
    from torch.nn import Linear, Module

TRANSFORMER = "model.transformer"  # of the network: the layers, and the linears around them
ROTARY = "rotary"  # in the names of tables whose digits matter


def quantized_dit(network: StableAudioModel, precision: Precision) -> Module:
    """The module that samplers call, (x, t, …) -> prediction; loaded when it is first needed.

    ModelError memory if the device has no room for it.
    """
    if precision.exact and network.device == "cpu":
        dit: Module = network.model.model
        return dit
    return network.loaded.get(precision.name, lambda: _load(network, precision))


def quantized_bytes(network: StableAudioModel, precision: Precision) -> int:
    """The bytes of the transformer in a precision of floating-point numbers."""
    return tensor_bytes(network.model.model.state_dict().values(), precision.dtype)


def _load(network: StableAudioModel, precision: Precision) -> Module:
    import torch

    float_dit, device = network.model.model, network.device
    network.make_room(quantized_bytes(network, precision))
    linears = dict(_transformer_linears(float_dit))
    matrices = ((name, linear.weight, False) for name, linear in linears.items())
    weights = cached_quantized_weights(network.quantized_path, matrices, precision)
    dit = meta_model(network.config).model
    values_dtype = getattr(torch, precision.dtype)

    def placed(name: str, tensor: Tensor) -> Tensor:
        is_cast = name.startswith(TRANSFORMER) and ROTARY not in name
        return tensor.to(device, values_dtype) if is_cast else tensor.to(device)

    between = {
        name: placed(name, tensor)
        for name, tensor in float_dit.state_dict().items()
        if name.removesuffix(".weight") not in linears
    }
    dit.load_state_dict(between, strict=False, assign=True)

    def quantized_linear(name: str) -> Module:
        bias = linears[name].bias
        bias = None if bias is None else bias.to(device, values_dtype)
        return _quantized_linear(precision, weights[name], bias, device)

    with ThreadPoolExecutor(torch.get_num_threads()) as pool:  # laying them out takes seconds
        for name, module in zip(linears, pool.map(quantized_linear, linears), strict=True):
            dit.set_submodule(name, module)
    if device == "cpu":
        for layer in dit.model.transformer.layers:
            if layer.cross_attend:
                layer.cross_attn = _skip_empty_rows(layer.cross_attn)
    if precision.dtype != "float32":
        dit.model.transformer = _cast_wrapper(dit.model.transformer, values_dtype)
    dit.eval().requires_grad_(False)
    if device.startswith("cuda"):
        dit.model.transformer = _graphed(dit.model.transformer, device, precision)
    return dit


def _transformer_linears(dit: Module) -> Iterator[tuple[str, Linear]]:
    """The linears of the transformer's layers, by name: nearly all of its bytes."""
    import torch

    for name, module in dit.named_modules():
        if name.startswith(f"{TRANSFORMER}.layers") and isinstance(module, torch.nn.Linear):
            yield name, module


def _quantized_linear(
    precision: Precision, weights: Sequence[Tensor], bias: Tensor | None, device: str
) -> Module:
    """A module that multiplies (…, in) -> (…, out)."""
    import torch

    class QuantizedLinear(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear = precision.linear([tensor.to(device) for tensor in weights], bias)

        def forward(self, x: Tensor) -> Tensor:
            rows = self.linear(x.reshape(-1, x.shape[-1]))
            return rows.view(*x.shape[:-1], -1)

    return QuantizedLinear()


def _skip_empty_rows(attention: Module) -> Module:
    """A cross-attention that computes no row whose condition is zero: its values would be zero, and
    add nothing. It is a twentieth of a step with guidance. (On a GPU it would wait for the answer.)
    """
    import torch

    class SkipEmptyRows(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.attention = attention

        def forward(self, x: Tensor, context: Tensor, **options: Any) -> Tensor:
            rows = context.flatten(1).any(1)
            if rows.all():
                return self.attention(x, context=context, **options)
            attended = torch.zeros_like(x)
            if rows.any():
                attended[rows] = self.attention(x[rows], context=context[rows], **options)
            return attended

    return SkipEmptyRows()


def _cast_wrapper(inner: Module, values_dtype: dtype) -> Module:
    """A transformer in 16 bits between float32 neighbours."""
    import torch

    class CastWrapper(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = inner

        def forward(self, x: Tensor, **inputs: Any) -> Any:
            cast_inputs = {name: _cast(value, values_dtype) for name, value in inputs.items()}
            return _cast(self.inner(_cast(x, values_dtype), **cast_inputs), torch.float32)

    return CastWrapper()


def _cast(value: Any, values_dtype: dtype) -> Any:
    """A floating-point tensor, or each one of a tuple, in another dtype; anything else as it is."""
    if isinstance(value, tuple):
        return tuple(_cast(item, values_dtype) for item in value)
    is_float = hasattr(value, "is_floating_point") and value.is_floating_point()
    return value.to(values_dtype) if is_float else value


def _graphed(transformer: Module, device: str, precision: Precision) -> Module:
    """A transformer whose launches are one graph; of what it could tell, its output alone.

    Checkpointing, for training, would ask for the state of CUDA's generator at each layer, which
    cannot be captured.
    """
    import torch

    class GraphedTransformer(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            work = partial(transformer, use_checkpointing=False)
            self.call = GraphedCall(work, device, precision.dtype)

        def forward(self, x: Tensor, return_info: bool = False, **inputs: Any) -> Any:
            output = self.call(x=x, **inputs)
            return (output, {}) if return_info else output

    return GraphedTransformer()
