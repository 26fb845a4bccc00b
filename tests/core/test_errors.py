"""How a program ends: a line for what is expected, a traceback for what is not."""

import errno
import subprocess
import sys

import pytest

from secondtake.core.errors import ModelError, UserError, as_model_error, run_program


def raising(error):
    def work():
        raise error

    return work


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (UserError("song.toml: no"), 2, "error: song.toml: no"),
        (ModelError("terms", "not accepted", "accept"), 3, "error: not accepted\n  → accept"),
        (ModelError("bad_weights", "torn", "fetch"), 1, "error: torn\n  → fetch"),
        (PermissionError(13, "Permission denied", "a.wav"), 1, "error: a.wav: Permission denied"),
        (
            OSError(errno.ENOSPC, "No space left on device"), 1,
            "error: No space left on device; make room (invoke clean shows what can go) and type "
            "it again",
        ),
        (OSError("odd"), 1, "error: odd"),
    ],
)  # fmt: skip
def test_what_is_expected_is_one_line_and_an_exit_code(capsys, error, code, line):
    assert run_program(raising(error)) == code
    out, errors = capsys.readouterr()
    assert (out, errors) == ("", line + "\n")


def test_what_went_well_keeps_its_code(capsys):
    assert run_program(lambda: 4) == 4
    assert run_program(raising(KeyboardInterrupt())) == 130
    assert capsys.readouterr().err == ""


def test_what_nobody_expected_goes_on():
    with pytest.raises(ZeroDivisionError):
        run_program(lambda: 1 // 0)


def test_a_reader_that_has_seen_enough_is_no_error():
    script = "import sys\nfrom secondtake.core.errors import run_program\n"
    script += "def work():\n    print('x' * 1_000_000)\n    return 5\nsys.exit(run_program(work))\n"
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout and process.stderr
    process.stdout.read(10)
    process.stdout.close()
    assert (process.stderr.read(), process.wait()) == (b"", 141)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ModelError("terms", "m"), "terms"),
        (UserError("m"), "unsupported"),
        (MemoryError(), "memory"),
        (RuntimeError("CUDA out of memory. Tried"), "memory"),
        (OSError(28, "No space left"), "disk"),
        (OSError(122, "Disk quota exceeded"), "disk" if sys.platform == "linux" else "bug"),
        (PermissionError(13, "no"), "bug"),
        (KeyError("x"), "bug"),
    ],
)
def test_errors_are_told_apart(error, code):
    model_error = as_model_error(error)
    assert model_error.code == code
    assert model_error.hint or code in ("terms", "unsupported")
