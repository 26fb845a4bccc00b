"""What a device raises, in its own words: an exception by the name of the failure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

DEBUGGING = (
    "\nCUDA kernel errors might be asynchronously reported at some other API call, so the "
    "stacktrace below might be incorrect.\nFor debugging consider passing CUDA_LAUNCH_BLOCKING=1\n"
    "Compile with `TORCH_USE_CUDA_DSA` to enable device-side assertions.\n"
)
FALLBACK = (
    "As a temporary fix, you can set the environment variable `PYTORCH_ENABLE_MPS_FALLBACK=1` to "
    "use the CPU as a fallback for this op. WARNING: this will be slower than running natively on "
    "MPS."
)
CUDA_ERROR = getattr(torch, "AcceleratorError", RuntimeError)  # so named from PyTorch 2.8 on
LONGEST_CONVOLUTION = 65_536  # of any side of an output, on MPS before macOS 15.1

FAILURES: dict[str, Callable[[], Exception]] = {
    "no kernel image": lambda: CUDA_ERROR(
        "CUDA error: no kernel image is available for execution on the device" + DEBUGGING
    ),
    "cublas alloc": lambda: RuntimeError(
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"
    ),
    "cublas not initialized": lambda: RuntimeError(
        "CUDA error: CUBLAS_STATUS_NOT_INITIALIZED when calling `cublasCreate(handle)`"
    ),
    "cudnn not initialized": lambda: RuntimeError("cuDNN error: CUDNN_STATUS_NOT_INITIALIZED"),
    "cuda out of memory": lambda: CUDA_ERROR("CUDA error: out of memory" + DEBUGGING),
    "illegal access": lambda: CUDA_ERROR(
        "CUDA error: an illegal memory access was encountered" + DEBUGGING
    ),
}


def cuda_out_of_memory(nbytes: int, memory: Any) -> Exception:
    return torch.OutOfMemoryError(
        f"CUDA out of memory. Tried to allocate {_size(nbytes)}. GPU 0 has a total capacity of "
        f"{_size(memory.limit)} of which {_size(memory.limit - memory.allocated)} is free. Of the "
        f"allocated memory {_size(memory.allocated)} is allocated by PyTorch, and 0 bytes is "
        "reserved by PyTorch but unallocated."
    )


def mps_out_of_memory(nbytes: int, memory: Any) -> Exception:
    return RuntimeError(
        f"MPS backend out of memory (MPS allocated: {_size(memory.allocated)}, other allocations: "
        f"384.00 KB, max allowed: {_size(memory.limit)}). Tried to allocate {_size(nbytes)} on "
        "private pool. Use PYTORCH_MPS_HIGH_WATERMARK_RATIO=0.0 to disable upper limit for memory "
        "allocations (may cause system failure)."
    )


def mps_has_no(name: str) -> Exception:
    return NotImplementedError(
        f"The operator 'aten::{name}' is not currently implemented for the MPS device. If you want "
        "this op to be considered for addition please comment on "
        "https://github.com/pytorch/pytorch/issues/141287 and mention use-case, that resulted in "
        f"missing op as well as commit hash of PyTorch. {FALLBACK}"
    )


def mps_convolution_too_long() -> Exception:
    return NotImplementedError(
        f"Output channels > 65536 not supported at the MPS device. {FALLBACK}"
    )


def mps_has_no_float64() -> Exception:
    return TypeError(
        "Cannot convert a MPS Tensor to float64 dtype as the MPS framework doesn't support "
        "float64. Please use float32 instead."
    )


def cuda_has_no(name: str) -> Exception:
    return NotImplementedError(
        f"Could not run 'aten::{name}' with arguments from the 'CUDA' backend. This could be "
        "because the operator doesn't exist for this backend, or was omitted during the "
        "selective/custom build process (if using custom build)."
    )


LACKING = {"cuda": cuda_has_no, "mps": mps_has_no}


class WrongOnMPS(AssertionError):
    """What a Mac would compute wrong, rather than refuse."""


@dataclass
class Planned:
    """A failure of the next launches, of one operator or of any ("")."""

    error: Exception
    operator: str
    times: int

    def raise_for(self, operator: str) -> None:
        if self.times and self.operator in ("", operator):
            self.times -= 1
            raise self.error


def no_mixing(here: str, name: str) -> Exception:
    return RuntimeError(
        "Expected all tensors to be on the same device, but found at least two devices, "
        f"{here} and cpu! (when checking arguments in method wrapper_{name})"
    )


def not_while_capturing(what: str) -> Exception:
    return CUDA_ERROR(
        f"CUDA error: operation not permitted when stream is capturing ({what})" + DEBUGGING
    )


def no_numpy(device: str) -> Exception:
    return TypeError(
        f"can't convert {device} device type tensor to numpy. Use Tensor.cpu() to copy the tensor "
        "to host memory first."
    )


def _size(nbytes: int) -> str:
    return f"{nbytes / 2**30:.2f} GiB" if nbytes >= 2**30 else f"{nbytes / 2**20:.2f} MiB"
