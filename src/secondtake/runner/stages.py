"""The stages after generation, run one after another: each in its environment, unless stamped.

They end a run, after its judges have heard the takes. Between two of its models they run too, all
but understand, so that who waits for the second can look at the first: in one line, and whatever
fails there is done again at the end.
"""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import IO, TextIO

from secondtake.core.environ import child_environ
from secondtake.core.errors import Exit, ModelError, UserError, describe_os_error
from secondtake.core.formatting import format_duration
from secondtake.core.judgments import FOLDER as JUDGED
from secondtake.core.project import Project
from secondtake.core.song import Song
from secondtake.core.streams import copy_text
from secondtake.runner.child_process import PIPE, Child, describe_end, start
from secondtake.runner.display import Display
from secondtake.runner.environments import ANALYSIS
from secondtake.runner.judging import JudgeRun, ready_judges
from secondtake.runner.programs import Command, prepare_environment, script_command
from secondtake.runner.settings import Settings
from secondtake.runner.silence import VARIABLE, Silence, bytes_moved, silence_limit
from secondtake.runner.stamps import STAGES, StageRun, Stamps

LISTENING = "listen.html"  # the takes to play, beside their baselines
REPORT = "report.html"
LOOK_SECONDS = 1.0  # between looks whether a stage says something
LYRICS = "lyrics"  # the judge whose judgments are words
NO_JUDGE = (
    "– words: nobody was asked which are understood; if you want it (optional, 0.4 GB, "
    "docs/lyrics.md): invoke setup --judges lyrics"
)


@dataclass(frozen=True)
class Judging:
    """The stages of one song in a run."""

    project: Project
    song: Song
    display: Display
    settings: Settings
    # For the stages that measure, beside every child's (secondtake.runner.ray_pool).
    variables: Mapping[str, str] = field(default_factory=dict)

    def at_the_end(self) -> dict[str, int]:
        """Ask the judges, run every stage and show what it prints; each one's exit code.

        Where the environment of the analysis cannot be built, the stages that need none are run.
        """
        out = sys.stderr if self.display.console.stderr else sys.stdout
        return self._judge() | self._run(STAGES, out)

    def _judge(self) -> dict[str, int]:
        """Have every judge that is set up hear what is new; the exit code of each.

        One that cannot go on, on a full disk for example, stops neither the others nor the stages.
        """
        codes: dict[str, int] = {}
        for judge, checkpoint in ready_judges(self.project, self.settings):
            self.display.heading(f"{self.song.title}: {judge.title}")
            run = JudgeRun(self.project, self.song, judge, checkpoint, self.display)
            try:
                codes[judge.name] = run.to_the_end()
            except BrokenPipeError:
                raise
            except OSError as error:
                self.display.line(f"✗ {judge.title}: {describe_os_error(error)}")
                codes[judge.name] = Exit.FAILED
        return codes

    def in_between(self, coming: Iterable[str]) -> None:
        """Bring the pages up to date while models are to come (their titles); one line.

        A failure is shown, and stops nothing.
        """
        codes: dict[str, int] = {}
        try:
            codes = self._run((stage for stage in STAGES if stage != "understand"), None)
        except BrokenPipeError:
            raise
        except OSError as error:
            self.display.line(f"✗ pages: {error}; they are written again at the end")
        for stage, code in codes.items():
            if stage in STAGES and code not in (Exit.DONE, Exit.FAILED):  # no verdict of its own
                self.display.line(f"✗ {stage}: exit code {code}; it is run again at the end")
        if codes.get("report") == Exit.DONE:
            page = self.project.relative(self.song.results / LISTENING)
            self.display.line(f"→ listen meanwhile: {page} (still to come: {', '.join(coming)})")

    def _run(self, names: Iterable[str], out: TextIO | None) -> dict[str, int]:
        """Run stages in their order; `out`: None shows no more than what is wrong."""
        codes: dict[str, int] = {}
        stamps, todo = Stamps(self.project, self.song), list(names)
        while todo:
            stage = todo.pop(0)
            title = f"{self.song.title}: {stage}"
            if out:
                self.display.heading(title)
            try:
                with self.display.working(title):
                    codes[stage] = run_stage_script(
                        stamps, stage, [], out, self._prepare, self.variables
                    )
            except (ModelError, UserError) as error:
                blocked = [name for name in (stage, *todo) if STAGES[name].environment == ANALYSIS]
                self.display.line(f"■ {', '.join(blocked)}: {_explain(error)}")
                bad = isinstance(error, UserError)
                codes["analysis environment"] = Exit.BAD_INPUT if bad else Exit.BLOCKED
                todo = [name for name in todo if name not in blocked]
        return codes

    def _prepare(self) -> None:
        prepare_environment(self.project, ANALYSIS, self.display)


def _explain(error: ModelError | UserError) -> str:
    return f"{error.message}\n    → {error.hint}" if isinstance(error, ModelError) else str(error)


def run_stage_script(
    stamps: Stamps,
    stage: str,
    arguments: Sequence[str],
    out: TextIO | None,
    prepare: Callable[[], None],
    variables: Mapping[str, str] | None = None,
) -> int:
    """Run one of STAGES on a song, unless its stamp says how it would end; its exit code, or minus
    the signal that killed it.

    `out` gets what the stage prints, or printed; None: only its complaints are shown. `prepare`
    builds the environment of the analysis if that is wanted now. Without judgments of words there
    is nothing to understand: `out` gets how to have some, and nothing is wrong.
    """
    project, song, environment = stamps.project, stamps.song, STAGES[stage].environment
    if stage == "understand" and not (song.results / JUDGED / LYRICS).is_dir():
        print(NO_JUDGE, file=out, flush=True)
        return Exit.DONE
    if stamp := stamps.answer(stage, arguments):
        if out:
            answer = stamp.answer.encode(errors="surrogateescape")
            copy_text(out, answer, as_json="--json" in arguments)
        return stamp.exit_code
    if environment == ANALYSIS:
        prepare()
        stamps.look_again()
    reads, _ = stamps.state(stage, arguments)
    command = script_command(project, environment, STAGES[stage].script)
    own = variables if environment == ANALYSIS else None
    run = run_watched(project, [*command, "--song", str(song.path), *arguments], out, own)
    stamps.keep(stage, arguments, reads, run)
    return run.exit_code


def run_watched(
    project: Project,
    command: Command,
    out: TextIO | None,
    variables: Mapping[str, str] | None = None,
) -> StageRun:
    """Run a program to its end; its lines go to `out` and our stderr as they come.
    out: None keeps its answer and its progress to itself.
    """
    printed: list[bytes] = []
    said: list[bytes] = []
    over = Event()  # what it says of being stopped is of no use to anyone
    with (
        start(
            command,
            cwd=project.root,
            env={**child_environ(project), **(variables or {}), "PYTHONIOENCODING": "utf-8"},
            stdout=PIPE,
            stderr=PIPE,
            keep_lock=True,
        ) as child,
        ExitStack() as before_its_end,
    ):
        before_its_end.callback(over.set)
        assert child.stdout is not None and child.stderr is not None
        overhear = Thread(target=_overhear, args=(child.stderr, said, bool(out), over), daemon=True)
        overhear.start()
        Thread(target=_end_if_silent, args=(child, over, printed, said), daemon=True).start()
        for line in child.stdout:
            printed.append(line)
            if out:
                copy_text(out, line, as_json="--json" in command)
        code = child.wait()
        overhear.join()
        if code < 0 and not over.is_set():
            print(f"{Path(command[1]).name} {describe_end(code)}", file=sys.stderr)
    lines = (line.decode(errors="replace").rstrip() for line in said)
    complaints = tuple(line for line in lines if line and not line.startswith("    "))
    return StageRun(code, b"".join(printed), complaints)


def _overhear(pipe: IO[bytes], lines: list[bytes], with_progress: bool, over: Event) -> None:
    """Pass a program's stderr on, line by line; it may go on even if nobody can be told."""
    for line in pipe:
        lines.append(line)
        if not over.is_set() and (with_progress or not line.startswith(b"    ")):
            with suppress(OSError, ValueError):
                copy_text(sys.stderr, line)


def _end_if_silent(child: Child, over: Event, printed: list[bytes], said: list[bytes]) -> None:
    """End a program of which nothing is heard for too long."""
    quiet = Silence(silence_limit())
    while not over.wait(LOOK_SECONDS):
        if quiet.is_too_long(len(printed), len(said), bytes_moved(child.pid)):
            over.set()
            child.kill()
            silence = f"nothing was heard of it for {format_duration(quiet.limit)} and was ended"
            print(f"{silence}; for longer: {VARIABLE}=seconds (0: never)", file=sys.stderr)
            return
