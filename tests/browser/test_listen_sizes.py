"""How large listening pages are, how fast they open, and that their usual clips play."""

import base64
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from tests.browser.conftest import OpenPage, wait
from tests.browser.test_listen_page import TAP, audible, part, play
from tests.runner.html_pages.listening_study import (
    LOWEST,
    STEP,
    listening_clips,
    make_all,
    pages,
    write_listening_page,
)
from tests.runner.progress_pages.scratch import SONG, Scratch, new_scratch

from secondtake.analysis.listening.clip_audio import CLIP_RATE, encode
from secondtake.analysis.listening.clip_pictures import peak_columns, spectrogram_png
from secondtake.core.files import write_json
from secondtake.core.listening_file import (
    ListeningFile,
    Version,
    as_json,
    clip_path,
    listening_path,
    spectrogram_path,
)

pytestmark = pytest.mark.browser
Samples = np.ndarray[Any, np.dtype[np.float32]]


def study(root: Path, count: int, takes: int) -> Scratch:
    """So many segments, each with a baseline, takes of a model and the control."""
    head, *segments = SONG.split("[[segment]]")
    many = [segments[1].replace("number = 10", f"number = {n}") for n in range(1, count + 1)]
    scratch = new_scratch(root, "[[segment]]".join([head, *many]))
    make_all(scratch, takes=takes)
    return scratch


def as_mp3(scratch: Scratch, made: ListeningFile, change: Callable[[Version], Version]) -> None:
    """The same clips in the usual encoding, listed with changes."""
    segments = []
    for segment in made.segments:
        for version in segment.versions:
            wav = clip_path(scratch.results, version.clip, "wav")
            samples, _ = soundfile.read(wav, dtype="float32", always_2d=True)
            clip_path(scratch.results, version.clip, "mp3").write_bytes(encode(samples, "mp3"))
            wav.unlink()
        versions = tuple(map(change, segment.versions))
        segments.append(replace(segment, versions=versions))
    listed = replace(made, encoding="mp3", segments=tuple(segments))
    write_json(listening_path(scratch.results), as_json(scratch.song.name, listed))


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SECONDTAKE_CACHE", raising=False)


def test_clips_in_the_usual_encoding_play(
    tmp_path: Path, open_page: OpenPage, complaints: list[str]
) -> None:
    scratch = study(tmp_path, 1, takes=1)
    as_mp3(scratch, listening_clips(scratch, 6.0), lambda version: version)
    path = write_listening_page(scratch)
    page = open_page(path, before=TAP)
    play(page)
    assert audible(page) == [pytest.approx(LOWEST, abs=6)]
    page.keyboard.press("3")
    page.wait_for_timeout(600)
    assert audible(page) == [pytest.approx(LOWEST + 2 * STEP, abs=6)]
    durations = page.evaluate("window.taps.map(({ source }) => source.buffer.duration)")
    several = max(3, len(durations))  # one for each version, more where the loop came round
    assert durations == [pytest.approx(6, abs=1e-4)] * several  # gapless
    assert part(page, "alert").text_content() == ""
    assert complaints == []


def test_42_segments_of_5_versions_open_in_3_seconds(tmp_path: Path, open_page: OpenPage) -> None:
    scratch = study(tmp_path, 42, takes=2)
    made = listening_clips(scratch, 0.25, takes=2)
    assert {len(segment.versions) for segment in made.segments} == {5}
    counted = """
    window.decoded = 0;
    const decode = BaseAudioContext.prototype.decodeAudioData;
    BaseAudioContext.prototype.decodeAudioData = function (...given) {
      window.decoded += 1;
      return decode.apply(this, given);
    };
    """
    path = write_listening_page(scratch)
    assert not (scratch.results / "listen").exists()
    assert path.stat().st_size > 13_000_000, "about as much as one file may hold"
    page = open_page(path, before=counted)
    wait(page, "performance.getEntriesByType('navigation')[0].loadEventEnd > 0")
    opened = page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd")
    assert opened < 3000  # ms
    page.wait_for_timeout(500)
    assert page.locator(".segments button").count() == 42
    assert page.evaluate("window.decoded") == 3, "and no clip is decoded that nobody looks at"
    assert page.locator(".lane").count() == 3
    page.get_by_role("button", name="1 more take of Bark").click()
    assert page.locator(".lane").count() == 4


def test_three_segments_of_five_versions_are_below_15_megabytes(tmp_path: Path) -> None:
    """Noise of 14 s each, whose pictures are as large as pictures get."""
    scratch = study(tmp_path, 3, takes=2)
    made = listening_clips(scratch, 0.18, takes=2)
    rng = np.random.default_rng(1)
    noise: Samples = rng.uniform(-0.5, 0.5, (14 * CLIP_RATE, 2)).astype(np.float32)
    peaks = base64.b64encode(peak_columns(noise)).decode()
    as_mp3(scratch, made, lambda version: replace(version, peaks=peaks))
    sound, picture = encode(noise, "mp3"), spectrogram_png(noise)
    for version in (version for segment in made.segments for version in segment.versions):
        clip_path(scratch.results, version.clip, "mp3").write_bytes(sound)
        spectrogram_path(scratch.results, version.clip).write_bytes(picture)
    ((path, text),) = pages(scratch).items()
    assert path.name == "listen.html"
    assert text.count("data-clip=") == 15
    assert 15 * 14 * 20_000 * 4 / 3 < len(text.encode()) < 15_000_000
