"""Outcomes: the end of each job, in <results>/outcomes/<model>.json (docs/record-format.md).

A take's record describes what was made; an outcome says why something was not, and what to do
about it. It holds no time of day: the same outcome twice is the same file twice. That of an edit
has its job, which no plan of the song lists.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from secondtake.core.errors import CODES, Code, UserError
from secondtake.core.files import write_json
from secondtake.core.jobs import Job
from secondtake.core.registry.all_models import MODELS
from secondtake.core.serialization import JsonFileError, read_json
from secondtake.core.take_store import TakeStore
from secondtake.core.validation import check_name

FORMAT = 1

Status = Literal[
    "done",  # made in the last run
    "up_to_date",  # its take was there already
    "failed",  # it was tried and went wrong
    "blocked",  # it was not tried: a person, or the machine's surroundings, must change first
    "skipped",  # the model does not do this
    "waiting",  # its run has not come to it: it goes on, or was stopped
]
FINISHED = ("done", "up_to_date")  # then there is a take
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
        entry = asdict(self)
        return {**entry, "job": self.job.to_json()} if self.job else _without_job(entry)

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
    """A song's outcomes by model: each file is read once, and written at every change."""

    def __init__(self, results: Path) -> None:
        self._folder = outcomes_folder(results)
        self._by_model: dict[str, dict[str, Outcome]] = {}

    def of(self, model: str, job: str) -> Outcome | None:
        """The outcome of a job, by its name. UserError if the model's file is damaged."""
        return self._outcomes(model).get(job)

    def record(self, model: str, outcomes: Mapping[str, Outcome]) -> bool:
        """Add a model's outcomes, by job name, to those there are; True if that changed the file.

        What stops a model as a whole is recorded for each of its jobs. UserError if the file that
        is there is damaged, OSError if it cannot be written.
        """
        merged = self._outcomes(model)
        merged.update(outcomes)
        entries = {name: outcome.to_json() for name, outcome in merged.items()}
        return write_json(self._path(model), {"format": FORMAT, "outcomes": entries})

    def _outcomes(self, model: str) -> dict[str, Outcome]:
        if model not in self._by_model:
            path = self._path(model)
            self._by_model[model] = _read(path) if path.exists() else {}
        return self._by_model[model]

    def _path(self, model: str) -> Path:
        return self._folder / f"{check_name(model, 'model')}.json"


def read_outcomes(results: Path) -> dict[str, Outcome]:
    """Every outcome by job name; empty if nothing was run. UserError for a damaged file.

    Only the files that models have are read: a folder that is synchronised holds others too.
    """
    paths = [outcomes_folder(results) / f"{model}.json" for model in sorted(MODELS)]
    return {name: end for path in paths if path.exists() for name, end in _read(path).items()}


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
        return read_json(path, _parse)
    except JsonFileError as error:
        remedy = "delete it, the next run writes it anew, and no take is lost"
        raise UserError(error.sentence(path, "an outcomes file", remedy)) from None


def _parse(value: Any) -> dict[str, Outcome]:
    if value["format"] != FORMAT:
        raise ValueError(f"format {value['format']}, expected {FORMAT}")
    return {name: Outcome.from_json(entry) for name, entry in value["outcomes"].items()}
