"""The verbs of tasks.py, of a study and of loose audio files.

Each returns an exit code (secondtake.core.errors.Exit). For loose files, programs run in the folder
where the user stands, so that files are named in answers as they were typed.
"""

import json
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from io import TextIOWrapper
from pathlib import Path
from types import FrameType

from secondtake.core.errors import Exit, ModelError, UserError, run_program
from secondtake.core.plan import Request
from secondtake.core.project import Project
from secondtake.core.song import Song, load_song
from secondtake.core.validation import shorten_repr
from secondtake.runner.display import Display
from secondtake.runner.dry_run import show_plan
from secondtake.runner.environments import ANALYSIS
from secondtake.runner.estimates import timing_histories
from secondtake.runner.options import parse_whole_number
from secondtake.runner.programs import prepare_environment, run_script, run_stage_script
from secondtake.runner.run_lock import LockedError, run_lock
from secondtake.runner.settings import open_project
from secondtake.runner.study import StudyRun, generate


def run(command: Callable[[], int]) -> int:
    """Run a command; an expected error becomes one line and an exit code."""
    signal.signal(signal.SIGTERM, _terminated)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a ✓ on a Latin-1 terminal stops no run
    try:
        code = run_program(command)
    except LockedError as error:
        print(f"error: {error}", file=sys.stderr)
        return Exit.LOCKED
    if code == Exit.INTERRUPTED:
        print("interrupted; finished takes are kept, run again to go on", file=sys.stderr)
    return code


def _terminated(number: int, frame: FrameType | None) -> None:
    raise SystemExit(Exit.TERMINATED)


def study(
    song_file: str, request: Request, *, evaluate: bool, force: bool, dry_run: bool, as_json: bool
) -> int:
    """Set up, fetch and generate; with `evaluate`, then run every stage after generation."""
    project, settings = open_project()
    song = load_song(project.song(song_file), project)
    with Display(to_stderr=as_json) as display:
        study_run = StudyRun(project, settings, song, request, display, force)
        if dry_run:
            histories = timing_histories(project)
            show_plan(song.name, study_run.planned(), settings, histories, as_json=as_json)
            return Exit.DONE
        with run_lock(song.results):
            generate(study_run)
            codes = _run_stages(project, song, display) if evaluate else {}
    code = worst(study_run.exit_code, *codes.values())
    _summarise(study_run, codes, code, as_json)
    return code


def run_stage(song_file: str, stage: str, arguments: list[str]) -> int:
    """Run one stage after generation on its own: verify, understand, rank, analyse or report.

    The takes are ranked anew (milliseconds) before a stage that uses the ranking and after one that
    changes it, so that "the best take" is never of yesterday.
    """
    project, _ = open_project()
    song = load_song(project.song(song_file), project)
    if stage not in ("understand", "rank", "report"):
        with Display(to_stderr="--json" in arguments) as display:
            prepare_environment(project, ANALYSIS, display)
    codes = []
    if stage in ("analyse", "report") and "--check" not in arguments:
        codes.append(run_stage_script(project, song, "rank", ["--quiet"], sys.stdout))
    codes.append(run_stage_script(project, song, stage, arguments, sys.stdout))
    if stage in ("verify", "understand"):
        codes.append(run_stage_script(project, song, "rank", ["--quiet"], sys.stdout))
    return next((code for code in codes if code), Exit.DONE)


def import_baseline(song_file: str, recording: str, number: str, options: list[str]) -> int:
    """Cut a recording into a segment's baseline file."""
    project, _ = open_project()
    song = load_song(project.song(song_file), project)
    if not number:
        first = song.segments[0].number
        example = f"invoke import-baseline FILE --segment {first}"
        raise UserError(f"whose baseline is it? type: {example}")
    segment = song.segment(parse_whole_number(number, "--segment")).number
    with Display() as display:
        prepare_environment(project, ANALYSIS, display)
    arguments = ["--song", str(song.path), f"--segment={segment}", *options]
    arguments += ["--", str(Path(recording).absolute())]
    return run_script(project, ANALYSIS, "import_baseline", arguments, sys.stdout)


def _run_stages(project: Project, song: Song, display: Display) -> dict[str, int]:
    """Verify, understand, rank, analyse and report; each stage's exit code."""
    codes: dict[str, int] = {}
    out = sys.stderr if display.console.stderr else sys.stdout
    todo: tuple[str, ...] = ("verify", "understand", "rank", "analyse", "report")
    try:
        prepare_environment(project, ANALYSIS, display)
    except ModelError as error:
        display.line(f"■ verify, analyse: {error.message}\n    → {error.hint}")
        codes["analysis environment"] = Exit.BLOCKED
        todo = ("understand", "rank", "report")
    for stage in todo:
        display.heading(f"{song.title}: {stage}")
        codes[stage] = run_stage_script(project, song, stage, [], out)
    return codes


def worst(*codes: int) -> int:
    """The code that says most: a failure, then bad input, then a block, then all well."""
    for code in (Exit.FAILED, Exit.BAD_INPUT, Exit.BLOCKED):
        if code in codes:
            return code
    return Exit.FAILED if any(codes) else Exit.DONE


def _summarise(study: StudyRun, codes: Mapping[str, int], code: int, as_json: bool) -> None:
    if as_json:
        value = {
            "song": study.song.name,
            "outcomes": {name: vars(outcome) for name, outcome in study.outcomes.items()},
            "stages": dict(codes),
            "exit_code": code,
        }
        print(json.dumps(value, indent=2, ensure_ascii=False))
        return
    results = study.project.relative(study.song.results)
    print(f"\nTakes: {results}/local_models/   Pages: {results}/PHASE1_PROGRESS.md … PHASE5")
    blocked = sum(outcome.status == "blocked" for outcome in study.outcomes.values())
    if blocked:
        of_all = f"{blocked} of {len(study.outcomes)}"
        print(f"{of_all} takes are blocked (■); what helps is said above.")
        if "VIRTUAL_ENV" not in os.environ and sys.prefix != sys.base_prefix:
            print(f"To type such commands, first: source {sys.prefix}/bin/activate")


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
    if expect not in ("", "vocal", "instrumental"):
        raise UserError(f"--expect: {shorten_repr(expect)} is neither vocal nor instrumental")
    options = [f"--expect={expect}"] if expect else []
    return _run_on_files("check_files", options, [_existing_file(file) for file in files], as_json)


def _run_on_files(script: str, options: Sequence[str], files: Sequence[str], as_json: bool) -> int:
    """Run a program of the analysis on files, in the folder from which they were named."""
    project, _ = open_project()
    with Display(to_stderr=as_json) as display:
        prepare_environment(project, ANALYSIS, display)
    arguments = [*options, *(["--json"] if as_json else []), "--", *files]
    return run_script(project, ANALYSIS, script, arguments, sys.stdout, Path.cwd())


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
        folder = _printable(str(path.parent))
        raise UserError(f"--picture: {folder} is no folder; make it first: mkdir {folder}")
    return name


def _printable(name: str) -> str:
    """A file's name for a message: as it was typed, unless it would steer the terminal."""
    return name if name.isprintable() else shorten_repr(name)
