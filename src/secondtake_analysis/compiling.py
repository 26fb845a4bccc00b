"""librosa's compiled code on the disk: written by one process at a time, never used half-written.

numba keeps a compiled function in two files and does not write them as one (numba issue 10128).
Two processes at once, or one that is killed between the files, leave a pair that does not fit, and
every later process that loads it dies of a segmentation fault.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FOLDER_VARIABLE = "NUMBA_CACHE_DIR"


def nothing_compiled() -> bool:
    """Whether librosa's first use lies ahead, which takes about half a minute."""
    chosen = os.environ.get(FOLDER_VARIABLE)
    return bool(chosen) and not any(Path(chosen).glob("*/*"))


@contextmanager
def sole_compiler() -> Iterator[None]:
    """Hold numba's cache for this process; begin with an empty one if the last holder died.

    Everything that imports librosa belongs inside. Without NUMBA_CACHE_DIR it does nothing.
    """
    chosen = os.environ.get(FOLDER_VARIABLE)
    if not chosen:
        yield
        return
    folder = Path(chosen)
    folder.mkdir(parents=True, exist_ok=True)
    in_use = folder / "in-use"
    with (folder.parent / f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if in_use.exists():
            shutil.rmtree(folder)
            folder.mkdir()
        in_use.touch()
        try:
            yield
        finally:
            in_use.unlink(missing_ok=True)
