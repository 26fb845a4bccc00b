"""Isolated environments: built aside, proven, then swapped in.

`venv-bark` is a link to `.venvs/bark-<key>`; the key is a hash of the lock file, the Python version
and the platform, so an unchanged lock costs a look. An environment is built under a name of its own
and renamed when it is whole: a kill at any moment leaves the old one or the new one. Whoever builds
has the project's lock, which removes what killed builds left.
"""

import hashlib
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from uuid import uuid4

import uv

from secondtake.core import scripts
from secondtake.core.environ import MARKER, child_environ
from secondtake.core.errors import ModelError, UserError
from secondtake.core.files import remove_tree, sha256_of, write_json, write_text
from secondtake.core.leftovers import ENVIRONMENTS
from secondtake.core.project import Project
from secondtake.core.registry.all_judges import SPECS, setup_command
from secondtake.core.run_lock import run_lock
from secondtake.runner import machine
from secondtake.runner.package_sizes import package_sizes, this_platform
from secondtake.runner.uv_steps import OnStep, Steps, build_environ
from secondtake.runner.wholeness import PARTS, damaged_packages, is_whole, parts_of, site_packages

PYTHON = "3.11"  # the one version that every model's packages have wheels for
FOLDER = ENVIRONMENTS
BUILDING = ".building-"
ANALYSIS, ANALYSIS_IMPORTS = scripts.ANALYSIS, scripts.ANALYSIS_IMPORTS
BUILD = "build"  # requirements/build.lock: what the packages below are built with
NO_WHEELS = ("encodec", "tinysoundfont")  # the second has none for Linux on ARM
# Lets an environment import our package from src/ of the project in which it lies, entered by its
# link (venv-bark) or by its folder; the path at the end is for one that lies on another disk.
# ASCII alone, since Python reads the file in the locale's encoding.
SOURCES_FILE = "secondtake.pth"
SOURCES_LINE = (
    "import os, sys; sys.path += [path for path in map(os.path.abspath, ("
    "sitedir + '/../../../../src', sitedir + '/../../../../../src', os.fsdecode({root!r} + b'/src')"
    ")) if os.path.isdir(path + '/secondtake/core')][:1]\n"
)


def environments() -> dict[str, tuple[str, ...]]:
    """Every environment by name, with the modules that must import in it."""
    return {**{spec.name: spec.imports for spec in SPECS.values()}, ANALYSIS: ANALYSIS_IMPORTS}


def is_built(project: Project, name: str) -> bool:
    """True if the environment is there, whole, and made from the lock as it is now."""
    folder, link = _environment_folder(project, name), project.environment(name)
    if not link.is_symlink() or os.path.realpath(link) != os.path.realpath(folder):
        return False
    return is_whole(folder, _facts(project, name), SOURCES_FILE) and _imports_sources(
        project, folder
    )


def ensure(project: Project, name: str, log: Path, on_step: OnStep = lambda *step: None) -> Path:
    """Build the environment if it is not there, or broken, and return its python.

    By the path of the folder itself, in which a program stays whatever the link leads to later.
    `on_step` gets each step and how far it is; the output of uv goes to `log`. ModelError network
    or environment if a step fails, environment if this platform has no packages; UserError if
    something of the user's stands in the place of the link.
    """
    link = project.environment(name)
    if link.exists() and not link.is_symlink():
        raise UserError(f"{link}: not made by secondtake; move it away, then run again")
    folder = _environment_folder(project, name)
    if os.path.lexists(folder.parent) and not folder.parent.is_dir():
        hint = "remove it, or bring back the disk to which it leads, then run again"
        raise UserError(f"{folder.parent}: no folder that is there; {hint}")
    if not is_built(project, name):
        with run_lock(project):
            folder = _environment_folder(project, name)  # of the lock as it is now
            if not is_whole(folder, _facts(project, name), SOURCES_FILE):
                machine.check_platform(name)
                _build(project, name, folder, log, on_step)
            _point_to_sources(project, folder)
            _swap(link, folder)
    return folder / "bin" / "python"


def leftovers(project: Project) -> list[Path]:
    """Environments that no link points to. What killed builds left goes without being asked for."""
    folder = project.root / FOLDER
    if not folder.is_dir():
        return []
    linked = {os.path.realpath(project.environment(name)) for name in environments()}
    visible = (path for path in sorted(folder.iterdir()) if not path.name.startswith("."))
    return [path for path in visible if os.path.realpath(path) not in linked]


def _environment_folder(project: Project, name: str) -> Path:
    lock = project.lock(name)
    try:
        content = lock.read_bytes()
    except OSError as error:
        raise UserError(f"{lock}: {error.strerror}; every environment needs its lock") from None
    facts = f"{PYTHON} {sys.platform} {platform.machine()}".encode()
    key = hashlib.sha256(content + facts).hexdigest()[:16]
    return project.root / FOLDER / f"{name}-{key}"


def _facts(project: Project, name: str) -> dict[str, str]:
    """What an environment is built from, as its marker says it."""
    return {"environment": name, "lock_sha256": sha256_of(project.lock(name)), "python": PYTHON}


def _build(project: Project, name: str, folder: Path, log: Path, on_step: OnStep) -> None:
    folder.parent.mkdir(exist_ok=True)
    log.parent.mkdir(parents=True, exist_ok=True)
    sizes = package_sizes(project, name, this_platform()) or {}
    unpacked = {pin.partition("==")[0]: disk for pin, (_, disk) in sizes.items()}
    steps, facts = Steps(name, project.root, log, on_step, unpacked), _facts(project, name)
    with _building_site(folder, name) as site:
        _install(project, name, site, steps)
        if (_facts(project, name), _environment_folder(project, name)) != (facts, folder):
            message = f"{project.lock(name)} was changed while it was being installed"
            raise ModelError("environment", message, f"type: {setup_command(name)}")
        imports = ", ".join(("secondtake", *environments()[name]))
        probe = [str(site / "bin" / "python"), "-P", "-c", f"import {imports}"]
        _point_to_sources(project, site)
        steps.run("trying its imports", probe, child_environ(project, build_environ()))
        parts = parts_of(site, PYTHON, SOURCES_FILE)
        write_json(site / MARKER, {**facts, PARTS: parts})
        if folder.exists():  # a broken one: out of the way in one step, then removed
            folder.rename(site.with_name(f"{site.name}-old"))
        site.rename(folder)


def _install(project: Project, name: str, site: Path, steps: Steps) -> None:
    """Make an environment of the lock's packages, as large as they say they are."""
    uv_bin, lock, environ = uv.find_uv_bin(), project.lock(name), build_environ()
    ours = f"{sys.version_info.major}.{sys.version_info.minor}"
    base = sys.executable if ours == PYTHON else PYTHON  # which uv then finds or fetches
    title = f"creating {project.environment(name).name} (Python {PYTHON})"
    if _environment_folder(project, name).exists():
        title += " again, since something of it was deleted, cut or exchanged"
    steps.run(title, [uv_bin, "venv", "--relocatable", "--python", base, str(site)], environ)
    sync = [uv_bin, "pip", "sync", "--require-hashes", "--allow-empty-requirements"]
    sync += [*build_options(project), "--python", str(site / "bin" / "python"), str(lock)]
    install = partial(steps.run, f"installing {project.relative(lock)}", environ=environ)
    install(sync)
    packages = site_packages(site, PYTHON)
    if damaged := damaged_packages(packages):
        # Files are links to those of uv's cache, where a cut one is cut as well.
        clean = [uv_bin, "cache", "clean", *damaged]
        steps.run("removing what is damaged from uv's cache", clean, environ)
        install([*sync, *(f"--reinstall-package={package}" for package in damaged)])
        if damaged := damaged_packages(packages):
            message = f"files of {', '.join(damaged)} are not of the size that the package states"
            raise ModelError("environment", message, "type: uv cache clean, then run again")


def build_options(project: Project) -> list[str]:
    """How uv builds packages without a wheel: with what is locked for it, and nothing else.

    The setting is none that they know. It makes uv's cache keep what we build, and only that.
    """
    lock = project.lock(BUILD)
    if not lock.is_file():
        return ["--no-build"]
    options = ["--build-constraints", str(lock), "--require-build-hashes"]
    options += ["--preview-features", "build-dependency-hashes"]
    key = f"cmake.define.SECONDTAKE={sha256_of(lock)[:16]}"
    return [*options, *(w for p in NO_WHEELS for w in ("--config-settings-package", f"{p}:{key}"))]


@contextmanager
def _building_site(folder: Path, name: str) -> Iterator[Path]:
    """A folder to build in; it is gone afterwards unless it was renamed."""
    site = folder.with_name(f"{BUILDING}{name}-{uuid4().hex[:8]}")
    try:
        yield site
    finally:
        for path in folder.parent.glob(f"{site.name}*"):
            remove_tree(path)


def _sources_line(project: Project) -> str:
    return SOURCES_LINE.format(root=os.fsencode(project.root))


def _imports_sources(project: Project, folder: Path) -> bool:
    try:
        line = (site_packages(folder, PYTHON) / SOURCES_FILE).read_bytes()
    except OSError:
        return False
    return line == _sources_line(project).encode()


def _point_to_sources(project: Project, folder: Path) -> None:
    """Let the environment import our package from src/, wherever the project now lies."""
    write_text(site_packages(folder, PYTHON) / SOURCES_FILE, _sources_line(project))


def _swap(link: Path, folder: Path) -> None:
    """Point the link at the new environment in one step."""
    fresh = link.with_name(f".{link.name}.part")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(folder.relative_to(link.parent))
    fresh.replace(link)
