"""Workers that die, hang, or are told to go: what that costs, and what is said of it."""

import json
import os
import shutil
import signal
import socket
from hashlib import sha256

import pytest
from tests.faults.studio import Studio, happens

from secondtake.runner import environments

GENERATE = ("invoke", "generate", "--song", "hum", "--models", "hum")


def outcomes(studio: Studio) -> list[dict[str, str]]:
    """What became of every segment, in their order."""
    file = studio.project.results / "hum" / "outcomes" / "hum.json"
    entries = json.loads(file.read_text(encoding="utf-8"))["outcomes"]
    return [entries[name] for name in sorted(entries)]


def states(studio: Studio) -> str:
    """The first letters of the outcomes: done, failed, waiting."""
    return "".join(outcome["status"][0] for outcome in outcomes(studio))


def records(studio: Studio) -> dict[str, dict[str, object]]:
    files = sorted(studio.takes.glob("*.json"))
    return {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in files}


@pytest.mark.parametrize(
    ("mood", "options", "end"),
    [
        ("die", (), "was killed by SIGKILL"),
        ("exit", (), "ended with exit code 7"),
        ("die", ("--checkpoint", "hum=choir"), "was killed by SIGKILL"),
    ],
    ids=["by a signal", "by itself", "in a batch"],
)
def test_a_worker_that_dies_costs_one_job(studio, mood, options, end):
    """If a model's process dies, one take fails, with the reason and its last words; all others
    are made."""
    studio.song("calm", mood, "calm")
    done = studio.type(*GENERATE, *options)
    assert (done.returncode, states(studio)) == (1, "dfd")
    failed = outcomes(studio)[1]
    words = "the last words of hum_segment2_instrumental"
    assert end in failed["message"] and f"\n    {words}" in failed["message"]
    assert failed["log"] in failed["hint"]
    shown = done.stdout[done.stdout.index("✗ hum_segment2_instrumental") :]
    assert end in shown and words in shown and "\a" not in done.stdout
    assert "tried once more" in done.stdout  # it was given a second chance, alone


def test_a_job_is_made_if_its_worker_died_by_chance(studio):
    """A take whose process died once is made by a second try, in the same run."""
    studio.song("calm", "once")
    done = studio.type(*GENERATE)
    assert (done.returncode, states(studio)) == (0, "dd"), done.stdout
    assert "SIGKILL" in done.stdout


@pytest.mark.parametrize(
    "options", [(), ("--checkpoint", "hum=choir")], ids=["alone", "in a batch"]
)
def test_a_graphics_card_that_fails_costs_one_job(studio, options):
    """If a graphics card fails in a way that lasts as long as a process, a new process makes the
    takes that are left; the one that it fails at twice alone is failed, and the reason is given."""
    studio.song("calm", "lose", "calm")
    done = studio.type(*GENERATE, *options)
    assert (done.returncode, states(studio)) == (1, "dfd"), done.stdout
    failed = outcomes(studio)[1]
    assert failed["code"] == "unsupported" and "--device cpu" in failed["hint"]
    assert "illegal memory access" in failed["message"]
    assert "tried once more" in done.stdout


def test_a_job_is_made_if_the_graphics_card_failed_by_chance(studio):
    """A take at which a graphics card failed once is made by a second try, in the same run."""
    studio.song("calm", "lose once", "calm")
    done = studio.type(*GENERATE)
    assert (done.returncode, states(studio)) == (0, "ddd"), done.stdout


@pytest.mark.parametrize("mood", ["hang", "stubborn"])
def test_a_worker_that_hangs_costs_one_job(studio, mood):
    """If nothing is heard of a model for SECONDTAKE_TIMEOUT seconds, it is ended, whatever it
    ignores; its take fails, and all others are made."""
    studio.song("calm", mood, "calm")
    done = studio.type(*GENERATE, SECONDTAKE_TIMEOUT="1.5")
    assert (done.returncode, states(studio)) == (1, "dfd"), done.stdout
    assert outcomes(studio)[1]["code"] == "timeout"
    assert "nothing was heard" in done.stdout and "SECONDTAKE_TIMEOUT" in done.stdout
    assert studio.none_alive()


def test_a_model_that_is_slow_and_tells_of_it_is_left_alone(studio):
    """A take that takes longer than the limit is made as long as its model tells how far it is."""
    studio.song("slow")
    assert studio.type(*GENERATE, SECONDTAKE_TIMEOUT="4").returncode == 0
    assert states(studio) == "d"


@pytest.mark.parametrize(
    ("loads", "wanted", "count"),
    [("die", "dd", 1), ("hang", "dd", 1), ("die hang", "ff", 2), ("refuse", "ff", 1)],
)
def test_a_model_that_dies_while_it_loads_is_loaded_once_more(studio, loads, wanted, count):
    """If a model dies or hangs while it is loaded, it is loaded once more before its takes fail;
    one that says why it cannot be loaded is believed at once."""
    script = studio.project.root / "loading"
    script.write_text(f"{loads} calm calm", encoding="utf-8")
    done = studio.type(*GENERATE, SECONDTAKE_TIMEOUT="1.5")
    assert states(studio) == wanted, done.stdout
    assert script.read_text(encoding="utf-8").split().count("calm") == (1 if wanted == "dd" else 2)
    assert done.returncode == (0 if wanted == "dd" else 1)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_take_that_is_being_written_is_finished(studio, number):
    """Ctrl-C, SIGTERM and SIGKILL of the command let a take whose file is being written be
    finished."""
    studio.song("heavy", "calm")
    process = studio.start(*GENERATE)
    assert happens(lambda: list(studio.takes.glob(".*.part")))
    os.killpg(process.pid, number)
    out, err = process.communicate(timeout=60)
    assert studio.none_alive()
    assert list(records(studio)) == ["hum_segment1_instrumental"]
    assert not list(studio.takes.glob(".*.part"))
    if number != signal.SIGKILL:
        assert process.returncode == (130 if number == signal.SIGINT else 143)
        assert states(studio) == "dw" and "1 take of this run saved, 1 not made" in out
        assert "Traceback" not in out + err
    done = studio.type(*GENERATE)
    assert done.returncode == 0 and "1 take is up to date" in done.stdout


def test_a_record_says_what_made_it(studio):
    """A lock that changes during a run, and an environment that is built from it, are in no record
    of that run: every process of it, one that is started again too, uses the build of its start."""
    studio.song("slow", "once", "calm")
    process = studio.start(*GENERATE)
    assert happens(lambda: "a model says hello" in logs(studio))
    lock = studio.project.lock("hum")
    old, new = sha256(lock.read_bytes()).hexdigest(), b"# other\n"
    built = studio.project.environment("hum").resolve()
    lock.write_bytes(new)
    studio.project.environment("hum").unlink()  # as a build that does not wait would exchange it
    other = built.with_name("hum-0000000000000000")
    shutil.copytree(built, other, symlinks=True)
    marker = json.loads((built / environments.MARKER).read_text(encoding="utf-8"))
    marker["lock_sha256"] = sha256(new).hexdigest()
    (other / environments.MARKER).write_text(json.dumps(marker), encoding="utf-8")
    studio.project.environment("hum").symlink_to(other.relative_to(studio.project.root))
    pythons = set()
    while process.poll() is None:
        workers = [line for line in studio.alive().values() if line.endswith("--device auto")]
        pythons |= {line.split()[0] for line in workers if "guard.py" not in line}
        happens(lambda: process.poll() is not None, 0.2)
    assert process.returncode == 0, process.communicate()
    assert states(studio) == "ddd"
    assert {record["lock_sha256"] for record in records(studio).values()} == {old}
    assert pythons == {str(built / "bin" / "python")}


def logs(studio: Studio) -> str:
    files = (studio.project.results / "hum" / "logs").glob("*-hum.log")
    return "".join(file.read_text(encoding="utf-8") for file in files)


def test_the_first_failure_ends_a_run_that_is_told_so(studio):
    """With --fail-fast the first take that fails ends the run, exit code 1; the rest wait."""
    studio.song("calm", "refuse", "calm")
    done = studio.type(*GENERATE, "--fail-fast")
    assert (done.returncode, states(studio)) == (1, "dfw"), done.stdout + done.stderr
    assert len(list(studio.takes.glob("*.wav"))) == 1
    assert studio.none_alive()


def test_what_failed_is_tried_again_alone(studio):
    """With --retry-failed only what failed, or was blocked, when it was last tried is made."""
    studio.song("calm", "refuse", "refuse")
    assert studio.type(*GENERATE, "--segments", "2-3").returncode == 1
    studio.song("calm", "calm", "refuse")
    done = studio.type(*GENERATE, "--retry-failed")
    assert (done.returncode, states(studio)) == (1, "df"), done.stdout + done.stderr
    assert list(records(studio)) == ["hum_segment2_instrumental"]
    studio.song("calm", "calm", "calm")
    assert studio.type(*GENERATE, "--retry-failed").returncode == 0
    done = studio.type(*GENERATE, "--retry-failed")
    assert done.returncode == 0 and "nothing that is asked for failed" in done.stdout
    planned = studio.type(*GENERATE, "--retry-failed", "--dry-run")
    assert "nothing that is asked for failed" in planned.stdout
    assert len(records(studio)) == 2


def test_a_build_that_hangs_is_ended(studio):
    """If a step of building an environment does nothing for SECONDTAKE_TIMEOUT seconds, it is
    ended, and the takes of its model have that as their outcome."""
    with socket.create_server(("127.0.0.1", 0)) as deaf:  # it connects, and never answers
        index = f"http://127.0.0.1:{deaf.getsockname()[1]}/simple/"
        pin = f"hummingbird==1.0 --hash=sha256:{'0' * 64}"
        lock = f"--index-url {index}\n{pin}\n"
        studio.project.lock("hum").write_text(lock, encoding="utf-8")
        done = studio.type(*GENERATE, SECONDTAKE_TIMEOUT="3")
    assert (done.returncode, states(studio)) == (1, "ff"), done.stdout + done.stderr
    assert {outcome["code"] for outcome in outcomes(studio)} == {"timeout"}
    assert "SECONDTAKE_TIMEOUT" in done.stdout and studio.none_alive()


@pytest.mark.parametrize(
    ("does", "said"),
    [
        ("time.sleep(3600)", "SECONDTAKE_TIMEOUT"),
        ("while True: pass", "SECONDTAKE_TIMEOUT"),
        ("os.kill(os.getpid(), 19)", "SECONDTAKE_TIMEOUT"),
        ("os.kill(os.getpid(), 11)", "rank_takes.py was killed by SIGSEGV"),
    ],
    ids=["sleeps", "computes", "stops", "dies"],
)
def test_a_stage_that_hangs_or_dies_fails(studio, does, said):
    """A stage of which nothing is heard for SECONDTAKE_TIMEOUT seconds is ended; its command fails
    with exit code 1, as it does where a signal kills the stage, which is named."""
    script = studio.project.root / "scripts" / "rank_takes.py"
    script.write_text(f"import os, time\n{does}\n", encoding="utf-8")
    done = studio.type("invoke", "rank", "--song", "hum", SECONDTAKE_TIMEOUT="1.5")
    assert (done.returncode, said in done.stderr) == (1, True), done.stderr
    assert studio.none_alive()
