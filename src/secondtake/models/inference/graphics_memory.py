"""Graphics memory: what is free, whether a load fits, and batches of jobs that fit.

Looked at before anything is put on a device, since a card that is full fails after minutes of work.
A processor's memory is looked at by the runner, before a model's process is started.
"""

from __future__ import annotations

import gc
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

from secondtake.core.errors import ModelError, as_model_error
from secondtake.core.formatting import format_bytes
from secondtake.core.generate import SelectedDevice

if TYPE_CHECKING:
    from torch import Tensor

JobT = TypeVar("JobT")
ResultT = TypeVar("ResultT")

ITEM_BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}  # of what a device multiplies
UNLIMITED = sys.maxsize  # bytes of a processor, which counts no graphics memory
# What libraries take beside the tensors: cuBLAS's workspaces, cuDNN's plans, CUDA graphs, and what
# lies between two tensors. The context of CUDA itself is there when the free memory is asked for.
WORKSPACE = 512 << 20
REMEDY = (
    "close other programs that use the graphics memory, choose a smaller checkpoint or --dtype, or "
    "use --device cpu"
)


def free_bytes(device: str) -> int:
    """Graphics memory that this process can still fill; UNLIMITED for cpu.

    What torch's allocator keeps without using it counts as free. On mps it is what Metal recommends
    as the most, less what is allocated.
    """
    import torch

    if device.startswith("cuda"):
        free, _total = torch.cuda.mem_get_info(device)
        kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return int(free) + int(kept)
    if device == "mps":
        most, used = torch.mps.recommended_max_memory(), torch.mps.current_allocated_memory()
        return max(0, int(most) - int(used))
    return UNLIMITED


def allocated_bytes(device: str) -> int:
    """Graphics memory that this process's tensors fill now; 0 for cpu."""
    import torch

    if device.startswith("cuda"):
        return int(torch.cuda.memory_allocated(device))
    return int(torch.mps.current_allocated_memory()) if device == "mps" else 0


def peak_graphics_bytes(device: str) -> int:
    """The most graphics memory that this process's tensors have filled; 0 for cpu.

    On mps, which keeps no such figure, what Metal has given to the process.
    """
    import torch

    if device.startswith("cuda"):
        return int(torch.cuda.max_memory_allocated(device))
    return int(torch.mps.driver_allocated_memory()) if device == "mps" else 0


def release_cached(device: str) -> None:
    """Give back what torch's allocator keeps without using it, tensors in cycles included."""
    import torch

    if device == "cpu":
        return
    gc.collect()
    (torch.mps if device == "mps" else torch.cuda).empty_cache()


def tensor_bytes(tensors: Iterable[Tensor], dtype: str = "") -> int:
    """Bytes of tensors, which may be mapped from a file, once they are on a device.

    dtype: torch's name of the one that floating-point tensors are turned into; "": their own.
    """
    floating = ITEM_BYTES[dtype] if dtype else 0
    return sum(
        tensor.numel() * (floating if floating and tensor.is_floating_point() else tensor.itemsize)
        for tensor in tensors
    )


def check_room(needed: int, device: str, what: str) -> None:
    """ModelError memory if `needed` bytes of tensors, and WORKSPACE, are not free on `device`.

    what: that needs them, as it begins a sentence: "Bark (large)".
    """
    needed, free = needed + WORKSPACE, free_bytes(device)
    if needed > free:
        room = f"{format_bytes(free)} are free"
        message = f"{what} needs {format_bytes(needed)} of graphics memory on {device}, {room}"
        raise ModelError("memory", message, REMEDY)


def device_with_room(
    asked: str, selected: SelectedDevice, needed: Callable[[], int], what: str
) -> SelectedDevice:
    """The device to load on: the selected one if a take fits there.

    asked: the device as the user named it. Where that is "auto", the processor is taken if a take
    does not fit, with a note; else that is ModelError memory. needed: gives the bytes of tensors of
    one take, looked at before anything is loaded; what: as for `check_room`.
    """
    if selected.name == "cpu":
        return selected
    try:
        check_room(needed(), selected.name, what)
    except ModelError as error:
        if asked != "auto" or error.code != "memory":
            raise
        return SelectedDevice("cpu", (*selected.notes, f"{error.message}: the processor was taken"))
    return selected


def fitting_batch(most: int, bytes_each: int, device: str, reserve: int = WORKSPACE) -> int:
    """How many of at most `most` jobs, of so many bytes each, fit at once; 1 at least.

    reserve: bytes to leave free, such as those of weights that are not loaded yet.
    """
    fitting = (free_bytes(device) - reserve) // max(1, bytes_each)
    return max(1, min(most, fitting))


def in_halves(
    jobs: Sequence[JobT],
    run: Callable[[Sequence[JobT]], Iterable[tuple[JobT, ResultT | ModelError]]],
    device: str,
    release: Callable[[], None] = lambda: None,
) -> Iterator[tuple[JobT, ResultT | ModelError]]:
    """Every job with its result or its error, made by `run`, which begins jobs from their start.

    If `run` raises that memory is out, or yields it for a job, those jobs without a result are run
    again: in halves, then one by one, before that is a job's error. Any other ModelError is the
    error of all jobs that have no result. release: lets go of what is kept between two batches and
    is as large as they are, such as caches.
    """
    failure, done = None, set[int]()
    places = {id(job): place for place, job in enumerate(jobs)}
    try:
        for job, result in run(jobs):
            if len(jobs) == 1 or not _is_out_of_memory(result):
                done.add(places[id(job)])
                yield job, result
    except (ModelError, MemoryError, RuntimeError) as error:
        failure = as_model_error(error)
        if failure.code == "bug":
            raise
    left = [job for place, job in enumerate(jobs) if place not in done]
    if failure is not None:
        # Its frames hold the tensors of the batch.
        failure.__traceback__ = failure.__cause__ = failure.__context__ = None
        if failure.code == "memory":
            release()
        if failure.code != "memory" or len(jobs) == 1:
            yield from ((job, failure) for job in left)
            return
    if not left:
        return
    release_cached(device)
    size = max(1, len(jobs) // 2)
    warnings.warn(
        f"no memory for {len(jobs)} takes at once on {device}: {size} at a time", stacklevel=2
    )
    for first in range(0, len(left), size):
        yield from in_halves(left[first : first + size], run, device, release)


def _is_out_of_memory(result: object) -> bool:
    return isinstance(result, ModelError) and result.code == "memory"
