"""CUDA graphs: the launches of some work, captured once and replayed at once.

A step for a few rows is some hundreds of small kernels, and launching them takes longer than
running them.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any

# Share of the largest by which a graph may differ from the plain computation, by dtype: the
# arithmetic is the same, in another order.
TOLERANCE = {"float32": 1e-4, "float16": 1e-2, "bfloat16": 5e-2}

Work = Callable[[], None]


def capture(work: Work) -> Callable[[], None]:
    """The work's launches as one graph: its replay, which does what the work would do.

    The work reads and writes only tensors that stay where they are. It runs once before it is
    captured, since libraries take the memory that they want at their first call. RuntimeError if it
    cannot be captured: it waits for the device, say.
    """
    import torch

    stream, pool, _ = _shared()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        work()
        graph = _captured(work, pool)
    torch.cuda.current_stream().wait_stream(stream)
    replay: Callable[[], None] = graph.replay
    return replay


def _captured(work: Work, pool: Any) -> Any:
    """torch.cuda.graph without its beginning, which collects garbage and gives memory back.

    thread_local: other threads may take pinned memory meanwhile.
    """
    import torch

    graph = torch.cuda.CUDAGraph()
    graph.capture_begin(pool=pool, capture_error_mode="thread_local")
    try:
        work()
    except BaseException:
        with suppress(RuntimeError):  # that the capture has failed is what is raised below
            graph.capture_end()
        raise
    graph.capture_end()
    return graph


@cache
def _shared() -> tuple[Any, Any, Any]:
    """The stream of all captures, the memory of all graphs, and what keeps that.

    Libraries take working memory for each stream. One graph runs at a time, so all share theirs; a
    pool whose graphs are all gone cannot be used again, so one small graph stays.
    """
    import torch

    stream, pool = torch.cuda.Stream(), torch.cuda.graph_pool_handle()
    number = torch.zeros(1, device="cuda")

    def work() -> None:
        number.zero_()

    with torch.cuda.stream(stream):
        return stream, pool, (_captured(work, pool), number)
