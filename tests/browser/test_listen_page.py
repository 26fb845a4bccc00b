"""The listening page as people use it: by mouse, by keyboard, on a phone, in dark and light."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.browser.conftest import Launch, wait
from tests.runner.html_pages.listening_study import (
    LOWEST,
    STEP,
    listening_clips,
    make_all,
    write_listening_page,
)
from tests.runner.progress_pages.scratch import BLOCK, SONG, Scratch, new_scratch

from secondtake.core.takes import record_path, wav_path

pytestmark = pytest.mark.browser
Page = Any
OpenPage = Callable[..., Page]
SECONDS = 6.0  # of every clip
HOSTILE = "</script><script>alert(1)</script><img src=https://x.example/i onerror=alert(1)>"

# Every gain that leads to another node is watched, and so is when and where each source starts.
TAP = """
window.taps = []; window.starts = [];
const connect = AudioNode.prototype.connect;
AudioNode.prototype.connect = function (target, ...more) {
  if (this instanceof AudioBufferSourceNode && target instanceof GainNode) {
    const analyser = target.context.createAnalyser();
    analyser.fftSize = 16384;
    connect.call(target, analyser);
    window.taps.push({ source: this, gain: target, analyser });
  }
  return connect.call(this, target, ...more);
};
const start = AudioBufferSourceNode.prototype.start;
AudioBufferSourceNode.prototype.start = function (when, offset, ...more) {
  window.starts.push({ when, offset, now: this.context.currentTime });
  return start.call(this, when, offset, ...more);
};
window.heard = () => window.taps.map(({ analyser }) => {
  const samples = new Float32Array(4096);
  analyser.getFloatTimeDomainData(samples);
  const peak = Math.max(...samples.map(Math.abs));
  const spectrum = new Float32Array(analyser.frequencyBinCount);
  analyser.getFloatFrequencyData(spectrum);
  const bin = spectrum.indexOf(Math.max(...spectrum));
  return { peak, hertz: bin * analyser.context.sampleRate / analyser.fftSize };
});
"""


EARLY = """
const early = new AudioContext();
setTimeout(() => { window.early = early.state; }, 500);
"""
CONTEXTS = """
window.contexts = [];
window.AudioContext = class extends AudioContext {
  constructor(...given) {
    super(...given);
    window.contexts.push(this);
  }
};
"""


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scratch:
    """Two segments: baseline, two takes of a model, control; and a model that is blocked."""
    monkeypatch.delenv("SECONDTAKE_CACHE", raising=False)
    song = SONG.replace("Digital Bandoneón", HOSTILE)
    scratch = new_scratch(tmp_path, song)
    make_all(scratch, takes=2)
    for job in scratch.jobs("stable_audio", takes=2):
        wav_path(scratch.results, job.name).unlink()
        record_path(scratch.results, job.name).unlink()
    scratch.note("stable_audio", BLOCK)
    listening_clips(scratch, SECONDS, takes=2)
    return scratch


@pytest.fixture
def page(scratch: Scratch, open_page: OpenPage) -> Page:
    return open_page(write_listening_page(scratch), "#segment-10", before=TAP)


def part(page: Page, name: str) -> Any:
    return page.locator(f"[data-part={name}]")


def play(page: Page) -> None:
    """Plays by key, until all versions of the segment are there and sound."""
    page.keyboard.press("Space")
    wait(page, "window.taps.length >= 3 && window.heard().some(({ peak }) => peak > 0.1)")
    page.wait_for_timeout(500)


def position(page: Page) -> float:
    text: str = part(page, "clock").text_content()
    minutes, seconds = text.split(" / ")[0].split(":")
    return 60 * int(minutes) + float(seconds)


def audible(page: Page) -> list[int]:
    """The frequencies of the tracks that sound; a version's place tells its frequency."""
    heard = page.evaluate("window.heard()")
    return [round(track["hertz"]) for track in heard if track["peak"] > 1e-4]


def test_one_version_is_heard_and_the_others_are_silent(page: Page, complaints: list[str]) -> None:
    play(page)
    for key, place in (("1", 0), ("2", 1), ("3", 3), ("1", 0)):
        page.keyboard.press(key)
        page.wait_for_timeout(600)
        (hertz,) = audible(page)
        assert hertz == pytest.approx(LOWEST + STEP * place, abs=6)
        silent = [t["peak"] for t in page.evaluate("window.heard()") if t["peak"] <= 1e-4]
        assert silent == [0.0] * len(silent)
        assert len(silent) >= 2
    assert complaints == []


def test_versions_stay_in_step_while_they_are_switched(page: Page) -> None:
    """Every source began at one frame of its buffer for the frame of the clock it began at."""
    play(page)
    for key in "123123":
        page.keyboard.press(key)
        page.wait_for_timeout(120)
    starts = page.evaluate("window.starts")
    assert len(starts) >= 3
    lags = [start["when"] - start["offset"] for start in starts]
    assert max(lags) - min(lags) < 1e-4
    assert all(start["when"] > start["now"] for start in starts)  # none was asked for too late


def test_after_30_seconds_of_a_loop_they_are_within_a_millisecond(
    scratch: Scratch, open_page: OpenPage, tmp_path: Path
) -> None:
    """The real player in a context that renders 31 s at once: what comes out is compared."""
    path = write_listening_page(scratch)
    script = path.read_text(encoding="utf-8").split('<script type="module">')[1]
    classes = script.split("class ClipStore")[0].rsplit("/* Clips", 1)[0]
    bench = tmp_path / "bench.html"
    bench.write_text(
        "<!doctype html><meta charset=utf-8><title>bench</title><script type=module>"
        f"{classes}\nwindow.Player = Player;</script>"
    )
    page = open_page(bench)
    wait(page, "Boolean(window.Player)")
    lag = page.evaluate(
        """async () => {
          const rate = 48000, seconds = 31;
          const context = new OfflineAudioContext(2, rate * seconds, rate);
          const buffer = context.createBuffer(2, rate * 3, rate);
          for (let i = 0; i < rate * 3; i += 1) {
            buffer.getChannelData(0)[i] = Math.sin(i * i * 1e-7) * 0.5;  // never twice the same
          }
          const split = context.createChannelMerger(2);
          split.connect(context.destination);
          const players = [0, 1].map((channel) => {
            const player = new Player(context, (() => {
              const gain = context.createGain();
              gain.connect(split, 0, channel);
              return gain;
            })());
            player.setTracks([0, 1, 2].map((id) => ({ id, buffer, gain: 1 })));
            player.setLoop(0.1234, 2.7182);
            return player;
          });
          players.forEach((player) => player.play());
          for (let time = 1; time < 30; time += 1) {
            context.suspend(time).then(() => {
              players[1].select(time % 3);  // one is switched each second, the other is not
              context.resume();
            });
          }
          const sound = await context.startRendering();
          const [one, other] = [sound.getChannelData(0), sound.getChannelData(1)];
          let most = 0;
          for (let i = rate; i < rate * 30; i += 1) {
            most = Math.max(most, Math.abs(one[i] - other[i]));
          }
          return most;
        }"""
    )
    assert lag < 1e-4  # a shift by one frame would differ by more than .001


def test_a_click_seeks_and_a_drag_repeats(page: Page) -> None:
    play(page)
    box = page.locator(".stage .picture").bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.75, box["y"] + 20)
    page.wait_for_timeout(200)
    assert 4.4 < position(page) < 5.2
    page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 20, steps=5)
    page.mouse.up()
    for _ in range(8):
        page.wait_for_timeout(150)
        assert 1.1 <= position(page) <= 1.9
    assert part(page, "live").text_content() == "Loop from 0:01.2 to 0:01.8"
    assert part(page, "loop").get_attribute("aria-pressed") == "true"
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 20)  # the end of the loop is taken
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 20, steps=5)
    page.mouse.up()
    assert part(page, "live").text_content() == "Loop from 0:01.2 to 0:03.0"


def test_a_click_on_another_waveform_is_heard_from_there(page: Page) -> None:
    play(page)
    box = page.locator(".lane:not(.missing) .picture").nth(1).bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 20)
    page.wait_for_timeout(500)
    assert part(page, "heard").text_content() == "Bark, take 1"
    assert 3.0 < position(page) < 4.2


def test_everything_can_be_done_by_keys(page: Page, complaints: list[str]) -> None:
    page.keyboard.press("2")
    assert part(page, "heard").text_content() == "Bark, take 1"
    page.keyboard.press("ArrowRight")
    assert position(page) == pytest.approx(2.0, abs=0.05)
    page.keyboard.press("[")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("]")
    assert part(page, "live").text_content() == "Loop from 0:02.0 to 0:04.0"
    page.keyboard.press("Home")
    assert position(page) == pytest.approx(2.0, abs=0.05)
    page.keyboard.press("l")
    assert part(page, "live").text_content() == "Loop off"
    page.keyboard.press("o")
    assert part(page, "level").text_content().strip() == "As in the files"
    assert part(page, "level").get_attribute("aria-pressed") == "false"
    page.keyboard.press("ArrowUp")
    assert part(page, "kind").text_content() == "Segment 7, instrumental"
    assert page.url.endswith("#segment-7")
    page.keyboard.press("ArrowDown")
    assert part(page, "kind").text_content() == "Segment 10, chorus"
    page.keyboard.press("?")
    assert part(page, "dialog").evaluate("dialog => dialog.open")
    page.keyboard.press("Escape")
    assert not part(page, "dialog").evaluate("dialog => dialog.open")
    page.keyboard.press("Space")
    wait(page, "document.querySelector('.play').getAttribute('aria-label') === 'Pause'")
    page.keyboard.press("Space")
    assert part(page, "play").get_attribute("aria-label") == "Play"
    assert complaints == []


def test_the_tab_key_reaches_every_control_and_shows_where_it_is(page: Page) -> None:
    reached = []
    for _ in range(24):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                """() => {
                  const at = document.activeElement;
                  const outline = getComputedStyle(at).outlineStyle;
                  const name = at.getAttribute("aria-label") ?? at.textContent.trim();
                  return [name, outline, at.tagName];
                }"""
            )
        )
    names = [name for name, _, tag in reached if tag != "BODY"]
    for wanted in ("Blind test", "Keys", "Play", "Loop", "Loudness matched", "Position"):
        assert wanted in names
    assert any(name.startswith("2Bark, take 1") for name in names)
    assert "1 more take of Bark" in names
    assert {outline for _, outline, tag in reached if tag != "BODY"} == {"solid"}


def test_space_picks_a_version_that_has_the_focus_then_plays_it(page: Page) -> None:
    page.locator(".pick", has_text="Bark, take 1").focus()
    page.keyboard.press("Space")
    assert part(page, "heard").text_content() == "Bark, take 1"
    assert part(page, "live").text_content().startswith("You hear Bark, take 1")
    page.keyboard.press("Space")
    wait(page, "document.querySelector('.play').getAttribute('aria-label') === 'Pause'")


def test_all_takes_are_one_click_away(page: Page) -> None:
    more = page.get_by_role("button", name="1 more take of Bark")
    assert more.get_attribute("aria-expanded") == "false"
    assert page.locator(".lane:not(.missing)").count() == 3
    more.click()
    assert more.get_attribute("aria-expanded") == "true"
    assert page.locator(".lane:not(.missing)").count() == 4
    page.keyboard.press("3")
    assert part(page, "heard").text_content() == "Bark, take 2"


def test_the_level_of_a_version_is_matched_or_its_own(page: Page) -> None:
    play(page)
    page.keyboard.press("2")
    page.wait_for_timeout(500)
    matched = max(track["peak"] for track in page.evaluate("window.heard()"))
    page.keyboard.press("o")
    page.wait_for_timeout(500)
    own = max(track["peak"] for track in page.evaluate("window.heard()"))
    assert matched == pytest.approx(0.25 * 10 ** (-6 / 20), rel=0.02)
    assert own == pytest.approx(0.25, rel=0.02)


def test_what_is_blocked_stands_in_its_place_and_hostile_titles_are_text(
    page: Page, complaints: list[str]
) -> None:
    page.keyboard.press("ArrowUp")
    names = page.locator(".lane .name").all_text_contents()
    assert names[:2] == ["Baseline", "Stable Audio"]
    missing = page.locator(".lane.missing")
    assert "blocked" in missing.first.text_content()
    assert "invoke generate-all --models stable_audio" in missing.locator("code").text_content()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    missing.get_by_role("button").click()
    wait(page, "document.querySelector('.copy').textContent === 'Copied'")
    assert part(page, "title").text_content() == HOSTILE
    assert page.locator("img").count() == 0
    assert complaints == []


def test_the_data_are_no_longer_in_the_document(page: Page) -> None:
    assert page.locator("#study, script[data-clip]").count() == 0
    ours = "Object.keys(window).filter((key) => /study|player|deck|clip/i.test(key))"
    assert page.evaluate(ours) == []


def test_the_blind_test_takes_the_page_away_and_gives_it_back(
    page: Page, complaints: list[str]
) -> None:
    page.keyboard.press("b")
    wait(page, "document.getElementById('blind').childElementCount > 0")
    assert page.url.endswith("#blind")
    assert page.locator("#page").count() == 0
    page.reload()
    wait(page, "document.getElementById('blind').childElementCount > 0")
    assert complaints == []


def test_clips_beside_the_page_are_loaded_when_they_are_wanted(
    scratch: Scratch, open_page: OpenPage, complaints: list[str]
) -> None:
    path = write_listening_page(scratch, limit=1000)
    page = open_page(path, "#segment-10", before=TAP)
    play(page)
    assert len(audible(page)) == 1
    assert complaints == []


def test_a_clip_that_is_gone_says_where_its_folder_belongs(
    scratch: Scratch, open_page: OpenPage
) -> None:
    path = write_listening_page(scratch, limit=1000)
    for file in (scratch.results / "listen").iterdir():
        file.unlink()
    page = open_page(path)
    wait(page, "document.querySelector('[role=alert]').textContent !== ''")
    wanted = "cannot be played. Its sound is not here: keep the folder listen beside this page."
    alert = part(page, "alert").text_content()
    assert wanted in alert
    assert "invoke" not in alert, "who was sent the page has nothing to type it into"
    page.keyboard.press("b")
    page.get_by_role("button", name="Start").click()
    page.get_by_role("heading", name="The sound of this one could not be read").wait_for()
    assert wanted.removeprefix("cannot be played. ") in page.locator("#blind").inner_text()


def test_a_clip_that_is_damaged_says_what_to_type(scratch: Scratch, open_page: OpenPage) -> None:
    path = write_listening_page(scratch, limit=1000)
    for file in (scratch.results / "listen").iterdir():
        file.write_text("")
    page = open_page(path)
    wait(page, "document.querySelector('[role=alert]').textContent !== ''")
    alert = part(page, "alert").text_content()
    assert "holds no clip" in alert
    assert "invoke page --song songs/study.toml" in alert


def test_without_two_versions_the_blind_test_says_why_there_is_none(
    tmp_path: Path, open_page: OpenPage, complaints: list[str]
) -> None:
    scratch = new_scratch(tmp_path)
    for job in scratch.jobs("sketch"):
        scratch.make(job)
    listening_clips(scratch)
    page = open_page(write_listening_page(scratch), "#blind")
    button = part(page, "blind")
    assert button.get_attribute("aria-disabled") == "true"
    why = page.get_by_text("A blind test needs a segment with two versions.")
    assert why.is_visible()
    assert button.get_attribute("aria-describedby") == why.get_attribute("id")
    live = part(page, "live")
    for ask in (lambda: page.keyboard.press("b"), lambda: button.click(force=True)):
        page.keyboard.press("o")
        assert "blind" not in live.text_content()
        ask()
        assert live.text_content() == "A blind test needs a segment with two versions"
        assert part(page, "page").count() == 1
    assert complaints == []


def test_the_scale_of_closeness_is_explained_once_and_has_words(
    scratch: Scratch, open_page: OpenPage
) -> None:
    path = write_listening_page(scratch)
    page = open_page(path, "#segment-10")
    assert page.locator(".scale-legend").count() == 0, "nothing is measured yet"
    head, data = path.read_text(encoding="utf-8").split('id="study">')
    figures = '"figures":[{"name":"Closeness","text":"","explain":"","scale":[0.4,-0.1,0.625]},'
    assert '"figures":[{' in data
    path.write_text(f'{head}id="study">' + data.replace('"figures":[{', f"{figures}{{"))
    page.reload()
    legend = page.locator(".scale-legend")
    assert legend.count() == 1
    said = " ".join(legend.inner_text().split())
    assert said == "Closeness, with its 95 % interval: 0 other music 1 the baseline itself"
    assert page.locator(".lane .scale").count() >= 2
    name = "closeness 0.40 (−0.10 to 0.63), 0 is other music, 1 the baseline itself"
    assert page.get_by_role("button", name=name).count() == page.locator(".lane .scale").count()


def test_a_phone_holds_all_of_it(
    scratch: Scratch, open_page: OpenPage, complaints: list[str]
) -> None:
    path = write_listening_page(scratch)
    page = open_page(
        path,
        "#segment-10",
        viewport={"width": 390, "height": 844},
        has_touch=True,
        is_mobile=True,
        reduced_motion="reduce",
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    box = part(page, "play").bounding_box()
    assert min(box["width"], box["height"]) >= 44
    assert box["y"] + box["height"] <= 844
    page.locator(".pick", has_text="Bark, take 1").tap()
    part(page, "play").tap()
    wait(page, "document.querySelector('.play').getAttribute('aria-label') === 'Pause'")
    assert part(page, "heard").text_content() == "Bark, take 1"
    assert complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_everyone_can_read_it(
    scratch: Scratch, open_page: OpenPage, width: int, scheme: str
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    path = write_listening_page(scratch)
    page = open_page(
        path, "#segment-10", viewport={"width": width, "height": 900}, color_scheme=scheme
    )
    page.get_by_role("button", name="1 more take of Bark").click()
    page.keyboard.press("2")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowDown")
    found = axe.run(page).response["violations"]
    serious = [rule for rule in found if rule["impact"] in ("serious", "critical")]
    assert serious == [], json.dumps(serious, indent=1)[:3000]
    page.keyboard.press("?")
    found = axe.run(page).response["violations"]
    assert [rule["id"] for rule in found if rule["impact"] in ("serious", "critical")] == []


def test_what_is_known_of_a_version_stands_beside_it(page: Page) -> None:
    page.keyboard.press("2")
    about = page.locator(".about")
    assert about.get_by_role("heading", name="Bark, take 1").is_visible()
    assert about.locator(".verdict li").all_inner_texts() == ["The file is not verified yet."]
    words = about.locator(".words")
    assert words.is_visible()
    assert words.locator(".right").all_inner_texts() == ["we", "susurra"]
    assert "whisper" in words.locator("del.missed").inner_text()
    assert "vesper" in words.locator("ins.wrong").inner_text()
    styles = "element => getComputedStyle(element).textDecorationLine"
    assert words.locator("del.missed").evaluate(styles) == "line-through"
    assert about.locator(".figures dt", has_text="Words").is_visible()
    assert "2 of 3" in about.locator(".figure").all_inner_texts()
    page.keyboard.press("1")
    assert about.get_by_role("heading", name="Baseline").is_visible()
    assert about.locator(".words").count() == 0


def test_the_first_key_plays_where_sound_needs_a_click(scratch: Scratch, launch: Launch) -> None:
    """As Chromium is installed: no sound before somebody has pressed a key."""
    strict = launch()
    page = strict.new_page()
    page.add_init_script(TAP + EARLY)
    page.goto(f"{write_listening_page(scratch).as_uri()}#segment-10")
    page.wait_for_timeout(1000)
    play(page)  # before it nothing is asked of the page: Playwright's questions pass for clicks
    assert page.evaluate("window.early") == "suspended"
    assert len(audible(page)) == 1
    assert part(page, "alert").text_content() == ""
    page.goto(f"{page.url.split('#')[0]}#blind")
    page.reload()
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Start").press("Enter")
    page.locator(".blind-slot:enabled").first.wait_for()
    page.keyboard.press("a")
    wait(page, "window.heard().some(({ peak }) => peak > 0.1)")
    strict.close()


def test_a_sound_that_a_call_interrupts_plays_on_when_play_is_pressed(
    scratch: Scratch, open_page: OpenPage
) -> None:
    page = open_page(write_listening_page(scratch), "#segment-10", before=TAP + CONTEXTS)
    play(page)
    page.evaluate("window.contexts[0].suspend()")
    wait(page, "document.querySelector('.play').getAttribute('aria-label') === 'Play'")
    assert "press play again" in part(page, "alert").text_content()
    before = position(page)
    page.keyboard.press("Space")
    wait(page, "document.querySelector('.play').getAttribute('aria-label') === 'Pause'")
    page.wait_for_timeout(400)
    assert position(page) > before
    assert part(page, "alert").text_content() == ""
