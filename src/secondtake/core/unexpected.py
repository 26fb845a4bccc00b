"""The log of an error that nobody expected: its traceback, and what was being done."""

import os
import platform
import sys
import tempfile
import time
import traceback
from contextlib import suppress
from pathlib import Path

from secondtake.core.checkout import ROOT_VARIABLE, cache_folder, checkout_above
from secondtake.core.redaction import one_line, redact

LONGEST = 300  # characters of an error's own words on the screen


def log_unexpected(error: BaseException) -> tuple[str, list[str]]:
    """Write the traceback to a log; what happened, where the log is, and what to do about it."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
    try:
        words = one_line(str(error), LONGEST)
    except Exception:  # its own __str__ is broken
        words = ""
    message = f"unexpected {type(error).__name__}: {words}".rstrip(": ") + place
    log = _write_log(error)
    again = "type it again; if it ends here again, report it"
    if log is None:
        return message, ["there is no room for its traceback", again]
    return message, [f"its traceback is in {log}", f"{again}, with that file"]


def _write_log(error: BaseException) -> Path | None:
    """Write the traceback below the cache, or where nothing can be written there, in the system's
    folder of temporary files; None if it has no room either."""
    facts = f"{time.strftime('%Y-%m-%d %H:%M:%S %z')}, process {os.getpid()}, Python "
    facts += f"{platform.python_version()} on {platform.platform()}\n"
    text = f"{facts}{' '.join(sys.argv)}\n\n{''.join(traceback.format_exception(error))}"
    name = f"unexpected-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.log"
    for folder in _folders():
        with suppress(OSError, ValueError):
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / name
            path.touch(0o600)  # for its owner's eyes: nobody knows what an error repeats
            with path.open("a", encoding="utf-8", errors="backslashreplace") as log:
                log.write(redact(text))
            return path
    return None


def _folders() -> list[Path]:
    inside = [Path(os.environ.get(ROOT_VARIABLE) or "."), Path(__file__)]
    with suppress(OSError, RuntimeError):  # the folder that we stand in is gone
        root = next(filter(None, map(checkout_above, inside)), None)
        if root:
            return [cache_folder(root) / "logs", Path(tempfile.gettempdir())]
    return [Path(tempfile.gettempdir())]
