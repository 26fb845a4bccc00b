"""The command line of every scripts/judge_<name>.py: by hand, or as the runner's worker."""

import argparse
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from secondtake.core.command_line import CommandLine
from secondtake.core.environ import model_variables, without_secrets
from secondtake.core.errors import DeviceLostError, Exit, as_model_error, exit_of, run_program
from secondtake.core.generate import Progress, SelectedDevice, read_environment_marker
from secondtake.core.interrupts import InterruptsHeld
from secondtake.core.judge_jobs import judge_jobs
from secondtake.core.judgments import (
    JudgeJob,
    Judgment,
    find_judgment,
    judge_identity,
    store_judgment,
)
from secondtake.core.progress import ProgressLine
from secondtake.core.project import Project, find_project
from secondtake.core.registry.judge import JudgeSpec
from secondtake.core.registry.spec import DEVICES
from secondtake.core.run_lock import locked_song
from secondtake.core.scripts import enter
from secondtake.core.song import Song
from secondtake.core.weights import Weights, verified_weights
from secondtake.core.worker import Service, serve


class JudgeFn(Protocol):
    """A loaded judge: job in, judgment out. Raises ModelError for what it expects to go wrong."""

    def __call__(self, job: JudgeJob, progress: Progress) -> Judgment: ...


@dataclass(frozen=True)
class LoadedJudge:
    """A judge in memory."""

    judge: JudgeFn
    device: SelectedDevice
    dtype: str = "float32"
    seconds: float = 0.0  # of loading


class LoadJudgeFn(Protocol):
    """A script's function that loads a checkpoint. ModelError if it cannot."""

    def __call__(self, checkpoint: str, device: str, weights: Weights) -> LoadedJudge: ...


def main(judge: JudgeSpec, load: LoadJudgeFn, arguments: Sequence[str] | None = None) -> int:
    """Run a judge's script and return its exit code (secondtake.core.errors.Exit)."""
    options = parser(judge).parse_args(arguments)
    return run_program(lambda: _start(judge, load, options))


def parser(judge: JudgeSpec) -> CommandLine:
    """The options of a judge's script."""
    options = CommandLine(
        f"Ask {judge.title} of a song's takes: {judge.asks}.",
        "What it says goes to <results>/judges/. What was judged already, by the same weights, is "
        "left alone.",
        prog=f"judge_{judge.name}.py",
        formatter_class=argparse.HelpFormatter,
    )
    options.add_song()
    options.add_no_wait()
    device = "auto takes cuda or mps where the judge runs there"
    options.add_argument("--device", type=str.lower, choices=DEVICES, default="auto", help=device)
    checkpoint = "one of: " + ", ".join(checkpoint.name for checkpoint in judge.checkpoints)
    options.add_argument("--checkpoint", default="", help=checkpoint)
    options.add_argument("--worker", metavar="RESULTS", help=argparse.SUPPRESS)
    return options


def _start(judge: JudgeSpec, load: LoadJudgeFn, options: argparse.Namespace) -> int:
    project = find_project(Path(__file__))
    for secret in os.environ.keys() - without_secrets(os.environ).keys():
        del os.environ[secret]
    os.environ.update(model_variables(project))  # as the runner gives them to a worker
    name = judge.checkpoint(options.checkpoint).name
    if options.worker:
        results = Path(options.worker)
        serve(lambda: _Session(judge, load, project, name, options.device).service(results))
    enter(judge.name)
    with locked_song(project, options.song) as song:
        return _by_hand(judge, load, project, song, name, options.device)


class _Session:
    """A loaded judge with what decides its judgments."""

    def __init__(
        self, judge: JudgeSpec, load: LoadJudgeFn, project: Project, checkpoint: str, device: str
    ) -> None:
        """ModelError if it cannot be loaded."""
        weights = verified_weights(project, judge, judge.checkpoint(checkpoint))
        start = time.monotonic()
        loaded = load(checkpoint=checkpoint, device=device, weights=weights)
        self.loaded = replace(loaded, seconds=time.monotonic() - start)
        self.project = project
        self.identity = judge_identity(judge.version, weights.hashes, read_environment_marker())

    def service(self, results: Path) -> Service[JudgeJob]:
        """The judge as a worker, whose judgments go into the results."""

        def answer(
            job: JudgeJob, progress: Progress, writing: AbstractContextManager[Any]
        ) -> Mapping[str, Any] | Exception:
            try:
                return {"seconds": self.hear(job, results, progress, writing), "warnings": []}
            except Exception as error:
                return error

        def work(
            jobs: Sequence[JudgeJob], progress: Progress, writing: AbstractContextManager[Any]
        ) -> Iterator[tuple[JudgeJob, Mapping[str, Any] | Exception]]:
            for job in jobs:
                yield job, answer(job, progress, writing)

        loaded = self.loaded
        return Service(loaded.device, loaded.dtype, loaded.seconds, 1, JudgeJob.from_json, work)

    def hear(
        self,
        job: JudgeJob,
        results: Path,
        progress: Progress,
        writing: AbstractContextManager[Any],
    ) -> float:
        """Judge a recording and keep what is said; the seconds that it took."""
        start = time.monotonic()
        judgment = self.loaded.judge(job, progress)
        seconds = time.monotonic() - start
        with writing:
            store_judgment(self.project, results, job, self.identity, seconds, judgment)
        return seconds


def _by_hand(
    judge: JudgeSpec, load: LoadJudgeFn, project: Project, song: Song, checkpoint: str, device: str
) -> int:
    """Judge what was not judged yet, a line each; the judge is loaded only for such."""
    weights = verified_weights(project, judge, judge.checkpoint(checkpoint))
    identity = judge_identity(judge.version, weights.hashes, read_environment_marker())
    todo = [
        job
        for job in judge_jobs(song, judge, checkpoint)
        if find_judgment(project, song.results, job, identity) is None
    ]
    if not todo:
        print(f"{judge.title}: nothing new to hear")
        return Exit.DONE
    session = _Session(judge, load, project, checkpoint, device)
    codes, line = [int(Exit.DONE)], ProgressLine()
    for count, job in enumerate(todo, 1):
        try:
            seconds = session.hear(job, song.results, line, InterruptsHeld())
            line.wipe()
            print(f"{job.name}: judged in {seconds:.1f} s ({count} of {len(todo)})", flush=True)
        except Exception as error:
            line.wipe()
            reported = as_model_error(error)
            if isinstance(reported, DeviceLostError):
                raise reported from error
            print(f"{job.name}: {reported.message}", reported.hint, sep="\n  → ", file=sys.stderr)
            codes.append(exit_of(reported))
    return max(codes)
