"""What is not made: blocked, failed and damaged jobs with what helps, and what is only planned."""

from collections.abc import Iterator, Mapping

from secondtake.models import MODELS
from secondtake_runner.phases import layout, remedies, take_facts
from secondtake_runner.phases.survey import MARKS, Standing, State, Survey

STATE_WORDS: dict[State, str] = {
    "done": "done",
    "outdated": "made, out of date",
    "damaged": "damaged",
    "failed": "failed",
    "blocked": "blocked",
    "skipped": "skipped",
    "pending": "pending",
}


def stuck(survey: Survey, name: str, standings: list[Standing]) -> Iterator[str]:
    """One model's blocked, failed and damaged jobs, those with one reason together."""
    groups: dict[tuple[State, str], list[Standing]] = {}
    for standing in standings:
        if standing.state in ("blocked", "failed", "damaged"):
            groups.setdefault((standing.state, standing.why), []).append(standing)
    for (state, _), alike in groups.items():
        title = f"{STATE_WORDS[state].capitalize()}: {layout.words(MODELS[name].title)}"
        yield f"## {title} {MARKS[state]}"
        yield from _reason(survey, alike[0])
        yield "### Waiting for this"
        yield _planned(survey, alike)


def pending(survey: Survey, by_model: Mapping[str, list[Standing]]) -> Iterator[str]:
    """What was not tried yet, and what a model does not do, model by model."""
    for name, standings in by_model.items():
        waiting = [s for s in standings if s.state == "pending"]
        if waiting:
            yield f"## Pending: {layout.words(MODELS[name].title)} ⏳"
            yield "Planned, and not tried yet:"
            yield _planned(survey, waiting)
        skipped = [s for s in standings if s.state == "skipped"]
        if skipped:
            yield f"## Skipped: {layout.words(MODELS[name].title)} ➖"
            yield layout.bullets(
                f"{take_facts.heading(s.job)}: {layout.words(survey.here(s.why))}" for s in skipped
            )


def _reason(survey: Survey, standing: Standing) -> Iterator[str]:
    yield "### Why"
    yield layout.fence([survey.here(standing.why) or "no reason was noted"])
    outcome = standing.outcome if standing.state != "damaged" else None
    if outcome and outcome.hint:
        yield f"Hint: {layout.words(survey.here(outcome.hint))}"
    yield "### What to do"
    if outcome:
        checkpoint = standing.model.checkpoint(standing.job.checkpoint)
        log = survey.here(outcome.log)
        yield from remedies.remedy(survey, standing.model, checkpoint, outcome.code, log).blocks()
    elif standing.state == "damaged":
        yield "The next run makes it again:"
        command = survey.command("generate-all", "--models", standing.job.model)
        yield layout.fence([command], "bash")
    else:
        yield "Follow the message above, then run again."


def _planned(survey: Survey, standings: list[Standing]) -> str:
    """What would be made: heading, target, what is asked, file; takes of a segment together."""
    together: dict[tuple[int, str], list[Standing]] = {}
    for standing in standings:
        together.setdefault((standing.job.segment, standing.job.model), []).append(standing)
    return layout.numbered(
        take_facts.heading(takes[0].job)
        + "\n"
        + layout.bullets(
            [
                f"Target: {takes[0].job.seconds:g} seconds",
                *take_facts.asked(takes[0].job),
                f"File: {layout.code(survey.wav_name(takes[0].job.name))}",
                _further(survey, takes[1:]),
            ],
            take_facts.INDENT,
        )
        for takes in together.values()
    )


def _further(survey: Survey, takes: list[Standing]) -> str:
    """The same with other seeds, in one line."""
    if not takes:
        return ""
    last = layout.code(survey.wav_name(takes[-1].job.name))
    return f"{layout.many(len(takes), 'further take')} with other seeds, to {last}"
