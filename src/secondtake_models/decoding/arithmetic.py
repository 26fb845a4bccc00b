"""The numbers that a network is multiplied in: each way to keep a weight matrix and multiply by it.

A decoder reads every weight once for each token, so a token costs what its weights weigh: half as
many bytes are up to twice the speed. What that does to the result is measured on the checkpoint
itself before it is used (secondtake_models.measuring).

Every product here treats each row alone: a take is the same whether it is decoded by itself or
in a batch.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

# From how many rows on a product is limited by arithmetic rather than by reading the weights.
FEW_ROWS = 16
EIGHT_BITS = 127  # the largest number that a weight or an activation is scaled to
ZERO_POINT = 128  # where zero lies among the unsigned bytes that activations become
FINER = 254  # steps into which the second byte of an activation parts the first one's smallest


class Linear(Protocol):
    """A weight matrix (out, in), ready to multiply."""

    @staticmethod
    def keep(weight: Any) -> tuple[Any, ...]:
        """The tensors that are kept of a float32 matrix, on disk and in memory."""
        ...

    def __init__(self, kept: Sequence[Any], bias: Any) -> None: ...

    def __call__(self, x: Any) -> Any:
        """x: (rows, in) -> (rows, out)"""
        ...


class Float:
    """Weights of the same kind as the values: float32, or whatever a GPU multiplies."""

    def __init__(self, kept: Sequence[Any], bias: Any) -> None:
        (self.weight,), self.bias, self.packed = kept, bias, None

    @staticmethod
    def keep(weight: Any) -> tuple[Any, ...]:
        return (weight,)

    def __call__(self, x: Any) -> Any:
        import torch

        if self._is_packed(x):
            if self.packed is None:
                self.packed = torch.ops.mkldnn._reorder_linear_weight(self.weight, None)
            return torch.ops.mkldnn._linear_pointwise(x, self.packed, self.bias, "none", [], "")
        return torch.nn.functional.linear(x, self.weight, self.bias)

    def _is_packed(self, x: Any) -> bool:
        """Whether oneDNN's own layout pays: BLAS reads the weights once for each of a few rows."""
        return 1 < len(x) <= FEW_ROWS and x.device.type == "cpu" and len(self.weight) >= FEW_ROWS


class BFloat16(Float):
    """Half as wide, for processors that multiply it; one row is read faster from the layout too."""

    @staticmethod
    def keep(weight: Any) -> tuple[Any, ...]:
        import torch

        return (weight.to(torch.bfloat16),)

    def _is_packed(self, x: Any) -> bool:
        return len(x) <= FEW_ROWS and x.device.type == "cpu"


class Float16(Float):
    """Half as wide, for GPUs."""

    @staticmethod
    def keep(weight: Any) -> tuple[Any, ...]:
        import torch

        return (weight.to(torch.float16),)


class HalfWeights:
    """Weights of 16 bits, values of 32: for the head, whose every error is an error of a logit."""

    def __init__(self, kept: Sequence[Any], bias: Any) -> None:
        import torch

        self.packed = torch.ops.quantized.linear_prepack_fp16(kept[0].float(), bias)

    @staticmethod
    def keep(weight: Any) -> tuple[Any, ...]:
        import torch

        return (weight.to(torch.float16),)

    def __call__(self, x: Any) -> Any:
        import torch

        return torch.ops.quantized.linear_dynamic_fp16(x, self.packed)


class Int8:
    """8 bits: weights with a scale for each output, activations with a scale for each row."""

    def __init__(self, kept: Sequence[Any], bias: Any) -> None:
        import torch

        weight, scale = kept
        zeros = torch.zeros(len(scale), dtype=torch.long)
        whole = torch._make_per_channel_quantized_tensor(weight, scale.double(), zeros, 0)
        self.packed, self.bias = torch.ops.quantized.linear_prepack(whole, None), bias

    @staticmethod
    def keep(weight: Any) -> tuple[Any, ...]:
        import torch

        scale = weight.abs().amax(1).clamp_(min=1e-12).div_(EIGHT_BITS)
        return (weight / scale[:, None]).round_().to(torch.int8), scale

    def __call__(self, x: Any) -> Any:
        size = _row_scale(x)
        y = _integers(x / size, self.packed).mul_(size)
        return y if self.bias is None else y.add_(self.bias)


class Int8Weights(Int8):
    """Weights of 8 bits; activations of 15, as two bytes whose products are added.

    An activation far larger than its neighbours, of which language models have some, costs the
    others nothing here. The two bytes go through the weights together, which are read once.
    """

    def __call__(self, x: Any) -> Any:
        import torch

        size = _row_scale(x)
        fine = x / size
        coarse = fine.round()
        y = _integers(torch.cat((coarse, (fine - coarse).mul_(FINER))), self.packed)
        y = torch.add(y[: len(x)], y[len(x) :], alpha=1 / FINER).mul_(size)
        return y if self.bias is None else y.add_(self.bias)


def _row_scale(x: Any) -> Any:
    """(rows, in) -> (rows, 1): the value of the smallest step in each row."""
    return x.abs().amax(-1, keepdim=True).clamp_(min=1e-12).div_(EIGHT_BITS)


def _integers(x: Any, packed: Any) -> Any:
    """Whole numbers within ±127, as float32, times the packed weights; (rows, out) float32."""
    import torch

    return torch.ops.quantized.linear_with_input_q_dq_qweight_dq_output_fp32(
        x, 1.0, ZERO_POINT, packed
    )


@dataclass(frozen=True)
class Arithmetic:
    """One way to compute a network: what its weights, heads, values and cache are made of."""

    name: str  # as records and tables call it
    linear: type[Linear]
    head: type[Linear]
    values: str  # torch's name of the dtype between the products
    cached: str  # and of the keys and values that are kept
    exact: bool = False  # what the unmodified model computes in
    kept_with: str = ""  # another arithmetic that keeps the same of a weight

    @property
    def kept_name(self) -> str:
        """What the file with its weights is called."""
        return self.kept_with or self.name

    def keep(self, weight: Any, is_head: bool) -> list[Any]:
        """A float32 matrix as this arithmetic keeps it."""
        kind = self.head if is_head else self.linear
        return [tensor.contiguous() for tensor in kind.keep(weight.float())]


FLOAT32 = Arithmetic("float32", Float, Float, "float32", "float32", exact=True)
BFLOAT16 = Arithmetic("bfloat16", BFloat16, BFloat16, "bfloat16", "bfloat16")
FLOAT16 = Arithmetic("float16", Float16, Float16, "float16", "float16")
INT8_WEIGHTS = Arithmetic(
    "int8-weights", Int8Weights, HalfWeights, "float32", "bfloat16", kept_with="int8"
)
INT8 = Arithmetic("int8", Int8, HalfWeights, "float32", "bfloat16")
ARITHMETICS = {a.name: a for a in (FLOAT32, BFLOAT16, FLOAT16, INT8_WEIGHTS, INT8)}


def candidates(device: str) -> tuple[Arithmetic, ...]:
    """What may be faster than float32 on `device` (cpu, cuda, mps), the most precise first."""
    import torch

    if device == "mps":
        return (FLOAT16,)
    if device.startswith("cuda"):
        return (BFLOAT16,) if torch.cuda.is_bf16_supported() else (FLOAT16,)
    halves = (BFLOAT16,) if torch.ops.mkldnn._is_mkldnn_bf16_supported() else ()
    return (*halves, INT8_WEIGHTS, INT8) if _has_integer_kernels() else halves


def _has_integer_kernels() -> bool:
    """Whether this PyTorch multiplies bytes with a scale for each row (x86: yes, ARM: no)."""
    import torch

    return torch.backends.quantized.engine in ("x86", "fbgemm")
