"""The head of a page: its title, what it is about, and its status in one line.

What may be done with the sound: the licences of the weights that takes were made with.

What a take's record says, for a person to read.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from secondtake.core.jobs import Job
from secondtake.core.licences import terms_of
from secondtake.core.registry.all_models import MODELS
from secondtake.core.takes import Take
from secondtake.runner.progress_pages import markdown
from secondtake.runner.progress_pages.results import MARKS
from secondtake.runner.progress_pages.survey import Standing, Survey

Word = Literal["Done", "Partial", "Blocked", "Pending"]
STATE_MARKS: dict[Word, str] = {"Done": "✅", "Partial": "⚠️", "Blocked": "⚠️", "Pending": "⏳"}
WRITTEN_BY = (
    "*Written by `scripts/write_progress.py` from the song, the records and the files; what is "
    "typed into this page is lost.*"
)


@dataclass(frozen=True)
class Status:
    """One word, and in markdown what it rests on."""

    word: Word
    detail: str = ""

    def line(self) -> str:
        return f"{self.word} {STATE_MARKS[self.word]}" + (
            f" ({self.detail})" if self.detail else ""
        )


def overall(ready: int, blocked: int, wanted: int) -> Word:
    """The status of so many wanted things, of which so many are ready and so many blocked."""
    if wanted and ready >= wanted:
        return "Done"
    if ready:
        return "Partial"
    return "Blocked" if blocked else "Pending"


def head(survey: Survey, number: int, title: str, status: Status, summary: str) -> list[str]:
    """The blocks that open a page. `summary` is markdown."""
    song = (
        f"**Song**: {markdown.words(survey.song.title)} ({survey.link(survey.song.path.resolve())})"
    )
    latest = f"**Latest take**: {latest_take(survey)}" if number >= 3 and survey.latest else ""
    lines = [song, latest, f"**Status**: {status.line()}"]
    troubles = [f"❌ {markdown.words(trouble)}" for trouble in survey.troubles]
    return [
        f"# Phase {number}: {title}",
        markdown.bullets(lines),
        WRITTEN_BY,
        "## Summary",
        summary,
        markdown.bullets(troubles),
    ]


def latest_take(survey: Survey) -> str:
    """2026-11-22 15:34 UTC, from the newest record."""
    day, _, clock = survey.latest.partition("T")
    zone = " UTC" if clock.endswith("+00:00") else ""
    return markdown.words(f"{day} {clock[:5]}{zone}".strip())


NO_ADVICE = "What the licences themselves say, in short and without legal advice:"


def fact(take: Take) -> str:
    """One take's licences in a line of markdown."""
    weights, code = weights_licence(take), take.licence.code or MODELS[take.job.model].code_licence
    if not weights and not take.weights:
        return f"Licence: {markdown.words(code)} (the code; there are no weights)"
    if not weights:
        return f"Licence of the weights: not noted. Of the code: {markdown.words(code)}"
    return f"Licence of the weights: {told(weights)}. Of the code: {markdown.words(code)}"


def section(takes: Iterable[Take]) -> Iterator[str]:
    """Blocks: every model and checkpoint among these takes, and what its licence says."""
    by_licence: dict[str, dict[str, None]] = {}
    for take in takes:
        if licence := weights_licence(take):
            by_licence.setdefault(licence, {})[_made_with(take)] = None
    if by_licence:
        yield "## What may be done with the sound"
        yield NO_ADVICE
        yield markdown.bullets(
            f"**{', '.join(makers)}**: {told(licence)}" for licence, makers in by_licence.items()
        )


def weights_licence(take: Take) -> str:
    """As the record says; for one from before records said it, as the registry does."""
    if take.licence.code:
        return take.licence.weights
    names = {one.name: one.licence for one in MODELS[take.job.model].checkpoints}
    return names.get(take.job.checkpoint, "")


def _made_with(take: Take) -> str:
    checkpoints = MODELS[take.job.model].checkpoints
    titles = [one.title for one in checkpoints if one.name == take.job.checkpoint]
    return markdown.words(titles[0] if titles else f"{take.job.model} {take.job.checkpoint}")


def told(licence: str) -> str:
    """A licence of weights with what is known of it. Markdown."""
    known = terms_of(licence)
    if not known:
        return markdown.words(licence)
    return "; ".join(
        f"{markdown.words(t.name)}: {markdown.words(t.says)} (<{t.page}>)" for t in known
    )


MAX_DETAIL = 100  # characters; of a model page's own details, longer ones stay in the record
INDENT = "   "  # below the number of its list


def heading(job: Job) -> str:
    """Segment 10 (chorus, "Susurra Conmigo"), take 2."""
    take = f", take {job.take}" if job.take > 1 else ""
    return f"**Segment {job.segment} ({job.kind}, “{markdown.words(job.title)}”){take}**"


def facts(survey: Survey, standing: Standing, take: Take) -> str:
    """One take: a heading and a list of facts below it."""
    return heading(take.job) + "\n" + markdown.bullets(_facts(survey, standing, take), INDENT)


def asked(job: Job) -> Iterator[str]:
    """What a job asks for, as far as its model listens."""
    model = MODELS[job.model]
    if "prompt" in model.honours:
        yield f"Prompt: {markdown.words(job.prompt)}"
    if "style" in model.honours and job.style:
        yield f"Style: {markdown.words(job.style)}"
    if "vocal" in model.roles and job.lyrics:
        yield f"Lyrics: {markdown.verses(job.lyrics)}"
    if "bpm" in model.honours:
        yield f"Tempo and key: {job.bpm:g} BPM, {job.key}"
    yield f"Settings: {settings(job)}"


def settings(job: Job) -> str:
    """Checkpoint and parameters."""
    chosen = [
        f"{name} “{value}”" if " " in str(value) else f"{name} {value}"
        for name, value in sorted(job.settings.items())
        if value != ""
    ]
    return markdown.words("; ".join([f"checkpoint {job.checkpoint}", *chosen]))


def verdict(survey: Survey, take: Take) -> str:
    """What the verification says of a take, with its findings."""
    judged = survey.verdicts.of(survey.wav_name(take.job.name), take.wav.sha256)
    if judged is None:
        return "not verified yet"
    if not judged.findings:
        return f"{MARKS[judged.verdict]} {judged.verdict}, {markdown.many(judged.checks, 'check')}"
    findings = "; ".join(markdown.words(finding.sentence()) for finding in judged.findings)
    return f"{MARKS[judged.verdict]} {judged.verdict}: {findings}"


def _facts(survey: Survey, standing: Standing, take: Take) -> Iterator[str]:
    wav, made = take.wav, take.made
    if standing.state == "outdated":
        why = markdown.words(survey.here(standing.why))
        yield f"🔁 Out of date: {why}; the next run makes it again"
    yield from _last_attempt(survey, standing)
    yield f"File: {survey.link(survey.wav(take.job.name))}"
    yield f"Duration: {wav.seconds:.2f} seconds (asked for {take.job.seconds:g})"
    yield f"Sample rate: {wav.sample_rate} Hz, {markdown.channels(wav.channels)}"
    yield from asked(take.job)
    yield f"Seed: {take.job.seed}"
    device = f"{markdown.words(made.device)} ({markdown.words(made.dtype)})"
    together = f" in a batch of {made.batch}" if made.batch > 1 else ""
    yield (
        f"Generation: {made.seconds:.1f} s{together} on {device}, after loading for "
        f"{made.load_seconds:.1f} s; peak memory {markdown.size(made.peak_memory_bytes)}"
    )
    yield f"Versions: {_versions(made.versions)}; {markdown.words(made.platform)}"
    yield fact(take)
    yield f"Verdict: {verdict(survey, take)}"
    for warning in take.warnings:
        yield f"Warning: {markdown.words(survey.here(warning))}"
    yield from _details(take.details)


def _last_attempt(survey: Survey, standing: Standing) -> Iterator[str]:
    outcome = standing.outcome
    if standing.state == "outdated" and outcome and outcome.status in ("failed", "blocked"):
        message = markdown.words(survey.here(outcome.message))
        yield f"The last attempt was {outcome.status}: {message}"


def _versions(versions: Mapping[str, str]) -> str:
    return markdown.words(
        ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))
    )


def _details(details: Mapping[str, Any]) -> Iterator[str]:
    """What the model's page adds, as far as it is simple; the rest is in the record."""
    simple = []
    for name, value in sorted(details.items()):
        if isinstance(value, list) and any(isinstance(one, dict | list) for one in value):
            continue
        text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        if isinstance(value, str | int | float | list) and 0 < len(text) <= MAX_DETAIL:
            simple.append(f"{name.replace('_', ' ')}: {text}")
    if simple:
        yield f"Details: {markdown.words('; '.join(simple))}"
