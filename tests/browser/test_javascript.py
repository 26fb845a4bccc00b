"""The JavaScript of the pages, in node's own test runner."""

import shutil
import subprocess
from pathlib import Path

import pytest

from secondtake.runner.html_pages.html import STATIC, bundle

ROOT = Path(__file__).parents[2]
TESTS = sorted((ROOT / "tests" / "html_pages" / "js").glob("*.test.mjs"))
NODE = shutil.which("node")
pytestmark = pytest.mark.browser
needs_node = pytest.mark.skipif(NODE is None, reason="node (20 or later) is not installed")


@needs_node
def test_the_modules_pass_their_own_tests() -> None:
    assert TESTS
    assert NODE is not None
    done = subprocess.run([NODE, "--test", *TESTS], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@needs_node
@pytest.mark.parametrize("entry", ["listen.js", "report.js"])
def test_the_joined_modules_are_one_module(entry: str, tmp_path: Path) -> None:
    """Two of them may not give one name to two things: that is an error of syntax."""
    assert NODE is not None
    joined = tmp_path / "joined.mjs"
    joined.write_text(bundle([entry]), encoding="utf-8")
    done = subprocess.run([NODE, "--check", joined], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_no_script_evaluates_text_or_builds_markup() -> None:
    for path in sorted(Path(str(STATIC)).glob("*.js")):
        text = path.read_text(encoding="utf-8")
        for word in ("eval(", "new Function", "innerHTML", "outerHTML", "insertAdjacentHTML"):
            assert word not in text, f"{path.name}: {word}"
        for word in ("document.write", "fetch(", "XMLHttpRequest", "WebSocket", "sendBeacon"):
            assert word not in text, f"{path.name}: {word}"
