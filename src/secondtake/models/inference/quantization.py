"""The numbers that a network is multiplied in: each way to keep a weight matrix and multiply by it.

A decoder reads every weight once for each token, so a token costs what its weights weigh: half as
many bytes are up to twice the speed. What that does to the result is measured on the checkpoint
itself before it is used (secondtake.models.inference.autotune).

Every product here treats each row alone: a take is the same whether it is decoded by itself or
in a batch.

Matrices as an arithmetic keeps them, beside the checkpoint that they were made of.

float32 uses the mapped file's own memory. Anything narrower is made of it once and kept, so that
the next start maps half or a quarter of the bytes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from secondtake.core.files import replacing

# From how many rows on a product is limited by arithmetic rather than by reading the weights.
FEW_ROWS = 16
EIGHT_BITS = 127  # the largest number that a weight is scaled to, and an activation if it can be
# The largest activation whose products are summed right in 16 bits: 127 x 127 x 2 is less than
# 32,768, 255 x 127 x 2 is not (activations become unsigned bytes: twice the largest, and one).
SEVEN_BITS = 63
# Fewer rows than this many are multiplied as bytes; for more, making float32 of them costs less.
MANY_ROWS = 48
VECTOR = 32  # bytes that a kernel reads at once, from addresses that are multiples of half of it


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
    """8 bits: weights with a scale for each output, activations with a scale for each row.

    Activations have 7 bits where the processor would sum larger products wrong.
    """

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
        largest = largest_activation()
        size = _row_scale(x, largest)
        y = _integers(x / size, self.packed, largest).mul_(size)
        return y if self.bias is None else y.add_(self.bias)


class Int8Weights(Int8):
    """Weights of 8 bits; activations of 15 (or 13), as two bytes whose products are added.

    An activation far larger than its neighbours, of which language models have some, costs the
    others nothing here. The two bytes go through the weights together, which are read once.
    """

    def __call__(self, x: Any) -> Any:
        import torch

        largest = largest_activation()
        size, finer = _row_scale(x, largest), 2 * largest
        fine = x / size
        coarse = fine.round()
        both = torch.cat((coarse, (fine - coarse).mul_(finer)))
        y = _integers(both, self.packed, largest)
        y = torch.add(y[: len(x)], y[len(x) :], alpha=1 / finer).mul_(size)
        return y if self.bias is None else y.add_(self.bias)


class Int8BFloat16(Int8):
    """Weights of 8 bits times activations of bfloat16, summed in float32.

    Its kernels need no VNNI: it is what most processors of before 2023 read weights fastest with.
    """

    def __init__(self, kept: Sequence[Any], bias: Any) -> None:
        import torch

        weight, self.scale = kept
        self.bias, self.ragged = bias, -weight.shape[1] % VECTOR
        # A copy: the kernel crashes on bytes that begin at odd addresses, as a mapped file's do.
        self.weight = torch.nn.functional.pad(weight, (0, self.ragged)).clone()
        self.ones = torch.ones(len(weight), dtype=torch.bfloat16)  # its scales; ours have 32 bits

    def __call__(self, x: Any) -> Any:
        import torch

        x = torch.nn.functional.pad(x, (0, self.ragged)) if self.ragged else x
        if len(x) < MANY_ROWS:
            y = torch.ops.aten._weight_int8pack_mm(x.to(torch.bfloat16), self.weight, self.ones)
            y = y.float().mul_(self.scale)
        else:
            y = torch.nn.functional.linear(x, self.weight * self.scale[:, None])
        return y if self.bias is None else y.add_(self.bias)


@cache
def largest_activation() -> int:
    """The largest whole number that activations become as bytes: 127, 63, or 0 without kernels.

    Without VNNI the kernels add pairs of products in 16 bits, where those of more than 63
    saturate. No list of processors says so: products whose answer is known are computed, once.
    """
    import torch

    if torch.backends.quantized.engine not in ("x86", "fbgemm"):  # ARM scales no row by itself
        return 0
    weight = torch.full((2, 2 * VECTOR), float(EIGHT_BITS)) * torch.tensor([[1.0], [-1.0]])
    packed = Int8(Int8.keep(weight), None).packed
    for largest in (EIGHT_BITS, SEVEN_BITS):
        x = torch.full((1, 2 * VECTOR), float(largest))
        if torch.equal(_integers(x, packed, largest), x @ weight.T):
            return largest
    return 0


def _row_scale(x: Any, largest: int) -> Any:
    """(rows, in) -> (rows, 1): the value of the smallest step in each row."""
    return x.abs().amax(-1, keepdim=True).clamp_(min=1e-12).div_(largest)


def _integers(x: Any, packed: Any, largest: int) -> Any:
    """Whole numbers within ±largest, as float32, times the packed weights; (rows, out) float32."""
    import torch

    zero = largest + 1  # where zero lies among unsigned bytes
    return torch.ops.quantized.linear_with_input_q_dq_qweight_dq_output_fp32(x, 1.0, zero, packed)


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
INT8_BFLOAT16 = Arithmetic(
    "int8-bfloat16", Int8BFloat16, HalfWeights, "float32", "float32", kept_with="int8"
)
INT8 = Arithmetic("int8", Int8, HalfWeights, "float32", "bfloat16")
ARITHMETICS = {a.name: a for a in (FLOAT32, BFLOAT16, FLOAT16, INT8_WEIGHTS, INT8_BFLOAT16, INT8)}


def candidates(device: str, *, many_rows: bool = False) -> tuple[Arithmetic, ...]:
    """What may be faster than float32 on `device` (cpu, cuda, mps), the most precise first.

    many_rows: whether hundreds are multiplied at once, as a denoiser does, or a few, as a decoder
    does that draws a token for each take.
    """
    import torch

    if device == "mps":
        return (FLOAT16,)
    if device.startswith("cuda"):
        return (BFLOAT16,) if torch.cuda.is_bf16_supported() else (FLOAT16,)
    halves = (BFLOAT16,) if torch.ops.mkldnn._is_mkldnn_bf16_supported() else ()
    largest = largest_activation()
    if not largest:
        return halves
    if many_rows:
        return (*halves, INT8_WEIGHTS, INT8)
    # Seven bits are too coarse to draw tokens from: four times the divergence of eight.
    eight_bits = (INT8,) if largest == EIGHT_BITS else ()
    return (*halves, INT8_WEIGHTS, INT8_BFLOAT16, *eight_bits)


FORMAT = 1  # raised when an arithmetic keeps its matrices in another way

Kept = Mapping[str, Sequence[Any]]  # by matrix: the tensors that an arithmetic keeps of it
Named = Iterable[tuple[str, Any, bool]]  # name, matrix (out, in), and whether it is a head


def kept_matrices(path: Path, matrices: Named, arithmetic: Arithmetic) -> Kept:
    """Every matrix of the safetensors file `path`, mapped from a file that the first time makes.

    `matrices` is gone through only if they are not there yet. OSError if the disk is full.
    """
    if arithmetic.exact:
        return {name: [matrix] for name, matrix, _ in matrices}
    from safetensors import SafetensorError
    from safetensors.torch import save

    target = path.with_name(f"{path.stem}.{arithmetic.kept_name}.{FORMAT}.safetensors")
    try:
        return _mapped(target)
    except (OSError, SafetensorError):  # not made yet
        made = {
            f"{name}/{place}": tensor
            for name, matrix, is_head in matrices
            for place, tensor in enumerate(arithmetic.keep(matrix, is_head))
        }
        with replacing(target) as file:
            file.write(save(made))
        return _mapped(target)


def _mapped(path: Path) -> Kept:
    from safetensors import safe_open

    kept: dict[str, list[Any]] = {}
    with safe_open(path, framework="pt") as file:
        for key in sorted(file.keys()):
            kept.setdefault(key.partition("/")[0], []).append(file.get_tensor(key))
    return kept
