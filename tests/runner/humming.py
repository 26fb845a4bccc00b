"""Shared by the tests of the runner's programs: songs for the humming model, a second model
whose weights come from a port where nobody answers, processes of their own, and snapshots."""

import fcntl
import hashlib
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from secondtake.core.project import Project
from secondtake.core.registry.all_models import MODELS
from secondtake.core.registry.spec import Checkpoint, ModelSpec, WeightFile
from secondtake.core.run_lock import NO_WAIT_VARIABLE
from secondtake.runner.package_sizes import this_platform

HEAD = 'title = "{title}"\n'
SEGMENT = """
[[segment]]
number = {number}
kind = "instrumental"
title = "Part {number}"
seconds = 0.5
models = {models}
[segment.hum]
mood = "{mood}"
"""
# What a fresh process needs to know of the model that the fixture `hum` registers here.
START = """
import importlib.util, signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have it ignored
page = importlib.util.spec_from_file_location("hum", "scripts/generate_hum.py")
page.loader.exec_module(importlib.util.module_from_spec(page))
"""
STUDY = f"""{START}
from secondtake.core.plan import Request
from secondtake.runner import commands
raise SystemExit(commands.run(lambda: commands.study(
    "songs/hum.toml", Request(), evaluate=False, force=False, dry_run=False, as_json=False)))
"""


def write_song(project: Project, *moods: str, models: tuple[str, ...] = ("hum",)) -> None:
    """A song of a segment for every mood, numbered from 1."""
    parts = [
        SEGMENT.format(number=number, models=list(models), mood=mood).replace("'", '"')
        for number, mood in enumerate(moods, 1)
    ]
    song = project.root / "songs" / "hum.toml"
    song.write_text(HEAD.format(title="Hum") + "".join(parts), encoding="utf-8")


def add_drone(project: Project, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> ModelSpec:
    """Register a second model that hums, with a heavier environment; `changes` of its entry."""
    spec = replace(MODELS["hum"], name="drone", title="Drone", environment_bytes=2, **changes)
    monkeypatch.setitem(MODELS, "drone", spec)
    text = project.script("hum").read_text(encoding="utf-8").replace('"hum"', '"drone"')
    text = text.replace('"Hum"', '"Drone"').replace("environment_bytes=1", "environment_bytes=2")
    project.script("drone").write_text(text, encoding="utf-8")
    project.lock("drone").write_text("")
    project.requirements("drone").write_text("# nothing\n")
    return spec


def add_purr(project: Project, monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    """Register a model, first in line, whose one weight file is on 127.0.0.1:port."""
    weight = WeightFile(key="w", file="w.bin", url=f"http://127.0.0.1:{port}/w.bin")
    purr = replace(
        MODELS["hum"],
        name="purr",
        title="Purr",
        environment_bytes=0,
        checkpoints=(Checkpoint("soft", "A soft purr", weights=(weight,)),),
        parameters=(),
    )
    monkeypatch.setitem(MODELS, "purr", purr)
    project.lock("purr").write_text("")
    project.requirements("purr").write_text("# nothing\n")


@contextmanager
def locked_by_another(project: Project) -> Iterator[None]:
    """Another open file has the lock, as that of another process would; nobody waits for it."""
    descriptor = os.open(project.root, os.O_RDONLY)
    before = os.environ.get(NO_WAIT_VARIABLE)
    os.environ[NO_WAIT_VARIABLE] = "1"
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)
        os.environ[NO_WAIT_VARIABLE] = before or ""


@contextmanager
def closed_port() -> Iterator[int]:
    """A port that nobody else gets and where nothing listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def snapshot(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Every file, folder and link below `folder`: when it was written, and what is in it."""
    files = {}
    for path in sorted(folder.rglob("*")):
        content = path.read_bytes() if path.is_file() else b""
        files[str(path.relative_to(folder))] = (path.lstat().st_mtime_ns, content)
    return files


def start(program: str, *arguments: str) -> "subprocess.Popen[str]":
    """A Python of its own with this program, its output on pipes."""
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(process: "subprocess.Popen[str]", words: str) -> list[str]:
    """Read the process's output up to a line with these words; the lines."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if words in line:
            return lines
    raise AssertionError(f"ended without {words!r}: {lines} {process.communicate()}")


def children(parent: int) -> list[int]:
    listing = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True
    ).stdout
    return [
        int(pid) for pid, of in (line.split() for line in listing.splitlines()) if int(of) == parent
    ]


def is_alive(pid: int) -> bool:
    listing = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.strip()
    return bool(listing) and not listing.startswith("Z")


def ends_soon(pids: list[int]) -> bool:
    """True if these processes are gone within the ten seconds that the design allows."""
    deadline = time.monotonic() + 10
    while any(map(is_alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not any(map(is_alive, pids))


def stop(process: "subprocess.Popen[str]") -> None:
    """End a process that a test started, whatever became of the test."""
    if process.poll() is None:
        os.kill(process.pid, signal.SIGKILL)
    process.communicate()


def size_packages(project: Project, name: str, download: int) -> None:
    """Say what the packages of an environment weigh, which has an empty lock."""
    locks = {name: hashlib.sha256(b"").hexdigest()}
    sizes = {"locks": locks, "platforms": {this_platform(): {name: {"p==1": [download, 1]}}}}
    (project.root / "requirements" / "sizes.json").write_text(json.dumps(sizes))


def on_a_terminal(monkeypatch: pytest.MonkeyPatch, answer: str) -> list[str]:
    """stdin and stderr are terminals, where this is typed; what was read of it so far."""
    read: list[str] = []

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

        def readline(self, *limit: int) -> str:
            read.append(answer)
            return answer

    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    return read
