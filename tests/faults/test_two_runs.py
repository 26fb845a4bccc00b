"""Two runs at once."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.faults.lying_hub import OPEN, lying_hub
from tests.faults.studio import Studio, happens, studio_in
from tests.hub.odd import file_of

from secondtake.core.run_lock import LOCK_NAME

GENERATE = ("invoke", "generate", "--song", "hum")
SESSION = ("nox", "-s", "hum", "--", "--song", "hum")
BY_HAND = ("scripts/generate_hum.py", "--song", "hum")
OTHER = ("--song", "other")  # of a model that scripts know by themselves
RANK = ("nox", "-s", "analysis", "--", "rank_takes", *OTHER)


OTHER_SONG = """
title = "Other"
[[segment]]
number = 1
kind = "instrumental"
title = "One"
seconds = 2
models = ["sketch"]
"""
USE = """
from secondtake.core.scripts import enter
enter("")  # as every script begins
print("in use", flush=True)
input()
import secondtake.core.wav
print("still whole")
"""


def begin(studio: Studio, *words: str) -> "subprocess.Popen[str]":
    """Type a command; a script's is run by the Python of its environment."""
    if not words[0].endswith(".py"):
        return studio.start(*words)
    python = Path(sys.executable)
    if words[0] == BY_HAND[0]:
        python = studio.project.python("hum")
    return subprocess.Popen(
        [python, *words],
        cwd=studio.project.root,
        env=studio.environ(SECONDTAKE_ROOT=str(studio.project.root)),  # src/ is a link here
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def is_working(studio: Studio) -> bool:
    """True once some run has the lock."""
    return happens((studio.project.root / LOCK_NAME).exists)


def ended(process: "subprocess.Popen[str]", code: int) -> str:
    """What a process said, once it has ended with this code."""
    out, err = process.communicate(timeout=120)
    assert process.returncode == code, out + err
    assert "Traceback" not in err, err
    return out + err


def files(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file, folder and link below: which one it is, and when it was written."""
    states = {path: path.lstat() for path in folder.rglob("*") if "__pycache__" not in path.parts}
    return {str(path): (state.st_ino, state.st_mtime_ns) for path, state in states.items()}


def at_rest(studio: Studio) -> dict[str, tuple[int, int]]:
    """The files of the project once a model is deep in its work, and nothing is written."""
    assert happens(lambda: any("--worker" in words for words in studio.alive().values()))
    before: dict[str, tuple[int, int]] = {}
    for _ in range(20):
        now = files(studio.project.root)
        if now == before:
            return now
        before = now
        time.sleep(1.0)
    raise AssertionError("it goes on writing")


@pytest.mark.parametrize(
    ("first", "second"),
    [(GENERATE, SESSION), (SESSION, GENERATE), (BY_HAND, GENERATE), (GENERATE, BY_HAND)],
    ids=["a verb, nox", "nox, a verb", "a script, a verb", "a verb, a script"],
)
def test_no_take_is_made_twice(
    studio: Studio, first: tuple[str, ...], second: tuple[str, ...]
) -> None:
    """Of two runs at once, the second waits, says for whom, and makes only what is left."""
    studio.song("calm")
    ended(begin(studio, *GENERATE), 0)
    studio.song("heavy", "calm", "heavy")
    one = begin(studio, *first)
    assert is_working(studio)
    other = begin(studio, *second)
    said = ended(one, 0)
    made = files(studio.takes)
    waited = ended(other, 0)
    assert files(studio.takes) == made and len(list(studio.takes.glob("*.wav"))) == 3
    command = " ".join(first).replace("scripts", "python scripts")
    assert f"waiting for {command} (process {one.pid}" in waited, said + waited
    assert "Ctrl-C gives up" in waited and not (studio.project.root / LOCK_NAME).exists()


def test_two_projects_that_share_their_results_take_turns(studio: Studio, tmp_path: Path) -> None:
    """Of two checkouts whose `results` lead to one folder, the second waits, and makes only what
    is left."""
    shared = tmp_path / "shared"
    shared.mkdir()
    with studio_in(tmp_path / "second") as second:
        for checkout in (studio, second):
            checkout.song("heavy", "calm")
            checkout.project.results.symlink_to(shared)
        one = begin(studio, *GENERATE)
        assert is_working(studio)
        assert "is in use by invoke generate" in ended(begin(second, *GENERATE, "--no-wait"), 4)
        waited = ended(begin(second, *GENERATE), 0)
        assert "2 takes are up to date" in waited and one.wait() == 0


def test_whatever_makes_or_removes_gives_way_to_a_run(studio: Studio) -> None:
    """With --no-wait, whatever makes, builds, fetches or removes ends with exit code 4 and changes
    nothing while another run works; whatever only reads goes on."""
    studio.song("calm")
    ended(begin(studio, *GENERATE), 0)
    studio.song("calm", "hang")
    (studio.project.root / "songs" / "other.toml").write_text(OTHER_SONG)
    (studio.project.root / "votes.json").write_text("{}")
    run = begin(studio, *GENERATE)
    before = at_rest(studio)
    song = ("--song", "hum")
    writing = [
        GENERATE, ("invoke", "generate-all", *song), ("invoke", "setup", "--models", "hum"),
        ("invoke", "fetch", "--models", "hum"), ("invoke", "clean", "--all", "--yes"),
        ("invoke", "votes", "votes.json", *song), ("invoke", "import-baseline", "x.wav", *song),
        *(("invoke", verb, "hum_segment1_instrumental", *song) for verb in ("keep", "discard")),
        *(("invoke", verb, *song) for verb in ("verify", "understand", "rank", "analyse", "page")),
        ("invoke", "report", *song), SESSION, RANK, BY_HAND,
        ("scripts/rank_takes.py", *OTHER), ("scripts/write_progress.py", *OTHER),
    ]  # fmt: skip
    reading = [
        (*GENERATE, "--dry-run"), ("invoke", "clean"), (*BY_HAND, "--dry-run"),
        ("invoke", "doctor", "--models", "hum"), ("invoke", "report", *OTHER, "--check"),
        ("scripts/write_progress.py", *OTHER, "--check"),
    ]  # fmt: skip
    refused = [begin(studio, *words, "--no-wait") for words in writing]
    for words, process in zip(writing, refused, strict=True):
        out, err = process.communicate()
        assert process.returncode == 4, (words, out, err)
        assert f"is in use by {' '.join(GENERATE)} (process {run.pid}" in err, (words, err)
    assert files(studio.project.root) == before
    for words, process in [(words, begin(studio, *words)) for words in reading]:
        out, err = process.communicate()
        assert process.returncode in (0, 1), (words, out, err)
        assert "waiting" not in err
    assert run.poll() is None


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize(
    "words", [GENERATE, SESSION, BY_HAND, ("invoke", "clean", "--yes")], ids=lambda w: w[0]
)
def test_who_waits_can_give_up(
    studio: Studio, words: tuple[str, ...], number: int, code: int
) -> None:
    """Ctrl-C and SIGTERM end a run that waits at once, and the other goes on."""
    studio.song("calm")
    ended(begin(studio, *GENERATE), 0)
    studio.song("hang")
    run = begin(studio, *GENERATE)
    assert is_working(studio)
    waiting = begin(studio, *words)
    assert waiting.stderr and any("waiting for invoke" in line for line in waiting.stderr)
    start = time.monotonic()
    waiting.send_signal(number)
    ended(waiting, -number if words is BY_HAND and number == signal.SIGTERM else code)
    assert time.monotonic() - start < 5
    assert run.poll() is None


@pytest.mark.parametrize(
    "note",
    [
        json.dumps({"pid": 1, "host": "elsewhere", "command": "invoke generate", "since": "x"}),
        json.dumps({"pid": os.getpid(), "host": os.uname().nodename, "command": "x", "since": ""}),
        "",
        "{",
        None,
    ],
    ids=["another host", "a living process", "empty", "damaged", "a folder"],
)
def test_no_file_is_ever_in_the_way(studio: Studio, note: str | None) -> None:
    """No file that a dead run, a copy or another machine left has to be removed by hand."""
    path = studio.project.root / LOCK_NAME
    if note is None:
        (path / "inside").mkdir(parents=True)
    else:
        path.write_text(note)
        path.chmod(0o444)
    said = ended(begin(studio, *GENERATE, "--no-wait"), 0)
    assert "waiting" not in said and len(list(studio.takes.glob("*.wav"))) == 2


def test_what_is_left_of_a_killed_run_is_waited_for(studio: Studio) -> None:
    """After a SIGKILL the next run goes on by itself, as soon as nothing of the first is alive."""
    studio.song("stubborn")
    run = begin(studio, *GENERATE)
    at_rest(studio)
    run.kill()
    run.communicate()
    studio.song("calm")
    left = set(studio.alive())
    assert left
    said = ended(begin(studio, *GENERATE), 0)
    assert "waiting for what is still ending of invoke generate" in said
    assert not left & set(studio.alive()) and len(list(studio.takes.glob("*.wav"))) == 1


def test_clean_leaves_alone_what_is_used(studio: Studio, tmp_path: Path) -> None:
    """`clean` waits for whoever uses an environment, and never removes a half download of a fetch
    that goes on; what was downloaded stays for the next fetch."""
    studio.song("calm")
    ended(begin(studio, *GENERATE), 0)
    clean = ("invoke", "clean", "--all", "--yes")
    using = subprocess.Popen(
        [sys.executable, "-c", USE],
        cwd=studio.project.root,
        env=studio.environ(SECONDTAKE_ROOT=str(studio.project.root)),  # src/ is a link here
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert using.stdout and using.stdout.readline() == "in use\n"
    assert "in use by a check" in ended(begin(studio, *clean, "--no-wait"), 4)
    waiting = begin(studio, *clean)
    assert waiting.stderr and "waiting for a check" in waiting.stderr.readline()
    assert using.communicate("\n")[0] == "still whole\n" and using.returncode == 0
    ended(waiting, 0)
    assert not studio.project.python("hum").exists()
    with lying_hub(tmp_path / "hub") as lying:
        lying.hub.faults.odd["text.pt"] = file_of(50_000_000, 50_000_000, pause=0.05)
        fetch = studio.start("invoke", "fetch", *OPEN, **lying.variables)
        parts = lambda: [p for p in studio.project.cache.rglob("*.part") if p.stat().st_size]  # noqa: E731
        assert happens(parts)
        assert "in use by invoke fetch" in ended(begin(studio, *clean, "--no-wait"), 4)
        assert parts() and fetch.poll() is None
        fetch.kill()
    ended(begin(studio, "invoke", "clean", "--yes"), 0)
    assert parts()
