"""How a program ends: a line for what is expected, three lines and a log for what is not."""

import errno
import json
import subprocess
import sys

import pytest

from secondtake.core.checkout import CACHE_VARIABLE
from secondtake.core.errors import (
    DeviceLostError,
    ModelError,
    UserError,
    as_model_error,
    run_program,
)
from tests.core.device_errors import CANNOT, DEBUGGING, LOST, OUT_OF_MEMORY


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
            "error: No space left on device\n  → make room (invoke clean shows what can go) and "
            "type it again",
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


@pytest.mark.parametrize("as_json", [False, True])
def test_what_nobody_expected_is_three_lines_and_a_log(capsys, monkeypatch, tmp_path, as_json):
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    assert run_program(raising(KeyError("hf_Nobody0123\x1b[2J")), as_json=as_json) == 70
    out, errors = capsys.readouterr()
    first, second, third = errors.splitlines()
    assert first.startswith("error: unexpected KeyError: 'hf_…") and "test_errors.py" in first
    (log,) = (tmp_path / "cache" / "logs").glob("unexpected-*.log")
    assert second == f"  → its traceback is in {log}" and third.startswith("  → type it again")
    assert "in raising" not in errors and "raise error" in log.read_text()
    assert "hf_abc" not in errors + log.read_text() and log.stat().st_mode & 0o077 == 0
    if as_json:
        answer = json.loads(out)
        assert (answer["exit_code"], answer["error"]["code"]) == (70, "bug")
        assert str(log) in answer["error"]["hint"]


def test_a_log_that_has_no_room_is_no_other_error(capsys, monkeypatch, tmp_path):
    (tmp_path / "cache").write_text("no folder")
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "absent" / "\0"))
    assert run_program(raising(KeyError())) == 70
    assert capsys.readouterr().err.splitlines()[1] == "  → there is no room for its traceback"


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


@pytest.mark.parametrize(
    ("error", "code"),
    [
        *((error, "memory") for error in OUT_OF_MEMORY),
        *((error, "unsupported") for error in (*CANNOT, *LOST)),
    ],
    ids=lambda value: str(value).strip()[:40],
)
def test_a_failure_of_a_device_has_a_name_and_a_remedy(error, code):
    known = as_model_error(error)
    assert known.code == code and "--device cpu" in known.hint
    assert str(error).split(".")[0].strip().splitlines()[0] in known.message
    assert len(known.message) < 400 and "\n" not in known.message
    for advice in ("PYTORCH_", "http", "TORCH_USE", "debugging"):
        assert advice not in known.message + known.hint
    assert isinstance(known, DeviceLostError) == (error in LOST)


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("CUDA error: invalid argument" + DEBUGGING),  # which names asserts as advice
        RuntimeError(
            "Expected all tensors to be on the same device, but found at least two, mps:0"
        ),
        RuntimeError("shapes (2, 3) and (4, 5) cannot be multiplied"),
        NotImplementedError("of a sampler"),
    ],
)
def test_what_the_code_does_wrong_stays_a_bug(error):
    assert as_model_error(error).code == "bug"
