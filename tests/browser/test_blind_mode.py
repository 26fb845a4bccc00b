"""The blind test as listeners take it, in a real browser, from a file."""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.browser.blind_study import COMMON, Listener, listening_page
from tests.browser.test_listen_page import CONTEXTS
from tests.conftest import ROOT
from tests.runner.progress_pages.scratch import Scratch, new_scratch

from secondtake.core.listening_file import ListeningFile
from secondtake.runner.html_pages.html import bundle

pytestmark = pytest.mark.browser
Browser = Any  # playwright.sync_api is there in this session alone
Open = Callable[..., Listener]
NAMES = {
    "the recording",
    "Bark",
    "Stable Audio",
    "Sketch",
    "sketch_",
    "bark_",
    "stable_audio",
    ".wav",
}
FULL = "Storage.prototype.setItem = () => { throw new DOMException('', 'QuotaExceededError'); };"


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Scratch:
    return new_scratch(tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="module")
def study(scratch: Scratch) -> tuple[Path, ListeningFile]:
    return listening_page(scratch)


@pytest.fixture
def open_blind(
    browser: Browser, study: tuple[Path, ListeningFile], complaints: list[str]
) -> Iterator[Open]:
    """Opens the blind test, in a window of a new browser profile or of a given one."""
    path, listening = study
    clips = {version.clip for segment in listening.segments for version in segment.versions}
    contexts = []

    def open_page(context: Any = None, script: str = "", **options: Any) -> Listener:
        if context is None:
            context = browser.new_context(**{"offline": True, **options})
            contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else 0)
        if script:
            page.add_init_script(script)
        page.goto(f"{path.as_uri()}#blind")
        page.get_by_role("heading", name="Blind test").wait_for()
        assert "undefined" not in page.locator(".blind").inner_text()
        return Listener(page, clips | NAMES)

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def votes_of(listener: Listener, folder: Path) -> dict[str, Any]:
    file: dict[str, Any] = json.loads(listener.save("json", folder).read_text(encoding="utf-8"))
    return file


def merged(scratch: Scratch, *files: Path) -> dict[str, Any]:
    """What scripts/merge_votes.py makes of vote files."""
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "merge_votes.py", "--song", "study", "--json", *files],
        cwd=scratch.project.root,
        env={**os.environ, "SECONDTAKE_ROOT": str(scratch.project.root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    votes: dict[str, Any] = json.loads(done.stdout)
    return votes


def test_three_listeners_take_the_test_and_their_files_merge(
    open_blind: Open, scratch: Scratch, tmp_path: Path
) -> None:
    listener = open_blind()
    answers = [("A", "B"), ("B", "A"), ("can't tell", "can't tell")]
    files = []
    for place, nickname in enumerate(("Ana", "Ben", "Cleo")):
        listener.begin("Pairs", nickname)
        assert listener.take_pairs(*answers[place:], *answers[:place]) == 6
        assert listener.title == "Thank you, that was the last one"
        listener.assert_blind()
        listener.page.get_by_role("button", name="Show which was which").click()
        assert "Baseline" in listener.page.locator(".blind table").first.inner_text()
        files.append(listener.save("json", tmp_path))
        listener.page.get_by_role("button", name="Another test").click()
        listener.page.get_by_role("button", name="Someone else listens").click()
    exports = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    assert [export["nickname"] for export in exports] == ["Ana", "Ben", "Cleo"]
    assert len({export["listener"] for export in exports}) == 3
    orders = {tuple((v["first"], v["second"]) for v in export["votes"]) for export in exports}
    assert len(orders) > 1, "listeners have orders of their own; so few trials may meet twice"
    for export in exports:
        assert export["planned"] == {"pairs": 6, "abx": 0, "ratings": 0}
        assert export["revealed"]
        assert export["revealed_at"] > max(vote["time"] for vote in export["votes"])
        assert all(min(vote["heard"].values()) >= COMMON / 2 for vote in export["votes"])
        closer = [vote["closer"] for vote in export["votes"]]
        assert closer.count(None) == 4, "where A or B is the baseline, only taste is asked"
    votes = merged(scratch, *files)
    assert [listener["nickname"] for listener in votes["listeners"]] == ["Ana", "Ben", "Cleo"]
    counted = {question["question"]: question["votes"] for question in votes["questions"]}
    assert counted == {"prefer": 18, "closer": 6}


def test_a_reload_in_the_middle_loses_no_vote(open_blind: Open, tmp_path: Path) -> None:
    listener = open_blind()
    listener.begin("Pairs", "Ana")
    listener.answer_pair()
    listener.answer_pair()
    listener.page.reload()
    assert "2 of 6 answered" in listener.page.locator("fieldset").first.inner_text()
    before = votes_of(listener, tmp_path)
    assert (len(before["votes"]), before["revealed"]) == (2, False)
    listener.page.get_by_role("button", name="Continue").click()
    listener.wait()
    assert listener.title == "Pair 3 of 6"
    assert listener.take_pairs() == 4
    after = votes_of(listener, tmp_path)
    assert after["votes"][:2] == before["votes"]
    assert len({vote["id"] for vote in after["votes"]}) == 6


def test_answers_on_an_earlier_page_of_the_song_can_be_saved(
    open_blind: Open, study: tuple[Path, ListeningFile], tmp_path: Path
) -> None:
    path, listening = study
    listener = open_blind()
    listener.begin("Pairs", "Ana")
    listener.answer_pair()
    page, text = listener.page, path.read_text(encoding="utf-8")
    assert page.get_by_role("button", name="Save earlier").count() == 0
    try:
        path.write_text(text.replace(listening.study, "f" * 64), encoding="utf-8")
        page.reload()
        assert "Pairs" in page.locator("fieldset").first.inner_text()
        assert "answered" not in page.locator("fieldset").first.inner_text()
        with page.expect_download() as download:
            page.get_by_role("button", name="Save earlier answers of Ana").click()
        download.value.save_as(tmp_path / "earlier.json")
    finally:
        path.write_text(text, encoding="utf-8")
    earlier = json.loads((tmp_path / "earlier.json").read_text(encoding="utf-8"))
    page.reload()
    assert {**votes_of(listener, tmp_path), "exported": ""} == {**earlier, "exported": ""}
    assert (earlier["study"], len(earlier["votes"])) == (listening.study, 1)


def test_after_the_names_were_shown_answers_are_not_counted_and_it_says_so(
    open_blind: Open, scratch: Scratch, tmp_path: Path
) -> None:
    listener = open_blind()
    page = listener.page
    listener.begin("Pairs", "Ana")
    listener.take_pairs()
    assert "before you see the names: answers after that are not counted" in (
        page.locator(".blind").inner_text()
    )
    page.get_by_role("button", name="Show which was which").click()
    assert "saved, but not counted" in page.locator(".blind").inner_text()
    page.get_by_role("button", name="Another test").click()
    assert "saved, but not counted" in page.locator(".blind").inner_text()
    listener.begin("Ratings")
    assert "saved, but not counted" in page.locator(".blind-note").first.inner_text()
    listener.hear_all()
    for slider in page.locator(".blind-rating input").all():
        slider.fill("50")
    listener.confirm()
    page.get_by_role("button", name="Leave").click()
    votes = votes_of(listener, tmp_path)
    late = [vote["mode"] for vote in votes["votes"] if vote["time"] > votes["revealed_at"]]
    assert late == ["ratings"]
    (file,) = tmp_path.glob("*.json")
    assert merged(scratch, file)["listeners"][0]["answered"] == {"pairs": 6, "abx": 0, "ratings": 0}


def test_a_sound_that_a_call_interrupts_is_told_and_plays_on(open_blind: Open) -> None:
    listener = open_blind(script=CONTEXTS)
    page = listener.page
    listener.begin()
    page.locator(".blind-slot").first.click()
    page.evaluate("window.contexts[0].suspend()")
    alert = page.get_by_role("alert").filter(has_text="press play again")
    alert.wait_for()
    page.get_by_role("button", name="Play").click()
    alert.wait_for(state="hidden")
    page.locator(".blind-slot.blind-done").wait_for()


def test_a_second_window_goes_on_where_the_first_one_is(open_blind: Open, tmp_path: Path) -> None:
    first = open_blind()
    first.begin("Pairs", "Ana")
    second = open_blind(first.page.context)
    second.page.get_by_role("button", name="Continue").click()
    second.wait()
    assert (first.title, second.title) == ("Pair 1 of 6", "Pair 1 of 6")
    first.answer_pair("A", "A")
    second.page.wait_for_function("document.querySelector('h1').innerText === 'Pair 2 of 6'")
    assert "another window" in second.page.get_by_role("status").first.inner_text()
    second.wait()
    assert second.take_pairs(("B", "B")) == 5
    votes = votes_of(second, tmp_path)["votes"]
    assert [vote["prefer"] == vote["first"] for vote in votes] == [True] + 5 * [False]
    first.page.get_by_role("heading", name="Thank you").wait_for()


def test_a_vote_counts_only_after_all_was_heard(open_blind: Open) -> None:
    listener = open_blind()
    listener.begin()
    page = listener.page
    for answer in page.get_by_role("radio", name="A", exact=True).all():
        answer.check()
    confirm = page.get_by_role("button", name="Confirm")
    assert confirm.get_attribute("aria-disabled") == "true"
    confirm.click(force=True)  # it can be clicked, to say what is missing
    assert listener.title == "Pair 1 of 6"
    assert page.get_by_role("status").last.inner_text().startswith("Still to hear: A")
    listener.hear_all()
    page.wait_for_function("document.querySelector('.blind-missing').innerText.startsWith('Ready')")
    listener.confirm()
    assert listener.title == "Pair 2 of 6"


def test_the_first_screen_says_who_sees_the_name_and_no_two_shares(open_blind: Open) -> None:
    page = open_blind().page
    field = page.get_by_label("Your name or a nickname")
    assert "Whoever runs the study sees it" in field.locator("xpath=..").inner_text()
    page.get_by_role("radio", name="ABX").check()
    page.get_by_label("How many").select_option("16")
    plan = page.locator(".blind-plan")
    assert "12 of 16 right answers show that you hear a difference" in plan.inner_text()
    assert not [text for text in plan.locator("p").all_inner_texts() if "%" in text]


def test_leaving_tells_nothing(open_blind: Open) -> None:
    listener = open_blind()
    listener.begin()
    listener.answer_pair()
    listener.page.get_by_role("button", name="Leave").click()
    listener.assert_blind()
    listener.page.get_by_role("button", name="Back to the page").click()
    assert "Baseline" in listener.page.locator("body").inner_text(), "the page is back"


def test_with_the_keyboard_alone(open_blind: Open) -> None:
    listener = open_blind()
    page = listener.page
    page.get_by_role("radio", name="Pairs").focus()
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.innerText") == "Start":
            break
    page.keyboard.press("Enter")
    listener.wait()
    assert page.evaluate("document.activeElement.tagName") == "H1"
    for place in range(6):
        assert listener.title == f"Pair {place + 1} of 6"
        keys = ("ab" if place % 2 else "12") + "r" * listener.has_open_baseline
        for count, key in enumerate(keys):
            page.keyboard.press(key)
            page.wait_for_function(
                "(count) => document.querySelectorAll('.blind-slot.blind-done').length > count",
                arg=count,
                polling=50,
            )
        page.keyboard.press(" ")
        page.wait_for_function("document.querySelector('.blind-play').innerText === 'Play'")
        page.keyboard.press("ArrowRight")
        for _ in page.locator(".blind-question").all():
            while page.evaluate("document.activeElement.type") != "radio":
                page.keyboard.press("Tab")
            page.keyboard.press(" ")
            page.keyboard.press("ArrowRight")
            page.keyboard.press("Tab")
        page.keyboard.press("Shift+Tab")  # from the button back to the answers
        page.keyboard.press("Enter")
        page.wait_for_function(
            "(title) => document.querySelector('h1').innerText !== title",
            arg=f"Pair {place + 1} of 6",
        )
        if place < 5:
            listener.wait()
    assert listener.title.startswith("Thank you")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert listener.title == "What you heard"


def test_abx_says_how_likely_guessing_is(open_blind: Open, tmp_path: Path) -> None:
    listener = open_blind()
    page = listener.page
    page.get_by_role("radio", name="ABX").check()
    page.get_by_label("How many").select_option("10")
    page.get_by_label("Which two").select_option(index=1)
    listener.begin("ABX")
    for trial in range(10):
        listener.assert_blind()
        if trial:
            assert " so far, p = " in page.locator(".blind-note").first.inner_text()
        listener.hear_all()
        page.get_by_role("radio", name="A", exact=True).check()
        listener.confirm()
    votes = votes_of(listener, tmp_path)["votes"]
    right = sum(vote["x"] == vote["answer"] for vote in votes)
    assert {vote["answer"] for vote in votes} == {votes[0]["a"]}
    assert len({vote["x"] for vote in votes}) == 2, "X is not always the same"
    page.get_by_role("button", name="Show which was which").click()
    assert f"{right} of 10 right, for " in page.locator(".blind-lead").inner_text()


def test_ratings_hide_the_baseline_and_the_anchor(open_blind: Open, tmp_path: Path) -> None:
    listener = open_blind()
    listener.begin("Ratings")
    page = listener.page
    for place in range(2):
        assert listener.title == f"Ratings {place + 1} of 2"
        listener.assert_blind()
        listener.hear_all()
        sliders = page.locator(".blind-rating input").all()
        assert len(sliders) == 4, "baseline, take, control, anchor"
        for score, slider in enumerate(sliders):
            slider.fill(str(20 * score))
        assert sliders[3].get_attribute("aria-valuetext") == "60, good"
        listener.confirm()
    rows = list(csv.DictReader(listener.save("csv", tmp_path).open(encoding="utf-8", newline="")))
    assert [row["answer"] for row in rows] == ["0", "20", "40", "60"] * 2
    assert {"anchor"} < {row["first"] for row in rows}
    page.get_by_role("button", name="Show which was which").click()
    assert "Low anchor" in page.locator(".blind table").first.inner_text()


def test_without_storage_it_says_so_and_goes_on(open_blind: Open, tmp_path: Path) -> None:
    listener = open_blind(script=FULL)
    listener.begin("Pairs", "Ana")
    alert = listener.page.get_by_role("alert").filter(has_text="keeps no answers")
    assert alert.is_visible()
    listener.answer_pair()
    assert listener.title == "Pair 2 of 6"
    with listener.page.expect_download() as download:
        alert.get_by_role("button").click()
    download.value.save_as(tmp_path / "votes.json")
    assert len(json.loads((tmp_path / "votes.json").read_text())["votes"]) == 1


def test_the_anchor_is_the_baseline_below_3500_hz_in_time(browser: Browser) -> None:
    page = browser.new_page()
    script = "window.anchorOf = anchorOf; window.taps = [...anchorCoefficients(48000)];"
    page.add_script_tag(content=f"{bundle(['anchor.js'])}\n{script}", type="module")
    page.wait_for_function("window.taps")
    rng = np.random.default_rng(7)
    noise = rng.uniform(-0.5, 0.5, (2, 4800)).astype(np.float32)
    made, taps = page.evaluate(
        """async (channels) => {
          const sizes = { numberOfChannels: 2, length: 4800, sampleRate: 48000 };
          const buffer = new AudioBuffer(sizes);
          channels.forEach((each, index) => buffer.copyToChannel(Float32Array.from(each), index));
          const anchor = await anchorOf(buffer);
          return [[0, 1].map((index) => [...anchor.getChannelData(index)]), window.taps];
        }""",
        noise.tolist(),
    )
    page.close()
    expected = [np.convolve(channel, taps)[len(taps) // 2 :][:4800] for channel in noise]
    np.testing.assert_allclose(made, expected, atol=1e-5)


def test_versions_are_played_at_one_level_and_to_a_common_end(browser: Browser) -> None:
    page = browser.new_page()
    page.add_script_tag(
        content=f"{bundle(['blind_audio.js'])}\nwindow.TrialSound = TrialSound;", type="module"
    )
    page.wait_for_function("Boolean(window.TrialSound)")
    loud, quiet, later, duration = page.evaluate(
        """async () => {
          const context = new AudioContext();
          const meter = new AnalyserNode(context, { fftSize: 8192 });
          meter.connect(context.destination);
          Object.defineProperty(context, "destination", { value: meter });
          const buffer = new AudioBuffer({ length: 96000, sampleRate: 48000 });
          const tone = buffer.getChannelData(0);
          tone.forEach((_, index) => { tone[index] = 0.5 * Math.sin(index / 20); });
          const sound = new TrialSound(context, { buffer: async () => buffer });
          const version = (commonAttenuationDb) => ({
            clip: `c${commonAttenuationDb}`, attenuationDb: -40, commonAttenuationDb,
          });
          const trial = { mode: "abx", a: version(0), b: version(-12), x: version(-12) };
          await sound.open({ ...trial, seconds: 1 });
          const level = async (slot) => {
            sound.hear(slot);
            await new Promise((resolve) => setTimeout(resolve, 400));
            const samples = new Float32Array(meter.fftSize);
            meter.getFloatTimeDomainData(samples);
            return Math.max(...samples);
          };
          const levels = [await level("a"), await level("b")];
          await new Promise((resolve) => setTimeout(resolve, 1200)); // past the end, and on
          return [...levels, await level("x"), sound.player.duration];
        }"""
    )
    page.close()
    assert loud == pytest.approx(0.5, rel=0.02)
    assert quiet == pytest.approx(0.5 * 10 ** (-12 / 20), rel=0.02)
    assert later == pytest.approx(quiet, rel=0.02)
    assert duration == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(open_blind: Open, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    listener = open_blind(color_scheme=scheme, viewport={"width": 390, "height": 844})

    def check() -> None:
        found = axe.run(listener.page).response["violations"]
        serious = [rule for rule in found if rule["impact"] in ("serious", "critical")]
        assert [(rule["id"], rule["nodes"][0]["html"]) for rule in serious] == []
        width = listener.page.evaluate("document.documentElement.scrollWidth")
        assert width <= 390, "nothing is wider than a phone"

    check()
    listener.begin("Ratings")
    check()
    listener.page.get_by_role("button", name="Leave").click()
    listener.begin("Pairs")
    check()
    listener.hear_all()
    check()
    listener.take_pairs()
    check()
    listener.page.get_by_role("button", name="Show which was which").click()
    listener.page.locator(".blind summary").click()
    check()
