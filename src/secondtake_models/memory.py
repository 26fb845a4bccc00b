"""A lack of memory, told as what it is, whichever way PyTorch puts it."""

from collections.abc import Iterator
from contextlib import contextmanager

from secondtake.worker import as_model_error


@contextmanager
def memory_explained() -> Iterator[None]:
    """Within it, running out of memory is a ModelError that says what helps."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        known = as_model_error(error)
        if known.code == "memory":
            raise known from error
        raise
