"""The steps of uv: what its lines say of downloads, and how a failure ends."""

import sys

import pytest

from secondtake.core.errors import ModelError
from secondtake.runner.uv_steps import Downloads, run_step

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
    run_step("installing", command, tmp_path / "log", "hum", lambda *s: steps.append(s), {})
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
