"""The status of a song: every planned job with its take, or the reason why there is none."""

import re
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Literal, TypeVar

from secondtake.core.edit_command import edit_command
from secondtake.core.jobs import Job
from secondtake.core.outcomes import Outcome, read_outcomes, unfinished_edits
from secondtake.core.plan import Request, TakeInputs, describe_inputs, list_jobs
from secondtake.core.project import Project
from secondtake.core.prompts.source_audio import describe_source
from secondtake.core.ranking_file import RankingFile, read_rankings
from secondtake.core.registry.all_models import MODELS
from secondtake.core.registry.spec import ModelSpec
from secondtake.core.song import Song
from secondtake.core.take_facts import baseline_mark, maker_name, maker_title, repaint_words
from secondtake.core.take_store import TakeStore
from secondtake.core.takes import MAX_TAKES, Take, record_path, wav_path
from secondtake.core.votes_file import VotesFile, read_votes
from secondtake.runner.progress_pages import markdown
from secondtake.runner.progress_pages.markdown import Markdown
from secondtake.runner.progress_pages.results import (
    BaselineKey,
    Comparison,
    FileVerdict,
    Verdicts,
    read_comparison,
    read_verdicts,
)

FURTHER = re.compile(r"_take([1-9][0-9]?)$", re.ASCII)  # as Job.name ends for all but the first
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
State = Literal[
    "done", "outdated", "damaged", "failed", "blocked", "skipped", "pending", "kept", "earlier"
]
PLAYABLE = ("done", "outdated", "kept", "earlier")
MARKS: Mapping[State, str] = {
    "done": "✅",
    "outdated": "🔁",
    "damaged": "❌",
    "failed": "❌",
    "blocked": "⚠️",
    "skipped": "➖",
    "pending": "⏳",
    "kept": "📌",
    "earlier": "🕘",
}


@dataclass(frozen=True)
class JobStatus:
    """One job and what there is of it; or an earlier take, with the job that it was made for."""

    job: Job
    state: State
    why: str  # why it is not simply done; a person's words, not escaped
    take: Take | None
    outcome: Outcome | None = None
    is_kept: bool = False  # by `invoke keep`
    edit_command: str = ""  # that makes it: of an edit, which no plan asks for
    made_of: str = ""  # of a repaint, in words: take 1 with 6–9 s anew

    @property
    def name(self) -> str:
        """The name of its files."""
        return self.take.name if self.take else self.job.name

    @property
    def label(self) -> str:
        """Short for its name: take 2, take 3f9a2c1d, take 101: take 1 with 6–9 s anew."""
        label = self.take.label if self.take else f"take {self.job.take}"
        return f"{label}: {self.made_of}" if self.made_of else label

    @property
    def model(self) -> ModelSpec:
        return MODELS[self.job.model]

    @property
    def maker(self) -> str:
        """The name under which it is counted: its model's, or apart from that."""
        return maker_name(self.take or self.job)

    @property
    def maker_title(self) -> str:
        """The same for a reader: MusicGen, MusicGen (melody of the baseline)."""
        return maker_title(self.take or self.job)

    @property
    def baseline_mark(self) -> str:
        """What it owes to the user's recording; "" if it is independent of it."""
        return baseline_mark(self.take or self.job)

    @property
    def mark(self) -> str:
        return MARKS[self.state]

    @property
    def state_words(self) -> str:
        return "made, out of date" if self.state == "outdated" else self.state

    @property
    def playable(self) -> Take | None:
        """The take, if its file is there and whole, be it out of date or not."""
        return self.take if self.state in PLAYABLE else None

    @property
    def waits(self) -> bool:
        """Its run has not come to it: it goes on, or was stopped."""
        tried = self.state not in ("pending", "outdated")
        return not tried and self.outcome is not None and self.outcome.status == "waiting"

    @property
    def stuck(self) -> bool:
        return self.state in ("blocked", "failed", "damaged")


@dataclass(frozen=True)
class SongStatus:
    """All that the pages know."""

    project: Project
    song: Song
    jobs: tuple[JobStatus, ...]
    kept: tuple[JobStatus, ...]  # edits, and earlier takes that the user keeps: judged as well
    earlier: tuple[JobStatus, ...]  # the other earlier takes, the newest of each job first
    unplanned: tuple[JobStatus, ...]  # takes of segments and models that the song asks for no more
    troubles: tuple[str, ...]  # files that could not be read, with the remedy
    verdicts: Verdicts
    comparison: Comparison
    rankings: RankingFile
    baseline_hashes: Mapping[Path, str]  # sha256 of every baseline file that can be read
    votes: VotesFile

    @property
    def folder(self) -> Path:
        """The folder of the pages."""
        return self.song.results

    @cached_property
    def latest_take(self) -> str:
        """The time at which the newest take was begun, as its record says: 2026-11-22 15:34 UTC."""
        takes = (entry.take for entry in (*self.jobs, *self.kept) if entry.take)
        latest = max((take.made.started for take in takes), default="")
        day, _, clock = latest.partition("T")
        zone = " UTC" if clock.endswith("+00:00") else ""
        return f"{day} {clock[:5]}{zone}".strip()

    @property
    def takes(self) -> list[JobStatus]:
        """The jobs whose takes can be played."""
        return [job for job in self.jobs if job.playable]

    @property
    def judged(self) -> list[JobStatus]:
        """The takes that are ranked and compared: those of the jobs, and the kept ones."""
        return [*self.takes, *self.kept]

    def with_state(self, *states: State) -> list[JobStatus]:
        return [job for job in self.jobs if job.state in states]

    @property
    def coming(self) -> dict[str, list[JobStatus]]:
        """What the run has still to come to, by the model's title."""
        return group_by((job for job in self.jobs if job.waits), lambda job: job.model.title)

    def link(self, path: Path, label: str = "") -> Markdown:
        """A link from a page to a file of the project, shown by its path in the project."""
        shown = label or markdown.code(self.project.relative(path))
        return markdown.link(shown, path, self.folder)

    def wav(self, name: str) -> Path:
        return wav_path(self.folder, name)

    def record(self, name: str) -> Path:
        return record_path(self.folder, name)

    def wav_name(self, name: str) -> str:
        """A take's file as people and verification.json name it."""
        return self.project.relative(self.wav(name))

    def verdict(self, job: JobStatus) -> FileVerdict | None:
        """The verdict on the file of a take that can be played."""
        take = job.playable
        return self.verdicts.of(self.wav_name(job.name), take.wav.sha256) if take else None

    def verdicts_on(self, takes: Iterable[JobStatus]) -> list[FileVerdict]:
        """The verdicts on the files of takes, as far as there are any."""
        return [verdict for take in takes if (verdict := self.verdict(take))]

    def command(self, *words: str) -> str:
        """The command to type; it names the song unless every verb takes that one by itself."""
        return self.project.command(*words, song=self.song.path)

    def command_to_make(self, entry: JobStatus) -> str:
        """The command that makes a take: of an edit its own, of any other a run of its model."""
        return entry.edit_command or self.command("generate-all", "--models", entry.job.model)

    def shorten_paths(self, text: str) -> str:
        """A message with the paths of this project relative to it."""
        return text.replace(f"{self.project.root}/", "")


def group_by(values: Iterable[V], key: Callable[[V], K]) -> dict[K, list[V]]:
    """The values by key, in the order in which they come."""
    groups: dict[K, list[V]] = {}
    for value in values:
        groups.setdefault(key(value), []).append(value)
    return groups


def survey(song: Song, project: Project) -> SongStatus:
    """The status of a song. Nothing is an error; all of it is a state."""
    store = TakeStore(song.results, song.name)
    troubles = store.troubles
    outcomes = read_outcomes(song.results, troubles)
    hashes, unreadable = _baseline_hashes(song, store)
    comparison = read_comparison(song.results / "analysis" / "comparison_results.json", song.name)
    baselines = {
        segment.number: BaselineKey(hashes[baseline.file], baseline.start, baseline.end)
        for segment in song.segments
        if (baseline := segment.baseline) and baseline.file in hashes
    }
    inputs, edits = TakeInputs(project, store), unfinished_edits(store, outcomes)
    planned = _planned(song, store, outcomes, edits)
    asked = {(job.segment, job.model, job.kind) for job in planned}
    edit_jobs = [job for job in edits.values() if (job.segment, job.model, job.kind) in asked]
    earlier, unplanned = _other_takes(inputs, planned)
    status = SongStatus(
        project=project,
        song=song,
        jobs=(
            *(_job_status(job, inputs, outcomes) for job in planned),
            *(_edit_status(job, song, inputs, outcomes) for job in edit_jobs),
        ),
        kept=tuple(entry for entry in earlier if entry.state != "earlier"),
        earlier=tuple(entry for entry in earlier if entry.state == "earlier"),
        unplanned=tuple(unplanned),
        troubles=tuple(text.replace(f"{project.root}/", "") for text in troubles + unreadable),
        verdicts=read_verdicts(song.results / "verification.json", song.name),
        comparison=comparison.current(
            {name: take.wav.sha256 for name, take in store.files.takes.items()}, baselines
        ),
        rankings=read_rankings(song.results, song.name),
        baseline_hashes=hashes,
        votes=read_votes(song.results, song.name),
    )
    store.save_hashes()
    return status


def _baseline_hashes(song: Song, store: TakeStore) -> tuple[dict[Path, str], list[str]]:
    """The sha256 of the baselines' files, and what is wrong with those that cannot be read."""
    files = {segment.baseline.file for segment in song.segments if segment.baseline}
    hashes, troubles = {}, []
    for file in sorted(file for file in files if file.is_file()):
        try:
            hashes[file] = store.hashes.sha256(file)
        except OSError as error:
            troubles.append(f"{file} cannot be read: {error.strerror}; make it readable")
    return hashes, troubles


def _planned(
    song: Song, store: TakeStore, outcomes: Mapping[str, Outcome], edits: Mapping[str, Job]
) -> list[Job]:
    """Every first take of the song, and further takes that were made or tried; no edits."""
    tried = {name for name, outcome in outcomes.items() if outcome.job is None}
    made = {name for name, take in store.files.takes.items() if take.job.is_edit}
    names = {*store.files.takes, *store.files.damaged, *tried} - edits.keys() - made
    numbers = [int(match[1]) for name in names if (match := FURTHER.search(name))]
    request = Request(takes=max((n for n in numbers if n <= MAX_TAKES), default=1))
    jobs = list_jobs(song, request)
    return [job for job in jobs if job.take == 1 or job.name in names]


def _job_status(job: Job, inputs: TakeInputs, outcomes: Mapping[str, Outcome]) -> JobStatus:
    store, outcome = inputs.store, outcomes.get(job.name)
    take = store.takes.get(job.name)
    why = inputs.stale_reason(job)
    state: State = "pending"
    if why is None:
        state, why = "done", ""
    elif job.name in store.files.damaged:
        state = "damaged"
    elif take:
        state = "outdated" if store.is_whole(take) else "damaged"
    elif outcome and outcome.status in ("failed", "blocked", "skipped"):
        state, why = outcome.status, outcome.message
    elif outcome and outcome.status == "waiting":
        why = outcome.message
    return JobStatus(job, state, why, take, outcome, bool(take and take.wav.sha256 in store.kept))


def _edit_status(
    job: Job, song: Song, inputs: TakeInputs, outcomes: Mapping[str, Outcome]
) -> JobStatus:
    """The status of an edit that is not whole; it says of what it is made."""
    status, store = _job_status(job, inputs, outcomes), inputs.store
    why = f"{describe_source(job.settings, store.source_name)}: {status.why}"
    command = edit_command(job, song, inputs.project, store).command
    made_of = repaint_words(job, store.source_take)
    return replace(status, why=why, edit_command=command, made_of=made_of)


def _other_takes(
    inputs: TakeInputs, planned: Sequence[Job]
) -> tuple[list[JobStatus], list[JobStatus]]:
    """The earlier takes and the edits of the planned segments and models, and the takes of all
    others."""
    store = inputs.store
    jobs = {(job.segment, job.model, job.kind, job.take): job for job in planned}
    earlier: list[JobStatus] = []
    unplanned: list[JobStatus] = []
    for take in store.takes.values():
        kept, made_of = take.wav.sha256 in store.kept, repaint_words(take, store.source_take)
        state: State = "kept" if kept else "earlier"
        if take.job.is_edit and not take.is_earlier:
            state = "done"
        group = (take.job.segment, take.job.model, take.job.kind)
        job = jobs.get((*group, take.job.take)) or jobs.get((*group, 1))
        if job is None:
            unplanned.append(JobStatus(take.job, state, "", take, is_kept=kept, made_of=made_of))
        elif (take.is_earlier or take.job.is_edit) and store.is_whole(take):
            difference = inputs.difference(job, take) or "the same inputs"
            why = describe_inputs(job, take, difference, store.source_name)
            earlier.append(JobStatus(job, state, why, take, is_kept=kept, made_of=made_of))
    earlier.sort(key=lambda entry: entry.take.made.started if entry.take else "", reverse=True)
    earlier.sort(key=lambda entry: (entry.job.segment, entry.job.model))
    return earlier, unplanned
