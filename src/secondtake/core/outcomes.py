"""Outcomes: the end of each job, in <results>/outcomes/<model>.json (docs/record-format.md).

A take's record describes what was made; an outcome says why something was not, and what to do
about it. It holds no time of day: the same outcome twice is the same file twice.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from secondtake.core.errors import CODES, Code, UserError
from secondtake.core.files import write_json
from secondtake.core.serialization import JsonFileError, read_json
from secondtake.core.validation import check_name

FORMAT = 1

Status = Literal[
    "done",  # made in the last run
    "up_to_date",  # its take was there already
    "failed",  # it was tried and went wrong
    "blocked",  # it was not tried: a person, or the machine's surroundings, must change first
    "skipped",  # the model does not do this
]
STATUSES: frozenset[str] = frozenset(get_args(Status))


@dataclass(frozen=True)
class Outcome:
    """The end of one job. `log` is relative to the project, "" where there is none."""

    status: Status
    code: Code | Literal[""] = ""
    message: str = ""
    hint: str = ""
    log: str = ""

    def __post_init__(self) -> None:
        if self.status not in STATUSES:
            raise ValueError(f"no status {self.status!r}; known: {', '.join(sorted(STATUSES))}")
        if self.code and self.code not in CODES:
            raise ValueError(f"no code {self.code!r}; known: {', '.join(sorted(CODES))}")
        if not all(isinstance(text, str) for text in (self.message, self.hint, self.log)):
            raise TypeError("an outcome's message, hint and log are text")


def outcomes_folder(results: Path) -> Path:
    return results / "outcomes"


def record_outcomes(results: Path, model: str, outcomes: Mapping[str, Outcome]) -> bool:
    """Add a model's outcomes, by job name, to those there are; True if that changed the file.

    What stops a model as a whole is recorded for each of its jobs. UserError if the file that is
    there is damaged, OSError if it cannot be written.
    """
    path = outcomes_folder(results) / f"{check_name(model, 'model')}.json"
    earlier = _read(path) if path.exists() else {}
    merged = {name: asdict(outcome) for name, outcome in {**earlier, **outcomes}.items()}
    return write_json(path, {"format": FORMAT, "outcomes": merged})


def read_outcomes(results: Path) -> dict[str, Outcome]:
    """Every outcome by job name; empty if nothing was run. UserError for a damaged file."""
    paths = sorted(outcomes_folder(results).glob("*.json"))
    return {name: outcome for path in paths for name, outcome in _read(path).items()}


def _read(path: Path) -> dict[str, Outcome]:
    try:
        return read_json(path, _parse)
    except JsonFileError as error:
        remedy = "delete it, the next run writes it anew, and no take is lost"
        raise UserError(error.sentence(path, "an outcomes file", remedy)) from None


def _parse(value: Any) -> dict[str, Outcome]:
    if value["format"] != FORMAT:
        raise ValueError(f"format {value['format']}, expected {FORMAT}")
    return {name: Outcome(**entry) for name, entry in value["outcomes"].items()}
