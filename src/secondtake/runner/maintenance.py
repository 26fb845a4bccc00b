"""The verbs around a study: setup, fetch, doctor and clean.

`clean` lists what a project can do without: what each thing is and how much room it takes.
"""

import json
import shutil
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from secondtake.core.errors import Exit, ModelError, UserError, exit_of
from secondtake.core.formatting import format_bytes
from secondtake.core.licences import terms_of
from secondtake.core.project import Project
from secondtake.core.registry.all_models import MODELS
from secondtake.core.validation import did_you_mean, shorten_repr
from secondtake.runner import doctor, environments
from secondtake.runner.commands import worst
from secondtake.runner.display import Display
from secondtake.runner.preflight import preflight
from secondtake.runner.programs import fetch_weights, prepare_environment
from secondtake.runner.run_lock import LOCK_NAME, run_lock
from secondtake.runner.settings import open_project

ABANDONED_SECONDS = 3600.0  # no write of ours takes so long
DEFAULT_CACHE = ".cache"
# What the project makes in its cache, wherever that is. `xdg` holds what libraries put there.
CACHES = "analysis converted downloads huggingface logs matplotlib numba torch weights xdg".split()


@dataclass(frozen=True)
class Removable:
    """A file or folder that a command of ours can make again."""

    path: Path
    what: str
    bytes: int  # that removing it gives back at once
    shared_bytes: int  # that it shares with uv's cache by hard links: back when that goes too


def removable(project: Project, *, everything: bool) -> list[Removable]:
    """Old environments and interrupted work; with `everything`, all environments and caches.

    Never takes: the results of a study, the songs, the baseline; nor what a link of the user's
    own leads to, nor what lies beside our caches in a folder that SECONDTAKE_CACHE names.
    """
    paths = [(path, "no longer used") for path in environments.leftovers(project)]
    rests = _partial_files(project.results)
    paths += [(path, "the rest of an interrupted write") for path in rests]
    if everything:
        links = map(project.environment, environments.environments())
        ours = [link for link in links if _is_ours(project, link)]
        built = [link for link in ours if link.exists()]
        paths += [(link.resolve(), f"{link.name}, made again by invoke setup") for link in built]
        paths += [(link, "a link to an environment") for link in ours]
        paths += [(path, "fetched or made again when needed") for path in _caches(project)]
    else:
        rests = _partial_files(project.cache / "converted")
        paths += [(path, "the rest of an interrupted conversion") for path in rests]
    return [Removable(path, what, *_disk_usage(path)) for path, what in paths]


def remove(things: list[Removable]) -> None:
    """Remove them. OSError if something cannot be removed."""
    for thing in things:
        if thing.path.is_symlink() or thing.path.is_file():
            thing.path.unlink()
        elif thing.path.exists():
            shutil.rmtree(thing.path)


def _is_ours(project: Project, link: Path) -> bool:
    """True for a link to an environment that we built."""
    folder = (project.root / environments.FOLDER).resolve()
    return link.is_symlink() and link.resolve().parent == folder


def _caches(project: Project) -> list[Path]:
    """The cache folder if it is the project's own; of a folder elsewhere, our parts of it."""
    if project.cache == (project.root / DEFAULT_CACHE):
        return [project.cache] if project.cache.is_dir() else []
    return [path for name in CACHES if (path := project.cache / name).is_dir()]


def _partial_files(folder: Path) -> list[Path]:
    """Files that were being written when their process was killed, a good while ago."""
    parts = folder.rglob(".*.part")
    return sorted(p for p in parts if time.time() - p.stat().st_mtime > ABANDONED_SECONDS)


def _disk_usage(path: Path) -> tuple[int, int]:
    """The bytes of a file or folder: those that it alone holds, and those that it shares."""
    files = [] if path.is_symlink() else [path, *path.rglob("*")]
    states = [file.stat() for file in files if file.is_file() and not file.is_symlink()]
    alone = sum(state.st_size for state in states if state.st_nlink == 1)
    return alone, sum(state.st_size for state in states) - alone


def environment_names(text: str) -> tuple[str, ...]:
    """The environments of "bark,lyrics": of models, analysis, lyrics. () for ""."""
    names = tuple(word.strip().replace("-", "_") for word in text.split(",") if word.strip())
    all_names = environments.environments()
    for name in names:
        if name not in all_names:
            hint = did_you_mean(name, all_names)
            raise UserError(f"--models: no environment {shorten_repr(name)}; {hint}")
    return names


def setup(named: tuple[str, ...]) -> int:
    """Build environments ahead of time: the named, or all models', and the analysis."""
    project, _ = open_project()
    code: int = Exit.DONE
    names = {*(named or MODELS), environments.ANALYSIS}
    with Display() as display:
        for name in sorted(names, key=lambda name: (_environment_bytes(name), name)):
            label = project.environment(name).name
            was_built = environments.is_built(project, name)
            try:
                prepare_environment(project, name, display)
                display.line(f"✓ {label}: {'up to date' if was_built else 'built'}")
            except ModelError as error:
                display.line(f"■ {label}: {error.message}\n    → {error.hint}")
                code = Exit.BLOCKED
    return code


def fetch(models: tuple[str, ...], checkpoints: Mapping[str, str]) -> int:
    """Fetch weights ahead of time."""
    project, settings = open_project()
    code: int = Exit.DONE
    with Display() as display:
        for name in models or tuple(MODELS):
            model = MODELS[name]
            checkpoint = model.checkpoint(checkpoints.get(name, ""))
            try:
                preflight(project, model, checkpoint, settings)
                fetch_weights(project, model, checkpoint.name, settings, display)
                what = "fetched and checked" if checkpoint.weights else "needs no weights"
                display.line(f"✓ {model.title} ({checkpoint.name}): {what}")
            except ModelError as error:
                display.line(f"■ {model.title}: {error.message}\n    → {error.hint}")
                code = worst(code, exit_of(error))
    return code


def examine(models: tuple[str, ...], *, as_json: bool) -> int:
    """Show what would run and what stands in the way; BLOCKED if a default checkpoint cannot."""
    project, settings = open_project()
    reports = doctor.diagnose(project, settings, models)
    if as_json:
        print(json.dumps([vars(report) for report in reports], indent=2))
    else:
        _print_reports(project, reports)
    blocked = any(report.code and report.default for report in reports)
    return Exit.BLOCKED if blocked else Exit.DONE


def clean(*, everything: bool, yes: bool) -> int:
    """Show what can go and how much room that gives back; remove it only with `yes`."""
    project, _ = open_project()
    things = removable(project, everything=everything)
    total = format_bytes(sum(thing.bytes for thing in things))
    for thing in things:
        shared = f" (and {format_bytes(thing.shared_bytes)} shared with uv's cache)"
        room = format_bytes(thing.bytes) + (shared if thing.shared_bytes else "")
        print(f"{project.relative(thing.path)}: {thing.what}, {room}")
    if not things:
        print("nothing to remove" if everything else "nothing to remove; --all looks at more")
    elif yes:
        with ExitStack() as locks:  # no study may be using what goes
            for lock in sorted(project.results.rglob(LOCK_NAME)):
                locks.enter_context(run_lock(lock.parent))
            remove(things)
        print(f"removed; {total} given back")
    else:
        print(f"would give back {total}; nothing was removed, add --yes to do it")
    return Exit.DONE


def _environment_bytes(name: str) -> int:
    return MODELS[name].environment_bytes if name in MODELS else 0


def _print_reports(project: Project, reports: list[doctor.CheckpointReport]) -> None:
    for line in doctor.machine_lines(project):
        print(line)
    for report in reports:
        mark = "■" if report.code else "✓"
        print(f"\n{mark} {report.model} ({report.checkpoint})")
        print(f"    environment: {report.environment}; weights: {report.weights}")
        print(f"    memory while it runs: about {format_bytes(report.memory_bytes)}")
        if report.licence:
            print(f"    licence of the weights: {report.licence}")
        if report.experience:
            print(f"    time: {report.experience}")
        if report.code:
            print(f"    blocked: {report.message}\n    → {report.hint}")
        if report.suggestion:
            print(f"    suggestion: {report.suggestion}")
    for terms in dict.fromkeys(t for report in reports for t in terms_of(report.licence)):
        print(f"\n{terms.sentence}")
