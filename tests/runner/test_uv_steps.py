"""The steps of uv: what its lines say of downloads, and how a failure ends."""

import sys

import pytest

from secondtake.core.errors import ModelError
from secondtake.runner.uv_steps import Downloads, Steps, build_environ

LINES = """Resolved 8 packages in 98ms
Downloading numpy (16.0MiB)
Downloading torch (2.0GiB)
Downloading tiny (512.0KiB)
 Downloaded tiny
 Downloaded numpy
"""
NUMPY, TORCH, TINY = 16 << 20, 2 << 30, 512 << 10
ON_DISK = {"numpy": 3 * NUMPY, "torch": 3 * TORCH, "tiny": 3 * TINY}


def follow(*lines):
    downloads = Downloads()
    for line in lines:
        downloads.follow(line)
    return downloads


def test_downloads_are_followed_by_the_lines_of_uv():
    downloads = follow(*LINES.splitlines())
    assert downloads.total == NUMPY + TORCH + TINY
    assert downloads.done(None, ON_DISK) == downloads.done(10**9, {}) == NUMPY + TINY
    downloads.follow(" Downloaded torch")
    downloads.follow("Prepared 8 packages in 614ms")
    assert downloads.done(None, {}) == downloads.total
    assert downloads.summary == "prepared 8 packages"


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 1.0, 2.0])
def test_between_the_lines_the_bytes_that_uv_wrote_tell_how_far_it_is(share):
    downloads = follow(*LINES.splitlines()[:4])
    written = round(share * sum(ON_DISK.values()))
    assert downloads.done(written, ON_DISK) == pytest.approx(min(1.0, share) * downloads.total)


def test_nothing_that_is_no_download_counts():
    downloads = follow(
        "Using Python 3.11.7", "error: Failed to download `x`", " + numpy==2.4.6", ""
    )
    assert (downloads.total, downloads.done(10, {}), downloads.summary) == (0, 0, "")


def run(tmp_path, program):
    steps = []
    command = [sys.executable, "-c", program]
    told = Steps("hum", tmp_path, tmp_path / "log", lambda *step: steps.append(step))
    told.run("installing", command, {})
    return steps


def test_a_step_is_logged_and_followed_to_its_end(tmp_path):
    steps = run(tmp_path, f"print({LINES!r})")
    whole = NUMPY + TORCH + TINY
    assert steps[-1] == ("installing: downloading packages", NUMPY + TINY, whole)
    log = (tmp_path / "log").read_text()
    assert log.startswith("$ ") and "Downloading torch (2.0GiB)" in log


@pytest.mark.parametrize(
    ("cause", "code"),
    [
        ("error sending request for url (http://127.0.0.1:9/simple/rich/)", "network"),
        ("hint: Packages were unavailable because the network was disabled.", "network"),
        ("error: Network connectivity is disabled, but the data was not in the cache", "network"),
        ("dns error: failed to lookup address information", "network"),
        ("HTTP status client error (404 Not Found) for url (http://h/simple/rich/)", "environment"),
        ("No solution found when resolving dependencies", "environment"),
    ],
)
def test_an_index_that_nobody_reaches_is_told_from_one_that_lacks_a_package(tmp_path, cause, code):
    with pytest.raises(ModelError) as caught:
        run(tmp_path, f"import sys; print('error: Failed to fetch'); sys.exit({cause!r})")
    assert caught.value.code == code and cause in caught.value.message
    assert ("docs/troubleshooting.md" in caught.value.hint) == (code == "network")
    assert "invoke setup --models hum" in caught.value.hint


def test_a_step_that_fails_shows_its_last_lines(tmp_path):
    program = "import sys; print(*range(30), sep=chr(10)); sys.exit(7)"
    with pytest.raises(ModelError) as caught:
        run(tmp_path, program)
    assert caught.value.code == "environment" and "ended with 7" in caught.value.message
    assert caught.value.message.splitlines()[-1] == "    29"
    assert "\n    17\n" not in caught.value.message
    assert "invoke setup --models hum" in caught.value.hint


def test_a_step_of_which_nothing_is_heard_is_ended(tmp_path, monkeypatch):
    monkeypatch.setenv("SECONDTAKE_TIMEOUT", "0.4")
    with pytest.raises(ModelError) as caught:
        run(tmp_path, "import time; print('so far', flush=True); time.sleep(60)")
    assert caught.value.code == "timeout" and "installing: nothing was said" in caught.value.message
    assert "so far" in (tmp_path / "log").read_text()


def test_control_characters_of_a_step_do_not_reach_the_screen(tmp_path):
    with pytest.raises(ModelError) as caught:
        run(tmp_path, "import sys; print('\\x1b[2Jgone\\x07'); sys.exit(1)")
    assert "gone" in caught.value.message and "\x1b" not in caught.value.message


KEPT = "PATH https_proxy SSL_CERT_FILE UV_INDEX_URL UV_INDEX_OURS_PASSWORD UV_CACHE_DIR UV_OFFLINE"
DROPPED = """
PYTHONPATH PYTHONHOME VIRTUAL_ENV CONDA_PREFIX UV_CONSTRAINT UV_OVERRIDE UV_EXCLUDE_NEWER UV_PROJECT
UV_PYTHON UV_PYTHON_PREFERENCE UV_NO_BINARY UV_NO_BINARY_PACKAGE UV_PRERELEASE UV_RESOLUTION
UV_TARGET UV_SYSTEM_PYTHON UV_NO_VERIFY_HASHES UV_TORCH_BACKEND PIP_CONSTRAINT CFLAGS MAKEFLAGS
HF_TOKEN MY_HF_TOKEN hf_my_token_2 HUGGINGFACE_API_TOKEN GITHUB_TOKEN
"""


def test_uv_sees_where_to_get_packages_and_nothing_that_changes_which(monkeypatch):
    for name in (*KEPT.split(), *DROPPED.split()):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("SECONDTAKE_NOTE", f"hf_{34 * 'a'}")  # a token in a variable of another use
    environ = build_environ()
    assert set(KEPT.split()) <= set(environ)
    assert not {*DROPPED.split(), "SECONDTAKE_NOTE"} & set(environ)
