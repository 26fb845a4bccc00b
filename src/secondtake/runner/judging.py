"""Judges of a song's takes: each that is set up hears what it has not judged yet.

A judge is a worker in its own environment, loaded only where there is something new. Every judgment
is kept as it comes, so that a run that is stopped goes on where it was.
"""

import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from secondtake.core.environ import environment_lock_hash
from secondtake.core.errors import Exit, ModelError, exit_of
from secondtake.core.formatting import format_duration, plural
from secondtake.core.judge_jobs import judge_jobs
from secondtake.core.judgments import JudgeJob, find_judgment, judge_identity
from secondtake.core.project import Project
from secondtake.core.registry.all_judges import JUDGES, chosen_judges
from secondtake.core.registry.judge import JudgeSpec
from secondtake.core.registry.spec import Checkpoint
from secondtake.core.song import Song
from secondtake.core.weights import read_manifest
from secondtake.runner.display import Display
from secondtake.runner.environments import is_built
from secondtake.runner.hub import store
from secondtake.runner.settings import Settings
from secondtake.runner.silence import silence_limit
from secondtake.runner.worker_client import Launcher, Worker, WorkerDied

EVERY = 20  # recordings: a line about them where there is no terminal
DEATHS = 2  # of workers over one recording, after which it is left; or while loading


def ready_judges(
    project: Project, settings: Settings, names: Iterable[str] = JUDGES
) -> Iterator[tuple[JudgeSpec, Checkpoint]]:
    """The judges that are set up here, of those that may be asked. Nothing is built or fetched."""
    chosen = chosen_judges()
    for name in names:
        link = project.environment(name)
        if name in chosen and link.is_symlink() and is_built(project, name):
            judge = JUDGES[name]
            checkpoint = judge.checkpoint(chosen[name])
            if not store.inventory(project, judge, checkpoint, settings).missing:
                yield judge, checkpoint


@dataclass
class JudgeRun:
    """One judge hearing a song, and what has come of it."""

    project: Project
    song: Song
    judge: JudgeSpec
    checkpoint: Checkpoint
    display: Display
    judged: int = 0
    failed: dict[str, ModelError] = field(default_factory=dict)  # by the judgment's name

    def to_the_end(self) -> int:
        """Hear all that was not judged yet; the exit code."""
        jobs = judge_jobs(self.song, self.judge, self.checkpoint.name)
        identity = self._identity()
        find = (find_judgment(self.project, self.song.results, job, identity) for job in jobs)
        todo = [job for job, stored in zip(jobs, find, strict=True) if stored is None]
        title = self.judge.title_of(self.checkpoint)
        known = f", {len(jobs) - len(todo)} judged before" if len(todo) < len(jobs) else ""
        if not todo:
            self.display.line(f"✓ {title}: nothing new to hear{known}")
            return Exit.DONE
        self.display.line(f"{title}: {plural(len(todo), 'recording')} to hear{known}")
        start = time.monotonic()
        try:
            self._hear(todo)
        finally:
            self.display.overall = ""
        took = format_duration(time.monotonic() - start)
        self.display.line(f"✓ {title}: {plural(self.judged, 'recording')} judged in {took}")
        for name, error in self.failed.items():
            self.display.line(f"✗ {title}: {name}: {error.message}\n    → {error.hint}")
        return max((exit_of(error) for error in self.failed.values()), default=Exit.DONE)

    def _identity(self) -> Mapping[str, object]:
        """What its worker will say of itself: the weights and the environment that are here."""
        manifest = read_manifest(self.project, self.judge.name, self.checkpoint.name)
        hashes = manifest.hashes if manifest and self.checkpoint.weights else {}
        lock = environment_lock_hash(str(self.project.environment(self.judge.name)))
        return judge_identity(self.judge.version, hashes, lock)

    def _hear(self, todo: Sequence[JudgeJob]) -> None:
        """Have workers judge one recording after another.

        A worker that dies is followed by another, which begins where that one ended.
        """
        waiting, deaths, load_deaths = deque(todo), Counter[str](), 0
        while waiting:
            is_loaded = False
            try:
                with self._launcher().worker(self.checkpoint.name) as worker:
                    worker.wait_until_ready(self.display)
                    is_loaded = True
                    while waiting:
                        self._judge(worker, waiting[0], len(todo))
                        waiting.popleft()
            except WorkerDied as error:
                if is_loaded:
                    deaths[waiting[0].name] += 1
                    if deaths[waiting[0].name] == DEATHS:
                        self.failed[waiting.popleft().name] = error
                        self._tell(len(todo))
                    continue
                load_deaths += 1
                if load_deaths == DEATHS:
                    self._fail(waiting, error)
            except ModelError as error:  # it cannot be loaded
                self._fail(waiting, error)

    def _judge(self, worker: Worker, job: JudgeJob, total: int) -> None:
        for _, result in worker.generate([[job]], self.display):
            if isinstance(result, ModelError):
                self.failed[job.name] = result
            else:
                self.judged += 1
        self._tell(total)

    def _tell(self, total: int) -> None:
        """Show how far it is: all the time on a terminal, now and then elsewhere."""
        done = self.judged + len(self.failed)
        self.display.overall = f"{self.judge.title}: {done} of {total}"
        if not self.display.is_live and (done % EVERY == 0 or done == total):
            self.display.line(f"    {self.display.overall}")

    def _fail(self, waiting: "deque[JudgeJob]", error: ModelError) -> None:
        """One reason for all that is left: it is said once."""
        self.failed[plural(len(waiting), "recording")] = error
        waiting.clear()

    def _launcher(self) -> Launcher:
        project, name = self.project, self.judge.name
        python = project.environment(name).resolve() / "bin" / "python"
        log = self.song.results / "logs" / f"judge-{name}.log"
        limit = silence_limit()
        return Launcher(project, name, python, self.song.results, "auto", log, limit, judges=True)
