"""The same work for many items on all cores: a process for each core, with one thread.

The processes are started afresh (spawn), because a copy of a process with threads may hang; the
work must therefore be a function of a module, and items and results must pickle. Where the runner
has a pool of processes on machines that read the same files, those work instead.
"""

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import cache
from multiprocessing import active_children, get_context, parent_process
from threading import Thread
from typing import TypeVar

from secondtake.analysis.pool_client import map_in_pool
from secondtake.core.errors import UserError
from secondtake.core.interrupts import InterruptsHeld
from secondtake.core.pool_protocol import VARIABLE

Item = TypeVar("Item")
Result = TypeVar("Result")

FEW = 8  # a second process takes as long to start as this process needs for some of them
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def parallel_map(
    work: Callable[[Item], Result], items: Sequence[Item], few: int = FEW
) -> Iterator[Result]:
    """The result of `work` for each item, in their order, as soon as it is there.

    Fewer than `few` are worked on in this process. An error that `work` raises is raised; UserError
    if a process dies, or in the runner's pool three of them amid the same items.
    """
    pool, done = os.environ.get(VARIABLE), 0
    if len(items) < max(2, few):
        yield from map(work, items)
        return
    try:
        if pool:
            done = yield from map_in_pool(pool, work, items)
        yield from _map_on_cores(work, items[done:])
    except BrokenProcessPool as error:
        raise UserError(
            "a process died while it measured, most often of too little memory; close other "
            "programs and type the command again: what was measured is kept"
        ) from error


def _map_on_cores(work: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
    if min(cores(), len(items)) < 2:
        yield from map(work, items)
        return
    pool = _started()
    try:
        with _one_thread_each(), InterruptsHeld():  # they start with a pool's first work
            results = deque(pool.submit(work, item) for item in items)
        while results:  # not pool.map, which cancels the rest while a broken pool ends them
            yield results.popleft().result()
    except BrokenProcessPool:
        _started.cache_clear()
        raise
    except BaseException:  # an interrupt, too
        _started.cache_clear()
        for process in active_children():
            process.terminate()
        pool.shutdown(cancel_futures=True)
        raise


@cache
def _started() -> ProcessPoolExecutor:
    """A process for every core; they stay for the program's next work, imports done."""
    return ProcessPoolExecutor(cores(), get_context("spawn"), initializer=_worker_init)


def cores() -> int:
    """The number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _worker_init() -> None:
    """In a started process: end when the one that started it ends."""
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Processes that are started inside compute on one thread: more would wait for each other."""
    before = {name: os.environ[name] for name in THREADS if name in os.environ}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        yield
    finally:
        for name in THREADS:
            os.environ.pop(name, None)
        os.environ.update(before)
