"""The verbs of tasks.py, of a study and of loose audio files.

Each returns an exit code (secondtake.core.errors.Exit). For loose files, programs run in the folder
where the user stands, so that files are named in answers as they were typed.
"""

import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path

from secondtake.core.errors import Exit, UserError, run_program
from secondtake.core.leftovers import ENVIRONMENTS
from secondtake.core.plan import Request, plan, planned_jobs
from secondtake.core.project import DEMO_SONG, Project
from secondtake.core.registry.all_models import MODELS
from secondtake.core.run_lock import environments_in_use, locked_song, run_lock
from secondtake.core.selection import select_segment, select_segments
from secondtake.core.song import Song, load_song, whole_baseline
from secondtake.core.streams import open_streams
from secondtake.core.take_store import TakeStore
from secondtake.core.validation import shorten_repr
from secondtake.runner.browser import open_page
from secondtake.runner.child_process import answer_signals
from secondtake.runner.display import Display
from secondtake.runner.dry_run import show_plan
from secondtake.runner.engines import ONE_HERE, EngineRequest
from secondtake.runner.environments import ANALYSIS
from secondtake.runner.preflight import ready_checkpoints
from secondtake.runner.programs import prepare_environment, run_script
from secondtake.runner.run_summary import print_summary
from secondtake.runner.settings import open_project
from secondtake.runner.stages import LISTENING, REPORT, Judging, run_stage_script
from secondtake.runner.stamps import Stamps
from secondtake.runner.study import generate
from secondtake.runner.study_run import StudyRun


def run(command: Callable[[], int], *, as_json: bool = False) -> int:
    """Run a command; an expected error becomes one line, and an object with as_json, and a code."""
    answer_signals()
    open_streams()
    code = run_program(command, as_json=as_json)
    if code == Exit.INTERRUPTED:
        print("interrupted; what is finished is kept, the same command goes on", file=sys.stderr)
    return code


@contextmanager
def open_song(song_file: str, *, writes: bool = True) -> Iterator[tuple[Project, Song]]:
    """The project, and the song once we have the lock (secondtake.core.run_lock.locked_song)."""
    project, _ = open_project()
    with locked_song(project, song_file, writes=writes) as song:
        yield project, song


def study(
    song_file: str,
    request: Request,
    segments: str = "",
    *,
    evaluate: bool,
    force: bool,
    dry_run: bool,
    as_json: bool,
    yes: bool = False,
    save: bool = False,
    show: bool = False,
    fail_fast: bool = False,
    retry_failed: bool = False,
    engine: EngineRequest = ONE_HERE,
) -> int:
    """Set up, fetch and generate; with `evaluate`, run the stages after generation too.

    segments: as typed, over the request's: "7-10,12" (secondtake.core.selection). save: write the
    request's options into the song file, once nothing refuses them. show: open the listening page.
    """
    project, settings = open_project()
    read = partial(_requested, project, song_file, request, segments)
    read()  # what a model would refuse is refused before a folder is made, or a lock waited for
    with nullcontext() if dry_run else run_lock(project):
        song, request = read()  # as whoever had the lock left it
        if save:
            song = _save(song, request, project, write=not dry_run)
        with Display(to_stderr=as_json) as display:
            study_run = StudyRun(
                project, settings, song, request, display, force, yes, evaluate, fail_fast,
                retry_failed, engine,
            )  # fmt: skip
            with study_run.closing:
                if dry_run:
                    show_plan(study_run, as_json=as_json)
                    return Exit.DONE
                generate(study_run, Judging(project, song, display, settings).in_between)
                codes: dict[str, int] = {}
                if evaluate and not study_run.ended_early:
                    with study_run.analysis_pool() as variables:
                        judging = Judging(project, song, display, settings, variables)
                        codes = judging.at_the_end()
    code = worst(study_run.exit_code, *codes.values())
    print_summary(study_run, codes, code, as_json=as_json)
    if show:
        open_page(project, song.results / LISTENING)
    return code


def _requested(
    project: Project, song_file: str, request: Request, segments: str
) -> tuple[Song, Request]:
    """The song and the whole request. UserError if the song or a model refuses it."""
    song = load_song(project.song(song_file), project)
    if segments:
        request = replace(request, segments=select_segments(song, segments, "--segments"))
    if request.edit:
        planned_jobs(song, request, project, TakeStore(song.results, song.name))
    else:
        plan(song, request)
    return song, request


def demo(*, force: bool, dry_run: bool, as_json: bool, show: bool = False) -> int:
    """The study of the demo song, by the control and by every model that is set up here.

    So the packages of the control and of the analysis are all that it may have to download.
    """
    project, settings = open_project()
    song = load_song(project.song(DEMO_SONG), project)
    ready = {model.name: "" for model in MODELS.values() if model.is_control}
    for name, checkpoint in ready_checkpoints(project, settings):
        if name not in ready:
            try:
                plan(song, Request(models=(name,), checkpoints={name: checkpoint}))
                ready[name] = checkpoint
            except UserError as error:
                print(f"note: {name} ({checkpoint}) is set up, but: {error}", file=sys.stderr)
    return study(
        DEMO_SONG,
        Request(models=tuple(ready), checkpoints={n: c for n, c in ready.items() if c}),
        evaluate=True,
        force=force,
        dry_run=dry_run,
        as_json=as_json,
        show=show,
    )


def _save(song: Song, request: Request, project: Project, *, write: bool) -> Song:
    from secondtake.runner.song_edit import save_options

    edited = save_options(song, request, project, write=write)
    return edited if write else song


def run_stage(song_file: str, stage: str, arguments: list[str]) -> int:
    """Run one stage after generation on its own, as the verbs of tasks.py do."""
    with open_song(song_file, writes="--check" not in arguments) as (project, song):
        return run_locked_stage(project, song, stage, arguments)


def run_locked_stage(project: Project, song: Song, stage: str, arguments: Sequence[str]) -> int:
    """Run one stage, and those that go with it; whoever calls has the lock.

    The takes are ranked anew (milliseconds) before a stage that uses the ranking and after one that
    changes it, so that "the best take" is never of yesterday.
    """
    stamps = Stamps(project, song)

    def prepare() -> None:
        with Display(to_stderr="--json" in arguments) as display:
            prepare_environment(project, ANALYSIS, display)

    def done(name: str, options: Sequence[str]) -> int:
        code = run_stage_script(stamps, name, options, sys.stdout, prepare)
        return Exit.FAILED if code < 0 else code

    codes = []
    if stage in ("analyse", "listen", "report") and "--check" not in arguments:
        codes.append(done("rank", ["--quiet"]))
    codes.append(done(stage, arguments))
    if stage == "listen" and codes[-1] == Exit.DONE:
        codes.append(done("report", []))
    if stage in ("verify", "understand"):
        codes.append(done("rank", ["--quiet"]))
    return next((code for code in codes if code), Exit.DONE)


def page(song_file: str, *, lossless: bool, show: bool) -> int:
    """Write the listening page, of clips that are made anew where sounds have changed.

    lossless: the encoding of the clips, which all later stages keep.
    """
    code = run_stage(song_file, "listen", ["--lossless" if lossless else "--mp3"])
    return _shown(song_file, LISTENING, code, show=show)


def report(song_file: str, *, html: bool, check: bool, show: bool) -> int:
    """Write the PHASE pages and the listening page; with `html` the report too."""
    if check and (html or show):
        raise UserError("--check: writes and opens nothing; leave --html and --open away")
    if html:  # with players, so their clips first, and then the pages that play them
        with open_song(song_file) as (project, song):
            code = run_locked_stage(project, song, "listen", [])
            code = run_locked_stage(project, song, "report", ["--html"]) or code
    else:
        code = run_stage(song_file, "report", ["--check"] if check else [])
    return _shown(song_file, REPORT if html else LISTENING, code, show=show)


def votes(files: Sequence[str], song_file: str, as_json: bool) -> int:
    """Merge the votes of listeners: scripts/merge_votes.py; then write the pages anew."""
    if not files:
        raise UserError("votes of which listeners? type: invoke votes FILE FILE …")
    named = [_existing_file(file) for file in files]
    with open_song(song_file) as (project, song):
        code = _run_on_files("merge_votes", ["--song", str(song.path)], named, as_json)
        if code in (Exit.DONE, Exit.FAILED) and not as_json:  # failed: some file was no use
            return worst(code, run_locked_stage(project, song, "report", []))
    return code


def _shown(song_file: str, name: str, code: int, *, show: bool) -> int:
    """The code of a command that wrote a page, which is opened if that is wanted."""
    if show and code == Exit.DONE:
        project, _ = open_project()
        open_page(project, load_song(project.song(song_file), project).results / name)
    return code


def import_baseline(
    song_file: str, recording: str, segment: str, options: list[str], save: bool = False
) -> int:
    """Cut a recording into a segment's baseline file; without a segment, make it the whole song's.

    save: name the whole song's baseline in the song file, if that has none.
    """
    with open_song(song_file) as (project, song):
        return _import_baseline(project, song, recording, segment, options, save)


def _import_baseline(
    project: Project, song: Song, recording: str, segment: str, options: list[str], save: bool
) -> int:
    from secondtake.runner.song_edit import save_baseline

    arguments = ["--song", str(song.path)]
    name = whole_baseline(song, project).name
    is_new = save and song.baseline is None
    if segment:
        if save:
            raise UserError("--save: names the whole song's baseline; leave --segment away")
        arguments.append(f"--segment={select_segment(song, segment, '--segment')}")
    else:
        _existing_file(recording)
    if is_new:
        save_baseline(song, name, project, write=False)  # what cannot be is refused before a copy
    with Display() as display:
        prepare_environment(project, ANALYSIS, display)
    arguments += [*options, "--", str(Path(recording).absolute())]
    code = run_script(project, ANALYSIS, "import_baseline", arguments, sys.stdout)
    if is_new and not code:
        save_baseline(song, name, project)
    return code


def worst(*codes: int) -> int:
    """The code that says most: a failure, then bad input, then a block, then all well."""
    if Exit.UNEXPECTED in codes:
        return Exit.UNEXPECTED
    if set(codes) - {Exit.DONE, Exit.BAD_INPUT, Exit.BLOCKED}:  # a crash has a code of its own
        return Exit.FAILED
    return next((code for code in (Exit.BAD_INPUT, Exit.BLOCKED) if code in codes), Exit.DONE)


PICTURES = (".png", ".svg")


def compare(reference: str, estimate: str, naive: bool, as_json: bool, picture: str) -> int:
    """Compare one file with another: scripts/compare_files.py."""
    files = [_existing_file(reference), _existing_file(estimate)]
    options = ["--naive"] if naive else []
    if picture:
        options.append(f"--picture={_picture_file(picture)}")
    return _run_on_files("compare_files", options, files, as_json)


def check(files: Sequence[str], as_json: bool, expect: str = "") -> int:
    """Check files for faults that can be measured: scripts/check_files.py."""
    if not files:
        raise UserError("check which files? type: invoke check FILE FILE …")
    expect = expect.lower()
    if expect not in ("", "vocal", "instrumental"):
        raise UserError(f"--expect: {shorten_repr(expect)} is neither vocal nor instrumental")
    options = [f"--expect={expect}"] if expect else []
    return _run_on_files("check_files", options, [_existing_file(file) for file in files], as_json)


def _run_on_files(script: str, options: Sequence[str], files: Sequence[str], as_json: bool) -> int:
    """Run a program of the analysis on files, in the folder from which they were named."""
    project, _ = open_project()
    arguments = [*options, *(["--json"] if as_json else []), "--", *files]
    with analysis_in_use(project, as_json=as_json):
        return run_script(project, ANALYSIS, script, arguments, sys.stdout, Path.cwd())


@contextmanager
def analysis_in_use(project: Project, *, as_json: bool = False) -> Iterator[None]:
    """Keep the environment of the analysis for a program that needs no lock; built if need be."""
    (project.root / ENVIRONMENTS).mkdir(exist_ok=True)
    with environments_in_use(project):
        with Display(to_stderr=as_json) as display:
            prepare_environment(project, ANALYSIS, display)
        yield


def _existing_file(name: str) -> str:
    """The name of a file, which must be there. The program checks that it is audio."""
    label, path = _printable(name), Path(name)
    try:
        if path.is_dir():
            raise UserError(f"{label}: a folder; name its files, for example {label}/*.wav")
        if not path.is_file():
            raise UserError(f"{label}: no such file in {Path.cwd()}; give its path from there")
    except OSError as error:  # a name that is too long, a folder that is closed
        raise UserError(f"{shorten_repr(name)}: {error.strerror}") from None
    return name


def _picture_file(name: str) -> str:
    label, path = _printable(name), Path(name)
    if path.suffix.lower() not in PICTURES:
        raise UserError(f"--picture: {label}: a picture is named {' or '.join(PICTURES)}")
    if not path.absolute().parent.is_dir():
        folder = str(path.parent)
        remedy = f"make it first: mkdir -p {shlex.quote(folder)}" if folder.isprintable() else ""
        raise UserError(f"--picture: {_printable(folder)} is no folder; {remedy}".rstrip("; "))
    return name


def _printable(name: str) -> str:
    """A file's name for a message: as it was typed, unless it would steer the terminal."""
    return name if name.isprintable() else shorten_repr(name)
