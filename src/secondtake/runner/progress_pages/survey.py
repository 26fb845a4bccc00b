"""Where a song stands: every planned job with its take or the reason why there is none."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from secondtake.core.errors import UserError
from secondtake.core.files import sha256_of
from secondtake.core.jobs import Job
from secondtake.core.outcomes import Outcome, read_outcomes
from secondtake.core.plan import MAX_TAKES, Wish, plan, why_make
from secondtake.core.project import DEFAULT_SONG, Project
from secondtake.core.ranking_file import Rankings, read_rankings
from secondtake.core.registry.all_models import MODELS
from secondtake.core.registry.spec import Model
from secondtake.core.song import Song
from secondtake.core.takes import Take, read_record, takes_folder, wav_is_whole, wav_path
from secondtake.runner.progress_pages import markdown
from secondtake.runner.progress_pages.results import (
    Comparison,
    Reference,
    Verdicts,
    read_comparison,
    read_verdicts,
)

FURTHER = re.compile(r"_take([1-9][0-9]?)$", re.ASCII)  # as Job.name ends for all but the first
State = Literal["done", "outdated", "damaged", "failed", "blocked", "skipped", "pending"]
MARKS: Mapping[State, str] = {
    "done": "✅",
    "outdated": "🔁",
    "damaged": "❌",
    "failed": "❌",
    "blocked": "⚠️",
    "skipped": "➖",
    "pending": "⏳",
}


@dataclass(frozen=True)
class Standing:
    """One job and what there is of it."""

    job: Job
    state: State
    why: str  # why it is not simply done; a person's words, not yet escaped
    take: Take | None
    outcome: Outcome | None

    @property
    def model(self) -> Model:
        return MODELS[self.job.model]

    @property
    def playable(self) -> Take | None:
        """The take, if its file is there and whole, be it out of date or not."""
        return self.take if self.state in ("done", "outdated") else None


@dataclass(frozen=True)
class Survey:
    """All that the pages know."""

    project: Project
    song: Song
    standings: tuple[Standing, ...]
    unplanned: tuple[Take, ...]  # takes of this song that it no longer asks for
    troubles: tuple[str, ...]  # files that could not be read, with the remedy
    verdicts: Verdicts
    comparison: Comparison
    rankings: Rankings
    originals: Mapping[Path, str]  # sha256 of every baseline file that can be read

    @property
    def folder(self) -> Path:
        """Where the pages lie."""
        return self.song.results

    @cached_property
    def latest(self) -> str:
        """When the newest take was begun, as its record says; "" without takes."""
        return max((s.take.made.started for s in self.standings if s.take), default="")

    @property
    def takes(self) -> list[Standing]:
        """What can be played."""
        return [standing for standing in self.standings if standing.playable]

    def of(self, *states: State) -> list[Standing]:
        return [standing for standing in self.standings if standing.state in states]

    def link(self, path: Path, label: str = "") -> str:
        """A link from a page to a file of the project, shown by its path in the project."""
        shown = markdown.words(label) if label else markdown.code(self.project.relative(path))
        return markdown.link(shown, path, self.folder)

    def wav(self, name: str) -> Path:
        return wav_path(self.song.results, name)

    def wav_name(self, name: str) -> str:
        """A take's file as people and verification.json name it."""
        return self.project.relative(self.wav(name))

    def command(self, *words: str) -> str:
        """What to type; the song is named unless it is the one that every verb takes by itself."""
        path = self.song.path.resolve()
        default = (self.project.root / DEFAULT_SONG).resolve()
        song = [] if path == default else ["--song", self.project.relative(path)]
        if words[0] in ("setup", "fetch", "doctor", "clean"):
            song = []  # these are about models, whatever the song
        return shlex.join(["invoke", *words, *song])

    def here(self, text: str) -> str:
        """A message with the paths of this project relative to it."""
        return text.replace(f"{self.project.root}/", "")


def survey(song: Song, project: Project) -> Survey:
    """Look at everything that there is of a song. Nothing is an error; all of it is a state."""
    records, damaged, troubles = _records(song)
    try:
        outcomes = read_outcomes(song.results)
    except UserError as error:
        outcomes, troubles = {}, [*troubles, str(error)]
    originals, unreadable = _originals(song)
    troubles = [*troubles, *unreadable]
    jobs = _planned(song, records, outcomes)
    names = {job.name for job in jobs}
    compared = read_comparison(song.results / "analysis" / "comparison_results.json", song.name)
    return Survey(
        project=project,
        song=song,
        standings=tuple(_stand(job, song, project, records, damaged, outcomes) for job in jobs),
        unplanned=tuple(
            take
            for name, take in records.items()
            if name not in names and take.job.song == song.name
        ),
        troubles=tuple(text.replace(f"{project.root}/", "") for text in troubles),
        verdicts=read_verdicts(song.results / "verification.json", song.name),
        comparison=compared.of_files(
            {name: take.wav.sha256 for name, take in records.items()},
            {
                segment.number: Reference(originals[one.file], one.start, one.end)
                for segment in song.segments
                if (one := segment.baseline) and one.file in originals
            },
        ),
        rankings=read_rankings(song.results, song.name),
        originals=originals,
    )


def _originals(song: Song) -> tuple[dict[Path, str], list[str]]:
    """The sha256 of the baselines' files, each read once, and what is wrong with the others."""
    files = {segment.baseline.file for segment in song.segments if segment.baseline}
    hashes, troubles = {}, []
    for file in sorted(file for file in files if file.is_file()):
        try:
            hashes[file] = sha256_of(file)
        except OSError as error:
            troubles.append(f"{file} cannot be read: {error.strerror}; make it readable")
    return hashes, troubles


def _records(song: Song) -> tuple[dict[str, Take], set[str], list[str]]:
    """Takes by file name, the names of the damaged ones, and what is wrong with those."""
    records: dict[str, Take] = {}
    damaged: dict[str, str] = {}
    for path in sorted(takes_folder(song.results).glob("*.json")):
        try:
            records[path.stem] = read_record(path)
        except UserError as error:
            damaged[path.stem] = str(error)
    return records, set(damaged), list(damaged.values())


def _planned(song: Song, records: Mapping[str, Take], outcomes: Mapping[str, Outcome]) -> list[Job]:
    """Every first take of the song, and further takes that were made or tried."""
    known = {*records, *outcomes}
    numbers = [int(found[1]) for name in known if (found := FURTHER.search(name))]
    jobs = plan(song, Wish(takes=max((n for n in numbers if n <= MAX_TAKES), default=1)))
    return [job for job in jobs if job.take == 1 or job.name in known]


def _stand(
    job: Job,
    song: Song,
    project: Project,
    records: Mapping[str, Take],
    damaged: set[str],
    outcomes: Mapping[str, Outcome],
) -> Standing:
    take, outcome = records.get(job.name), outcomes.get(job.name)
    try:
        why = why_make(job, song.results, project)
    except UserError as error:  # the take of another song has this one's place
        return Standing(job, "blocked", str(error), None, None)
    if why is None:
        return Standing(job, "done", "", take, outcome)
    if job.name in damaged:
        return Standing(job, "damaged", why, None, outcome)
    if take:
        state: State = "outdated" if wav_is_whole(song.results, take) else "damaged"
        return Standing(job, state, why, take, outcome)
    if outcome and outcome.status in ("failed", "blocked", "skipped"):
        return Standing(job, outcome.status, outcome.message, None, outcome)
    return Standing(job, "pending", why, None, outcome)
