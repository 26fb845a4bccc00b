"""The transformer of a network in another arithmetic: its large products, and what is between them.

The rest of the network stays in float32, as stable-audio-tools wrote it: what it makes of noise
levels and seconds needs all digits, and weighs nothing. What an arithmetic keeps of a matrix lies
beside what is converted of other checkpoints, so that the next start maps half or a quarter of the
bytes and never touches the float32 ones.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from secondtake.models.inference.quantization import Arithmetic, kept_matrices
from secondtake.models.stable_audio.model import Network, empty_model

BODY = "model.transformer"  # of the network: the layers, and the products around them
ANGLES = "rotary"  # in the names of tables whose digits matter


def diffusion(network: Network, arithmetic: Arithmetic) -> Any:
    """What samplers call, (x, t, …) -> prediction, in an arithmetic; read when first asked for."""
    if arithmetic.exact:
        return network.model.model
    return network.holding.part(arithmetic.name, lambda: _narrowed(network, arithmetic))


def _narrowed(network: Network, arithmetic: Arithmetic) -> Any:
    import torch

    exact = network.model.model
    linears = dict(_linears(exact))
    matrices = ((name, linear.weight, False) for name, linear in linears.items())
    kept = kept_matrices(network.kept_as, matrices, arithmetic)
    made = empty_model(network.config).model
    values = getattr(torch, arithmetic.values)
    small = {
        name: tensor.to(values) if name.startswith(BODY) and ANGLES not in name else tensor
        for name, tensor in exact.state_dict().items()
        if name.removesuffix(".weight") not in linears
    }
    made.load_state_dict(small, strict=False, assign=True)

    def product(name: str) -> Any:
        bias = linears[name].bias
        bias = None if bias is None else bias.to(values)
        return _product(arithmetic, kept[name], bias, network.device)

    with ThreadPoolExecutor(torch.get_num_threads()) as pool:  # laying them out takes seconds
        for name, module in zip(linears, pool.map(product, linears), strict=True):
            _put(made, name, module)
    if arithmetic.values != "float32":
        made.model.transformer = _narrow(made.model.transformer, values)
    return made.eval().requires_grad_(False)


def _linears(whole: Any) -> Iterator[tuple[str, Any]]:
    """The products of the transformer's layers, by name: all that weighs anything."""
    import torch

    for name, module in whole.named_modules():
        if name.startswith(f"{BODY}.layers") and isinstance(module, torch.nn.Linear):
            yield name, module


def _product(arithmetic: Arithmetic, kept: Sequence[Any], bias: Any, device: str) -> Any:
    """A module that multiplies (…, in) -> (…, out)."""
    import torch

    class Product(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            moved = [tensor.to(device) for tensor in kept]
            self.linear = arithmetic.linear(moved, bias)

        def forward(self, x: Any) -> Any:
            rows = self.linear(x.reshape(-1, x.shape[-1]))
            return rows.view(*x.shape[:-1], -1)

    return Product()


def _narrow(inner: Any, values: Any) -> Any:
    """A transformer of 16-bit numbers between neighbours of 32."""
    import torch

    class Narrow(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = inner

        def forward(self, x: Any, **given: Any) -> Any:
            narrowed = {name: _cast(value, values) for name, value in given.items()}
            made = self.inner(_cast(x, values), **narrowed)
            return _cast(made, torch.float32)

    return Narrow()


def _cast(value: Any, values: Any) -> Any:
    """A tensor of fractions in other numbers; anything else as it is."""
    if isinstance(value, tuple):
        return tuple(_cast(one, values) for one in value)
    is_fraction = hasattr(value, "is_floating_point") and value.is_floating_point()
    return value.to(values) if is_fraction else value


def _put(whole: Any, name: str, module: Any) -> None:
    parent, _, last = name.rpartition(".")
    setattr(whole.get_submodule(parent), last, module)
