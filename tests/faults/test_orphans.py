"""No orphans: what is started ends with whoever started it."""

import shutil
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from tests.e2e.conftest import House
from tests.faults.studio import Studio, happens

LINGERING = Path(__file__).with_name("lingering.py")
SLEEPER = "time.sleep(3600)"  # in the command line of a grandchild in a session of its own
SESSION = f"""
import sys
import nox

@nox.session(venv_backend="none")
def linger(session):
    session.run(sys.executable, "{LINGERING}", external=True)

sys.path.insert(0, ".")
import noxfile  # from here on, as tests, lint and the others run
"""
UNREACHED = "idna==3.10 --hash=sha256:" + "0" * 64 + "\n"


def generation(studio: Studio) -> tuple[list[str], str]:
    studio.song("offspring", "calm")
    return ["invoke", "generate", "--song", "hum", "--models", "hum"], SLEEPER


def model_session(studio: Studio) -> tuple[list[str], str]:
    studio.song("offspring", "calm")
    return ["nox", "-s", "hum", "--", "--song", "hum"], SLEEPER


def stage(studio: Studio) -> tuple[list[str], str]:
    (studio.project.root / "scripts" / "rank_takes.py").write_bytes(LINGERING.read_bytes())
    return ["invoke", "rank", "--song", "hum"], SLEEPER


def script_session(studio: Studio) -> tuple[list[str], str]:
    (studio.project.root / "scripts" / "rank_takes.py").write_bytes(LINGERING.read_bytes())
    return ["nox", "-s", "analysis", "--", "rank_takes", "--song", "hum"], SLEEPER


def checks(studio: Studio) -> tuple[list[str], str]:
    (studio.project.root / "checks.py").write_text(SESSION, encoding="utf-8")
    return ["nox", "-f", "checks.py", "-s", "linger"], SLEEPER


def build(studio: Studio) -> tuple[list[str], str]:
    studio.project.lock("hum").write_text(UNREACHED, encoding="utf-8")
    return ["invoke", "setup", "--models", "hum"], " pip sync "


STARTERS = (generation, model_session, stage, script_session, checks, build)
Starter = Callable[[Studio], tuple[list[str], str]]


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("starter", STARTERS)
def test_nothing_outlives_the_command_that_started_it(
    studio: Studio, starter: Starter, ending: signal.Signals
) -> None:
    """Kill, end or interrupt a command: ten seconds later nothing that it started is alive."""
    words, sign = starter(studio)
    with socket.create_server(("127.0.0.1", 0)) as silent:  # a network that never answers
        proxy = f"http://127.0.0.1:{silent.getsockname()[1]}"
        command = studio.start(*words, HTTPS_PROXY=proxy)
        assert happens(lambda: any(sign in started for started in studio.alive().values()))
        studio.interrupt(command) if ending == signal.SIGINT else command.send_signal(ending)
        printed, said = command.communicate()
        assert studio.none_alive(), studio.alive()
    expected = {signal.SIGKILL: -9, signal.SIGTERM: 143, signal.SIGINT: 130}
    assert command.returncode == expected[ending], said
    assert "Traceback" not in printed + said


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM])
def test_no_process_outlives_the_measurement_that_started_it(
    house: House, ending: signal.Signals
) -> None:
    """Kill a measurement on all cores, or end it: ten seconds later none of its processes lives."""
    studio = Studio(house.project, uuid4().hex)
    song = ("--song", "songs/demo.toml")
    done = studio.type("invoke", "generate", "--models", "sketch", "--takes", "3", *song)
    assert done.returncode == 0, done.stdout + done.stderr
    for folder in (house.project.cache / "analysis", house.project.results / "demo" / ".stamps"):
        shutil.rmtree(folder, ignore_errors=True)
    command = studio.start("invoke", "verify", *song)
    assert happens(lambda: any("multiprocessing" in started for started in studio.alive().values()))
    command.send_signal(ending)
    command.communicate()
    assert studio.none_alive(), studio.alive()


def test_a_worker_that_is_deaf_ends_too(studio: Studio) -> None:
    """A model that heeds no signal is gone ten seconds after the run was killed."""
    studio.song("stubborn")
    command = studio.start("invoke", "generate", "--song", "hum", "--models", "hum")
    assert happens(lambda: any("--worker" in started for started in studio.alive().values()))
    command.kill()
    command.communicate()
    assert studio.none_alive(), studio.alive()
