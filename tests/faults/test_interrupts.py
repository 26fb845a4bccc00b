"""Ctrl-C: what is being written is finished, a line says what is saved, a second one ends all."""

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import pytest
from tests.e2e.conftest import House
from tests.faults.lying_hub import OPEN, lying_hub
from tests.faults.studio import PATIENCE, Studio, happens
from tests.hub.odd import file_of

from secondtake.core.take_store import TakeStore

GENERATE = ("invoke", "generate", "--song", "hum", "--models", "hum")
SESSION = ("nox", "-s", "hum", "--", "--song", "hum")
SCRIPT = ("nox", "-s", "analysis", "--", "rank_takes", "--song", "hum")
DEAF = """
import pathlib, signal, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
pathlib.Path("deaf").touch()
time.sleep(3600)
"""
LINGERING = Path(__file__).with_name("lingering.py")
# A shell may have started us with Ctrl-C ignored, which its children inherit.
HEARING = (
    "import os, signal, sys; signal.signal(2, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])"
)
AT_ONCE = 3.0  # s; a first Ctrl-C waits for five
Command = "subprocess.Popen[str]"


def is_started(studio: Studio, sign: str) -> bool:
    return happens(lambda: any(sign in words for words in studio.alive().values()))


def read_until(words: str, command: Command) -> None:
    assert command.stdout is not None
    assert any(words in line for line in iter(command.stdout.readline, "")), command.communicate()


def takes_of(studio: Studio) -> list[str]:
    """The takes that have their records, each of which is checked against its wav."""
    return sorted(TakeStore(studio.takes.parent, "hum").takes)


@pytest.mark.parametrize("words", [GENERATE, SESSION], ids=["generate", "session"])
def test_the_take_that_is_being_written_is_kept(studio: Studio, words: tuple[str, ...]) -> None:
    """Ctrl-C lets a take whose file is being written be finished, and says how many takes are saved
    and how many are left; the same command makes the others."""
    studio.song("heavy", "heavy", "calm", "calm")  # a heavy one takes a second to be written
    command = studio.start(*words)
    assert happens(lambda: len(list(studio.takes.glob("*.json"))) == 1)
    time.sleep(0.4)
    studio.interrupt(command)
    printed, said = command.communicate()
    assert command.returncode == 130 and "Traceback" not in printed + said
    assert len(takes_of(studio)) == 2
    assert "2 takes of this run saved, 2 not made" in printed + said
    assert studio.type(*words).returncode == 0
    assert len(takes_of(studio)) == 4


def generation(studio: Studio, during: ExitStack) -> Command:
    studio.song("slow")
    command = studio.start(*GENERATE)
    assert is_started(studio, "--worker")
    return command


def model_session(studio: Studio, during: ExitStack) -> Command:
    studio.song("slow")
    command = studio.start(*SESSION)
    assert is_started(studio, "generate_hum.py")
    return command


def script_by_hand(studio: Studio, during: ExitStack) -> Command:
    assert studio.type(*GENERATE).returncode == 0
    studio.song("slow")
    python = str(studio.project.python("hum"))
    command = [sys.executable, "-c", HEARING, python, "scripts/generate_hum.py", "--song", "hum"]
    environ = studio.environ(SECONDTAKE_ROOT=str(studio.project.root))
    process = subprocess.Popen(
        command, cwd=studio.project.root, env=environ, text=True, start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    read_until("loading", process)
    return process


def build(studio: Studio, during: ExitStack) -> Command:
    lock = "idna==3.10 --hash=sha256:" + "0" * 64 + "\n"
    studio.project.lock("hum").write_text(lock, encoding="utf-8")
    network = during.enter_context(socket.create_server(("127.0.0.1", 0)))
    network.settimeout(PATIENCE)
    proxy = f"http://127.0.0.1:{network.getsockname()[1]}"
    command = studio.start("invoke", "setup", "--models", "hum", HTTPS_PROXY=proxy)
    connection, _ = network.accept()  # on which nothing is ever answered
    during.enter_context(connection)
    return command


def fetch(studio: Studio, during: ExitStack) -> Command:
    lying = during.enter_context(lying_hub(studio.project.root / "hub"))
    lying.hub.faults.odd["text.pt"] = file_of(3000, 3000, pause=0.1, block=1)
    command = studio.start("invoke", "fetch", *OPEN, **lying.variables)
    assert happens(lambda: lying.hub.asked("GET", "text.pt"))
    return command


def stage(studio: Studio, during: ExitStack) -> Command:
    (studio.project.root / "scripts" / "rank_takes.py").write_bytes(LINGERING.read_bytes())
    command = studio.start("invoke", "rank", "--song", "hum")
    assert is_started(studio, "time.sleep(3600)")
    return command


STARTERS = (generation, model_session, script_by_hand, build, fetch, stage)


@pytest.mark.parametrize("gaps", [(), (0.03, 0.03, 0.06)], ids=["once", "four times"])
@pytest.mark.parametrize("starter", STARTERS)
def test_an_interrupt_is_quiet(
    studio: Studio, starter: Callable[[Studio, ExitStack], Command], gaps: tuple[float, ...]
) -> None:
    """Ctrl-C ends whatever runs with exit code 130, and never with a traceback, however often it
    is pressed."""
    with ExitStack() as during:
        command = starter(studio, during)
        for gap in (0.3, *gaps):
            time.sleep(gap)
            studio.interrupt(command)
        printed, said = command.communicate()
        assert command.returncode == 130, printed + said
        assert "Traceback" not in printed + said
        assert studio.none_alive(), studio.alive()


STAGES = {
    "verify": "verify_results",
    "analyse": "analyse_results",
    "page": "prepare_listening",
    "report": "write_progress",
}


@pytest.mark.parametrize("verb", STAGES)
def test_an_interrupted_stage_is_quiet(house: House, verb: str) -> None:
    """Ctrl-C ends a stage, with the processes that measure for it, without a traceback."""
    studio = Studio(house.project, uuid4().hex)
    song = ("--song", "songs/demo.toml")
    done = studio.type("invoke", "generate", "--models", "sketch", "--takes", "3", *song)
    assert done.returncode == 0, done.stdout + done.stderr
    shutil.rmtree(house.project.cache / "analysis", ignore_errors=True)
    for delay in (0.05, 0.5, 1.2):  # s
        shutil.rmtree(house.project.results / "demo" / ".stamps", ignore_errors=True)
        command = studio.start("invoke", verb, *song)
        assert is_started(studio, STAGES[verb])
        time.sleep(delay)
        runs = any(STAGES[verb] in words for words in studio.alive().values())
        studio.interrupt(command)
        printed, said = command.communicate()
        assert command.returncode == 130 or not runs, printed + said
        assert "Traceback" not in printed + said
        assert studio.none_alive(), studio.alive()


def is_deaf(studio: Studio) -> bool:
    logs = studio.takes.parent.glob("logs/*-hum.log")
    is_loaded = any("a model says hello" in log.read_text() for log in logs)
    return is_loaded or (studio.project.root / "deaf").exists()


@pytest.mark.parametrize("words", [GENERATE, SCRIPT], ids=["generate", "session"])
def test_a_second_interrupt_ends_at_once(studio: Studio, words: tuple[str, ...]) -> None:
    """A second Ctrl-C ends everything at once, a model that heeds nothing as well."""
    studio.song("stubborn")
    (studio.project.root / "scripts" / "rank_takes.py").write_text(DEAF, encoding="utf-8")
    command = studio.start(*words)
    assert happens(lambda: is_deaf(studio))
    time.sleep(0.5)
    studio.interrupt(command)
    time.sleep(0.3)
    assert command.poll() is None  # it waits for the model
    studio.interrupt(command)
    assert studio.none_alive(AT_ONCE), studio.alive()
    printed, said = command.communicate()
    assert command.returncode == 130 and "Traceback" not in printed + said
