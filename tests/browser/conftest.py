"""The system's Chromium without a network: what a page asks for and complains about is seen."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ("--no-sandbox", "--autoplay-policy=no-user-gesture-required")
LOCAL = ("file:", "data:", "blob:")
Browser = Any  # Playwright is there in the session of these tests alone
Page = Any
OpenPage = Callable[..., Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all tests; each opens windows of its own."""
    playwright = pytest.importorskip("playwright.sync_api")
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.fail(f"none of {', '.join(NAMES)} is installed; apt-get install chromium")
    with playwright.sync_playwright() as running:
        started = running.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield started
        started.close()


@pytest.fixture
def chromium(browser: Browser) -> Browser:
    """The same browser, by its name."""
    return browser


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
