"""One run at a time on a song's results; readers need no lock."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from secondtake.core.errors import LockedError

LOCK_NAME = ".run.lock"


@contextmanager
def run_lock(results: Path) -> Iterator[None]:
    """Hold the lock of these results. The system frees it when the process ends, however."""
    results.mkdir(parents=True, exist_ok=True)
    path = results / LOCK_NAME
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise LockedError(
                f"another run (process {holder}) is working on {results}; wait for it, or stop it"
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
