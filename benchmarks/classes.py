"""One row of docs/performance.md: how much faster `fast` is on this class of processors.

    python -m benchmarks.classes [FOLDER] [--write docs/performance.md]

FOLDER holds what the speed benchmarks wrote there, each by its model's name:

    venv-bark/bin/python -m benchmarks.bark.speed --json .cache/benchmarks/speed/bark.json

and musicgen.json, stable_audio.json and ace_step.json likewise. A benchmark that was not run is an
empty cell; rows of other classes stay as they are. All files must be of one machine.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.harness import ROOT, Run, Runs, median_of, put

MARK = "processor_classes"
ROWS = ("AVX2", "AVX2 with VNNI", "AVX-512 with VNNI", "AMX", "Apple M")  # that are always there
UNMEASURED = "not measured"


@dataclass(frozen=True)
class Column:
    """A checkpoint whose takes are compared."""

    title: str
    file: str
    path: tuple[str, ...]  # of the sides within the file
    steps: int = 0  # for which a take is reckoned; 0: as it was measured


COLUMNS = (
    Column("Bark `small`", "bark.json", ("sizes", "small")),
    Column("Bark `large`", "bark.json", ("sizes", "large")),
    Column("MusicGen `small`", "musicgen.json", ("sides",)),
    Column("Stable Audio `open-1.0`, 100 steps", "stable_audio.json", ("sides",), steps=100),
    Column("ACE-Step `turbo`", "ace_step.json", ("takes", "14.0")),
)
BATCH = "fast, batch of "
WIDTH = 3 + len(COLUMNS)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    default = ROOT / ".cache" / "benchmarks" / "speed"
    parser.add_argument("folder", nargs="?", type=Path, default=default)
    parser.add_argument("--write", type=Path, help="put the row into this page of docs/")
    options = parser.parse_args()
    paths = sorted({options.folder / column.file for column in COLUMNS})
    files = {p.name: json.loads(p.read_text(encoding="utf-8")) for p in paths if p.exists()}
    if not files:
        sys.exit(f"{options.folder} holds none of {', '.join(path.name for path in paths)}")
    page = options.write.read_text(encoding="utf-8") if options.write else ""
    put(options.write, MARK, table(row(files), page))


def row(files: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
    """The cells of the machine that the files are of. Exits if they are of several."""
    machines = {(f["floor"]["processor_class"], f["floor"]["threads"]) for f in files.values()}
    if len(machines) > 1:
        sys.exit(f"these are of several machines: {', '.join(map(str, sorted(machines)))}")
    ((processor_class, threads),) = machines
    dates = sorted({facts["date"] for facts in files.values()})
    cells = [_cell(files[c.file], c) if c.file in files else "" for c in COLUMNS]
    return (processor_class, str(threads), " to ".join({dates[0]: 0, dates[-1]: 0}), *cells)


def table(new: Sequence[str], page: str) -> str:
    """The table of a page with the new row; rows that it does not have yet are not measured."""
    rows = {key: (key, "", UNMEASURED, *("" for _ in COLUMNS)) for key in ROWS}
    rows |= {_row_key(cells[0]): cells for cells in _written(page)}
    rows[_row_key(new[0])] = tuple(new)
    titles = ("processor", "threads", "measured", *(column.title for column in COLUMNS))
    lines = [titles, ("---",) * WIDTH, *rows.values()]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _row_key(processor_class: str) -> str:
    """The row of a class: where it was simulated, or which of Apple's it is, is told there."""
    if processor_class.startswith("Apple M"):
        return "Apple M"
    return processor_class.partition(" (")[0]


def _written(page: str) -> Iterator[tuple[str, ...]]:
    """The rows between the marks of a page."""
    body = page.partition(f"<!-- {MARK}: begin -->")[2].partition(f"<!-- {MARK}: end -->")[0]
    for line in body.splitlines()[3:]:  # after an empty line, titles and dashes
        cells = tuple(cell.strip() for cell in line.strip().strip("|").split("|"))
        if len(cells) == WIDTH:
            yield cells


def _cell(facts: Mapping[str, Any], column: Column) -> str:
    """ "2.9x", or "2.9x, 4.8x": a take alone, and one of a batch. Empty without both sides."""
    sides: Any = facts
    for key in column.path:
        sides = sides.get(key, {})
    if not {"unmodified", "fast"} <= set(sides):
        return ""
    more = column.steps - facts["steps"] if column.steps else 0
    base = _take(sides["unmodified"], more)
    batches = [(runs, int(name.removeprefix(BATCH))) for name, runs in sides.items()
               if name.startswith(BATCH)]  # fmt: skip
    seconds = [_take(sides["fast"], more), *(_take(runs, more) / takes for runs, takes in batches)]
    return ", ".join(f"{base / each:.1f}x" for each in seconds)


def _take(runs: Runs, more: int) -> float:
    """Seconds of a run without loading, and of so many more steps."""

    def total(run: Run) -> Run:
        return {"total": sum(run["stages"].values()) + more * run.get("step_seconds", 0.0)}

    return median_of([total(run) for run in runs], "total")


if __name__ == "__main__":
    main()
