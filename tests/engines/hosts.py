"""Nodes of a cluster that are hosts of their own: by namespaces of Linux, each has its own name,
its own processes, no part in the driver's folders, or a network of its own."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile

import pytest
from tests.engines.nodes import CORES
from tests.faults.studio import happens

RAY_START = (sys.executable, "-m", "ray.scripts.scripts", "start", "--block")
RESOURCES = ("--num-cpus", str(CORES), "--object-store-memory", str(160 << 20))
STARTED = "Ray runtime started"
STARTS = 3  # a node ends where its helpers need more than Ray's 15 s, as on a busy machine
ALONE = ("unshare", "--fork", "--pid", "--kill-child", "--mount", "--mount-proc", "--uts")
# $0: the host's name, $1: the folder that it does not see, then the command.
ENTER = 'hostname "$0" && mount -t tmpfs none "$1" && shift && exec "$@"'


def needs(*command: str) -> None:
    """Skip a test where this machine does not do this, which makes namespaces."""
    try:
        tried = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        pytest.skip(f"there is no program {error.filename}")
    if tried.returncode:
        pytest.skip(f"namespaces cannot be made here: {tried.stderr.strip()}")


@contextmanager
def host(
    name: str, address: str, hidden: Path, variables: Mapping[str, str]
) -> Iterator["subprocess.Popen[bytes]"]:
    """A host of this name that has joined a cluster, and sees nothing of the hidden folder."""
    command = (*RAY_START, *RESOURCES, "--address", address)
    with node((*ALONE, "sh", "-c", ENTER, name, str(hidden), *command), variables) as process:
        yield process


@contextmanager
def node(
    command: Sequence[str], variables: Mapping[str, str]
) -> Iterator["subprocess.Popen[bytes]"]:
    """A node that a command has started, which is killed at the end."""
    for _ in range(STARTS):
        with NamedTemporaryFile() as log:
            process = _start(command, variables, log.fileno())
            path = Path(log.name)
            happens(lambda: process.poll() is not None or STARTED in path.read_text())  # noqa: B023
            text = path.read_text()
        if STARTED in text:
            break
        _end(process)
    try:
        assert STARTED in text, text
        yield process
    finally:
        _end(process)


def _start(
    command: Sequence[str], variables: Mapping[str, str], log: int
) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        command, env={**os.environ, **variables}, start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=log, stderr=log,
    )  # fmt: skip


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
