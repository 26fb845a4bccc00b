"""What verification.json says, read with care: it is another program's file."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MARKS = {"pass": "✅", "warn": "⚠️", "fail": "❌"}


@dataclass(frozen=True)
class Finding:
    """One check that did not simply pass."""

    name: str
    verdict: str  # warn, fail
    figure: float | None
    unit: str
    threshold: str
    note: str

    def sentence(self) -> str:
        """What was measured, what is allowed, what that means. Not yet escaped."""
        digits = ".0f" if abs(self.figure or 0) >= 1000 else ".3g"
        measured = "" if self.figure is None else f" {self.figure:{digits}} {self.unit}".rstrip()
        meaning = f": {self.note}" if self.note else ""
        return f"{self.name}{measured} (allowed: {self.threshold}){meaning}"


@dataclass(frozen=True)
class Verdict:
    """One file's verdict: pass, warn or fail."""

    verdict: str
    kind: str  # take, baseline
    checks: int
    findings: tuple[Finding, ...]
    figures: Mapping[str, float]  # by check, e.g. "true peak"
    sha256: str = ""  # of the file that was judged, where the verification says so


@dataclass(frozen=True)
class Verdicts:
    """Every verdict by file. `state` is ready, absent, unreadable or other song."""

    state: str
    why: str = ""
    files: Mapping[str, Verdict] = field(default_factory=dict)
    leftovers: tuple[str, ...] = ()  # wavs without a record

    def of(self, file: str, sha256: str = "") -> Verdict | None:
        """The verdict on a file, unless the file has changed since it was judged."""
        found = self.files.get(file)
        if found and sha256 and found.sha256 and found.sha256 != sha256:
            return None
        return found


def read_verdicts(path: Path, song: str) -> Verdicts:
    """Read verification.json."""
    value = read_object(path)
    if isinstance(value, str):
        return Verdicts("unreadable", value)
    if value is None:
        return Verdicts("absent")
    if value.get("song", song) != song:
        return Verdicts("other song", str(value["song"]))
    try:
        files = {str(entry["file"]): _verdict(entry) for entry in value["files"]}
        leftovers = tuple(map(str, value.get("wavs_without_record", ())))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return Verdicts("unreadable", f"{type(error).__name__}: {error}")
    return Verdicts("ready", "", files, leftovers)


def read_object(path: Path) -> dict[str, Any] | str | None:
    """A JSON object; None if there is no such file; what is wrong, in words, otherwise."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except OSError as error:
        return str(error.strerror)
    except (ValueError, RecursionError) as error:
        return f"not JSON: {error}"
    return value if isinstance(value, dict) else "not a JSON object"


def _verdict(entry: Mapping[str, Any]) -> Verdict:
    checks = list(entry["checks"])
    verdict = str(entry["verdict"])
    if verdict not in MARKS:
        raise ValueError(f"no verdict {verdict!r}")
    return Verdict(
        verdict=verdict,
        kind=str(entry["kind"]),
        checks=len(checks),
        findings=tuple(_finding(check) for check in checks if check["verdict"] != "pass"),
        figures={
            str(check["name"]): float(check["figure"])
            for check in checks
            if check["figure"] is not None
        },
        sha256=str(entry.get("sha256", "")),
    )


def _finding(check: Mapping[str, Any]) -> Finding:
    figure = check["figure"]
    return Finding(
        name=str(check["name"]),
        verdict=str(check["verdict"]),
        figure=None if figure is None else float(figure),
        unit=str(check["unit"]),
        threshold=str(check["threshold"]),
        note=str(check["note"]),
    )
