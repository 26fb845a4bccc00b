"""Costs: what a checkpoint downloads, keeps on the disk, holds in memory, and takes in time.

Told before anything is built or fetched. What is here already costs nothing. What several models
share (packages, a text encoder) is counted once in a sum. What is not known is said to be unknown.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from secondtake.core.formatting import format_bytes, format_duration, plural
from secondtake.core.jobs import Job
from secondtake.core.project import Project
from secondtake.core.registry.all_models import MODELS
from secondtake.core.registry.spec import BaseSpec, Checkpoint
from secondtake.runner import environments, machine
from secondtake.runner.amounts import UNKNOWN, Amount, environment_amounts, sum_amounts
from secondtake.runner.estimates import GraphicsEstimate, TimingHistory, estimate_graphics
from secondtake.runner.hub import store
from secondtake.runner.preflight import Preflight
from secondtake.runner.settings import Settings

USUAL_SECONDS = 10.0  # of a take, where no job says how many
# The stages after a model's takes: their programs, and what each take of 10 s needs more. Measured
# on two cores of an EPYC with AVX-512.
JUDGING_SECONDS, JUDGING_SECONDS_A_TAKE = 5.0, 2.0
Jobs = Sequence[Job]
Access = dict[tuple[str, str], Preflight]  # by model and checkpoint


@dataclass(frozen=True)
class WorkTime:
    """The time that takes need, once the model is loaded."""

    takes: int
    sound_seconds: float  # of all of them
    work_seconds: float | None  # for all of them; None: unknown
    load_seconds: float
    source: str  # this machine's takes, or the processor on which it was measured

    @property
    def seconds_a_take(self) -> float | None:
        return None if self.work_seconds is None else self.work_seconds / self.takes

    def __str__(self) -> str:
        if self.seconds_a_take is None:
            return f"{UNKNOWN}, no take was made here yet"
        sound = self.sound_seconds / self.takes
        text = f"{format_duration(self.seconds_a_take)} for a take of {sound:.3g} s"
        if self.takes > 1:
            text += f", {format_duration(self.work_seconds or 0.0)} in all"
        return f"{text} ({self.source})"


@dataclass(frozen=True)
class Cost:
    """The cost of one checkpoint on this machine, from what is here to its takes."""

    model: str
    checkpoint: str
    title: str
    packages: Amount  # to download for its environment; what uv has cached still counts
    weights: Amount  # to download
    environment_disk: Amount  # that the environment adds
    weights_disk: Amount  # that the weights add, with what is converted of them
    memory: int  # bytes on the processor
    graphics: GraphicsEstimate
    time: WorkTime

    @property
    def download(self) -> Amount:
        return self.packages + self.weights

    @property
    def disk(self) -> Amount:
        return self.environment_disk + self.weights_disk

    def lines(self) -> list[str]:
        """For people."""
        lines = []
        if self.download:
            parts = [
                f"{what} {amount}"
                for what, amount in (("packages", self.packages), ("weights", self.weights))
                if amount
            ]
            parted = f" ({', '.join(parts)})" if len(parts) > 1 else ""
            lines = [f"to download: {self.download}{parted}; disk then: {self.disk}"]
        memory = f"memory while it runs: about {format_bytes(self.memory)}"
        if self.graphics.memory:
            memory += f"; for graphics: {self.graphics.text} for a take, reckoned"
        return [*lines, memory, *self.graphics.warnings, f"time: {self.time}"]

    def to_json(self) -> dict[str, object]:
        """null: unknown."""
        return {
            "model": self.model,
            "checkpoint": self.checkpoint,
            "packages_bytes": self.packages.known_bytes,
            "weights_bytes": self.weights.known_bytes,
            "environment_disk_bytes": self.environment_disk.known_bytes,
            "weights_disk_bytes": self.weights_disk.known_bytes,
            "memory_bytes": self.memory,
            **self.graphics.to_json(),
            "takes": self.time.takes,
            "sound_seconds": self.time.sound_seconds,
            "work_seconds": self.time.work_seconds,
            "load_seconds": self.time.load_seconds,
            "time_source": self.time.source,
        }


@dataclass(frozen=True)
class Costs:
    """The costs of several checkpoints, and their sum beside what is free."""

    each: tuple[Cost, ...]
    free_project: int  # bytes on the project's disk
    free_cache: int  # bytes on the disk of weights
    one_disk: bool
    analysis: tuple[Amount, Amount] = (Amount(), Amount())  # to download and on the disk, as well
    evaluate: bool = False  # the stages after generation follow
    workers: int = 1  # at once

    def without(self, models: Collection[str]) -> "Costs":
        """The same, but for these models."""
        return replace(self, each=tuple(cost for cost in self.each if cost.model not in models))

    @property
    def download(self) -> Amount:
        return sum_amounts([*(cost.download for cost in self.each), self.analysis[0]])

    @property
    def environment_disk(self) -> Amount:
        return sum_amounts([*(cost.environment_disk for cost in self.each), self.analysis[1]])

    @property
    def weights_disk(self) -> Amount:
        return sum_amounts(cost.weights_disk for cost in self.each)

    @property
    def judging(self) -> dict[str, float]:
        """The seconds of the stages that follow each model's takes."""
        takes = Counter[str]()
        for cost in self.each if self.evaluate else ():
            takes[cost.model] += cost.time.takes
        return {model: JUDGING_SECONDS + JUDGING_SECONDS_A_TAKE * n for model, n in takes.items()}

    @property
    def work_seconds(self) -> float | None:
        """Of all takes and stages, loading included; None if one of them is unknown."""
        known = [c.time.work_seconds for c in self.each if c.time.work_seconds is not None]
        if len(known) < len(self.each):
            return None
        loading = sum(cost.time.load_seconds for cost in self.each)
        return sum(known) + loading + sum(self.judging.values())

    @property
    def forecast_seconds(self) -> float | None:
        """The same on several workers, each of which loads what it makes; no take is divided."""
        serial, takes = self.work_seconds, sum(cost.time.takes for cost in self.each)
        workers = min(self.workers, takes)
        if serial is None or workers < 2:
            return serial
        judging = sum(self.judging.values())
        loads = [cost.time.load_seconds for cost in self.each]
        more_loads = max(0, workers - len(loads)) * max(loads)
        longest = max(c.time.load_seconds + (c.time.seconds_a_take or 0.0) for c in self.each)
        return max((serial - judging + more_loads) / workers, longest) + judging

    @property
    def disks(self) -> list[tuple[str, Amount, int]]:
        """Of each disk: its name, what it will have to hold, and the bytes that are free."""
        if self.one_disk:
            return [("disk", self.environment_disk + self.weights_disk, self.free_cache)]
        return [
            ("disk of the environments", self.environment_disk, self.free_project),
            ("disk of the weights", self.weights_disk, self.free_cache),
        ]

    def download_lines(self) -> list[str]:
        """What is downloaded, and the room for it, for people."""
        of_it = f", {self.analysis[0]} of it for the analysis" if self.analysis[0] else ""
        return [
            f"to download: {self.download}{of_it}",
            *(
                f"{d}: {amount} to fill, {format_bytes(free)} free"
                for d, amount, free in self.disks
            ),
        ]

    def lines(self) -> list[str]:
        """The sum, for people."""
        seconds = self.forecast_seconds
        time = UNKNOWN if seconds is None else f"about {format_duration(seconds)}"
        if self.workers > 1 and self.work_seconds is not None:
            time += f" with {self.workers} workers (one: {format_duration(self.work_seconds)})"
        count = sum(cost.time.takes for cost in self.each)
        takes, whose = plural(count, "take"), "its" if count == 1 else "their"
        judged = f" and {whose} analysis" if self.evaluate else ""
        return [*self.download_lines(), f"time for {takes}{judged}, without downloads: {time}"]

    def to_json(self) -> dict[str, object]:
        return {
            "download_bytes": self.download.known_bytes,
            "environment_disk_bytes": self.environment_disk.known_bytes,
            "weights_disk_bytes": self.weights_disk.known_bytes,
            "free_project_bytes": self.free_project,
            "free_cache_bytes": self.free_cache,
            "one_disk": self.one_disk,
            "work_seconds": self.work_seconds,
            "workers": self.workers,
            "forecast_seconds": self.forecast_seconds,
        }


def total(
    project: Project, costs: Iterable[Cost], *, evaluate: bool = False, workers: int = 1
) -> Costs:
    """Costs beside what is free now; evaluate: with the analysis, its environment and its time."""
    analysis = environment_amounts(project, environments.ANALYSIS) if evaluate else None
    return Costs(
        tuple(costs),
        machine.free_disk_bytes(project.root),
        machine.free_disk_bytes(project.cache),
        machine.disk_of(project.root) == machine.disk_of(project.cache),
        analysis or (Amount(), Amount()),
        evaluate,
        workers,
    )


def cost_of(
    project: Project,
    settings: Settings,
    model: BaseSpec,
    checkpoint: Checkpoint,
    history: TimingHistory | None = None,
    jobs: Jobs = (),
    access: Preflight | None = None,
) -> Cost:
    """The cost of a checkpoint for these jobs, or for one usual take.

    access: what its preflight heard of the files' sizes; the registry's figures otherwise.
    """
    packages, environment = environment_amounts(project, model.name)
    stock = store.inventory(project, model, checkpoint, settings)
    missing = stock.missing
    # Optional ones count where they are there, or the registry has their size.
    there = {w.source: 0 for w in missing if w.bytes or not w.optional}
    if access:
        there = {download.source: download.bytes for download in access.downloads}
    # By its hash, where that is known: two repositories may have the same text encoder.
    sizes = {w.sha256 or w.source: there[w.source] or w.bytes for w in missing if w.source in there}
    weights = Amount({s: n for s, n in sizes.items() if n is not None}, None in sizes.values())
    here = sum(file.bytes for file in stock.files.values())
    room = checkpoint.converted_bytes
    if weights.known_bytes is not None:
        room = checkpoint.conversion_bytes(here + weights.known_bytes)
    converted = {f"converted {checkpoint.title}": room}
    return Cost(
        model=model.name,
        checkpoint=checkpoint.name,
        title=model.title_of(checkpoint),
        packages=packages,
        weights=weights,
        environment_disk=environment,
        weights_disk=weights + Amount(converted if missing and room else {}),
        memory=checkpoint.needed_memory(low=settings.low_memory),
        graphics=estimate_graphics(model, checkpoint, [job.settings for job in jobs]),
        time=work_time(model, checkpoint, history, jobs),
    )


def costs_of_jobs(
    project: Project,
    settings: Settings,
    jobs: Jobs,
    histories: Mapping[tuple[str, str], TimingHistory],
    access: Access | None = None,
    *,
    evaluate: bool = False,
    workers: int = 1,
) -> Costs:
    """The costs of every checkpoint that these jobs need, in their order."""
    groups: dict[tuple[str, str], list[Job]] = {}
    for job in jobs:
        groups.setdefault((job.model, job.checkpoint), []).append(job)
    each = [
        cost_of(
            project, settings, MODELS[key[0]], MODELS[key[0]].checkpoint(key[1]),
            histories.get(key), group, (access or {}).get(key),
        )
        for key, group in groups.items()
    ]  # fmt: skip
    return total(project, each, evaluate=evaluate, workers=workers)


def work_time(
    model: BaseSpec, checkpoint: Checkpoint, history: TimingHistory | None, jobs: Jobs
) -> WorkTime:
    """By this machine's records, else by the registry's measurement."""
    wanted = [(job.seconds, job.settings) for job in jobs]
    if not wanted:
        usual = min(USUAL_SECONDS, checkpoint.longest_seconds)
        wanted = [(usual, model.settings(checkpoint, {}))]
    sound, takes = sum(seconds for seconds, _ in wanted), len(wanted)
    if history:
        source = f"going by {history.source}"
        return WorkTime(takes, sound, sound * history.work, history.load_seconds, source)
    if speed := checkpoint.speed:
        work = sum(speed.work_seconds(seconds, settings) for seconds, settings in wanted)
        return WorkTime(takes, sound, work, speed.load_seconds, f"measured on {speed.processor}")
    return WorkTime(takes, sound, None, 0.0, UNKNOWN)
