"""What the verbs of tasks.py do. Each returns an exit code (secondtake.errors.Exit)."""

import json
import signal
import sys
from collections.abc import Callable, Mapping
from io import TextIOWrapper
from pathlib import Path
from types import FrameType
from typing import Any, TextIO

from secondtake.errors import Exit, ModelError, UserError
from secondtake.models import MODELS
from secondtake.plan import Wish
from secondtake.project import Project, find_project
from secondtake.song import Song, load_song
from secondtake_runner import cleaning, doctor, environments, stages
from secondtake_runner.access import check_access
from secondtake_runner.display import Display, size
from secondtake_runner.lock import AnotherRun, only_run
from secondtake_runner.request import whole_number
from secondtake_runner.settings import Settings, load_settings
from secondtake_runner.single import exit_of
from secondtake_runner.study import Study, fetch_weights, generate, prepare_environment


def run(command: Callable[[], int]) -> int:
    """Run a command; turn what is expected to go wrong into one line and an exit code."""
    signal.signal(signal.SIGTERM, _terminated)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a ✓ on a Latin-1 terminal stops no run
    try:
        return command()
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return Exit.BAD_INPUT
    except AnotherRun as error:
        print(f"error: {error}", file=sys.stderr)
        return Exit.LOCKED
    except ModelError as error:
        print(f"error: {error.message}\n  → {error.hint}", file=sys.stderr)
        return exit_of(error)
    except OSError as error:  # a disk that is full, a file that is another user's
        print(f"error: {error}", file=sys.stderr)
        return Exit.FAILED
    except KeyboardInterrupt:
        print("interrupted; finished takes are kept, run again to go on", file=sys.stderr)
        return Exit.INTERRUPTED


def _terminated(number: int, frame: FrameType | None) -> None:
    raise SystemExit(Exit.TERMINATED)


def study(
    song_file: str, wish: Wish, *, judged: bool, force: bool, dry_run: bool, as_json: bool
) -> int:
    """Set up, fetch and generate; then, if the takes are to be judged, verify, analyse, report."""
    project, settings = _begin()
    song = load_song(project.song(song_file), project)
    with Display(to_stderr=as_json) as display:
        made = Study(project, settings, song, wish, display, force)
        if dry_run:
            return _show_plan(made, as_json)
        with only_run(song.results):
            generate(made)
            codes = _judge(project, song, display) if judged else {}
    code = _worst(made.exit_code, *codes.values())
    _summarise(made, codes, code, as_json)
    return code


def judge(song_file: str, stage: str, arguments: list[str]) -> int:
    """One stage after generation on its own: verify, analyse or report."""
    project, _ = _begin()
    song = load_song(project.song(song_file), project)
    if stage != "report":
        with Display(to_stderr="--json" in arguments) as display:
            _prepare_analysis(project, display)
    return _stage(project, song, stage, arguments, sys.stdout)


def import_baseline(song_file: str, recording: str, number: str, options: list[str]) -> int:
    """Cut a recording into a segment's baseline file."""
    project, _ = _begin()
    song = load_song(project.song(song_file), project)
    if not number:
        raise UserError("whose baseline is it? type: invoke import-baseline FILE --segment 1")
    segment = song.segment(whole_number(number, "--segment")).number
    with Display() as display:
        _prepare_analysis(project, display)
    arguments = ["--song", str(song.path), f"--segment={segment}", *options]
    arguments += ["--", str(Path(recording).absolute())]
    return stages.analysis_program(project, "import_baseline", arguments, sys.stdout)


def setup(models: tuple[str, ...]) -> int:
    """Build environments ahead of time: the named models', or all, and the analysis."""
    project, _ = _begin()
    code: int = Exit.DONE
    names = (*(models or tuple(MODELS)), environments.ANALYSIS)
    with Display() as display:
        for name in sorted(names, key=_weight):
            label = project.environment(name).name
            was_built = environments.is_built(project, name)
            try:
                prepare_environment(project, name, _build_log(project, name), display)
                display.line(f"✓ {label}: {'up to date' if was_built else 'built'}")
            except ModelError as error:
                display.line(f"■ {label}: {error.message}\n    → {error.hint}")
                code = Exit.BLOCKED
    return code


def fetch(models: tuple[str, ...], checkpoints: Mapping[str, str]) -> int:
    """Fetch weights ahead of time."""
    project, settings = _begin()
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
                code = _worst(code, exit_of(error))
    return code


def examine(models: tuple[str, ...], *, as_json: bool) -> int:
    """Say what would run and what stands in the way; BLOCKED if a default checkpoint cannot."""
    project, settings = _begin()
    findings = doctor.examine(project, settings, models)
    if as_json:
        print(json.dumps([finding.to_json() for finding in findings], indent=2))
    else:
        _print_findings(project, findings)
    blocked = any(finding.code and finding.default for finding in findings)
    return Exit.BLOCKED if blocked else Exit.DONE


def clean(*, everything: bool, yes: bool) -> int:
    """Say what can go and how much room that gives back; remove it only with `yes`."""
    project, _ = _begin()
    things = cleaning.removable(project, everything=everything)
    for thing in things:
        shared = f" (and {size(thing.shared_bytes)} shared with uv's cache)"
        room = size(thing.bytes) + (shared if thing.shared_bytes else "")
        print(f"{project.relative(thing.path)}: {thing.what}, {room}")
    if not things:
        print("nothing to remove" if everything else "nothing to remove; --all looks at more")
    elif yes:
        cleaning.remove(things)
        print(f"removed; {size(sum(thing.bytes for thing in things))} given back")
    else:
        total = size(sum(thing.bytes for thing in things))
        print(f"would give back {total}; nothing was removed, add --yes to do it")
    return Exit.DONE


def _begin() -> tuple[Project, Settings]:
    """The project, and what the user set, in force from here on."""
    project = find_project()
    settings = load_settings(project)
    settings.export()
    for warning in settings.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    return project, settings


def _weight(name: str) -> int:
    return MODELS[name].environment_bytes if name in MODELS else 0


def _build_log(project: Project, name: str) -> Path:
    return project.cache / "logs" / f"build-{name}.log"


def _judge(project: Project, song: Song, display: Display) -> dict[str, int]:
    """Verify, analyse and report; each stage's exit code."""
    codes: dict[str, int] = {}
    out = sys.stderr if display.console.stderr else sys.stdout
    try:
        _prepare_analysis(project, display)
        for stage in ("verify", "analyse"):
            display.heading(f"{song.title}: {stage}")
            codes[stage] = _stage(project, song, stage, [], out)
    except ModelError as error:
        display.line(f"■ verify, analyse: {error.message}\n    → {error.hint}")
        codes["analysis environment"] = Exit.BLOCKED
    display.heading(f"{song.title}: report")
    codes["report"] = _stage(project, song, "report", [], out)
    return codes


def _prepare_analysis(project: Project, display: Display) -> None:
    name = environments.ANALYSIS
    prepare_environment(project, name, _build_log(project, name), display)


def _stage(project: Project, song: Song, stage: str, arguments: list[str], out: TextIO) -> int:
    arguments = ["--song", str(song.path), *arguments]
    if stage == "report":
        return stages.runner_program(project, "write_progress", arguments, out)
    script = {"verify": "verify_results", "analyse": "analyse_results"}[stage]
    return stages.analysis_program(project, script, arguments, out)


def _worst(*codes: int) -> int:
    """The code that says most: a failure over bad input over a block over all well."""
    for code in (Exit.FAILED, Exit.BAD_INPUT, Exit.BLOCKED):
        if code in codes:
            return code
    return Exit.FAILED if any(codes) else Exit.DONE


def _show_plan(study: Study, as_json: bool) -> int:
    planned = study.planned()
    if as_json:
        jobs = [{**job.to_json(), "name": job.name, "reason": reason} for job, reason in planned]
        told = {"song": study.song.name, "jobs": jobs}
        print(json.dumps(told, indent=2, ensure_ascii=False))
        return Exit.DONE
    for job, reason in planned:
        print(f"{job.name}: {f'to do ({reason})' if reason else 'up to date'}")
        print(f"    {job.checkpoint}, {job.seconds:g} s, seed {job.seed}")
        print(f"    prompt: {job.prompt}")
    return Exit.DONE


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
        print(f"{blocked} of {len(study.outcomes)} takes are blocked; each says above what helps.")


def _print_findings(project: Project, findings: list[doctor.Finding]) -> None:
    for line in doctor.machine_lines(project):
        print(line)
    for finding in findings:
        mark = "■" if finding.code else "✓"
        print(f"\n{mark} {finding.model} ({finding.checkpoint})")
        print(f"    environment: {finding.environment}; weights: {finding.weights}")
        if finding.licence:
            print(f"    licence of the weights: {finding.licence}")
        if finding.code:
            print(f"    blocked: {finding.message}\n    → {finding.hint}")
