"""The report as its readers use it: on a screen, on a phone, with the keyboard, and in print."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.browser.conftest import OpenPage, wait
from tests.runner.html_pages.report_study import clips, report, whole_study
from tests.runner.progress_pages.scratch import SONG, Scratch, new_scratch

from secondtake.runner.html_pages.report_page import report_path

pytestmark = pytest.mark.browser
Open = Callable[..., Any]
OPEN_ALL = "document.querySelectorAll('details').forEach((fold) => { fold.open = true; })"
SCRIPTED = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 80 40" onload="alert(1)">
<script>alert(2)</script><image href="https://example.org/seen.png" width="9" height="9"/>
<rect width="80" height="40" fill="#444"/></svg>"""
HOSTILE = "</script><script>alert(1)</script><img src=https://example.org/x onerror=alert(1)>"


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scratch:
    """A whole study, with a song and pictures that try to run scripts."""
    monkeypatch.delenv("SECONDTAKE_CACHE", raising=False)
    song = SONG.replace("Two Segments", HOSTILE).replace("trap with tango colours", HOSTILE)
    scratch = new_scratch(tmp_path, song)
    whole_study(scratch)
    for picture in (scratch.results / "analysis").glob("*.svg"):
        picture.write_text(SCRIPTED)
    return scratch


@pytest.fixture
def open_report(open_page: OpenPage, scratch: Scratch) -> Open:
    """Opens the report from its file, in a window of its own."""

    def opened(**options: Any) -> Any:
        path = report_path(scratch.results)
        path.write_text(report(scratch), encoding="utf-8")
        return open_page(path, offline=True, **options)

    return opened


def test_it_asks_for_nothing_and_runs_nothing_of_others(
    open_report: Open, complaints: list[str]
) -> None:
    page = open_report()
    page.evaluate(OPEN_ALL)
    wait(page, "[...document.images].every((image) => image.complete && image.naturalWidth > 0)")
    loaded = page.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert [name for name in loaded if not name.startswith("data:")] == []
    assert complaints == []
    assert page.locator("h1").text_content() == HOSTILE
    assert page.locator("img").count() == 5


def test_a_player_plays_at_its_level_and_stops_the_other(open_report: Open) -> None:
    page = open_report()
    first, second = page.locator("audio").nth(0), page.locator("audio").nth(1)
    wait(page, "[...document.querySelectorAll('audio')].every((player) => player.duration > 1.4)")
    assert first.evaluate("player => player.volume") == 1
    assert second.evaluate("player => player.volume") == pytest.approx(10 ** (-6 / 20), abs=1e-4)
    first.evaluate("player => player.play()")
    wait(page, "document.querySelector('audio').currentTime > 0.05")
    second.evaluate("player => player.play()")
    assert first.evaluate("player => player.paused")
    assert not second.evaluate("player => player.paused")


def test_the_keyboard_opens_a_fold(open_report: Open) -> None:
    page = open_report()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    assert not page.locator("details").first.evaluate("fold => fold.open")
    page.keyboard.press("Enter")
    assert page.locator("details").first.evaluate("fold => fold.open")


def pages(page: Any) -> int:
    """How many sheets the page takes in print."""
    count: int = page.pdf(prefer_css_page_size=True).count(b"/Type /Page\n")
    return count


@pytest.mark.parametrize("with_script", [True, False])
def test_what_is_printed_is_short_and_has_the_open_folds_alone(
    open_report: Open, with_script: bool
) -> None:
    page = open_report(java_script_enabled=with_script)
    table = page.locator("table", has_text="We whisper, susurra conmigo")
    fold = page.locator("details", has=table)
    assert page.locator("text=printed without the folds that are closed").is_visible()
    page.emulate_media(media="print")
    assert not fold.is_visible() and not page.locator("#tables").is_visible()
    assert not page.locator("audio").first.is_visible()
    assert not page.locator(".card.baseline").first.is_visible()
    assert page.locator(".file", has_text="bark_segment10").first.is_visible()
    cards = page.locator(".segment", has_text="Segment 10").locator(".card:visible")
    first, second = (cards.nth(place).bounding_box() for place in (0, 1))
    assert first["y"] == second["y"] and second["x"] > first["x"]  # side by side
    assert pages(page) <= 4
    page.emulate_media(media="screen")
    fold.locator("summary").click()
    page.locator("summary", has_text="Takes: seeds").click()
    page.emulate_media(media="print")
    assert table.bounding_box()["height"] > 20
    assert page.locator("#tables").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_everyone_can_read_it(open_report: Open, scratch: Scratch, width: int, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    clips(scratch, scratch.jobs("bark"))  # the others have no player
    page = open_report(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page.evaluate(OPEN_ALL)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = axe.run(page).response["violations"]
    assert [rule["id"] for rule in found if rule["impact"] in ("serious", "critical")] == []
