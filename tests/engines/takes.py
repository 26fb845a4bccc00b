"""What a run left: the takes, their records, the outcomes."""

from pathlib import Path
from typing import Any

from secondtake.core.files import sha256_of
from secondtake.core.outcomes import outcomes_folder
from secondtake.core.serialization import read_json
from secondtake.core.takes import takes_folder

# In each making anew.
MEASURED = ("started", "seconds", "load_seconds", "peak_memory_bytes")
MEASURED_OF_BARK = ("stage_seconds", "tokens_per_second")  # in each of its windows


def facts_of(results: Path, engine: str) -> dict[str, Any]:
    """The records of takes by name, without what was measured, once each is known to be this
    engine's and to tell the truth about its wav."""
    facts = {}
    for path in takes_folder(results).glob("*.json"):
        record = read_json(path)
        made = record["made"]
        assert made.pop("engine") == engine
        assert sha256_of(path.with_suffix(".wav")) == record["wav"]["sha256"]
        for name in MEASURED:
            del made[name]
        for window in record["details"]["windows"] if record["job"]["model"] == "bark" else ():
            for name in MEASURED_OF_BARK:
                del window[name]
        facts[path.stem] = record
    return facts


def names_of(results: Path) -> list[str]:
    """The names of the takes: no file is there twice, none but a wav and its record."""
    files = sorted(path.name for path in takes_folder(results).iterdir())
    names = sorted(path.stem for path in takes_folder(results).glob("*.json"))
    assert files == sorted(f"{name}.{kind}" for name in names for kind in ("json", "wav"))
    return names


def statuses(results: Path) -> dict[str, str]:
    """The outcome of every job."""
    files = [read_json(path)["outcomes"] for path in outcomes_folder(results).glob("*.json")]
    return {name: outcome["status"] for file in files for name, outcome in file.items()}


def engines_of(results: Path) -> dict[str, str]:
    """By the name of a take: the engine that made it."""
    folder = takes_folder(results)
    return {path.stem: read_json(path)["made"]["engine"] for path in folder.glob("*.json")}
