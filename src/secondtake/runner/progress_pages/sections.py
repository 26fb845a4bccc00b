"""Parts that several pages share: states in few words, the facts of a record, and licences."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from secondtake.core.formatting import plural
from secondtake.core.jobs import Job
from secondtake.core.licences import terms_of
from secondtake.core.registry.all_models import MODELS
from secondtake.core.registry.spec import Checkpoint
from secondtake.core.take_facts import level_step
from secondtake.core.takes import Take
from secondtake.runner.progress_pages.markdown import Markdown, address, escape
from secondtake.runner.progress_pages.survey import JobStatus, SongStatus, group_by

Word = Literal["Done", "Partial", "Blocked", "Pending"]
CLOSENESS = {  # in few words, by the verdict of the metric that speaks for the whole take
    "as itself": "as close as the baseline's own parts",
    "closer": "closer than most other music",
    "between": "closer than most, not beyond doubt",
    "as other music": "not to be told from other music",
    "further": "further than other music",
}
WORD_MARKS: dict[Word, str] = {"Done": "✅", "Partial": "⚠️", "Blocked": "⚠️", "Pending": "⏳"}


@dataclass(frozen=True)
class Page:
    """The context of every template: the song, and the page's own status in a word."""

    status: SongStatus
    word: Word

    most_earlier: ClassVar[int] = 6  # earlier takes of a group that a table shows, newest first

    @property
    def mark(self) -> str:
        return WORD_MARKS[self.word]


def overall(ready: int, blocked: int, wanted: int) -> Word:
    """The status of so many wanted things, of which so many are ready and so many blocked."""
    if wanted and ready >= wanted:
        return "Done"
    if ready:
        return "Partial"
    return "Blocked" if blocked else "Pending"


def settings(job: Job) -> str:
    """Checkpoint and parameters of a job, without the source of an edit, which may have another
    name by now."""
    parts = [f"checkpoint {job.checkpoint}"]
    sources = {parameter.name for parameter in MODELS[job.model].parameters if parameter.option}
    for name, value in sorted(job.settings.items()):
        if value != "" and name not in sources:
            parts.append(f"{name} “{value}”" if " " in str(value) else f"{name} {value}")
    return "; ".join(parts)


def versions(packages: Mapping[str, str]) -> str:
    """Packages and their versions."""
    return ", ".join(f"{name} {version}" for name, version in sorted(packages.items()))


def licence_line(take: Take) -> Markdown:
    """The licences of a take's weights and of its model's code."""
    weights, code = weights_licence(take), take.licence.code or MODELS[take.job.model].code_licence
    if weights:
        line = Markdown("Licence of the weights: {}. Of the code: {}")
        return line.format(licence_terms(weights), code)
    if take.weights:
        return Markdown("Licence of the weights: not noted. Of the code: {}").format(code)
    return Markdown("Licence: {} (the code; there are no weights)").format(code)


def level_steps(entries: Iterable[JobStatus]) -> list[str]:
    """A sentence for each step that set the level of a model's takes, and of how many of them."""
    sentences = []
    for title, alike in group_by(entries, lambda entry: entry.model.title).items():
        takes = [entry.playable for entry in alike if entry.playable]
        for step, count in Counter(filter(None, map(level_step, takes))).items():
            some = f", {count} of {plural(len(takes), 'take')}" if count < len(takes) else ""
            sentences.append(f"{title}{some}: {step}")
    return sentences


def weights_licence(take: Take) -> str:
    """The licence in the record; that of the registry where the record is older than the field."""
    if take.licence.code:
        return take.licence.weights
    checkpoint = _checkpoint(take)
    return checkpoint.licence if checkpoint else ""


def licence_terms(licence: str) -> Markdown:
    """A licence of weights with what it says of use and sound, and a link."""
    terms = [
        Markdown("{}: {} ({})").format(term.name, term.says, address(term.page))
        for term in terms_of(licence)
    ]
    return Markdown("; ").join(terms) if terms else escape(licence)


def licensed_checkpoints(takes: Iterable[Take]) -> dict[str, list[str]]:
    """The checkpoints that takes were made with, by the licence of their weights."""
    return {
        licence: list(dict.fromkeys(map(_checkpoint_title, alike)))
        for licence, alike in group_by(takes, weights_licence).items()
        if licence
    }


def _checkpoint_title(take: Take) -> str:
    checkpoint = _checkpoint(take)
    return checkpoint.title if checkpoint else f"{take.job.model} {take.job.checkpoint}"


def _checkpoint(take: Take) -> Checkpoint | None:
    """The registry's entry; None if it lists this checkpoint no longer."""
    checkpoints = MODELS[take.job.model].checkpoints
    return next((entry for entry in checkpoints if entry.name == take.job.checkpoint), None)
