"""results/report.html: the study on one page, for a talk or to print.

It says what was asked, what ran, how close it came and what may be done with it, from the same
records as the PHASE pages. Tables stand behind folds; in print, only those that are open on the
screen. Sounds and pictures are inlined in order of importance until the page is as large as a mail
may be. Nobody who listened is named.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from secondtake.core.escape import plain
from secondtake.core.formatting import format_bytes, plural
from secondtake.core.licences import Terms, terms_of
from secondtake.core.listening_file import read_listening
from secondtake.core.registry.all_models import MODELS
from secondtake.core.take_facts import title_of
from secondtake.core.takes import Take, work_seconds
from secondtake.core.votes_file import QUESTIONS, VotesFile, read_votes
from secondtake.runner.html_pages.html import render_page
from secondtake.runner.html_pages.report_data import (
    MOST_FULL,
    Example,
    Figures,
    Kept,
    Measurement,
    choose_examples,
    kept_by_model,
    read_figures,
)
from secondtake.runner.html_pages.report_media import Media, Player, decides, embed
from secondtake.runner.html_pages.report_models import (
    Obstacle,
    asked_of,
    model_statuses,
    name_control_once,
    obstacles,
    who_ran,
)
from secondtake.runner.html_pages.report_words import (
    example_sentence,
    format_length,
    public_trouble,
    why_unread,
)
from secondtake.runner.progress_pages import markdown
from secondtake.runner.progress_pages.best_takes import TakeGroup, take_groups
from secondtake.runner.progress_pages.comparison_details import (
    ceiling_caveat,
    read_details,
    too_short,
)
from secondtake.runner.progress_pages.phase1_baseline import BaselineStatus, baseline_statuses
from secondtake.runner.progress_pages.phase3_generation import ModelStatus
from secondtake.runner.progress_pages.results import OVERALL
from secondtake.runner.progress_pages.sections import (
    CLOSENESS,
    licensed_checkpoints,
    settings,
    versions,
    weights_licence,
)
from secondtake.runner.progress_pages.survey import SongStatus, group_by

NAME = "report.html"
HEADINGS = {
    "strength": "Strengths",
    "weakness": "Weaknesses",
    "surprise": "Surprises",
    "undecided": "What could not be decided",
}
NOT_ASKED = "not asked"  # the note on a question that no segment of a model asks
FORMATS: Mapping[str, Any] = {  # for the template, which escapes what they give
    "closeness": lambda entry: CLOSENESS.get(entry.verdict, entry.verdict),
    "not_asked": NOT_ASKED,
    "why_unread": why_unread,
    "trouble": public_trouble,
    "plain": plain,
    "plural": plural,
    "settings": settings,
    "versions": versions,
    "percent": lambda share: "–" if share is None else f"{share:.0%}".replace("%", " %"),
    "question_words": QUESTIONS.__getitem__,
    "licence_of": weights_licence,
    "code_licence": lambda take: take.licence.code or MODELS[take.job.model].code_licence,
    "model_state": lambda model: model.state.partition(" ")[2],  # the word without its mark
    "checks": lambda verdict: ", ".join(c.name for c in verdict.checks if c.verdict != "pass"),
    "model_title": lambda take: MODELS[take.job.model].title,
    "bytes": format_bytes,
    "size": lambda count: str(markdown.size(count)),
    "figure": lambda value, digits=2: str(markdown.figure(value, digits)),
    "rate": lambda value: str(markdown.rate(value)),
    "channels": markdown.channels,
}


@dataclass(frozen=True)
class SegmentExamples:
    """What can be played of one segment: the baseline, and the examples."""

    baseline: BaselineStatus
    baseline_player: Player
    examples: list[tuple[Example, Player]]

    @property
    def has_baseline(self) -> bool:
        return self.baseline.state == "ready"


@dataclass(frozen=True)
class LicensedTakes:
    """The takes made with weights of one licence, and its terms as far as they are known."""

    licence: str
    checkpoints: list[str]
    takes: int
    terms: tuple[Terms, ...]


@dataclass(frozen=True)
class ReportPage:
    """Context of report.html.j2."""

    status: SongStatus
    models: list[ModelStatus]
    groups: list[TakeGroup]
    baselines: list[BaselineStatus]
    figures: Figures
    examples: list[Example]
    media: Media
    votes: VotesFile

    most_obstacles: ClassVar[int] = 8  # reasons that are told one by one
    most_segments: ClassVar[int] = 6  # whose wishes are told before anything else

    @property
    def answer(self) -> list[str]:
        """Who ran, and how close it came: what one would tell a friend."""
        sentences = [who_ran(self.models)]
        if not self.status.takes:
            return sentences
        if short := too_short(self.status):
            return [*sentences, short]
        said = self.status.comparison.summary[:2]
        nothing = ("Nothing says yet how close the takes come to the baselines.",)
        return name_control_once([*sentences, *(said or nothing)], self.models)

    @property
    def caveat(self) -> str:
        """What stands beside the answer; "" for most studies."""
        return ceiling_caveat(read_details(self.status).short_ceilings, self.ready)

    @property
    def asked_of(self) -> str:
        """The models that the song asks, and the control."""
        return asked_of(self.models)

    @property
    def baseline_marks(self) -> list[str]:
        """The titles of what was made from the baseline."""
        marked = (entry for entry in self.status.judged if entry.baseline_mark)
        return list(dict.fromkeys(entry.maker_title for entry in marked))

    @property
    def is_decided(self) -> bool:
        """Some question has a figure of some model."""
        return decides(self.status.comparison.overview)

    @property
    def about_examples(self) -> str:
        """Which takes can be heard."""
        return example_sentence(self.examples, any(part.has_baseline for part in self.segments))

    @property
    def ready(self) -> int:
        """Segments whose baseline is there."""
        return sum(baseline.state == "ready" for baseline in self.baselines)

    @property
    def tiles(self) -> list[tuple[str, str]]:
        """Figures of the whole study, each with what it counts."""
        takes = self.takes
        sound = sum(take.wav.seconds for take in takes)
        memory = max((take.made.peak_memory_bytes for take in takes), default=0)
        counts = [
            (str(len(self.baselines)), "segment" if len(self.baselines) == 1 else "segments"),
            (f"{self.ready} of {len(self.baselines)}", "baselines there"),
        ]
        amounts = [
            (len(takes), str(len(takes)), "take" if len(takes) == 1 else "takes"),
            (sound, format_length(sound), "of sound"),
            (work := work_seconds(takes), format_length(work), "of work"),
            (memory, str(markdown.size(memory)), "of memory at most"),
        ]
        return [*counts, *((text, label) for amount, text, label in amounts if amount)]

    @cached_property
    def takes(self) -> list[Take]:
        """The takes that the report is about."""
        return [entry.playable for entry in self.status.judged if entry.playable]

    @cached_property
    def obstacles(self) -> list[Obstacle]:
        """What was not made, and what to type."""
        return obstacles(self.status, self.models)

    def prompts(self, segment: int) -> dict[str, list[str]]:
        """The prompts of a segment, with the titles of the models that read them."""
        jobs = [entry for entry in self.status.jobs if entry.job.segment == segment]
        reading = (e for e in jobs if e.job.take == 1 and "prompt" in e.model.supports)
        by_prompt = group_by(reading, lambda entry: entry.job.prompt)
        return {text: [entry.model.title for entry in alike] for text, alike in by_prompt.items()}

    @property
    def is_full(self) -> bool:
        """The table of figures has a row for every question."""
        return len(self.groups) <= MOST_FULL

    @cached_property
    def figure_rows(self) -> list[tuple[TakeGroup, list[Measurement]]]:
        """The chosen take of each segment and model, with the answer to every question."""
        overview = self.status.comparison.overview
        if overview is None or not self.is_decided:
            return []
        questions = overview.questions if self.is_full else (OVERALL,)
        metrics = [overview.metrics.get(question, question) for question in questions]
        rows = []
        for group in sorted(self.groups, key=lambda group: group.first.job.segment):
            if take := self.figures.takes.get(group.first.name):
                rows.append((group, [entry for name in metrics if (entry := take.answer(name))]))
        return [(group, answers) for group, answers in rows if answers]

    @cached_property
    def notes(self) -> list[str]:
        """The notes on the figures, each once; a row names its note by the place."""
        notes = (entry.note for _, answers in self.figure_rows for entry in answers)
        return list(dict.fromkeys(filter(None, notes)))

    @property
    def findings(self) -> dict[str, list[str]]:
        """The comparison's sentences by heading."""
        findings = self.status.comparison.findings
        by_kind = {kind: [f.text for f in findings if f.kind == kind] for kind in HEADINGS}
        return {
            HEADINGS[kind]: name_control_once(texts, self.models, is_known=True)
            for kind, texts in by_kind.items()
            if texts
        }

    @property
    def adherence(self) -> dict[str, tuple[Kept, Kept]]:
        """Tempo and key by the model's title."""
        kept = kept_by_model(self.figures.adherence)
        return {title_of(name): pair for name, pair in kept.items()}

    @property
    def segments(self) -> list[SegmentExamples]:
        """The examples by segment, in the song's order."""
        by_segment = group_by(self.examples, lambda example: example.segment)
        return [
            SegmentExamples(
                baseline,
                self.media.baseline(baseline),
                [
                    (example, self.media.take(example.take))
                    for example in sorted(by_segment[number], key=_control_first)
                ],
            )
            for baseline in self.baselines
            if (number := baseline.segment.number) in by_segment
        ]

    @property
    def licences(self) -> list[LicensedTakes]:
        """The licences of the takes' weights."""
        return [
            LicensedTakes(
                licence,
                checkpoints,
                sum(weights_licence(take) == licence for take in self.takes),
                terms_of(licence),
            )
            for licence, checkpoints in licensed_checkpoints(self.takes).items()
        ]

    @property
    def without_licence(self) -> dict[str, list[Take]]:
        """By model and kind, the takes without weights, or whose weights' licence is not noted."""
        takes = [take for take in self.takes if not weights_licence(take)]
        alike = group_by(takes, lambda take: (take.job.model, bool(take.weights)))
        return {MODELS[model].title: takes for (model, _), takes in alike.items()}

    @property
    def environments(self) -> list[Take]:
        """A take of each environment that takes were made in."""
        groups = group_by(self.takes, _environment)
        return [takes[0] for takes in groups.values()]

    @property
    def weights(self) -> list[Take]:
        """A take of each checkpoint with weights."""
        groups = group_by(self.takes, lambda take: (take.job.model, tuple(take.weights.items())))
        return [takes[0] for takes in groups.values() if takes[0].weights]


def report_path(results: Path) -> Path:
    return results / NAME


def render(status: SongStatus) -> str:
    """The page. The same records and files give the same bytes."""
    figures = read_figures(status)
    examples = choose_examples(status, figures)
    clips = read_listening(status.folder, status.song.name)
    baselines = baseline_statuses(status)
    page = ReportPage(
        status=status,
        models=model_statuses(status),
        groups=take_groups(status, status.jobs),
        baselines=baselines,
        figures=figures,
        examples=examples,
        media=embed(status, examples, baselines, clips),
        votes=read_votes(status.folder, status.song.name),
    )
    return render_page(
        "report.html.j2",
        ["report.js"],
        ["tokens.css", "report.css"],
        page=page,
        status=status,
        **FORMATS,
    )


def _control_first(example: Example) -> bool:
    return not example.take.model.is_control


def _environment(take: Take) -> tuple[str, ...]:
    """What was installed where a take was made."""
    return take.job.model, take.lock_sha256, versions(take.made.versions), take.made.platform
