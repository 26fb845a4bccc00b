"""A scratch project in which real programs are started, killed and counted.

Everything that a test starts carries a mark in its environ, and so does whatever that starts: what
is left of it is found there, however it was started and whoever its parent is now.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from secondtake.core.project import Project

ROOT = Path(__file__).parents[2]
LAUNCH = Path(__file__).with_name("launch.py")
STUB = ROOT / "tests" / "stub" / "generate_hum.py"
MARK = "SECONDTAKE_FAULTS"
FOREIGN = ("HF_TOKEN", "HF_HOME", "HF_ENDPOINT", "SECONDTAKE_CACHE", "SECONDTAKE_ROOT")
WITHIN = 10.0  # seconds in which all that was started must be gone
PATIENCE = 60.0  # seconds that a machine with much to do may need for anything else
HEAD = 'title = "Hum"\n'
SEGMENT = """
[[segment]]
number = {number}
kind = "instrumental"
title = "Part {number}"
seconds = 0.5
models = ["{model}"]
[segment.{model}]
mood = "{mood}"
"""


@dataclass(frozen=True)
class Studio:
    """A project, and the way to type commands in it."""

    project: Project
    mark: str

    @property
    def takes(self) -> Path:
        return self.project.results / "hum" / "local_models"

    def song(self, *moods: str, model: str = "hum") -> None:
        """Write a song of a segment for every mood, numbered from 1."""
        parts = (
            SEGMENT.format(number=n, model=model, mood=mood) for n, mood in enumerate(moods, 1)
        )
        path = self.project.root / "songs" / "hum.toml"
        path.write_text(HEAD + "".join(parts), encoding="utf-8")

    def environ(self, **variables: str) -> dict[str, str]:
        """The environ of a person's shell, with the mark; `variables` over it."""
        clean = {name: value for name, value in os.environ.items() if name not in FOREIGN}
        home = {"HOME": str(self.project.root / "home"), "UV_CACHE_DIR": _uv_cache()}
        return {**clean, **home, MARK: self.mark, **variables}

    def start(self, *words: str, **variables: str) -> "subprocess.Popen[str]":
        """Type `invoke …` or `nox …` (the first word says which), its output on pipes."""
        return subprocess.Popen(
            [sys.executable, str(LAUNCH), *words],
            cwd=self.project.root,
            env=self.environ(**variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # the terminal's group: interrupt() reaches all of it
        )

    def type(
        self, *words: str, timeout: float = 5 * PATIENCE, **variables: str
    ) -> "subprocess.CompletedProcess[str]":
        """Type a command and wait for its end."""
        process = self.start(*words, **variables)
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            self.kill_all()
            raise AssertionError(f"{words} goes on: {process.communicate()}") from None
        return subprocess.CompletedProcess(words, process.returncode, out, err)

    def interrupt(self, process: "subprocess.Popen[str]") -> None:
        """Press Ctrl-C: every process in the foreground gets the signal."""
        os.killpg(process.pid, signal.SIGINT)

    def alive(self) -> dict[int, str]:
        """The command line of each living process that carries the mark, by its number."""
        return dict(_marked(self.mark))

    def none_alive(self, within: float = WITHIN) -> bool:
        """True if all that was started is gone within so many seconds."""
        return happens(lambda: not self.alive(), within)

    def kill_all(self) -> None:
        """End whatever is left, so that no test is disturbed by another."""
        for process in self.alive():
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                continue


def happens(condition: Callable[[], object], within: float = PATIENCE) -> bool:
    """True if the condition comes true within so many seconds."""
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            return bool(condition())
        time.sleep(0.02)
    return True


@contextmanager
def studio_in(root: Path) -> Iterator[Studio]:
    """A studio with the project's own files, the humming model, and nothing built."""
    for name in ("src", "tasks.py", "noxfile.py"):
        root.mkdir(parents=True, exist_ok=True)
        (root / name).symlink_to(ROOT / name)
    shutil.copytree(ROOT / "scripts", root / "scripts")
    shutil.copytree(ROOT / "requirements", root / "requirements")
    (root / "songs").mkdir()
    shutil.copy(STUB, root / "scripts" / "generate_hum.py")
    (root / "requirements" / "hum.txt").write_text("# nothing\n", encoding="utf-8")
    (root / "requirements" / "hum.lock").write_text("", encoding="utf-8")
    studio = Studio(Project(root.resolve()), uuid4().hex)
    studio.song("calm", "calm")
    try:
        yield studio
    finally:
        studio.kill_all()


def _uv_cache() -> str:
    command = [sys.executable, "-m", "uv", "cache", "dir"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def _marked(mark: str) -> Iterator[tuple[int, str]]:
    wanted = f"{MARK}={mark}".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if wanted not in (folder / "environ").read_bytes().split(b"\0"):
                continue
            state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
            words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if state != "Z":
            yield int(folder.name), words.strip()
