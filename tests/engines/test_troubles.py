"""What is in the way of a run on a cluster is said in words that help; and the options beside."""

import json
import shutil
import socket
import time
from contextlib import suppress
from pathlib import Path

import pytest
from tests.engines.nodes import Nodes
from tests.engines.takes import names_of, statuses
from tests.faults.studio import Studio, happens

from secondtake.core.errors import Exit

GENERATE = ("invoke", "generate", "--song", "hum", "--models", "hum")
TOKEN = "hf_" + "aTokenThatNobodyElseMayKnow12345"
NO_RAY = "raise ImportError(\"No module named 'ray'\")\n"


def test_without_ray_the_command_that_installs_it_is_told(studio: Studio, tmp_path: Path) -> None:
    (tmp_path / "without").mkdir()
    (tmp_path / "without" / "ray.py").write_text(NO_RAY)
    path = str(tmp_path / "without")
    done = studio.type(*GENERATE, "--engine", "ray", "--address", "local", PYTHONPATH=path)
    assert done.returncode == Exit.BAD_INPUT
    assert "pip install -e '.[ray]'" in done.stderr and "Traceback" not in done.stderr
    assert not studio.takes.exists()


def test_a_cluster_that_does_not_answer_ends_the_run(studio: Studio) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # and nobody listens there
        address = f"127.0.0.1:{held.getsockname()[1]}"
        done = studio.type(*GENERATE, "--engine", "ray", "--address", address)
    assert done.returncode == Exit.BLOCKED, done.stdout + done.stderr
    assert f"no Ray cluster can be reached at {address}" in done.stdout + done.stderr
    assert "ray start --head" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert not list(studio.takes.glob("*"))


@pytest.mark.parametrize("sign", ["raylet", "generate_hum.py"])
def test_an_interrupt_ends_a_cluster_of_ones_own_and_no_part_of_it_knew_a_token(
    studio: Studio, sign: str
) -> None:
    """The token is in the environ of the command alone, to which the user gave it."""
    studio.song("slow")
    words = ("--engine", "ray", "--address", "local")
    command = studio.start(*GENERATE, *words, HF_TOKEN=TOKEN, OTHER=TOKEN)
    assert happens(lambda: sign in " ".join(studio.alive().values()))
    assert who_knows(TOKEN) <= {command.pid}
    studio.interrupt(command)
    printed, said = command.communicate()
    assert command.returncode == Exit.INTERRUPTED, printed + said
    assert studio.none_alive(), studio.alive()


def who_knows(secret: str) -> set[int]:
    """The processes with this text in their environ or their command line."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            said = (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
            found |= {int(process.name)} if secret.encode() in said else set()
    return found


def test_a_plan_starts_no_cluster_and_makes_nothing(studio: Studio, tmp_path: Path) -> None:
    words = ("--engine", "ray", "--address", "local", "--dry-run")
    done = studio.type(*GENERATE, *words, RAY_TMPDIR=str(tmp_path / "ray"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "hum_segment1_instrumental" in done.stdout
    assert not (tmp_path / "ray").exists() and not studio.project.results.exists()


def test_one_worker_at_a_time_and_one_object_on_stdout(studio: Studio, nodes: Nodes) -> None:
    studio.song("heavy", "heavy")  # a second each
    command = studio.start(*GENERATE, *nodes.words, "--workers", "1", "--json")
    most = 0
    while command.poll() is None:
        most = max(most, len(nodes.models()))
        time.sleep(0.1)
    printed, said = command.communicate()
    assert command.returncode == 0, printed + said
    assert most == 1
    told = json.loads(printed)
    assert told["exit_code"] == 0
    assert {outcome["status"] for outcome in told["outcomes"].values()} == {"done"}
    assert len(names_of(studio.takes.parent)) == 2


def test_an_interpreter_that_goes_missing_is_a_failure_and_no_hang(
    studio: Studio, nodes: Nodes
) -> None:
    """The environment breaks while the run is on: its worker is gone, and no other can start."""
    studio.song("slow", "calm")
    command = studio.start(*GENERATE, *nodes.words, "--workers", "1")
    assert happens(lambda: len(nodes.models()) == 1)
    environment = studio.project.environment("hum").resolve()
    shutil.rmtree(environment / "bin")
    nodes.kill(nodes.models())
    printed, said = command.communicate()
    assert command.returncode in (Exit.FAILED, Exit.BLOCKED), printed + said
    assert "Traceback" not in printed + said
    assert set(statuses(studio.takes.parent).values()) <= {"failed", "blocked"}
    assert nodes.none_works(), nodes.alive()
    done = studio.type("invoke", "setup", "--models", "hum")
    assert done.returncode == 0, done.stdout + done.stderr
