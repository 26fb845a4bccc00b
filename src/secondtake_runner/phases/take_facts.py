"""What a take's record says, for a person to read."""

from collections.abc import Iterator, Mapping
from typing import Any

from secondtake.jobs import Job
from secondtake.models import MODELS
from secondtake.takes import Take
from secondtake_runner.phases import layout, licensing
from secondtake_runner.phases.survey import Standing, Survey
from secondtake_runner.phases.verdicts import MARKS

MAX_DETAIL = 100  # characters; of a model page's own details, longer ones stay in the record
INDENT = "   "  # below the number of its list


def heading(job: Job) -> str:
    """Segment 10 (chorus, "Susurra Conmigo"), take 2."""
    take = f", take {job.take}" if job.take > 1 else ""
    return f"**Segment {job.segment} ({job.kind}, “{layout.words(job.title)}”){take}**"


def facts(survey: Survey, standing: Standing, take: Take) -> str:
    """One take: a heading and a list of facts below it."""
    return heading(take.job) + "\n" + layout.bullets(_facts(survey, standing, take), INDENT)


def asked(job: Job) -> Iterator[str]:
    """What a job asks for, as far as its model listens."""
    model = MODELS[job.model]
    if "prompt" in model.honours:
        yield f"Prompt: {layout.words(job.prompt)}"
    if "style" in model.honours and job.style:
        yield f"Style: {layout.words(job.style)}"
    if "vocal" in model.roles and job.lyrics:
        yield f"Lyrics: {layout.verses(job.lyrics)}"
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
    return layout.words("; ".join([f"checkpoint {job.checkpoint}", *chosen]))


def verdict(survey: Survey, take: Take) -> str:
    """What the verification says of a take, with its findings."""
    judged = survey.verdicts.of(survey.wav_name(take.job.name), take.wav.sha256)
    if judged is None:
        return "not verified yet"
    if not judged.findings:
        return f"{MARKS[judged.verdict]} {judged.verdict}, {layout.many(judged.checks, 'check')}"
    findings = "; ".join(layout.words(finding.sentence()) for finding in judged.findings)
    return f"{MARKS[judged.verdict]} {judged.verdict}: {findings}"


def _facts(survey: Survey, standing: Standing, take: Take) -> Iterator[str]:
    wav, made = take.wav, take.made
    if standing.state == "outdated":
        why = layout.words(survey.here(standing.why))
        yield f"🔁 Out of date: {why}; the next run makes it again"
    yield from _last_attempt(survey, standing)
    yield f"File: {survey.link(survey.wav(take.job.name))}"
    yield f"Duration: {wav.seconds:.2f} seconds (asked for {take.job.seconds:g})"
    yield f"Sample rate: {wav.sample_rate} Hz, {layout.channels(wav.channels)}"
    yield from asked(take.job)
    yield f"Seed: {take.job.seed}"
    device = f"{layout.words(made.device)} ({layout.words(made.dtype)})"
    together = f" in a batch of {made.batch}" if made.batch > 1 else ""
    yield (
        f"Generation: {made.seconds:.1f} s{together} on {device}, after loading for "
        f"{made.load_seconds:.1f} s; peak memory {layout.size(made.peak_memory_bytes)}"
    )
    yield f"Versions: {_versions(made.versions)}; {layout.words(made.platform)}"
    yield licensing.fact(take)
    yield f"Verdict: {verdict(survey, take)}"
    for warning in take.warnings:
        yield f"Warning: {layout.words(survey.here(warning))}"
    yield from _details(take.details)


def _last_attempt(survey: Survey, standing: Standing) -> Iterator[str]:
    outcome = standing.outcome
    if standing.state == "outdated" and outcome and outcome.status in ("failed", "blocked"):
        yield f"The last attempt was {outcome.status}: {layout.words(survey.here(outcome.message))}"


def _versions(versions: Mapping[str, str]) -> str:
    return layout.words(
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
        yield f"Details: {layout.words('; '.join(simple))}"
