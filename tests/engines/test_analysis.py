"""The analysis on a Ray cluster of two nodes, both of this machine, which share its files."""

import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.analysis import errands
from tests.conftest import ROOT
from tests.sounds import RATE, Sounds

from secondtake.analysis.checks.suite import CheckTarget, check_file
from secondtake.analysis.parallel import parallel_map
from secondtake.core.errors import UserError
from secondtake.core.files import sha256_of
from secondtake.core.pool_protocol import VARIABLE
from secondtake.core.project import Project
from secondtake.core.wav import write_wav
from secondtake.runner.ray_pool import analysis_pool

pytestmark = pytest.mark.engines

PYTHON = Path(sys.executable)  # has what the analysis computes with, too
NODE = {"num_cpus": 1, "include_dashboard": False}
FILES = 36
PATIENCE = 120.0  # s, that a test waits for what takes some seconds


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A head and another node of one core each, this process being their driver."""
    ray = pytest.importorskip("ray")
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args=NODE)
    cluster.add_node(**NODE)
    ray.init(address=cluster.address, log_to_driver=False)
    yield cluster
    ray.shutdown()
    cluster.shutdown()


@pytest.fixture
def nodes(cluster: Any) -> dict[str, int]:
    """The ids of the two nodes, and a core of each."""
    return {node.node_id: 1 for node in (cluster.head_node, *cluster.worker_nodes)}


@contextmanager
def pool_on(nodes: dict[str, int], said: list[str]) -> Iterator[None]:
    """A pool on these nodes, for this process's `parallel_map`."""
    with (
        analysis_pool(Project(ROOT), nodes, said.append, PYTHON) as variables,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv(VARIABLE, variables[VARIABLE])
        yield


def wait_for_the_end(pids: Iterable[int]) -> None:
    deadline, left = time.monotonic() + PATIENCE, set(pids)
    while left := {pid for pid in left if Path(f"/proc/{pid}").exists()}:
        assert time.monotonic() < deadline, f"{left} are left"
        time.sleep(0.05)


@pytest.fixture
def targets(tmp_path: Path) -> list[CheckTarget]:
    """Sound files of several kinds, one of them not there."""
    kinds = (
        lambda place: Sounds.sine(220 + 20 * place, 2),
        lambda place: Sounds.clicks(60 + place, 3),
        lambda place: np.clip(4 * Sounds.sine(110 + place, 1), -0.9, 0.9),
        lambda place: np.zeros(RATE + place, dtype=np.float32),
    )
    targets = []
    for place in range(FILES):
        path = tmp_path / f"{place}.wav"
        samples = kinds[place % len(kinds)](place)
        write_wav(path, np.stack([samples, samples], axis=1), RATE)
        targets.append(CheckTarget(path, sha256_of(path), voice=bool(place % 2) or None))
    targets[7].path.unlink()
    return targets


def test_files_are_checked_as_on_this_machine(
    nodes: dict[str, int], targets: list[CheckTarget]
) -> None:
    said: list[str] = []
    here = list(parallel_map(check_file, targets))
    with pool_on(nodes, said):
        there = list(parallel_map(check_file, targets))
    assert list(map(repr, there)) == list(map(repr, here))  # nan is not itself
    assert len({repr(checks) for checks in here}) > FILES // 2
    assert said == []


def test_both_nodes_work_and_nothing_is_left(nodes: dict[str, int]) -> None:
    with pool_on(nodes, []):
        found = list(parallel_map(errands.on_a_node, [(0.2, number) for number in range(40)]))
        numbers, raylets, pids = zip(*found, strict=True)
        assert numbers == tuple(range(40))
        assert len(set(raylets)) == len(set(pids)) == 2
    wait_for_the_end(pids)


def test_a_process_that_is_killed_is_replaced(nodes: dict[str, int], tmp_path: Path) -> None:
    said: list[str] = []
    items = errands.items_to_die_of(tmp_path, deaths=2)
    with pool_on(nodes, said):
        assert list(parallel_map(errands.killed_at_first, items)) == list(range(20))
        items = errands.items_to_die_of(tmp_path, deaths=4)
        with pytest.raises(UserError, match="too little memory"):
            list(parallel_map(errands.killed_at_first, items))
        assert len(list(parallel_map(errands.double, range(20)))) == 20
    assert said == []


def test_the_rest_of_a_node_that_dies_is_done_by_the_other(cluster: Any) -> None:
    said: list[str] = []
    mortal = cluster.add_node(**NODE)
    with pool_on({cluster.head_node.node_id: 1, mortal.node_id: 1}, said):
        list(parallel_map(errands.on_a_node, [(0.2, number) for number in range(40)]))
        results = parallel_map(errands.on_a_node, [(0.2, number) for number in range(60)])
        found = [next(results) for _ in range(10)]
        cluster.remove_node(mortal, allow_graceful=False)
        found += results
        numbers, raylets, pids = zip(*found, strict=True)
        assert numbers == tuple(range(60))
        assert len(set(raylets[:10])) == 2
        assert len(set(raylets[-10:])) == 1
    wait_for_the_end(pids)
    assert len(said) <= 1  # where it is known by then that the node is gone


DRIVER = """
import os, sys
from pathlib import Path
import ray
from secondtake.analysis.parallel import parallel_map
from secondtake.core.project import Project
from secondtake.runner.ray_pool import analysis_pool
from tests.analysis.errands import endlessly

address, root, folder, *nodes = sys.argv[1:]
ray.init(address=address, log_to_driver=False)
cores, python = dict.fromkeys(nodes, 1), Path(sys.executable)
with analysis_pool(Project(Path(root)), cores, python=python) as variables:
    os.environ.update(variables)
    list(parallel_map(endlessly, [Path(folder)] * 8))
"""


@pytest.mark.parametrize("number", [9, 2], ids=["killed", "interrupted"])
def test_nothing_outlives_a_runner_that_ends(
    cluster: Any, nodes: dict[str, int], tmp_path: Path, number: int
) -> None:
    words = [sys.executable, "-c", DRIVER, cluster.address, ROOT, tmp_path, *nodes]
    with subprocess.Popen(words, cwd=ROOT) as runner:
        deadline = time.monotonic() + PATIENCE
        while len(pids := [int(path.name) for path in tmp_path.iterdir()]) < 2:
            assert time.monotonic() < deadline
            assert runner.poll() is None
            time.sleep(0.05)
        os.kill(runner.pid, number)
    wait_for_the_end(pids)
    assert len(list(tmp_path.iterdir())) == 2  # no other was begun
