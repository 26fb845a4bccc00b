"""Several workers at once on this machine: the same takes, whichever worker made them."""

import subprocess
import time

import pytest
from tests.runner.humming import add_drone, write_song

from secondtake.core.errors import ModelError
from secondtake.core.plan import Request, plan
from secondtake.core.registry.spec import GIB
from secondtake.core.song import load_song
from secondtake.core.take_store import TakeStore
from secondtake.runner import environments, scheduler
from secondtake.runner.local_engine import LocalEngine, visible_card
from secondtake.runner.placement import Machine
from secondtake.runner.worker_client import Launcher

STARTS = 'if __name__ == "__main__":'
# Each load leaves its process and its threads in a file; the first waits until there are two.
MEETING = """\
import time as clock
inner = load
def load(checkpoint, device, weights):
    (root() / f"met-{os.getpid()}").write_text(os.environ.get("OMP_NUM_THREADS", ""))
    for _ in range(600):
        if len(list(root().glob("met-*"))) > 1:
            return inner(checkpoint, device, weights)
        clock.sleep(0.05)
    raise ModelError("bug", "it stayed alone")
"""


class Silent:
    def __init__(self):
        self.lines = []

    def line(self, text):
        self.lines.append(text)

    def progress(self, label, phase, done, total):
        pass


def engine(project, machine, *models):
    song = load_song(project.root / "songs" / "hum.toml", project)
    launchers = {}
    for name in models:
        python = environments.ensure(project, name, project.root / "build.log")
        log = project.root / f"{name}.log"
        launchers[name] = Launcher(project, name, python, song.results, "auto", log)
    return LocalEngine(launchers, machine)


def meets(project, *models):
    """Have the models' scripts wait for each other when they load."""
    for name in models:
        page = project.script(name)
        page.write_text(page.read_text().replace(STARTS, MEETING + STARTS))


def run(project, local, **wish):
    song = load_song(project.root / "songs" / "hum.toml", project)
    outcomes, listener = [], Silent()
    jobs = plan(song, Request(**wish))
    scheduler.run(jobs, local, listener, lambda job, outcome: outcomes.append((job, outcome)))
    takes = TakeStore(song.results, song.name).takes
    return {name: take.wav.sha256 for name, take in takes.items()}, outcomes, listener.lines


def two_workers():
    return Machine(8 * GIB, 4, limit=2)


@pytest.mark.e2e
def test_two_workers_of_one_model_share_its_jobs_and_the_cores(hum):
    alone, _, _ = run(hum, engine(hum, Machine(0, 1, limit=1), "hum"), takes=4)
    for path in hum.results.rglob("hum_*"):
        path.unlink()
    meets(hum, "hum")
    together, outcomes, _ = run(hum, engine(hum, two_workers(), "hum"), takes=4)
    assert together == alone and len(alone) == 8
    assert [outcome.status for _, outcome in outcomes] == ["done"] * 8
    assert [path.read_text() for path in hum.root.glob("met-*")] == ["2", "2"]


@pytest.mark.e2e
def test_two_models_run_side_by_side(hum, monkeypatch):
    write_song(hum, "calm", "calm", models=("hum", "drone"))
    add_drone(hum, monkeypatch)
    meets(hum, "hum", "drone")
    takes, outcomes, _ = run(hum, engine(hum, two_workers(), "hum", "drone"))
    assert len(takes) == 4 and {outcome.status for _, outcome in outcomes} == {"done"}


@pytest.mark.e2e
def test_a_worker_that_dies_beside_another_costs_one_job(hum):
    write_song(hum, "calm", "die", "calm", "calm")
    takes, outcomes, lines = run(hum, engine(hum, two_workers(), "hum"))
    assert len(takes) == 3
    assert sorted(outcome.status for _, outcome in outcomes) == ["done", "done", "done", "failed"]
    assert len(lines) == 1 and "it is tried once more" in lines[0]


@pytest.mark.e2e
def test_a_model_that_cannot_load_fails_its_jobs_and_the_other_goes_on(hum, monkeypatch):
    write_song(hum, "calm", "calm", models=("hum", "drone"))
    add_drone(hum, monkeypatch)
    page = hum.script("drone")
    refuses = 'def load(*a, **k):\n    raise ModelError("bad_weights", "it is broken", "mend it")\n'
    page.write_text(page.read_text().replace(STARTS, refuses + STARTS))
    takes, outcomes, _ = run(hum, engine(hum, two_workers(), "hum", "drone"))
    assert {name.partition("_")[0] for name in takes} == {"hum"} and len(takes) == 2
    failed = [(job.model, out.code, out.message) for job, out in outcomes if out.status != "done"]
    assert failed == [("drone", "bad_weights", "it is broken")] * 2


@pytest.mark.e2e
def test_an_error_of_the_listener_ends_every_worker(hum):
    write_song(hum, "calm", "slow", "slow")
    local, stopped = engine(hum, two_workers(), "hum"), []

    class Enough(Exception):
        pass

    def on_outcome(job, outcome):
        stopped.append(job.segment)
        raise Enough

    song = load_song(hum.root / "songs" / "hum.toml", hum)
    with pytest.raises(Enough):
        scheduler.run(plan(song, Request()), local, Silent(), on_outcome)
    assert stopped == [1] and local.machine.placed == []
    begun = time.monotonic()
    while workers_alive(hum) and time.monotonic() < begun + 10:
        time.sleep(0.05)
    assert workers_alive(hum) == []


def workers_alive(project):
    command = ["ps", "-A", "-o", "args="]
    listing = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [line for line in listing.splitlines() if str(project.script("hum")) in line]


def test_a_place_where_it_cannot_be_loaded_is_the_only_one(hum):
    local = LocalEngine({}, two_workers())
    with pytest.raises(ModelError):
        local.seat("hum", "low", frozenset(["this machine"]))


def test_a_card_is_named_as_cuda_names_those_that_the_process_sees(monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert [visible_card(card) for card in (0, 1)] == ["0", "1"]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3, GPU-af1c")
    assert [visible_card(card) for card in (0, 1)] == ["3", "GPU-af1c"]
