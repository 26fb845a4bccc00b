"""A listening page of short tones, and a listener who takes the blind test on it."""

from pathlib import Path
from typing import Any

from tests.runner.html_pages.tone_clips import CLIP_RATE, write_tone
from tests.runner.progress_pages.scratch import SECONDS, Scratch

from secondtake.core.files import sha256_of, write_json
from secondtake.core.listening_file import (
    ListeningFile,
    SegmentClips,
    Version,
    as_json,
    clip_name,
    listening_path,
)
from secondtake.core.takes import wav_path
from secondtake.runner.html_pages.listening_page import PAGE, render
from secondtake.runner.progress_pages.survey import survey

COMMON = 0.5  # s of sound in a take, which a blind test plays: half of it must be heard
# All of the document but program and style, which are the same for every study.
SHOWN = """() => {
  const copy = document.documentElement.cloneNode(true);
  for (const program of copy.querySelectorAll("style, script[type=module]")) program.remove();
  const values = [...document.querySelectorAll("input, option")].map(({ value }) => value);
  return JSON.stringify([copy.outerHTML, document.title, location.href, values]);
}"""


def listening_page(scratch: Scratch, baselines: bool = True) -> tuple[Path, ListeningFile]:
    """A study's page: in both segments a baseline, a model's take and the control."""
    jobs = scratch.jobs()
    for number in (7, 10) if baselines else ():
        scratch.baseline(number)
    for job in jobs:
        scratch.make(job)
    segments = []
    for number in (7, 10):
        recording = scratch.song.segment(number).baseline
        versions = []
        if baselines and recording:
            stretch = (recording.start, recording.end)
            versions.append(_version(scratch, number, "", recording.file, stretch))
        for job in jobs:
            if job.segment == number:
                file = wav_path(scratch.results, job.name)
                own = (float(len(versions)), None)  # the takes here are of equal tones
                versions.append(_version(scratch, number, job.name, file, own))
        segments.append(SegmentClips(number, SECONDS, COMMON, tuple(versions)))
    listening = ListeningFile("ready", "", "wav", 1_536_000, CLIP_RATE, tuple(segments))
    write_json(listening_path(scratch.results), as_json(scratch.song.name, listening))
    for path, text in render(survey(scratch.song, scratch.project)).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return scratch.results / PAGE, listening


def _version(
    scratch: Scratch, segment: int, take: str, file: Path, stretch: tuple[float | None, ...]
) -> Version:
    """A version whose clip is a tone, the higher the longer the take's name."""
    sha256 = sha256_of(file)
    clip = clip_name(segment, sha256, stretch)
    write_tone(scratch.results, clip, 200 + 10 * len(take), SECONDS)
    seconds, louder = (COMMON, 0.0) if take else (SECONDS, -6.0)
    return Version(clip, take, sha256, seconds, -12.0, louder, louder, 0.0, "", ())


class Listener:
    """Somebody at the page. hints: what must not stand in the document during a trial."""

    def __init__(self, page: Any, hints: set[str]) -> None:
        self.page = page
        self.hints = hints

    def begin(self, mode: str = "Pairs", nickname: str | None = None) -> None:
        if nickname is not None:
            self.page.get_by_label("Your name or a nickname").fill(nickname)
        self.page.get_by_role("radio", name=mode).check()
        self.page.get_by_role("button", name="Start").click()
        self.wait()

    def wait(self) -> None:
        """For the sound of a trial."""
        self.page.locator(".blind-slot:enabled").first.wait_for()

    @property
    def title(self) -> str:
        return str(self.page.locator("h1:visible").inner_text())

    @property
    def has_open_baseline(self) -> bool:
        return bool(self.page.locator(".blind-slot", has_text="Baseline").count())

    def hear_all(self) -> None:
        """Every version until it counts."""
        for button in self.page.locator(".blind-slot").all():
            button.click()
            self.page.wait_for_function(
                "(button) => button.classList.contains('blind-done')",
                arg=button.element_handle(),
                polling=50,
            )

    def answer_pair(self, closer: str = "A", prefer: str = "B") -> None:
        self.hear_all()
        for question, answer in (("Which is closer", closer), ("Which would you", prefer)):
            group = self.page.get_by_role("group", name=question)
            if group.count():
                group.get_by_role("radio", name=answer, exact=True).check()
        self.confirm()

    def confirm(self) -> None:
        """Confirms, and waits for what comes next."""
        before = self.title
        self.page.get_by_role("button", name="Confirm").click()
        self.page.wait_for_function(
            "(title) => document.querySelector('.blind h1')?.innerText !== title", arg=before
        )
        if self.page.locator(".blind-slot").count():
            self.wait()

    def assert_blind(self) -> None:
        """Nothing in the document tells what is heard."""
        text = self.page.evaluate(SHOWN).lower()
        hints = set(self.hints)
        if self.title.startswith(("Pair", "Trial")) and not self.has_open_baseline:
            hints.add("baseline")
        told = sorted(hint for hint in hints if hint.lower() in text)
        assert not told, told

    def take_pairs(self, *answers: tuple[str, str]) -> int:
        """All pairs that are left, with these answers over and over; how many there were."""
        count = 0
        while self.title.startswith("Pair"):
            self.assert_blind()
            self.answer_pair(*(answers[count % len(answers)] if answers else ()))
            count += 1
        return count

    def save(self, kind: str, folder: Path) -> Path:
        """The file that the page saves."""
        name = {"json": "Save my answers (JSON)", "csv": "as a table (CSV)"}[kind]
        with self.page.expect_download() as download:
            self.page.get_by_role("button", name=name).click()
        path = folder / str(download.value.suggested_filename)
        download.value.save_as(path)
        return path
