"""Outcomes: what became of each job, kept beside the takes so that reports can say it.

One file a model, <results>/outcomes/<model>.json, described in docs/record-format.md. A take's
record says what was made; an outcome says why something was not, and what to do about it. It
holds no time of day: the same outcome twice is the same file twice.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from secondtake.core.errors import CODES, Code, UserError
from secondtake.core.files import write_json
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
    """What became of one job. `log` is relative to the project, "" where there is none."""

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


def note(results: Path, model: str, outcomes: Mapping[str, Outcome]) -> bool:
    """Add a model's outcomes, by job name, to those there are; True if that changed the file.

    What stops a model as a whole is noted for each of its jobs. UserError if the file that is
    there is damaged, OSError if it cannot be written.
    """
    path = outcomes_folder(results) / f"{check_name(model, 'model')}.json"
    known = _read(path) if path.exists() else {}
    merged = {name: asdict(outcome) for name, outcome in {**known, **outcomes}.items()}
    return write_json(path, {"format": FORMAT, "outcomes": merged})


def read_outcomes(results: Path) -> dict[str, Outcome]:
    """Every outcome by job name; empty if nothing was run. UserError for a damaged file."""
    found: dict[str, Outcome] = {}
    for path in sorted(outcomes_folder(results).glob("*.json")):
        found.update(_read(path))
    return found


def _read(path: Path) -> dict[str, Outcome]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        if value["format"] != FORMAT:
            raise ValueError(f"format {value['format']}, expected {FORMAT}")
        return {name: _outcome(entry) for name, entry in value["outcomes"].items()}
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UserError(
            f"{path}: not an outcomes file ({type(error).__name__}: {error}); delete it, the "
            "next run writes it anew, and no take is lost"
        ) from None


def _outcome(entry: Any) -> Outcome:
    return Outcome(**entry)
