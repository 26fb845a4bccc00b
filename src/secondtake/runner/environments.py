"""Isolated environments: built aside, proven, then swapped in.

`venv-bark` is a link to `.venvs/bark-<key>`, where the key is a hash of the lock file, the
Python version and the platform. An environment is built under a name of its own and renamed
when it is whole, so a kill at any moment leaves the old one or the new one, an unchanged lock
costs a look, and two runs at once cannot harm each other.
"""

import fcntl
import hashlib
import json
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import uv

from secondtake.core.environ import MARKER
from secondtake.core.errors import ModelError, UserError
from secondtake.core.files import sha256_of, write_json, write_text
from secondtake.core.project import Project
from secondtake.core.registry.all_models import MODELS

PYTHON = "3.11"  # the one version that every model's packages have wheels for
FOLDER = ".venvs"
BUILDING = ".building-"
HELD = "building.lock"  # held by the process that builds; free once that process is gone
ANALYSIS = "analysis"
ANALYSIS_IMPORTS = ("numpy", "scipy", "soundfile", "librosa", "matplotlib")
LYRICS = "lyrics"  # optional: built only when asked for by name (docs/lyrics.md)
LYRICS_IMPORTS = ("faster_whisper", "soundfile", "soxr")
YOUNG_SECONDS = 60.0  # a building folder without its lock file is about to get one
TAIL_LINES = 12  # of a failed step's output, shown to the user

Say = Callable[[str], None]


def environments() -> dict[str, tuple[str, ...]]:
    """Every environment there is, with the modules that must import in it."""
    models = {m.name: m.imports for m in MODELS.values()}
    return {**models, ANALYSIS: ANALYSIS_IMPORTS, LYRICS: LYRICS_IMPORTS}


def is_built(project: Project, name: str) -> bool:
    """Whether the environment is there, whole, and made from the lock as it is now."""
    home = _home(project, name)
    link = project.environment(name)
    whole = (home / MARKER).is_file() and (home / "bin" / "python").exists()
    return whole and link.is_symlink() and link.resolve() == home.resolve()


def ensure(project: Project, name: str, log: Path, say: Say = lambda step: None) -> Path:
    """Build the environment if it is not there, and return its python.

    `say` hears each step; uv's own output goes to `log`. ModelError environment if a step
    fails, UserError if something of the user's stands in the place of the link.
    """
    link = project.environment(name)
    if link.exists() and not link.is_symlink():
        raise UserError(f"{link}: not made by secondtake; move it away, then run again")
    home = _home(project, name)
    if not is_built(project, name):
        if not (home / MARKER).is_file() or not (home / "bin" / "python").exists():
            _build(project, name, home, log, say)
        _swap(link, home)
    _point_to_sources(project, home)
    return project.python(name)


def leftovers(project: Project) -> list[Path]:
    """Folders that no link points to: old environments and the rests of interrupted builds."""
    folder = project.root / FOLDER
    if not folder.is_dir():
        return []
    linked = {project.environment(name).resolve() for name in environments()}
    return [p for p in sorted(folder.iterdir()) if p.resolve() not in linked and not is_held(p)]


def _home(project: Project, name: str) -> Path:
    lock = project.lock(name)
    try:
        content = lock.read_bytes()
    except OSError as error:
        raise UserError(f"{lock}: {error.strerror}; every environment needs its lock") from None
    facts = f"{PYTHON} {sys.platform} {platform.machine()}".encode()
    key = hashlib.sha256(content + facts).hexdigest()[:16]
    return project.root / FOLDER / f"{name}-{key}"


def _build(project: Project, name: str, home: Path, log: Path, say: Say) -> None:
    home.parent.mkdir(exist_ok=True)
    log.parent.mkdir(parents=True, exist_ok=True)
    with _building_site(home.parent, name) as site:
        say(f"creating {project.environment(name).name} (Python {PYTHON})")
        _step(name, log, [uv_program(), "venv", "--relocatable", "--python", _python(), str(site)])
        python = str(site / "bin" / "python")
        lock = str(project.lock(name))
        say(f"installing {project.relative(project.lock(name))}")
        sync = [uv_program(), "pip", "sync", "--require-hashes", "--allow-empty-requirements"]
        _step(name, log, [*sync, "--python", python, lock])
        _point_to_sources(project, site)
        say("trying its imports")
        imports = ", ".join(("secondtake", *environments()[name]))
        _step(name, log, [python, "-c", f"import {imports}"])
        marker = {"environment": name, "lock_sha256": sha256_of(project.lock(name))}
        write_json(site / MARKER, {**marker, "python": PYTHON})
        if home.exists() and not (home / "bin" / "python").exists():
            shutil.rmtree(home)  # its Python was uninstalled: of no use to anyone
        if not home.exists():
            site.rename(home)


@contextmanager
def _building_site(folder: Path, name: str) -> Iterator[Path]:
    """A folder of this process alone, gone afterwards unless it was renamed."""
    for rest in folder.glob(f"{BUILDING}*"):
        if not is_held(rest):
            shutil.rmtree(rest, ignore_errors=True)
    outer = Path(tempfile.mkdtemp(prefix=f"{BUILDING}{name}-", dir=folder))
    with (outer / HELD).open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        try:
            yield outer / "environment"
        finally:
            shutil.rmtree(outer, ignore_errors=True)


def is_held(folder: Path) -> bool:
    """Whether a living process is building in this folder, or is just about to."""
    try:
        with (folder / HELD).open("r") as held:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        building = folder.name.startswith(BUILDING) and folder.exists()
        return building and time.time() - folder.stat().st_mtime < YOUNG_SECONDS
    return False


def _step(name: str, log: Path, command: list[str]) -> None:
    with log.open("ab") as out:
        out.write(f"$ {' '.join(command)}\n".encode())
        out.flush()
        start = out.tell()
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, check=False
        )
    if done.returncode:
        tail = log.read_bytes()[start:].decode(errors="replace").strip().splitlines()
        told = "\n    ".join(tail[-TAIL_LINES:])
        raise ModelError(
            "environment",
            f"its environment could not be built ({Path(command[0]).name} ended with "
            f"{done.returncode}):\n    {told}",
            f"the whole output is in {log}; then: invoke setup --models {name}",
        )


def _point_to_sources(project: Project, home: Path) -> None:
    """Let the environment import our packages from src/, wherever the project now lies."""
    packages = home / "lib" / f"python{PYTHON}" / "site-packages"
    write_text(packages / "secondtake.pth", f"{project.root / 'src'}\n")


def _swap(link: Path, home: Path) -> None:
    """Point the link at the new environment in one step."""
    aside = Path(tempfile.mkdtemp(prefix=".link-", dir=home.parent))
    try:
        fresh = aside / link.name
        fresh.symlink_to(home.relative_to(link.parent))
        fresh.replace(link)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _python() -> str:
    """This Python if it is of the wanted version, else whichever uv finds or fetches."""
    ours = f"{sys.version_info.major}.{sys.version_info.minor}"
    return sys.executable if ours == PYTHON else PYTHON


def uv_program() -> str:
    """The uv that was installed with us."""
    return uv.find_uv_bin()


def marker_of(project: Project, name: str) -> dict[str, str]:
    """What an environment says of itself; empty if it is not built."""
    try:
        text = (project.environment(name) / MARKER).read_text(encoding="utf-8")
        marker: dict[str, str] = json.loads(text)
    except (OSError, ValueError):
        return {}
    return marker
