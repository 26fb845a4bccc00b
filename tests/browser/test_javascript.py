"""The JavaScript of the pages, in node's own test runner. Playwright brings the node."""

import shutil
import subprocess
from pathlib import Path

import pytest

from secondtake.runner.html_pages.html import STATIC, bundle

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests" / "html_pages" / "js"
ALL_TESTS = "every_test.mjs"
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def node() -> str:
    import playwright

    return str(Path(playwright.__file__).parent / "driver" / "node")


def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, capture_output=True, text=True, check=False)


def test_the_modules_pass_their_own_tests(node: str) -> None:
    done = run(node, "--test-reporter=tap", TESTS / ALL_TESTS)
    assert done.returncode == 0, done.stdout + done.stderr
    count = sum(
        path.read_text(encoding="utf-8").count("\ntest(") for path in TESTS.glob("*.test.mjs")
    )
    assert int(done.stdout.rpartition("# pass ")[2].split()[0]) >= count > 80


def test_a_test_that_fails_is_seen(node: str, tmp_path: Path) -> None:
    shutil.copy(TESTS / ALL_TESTS, tmp_path)
    test = 'import { test } from "node:test";\ntest("a", async () => { await null; %s });\n'
    (tmp_path / "a.test.mjs").write_text(test % "")
    (tmp_path / "b.test.mjs").write_text(test % "throw new Error();")
    assert run(node, tmp_path / ALL_TESTS).returncode == 1
    (tmp_path / "b.test.mjs").write_text(test % "")
    assert run(node, tmp_path / ALL_TESTS).returncode == 0


@pytest.mark.parametrize("entry", ["listen.js", "report.js"])
def test_the_joined_modules_are_one_module(node: str, entry: str, tmp_path: Path) -> None:
    """Two of them may not give one name to two things: that is an error of syntax."""
    joined = tmp_path / "joined.mjs"
    joined.write_text(bundle([entry]), encoding="utf-8")
    done = run(node, "--check", joined)
    assert done.returncode == 0, done.stderr


def test_no_script_evaluates_text_or_builds_markup() -> None:
    for path in sorted(Path(str(STATIC)).glob("*.js")):
        text = path.read_text(encoding="utf-8")
        for word in ("eval(", "new Function", "innerHTML", "outerHTML", "insertAdjacentHTML"):
            assert word not in text, f"{path.name}: {word}"
        for word in ("document.write", "fetch(", "XMLHttpRequest", "WebSocket", "sendBeacon"):
            assert word not in text, f"{path.name}: {word}"
