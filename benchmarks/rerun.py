"""What a rerun costs that has nothing to do: wall clock and processor time of every verb.

    .venv/bin/python -m benchmarks.rerun [--write docs/lab/rerun.md]

Two songs in a project of their own, of 9 and of 2,016 takes: noise of a second with the records
that real takes have. `invoke generate-all` is typed until it has nothing to do; then each verb is
typed in turn. The comparison draws no pictures here, which would take half an hour: stand-ins are
in their place, for stamps look at every file. --fresh makes songs and takes anew.
"""

import os
import random
import shutil
import subprocess
import sys
import time
import wave
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.harness import ROOT, counted, keep, median_of, page, put, tell

from secondtake.core.environ import thread_settings
from secondtake.core.files import replacing, sha256_of, write_text
from secondtake.core.jobs import Job, inputs_hash
from secondtake.core.plan import Request, plan
from secondtake.core.project import Project
from secondtake.core.registry.all_models import MODELS
from secondtake.core.song import Song, load_song
from secondtake.core.takes import Licence, Provenance, Take, Wav, wav_path, write_record
from secondtake.runner.environments import ANALYSIS, ensure

SECONDS = 1.0  # of a take: its length changes nothing here
PARTS = ("noxfile.py", "tasks.py", "requirements", "src")
NO_PICTURES = 'sys.exit(main([*sys.argv[1:], "--no-plots"]))'
MADE = Provenance("2026-01-01T00:00:00+00:00", 1.0, 0.0, "cpu", "float32", 1, "", {})


@dataclass(frozen=True)
class Size:
    """A song of so many segments, each with so many takes of every model."""

    name: str
    segments: int
    models: tuple[str, ...]
    takes: int

    @property
    def jobs(self) -> int:
        return self.segments * len(self.models) * self.takes


SIZES = (
    Size("few", 3, ("bark", "stable_audio", "sketch"), 1),
    Size("many", 42, ("bark", "stable_audio", "musicgen", "sketch"), 12),
)
VERBS: Mapping[str, tuple[str, ...]] = {
    "generate-all": ("generate-all",),
    "generate": ("generate",),
    "generate-all --dry-run": ("generate-all", "--dry-run"),
    "verify": ("verify",),
    "rank": ("rank",),
    "report": ("report",),
}
OF_TAKES = ("generate", "generate-all")  # verbs with --takes


@dataclass(frozen=True)
class Typed:
    """One verb, typed and waited for."""

    wall: float  # s
    processor: float  # s, of all its processes


def main() -> None:
    parser = page(__doc__, "rerun")
    parser.add_argument("--fresh", action="store_true", help="make the songs and takes anew")
    options = parser.parse_args()
    if options.fresh:
        shutil.rmtree(options.folder, ignore_errors=True)
    project = make_project(options.folder)
    figures: dict[str, dict[str, list[dict[str, float]]]] = {}
    for size in SIZES:
        if options.sides and size.name not in options.sides:
            continue
        make_takes(project, make_song(project, size), size)
        settle(project, size)
        figures[size.name] = {verb: [] for verb in VERBS}
        for run in range(options.runs):
            for verb, words in VERBS.items():
                typed = type_verb(project, size, words)
                tell(f"{size.jobs} takes, run {run + 1}, {verb}: {typed.processor:.2f} s")
                figures[size.name][verb].append(vars(typed))
    keep(options.json, figures)
    put(options.write, "rerun", report(figures, options.runs))


def make_project(folder: Path) -> Project:
    """A project with our sources and the environment of the analysis."""
    (folder / "songs").mkdir(parents=True, exist_ok=True)
    for part in PARTS:
        if not (folder / part).exists():
            (folder / part).symlink_to(ROOT / part)
    shutil.copytree(ROOT / "scripts", folder / "scripts", dirs_exist_ok=True)
    script = folder / "scripts" / "analyse_results.py"
    text = script.read_text(encoding="utf-8")
    script.write_text(text.replace("sys.exit(main())", NO_PICTURES), encoding="utf-8")
    project = Project(folder)
    ensure(project, ANALYSIS, folder / "build.log", lambda step, *_: tell(step))
    return project


def make_song(project: Project, size: Size) -> Song:
    """Verses without baselines."""
    models = ", ".join(f'"{name}"' for name in size.models)
    parts = [f'title = "{size.name}"\nbpm = 120\n']
    parts += [
        f'[[segment]]\nnumber = {number}\nkind = "verse"\ntitle = "Part {number}"\n'
        f'seconds = {SECONDS}\nstyle = "slow tango"\nlyrics = "La la la"\nmodels = [{models}]\n'
        for number in range(1, size.segments + 1)
    ]
    path = project.root / "songs" / f"{size.name}.toml"
    path.write_text("\n".join(parts), encoding="utf-8")
    return load_song(path, project)


def make_takes(project: Project, song: Song, size: Size) -> None:
    """A take of every job, noise of its own; those that are there stay."""
    locks = {name: sha256_of(project.lock(name)) for name in size.models}
    for place, job in enumerate(plan(song, Request(takes=size.takes))):
        if not wav_path(song.results, job.name).exists():
            make_take(song, job, locks[job.model], place)


def make_take(song: Song, job: Job, lock_sha256: str, seed: int) -> None:
    """The wav, and the record that its model's script would have written."""
    model, path = MODELS[job.model], wav_path(song.results, job.name)
    frames = int(SECONDS * model.sample_rate)
    with replacing(path) as file, wave.open(file, "wb") as out:
        out.setparams((model.channels, 2, model.sample_rate, 0, "NONE", ""))
        out.writeframes(random.Random(seed).randbytes(2 * model.channels * frames))
    size, sha256 = path.stat().st_size, sha256_of(path)
    wav = Wav(path.name, sha256, size, frames, model.channels, model.sample_rate)
    inputs = inputs_hash(job, lock_sha256, {})
    licence = Licence(model.code_licence, model.checkpoint(job.checkpoint).licence)
    take = Take(job, inputs, lock_sha256, {}, wav, MADE, (), {}, licence)
    write_record(song.results, take)
    for suffix in (".png", ".svg"):
        write_text(song.results / "analysis" / f"{job.name}{suffix}", f"a picture of {sha256}")


def settle(project: Project, size: Size) -> None:
    """Type generate-all until a second time changes nothing."""
    before: Mapping[str, int] = {}
    while True:
        tell(f"{size.jobs} takes: until there is nothing to do …")
        type_verb(project, size, ("generate-all",))
        type_verb(project, size, ("verify",))  # which ranks without a word, as report does
        results = project.results / size.name
        files = [path for path in results.rglob("*.*") if not path.name.startswith(".")]
        after = {str(path): path.lstat().st_mtime_ns for path in files if "logs" not in path.parts}
        if after == before:
            return
        before = after


def type_verb(project: Project, size: Size, words: Sequence[str]) -> Typed:
    """`invoke WORDS --song …`, as a person types it."""
    takes = (f"--takes={size.takes}",) if words[0] in OF_TAKES else ()
    command = [sys.executable, "-m", "invoke", *words, f"--song=songs/{size.name}.toml", *takes]
    began = time.perf_counter()
    environment = {**os.environ, **thread_settings(idle=True)}
    with (project.root / "said.txt").open("wb") as said:
        process = subprocess.Popen(command, cwd=project.root, env=environment, stdout=said)
        _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"invoke {' '.join(words)} ended with {process.returncode}")
    return Typed(wall, usage.ru_utime + usage.ru_stime)


def processor_name() -> str:
    """As the system calls it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "an unnamed processor")


def report(figures: Mapping[str, Mapping[str, Sequence[Mapping[str, float]]]], runs: int) -> str:
    """The table."""
    sizes = [size for size in SIZES if size.name in figures]
    lines = [
        f"{processor_name()}, {os.cpu_count()} cores, Python {sys.version.split()[0]}; seconds, "
        f"{counted(runs)}:",
        "",
        "| | " + " | ".join(f"{size.jobs:,} takes: wall | processor" for size in sizes) + " |",
        "|---" * (1 + 2 * len(sizes)) + "|",
    ]
    for verb in VERBS:
        medians = [
            f"{median_of(figures[size.name][verb], figure):.2f}"
            for size in sizes
            for figure in ("wall", "processor")
        ]
        lines.append(f"| `invoke {verb}` | {' | '.join(medians)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
