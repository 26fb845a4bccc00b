"""The verbs around a study: set up and fetch ahead of time, look for what is wrong, make room.

What a project can do without: what each thing is, how much room it takes, what removes it.
"""

import json
import shutil
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from secondtake.core.errors import Exit, ModelError, UserError
from secondtake.core.exits import exit_of
from secondtake.core.licences import Terms, terms_of
from secondtake.core.project import Project
from secondtake.core.registry.all_models import MODELS
from secondtake.core.validation import did_you_mean, shown
from secondtake.runner import doctor, environments
from secondtake.runner.commands import begin, build_log, worst
from secondtake.runner.display import Display, size
from secondtake.runner.preflight import check_access
from secondtake.runner.run_lock import NAME as LOCK_NAME
from secondtake.runner.run_lock import only_run
from secondtake.runner.study import fetch_weights, prepare_environment

ABANDONED_SECONDS = 3600.0  # no write of ours takes so long
DEFAULT_CACHE = ".cache"
# What the project makes in its cache, wherever that is. `xdg` holds what libraries put there.
CACHES = tuple(
    "analysis converted downloads huggingface logs matplotlib numba torch weights xdg".split()
)


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
    paths += [(path, "the rest of an interrupted write") for path in _rests(project.results)]
    if everything:
        links = map(project.environment, environments.environments())
        ours = [link for link in links if _is_ours(project, link)]
        paths += [
            (link.resolve(), f"{link.name}, made again by invoke setup")
            for link in ours
            if link.exists()
        ]
        paths += [(link, "a link to an environment") for link in ours]
        paths += [(path, "fetched or made again when needed") for path in _caches(project)]
    else:
        rests = _rests(project.cache / "converted")
        paths += [(path, "the rest of an interrupted conversion") for path in rests]
    return [Removable(path, what, *_room(path)) for path, what in paths]


def remove(things: list[Removable]) -> None:
    """Remove them. OSError if something cannot be removed."""
    for thing in things:
        if thing.path.is_symlink() or thing.path.is_file():
            thing.path.unlink()
        elif thing.path.exists():
            shutil.rmtree(thing.path)


def _is_ours(project: Project, link: Path) -> bool:
    """Whether this is a link to an environment that we built."""
    folder = (project.root / environments.FOLDER).resolve()
    return link.is_symlink() and link.resolve().parent == folder


def _caches(project: Project) -> list[Path]:
    """The cache folder if it is the project's own; of a folder elsewhere, what we put there."""
    if project.cache == (project.root / DEFAULT_CACHE):
        return [project.cache] if project.cache.is_dir() else []
    return [path for name in CACHES if (path := project.cache / name).is_dir()]


def _rests(folder: Path) -> list[Path]:
    """Files that were being written when their process was killed, a good while ago."""
    parts = folder.rglob(".*.part")
    return sorted(p for p in parts if time.time() - p.stat().st_mtime > ABANDONED_SECONDS)


def _room(path: Path) -> tuple[int, int]:
    """The bytes of a file or folder: those it alone holds, and those it shares."""
    alone, shared = 0, 0
    for file in [] if path.is_symlink() else [path, *path.rglob("*")]:
        if file.is_file() and not file.is_symlink():
            status = file.stat()
            if status.st_nlink == 1:
                alone += status.st_size
            else:
                shared += status.st_size
    return alone, shared


def environment_names(text: str) -> tuple[str, ...]:
    """The environments of "bark,lyrics": of models, analysis, lyrics. () for ""."""
    names = tuple(word.strip().replace("-", "_") for word in text.split(",") if word.strip())
    known = environments.environments()
    for name in names:
        if name not in known:
            raise UserError(f"--models: no environment {shown(name)}; {did_you_mean(name, known)}")
    return names


def setup(named: tuple[str, ...]) -> int:
    """Build environments ahead of time: the named, or all models', and the analysis."""
    project, _ = begin()
    code: int = Exit.DONE
    names = {*(named or MODELS), environments.ANALYSIS}
    with Display() as display:
        for name in sorted(names, key=lambda name: (_weight(name), name)):
            label = project.environment(name).name
            was_built = environments.is_built(project, name)
            try:
                prepare_environment(project, name, build_log(project, name), display)
                display.line(f"✓ {label}: {'up to date' if was_built else 'built'}")
            except ModelError as error:
                display.line(f"■ {label}: {error.message}\n    → {error.hint}")
                code = Exit.BLOCKED
    return code


def fetch(models: tuple[str, ...], checkpoints: Mapping[str, str]) -> int:
    """Fetch weights ahead of time."""
    project, settings = begin()
    code: int = Exit.DONE
    with Display() as display:
        for name in models or tuple(MODELS):
            model = MODELS[name]
            checkpoint = model.checkpoint(checkpoints.get(name, ""))
            try:
                check_access(project, model, checkpoint, settings)
                fetch_weights(project, model, checkpoint.name, settings, display)
                what = "fetched and checked" if checkpoint.weights else "needs no weights"
                display.line(f"✓ {model.title} ({checkpoint.name}): {what}")
            except ModelError as error:
                display.line(f"■ {model.title}: {error.message}\n    → {error.hint}")
                code = worst(code, exit_of(error))
    return code


def examine(models: tuple[str, ...], *, as_json: bool) -> int:
    """Say what would run and what stands in the way; BLOCKED if a default checkpoint cannot."""
    project, settings = begin()
    findings = doctor.examine(project, settings, models)
    if as_json:
        print(json.dumps([finding.to_json() for finding in findings], indent=2))
    else:
        _print_findings(project, findings)
    blocked = any(finding.code and finding.default for finding in findings)
    return Exit.BLOCKED if blocked else Exit.DONE


def clean(*, everything: bool, yes: bool) -> int:
    """Say what can go and how much room that gives back; remove it only with `yes`."""
    project, _ = begin()
    things = removable(project, everything=everything)
    for thing in things:
        shared = f" (and {size(thing.shared_bytes)} shared with uv's cache)"
        room = size(thing.bytes) + (shared if thing.shared_bytes else "")
        print(f"{project.relative(thing.path)}: {thing.what}, {room}")
    if not things:
        print("nothing to remove" if everything else "nothing to remove; --all looks at more")
    elif yes:
        with ExitStack() as held:  # no study may be using what goes
            for lock in sorted(project.results.rglob(LOCK_NAME)):
                held.enter_context(only_run(lock.parent))
            remove(things)
        print(f"removed; {size(sum(thing.bytes for thing in things))} given back")
    else:
        total = size(sum(thing.bytes for thing in things))
        print(f"would give back {total}; nothing was removed, add --yes to do it")
    return Exit.DONE


def _weight(name: str) -> int:
    return MODELS[name].environment_bytes if name in MODELS else 0


def _known_terms(findings: list[doctor.Finding]) -> list[Terms]:
    """What the licences among these say, each once."""
    return list(dict.fromkeys(t for finding in findings for t in terms_of(finding.licence)))


def _print_findings(project: Project, findings: list[doctor.Finding]) -> None:
    for line in doctor.machine_lines(project):
        print(line)
    for finding in findings:
        mark = "■" if finding.code else "✓"
        print(f"\n{mark} {finding.model} ({finding.checkpoint})")
        print(f"    environment: {finding.environment}; weights: {finding.weights}")
        print(f"    memory while it runs: about {size(finding.memory_bytes)}")
        if finding.licence:
            print(f"    licence of the weights: {finding.licence}")
        if finding.experience:
            print(f"    time: {finding.experience}")
        if finding.code:
            print(f"    blocked: {finding.message}\n    → {finding.hint}")
        if finding.suggestion:
            print(f"    suggestion: {finding.suggestion}")
    for terms in _known_terms(findings):
        print(f"\n{terms.sentence}")
