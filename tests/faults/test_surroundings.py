"""Full disks, other disks, odd terminals, song files that are bombs, unexpected errors."""

import json
import os
import shutil
import subprocess
import sys
import wave
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from math import sin
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from tests.faults.conftest import House
from tests.faults.studio import LAUNCH, PATIENCE, Studio

GENERATE = ("invoke", "generate", "--song", "hum", "--models", "hum")
OTHER_DISK = Path("/dev/shm")
ROOM = 128 << 10  # bytes of the full disk


def in_shell(
    studio: Studio, setting: str, *words: str, **variables: str
) -> "subprocess.CompletedProcess[bytes]":
    """Type a command in a shell that does something first, or sends its output elsewhere."""
    command = ["sh", "-c", setting, "sh", sys.executable, str(LAUNCH), *words]
    return subprocess.run(
        command, cwd=studio.project.root, env=studio.environ(**variables),
        stdin=subprocess.DEVNULL, capture_output=True, timeout=5 * PATIENCE, check=False,
    )  # fmt: skip


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """A file system of its own, with little room."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a disk")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_is_named_with_the_file_and_the_room_it_needs(studio: Studio) -> None:
    """A full disk is named with the file and the room it needs; with room, work goes on."""
    disk = studio.project.root / "full"
    with small_disk(disk):
        studio.project.results.symlink_to(disk)
        (disk / "ballast").write_bytes(b"x" * (ROOM - (24 << 10)))  # too little for the wav, which
        studio.song("calm")  # is of 32 kB, for two seconds
        song = studio.project.root / "songs" / "hum.toml"
        song.write_text(song.read_text().replace("seconds = 0.5", "seconds = 2.0"))
        done = studio.type(*GENERATE)
        said = done.stdout + done.stderr
        assert done.returncode in (1, 3) and "Traceback" not in said
        assert "hum_segment1_instrumental" in said, said
        assert "No space left on device: 32.0 kB are needed, " in said, said
        assert not [path for path in disk.rglob("*") if path.suffix in (".wav", ".part")]
        (disk / "ballast").unlink()
        assert studio.type(*GENERATE).returncode == 0


def test_folders_may_be_links_to_another_disk(studio: Studio) -> None:
    """`results/`, a folder in it, `songs/`, `.cache/` and `.venvs/` may be links to other disks."""
    root = studio.project.root
    with TemporaryDirectory(dir=OTHER_DISK if OTHER_DISK.is_dir() else None) as folder:
        for name in ("results", "songs", ".cache", ".venvs"):
            other = Path(folder) / name.strip(".")
            if (root / name).is_dir():
                shutil.copytree(root / name, other)
                shutil.rmtree(root / name)
            else:
                other.mkdir()
            (root / name).symlink_to(other)
        take = "results/hum/local_models/hum_segment1_instrumental.wav"
        song = ("--song", "hum")
        for words in (
            GENERATE,
            (*GENERATE, "--takes", "2"),
            ("invoke", "keep", take, *song),
            ("invoke", "discard", take, *song),
            ("invoke", "doctor", "--models", "hum"),
            ("invoke", "clean", "--yes"),
            ("nox", "-s", "hum", "--", *song),
        ):
            done = studio.type(*words)
            said = done.stdout + done.stderr
            assert (done.returncode, "Traceback" in said) == (0, False), (words, said)
        assert len(list((Path(folder) / "results").rglob("hum_*.wav"))) >= 2
        assert (root / "results").is_symlink() and (root / ".venvs").is_symlink()
        own = Path(folder) / "a song's own"
        (root / "results" / "hum").rename(own)
        (root / "results" / "hum").symlink_to(own)
        again = studio.type(*GENERATE, "--takes", "3")
        assert again.returncode == 0 and len(list(own.rglob("hum_*.wav"))) >= 3, again.stderr


SETTINGS = {  # what a shell does first, and the variables of its environment
    "an ASCII terminal": ('exec "$@"', {"PYTHONIOENCODING": "ascii"}),
    "a terminal of Windows": ('exec "$@"', {"PYTHONIOENCODING": "cp1252"}),
    "a Latin-1 terminal": ('exec "$@"', {"PYTHONIOENCODING": "latin-1"}),
    "a terminal of two bytes": ('exec "$@"', {"PYTHONIOENCODING": "utf-16"}),
    "no language": ('exec "$@"', {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}),
    "a language that is not there": ('exec "$@"', {"LC_ALL": "tlh_QO.UTF-8"}),
    "no input": ('exec "$@" <&-', {}),
    "no output": ('exec "$@" >&-', {}),
    "no errors": ('exec "$@" 2>&-', {}),
    "nothing at all": ('exec "$@" <&- >&- 2>&-', {}),
    "errors that have no room": ('exec "$@" 2>/dev/full', {}),
    "no terminal's name": ('unset TERM; exec "$@"', {}),
    "a terminal of one column": ('exec "$@"', {"COLUMNS": "1", "LINES": "1"}),
    "no home": ('unset HOME; exec "$@"', {}),
    "no rights for new files": ('umask 777; exec "$@"', {}),
    "a time zone that is none": ('exec "$@"', {"TZ": "Nowhere/At:All"}),
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_odd_terminals_stop_no_work(setting: str, studio: Studio) -> None:
    """Whatever a terminal can show, and whichever streams are closed or full, takes are made."""
    shell, variables = SETTINGS[setting]
    studio.song("calm")
    done = in_shell(studio, shell, *GENERATE, **variables)
    assert done.returncode == 0, done
    assert b"Traceback" not in done.stdout + done.stderr
    (take,) = studio.takes.glob("*.wav")
    with wave.open(str(take)) as written:
        assert written.getnframes() == 4000


def test_an_answer_that_has_no_room_is_no_success(studio: Studio) -> None:
    """Where stdout's disk is full the work is done, and the exit code says what was lost."""
    studio.song("calm")
    done = in_shell(studio, 'exec "$@" >/dev/full', *GENERATE)
    assert (done.returncode, len(list(studio.takes.glob("*.wav")))) == (1, 1)
    assert done.stderr.splitlines()[-1].startswith(b"error: stdout: No space left on device")


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_the_analysis_prints_to_any_terminal(encoding: str, house: House, tmp_path: Path) -> None:
    """`invoke check` answers in an ASCII or Windows terminal, as the runner does."""
    path = tmp_path / "a.wav"
    with wave.open(str(path), "wb") as out:
        out.setparams((1, 2, 44_100, 0, "NONE", ""))
        wave_form = array("h", [int(9000 * sin(n / 30) * sin(n / 9000)) for n in range(2 * 44_100)])
        out.writeframes(wave_form.tobytes())
    done = house.type("invoke", "check", str(path), PYTHONIOENCODING=encoding, PYTHONUTF8="0")
    assert done.returncode in (0, 1) and "Traceback" not in done.stderr, done.stderr
    assert "a.wav" in done.stdout and "dB" in done.stdout


BOMBS = {
    "thousands of dotted names": "\n".join(f"a{n}.b.c.d.e.f.g = 1" for n in range(40_000)),
    "a name of 100,000 parts": ".".join("a" * 100_000) + " = 1",
    "a quoted name of many parts": ".".join(['"a"'] * 50_000) + " = 1",
    "tables of long names": "\n".join(
        "[" + ".".join(f"k{m}" for m in range(n, n + 200)) + "]" for n in range(250)
    ),
    "lists within lists": "a = " + "[" * 100_000,
    "tables within tables": "a = " + "{b.c = " * 30_000,
    "a number of megabytes": "a = " + "9" * (1 << 21),
    "a text of megabytes": 'a = "' + "x" * (1 << 22) + '"',
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_song_file_that_is_a_bomb_is_cut_off(bomb: str, studio: Studio) -> None:
    """A song file that would take minutes or gigabytes to read is one line that names it."""
    (studio.project.root / "songs" / "hum.toml").write_text(BOMBS[bomb], encoding="utf-8")
    done = in_shell(studio, 'ulimit -t 20; ulimit -v 2000000; exec "$@"', *GENERATE)
    (line,) = done.stderr.decode().splitlines()
    assert done.returncode == 2 and line.startswith("error: ") and "hum.toml: " in line
    assert len(line) < 400


BROKEN_VERB = """

@task
def broken(c, json=False):
    \"\"\"End as nobody expects.\"\"\"
    _finish(lambda: {}["hf_secretToken1234"], json)


@task
def broken_outside(c, json=False):
    \"\"\"End as nobody expects, before any handler of ours.\"\"\"
    raise LookupError("hf_secretToken1234")
"""
BROKEN_SESSION = """

@nox.session(venv_backend="none")
def broken(session):
    \"\"\"End as nobody expects.\"\"\"
    _end(session, "it", lambda: {}["hf_secretToken1234"])
"""
BROKEN_SCRIPT = """
from secondtake.core.scripts import RUNNER, enter
enter(RUNNER)
raise LookupError("hf_secretToken1234")
"""
BROKEN_THREAD = """
import sys, threading
from secondtake.core.errors import run_program
from secondtake.core.streams import open_streams
open_streams()
def work():
    thread = threading.Thread(target=lambda: {}["hf_secretToken1234"])
    thread.start()
    thread.join()
    return 0
sys.exit(run_program(work))
"""


@pytest.mark.parametrize(
    "program", ["verb", "verb --json", "task", "import", "script", "thread", "session"]
)
def test_the_unexpected_is_three_lines_a_log_and_an_exit_code(program: str, studio: Studio) -> None:
    """What nobody expected is three lines, a log without tokens and exit code 70, `--json` too."""
    root = studio.project.root
    broken_import = "\nraise LookupError('hf_secretToken1234')\n" if program == "import" else ""
    for file, broken in {"tasks.py": BROKEN_VERB, "noxfile.py": BROKEN_SESSION}.items():
        text = (root / file).read_text(encoding="utf-8")
        head, end, tail = text.partition("\nrefuse_wrong_call(")
        (root / file).unlink()
        (root / file).write_text(head + broken + end + tail + broken_import, encoding="utf-8")
    (root / "scripts" / "broken.py").write_text(BROKEN_SCRIPT, encoding="utf-8")
    (root / "scripts" / "thread.py").write_text(BROKEN_THREAD, encoding="utf-8")
    if program in ("script", "thread"):
        file = {"script": "broken.py", "thread": "thread.py"}[program]
        done = subprocess.run(
            [sys.executable, str(root / "scripts" / file)], cwd=root,
            env=studio.environ(PYTHONPATH=str(root / "src")), capture_output=True, text=True,
            check=False,
        )  # fmt: skip
    else:
        verb = {"task": "broken-outside", "import": "--list"}.get(program, "broken")
        words = ("nox", "-s", "broken") if program == "session" else ("invoke", verb)
        done = studio.type(*words, *(["--json"] if "--json" in program else []))
    assert done.returncode == 70, done
    said = [line for line in done.stderr.splitlines() if not line.startswith("nox > ")]
    first, second, third = said
    assert first.startswith("error: unexpected ") and "Error" in first
    assert third.startswith("  → type it again")
    log = Path(second.partition(" is in ")[2])
    assert log.parent == root / ".cache" / "logs" and "Traceback" in log.read_text("utf-8")
    assert "secretToken" not in done.stderr + done.stdout + log.read_text("utf-8")
    if "--json" in program:
        assert json.loads(done.stdout)["exit_code"] == 70
    assert "Traceback" not in done.stdout and os.access(log, os.R_OK)
