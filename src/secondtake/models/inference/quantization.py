"""Quantization: each way to store a weight matrix, to multiply by it, and to cache it on disk.

A decoder reads every weight once for each token, so a token costs what its weights weigh: half as
many bytes are up to twice the speed. The effect on the result is measured on the checkpoint itself
before a precision is used (secondtake.models.inference.autotune). Every product treats each row
alone: a take is the same by itself and in a batch. Anything narrower than float32 is quantized once
and cached beside the checkpoint, so that the next start maps half or a quarter of the bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from secondtake.core.files import replacing
from secondtake.models.inference.mapped_weights import MappedWeights, write_tensors

if TYPE_CHECKING:
    from torch import ScriptObject, Tensor

# From how many rows on a product is limited by arithmetic rather than by reading the weights.
FEW_ROWS = 16
QUANT_MAX = 127  # the largest integer of a weight, and of an activation if the kernels allow it
# Products are summed right in 16 bits: 127 x 127 x 2 is less than 32,768, 255 x 127 x 2 is not
# (activations become unsigned bytes: twice the largest, and one).
QUANT_MAX_WITHOUT_VNNI = 63
VECTOR = 32  # bytes that a kernel reads at once


class Linear(Protocol):
    """A quantized weight matrix (out, in), ready to multiply."""

    @staticmethod
    def quantize(weight: Tensor) -> tuple[Tensor, ...]:
        """A float32 matrix (out, in) -> the tensors that stand for it on disk and in memory."""

    def __init__(self, quantized: Sequence[Tensor], bias: Tensor | None) -> None: ...

    def __call__(self, x: Tensor) -> Tensor:
        """x: (rows, in) -> (rows, out)"""


class FloatLinear:
    """Weights of the activations' own dtype: float32, or whatever a GPU multiplies."""

    def __init__(self, quantized: Sequence[Tensor], bias: Tensor | None) -> None:
        (self.weight,), self.bias = quantized, bias
        self.packed: Tensor | None = None  # in oneDNN's own layout

    @staticmethod
    def quantize(weight: Tensor) -> tuple[Tensor, ...]:
        return (weight,)

    def __call__(self, x: Tensor) -> Tensor:
        import torch

        if self._is_packed(x) and _has_onednn():
            if self.packed is None:
                self.packed = torch.ops.mkldnn._reorder_linear_weight(self.weight, None)
            return torch.ops.mkldnn._linear_pointwise(x, self.packed, self.bias, "none", [], "")
        return torch.nn.functional.linear(x, self.weight, self.bias)

    def _is_packed(self, x: Tensor) -> bool:
        """True where oneDNN's layout pays: BLAS reads the weights once for each of a few rows."""
        return 1 < len(x) <= FEW_ROWS and x.device.type == "cpu" and len(self.weight) >= FEW_ROWS


def _has_onednn() -> bool:
    """False where PyTorch is built without it, as for Macs."""
    import torch

    return bool(torch.backends.mkldnn.is_available())


class BFloat16Linear(FloatLinear):
    """Half as wide, for processors that multiply it; one row is read faster from the layout too."""

    @staticmethod
    def quantize(weight: Tensor) -> tuple[Tensor, ...]:
        return (weight.bfloat16(),)

    def _is_packed(self, x: Tensor) -> bool:
        return len(x) <= FEW_ROWS and x.device.type == "cpu"


class Float16Linear(FloatLinear):
    """Half as wide, for GPUs."""

    @staticmethod
    def quantize(weight: Tensor) -> tuple[Tensor, ...]:
        return (weight.half(),)


class Int8Linear:
    """Weights of 8 bits with a scale for each output, activations of 32.

    A decoder's step multiplies by them where they are (models.inference.fused_step). Here are many
    rows, which are limited by arithmetic: the weights become float32 for the moment.
    """

    largest = 127  # whole number that a weight becomes
    dtype = "int8"

    def __init__(self, quantized: Sequence[Tensor], bias: Tensor | None) -> None:
        (self.weight, self.scale), self.bias = quantized, bias

    @classmethod
    def quantize(cls, weight: Tensor) -> tuple[Tensor, ...]:
        import torch

        scale = _per_row_scale(weight, cls.largest)
        return (weight / scale).round_().to(getattr(torch, cls.dtype)), scale[:, 0]

    def __call__(self, x: Tensor) -> Tensor:
        import torch

        y = torch.nn.functional.linear(x, self.weight.to(x.dtype)).mul_(self.scale)
        return y if self.bias is None else y.add_(self.bias)


class Int16Linear(Int8Linear):
    """Weights of 16 bits: for heads, whose every error is a logit's error."""

    largest = 32_767
    dtype = "int16"


class DynamicInt8Linear(Int8Linear):
    """8 bits: weights with a scale for each output, activations with a scale for each row.

    Activations have 7 bits where the processor would sum larger products wrong.
    """

    def __init__(self, quantized: Sequence[Tensor], bias: Tensor | None) -> None:
        import torch

        super().__init__(quantized, bias)
        zeros = torch.zeros(len(self.scale), dtype=torch.long)
        scale = self.scale.double()
        qweight = torch._make_per_channel_quantized_tensor(self.weight, scale, zeros, 0)
        self.packed: ScriptObject = torch.ops.quantized.linear_prepack(qweight, None)

    def __call__(self, x: Tensor) -> Tensor:
        largest = largest_activation()
        scale = _per_row_scale(x, largest)
        y = _int8_matmul(x / scale, self.packed, largest).mul_(scale)
        return y if self.bias is None else y.add_(self.bias)


@cache
def largest_activation() -> int:
    """The largest whole number that activations become as bytes: 127, 63, or 0 without kernels.

    Without VNNI the kernels add pairs of products in 16 bits, where those of more than 63 saturate:
    known products are computed, once.
    """
    import torch

    if torch.backends.quantized.engine not in ("x86", "fbgemm"):  # ARM scales no row by itself
        return 0
    weight = torch.full((2, 2 * VECTOR), float(QUANT_MAX)) * torch.tensor([[1.0], [-1.0]])
    packed = DynamicInt8Linear(DynamicInt8Linear.quantize(weight), None).packed
    for largest in (QUANT_MAX, QUANT_MAX_WITHOUT_VNNI):
        x = torch.full((1, 2 * VECTOR), float(largest))
        if torch.equal(_int8_matmul(x, packed, largest), x @ weight.T):
            return largest
    return 0


def _per_row_scale(x: Tensor, largest: int) -> Tensor:
    """(rows, in) -> (rows, 1): the value of an integer step in each row."""
    return x.abs().amax(-1, keepdim=True).clamp_(min=1e-12).div_(largest)


def _int8_matmul(x: Tensor, packed: ScriptObject, largest: int) -> Tensor:
    """Integers within ±largest, as float32, times the packed weights; (rows, out) float32."""
    import torch

    matmul = torch.ops.quantized.linear_with_input_q_dq_qweight_dq_output_fp32
    return matmul(x, 1.0, largest + 1, packed)  # largest + 1: zero among unsigned bytes


@dataclass(frozen=True)
class Precision:
    """One way to compute a network: its matrices, its heads, its activations, its KV cache."""

    name: str  # as records and tables call it
    linear: type[Linear]
    lm_head: type[Linear]
    dtype: str  # torch's name of the activations' dtype
    kv_dtype: str  # and of the KV cache's
    exact: bool = False  # the unmodified model's own
    fused: bool = False  # a decoder's step is one call (models.inference.fused_step)
    shares_cache_with: str = ""  # another precision that quantizes a matrix to the same tensors

    @property
    def cache_name(self) -> str:
        """The part of the cached file's name that says how its matrices are quantized."""
        return self.shares_cache_with or self.name

    def quantize(self, weight: Tensor, is_head: bool) -> list[Tensor]:
        """A float32 matrix -> the tensors that stand for it."""
        linear = self.lm_head if is_head else self.linear
        return [tensor.contiguous() for tensor in linear.quantize(weight.float())]


FLOAT32 = Precision("float32", FloatLinear, FloatLinear, "float32", "float32", exact=True)
BFLOAT16 = Precision("bfloat16", BFloat16Linear, BFloat16Linear, "bfloat16", "bfloat16")
FLOAT16 = Precision("float16", Float16Linear, Float16Linear, "float16", "float16")
INT8_WEIGHTS = Precision("int8-weights", Int8Linear, Int16Linear, "float32", "bfloat16", fused=True)
INT8 = replace(
    INT8_WEIGHTS, name="int8", linear=DynamicInt8Linear, shares_cache_with=INT8_WEIGHTS.name
)
_ALL = (FLOAT32, BFLOAT16, FLOAT16, INT8_WEIGHTS, INT8)
PRECISIONS = {precision.name: precision for precision in _ALL}


def candidate_precisions(device: str) -> tuple[Precision, ...]:
    """Those that may be faster than float32 on `device` (cpu, cuda, mps), most precise first.

    On CUDA the half that the card multiplies: cards before 8.0 only imitate bfloat16.
    """
    import torch

    if device == "mps":
        return (FLOAT16,)
    if device.startswith("cuda"):
        has_bfloat16 = torch.cuda.is_bf16_supported(including_emulation=False)
        return (BFLOAT16,) if has_bfloat16 else (FLOAT16,)
    has_halves = _has_onednn() and torch.ops.mkldnn._is_mkldnn_bf16_supported()
    halves = (BFLOAT16,) if has_halves else ()
    eight_bits = (INT8,) if largest_activation() else ()
    return (*halves, INT8_WEIGHTS, *eight_bits)


def computed_precisions(device: str) -> tuple[Precision, ...]:
    """All that may be asked for by name on `device`, float32 first. Every CUDA card has float16."""
    candidates = (FLOAT32, *candidate_precisions(device))
    if device.startswith("cuda") and FLOAT16 not in candidates:
        return (*candidates, FLOAT16)
    return candidates


FORMAT = 2  # raised when a precision quantizes its matrices in another way

QuantizedWeights = Mapping[str, Sequence["Tensor"]]  # by matrix, the tensors that stand for it
NamedMatrices = Iterable[tuple[str, "Tensor", bool]]  # name, matrix (out, in), True for a head


def cached_quantized_weights(
    path: Path, matrices: NamedMatrices, precision: Precision
) -> QuantizedWeights:
    """Every matrix of the safetensors file `path`, mapped from a file that the first call writes.

    `matrices` is iterated only if they are not cached yet, and one of them is in memory at a time.
    OSError if the disk is full.
    """
    if precision.exact:
        return {name: [matrix] for name, matrix, _ in matrices}
    from safetensors import SafetensorError

    target = path.with_name(f"{path.stem}.{precision.cache_name}.{FORMAT}.safetensors")
    try:
        return MappedWeights(target)
    except (OSError, SafetensorError):  # not written yet, or not whole
        with replacing(target) as file:
            write_tensors(file, _quantize_each(matrices, precision))
        return MappedWeights(target)


def _quantize_each(matrices: NamedMatrices, precision: Precision) -> Iterator[tuple[str, Tensor]]:
    for name, matrix, is_head in matrices:
        for index, tensor in enumerate(precision.quantize(matrix, is_head)):
            yield f"{name}/{index}", tensor
