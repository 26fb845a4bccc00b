"""`invoke reproduce TAKE`: a take is made again from its record alone, and held against it.

Neither the song file nor anything else in the results is read or written: what is made lies in a
scratch folder, which is gone afterwards. The same worker makes it, in the model's environment.
"""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from secondtake.core.errors import Exit, ModelError, UserError
from secondtake.core.files import replacing
from secondtake.core.formatting import format_duration
from secondtake.core.jobs import Job
from secondtake.core.leftovers import SCRATCH
from secondtake.core.outcomes import Outcome
from secondtake.core.project import Project
from secondtake.core.registry.all_models import MODELS
from secondtake.core.run_lock import run_lock
from secondtake.core.serialization import SHAPE_ERRORS
from secondtake.core.streams import print_json
from secondtake.core.takes import Take, read_record, record_path, wav_path, write_record_in
from secondtake.runner import programs, scheduler
from secondtake.runner.consent import declined, declined_error
from secondtake.runner.costs import costs_of_jobs
from secondtake.runner.display import Display
from secondtake.runner.environments import ANALYSIS
from secondtake.runner.estimates import timing_histories
from secondtake.runner.job_sources import device_for, job_of_today
from secondtake.runner.local_engine import LocalEngine
from secondtake.runner.settings import Settings, open_project
from secondtake.runner.silence import silence_limit
from secondtake.runner.stages import run_watched
from secondtake.runner.take_changes import (
    ROUNDING_LOG_MEL_DB,
    ROUNDING_SNR_DB,
    Change,
    SoundDifference,
    Verdict,
    list_changes,
    promises_rounding,
    short_hash,
    verdict_of,
)
from secondtake.runner.take_lookup import FoundTake, WavState, find_take
from secondtake.runner.worker_client import Launcher

MARKS: dict[Verdict, str] = {"identical": "✓", "rounding": "≈", "different": "✗", "unmeasured": "?"}
LOG_MEL = "log-mel distance: mean over 64 mel bands, in windows of 2048 frames, down to -80 dB"
CODES: dict[Verdict, int] = {
    "identical": Exit.DONE,
    "rounding": Exit.DONE,
    "different": Exit.FAILED,
    "unmeasured": Exit.BLOCKED,
}


@dataclass(frozen=True)
class Reproduction:
    """A take made again, and how it compares with the first."""

    take: str
    file: str  # the wav of the first, relative to the project
    verdict: Verdict
    original: WavState  # of that wav
    sha256: str  # as recorded
    sha256_now: str
    figures: SoundDifference | None
    unmeasured: str  # why there are no figures, where the bytes differ
    promised: bool  # the same sound up to rounding
    changes: list[Change]
    seconds: float  # of work
    kept: str = ""  # the folder of what was made

    @property
    def exit_code(self) -> int:
        return CODES[self.verdict]

    def lines(self) -> Iterator[str]:
        """What a person reads."""
        yield f"{MARKS[self.verdict]} {self.take}: {self._sentence()}"
        if self.original != "whole":
            yield f"  its wav, {self.file}, is {self.original}: held against its record's sha256"
        yield "changed since:" if self.changes else "  nothing that its record names has changed"
        for change in self.changes:
            then, now = map(short_hash, (change.then, change.now))
            yield f"  {change.what}: {then} → {now}"
        if self.verdict == "rounding":
            yield (
                "  with the recipe, lock, weights and dtype of its record, the same sound up to "
                f"rounding is promised: {ROUNDING_SNR_DB:g} dB below it (SNR), and "
                f"{ROUNDING_LOG_MEL_DB:g} dB of log-mel distance at most"
            )
        if self.figures:
            yield f"  {LOG_MEL}"
        if self.kept:
            yield f"what was made is in {self.kept}"

    def _sentence(self) -> str:
        took = f"made again in {format_duration(self.seconds)}"
        if self.verdict == "identical":
            return f"bit-identical, {took} (sha256 {self.sha256[:8]}…)"
        differs = f"not the same bytes ({took})"
        if self.verdict == "rounding":
            return f"{differs}, but the same sound up to rounding: {self.figures}"
        if self.figures:
            return f"{differs}, and it differs: {self.figures}"
        return f"{differs}; by how much is not known: {self.unmeasured}"

    def to_json(self) -> dict[str, object]:
        figures = asdict(self.figures) if self.figures else None
        return {**asdict(self), "figures": figures, "exit_code": self.exit_code}


def reproduce(
    song_file: str, typed: str, *, as_json: bool, device: str = "", keep: str = ""
) -> int:
    """Make a take again and say how it compares; the exit code.

    keep: a folder for what is made. UserError if there is no such take, or it has no record;
    ModelError if it cannot be made here, with what to type.
    """
    project, settings = open_project()
    found = find_take(project, song_file, typed)
    take = found.take
    if take is None:
        raise UserError(found.fault)
    device = device_for(take, device)
    folder = _folder_to_keep(found, take, keep) if keep else None
    job = job_of_today(found, take, device)
    with Display(to_stderr=as_json) as display, run_lock(project), _scratch(project) as results:
        if find_take(project, song_file, typed).take != take:  # while another run was waited for
            raise UserError(f"{found.name}: another take has this name now; name the one you mean")
        again = _make(project, settings, job, device, results, display)
        made_again = _compare(found, take, again, results, display, str(folder or ""))
        if folder:
            _keep(results, again, folder)
    if as_json:
        print_json(made_again.to_json())
    else:
        print("\n".join(made_again.lines()))
    return made_again.exit_code


@contextmanager
def _scratch(project: Project) -> Iterator[Path]:
    """A results folder of our own. Under the run lock, so what is in it is a killed run's rest."""
    folder = project.root / SCRATCH
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _make(
    project: Project,
    settings: Settings,
    job: Job,
    device: str,
    results: Path,
    display: Display,
) -> Take:
    """Make a take as a run does, but into `results`. ModelError if it cannot be made."""
    model = MODELS[job.model]
    access = programs.check_model(project, model, [job.checkpoint], settings)
    costs = costs_of_jobs(project, settings, [job], timing_histories(project), access)
    if declined({model.title: costs.download}, display, yes=False):
        raise declined_error(costs.download, f"invoke fetch --models {model.name} --yes")
    python = programs.prepare_model(project, model, [job.checkpoint], settings, display)
    log = project.cache / "logs" / f"reproduce-{model.name}.log"
    log.unlink(missing_ok=True)
    limit = silence_limit(costs.each[0].time.seconds_a_take)
    launcher = Launcher(project, model.name, python, results, device, log, limit)
    outcomes: list[Outcome] = []
    display.progress(job.name, "starting", 0, 0)
    engine = LocalEngine({model.name: launcher})
    scheduler.run([job], engine, display, lambda _, outcome: outcomes.append(outcome))
    display.idle()
    (outcome,) = outcomes
    if outcome.status != "done":
        hint = "; ".join(filter(None, [outcome.hint, f"log: {project.relative(log)}"]))
        raise ModelError(outcome.code or "bug", f"{job.name}: {outcome.message}", hint)
    return read_record(record_path(results, job.name))


def _compare(
    found: FoundTake, take: Take, again: Take, results: Path, display: Display, kept: str
) -> Reproduction:
    state, changes = found.wav_state, list_changes(take, again)
    figures, unmeasured, verdict = None, "", verdict_of(None, changes)
    if again.wav.sha256 == take.wav.sha256:
        verdict = "identical"
    elif state != "whole":
        verdict, unmeasured = "different", f"the first wav is {state}"
    elif (again.wav.sample_rate, again.wav.channels) != (take.wav.sample_rate, take.wav.channels):
        verdict, unmeasured = "different", "its model makes another format now"
    else:
        try:
            figures = _measure(found.project, found.wav, wav_path(results, again.name), display)
            verdict = verdict_of(figures, changes)
        except ModelError as error:
            unmeasured = "; ".join(filter(None, [error.message, error.hint]))
    return Reproduction(
        take=found.name,
        file=found.project.relative(found.wav),
        verdict=verdict,
        original=state,
        sha256=take.wav.sha256,
        sha256_now=again.wav.sha256,
        figures=figures,
        unmeasured=unmeasured,
        promised=promises_rounding(changes),
        changes=changes,
        seconds=again.made.seconds,
        kept=kept,
    )


def _measure(project: Project, first: Path, again: Path, display: Display) -> SoundDifference:
    """The figures of two wavs, by scripts/measure_difference.py. ModelError if it cannot run."""
    programs.prepare_environment(project, ANALYSIS, display)
    command = programs.script_command(project, ANALYSIS, "measure_difference")
    with display.working("measuring the difference"):
        run = run_watched(project, [*command, "--json", "--", first, again], None)
    try:
        value = json.loads(run.out)
        return SoundDifference(**{**value, "frames": tuple(value["frames"])})
    except SHAPE_ERRORS:
        said = " ".join(run.complaints) or f"measure_difference ended with {run.exit_code}"
        raise ModelError("bug", said) from None


def _folder_to_keep(found: FoundTake, take: Take, typed: str) -> Path:
    """The folder for what is made, which is there. UserError if something is in the way."""
    folder = Path(typed).expanduser().absolute()
    inside = folder.resolve().is_relative_to(found.store.results.resolve())
    if inside:
        where = found.project.relative(found.store.results)
        raise UserError(f"--keep: {typed} lies in {where}, where takes of runs are; name another")
    for name in (f"{take.job.name}.wav", f"{take.job.name}.json"):
        if (folder / name).exists():
            raise UserError(f"--keep: {folder / name} is there already; name another folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"--keep: {typed}: {error.strerror}; name a folder of yours") from None
    return folder


def _keep(results: Path, again: Take, folder: Path) -> None:
    """Copy what was made: the wav first, its record last."""
    path, target = wav_path(results, again.name), folder / again.wav.file
    with path.open("rb") as source, replacing(target, again.wav.bytes) as copy:
        shutil.copyfileobj(source, copy)
    write_record_in(folder, again)
