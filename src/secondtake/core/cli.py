"""The command line of every scripts/generate_<model>.py: by hand, or as the runner's worker."""

import argparse
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from secondtake.core.command_line import CommandLine
from secondtake.core.edits import FROM_BASELINE, OF, REPAINT, option_parameter, parse_edit
from secondtake.core.environ import model_variables, without_secrets
from secondtake.core.errors import DeviceLostError, Exit, UserError, as_model_error, run_program
from secondtake.core.formatting import join_words, plural
from secondtake.core.generate import LoadedModel, LoadFn, generate_takes
from secondtake.core.interrupts import InterruptsHeld
from secondtake.core.jobs import Job
from secondtake.core.plan import PlannedJob, Request, planned_jobs
from secondtake.core.progress import ProgressLine
from secondtake.core.project import Project, find_project
from secondtake.core.registry.spec import DEVICES, ModelSpec, Parameter
from secondtake.core.run_lock import run_lock
from secondtake.core.scripts import enter
from secondtake.core.selection import select_segments
from secondtake.core.song import Song, load_song
from secondtake.core.take_files import put_in_place
from secondtake.core.take_store import TakeStore
from secondtake.core.takes import Take
from secondtake.core.unexpected import log_unexpected
from secondtake.core.weights import verified_weights
from secondtake.core.worker import Service, model_service, serve


def main(model: ModelSpec, load: LoadFn, arguments: Sequence[str] | None = None) -> int:
    """Run a model's script and return its exit code (secondtake.core.errors.Exit)."""
    options = parser(model).parse_args(arguments)
    return run_program(lambda: _start(model, load, options))


def _start(model: ModelSpec, load: LoadFn, options: argparse.Namespace) -> int:
    project = find_project(Path(__file__))
    for secret in os.environ.keys() - without_secrets(os.environ).keys():
        del os.environ[secret]
    os.environ.update(model_variables(project))  # as the runner gives them to a worker
    if options.worker:
        name = model.checkpoint(options.checkpoint).name

        def prepare() -> Service[Job]:
            loaded, hashes = _load(model, load, project, name, options.device)
            return model_service(loaded, hashes, Path(options.worker))

        serve(prepare)
    return _by_hand(model, load, project, options)


def parser(model: ModelSpec) -> CommandLine:
    """The options of a model's script: the common ones and one for each of its parameters."""
    options = CommandLine(
        f"Make {model.title}'s takes of a song's segments, inside its environment.",
        "Without --segment: every segment that the song gives this model. A take that is "
        "up to date is left alone. Takes go to <results>/local_models/, each with a record.",
        prog=f"generate_{model.name}.py",
        formatter_class=argparse.HelpFormatter,
    )
    options.add_song()
    options.add_no_wait()
    number: dict[str, Any] = {"type": int, "metavar": "N"}
    segment = "only these, e.g. 10 or 7-10,12 or chorus; may be repeated"
    options.add_argument("--segment", "--segments", action="append", default=[], help=segment)
    takes = "how many takes of each segment (default: 1)"
    options.add_argument("--takes", default=1, help=takes, **number)
    options.add_argument("--seed", type=int, help="seed of the first take")
    device = "auto takes cuda or mps where the model runs there"
    options.add_argument("--device", type=str.lower, choices=DEVICES, default="auto", help=device)
    checkpoint = "one of: " + ", ".join(checkpoint.name for checkpoint in model.checkpoints)
    options.add_argument("--checkpoint", default="", help=checkpoint)
    options.add_argument("--force", action="store_true", help="make up-to-date takes again")
    _add_edits(options, model)
    fail_fast = "stop at the first take that fails"
    options.add_argument("--fail-fast", action="store_true", help=fail_fast)
    save = f"write these options into the song file (by nox -s {model.name} -- … --save)"
    options.add_argument("--save", action="store_true", help=save)
    options.add_argument("--dry-run", action="store_true", help="say what would be made, and stop")
    options.add_argument("--worker", metavar="RESULTS", help=argparse.SUPPRESS)
    own = options.add_argument_group(f"{model.title}'s own parameters (over the song file's)")
    for parameter in own_parameters(model):
        own.add_argument(
            _option(parameter),
            type=parameter.kind,
            dest=f"own_{parameter.name}",
            metavar=parameter.kind.__name__.upper(),
            help=_help(parameter, model),
        )
    return options


def own_parameters(model: ModelSpec) -> list[Parameter]:
    """The parameters that have an option of their own name: a song file may set them too."""
    return [parameter for parameter in model.parameters if not parameter.option]


def _add_edits(options: CommandLine, model: ModelSpec) -> None:
    """The options that ask for an edit, as far as the model can do such."""
    if option_parameter(model, REPAINT):
        stretch = "make a stretch of a take anew, as a take of its own: seconds, 6:9 or 1:05-1:10"
        options.add_argument(REPAINT, default="", metavar="START:END", help=stretch)
        of = f"with {REPAINT}: of this take (default: the best by the ranking, else the first)"
        options.add_argument(OF, default="", metavar="TAKE", help=of)
    if option_parameter(model, FROM_BASELINE):
        cover = "a cover of the segment's baseline, as a take of its own: not independent of it"
        options.add_argument(FROM_BASELINE, action="store_true", help=cover)


def _option(parameter: Parameter) -> str:
    return "--" + parameter.name.replace("_", "-")


def _help(parameter: Parameter, model: ModelSpec) -> str:
    choices = f"; one of: {', '.join(parameter.choices)}" if parameter.choices else ""
    span = f"; {parameter.low:g} to {parameter.high:g}" if parameter.high is not None else ""
    text = f"{parameter.help}{choices}{span} (default: {_defaults(parameter, model)})"
    return text.replace("%", "%%")


def _defaults(parameter: Parameter, model: ModelSpec) -> str:
    """The default of the first checkpoint, then of those that have another: 8; base and sft: 50."""
    groups: dict[Any, list[str]] = {}
    for checkpoint in model.checkpoints:
        value = model.settings(checkpoint, {})[parameter.name]
        groups.setdefault(value, []).append(checkpoint.name)
    first, *others = groups
    return "; ".join(
        [repr(first), *(f"{join_words(groups[value])}: {value!r}" for value in others)]
    )


def _load(
    model: ModelSpec, load: LoadFn, project: Project, checkpoint: str, device: str
) -> tuple[LoadedModel, Mapping[str, str]]:
    """The loaded checkpoint, with its loading time, and the hashes of its verified weights."""
    weights = verified_weights(project, model, model.checkpoint(checkpoint))
    start = time.monotonic()
    loaded = load(checkpoint=checkpoint, device=device, weights=weights)
    return replace(loaded, seconds=time.monotonic() - start), weights.hashes


def requested_jobs(
    model: ModelSpec, project: Project, options: argparse.Namespace
) -> tuple[Song, list[PlannedJob]]:
    """The song, and every requested job with the reason to do it (None: it is up to date)."""
    song = load_song(project.song(options.song), project)
    store = TakeStore(song.results, song.name)
    request = request_of(model, song, project, options)
    return song, planned_jobs(song, request, project, store, force=options.force)


def _by_hand(model: ModelSpec, load: LoadFn, project: Project, options: argparse.Namespace) -> int:
    if options.save:  # what edits TOML is in the runner's environment alone
        raise UserError(
            "--save: a model's environment cannot edit the song file; give the same options to "
            f"nox -s {model.name} -- … --save"
        )
    requested_jobs(model, project, options)  # what is wrong is said before a lock is waited for
    with nullcontext() if options.dry_run else run_lock(project):
        return _under_lock(model, load, project, options)


def _under_lock(
    model: ModelSpec, load: LoadFn, project: Project, options: argparse.Namespace
) -> int:
    if not options.dry_run:
        song = load_song(project.song(options.song), project)
        TakeStore(song.results, song.name).remove_second_names()
    song, planned = requested_jobs(model, project, options)
    if not options.dry_run and any(entry.generates for entry in planned):
        enter(model.name)
    for entry in planned:
        print(f"{entry.job.name}: {entry.explanation or 'up to date'}")
        if options.dry_run:
            _describe(entry)
        elif entry.note:
            print(f"    note: {entry.note}")
    if options.dry_run:
        return Exit.DONE
    for entry in planned:
        if entry.earlier:
            put_in_place(song.results, entry.earlier, entry.job)
    todo = [entry.job for entry in planned if entry.generates]
    are_made: list[bool] = []  # of each job that came to its end
    try:
        for name in dict.fromkeys(job.checkpoint for job in todo):
            print(f"loading {model.title} ({name}) …", flush=True)
            loaded, weights = _load(model, load, project, name, options.device)
            for note in loaded.device.notes:
                print(f"    note: {note}", flush=True)
            same = [job for job in todo if job.checkpoint == name]
            for start in range(0, len(same), loaded.batch):
                for is_made in _make(same[start : start + loaded.batch], loaded, weights, song):
                    are_made.append(is_made)
                    if options.fail_fast and not is_made:
                        return Exit.FAILED
    except KeyboardInterrupt:
        saved, left = plural(sum(are_made), "take"), len(todo) - len(are_made)
        print(f"stopped: {saved} of this run saved, {left} not made", file=sys.stderr)
        raise
    return Exit.DONE if all(are_made) else Exit.FAILED


def typed_parameters(model: ModelSpec, options: argparse.Namespace) -> dict[str, Any]:
    """The model's own parameters that were given, as they were typed."""
    names = [parameter.name for parameter in own_parameters(model)]
    values = {name: getattr(options, f"own_{name}") for name in names}
    return {name: value for name, value in values.items() if value is not None}


def request_of(
    model: ModelSpec, song: Song, project: Project, options: argparse.Namespace
) -> Request:
    """The request of a script's options."""
    typed = typed_parameters(model, options)
    edit = {name: getattr(options, name, "") for name in ("repaint", "of")}
    own = {
        parameter.name: parameter.job_value(typed[parameter.name], project, _option(parameter))
        for parameter in model.parameters
        if parameter.name in typed
    }
    return Request(
        models=(model.name,),
        segments=select_segments(song, ",".join(options.segment), "--segment"),
        takes=options.takes,
        device=options.device,
        seed=options.seed,
        checkpoints={model.name: options.checkpoint},
        settings=own,
        edit=parse_edit(**edit, from_baseline=getattr(options, "from_baseline", False)),
    )


def _describe(entry: PlannedJob) -> None:
    job = entry.job
    print(f"    {job.seconds:g} s, seed {job.seed}, checkpoint {job.checkpoint}")
    for text in job.text_lines:
        print("    " + text.replace("\n", "\n    "))
    for name, value in job.given_settings.items():
        print(f"    {name}: {value!r}")
    for remark in entry.remarks:
        print(f"    note: {remark}")


def _make(
    jobs: Sequence[Job], loaded: LoadedModel, weights: Mapping[str, str], song: Song
) -> Iterator[bool]:
    """Make the takes of one batch and print the outcome of each; True for those that are saved.

    DeviceLostError ends it: no further take can be made by this process.
    """
    line = ProgressLine()
    takes = generate_takes(jobs, loaded, weights, song.results, line, InterruptsHeld())
    try:
        for job, result in takes:
            line.wipe()
            if isinstance(result, Exception):  # as in a worker, one job's bug stops no other
                if isinstance(reported := as_model_error(result), DeviceLostError):
                    raise reported from result
                _print_error(job.name, result)
            else:
                _print_take(result)
            yield not isinstance(result, Exception)
    finally:
        line.wipe()


def _print_take(take: Take) -> None:
    together = f", in a batch of {take.made.batch}" if take.made.batch > 1 else ""
    seconds = f"{take.wav.seconds:.2f} s of sound in {take.made.seconds:.1f} s{together}"
    print(f"{take.job.name}: {seconds}", flush=True)
    for remark in take.remarks:
        print(f"    note: {remark}")
    for warning in take.warnings:
        print(f"    warning: {warning}")


def _print_error(label: str, error: Exception) -> None:
    reported = as_model_error(error)
    message, hints = reported.message, [reported.hint]
    if reported.code == "bug" and reported is not error:
        message, hints = log_unexpected(error)
    print(f"{label}: {message}", *filter(None, hints), sep="\n  → ", file=sys.stderr)
