"""Isolated environments: built aside, proven, then swapped in.

`venv-bark` is a link to `.venvs/bark-<key>`; the key is a hash of the lock file, the Python version
and the platform, so an unchanged lock costs a look. An environment is built under a name of its own
and renamed when it is whole: a kill at any moment leaves the old one or the new one, and two runs
at once cannot harm each other.
"""

import fcntl
import hashlib
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uv

from secondtake.core import scripts
from secondtake.core.environ import MARKER
from secondtake.core.errors import UserError
from secondtake.core.files import sha256_of, write_json, write_text
from secondtake.core.project import Project
from secondtake.core.registry.all_models import MODELS
from secondtake.runner import machine
from secondtake.runner.package_sizes import package_sizes, this_platform
from secondtake.runner.uv_steps import OnStep, run_step

PYTHON = "3.11"  # the one version that every model's packages have wheels for
FOLDER = ".venvs"
BUILDING = ".building-"
BUILD_LOCK = "building.lock"  # held by the process that builds; free once that process is gone
ANALYSIS, ANALYSIS_IMPORTS = scripts.ANALYSIS, scripts.ANALYSIS_IMPORTS
# The lyrics' is optional: built only when asked for by name (docs/lyrics.md).
LYRICS, LYRICS_IMPORTS = scripts.LYRICS, scripts.LYRICS_IMPORTS
YOUNG_SECONDS = 60.0  # a building folder without its lock file is about to get one


def environments() -> dict[str, tuple[str, ...]]:
    """Every environment by name, with the modules that must import in it."""
    models = {m.name: m.imports for m in MODELS.values()}
    return {**models, ANALYSIS: ANALYSIS_IMPORTS, LYRICS: LYRICS_IMPORTS}


def is_built(project: Project, name: str) -> bool:
    """True if the environment is there, whole, and made from the lock as it is now."""
    folder = _environment_folder(project, name)
    link = project.environment(name)
    return _is_whole(folder) and link.is_symlink() and link.resolve() == folder.resolve()


def ensure(project: Project, name: str, log: Path, on_step: OnStep = lambda *step: None) -> Path:
    """Build the environment if it is not there, and return its python.

    `on_step` gets each step and how far it is; the output of uv goes to `log`. ModelError network
    or environment if a step fails, environment if this platform has no packages; UserError if
    something of the user's stands in the place of the link.
    """
    link = project.environment(name)
    if link.exists() and not link.is_symlink():
        raise UserError(f"{link}: not made by secondtake; move it away, then run again")
    folder = _environment_folder(project, name)
    if not is_built(project, name):
        if not _is_whole(folder):
            machine.check_platform(name)
            _build(project, name, folder, log, on_step)
        _swap(link, folder)
    _point_to_sources(project, folder)
    return project.python(name)


def leftovers(project: Project) -> list[Path]:
    """Folders that no link points to: old environments and the rests of interrupted builds."""
    folder = project.root / FOLDER
    if not folder.is_dir():
        return []
    linked = {project.environment(name).resolve() for name in environments()}
    return [p for p in sorted(folder.iterdir()) if p.resolve() not in linked and not is_locked(p)]


def _is_whole(folder: Path) -> bool:
    return (folder / MARKER).is_file() and _has_python(folder)


def _has_python(folder: Path) -> bool:
    """False as well if the Python behind its link was uninstalled."""
    return (folder / "bin" / "python").exists()


def _environment_folder(project: Project, name: str) -> Path:
    lock = project.lock(name)
    try:
        content = lock.read_bytes()
    except OSError as error:
        raise UserError(f"{lock}: {error.strerror}; every environment needs its lock") from None
    facts = f"{PYTHON} {sys.platform} {platform.machine()}".encode()
    key = hashlib.sha256(content + facts).hexdigest()[:16]
    return project.root / FOLDER / f"{name}-{key}"


def _build(project: Project, name: str, folder: Path, log: Path, on_step: OnStep) -> None:
    folder.parent.mkdir(exist_ok=True)
    log.parent.mkdir(parents=True, exist_ok=True)
    with _building_site(folder.parent, name) as site:
        uv_bin, lock = uv.find_uv_bin(), project.lock(name)
        sizes = package_sizes(project, name, this_platform()) or {}
        unpacked = {pin.partition("==")[0]: disk for pin, (_, disk) in sizes.items()}

        def step(title: str, *command: str) -> None:
            on_step(title, 0, 0)
            run_step(title, list(command), log, name, on_step, unpacked)

        ours = f"{sys.version_info.major}.{sys.version_info.minor}"
        base = sys.executable if ours == PYTHON else PYTHON  # which uv then finds or fetches
        title = f"creating {project.environment(name).name} (Python {PYTHON})"
        step(title, uv_bin, "venv", "--relocatable", "--python", base, str(site))
        python = str(site / "bin" / "python")
        sync = [uv_bin, "pip", "sync", "--require-hashes", "--allow-empty-requirements"]
        step(f"installing {project.relative(lock)}", *sync, "--python", python, str(lock))
        _point_to_sources(project, site)
        imports = ", ".join(("secondtake", *environments()[name]))
        step("trying its imports", python, "-c", f"import {imports}")
        marker = {"environment": name, "lock_sha256": sha256_of(lock), "python": PYTHON}
        write_json(site / MARKER, marker)
        if folder.exists() and not _has_python(folder):
            shutil.rmtree(folder)  # of no use to anyone
        if not folder.exists():
            site.rename(folder)


@contextmanager
def _building_site(folder: Path, name: str) -> Iterator[Path]:
    """A folder of this process alone, gone afterwards unless it was renamed."""
    for leftover in folder.glob(f"{BUILDING}*"):
        if not is_locked(leftover):
            shutil.rmtree(leftover, ignore_errors=True)
    outer = Path(tempfile.mkdtemp(prefix=f"{BUILDING}{name}-", dir=folder))
    with (outer / BUILD_LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield outer / "environment"
        finally:
            shutil.rmtree(outer, ignore_errors=True)


def is_locked(folder: Path) -> bool:
    """True if a living process is building in this folder, or is just about to."""
    try:
        with (folder / BUILD_LOCK).open("r") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        building = folder.name.startswith(BUILDING) and folder.exists()
        return building and time.time() - folder.stat().st_mtime < YOUNG_SECONDS
    return False


def _point_to_sources(project: Project, folder: Path) -> None:
    """Let the environment import our package from src/, wherever the project now lies."""
    packages = folder / "lib" / f"python{PYTHON}" / "site-packages"
    write_text(packages / "secondtake.pth", f"{project.root / 'src'}\n")


def _swap(link: Path, folder: Path) -> None:
    """Point the link at the new environment in one step."""
    aside = Path(tempfile.mkdtemp(prefix=".link-", dir=folder.parent))
    try:
        fresh = aside / link.name
        fresh.symlink_to(folder.relative_to(link.parent))
        fresh.replace(link)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
