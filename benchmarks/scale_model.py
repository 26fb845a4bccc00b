"""What a million takes on a thousand GPUs fill up first: costs measured here, the rest reckoned.

    .venv/bin/python -m benchmarks.scale_model [--write docs/lab/scaling.md]

Every take passes the command that ordered it, the driver: its wav travels there, is hashed and
written, then its record, then its outcome. What that costs is measured on this machine, with the
code that runs use (and with Ray, where it is installed); GPUs, networks and the hub are stated.
"""

import argparse
import hashlib
import heapq
import math
import os
import pickle
import random
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from timeit import repeat
from unittest import mock

from benchmarks.harness import ROOT, put
from benchmarks.rerun import MADE, processor_name

from secondtake.core.files import replacing
from secondtake.core.jobs import Job
from secondtake.core.outcomes import PATIENCE, Outcome, OutcomeFiles
from secondtake.core.progress import EMIT_EVERY_SECONDS
from secondtake.core.take_files import store_new
from secondtake.core.take_store import read_folder
from secondtake.core.takes import MAX_TAKES, Take, Wav, takes_folder
from secondtake.core.wav import HEADER_BYTES
from secondtake.runner.costs import JUDGING_SECONDS_A_TAKE, USUAL_SECONDS
from secondtake.runner.job_queue import JobQueue
from secondtake.runner.ray_cluster import CHUNK_BYTES
from secondtake.runner.ray_host import PROGRESS_SECONDS

Timer = Callable[[], float]

# Stated, not measured. Bandwidths in bytes/s.
TAKES, GPUS, GPUS_OF_NODE, CORES_OF_NODE = 1_000_000, 1000, 8, 96
SECONDS, SPREAD = (10.0, 1.0), 0.2  # of a GPU for a take: usual, distilled; up or down by this
LENGTH, RATE = 30.0, 48_000  # of a take: s, Hz
WAV_BYTES = HEADER_BYTES + int(LENGTH * RATE) * 2 * 2  # stereo, 16 bits
JOBS_OF_MODEL = 42 * MAX_TAKES  # in a song of 42 segments, with all that one run may ask for
NODE_LINK, DESKTOP_LINK, SITE_LINE = 1.25e9, 0.125e9, 1.25e9  # 10, 1 and 10 Gbit/s
NODE_DISK, HUB_CLIENT = 2e9, 0.125e9  # NVMe; what the hub gives one client
RESOLVED_FILES, WINDOW = 5000, 300.0  # s; huggingface.co/docs/hub/rate-limits, a free account
WEIGHT_BYTES, WEIGHT_FILES, ENVIRONMENT_BYTES = 10e9, 20, 3.6e9  # to download
ACTORS = 10_000  # of a cluster, and more: Ray's release/benchmarks
JUDGING_THREADS, PHASES = 2, 5  # of a take's analysis; of a batch that are told of, with its log
# The design's answers.
BATCH, WRITERS = 8, 16  # takes given at once; threads that write, while Python runs others
OUTCOME_SHARE = 1 / PATIENCE  # of the time, at most, is for writing outcomes
HEADROOM = 0.7  # a driver of which a part is fuller wants a second one beside it


@dataclass(frozen=True)
class Costs:
    """Seconds of this machine: of the clock where the disk is waited for, else of a processor."""

    commit: float  # a take written by one thread
    commit_unsynced: float  # without waiting for the disk
    commit_threads: float  # a take, where WRITERS write
    hashing: float  # of its wav
    record: float  # its record, without its wav: of this, Python does one at a time
    outcomes: Mapping[int, float]  # by entries: one of them changes, and all are written
    bookkeeping: float  # of a take, in the queue of jobs
    listing: float  # a file of a folder
    reading: float  # a record of a folder
    message: float = 0.25e-3  # of an actor; from here on another machine's, where Ray is not here
    copied: float = 7.5e-3  # with a wav, as bytes
    mapped: float = 1.6e-3  # with a wav, as a buffer, which stays in the object store


@dataclass(frozen=True)
class Need:
    """What takes and GPUs want of something that has a capacity, in any unit."""

    of_take: float
    capacity: float = 1.0  # a second; where only GPUs want it, at all
    of_gpu: float = 0.0
    fixed: float = 0.0  # the share that something else has

    def load(self, gpus: float, seconds: float) -> float:
        """The share in use when each GPU makes a take in so many seconds."""
        return self.fixed + gpus * (self.of_take / seconds + self.of_gpu) / self.capacity

    def full_at(self, seconds: float) -> float:
        """The number of GPUs that fill it."""
        each = self.of_take / seconds + self.of_gpu
        return (1 - self.fixed) * self.capacity / each if each else math.inf


@dataclass(frozen=True)
class Part:
    """One thing that may be full, without and with the design's answer."""

    name: str
    plain: Need
    designed: Need
    answer: str
    of_driver: bool = True  # a second driver has it again


def parts(costs: Costs, gpus: int = GPUS) -> list[Part]:
    """The parts of a driver, then those of the cluster."""
    judging = JUDGING_THREADS * JUDGING_SECONDS_A_TAKE * LENGTH / USUAL_SECONDS
    python = costs.bookkeeping + costs.record + costs.reading
    phases, told = PHASES * costs.message, costs.message / EMIT_EVERY_SECONDS
    told_seldom, writing = costs.message / PROGRESS_SECONDS, WAV_BYTES / NODE_DISK
    return [
        Part("outcomes", Need(costs.outcomes[JOBS_OF_MODEL]), Need(0, fixed=OUTCOME_SHARE),
             f"written for {OUTCOME_SHARE:.0%} of the time at most, not after each take"),
        Part("Python: messages, records", Need(python + phases + costs.copied, of_gpu=told),
             Need(python + phases / BATCH + costs.mapped, 1, told_seldom, OUTCOME_SHARE),
             f"batches of {BATCH}; progress every {PROGRESS_SECONDS:g} s, not every "
             f"{EMIT_EVERY_SECONDS:g}; a wav is written out of the object store, not copied first"),
        Part("wavs on the disk", Need(costs.commit), Need(max(costs.hashing / WRITERS, writing)),
             f"{WRITERS} threads and {NODE_DISK / 1e9:g} GB/s, not one thread on this disk"),
        Part("network", Need(WAV_BYTES, DESKTOP_LINK), Need(WAV_BYTES, NODE_LINK),
             "a node of the cluster (10 Gbit/s), not a desktop (1 Gbit/s)"),
        Part("analysis", Need(judging, CORES_OF_NODE),
             Need(judging, CORES_OF_NODE * gpus / GPUS_OF_NODE), "on all nodes, not on one", False),
        Part("actors", Need(0, ACTORS, 1), Need(0, ACTORS, 1), "one a GPU", False),
    ]  # fmt: skip


def simulate(gpus: int, seconds: float, needs: Sequence[Need], takes: int = 20_000) -> float:
    """Takes a second of GPUs that make one each and wait until it has passed all stations.

    A station has one take at a time. The first half is not counted: it finds empty stations.
    """
    rooms = [need.capacity * (1 - need.fixed) - gpus * need.of_gpu for need in needs]
    if min(rooms) <= 0:  # what GPUs want by themselves fills it
        return 0.0
    chance, order = random.Random(0), count()
    free = [0.0] * len(needs)  # when each station has done what it was given
    events = [(0.0, next(order), len(needs)) for _ in range(gpus)]  # time, order, what is come to
    ends: list[float] = []
    while len(ends) < takes + gpus:
        now, _, station = heapq.heappop(events)
        if station < len(needs):
            end = free[station] = max(now, free[station]) + needs[station].of_take / rooms[station]
            heapq.heappush(events, (end, next(order), station + 1))
        else:
            ends.append(now)
            end = now + seconds * chance.uniform(1 - SPREAD, 1 + SPREAD)
            heapq.heappush(events, (end, next(order), 0))
    return (takes - takes // 2) / (ends[-1] - ends[gpus + takes // 2 - 1])


def chunk_rounds(nodes: int, chunks: int) -> int:
    """How often a chunk's time passes until all nodes have all chunks, which one more has at first.

    In a round every node asks for its next chunk one that has it, drawn by lot; whoever is asked
    sends it to one of them.
    """
    chance, rounds = random.Random(0), 0
    holders, received = [[nodes] for _ in range(chunks)], [0] * nodes
    while asking := [node for node in range(nodes) if received[node] < chunks]:
        chance.shuffle(asking)
        sent: dict[int, int] = {}  # who is asked -> the first who asks
        for node in asking:
            sent.setdefault(chance.choice(holders[received[node]]), node)
        for node in sent.values():
            holders[received[node]].append(node)
            received[node] += 1
        rounds += 1
    return rounds


def measured(folder: Path) -> Costs:
    """The costs of this machine, on the disk of a folder."""
    sound, jobs = os.urandom(WAV_BYTES), [_job(place) for place in range(JOBS_OF_MODEL)]
    files, sizes = takes_folder(folder / "records"), (MAX_TAKES, len(jobs))
    each = writing_seconds(folder / "one thread", sound, jobs[:32])
    together = writing_seconds(folder / "threads", sound, jobs[:32], WRITERS)
    with mock.patch("os.fsync"):
        unsynced = writing_seconds(folder / "unsynced", sound, jobs[:32])
        records = partial(write_take, folder / "records", b"")
        record = seconds_of(lambda: list(map(records, jobs)), times=1) / len(jobs)
    return Costs(
        *(each, unsynced, together, seconds_of(lambda: hashlib.sha256(sound)), record),
        outcomes={n: outcome_seconds(folder / f"{n}", jobs[:n]) for n in sizes},
        bookkeeping=seconds_of(lambda: pass_through(jobs)) / len(jobs),
        listing=seconds_of(lambda: list(files.iterdir())) / len(jobs) / 2,  # a wav and a record
        reading=seconds_of(lambda: read_folder(files)) / len(jobs),
        **(ray_costs() if find_spec("ray") else {}),
    )


def writing_seconds(results: Path, sound: bytes, jobs: Sequence[Job], threads: int = 1) -> float:
    with ThreadPoolExecutor(threads) as pool:
        write = partial(write_take, results, sound)
        return seconds_of(lambda: list(pool.map(write, jobs)), perf_counter, 1) / len(jobs)


def seconds_of(work: Callable[[], object], timer: Timer = process_time, times: int = 5) -> float:
    """The median of what the timer says of it."""
    return median(repeat(work, timer=timer, number=1, repeat=times))


def _job(place: int) -> Job:
    segment, take = divmod(place, MAX_TAKES)
    texts = ("slow tango, bandoneon and strings", "slow tango", "La la la\n" * 12, ("es",))
    names = ("scale", segment + 1, "verse", "Verse", "ace_step", "turbo")
    return Job(*names, take + 1, place, LENGTH, *texts, 120.0, "A minor", {})


def write_take(results: Path, sound: bytes, job: Job) -> None:
    """What a driver does with the sound of a take that has come."""
    aside = takes_folder(results) / f".{job.name}.new.part"
    with replacing(aside, len(sound)) as file:
        file.write(sound)
    digest = hashlib.sha256(sound).hexdigest()
    wav = Wav(f"{job.name}.wav", digest, WAV_BYTES, int(LENGTH * RATE), 2, RATE)
    store_new(results, Take(job, digest, digest, {}, wav, MADE, (), {}), aside)


def outcome_seconds(results: Path, jobs: Sequence[Job]) -> float:
    """One job's outcome more, in a file that has one of each, written at once."""
    files = OutcomeFiles(results)
    files.record("ace_step", {job.name: Outcome("waiting") for job in jobs})
    changes = (files.record("ace_step", {job.name: Outcome("done")}) for job in jobs)
    return seconds_of(lambda: (next(changes), files.flush()), perf_counter)


def pass_through(jobs: Sequence[Job]) -> None:
    """All jobs through the queue, with nothing done to them."""
    queue = JobQueue(jobs, "", lambda job, outcome: None)
    while batch := queue.next(1):
        queue.happen(batch[0].name, "answered")


class _Teller:
    def tell(self, number: int, size: int, mapped: bool) -> Iterator[object]:
        sound = os.urandom(size)
        yield from (pickle.PickleBuffer(sound) if mapped else sound for _ in range(number))


def ray_costs() -> dict[str, float]:
    """What this process does for a message of an actor, without a wav and with one."""
    import ray

    ray.init("local", num_cpus=1, include_dashboard=False, logging_level="ERROR")
    try:
        tell = ray.remote(num_cpus=0)(_Teller).remote().tell.options(num_returns="streaming")

        def told(*way: int) -> float:
            return seconds_of(lambda: [ray.get(each) for each in tell.remote(*way)]) / way[0]

        ways = (2000, 0, False), (20, WAV_BYTES, False), (20, WAV_BYTES, True)
        return dict(zip(("message", "copied", "mapped"), (told(*way) for way in ways), strict=True))
    finally:
        ray.shutdown()


def table(head: str, rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in ([head], ["---"] * len(rows[0]), *rows))


def costs_table(costs: Costs) -> str:
    rows = [
        (f"a take written: {WAV_BYTES / 1e6:.1f} MB, hashed and synced, one thread", costs.commit),
        ("the same, not synced", costs.commit_unsynced),
        (f"the same, synced, {WRITERS} threads", costs.commit_threads),
        ("the hash of its wav", costs.hashing),
        ("its record, without the disk", costs.record),
        *((f"one outcome, in a file of {n:,}", seconds) for n, seconds in costs.outcomes.items()),
        ("a job through the queue", costs.bookkeeping),
        ("a folder listed: each file", costs.listing),
        ("a folder of takes read: each record", costs.reading),
        ("a message of an actor", costs.message),
        ("the same with a wav, copied", costs.copied),
        ("the same with a wav, as a buffer", costs.mapped),
    ]
    return table("measured | ms", [(name, f"{1000 * value:.3g}") for name, value in rows])


def parts_table(rows: Sequence[Part], seconds: float) -> str:
    def cells(need: Need) -> list[str]:
        full = need.full_at(seconds)
        return [f"{full:,.0f}" if full < math.inf else "any", f"{need.load(GPUS, seconds):.0%}"]

    head = f"{seconds:g} s a take | without: full at GPUs | in use | with: full at GPUs | in use"
    lines = [[row.name, *cells(row.plain), *cells(row.designed), row.answer] for row in rows]
    return table(f"{head} | the answer", lines)


def drivers_wanted(needs: Sequence[Need], gpus: int, seconds: float) -> int:
    """How many drivers have headroom in every part, each with its share of the GPUs."""
    each = ((need.load(gpus, seconds) - need.fixed) / (HEADROOM - need.fixed) for need in needs)
    return math.ceil(max(each))


def flow_table(rows: Sequence[Part]) -> str:
    """What comes out of all parts of a driver together."""
    plain = [row.plain for row in rows if row.of_driver]
    designed = [row.designed for row in rows if row.of_driver]
    lines = []
    for seconds in SECONDS:
        drivers = drivers_wanted(designed, GPUS, seconds)
        for number, needs in ((1, plain), (1, designed), (drivers, designed)):
            rate = number * simulate(GPUS // number, seconds, needs)
            case = [f"{seconds:g} s", f"{number}, {'without' if needs is plain else 'with'}"]
            hours = f"{TAKES / rate / 3600:.1f} h" if rate else "never"
            lines.append([*case, f"{rate:,.0f}", f"{rate * seconds / GPUS:.0%}", hours])
    return table("a take | drivers | takes/s | GPUs at work | a million takes", lines)


def starts_table(costs: Costs) -> str:
    """What is done once, without and with the answer."""
    nodes, package = GPUS // GPUS_OF_NODE, ENVIRONMENT_BYTES / SITE_LINE
    hub = max(GPUS * WEIGHT_BYTES / SITE_LINE, GPUS * WEIGHT_FILES / RESOLVED_FILES * WINDOW)
    rounds = chunk_rounds(nodes, math.ceil(WEIGHT_BYTES / CHUNK_BYTES))
    alone, tree = nodes * WEIGHT_BYTES / NODE_LINK, rounds * CHUNK_BYTES / NODE_LINK
    song = 4 * JOBS_OF_MODEL  # four models
    rows = [
        ("weights from the hub", hub, WEIGHT_BYTES / HUB_CLIENT, "by the driver, for all workers"),
        ("weights to the nodes", alone, tree, "from any node that has them, not the driver alone"),
        ("packages of an environment", GPUS * package, nodes * package, "once a node; or an image"),
        ("records read", TAKES * costs.reading, song * costs.reading, "a folder a song"),
    ]
    lines = [(name, f"{a:,.0f} s", f"{b:,.0f} s", text) for name, a, b, text in rows]
    return table("once | without | with | the answer", lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--write", type=Path, help="put the tables into this page of docs/")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=ROOT / ".cache") as folder:
        costs = measured(Path(folder))
    rows, ray = parts(costs), "measured" if find_spec("ray") else "stated"
    head = f"{processor_name()}, {os.cpu_count()} cores; the last three costs are {ray}:"
    tables = [costs_table(costs), *(parts_table(rows, seconds) for seconds in SECONDS)]
    put(options.write, "scale", "\n\n".join([head, *tables, flow_table(rows), starts_table(costs)]))


if __name__ == "__main__":
    main()
