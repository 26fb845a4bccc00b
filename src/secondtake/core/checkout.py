"""Where a checkout is on the disk, and its cache: known before anything else of the project is."""

import os
from contextlib import suppress
from pathlib import Path

MARKER = "noxfile.py"
SONGS = "songs"
CACHE_VARIABLE = "SECONDTAKE_CACHE"  # moves .cache/, e.g. to a larger disk
ROOT_VARIABLE = "SECONDTAKE_ROOT"


def checkout_above(path: Path) -> Path | None:
    """The nearest folder that is a checkout: this one, or one that holds it."""
    for folder in [path.resolve(), *path.resolve().parents]:
        if (folder / MARKER).is_file() and (folder / SONGS).is_dir():
            return folder
    return None


def cache_folder(root: Path) -> Path:
    """The folder of what can be fetched or made again. A leading ~ is the user's home, if any."""
    folder = os.environ.get(CACHE_VARIABLE)
    if not folder:
        return root / ".cache"
    path = Path(folder)
    with suppress(RuntimeError):  # nobody's home is known
        path = path.expanduser()
    return (root / path).resolve()
