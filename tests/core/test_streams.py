"""stdout and stderr in every encoding, and with a reader that goes away."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from secondtake.core.streams import NEAREST, NEAREST_SIGNS, copy_text, print_json

START = "import sys\nfrom secondtake.core.streams import open_streams, print_json\nopen_streams()\n"
ENCODINGS = ["ascii", "latin-1", "cp1252", "cp437", "utf-8", "utf-16"]
SIGNS = "".join(NEAREST_SIGNS) + "ñ漢🎵\udcff"


def run(code: str, *options: str, **variables: str) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [sys.executable, *options, "-c", START + code],
        capture_output=True, check=False, env=variables,
    )  # fmt: skip


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_any_text_goes_to_any_encoding(encoding):
    code = f"text = {SIGNS!a}\nprint(text)\nprint(text, file=sys.stderr)"
    done = run(code, PYTHONIOENCODING=encoding)
    assert done.returncode == 0
    for written in (done.stdout, done.stderr):
        shown = written.decode(encoding)
        assert len(shown) >= len(SIGNS) and "Traceback" not in shown


def test_a_sign_that_an_encoding_lacks_is_the_nearest_that_it_has():
    done = run("print('−3 dB → a…b ✓ ñ 漢')", PYTHONIOENCODING="ascii")
    assert done.stdout == b"-3 dB -> a...b + ? ?\n"
    done = run("print('−3 dB → a…b ✓ ñ 漢')", PYTHONIOENCODING="cp1252")
    assert done.stdout.decode("cp1252") == "-3 dB -> a…b + ñ ?\n"


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_json_is_whole_in_any_encoding(encoding):
    done = run(f"print_json({{'text': {SIGNS!a}}})", PYTHONIOENCODING=encoding)
    assert done.returncode == 0
    assert json.loads(done.stdout.decode(encoding)) == {"text": SIGNS}


def test_json_is_readable_where_it_can_be(monkeypatch):
    written = io.TextIOWrapper(io.BytesIO(), encoding="UTF8")
    monkeypatch.setattr(sys, "stdout", written)
    print_json({"title": "ñandú"})
    assert "ñandú" in written.buffer.getvalue().decode()


def test_json_has_no_number_that_json_has_not():
    with pytest.raises(ValueError):
        print_json({"level": float("nan")})


@pytest.mark.e2e
@pytest.mark.parametrize("options", [(), ("-u",)], ids=["buffered", "unbuffered"])
@pytest.mark.parametrize("stream", ["stdout", "stderr"])
@pytest.mark.parametrize("characters", [10, 1_000_000])
def test_a_reader_that_goes_away_ends_a_program_quietly(options, stream, characters):
    """A little is written when the program ends, much while it runs."""
    code = f"import time; time.sleep(0.3); print('x' * {characters}, file=sys.{stream})"
    process = subprocess.Popen(
        [sys.executable, *options, "-c", START + code],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    pipes = {"stdout": process.stdout, "stderr": process.stderr}
    pipes.pop(stream).close()
    (other,) = pipes.values()
    assert (other.read(), process.wait()) == (b"", 141)
    other.close()


def test_a_reader_that_goes_away_from_a_thread_is_no_traceback():
    code = """
import threading, time
time.sleep(0.3)
thread = threading.Thread(target=lambda: print("x", flush=True))
thread.start()
thread.join()
"""
    process = subprocess.Popen(
        [sys.executable, "-c", START + code], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    process.stdout.close()
    assert (process.stderr.read(), process.wait()) == (b"", 141)
    process.stderr.close()


def test_no_stdout_at_all_is_no_error():
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" >&-', "sh", sys.executable, "-c", START + "print('x')"],
        capture_output=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")


ENDINGS = {  # what a program does -> its exit code and how stderr begins
    "1 / 0": (70, b"error: unexpected ZeroDivisionError: division by zero"),
    "from secondtake.core.errors import UserError; raise UserError('no')": (2, b"error: no\n"),
    "raise KeyboardInterrupt": (130, b""),
    "t = threading.Thread(target=lambda: 1 / 0); work = lambda: (t.start(), t.join()) and 0; "
    "sys.exit(run_program(work))": (70, b"error: unexpected ZeroDivisionError"),
    "x = type('X', (), {'__del__': lambda self: 1 / 0})(); del x": (0, b"error: unexpected Zero"),
}


@pytest.mark.parametrize("code", ENDINGS)
def test_nothing_ends_with_a_traceback_on_the_screen(code, tmp_path):
    start = "import threading; from secondtake.core.errors import run_program; "
    done = run(start + code, SECONDTAKE_CACHE=str(tmp_path))
    assert (done.returncode, done.stderr[: len(ENDINGS[code][1])]) == ENDINGS[code]
    assert b"Traceback" not in done.stderr and done.stderr.count(b"\n") in (0, 1, 3)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a disk that is always full")
@pytest.mark.parametrize("options", [(), ("-u",)], ids=["buffered", "unbuffered"])
def test_a_full_disk_behind_a_stream_stops_no_work(options, tmp_path):
    code = "from secondtake.core.errors import run_program\n"
    code += "def work():\n    for n in range(3): print('x' * 99999, file=sys.stderr); print(n)\n"
    code += f"    open({str(tmp_path / 'take')!r}, 'w').close()\n    return 0\n"
    command = [sys.executable, *options, "-c", f"{START}{code}sys.exit(run_program(work))"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False)
        assert (done.returncode, (tmp_path / "take").exists()) == (1, True)
        assert done.stderr.splitlines()[-1].startswith(b"error: stdout: No space left on device")
        bare = [*command[:-1], f"{START}print('x')"]
        done = subprocess.run(bare, stdout=full, stderr=subprocess.PIPE, check=False)
        assert (done.returncode, done.stderr[:14]) == (1, b"error: stdout:")
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=full, check=False)
        assert (done.returncode, done.stdout) == (0, b"0\n1\n2\n")


def test_a_closed_stream_is_no_file_that_is_opened_later(tmp_path):
    code = f"opened = open({str(tmp_path / 'f')!r}, 'w'); print('x', flush=True); input"
    code += "; sys.stderr.write('y'); sys.stdin.read(); assert opened.fileno() > 2"
    for closed in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
        shell = ["sh", "-c", f'exec "$@" {closed}', "sh", sys.executable, "-c", START + code]
        assert subprocess.run(shell, capture_output=True, check=False).returncode == 0
        assert (tmp_path / "f").read_text() == ""


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("as_json", [False, True], ids=["text", "json"])
def test_a_programs_text_goes_to_any_encoding(encoding, as_json):
    text = json.dumps({"text": SIGNS[:-1]}, ensure_ascii=False)
    out = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors=NEAREST)
    copy_text(out, text.encode(), as_json=as_json)
    shown = out.buffer.getvalue().decode(encoding)
    assert shown if not as_json else json.loads(shown) == {"text": SIGNS[:-1]}
    if encoding == "utf-8":
        assert shown == text


def test_bytes_that_are_no_text_stop_nothing():
    for encoding in ("utf-8", "ascii"):
        out = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors=NEAREST)
        copy_text(out, b"a\xffb\n")
        assert out.buffer.getvalue() in (b"a\xffb\n", b"a?b\n")
