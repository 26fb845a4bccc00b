"""Outcomes: the end of each job, in <results>/outcomes/<model>.json (docs/record-format.md).

A take's record describes what was made; an outcome says why something was not, and what to do
about it. It holds no time of day: the same outcome twice is the same file twice. That of an edit
has its job, which no plan of the song lists.
"""

import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from secondtake.core.errors import CODES, Code, UserError
from secondtake.core.files import set_aside
from secondtake.core.jobs import Job
from secondtake.core.registry.all_models import MODELS
from secondtake.core.serialization import JsonFileError, read_checked, write_checked
from secondtake.core.take_store import TakeStore
from secondtake.core.validation import check_name

FORMAT = 2  # 1 had no checksum
# A file is written whole. Writing that took w seconds is not repeated within so many times w, so
# that it is at most 5 % of a run, however many outcomes there are and however fast they come.
PATIENCE = 20
URGENT_PATIENCE = 1  # where no take's record says what the outcome does: half of a run at most

Status = Literal[
    "done",  # made in the last run
    "up_to_date",  # its take was there already
    "failed",  # it was tried and went wrong
    "blocked",  # it was not tried: a person, or the machine's surroundings, must change first
    "skipped",  # the model does not do this
    "waiting",  # its run has not come to it: it goes on, or was stopped
]
FINISHED = ("done", "up_to_date")  # then there is a take
UNSUCCESSFUL = ("failed", "blocked")
STATUSES: frozenset[str] = frozenset(get_args(Status))


@dataclass(frozen=True)
class Outcome:
    """The end of one job. `log` is relative to the project, "" where there is none."""

    status: Status
    code: Code | Literal[""] = ""
    message: str = ""
    hint: str = ""
    log: str = ""
    job: Job | None = field(default=None, hash=False)  # of an edit

    def __post_init__(self) -> None:
        if self.status not in STATUSES:
            raise ValueError(f"no status {self.status!r}; known: {', '.join(sorted(STATUSES))}")
        if self.code and self.code not in CODES:
            raise ValueError(f"no code {self.code!r}; known: {', '.join(sorted(CODES))}")
        if not all(isinstance(text, str) for text in (self.message, self.hint, self.log)):
            raise TypeError("an outcome's message, hint and log are text")

    def to_json(self) -> dict[str, Any]:
        """The entry of a file, without a job unless it has one."""
        entry = _without_job(vars(self))
        return {**entry, "job": self.job.to_json()} if self.job else entry

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Outcome":
        """The outcome of `to_json`. TypeError or ValueError if it is none."""
        job = value.get("job")
        return cls(**_without_job(value), job=Job.from_json(job) if job else None)


def _without_job(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name != "job"}


def outcomes_folder(results: Path) -> Path:
    return results / "outcomes"


class OutcomeFiles:
    """A song's outcomes by model, for a run: each file is read once, and written as time allows.

    What is damaged is set aside with a warning on stderr, and written anew.
    """

    def __init__(self, results: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._folder = outcomes_folder(results)
        self._clock = clock  # seconds
        self._by_model: dict[str, dict[str, Outcome]] = {}
        self._unwritten: set[str] = set()  # models
        self._is_urgent = False  # a failure is unwritten
        self._written, self._cost = 0.0, 0.0  # when the last writing ended, the seconds it took

    def of(self, model: str, job: str) -> Outcome | None:
        """The outcome of a job, by its name."""
        return self._outcomes(model).get(job)

    def record(self, model: str, outcomes: Mapping[str, Outcome]) -> bool:
        """Add a model's outcomes, by job name, to those there are, and write what may be written
        now; True if that changed a file.

        What stops a model as a whole is recorded for each of its jobs. OSError if a file cannot
        be written.
        """
        self._outcomes(model).update(outcomes)
        self._unwritten.add(model)
        self._is_urgent |= any(end.status in UNSUCCESSFUL for end in outcomes.values())
        return self.write_due()

    def write_due(self) -> bool:
        """Write what is unwritten if the last writing was long enough ago; True if that changed a
        file. For whoever waits for the next outcome, once a second."""
        patience = URGENT_PATIENCE if self._is_urgent else PATIENCE
        is_due = self._clock() - self._written >= patience * self._cost
        return self.flush() if is_due else False

    def flush(self) -> bool:
        """Write what is unwritten, at the end of a run and before somebody reads it; True if that
        changed a file. OSError if one cannot be written: it stays unwritten."""
        if not self._unwritten:
            return False
        begun, has_changed = self._clock(), False
        for model in sorted(self._unwritten):
            entries = {name: outcome.to_json() for name, outcome in self._by_model[model].items()}
            value = {"format": FORMAT, "outcomes": entries}
            has_changed |= write_checked(self._path(model), value)
            self._unwritten.remove(model)
        self._is_urgent = False
        self._written = self._clock()
        self._cost = self._written - begun
        return has_changed

    def _outcomes(self, model: str) -> dict[str, Outcome]:
        if model not in self._by_model:
            path = self._path(model)
            try:
                self._by_model[model] = _read(path)
            except UserError as error:
                self._by_model[model] = {}
                print(f"warning: {error}; it is now {set_aside(path).name}", file=sys.stderr)
        return self._by_model[model]

    def _path(self, model: str) -> Path:
        return self._folder / f"{check_name(model, 'model')}.json"


def read_outcomes(results: Path, troubles: list[str] | None = None) -> dict[str, Outcome]:
    """Every outcome by job name; empty if nothing was run.

    Only the files that models have are read: a folder that is synchronised holds others too. A
    damaged one adds a sentence to `troubles`; without such a list it is a UserError.
    """
    outcomes: dict[str, Outcome] = {}
    for model in sorted(MODELS):
        try:
            outcomes.update(_read(outcomes_folder(results) / f"{model}.json"))
        except UserError as error:
            if troubles is None:
                raise
            troubles.append(str(error))
    return outcomes


def unfinished_edits(store: TakeStore, outcomes: Mapping[str, Outcome]) -> dict[str, Job]:
    """The edits that are damaged, and those that were tried and are not there, by name.

    One that was finished and is gone was discarded: nothing asks for it.
    """
    edits = {
        take.name: take.job
        for take in store.takes.values()
        if take.job.is_edit and not take.is_earlier and not store.is_whole(take)
    }
    for name, outcome in outcomes.items():
        is_unfinished = outcome.status not in FINISHED or name in store.files.damaged
        if outcome.job and is_unfinished and name not in store.files.takes:
            edits[name] = outcome.job
    return edits


def _read(path: Path) -> dict[str, Outcome]:
    try:
        return read_checked(path, FORMAT, _parse)
    except JsonFileError as error:
        if error.is_absent:
            return {}
        remedy = "the next run sets it aside and begins anew, and no take is lost"
        raise UserError(error.sentence(path, "an outcomes file", remedy)) from None


def _parse(value: Any) -> dict[str, Outcome]:
    return {name: Outcome.from_json(entry) for name, entry in value["outcomes"].items()}
