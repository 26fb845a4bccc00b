"""The system's Chromium without a network: what a page asks for and complains about is seen."""

import shutil
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

# Only `nox -s browser` has Playwright; elsewhere these tests are not there.
collect_ignore_glob = [] if find_spec("playwright") else ["test_*.py"]

NAMES = ("chromium", "chromium-browser", "google-chrome")
AUTOPLAY = "--autoplay-policy=no-user-gesture-required"  # most tests are not about clicks
LOCAL = ("file:", "data:", "blob:")
Browser = Any  # Playwright is there in the session of these tests alone
Page = Any
OpenPage = Callable[..., Page]
Launch = Callable[..., Browser]


@pytest.fixture(scope="session")
def launch() -> Iterator[Launch]:
    """`launch(*arguments)`: a browser of one's own, as its users have it but for the arguments."""
    from playwright import sync_api as playwright

    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.fail(f"none of {', '.join(NAMES)} is installed; apt-get install chromium")
    with playwright.sync_playwright() as running:
        yield lambda *arguments: running.chromium.launch(
            executable_path=path, args=["--no-sandbox", *arguments]
        )


@pytest.fixture(scope="session")
def browser(launch: Launch) -> Iterator[Browser]:
    """One browser for all tests; each opens windows of its own."""
    started = launch(AUTOPLAY)
    yield started
    started.close()


def wait(page: Page, condition: str) -> None:
    """Until a condition holds; Playwright's own way would be an eval, which the page forbids."""
    for _ in range(200):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never: {condition}")


@pytest.fixture
def complaints() -> list[str]:
    """Requests to anywhere but this computer's files, and errors of scripts and of the console."""
    return []


@pytest.fixture
def open_page(browser: Browser, complaints: list[str]) -> Iterator[OpenPage]:
    """`open_page(path, address="", before="", **options)`: the page of a file in its own window.

    address: what follows the path, as #blind. before: JavaScript that runs before the page's own.
    options: those of Playwright's new_context.
    """
    contexts: list[Any] = []

    def note(kind: str, text: str) -> None:
        complaints.append(f"{kind}: {text[:300]}")

    def refuse(route: Any) -> None:
        note("request", route.request.url)
        route.abort()

    def opened(path: Path, address: str = "", before: str = "", **options: Any) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 860}, **options})
        contexts.append(context)
        context.route(lambda url: not url.startswith(LOCAL), refuse)
        if before:
            context.add_init_script(before)
        page = context.new_page()
        page.on("pageerror", lambda error: note("error", str(error)))
        page.on("dialog", lambda dialog: note("dialog", dialog.message) or dialog.dismiss())
        page.on(
            "console",
            lambda said: note(said.type, said.text) if said.type in ("error", "warning") else None,
        )
        page.goto(path.as_uri() + address, wait_until="load")
        return page

    yield opened
    for context in contexts:
        context.close()
