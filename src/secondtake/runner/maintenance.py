"""The verbs around a study: setup, fetch, doctor and clean.

`clean` lists what a project can do without: what each thing is and how much room it takes. A take
is removed only from the bin, where `invoke discard` and `invoke clean --takes` put it.
"""

import shutil
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from secondtake.core.errors import BLOCKING, Exit, ModelError, UserError, exit_of
from secondtake.core.formatting import format_bytes, plural
from secondtake.core.licences import terms_of
from secondtake.core.plan import Request, plan
from secondtake.core.project import Project
from secondtake.core.registry.all_judges import SPECS, setup_command
from secondtake.core.registry.all_models import MODELS
from secondtake.core.registry.spec import Checkpoint, ModelSpec
from secondtake.core.run_lock import removal_lock, run_lock
from secondtake.core.song import Song, load_song
from secondtake.core.streams import print_json
from secondtake.core.take_files import discarded_folder
from secondtake.core.takes import Take, takes_folder
from secondtake.core.validation import did_you_mean, match_name, shorten_repr
from secondtake.runner import doctor, environments
from secondtake.runner.amounts import Amount, environment_amounts
from secondtake.runner.commands import worst
from secondtake.runner.consent import declined, declined_error, without_room
from secondtake.runner.cost_table import in_order
from secondtake.runner.costs import Cost, cost_of, total
from secondtake.runner.display import Display
from secondtake.runner.judge_commands import judge_lines, set_up_judges
from secondtake.runner.keeping import discard_all, unplanned_takes
from secondtake.runner.preflight import preflight
from secondtake.runner.programs import fetch_weights, prepare_environment
from secondtake.runner.settings import Settings, open_project

DEFAULT_CACHE = ".cache"
# What the project makes in its cache, wherever that is. `xdg` holds what libraries put there.
CACHES = (
    "analysis converted downloads huggingface judgments logs matplotlib numba torch weights xdg"
).split()


@dataclass(frozen=True)
class Removable:
    """A file or folder that a command of ours can make again."""

    path: Path
    what: str
    bytes: int  # that removing it gives back at once
    shared_bytes: int  # that it shares with uv's cache by hard links: back when that goes too


def removable(project: Project, *, everything: bool) -> list[Removable]:
    """Old environments and the bins; with `everything`, all environments and caches.

    Never the results of a study, the songs, the baseline; nor what a link of the user's own leads
    to, nor what lies beside our caches in a folder that SECONDTAKE_CACHE names.
    """
    paths = [(path, "no longer used") for path in environments.leftovers(project)]
    paths += [(path, "discarded takes (invoke keep TAKE restores one)") for path in _bins(project)]
    if everything:
        links = map(project.environment, environments.environments())
        ours = [link for link in links if _is_ours(project, link)]
        built = [link for link in ours if link.exists()]
        paths += [(link.resolve(), f"{link.name}, made again by invoke setup") for link in built]
        paths += [(link, "a link to an environment") for link in ours]
        paths += [(path, "fetched or made again when needed") for path in _caches(project)]
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


def _bins(project: Project) -> list[Path]:
    """The folders of discarded takes of every song, be its file still there or not."""
    name = discarded_folder(project.results).name
    beside = (path.parent / name for path in project.results.rglob(takes_folder(Path()).name))
    own = (discarded_folder(song.results) for song in _songs(project)[0])
    return sorted({path for path in (*beside, *own) if path.is_dir() and not path.is_symlink()})


def _songs(project: Project) -> tuple[list[Song], list[str]]:
    """The songs of the project, and why the files of others cannot be read."""
    songs, troubles = [], []
    for path in sorted((project.root / "songs").glob("*.toml")):
        try:
            songs.append(load_song(path, project))
        except UserError as error:
            troubles.append(str(error))
    return songs, troubles


def _disk_usage(path: Path) -> tuple[int, int]:
    """The bytes of a file or folder: those that it alone holds, and those that it shares."""
    files = [] if path.is_symlink() else [path, *path.rglob("*")]
    states = [file.stat() for file in files if file.is_file() and not file.is_symlink()]
    alone = sum(state.st_size for state in states if state.st_nlink == 1)
    return alone, sum(state.st_size for state in states) - alone


def environment_names(text: str) -> tuple[str, ...]:
    """The environments of "bark,analysis": of models, judges, the analysis. () for ""."""
    all_names = environments.environments()
    names = []
    for word in text.replace(",", " ").split():
        name = match_name(word, all_names)
        if name is None:
            hint = did_you_mean(word, all_names)
            raise UserError(f"--models: no environment {shorten_repr(word)}; {hint}")
        names.append(name)
    return tuple(names)


def setup(
    named: tuple[str, ...], judges: Mapping[str, str] | None = None, *, yes: bool = False
) -> int:
    """Build environments ahead of time: the named, or all models', and the analysis.

    judges: with the checkpoint of each, whose weights are fetched too. Where they alone are named,
    no model's is built. yes: a large download is not asked about.
    """
    project, settings = open_project()
    with run_lock(project):
        code = _setup(project, named, judges or {}, yes=yes)
        if judges:
            code = worst(code, set_up_judges(project, settings, judges, yes=yes))
    return code


def _setup(
    project: Project, named: tuple[str, ...], judges: Mapping[str, str], *, yes: bool
) -> int:
    code: int = Exit.DONE
    names = sorted(
        {*(named or (() if judges else MODELS)), environments.ANALYSIS} - judges.keys(),
        key=lambda name: (_environment_bytes(name), name),
    )
    labels = {name: project.environment(name).name for name in names}
    with Display() as display:
        downloads = {labels[name]: environment_amounts(project, name)[0] for name in names}
        refused = declined({k: v for k, v in downloads.items() if v}, display, yes=yes)
        for name in names:
            label = labels[name]
            was_built = environments.is_built(project, name)
            try:
                if label in refused:
                    command = f"{setup_command(name)} --yes"
                    raise declined_error(downloads[label], command)
                prepare_environment(project, name, display)
                display.line(f"✓ {label}: {'up to date' if was_built else 'built'}")
            except ModelError as error:
                display.line(f"■ {label}: {error.message}\n    → {error.hint}")
                code = Exit.BLOCKED
    return code


def fetch(models: tuple[str, ...], checkpoints: Mapping[str, str], *, yes: bool = False) -> int:
    """Fetch weights ahead of time. yes: a large download is not asked about."""
    project, settings = open_project()
    wanted = [
        (MODELS[name], MODELS[name].checkpoint(checkpoints.get(name, "")))
        for name in models or tuple(MODELS)
    ]
    with run_lock(project):
        return _fetch(project, settings, wanted, yes=yes)


def _fetch(
    project: Project,
    settings: Settings,
    wanted: list[tuple[ModelSpec, Checkpoint]],
    *,
    yes: bool,
) -> int:
    code: int = Exit.DONE
    with Display() as display:
        costs: list[Cost] = []
        blocked: dict[str, ModelError] = {}
        for model, checkpoint in wanted:
            try:
                access = preflight(project, model, checkpoint, settings)
                cost = cost_of(project, settings, model, checkpoint, access=access)
                costs.append(replace(cost, packages=Amount(), environment_disk=Amount()))
            except ModelError as error:
                blocked[model.name] = error
        together = total(project, costs)
        blocked |= without_room(together)
        together = together.without(blocked)
        for line in together.download_lines() if together.download else ():
            display.line(line)
        downloads = {MODELS[cost.model].title: cost.weights for cost in together.each}
        refused = declined({k: v for k, v in downloads.items() if v}, display, yes=yes)
        for model, checkpoint in wanted:
            try:
                if model.name in blocked:
                    raise blocked[model.name]
                if model.title in refused:
                    command = f"invoke fetch --models {model.name} --yes"
                    raise declined_error(downloads[model.title], command)
                fetch_weights(project, model, checkpoint.name, settings, display)
                what = "fetched and checked" if checkpoint.weights else "needs no weights"
                display.line(f"✓ {model.title} ({checkpoint.name}): {what}")
            except ModelError as error:
                display.line(f"■ {model.title}: {error.message}\n    → {error.hint}")
                code = worst(code, exit_of(error))
    return code


def examine(models: tuple[str, ...], *, as_json: bool, song: str = "") -> int:
    """Show what would run and what stands in the way.

    BLOCKED if a default checkpoint cannot, FAILED if what the hub has is not what it needs.
    song: a song file to look at too; UserError if a model would refuse a segment of it.
    """
    project, settings = open_project()
    if song:
        plan(load_song(project.song(song), project), Request(models=models))
    reports = doctor.diagnose(project, settings, models)
    if as_json:
        print_json([report.to_json() for report in reports])
    else:
        _print_reports(project, reports)
    codes = [r.code for r in reports if r.code and r.default and r.kind == "model"]
    return worst(*(Exit.BLOCKED if code in BLOCKING else Exit.FAILED for code in codes))


def clean(*, everything: bool, yes: bool, takes: bool = False) -> int:
    """Show what can go and how much room that gives back; remove it only with `yes`.

    takes: with `yes`, those that no song asks for any longer are moved into the bin, from which
    the next such command removes them.
    """
    project, _ = open_project()
    with removal_lock(project) if yes else nullcontext():  # nobody may be using what goes
        _clean(project, everything=everything, yes=yes, takes=takes)
    return Exit.DONE


def _clean(project: Project, *, everything: bool, yes: bool, takes: bool) -> None:
    things = removable(project, everything=everything)
    unplanned = _show_unplanned(project, listed=takes)
    total = format_bytes(sum(thing.bytes for thing in things))
    for thing in things:
        shared = f" (and {format_bytes(thing.shared_bytes)} shared with uv's cache)"
        room = format_bytes(thing.bytes) + (shared if thing.shared_bytes else "")
        print(f"{project.relative(thing.path)}: {thing.what}, {room}")
    if not things and not (takes and unplanned):
        print("nothing to remove" if everything else "nothing to remove; --all looks at more")
    elif yes:
        remove(things)
        for song, song_takes in unplanned if takes else ():
            discard_all(song, song_takes)
        print(f"removed; {total} given back")
        if takes and unplanned:
            count = plural(sum(len(song_takes) for _, song_takes in unplanned), "take")
            print(f"{count} moved into the bin; invoke clean --yes empties it")
    else:
        print(f"would give back {total}; nothing was removed, add --yes to do it")


def _show_unplanned(project: Project, *, listed: bool) -> list[tuple[Song, list[Take]]]:
    """Show the takes that no song asks for: each, or how many; kept ones are none of them."""
    songs, troubles = _songs(project)
    unplanned = []
    for song in songs:
        try:
            if takes := list(unplanned_takes(song)):
                unplanned.append((song, takes))
        except UserError as error:
            troubles.append(str(error))
    for trouble in troubles:
        print(f"takes are left alone: {trouble}")
    for song, takes in unplanned:
        folder, file = takes_folder(song.results), project.relative(song.path)
        size = format_bytes(sum(take.wav.bytes for take in takes))
        if not listed:
            what = (
                f"{plural(len(takes), 'take')} of segments or models that {file} asks for no longer"
            )
            print(f"{project.relative(folder)}: {what}, {size}; --takes moves them into the bin")
        for take in takes if listed else ():
            name = project.relative(folder / take.wav.file)
            print(
                f"{name}: {file} asks for it no longer; to the bin, {format_bytes(take.wav.bytes)}"
            )
    return unplanned


def _environment_bytes(name: str) -> int:
    return SPECS[name].environment_bytes if name in SPECS else 0


def _print_reports(project: Project, reports: list[doctor.CheckpointReport]) -> None:
    for line in doctor.machine_lines(project):
        print(line)
    judges = [report for report in reports if report.kind == "judge"]
    reports = [report for report in reports if report.kind == "model"]
    for report in reports:
        mark = "■" if report.code else "✓"
        print(f"\n{mark} {report.model} ({report.checkpoint})")
        print(f"    environment: {report.environment}; weights: {report.weights}")
        for line in report.cost.lines():
            print(f"    {line}")
        if report.licence:
            print(f"    licence of the weights: {report.licence}")
        if report.code:
            print(f"    blocked: {report.message}\n    → {report.hint}")
        if report.suggestion:
            print(f"    suggestion: {report.suggestion}")
    print("\nthe default checkpoints together:")
    together = total(project, [report.cost for report in reports if report.default])
    for line in together.lines():
        print(f"    {line}")
    alone = {report.model for report in reports if report.default and report.code == "disk"}
    for name, error in without_room(in_order(together.without(alone))).items():
        print(f"    ■ no room for {MODELS[name].title}: {error.message}\n    → {error.hint}")
    if judges:
        print("\njudges, which hear the takes of every run once they are set up (docs/judges.md):")
    for report in judges:
        for line in judge_lines(report):
            print(f"    {line}")
    every = [*reports, *judges]
    for terms in dict.fromkeys(t for report in every for t in terms_of(report.licence)):
        print(f"\n{terms.sentence}")
