"""The states of a job: the table, its drawing, and the queue that goes by it."""

import re
from pathlib import Path

import pytest
from tests.conftest import ROOT

from secondtake.core.errors import ModelError
from secondtake.core.plan import Request, plan
from secondtake.core.song import load_song
from secondtake.runner.job_queue import (
    ENDS,
    LOSSES,
    TRANSITIONS,
    JobQueue,
    WorkerLost,
    state_diagram,
)
from secondtake.runner.worker_client import WorkerDied, last_lines

LOSS = WorkerLost("network", "the worker on gpu-7 was lost")
DEATH = WorkerDied("bug", "the worker was killed by SIGKILL")
HANG = WorkerDied("timeout", "nothing was heard")


def test_the_drawing_in_the_documentation_is_the_table_of_the_code():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    (drawing,) = re.findall(r"```mermaid\n(stateDiagram.*?)\n```", text, re.DOTALL)
    assert drawing == state_diagram()


def test_every_state_is_reached_and_leads_to_an_end():
    states = {state for state, _ in TRANSITIONS} | set(TRANSITIONS.values())
    assert set(TRANSITIONS.values()) | {"waiting"} == states
    assert not {state for state, _ in TRANSITIONS} & set(ENDS)
    reach = set(ENDS)
    for _ in states:
        reach |= {state for (state, _), after in TRANSITIONS.items() if after in reach}
    assert reach == states
    deaths = {state for state, event in TRANSITIONS if event in ("died", "hung")}
    assert deaths == {"together", "alone", "again"}


@pytest.fixture
def queue(hum):
    """Three jobs, and what became of them."""
    jobs = plan(load_song(hum.root / "songs" / "hum.toml", hum), Request(segments=(1,), takes=3))
    outcomes = {}
    queue = JobQueue(jobs, "run.log", lambda job, outcome: outcomes.update({job.take: outcome}))
    return queue, outcomes


def test_a_batch_that_died_is_tried_alone_and_only_the_second_death_alone_is_a_failure(queue):
    queue, outcomes = queue
    batch = queue.next(2)
    assert [job.take for job in batch] == [1, 2]
    queue.happen(batch[0].name, "answered", message="1.0 s")
    assert "one take at a time" in queue.on_worker_death(batch, DEATH)
    for error, line in ((HANG, True), (DEATH, False)):
        (alone,) = queue.next(2)
        assert alone.take == 2
        assert bool(queue.on_worker_death([alone], error)) == line
    (last,) = queue.next(2)
    queue.happen(last.name, "refused", ModelError("unsupported", "no", "yes"))
    assert not queue.left and not queue.next(2)
    assert [(n, o.status, o.code) for n, o in sorted(outcomes.items())] == [
        (1, "done", ""), (2, "failed", "bug"), (3, "failed", "unsupported"),
    ]  # fmt: skip
    assert outcomes[2].log == "run.log"


def test_after_a_death_in_company_the_batches_are_half_as_large_until_one_is_found_guilty(queue):
    queue, _ = queue
    batch = queue.next(3)
    queue.on_worker_death(batch, DEATH)
    assert queue.batch_limit == 1
    for _ in range(2):
        queue.on_worker_death(queue.next(3), DEATH)
    assert queue.batch_limit > 3


def test_what_is_stopped_waits_for_the_next_run_and_has_no_outcome(queue):
    queue, outcomes = queue
    for job in queue.next(3):
        queue.happen(job.name, "stopped")
    assert set(queue.states.values()) == {"waiting"} and not outcomes


def test_a_lost_worker_costs_no_job_and_the_order_stays(queue):
    queue, outcomes = queue
    batch = queue.next(3)
    assert "done by another worker" in queue.on_worker_death(batch, LOSS)
    assert queue.batch_limit > 3 and queue.to_give == 3
    assert [job.take for job in queue.next(3)] == [1, 2, 3] and not outcomes


def test_what_was_to_be_tried_alone_is_so_after_a_loss_too(queue):
    queue, _ = queue
    first = queue.next(3)[0]
    queue.on_worker_death([first], DEATH)
    (alone,) = queue.next(3)
    queue.on_worker_death([alone], DEATH)
    assert queue.states[first.name] == "again"
    (again,) = queue.next(3)
    queue.on_worker_death([again], LOSS)
    assert queue.states[first.name] == "again" and queue.next(3) == [first]


def test_a_job_that_is_lost_again_and_again_fails_with_the_reason(queue):
    queue, outcomes = queue
    for _ in range(LOSSES):
        (job,) = queue.next(1)
        assert job.take == 1
        queue.on_worker_death([job], LOSS)
    assert (outcomes[1].status, outcomes[1].code) == ("failed", "network")
    assert "5 times a worker was lost" in outcomes[1].message and "gpu-7" in outcomes[1].message
    assert [job.take for job in queue.next(9)] == [2, 3]


def test_batches_that_are_given_ahead_and_not_begun_wait_after_a_death(queue):
    queue, outcomes = queue
    batches = queue.next_batches(1, 5)
    assert [[job.take for job in jobs] for jobs in batches] == [[1], [2], [3]]
    queue.happen(batches[0][0].name, "answered", message="1.0 s")
    assert "it is tried once more" in queue.on_end_amid(batches, DEATH)
    assert [queue.states[jobs[0].name] for jobs in batches] == ["done", "again", "waiting"]
    assert [job.take for job in queue.next_batches(1, 5)[0]] == [2]  # by itself
    assert [[job.take for job in jobs] for jobs in queue.next_batches(1, 5)] == [[3]]
    assert list(outcomes) == [1]


def test_a_worker_that_dies_with_nothing_left_undone_costs_nothing(queue):
    queue, outcomes = queue
    batches = queue.next_batches(3, 2)
    for job in batches[0]:
        queue.happen(job.name, "answered")
    assert queue.on_end_amid(batches, LOSS) == "" and len(outcomes) == 3


def test_two_workers_are_never_given_the_same_job(queue):
    queue, _ = queue
    first, second = queue.next(1), queue.next(2)
    assert [job.take for job in (*first, *second)] == [1, 2, 3] and not queue.next(9)
    queue.on_worker_death(second, DEATH)
    assert [job.take for job in queue.next(9)] == [2]
    assert [job.take for job in queue.next(9)] == [3] and not queue.next(9)


def test_no_job_goes_where_the_table_does_not_lead(queue):
    queue, _ = queue
    with pytest.raises(KeyError):
        queue.happen(queue.left[0], "answered")


def test_the_last_words_of_a_log_are_few_short_and_visible(tmp_path: Path):
    log = tmp_path / "log"
    log.write_bytes(b"of the worker before\n" * 9)
    start = log.stat().st_size
    assert last_lines(log, start) == []
    with log.open("ab") as file:
        file.write(b"\x1b[31mred\x1b[0m\a\n\n" + b"\xff" * 999 + b"\n" + b"y" * 9999 + b"\nend")
    first, *rest = last_lines(log, start)
    assert [len(first), *map(len, rest)] == [200, 3] and rest == ["end"]
    assert last_lines(tmp_path / "none") == []
