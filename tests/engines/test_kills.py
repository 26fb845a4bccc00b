"""Kills in the middle of a run on a cluster: all jobs are done, none twice, and nobody is left."""

import os
import signal
import time

from tests.engines.nodes import Nodes
from tests.engines.takes import engines_of, names_of, statuses
from tests.faults.studio import Studio, happens

GENERATE = ("invoke", "generate", "--song", "hum", "--models", "hum")
WELL_UNDER_WAY = 2.0  # s, of the ten that a slow take needs
Command = "subprocess.Popen[str]"


def start_slow_takes(studio: Studio, nodes: Nodes, count: int) -> Command:
    """A run that is in the middle of as many takes, each by a worker of its own."""
    studio.song(*["slow"] * count)
    command = studio.start(*GENERATE, *nodes.words)
    assert happens(lambda: len(nodes.models()) == count or command.poll() is not None)
    assert command.poll() is None, command.communicate()
    time.sleep(WELL_UNDER_WAY)
    return command


def test_whatever_is_killed_all_takes_are_made_and_none_twice(studio: Studio, nodes: Nodes) -> None:
    """A node, the host of another worker, and the model's process of a third."""
    node = nodes.add("mortal")
    command = start_slow_takes(studio, nodes, 3)
    assert nodes.scratch("mortal")
    nodes.cluster.remove_node(node, allow_graceful=False)
    assert happens(lambda: len(nodes.models()) == 2)
    nodes.kill(nodes.hosts()[:1])
    assert happens(lambda: len(nodes.models()) == 1)
    nodes.kill(nodes.models())
    printed, said = command.communicate()
    assert command.returncode == 0, printed + said
    names = [f"hum_segment{number}_instrumental" for number in (1, 2, 3)]
    results = studio.takes.parent
    assert names_of(results) == names
    assert statuses(results) == dict.fromkeys(names, "done")
    assert [printed.count(f"✓ {name}: done") for name in names] == [1] * 3
    assert nodes.none_works(), nodes.alive()
    nodes.forget("mortal")


def test_an_interrupt_ends_all_workers_and_what_is_finished_stays(
    studio: Studio, nodes: Nodes
) -> None:
    studio.song("calm", "calm", "slow", "slow")
    command = studio.start(*GENERATE, *nodes.words)
    assert happens(lambda: len(list(studio.takes.glob("*.json"))) == 2)
    time.sleep(WELL_UNDER_WAY)
    studio.interrupt(command)
    printed, said = command.communicate()
    assert command.returncode == 130 and "Traceback" not in printed + said, printed + said
    assert "2 takes of this run saved, 2 not made" in printed + said
    assert nodes.none_works(), nodes.alive()
    assert not nodes.scratch()
    results = studio.takes.parent
    assert len(names_of(results)) == 2
    studio.song("calm", "calm", "calm", "calm")
    done = studio.type(*GENERATE, "--workers", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(names_of(results)) == 4 and set(statuses(results).values()) <= {"done", "up_to_date"}
    assert sorted(engines_of(results).values()) == ["local", "local", "ray", "ray"]


def test_no_worker_outlives_a_killed_run(studio: Studio, nodes: Nodes) -> None:
    command = start_slow_takes(studio, nodes, 2)
    os.kill(command.pid, signal.SIGKILL)
    command.communicate()
    assert nodes.none_works(), nodes.alive()
    assert studio.none_alive(), studio.alive()
    studio.song("calm")
    done = studio.type(*GENERATE, *nodes.words)
    assert done.returncode == 0, done.stdout + done.stderr
    assert names_of(studio.takes.parent) == ["hum_segment1_instrumental"]
