"""Work for processes of the runner's pool: a module of its own, since they import it."""

import os
import signal
import time
from pathlib import Path
from typing import Any

from secondtake.core.errors import ModelError, UserError
from secondtake.core.pool_protocol import VARIABLE


def where(number: int) -> tuple[int, int, str | None, str | None]:
    print("what a library prints", flush=True)
    os.write(1, b"into any descriptor\n")
    return number, os.getpid(), os.environ.get("OMP_NUM_THREADS"), os.environ.get(VARIABLE)


def double(number: int) -> int:
    return 2 * number


def long_text(number: int) -> bytes:
    return bytes(1_000_000)


def refused(number: int) -> int:
    if number == 3:
        raise UserError(f"{number} is refused")
    if number == 5:
        raise ModelError("network", "does not pickle", "")
    return number


def unpicklable(number: int) -> Any:
    return lambda: number


def killed_at_first(given: tuple[Path, int]) -> int:
    """Its process dies of the third item, as often as there are files (`items_to_die_of`)."""
    folder, number = given
    files = sorted(folder.iterdir()) if number == 3 else []
    if files:
        files[0].unlink()
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def items_to_die_of(folder: Path, deaths: int) -> list[tuple[Path, int]]:
    for name in range(deaths):
        (folder / str(name)).touch()
    return [(folder, number) for number in range(20)]


def slowly(given: tuple[Path, int]) -> int:
    folder, number = given
    time.sleep(0.01)
    (folder / str(number)).touch()
    return number


def on_a_node(given: tuple[float, int]) -> tuple[int, str, int]:
    """A while later: the number, the Ray node by its raylet's process, and this process."""
    seconds, number = given
    time.sleep(seconds)
    return number, os.environ["RAY_RAYLET_PID"], os.getpid()


def endlessly(folder: Path) -> None:
    (folder / str(os.getpid())).touch()
    time.sleep(3600)
