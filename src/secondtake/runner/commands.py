"""What the verbs of tasks.py do. Each returns an exit code (secondtake.core.errors.Exit).

Verbs for audio files that belong to no song. Each returns an exit code.

The programs run where the user stands, so that files are named in answers as they were typed.
"""

import json
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from io import TextIOWrapper
from pathlib import Path
from types import FrameType
from typing import Any, TextIO

from secondtake.core.errors import Exit, ModelError, UserError
from secondtake.core.exits import ended
from secondtake.core.plan import Wish
from secondtake.core.project import Project, find_project
from secondtake.core.song import Song, load_song
from secondtake.core.validation import shown
from secondtake.runner import environments, programs
from secondtake.runner.display import Display
from secondtake.runner.dry_run import show_plan
from secondtake.runner.estimates import experiences
from secondtake.runner.options import whole_number
from secondtake.runner.run_lock import AnotherRun, only_run
from secondtake.runner.settings import Settings, load_settings
from secondtake.runner.study import Study, generate, prepare_environment


def run(command: Callable[[], int]) -> int:
    """Run a command; turn what is expected to go wrong into one line and an exit code."""
    signal.signal(signal.SIGTERM, _terminated)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a ✓ on a Latin-1 terminal stops no run
    try:
        code = ended(command)
    except AnotherRun as error:
        print(f"error: {error}", file=sys.stderr)
        return Exit.LOCKED
    if code == Exit.INTERRUPTED:
        print("interrupted; finished takes are kept, run again to go on", file=sys.stderr)
    return code


def _terminated(number: int, frame: FrameType | None) -> None:
    raise SystemExit(Exit.TERMINATED)


def study(
    song_file: str, wish: Wish, *, judged: bool, force: bool, dry_run: bool, as_json: bool
) -> int:
    """Set up, fetch and generate; then, if the takes are to be judged, verify, analyse, report."""
    project, settings = begin()
    song = load_song(project.song(song_file), project)
    with Display(to_stderr=as_json) as display:
        made = Study(project, settings, song, wish, display, force)
        if dry_run:
            known = experiences(project)
            show_plan(song.name, made.planned(), settings, known, as_json=as_json)
            return Exit.DONE
        with only_run(song.results):
            generate(made)
            codes = _judge(project, song, display) if judged else {}
    code = worst(made.exit_code, *codes.values())
    _summarise(made, codes, code, as_json)
    return code


def judge(song_file: str, stage: str, arguments: list[str]) -> int:
    """One stage after generation on its own: verify, understand, rank, analyse or report.

    What a stage changes or rests on is ranked anew (milliseconds), so that "the best take" is
    never of yesterday.
    """
    project, _ = begin()
    song = load_song(project.song(song_file), project)
    if stage not in ("understand", "rank", "report"):
        with Display(to_stderr="--json" in arguments) as display:
            prepare_analysis(project, display)
    codes = []
    if stage in ("analyse", "report") and "--check" not in arguments:
        codes.append(_stage(project, song, "rank", ["--quiet"], sys.stdout))
    codes.append(_stage(project, song, stage, arguments, sys.stdout))
    if stage in ("verify", "understand"):
        codes.append(_stage(project, song, "rank", ["--quiet"], sys.stdout))
    return next((code for code in codes if code), Exit.DONE)


def import_baseline(song_file: str, recording: str, number: str, options: list[str]) -> int:
    """Cut a recording into a segment's baseline file."""
    project, _ = begin()
    song = load_song(project.song(song_file), project)
    if not number:
        one = song.segments[0].number
        raise UserError(f"whose baseline is it? type: invoke import-baseline FILE --segment {one}")
    segment = song.segment(whole_number(number, "--segment")).number
    with Display() as display:
        prepare_analysis(project, display)
    arguments = ["--song", str(song.path), f"--segment={segment}", *options]
    arguments += ["--", str(Path(recording).absolute())]
    return programs.analysis_program(project, "import_baseline", arguments, sys.stdout)


def begin() -> tuple[Project, Settings]:
    """The project, and what the user set, in force from here on."""
    project = find_project()
    settings = load_settings(project)
    settings.export()
    for warning in settings.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    return project, settings


def build_log(project: Project, name: str) -> Path:
    return project.cache / "logs" / f"build-{name}.log"


def _judge(project: Project, song: Song, display: Display) -> dict[str, int]:
    """Verify, understand, rank, analyse and report; each stage's exit code."""
    codes: dict[str, int] = {}
    out = sys.stderr if display.console.stderr else sys.stdout
    todo: tuple[str, ...] = ("verify", "understand", "rank", "analyse", "report")
    try:
        prepare_analysis(project, display)
    except ModelError as error:
        display.line(f"■ verify, analyse: {error.message}\n    → {error.hint}")
        codes["analysis environment"] = Exit.BLOCKED
        todo = ("understand", "rank", "report")
    for stage in todo:
        display.heading(f"{song.title}: {stage}")
        codes[stage] = _stage(project, song, stage, [], out)
    return codes


def prepare_analysis(project: Project, display: Display) -> None:
    name = environments.ANALYSIS
    prepare_environment(project, name, build_log(project, name), display)


def _stage(project: Project, song: Song, stage: str, arguments: list[str], out: TextIO) -> int:
    arguments = ["--song", str(song.path), *arguments]
    if stage in ("rank", "report"):
        script = {"rank": "rank_takes", "report": "write_progress"}[stage]
        return programs.runner_program(project, script, arguments, out)
    if stage == "understand":
        return programs.understand(project, arguments, out)
    script = {"verify": "verify_results", "analyse": "analyse_results"}[stage]
    return programs.analysis_program(project, script, arguments, out)


def worst(*codes: int) -> int:
    """The code that says most: a failure over bad input over a block over all well."""
    for code in (Exit.FAILED, Exit.BAD_INPUT, Exit.BLOCKED):
        if code in codes:
            return code
    return Exit.FAILED if any(codes) else Exit.DONE


def _summarise(study: Study, codes: Mapping[str, int], code: int, as_json: bool) -> None:
    if as_json:
        outcomes: dict[str, Any] = {name: vars(o) for name, o in study.outcomes.items()}
        print(
            json.dumps(
                {
                    "song": study.song.name,
                    "outcomes": outcomes,
                    "stages": dict(codes),
                    "exit_code": code,
                },
                indent=2,
                ensure_ascii=False,
            )
        )
        return
    results = study.project.relative(study.song.results)
    print(f"\nTakes: {results}/local_models/   Pages: {results}/PHASE1_PROGRESS.md … PHASE5")
    blocked = sum(outcome.status == "blocked" for outcome in study.outcomes.values())
    if blocked:
        print(
            f"{blocked} of {len(study.outcomes)} takes are blocked (■); what helps is said above."
        )
        if "VIRTUAL_ENV" not in os.environ and sys.prefix != sys.base_prefix:
            print(f"To type such commands, first: source {sys.prefix}/bin/activate")


PICTURES = (".png", ".svg")


def compare(reference: str, estimate: str, naive: bool, as_json: bool, picture: str) -> int:
    """How close one file is to another: scripts/compare_files.py."""
    files = [_present(reference), _present(estimate)]
    options = ["--naive"] if naive else []
    if picture:
        options.append(f"--picture={_drawable(picture)}")
    return _analysed("compare_files", options, files, as_json)


def check(files: Sequence[str], as_json: bool) -> int:
    """What can be measured to be wrong with files: scripts/check_files.py."""
    if not files:
        raise UserError("check which files? type: invoke check FILE FILE …")
    return _analysed("check_files", [], [_present(file) for file in files], as_json)


def _analysed(script: str, options: Sequence[str], files: Sequence[str], as_json: bool) -> int:
    """Run a program of the analysis on files, in the folder from which they were named."""
    project, _ = begin()
    with Display(to_stderr=as_json) as display:
        prepare_analysis(project, display)
    arguments = [*options, *(["--json"] if as_json else []), "--", *files]
    return programs.analysis_program(project, script, arguments, sys.stdout, Path.cwd())


def _present(name: str) -> str:
    """The name of a file that is there; whether it is audio, the program says."""
    said, path = _said(name), Path(name)
    try:
        if path.is_dir():
            raise UserError(f"{said}: a folder; name its files, for example {said}/*.wav")
        if not path.is_file():
            raise UserError(f"{said}: no such file in {Path.cwd()}; give its path from there")
    except OSError as error:  # a name that is too long, a folder that is closed
        raise UserError(f"{shown(name)}: {error.strerror}") from None
    return name


def _drawable(name: str) -> str:
    said, path = _said(name), Path(name)
    if path.suffix.lower() not in PICTURES:
        raise UserError(f"--picture: {said}: a picture is named {' or '.join(PICTURES)}")
    if not path.absolute().parent.is_dir():
        folder = _said(str(path.parent))
        raise UserError(f"--picture: {folder} is no folder; make it first: mkdir {folder}")
    return name


def _said(name: str) -> str:
    """A file's name as a message can bear it: as it was typed, unless it steers a terminal."""
    return name if name.isprintable() else shown(name)
