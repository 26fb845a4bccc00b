"""What the runner adds to a take, with 100, 1,000 and 10,000 of them to make in one run.

    .venv/bin/python -m benchmarks.scheduler_overhead [--write docs/lab/scheduler.md]

In a project of its own, `invoke generate` is typed for a model that makes four frames at once
(benchmarks.no_op_model), by each engine with one worker; then again, when every take is up to
date. What one take costs is that command's time less the time of the same command for a single
take. Beside it stands the floor: a plain loop that writes the same bytes to the same disk as
durably (secondtake.core.files.replacing), with no runner around it.

Ray is measured where it is installed: pip install '.[ray]'. --folder /dev/shm/… leaves out the
waiting for a disk.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from benchmarks.harness import ROOT, Run, counted, keep, median_of, page, put, tell
from benchmarks.no_op_model import NO_OP
from benchmarks.rerun import processor_name

from secondtake.core.environ import thread_settings
from secondtake.core.files import replacing
from secondtake.core.project import Project
from secondtake.core.song import load_song
from secondtake.core.takes import takes_folder

# The model is in the registry of the command too, as if it had been added to the checkout.
LAUNCH = (
    f"import runpy; runpy.run_path('scripts/generate_{NO_OP.name}.py'); "
    "from invoke.main import program; program.run()"
)
ENGINES: Mapping[str, tuple[str, ...]] = {
    "local": (),
    "ray": ("--engine=ray", "--address=local", "--workers=1"),
}
MADE = "✓ "  # how the line of a take that is made, or up to date, begins


@dataclass(frozen=True)
class Size:
    """A song of so many segments, of each of which so many takes are asked for."""

    segments: int
    takes: int

    @property
    def jobs(self) -> int:
        return self.segments * self.takes

    @property
    def song(self) -> str:
        return f"silence{self.jobs}"


SINGLE, SINGLES = Size(1, 1), 3  # what a command costs, whatever it makes: the least of three
SIZES = {size.jobs: size for size in (Size(10, 10), Size(25, 40), Size(125, 80))}


@dataclass(frozen=True)
class Timed:
    """One command, typed and waited for; or the floor."""

    wall: float  # s
    processor: float  # s, of all its processes
    first: float = 0.0  # s until its first take was there


@dataclass(frozen=True)
class Measured:
    """So many takes: made, up to date, and only written."""

    jobs: int
    making: Timed
    rerun: Timed
    floor: Timed

    def per_job(self, single: "Measured") -> Run:
        """What each take costs, in milliseconds, beyond a command that makes a single one."""

        def per_job(timed: Timed, of_single: Timed) -> tuple[float, float]:
            """By the clock, and of processors."""
            scale = 1000 / (self.jobs - single.jobs)
            processor = timed.processor - of_single.processor
            return scale * (timed.wall - of_single.wall), scale * processor

        making = per_job(self.making, single.making)
        floor = per_job(self.floor, single.floor)
        return {
            "first_s": self.making.first,
            "wall_s": self.making.wall,
            "job_ms": making[0],
            "floor_ms": floor[0],
            "ours_ms": making[0] - floor[0],
            "processor_ms": making[1] - floor[1],
            "rerun_ms": per_job(self.rerun, single.rerun)[0],
        }


def main() -> None:
    parser = page(__doc__, "scheduler", runs=1)
    parser.add_argument("--jobs", type=int, nargs="+", choices=SIZES, default=list(SIZES))
    options = parser.parse_args()
    sizes = [SIZES[jobs] for jobs in options.jobs]
    project = make_project(options.folder, [SINGLE, *sizes])
    figures: dict[str, dict[str, list[Run]]] = {}
    for engine in engines(options.sides):
        tell(f"{engine}: building what it needs …")
        type_generate(project, SINGLE, engine)
        figures[engine] = {str(size.jobs): [] for size in sizes}
        for run in range(options.runs):
            single = measure_single(project, engine)
            for size in sizes:
                tell(f"{engine}, run {run + 1}: {size.jobs:,} takes …")
                made = measure(project, size, engine).per_job(single)
                figures[engine][str(size.jobs)].append(made)
                tell(f"    {made['ours_ms']:.2f} ms of ours a take")
    keep(options.json, figures)
    put(options.write, "scheduler", report(figures, options.runs))


def engines(wanted: Sequence[str]) -> list[str]:
    """The engines that can be measured here, of those that are wanted; all if none is."""
    if unknown := set(wanted) - set(ENGINES):
        sys.exit(f"there is no engine {min(unknown)!r}; there are {', '.join(ENGINES)}")
    names = [name for name in ENGINES if not wanted or name in wanted]
    if "ray" in names and find_spec("ray") is None:
        tell("ray is not installed in this Python, and is not measured: pip install '.[ray]'")
        names.remove("ray")
    return names


def make_project(folder: Path, sizes: Sequence[Size]) -> Project:
    """A project with our sources, the model that makes silence, and a song of every size."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for part in ("noxfile.py", "tasks.py", "src"):
        (folder / part).symlink_to(ROOT / part)
    for part in ("scripts", "requirements"):
        shutil.copytree(ROOT / part, folder / part)
    project = Project(folder.resolve())
    shutil.copy(ROOT / "benchmarks" / "no_op_model.py", project.script(NO_OP.name))
    project.requirements(NO_OP.name).write_text("# nothing\n", encoding="utf-8")
    project.lock(NO_OP.name).write_text("", encoding="utf-8")
    (folder / "songs").mkdir()
    for size in sizes:
        parts = [f'title = "{size.song}"\nbpm = 120\n']
        parts += [
            f'[[segment]]\nnumber = {number}\nkind = "instrumental"\ntitle = "Part {number}"\n'
            f'seconds = 1\nstyle = "silence"\nmodels = ["{NO_OP.name}"]\n'
            for number in range(1, size.segments + 1)
        ]
        song = project.root / "songs" / f"{size.song}.toml"
        song.write_text("\n".join(parts), encoding="utf-8")
    return project


def measure(project: Project, size: Size, engine: str) -> Measured:
    """A run that makes all takes, one that makes none, and the floor."""
    results = load_song(project.song(f"songs/{size.song}.toml"), project).results
    shutil.rmtree(results, ignore_errors=True)
    making = type_generate(project, size, engine)
    folder = takes_folder(results)
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    if len(files) != 2 * size.jobs:
        sys.exit(f"{size.jobs} takes have {len(files)} files in {folder}")
    rerun = type_generate(project, size, engine)
    shutil.rmtree(results)
    floor = write_all(folder, files)
    shutil.rmtree(results)
    return Measured(size.jobs, making, rerun, floor)


def measure_single(project: Project, engine: str) -> Measured:
    """The least that a single take needs of each: a hundredth of what comes between would be added
    to, or taken from, each of a hundred takes."""
    each = [measure(project, SINGLE, engine) for _ in range(SINGLES)]

    def least(timed: Iterable[Timed]) -> Timed:
        return min(timed, key=lambda one: one.wall)

    making, rerun = least(m.making for m in each), least(m.rerun for m in each)
    return Measured(SINGLE.jobs, making, rerun, least(m.floor for m in each))


def write_all(folder: Path, files: Mapping[str, bytes]) -> Timed:
    """Write files, each durably, and nothing else."""
    begun, used = time.perf_counter(), time.process_time()
    for name, content in files.items():
        with replacing(folder / name, len(content)) as file:
            file.write(content)
    return Timed(time.perf_counter() - begun, time.process_time() - used)


def type_generate(project: Project, size: Size, engine: str) -> Timed:
    """`invoke generate --song …`, as a person types it."""
    words = ["generate", f"--song=songs/{size.song}.toml", f"--takes={size.takes}"]
    command = [sys.executable, "-c", LAUNCH, *words, *ENGINES[engine]]
    environment = {**os.environ, **thread_settings(idle=True)}
    begun = time.perf_counter()
    with subprocess.Popen(
        command, cwd=project.root, env=environment, stdout=subprocess.PIPE, encoding="utf-8"
    ) as process:
        assert process.stdout is not None
        first, last = 0.0, ""
        for last in process.stdout:
            first = first or (time.perf_counter() - begun if last.startswith(MADE) else 0.0)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"invoke {' '.join(words)} ended with {process.returncode}: {last}")
    wall = time.perf_counter() - begun
    return Timed(wall, usage.ru_utime + usage.ru_stime, first)


def report(figures: Mapping[str, Mapping[str, Sequence[Run]]], runs: int) -> str:
    """The table, and how what a take costs grows with their number."""
    lines = [
        f"{processor_name()}, {os.cpu_count()} cores, Python {sys.version.split()[0]}; "
        f"{counted(runs)}, milliseconds a take:",
        "",
        "| engine | takes | first take after | whole run | a take | of these, the floor | ours "
        "| ours, of processors | up to date |",
        "|---" * 9 + "|",
    ]
    for engine, sizes in figures.items():
        for jobs, made in sizes.items():
            first, wall = median_of(made, "first_s"), median_of(made, "wall_s")
            each = ("job_ms", "floor_ms", "ours_ms", "processor_ms", "rerun_ms")
            cells = " | ".join(f"{median_of(made, name):.2f}" for name in each)
            lines.append(f"| {engine} | {int(jobs):,} | {first:.1f} s | {wall:.1f} s | {cells} |")
    for engine, sizes in figures.items():
        fewest, most = min(sizes, key=int), max(sizes, key=int)
        few, many = (median_of(sizes[jobs], "ours_ms") for jobs in (fewest, most))
        if fewest != most:
            lines += [
                "",
                f"{engine}: one of {int(most):,} takes costs {many / few:.2f} times as much of "
                f"ours as one of {int(fewest):,}.",
            ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
