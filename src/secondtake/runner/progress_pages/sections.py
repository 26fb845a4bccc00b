"""Parts that several pages share: the status in a word, the facts of a record, and licences."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from secondtake.core.jobs import Job
from secondtake.core.licences import terms_of
from secondtake.core.registry.all_models import MODELS
from secondtake.core.takes import Take
from secondtake.runner.progress_pages.markdown import Markdown, address, escape
from secondtake.runner.progress_pages.survey import SongStatus

Word = Literal["Done", "Partial", "Blocked", "Pending"]
WORD_MARKS: dict[Word, str] = {"Done": "✅", "Partial": "⚠️", "Blocked": "⚠️", "Pending": "⏳"}
MAX_DETAIL = 100  # characters; of a model page's own details, longer ones stay in the record


@dataclass(frozen=True)
class Page:
    """The context of every template: the song, and the page's own status in a word."""

    status: SongStatus
    word: Word

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
    """Checkpoint and parameters of a job."""
    parameters = [
        f"{name} “{value}”" if " " in str(value) else f"{name} {value}"
        for name, value in sorted(job.settings.items())
        if value != ""
    ]
    return "; ".join([f"checkpoint {job.checkpoint}", *parameters])


def versions(packages: Mapping[str, str]) -> str:
    """Packages and their versions."""
    return ", ".join(f"{name} {version}" for name, version in sorted(packages.items()))


def details(facts: Mapping[str, Any]) -> str:
    """The facts that a model's page adds, as far as they are simple."""
    simple = []
    for name, value in sorted(facts.items()):
        if isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
            continue
        text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        if isinstance(value, str | int | float | list) and 0 < len(text) <= MAX_DETAIL:
            simple.append(f"{name.replace('_', ' ')}: {text}")
    return "; ".join(simple)


def licence_line(take: Take) -> Markdown:
    """The licences of a take's weights and of its model's code."""
    weights, code = weights_licence(take), take.licence.code or MODELS[take.job.model].code_licence
    if weights:
        line = Markdown("Licence of the weights: {}. Of the code: {}")
        return line.format(licence_terms(weights), code)
    if take.weights:
        return Markdown("Licence of the weights: not noted. Of the code: {}").format(code)
    return Markdown("Licence: {} (the code; there are no weights)").format(code)


def weights_licence(take: Take) -> str:
    """The licence in the record; that of the registry where the record is older than the field."""
    if take.licence.code:
        return take.licence.weights
    licences = {weights.name: weights.licence for weights in MODELS[take.job.model].checkpoints}
    return licences.get(take.job.checkpoint, "")


def licence_terms(licence: str) -> Markdown:
    """A licence of weights with what it says of use and sound, and a link."""
    terms = [
        Markdown("{}: {} ({})").format(term.name, term.says, address(term.page))
        for term in terms_of(licence)
    ]
    return Markdown("; ").join(terms) if terms else escape(licence)


def licensed_checkpoints(takes: Iterable[Take]) -> dict[str, list[str]]:
    """The checkpoints that takes were made with, by the licence of their weights."""
    checkpoints: dict[str, dict[str, None]] = {}
    for take in takes:
        if licence := weights_licence(take):
            checkpoints.setdefault(licence, {})[_checkpoint_title(take)] = None
    return {licence: list(titles) for licence, titles in checkpoints.items()}


def _checkpoint_title(take: Take) -> str:
    titles = {weights.name: weights.title for weights in MODELS[take.job.model].checkpoints}
    return titles.get(take.job.checkpoint, f"{take.job.model} {take.job.checkpoint}")
