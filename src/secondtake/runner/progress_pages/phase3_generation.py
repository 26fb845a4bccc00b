"""Phase 3: generation, model by model: what was made, what is blocked and why, what is planned.

What is not made: blocked, failed and damaged jobs with what helps, and what is only planned.

What the records teach. Every sentence rests on figures that they hold.
"""

from collections.abc import Iterator, Mapping

from secondtake.core.registry.all_models import MODELS
from secondtake.core.registry.spec import Model
from secondtake.core.takes import Take, work_seconds
from secondtake.runner.progress_pages import best_takes, markdown, remedies, sections
from secondtake.runner.progress_pages.sections import Status, head, overall
from secondtake.runner.progress_pages.survey import MARKS, Standing, State, Survey

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
        title = f"{STATE_WORDS[state].capitalize()}: {markdown.words(MODELS[name].title)}"
        yield f"## {title} {MARKS[state]}"
        yield from _reason(survey, alike[0])
        yield "### Waiting for this"
        yield _planned(survey, alike)


def pending(survey: Survey, by_model: Mapping[str, list[Standing]]) -> Iterator[str]:
    """What was not tried yet, and what a model does not do, model by model."""
    for name, standings in by_model.items():
        waiting = [s for s in standings if s.state == "pending"]
        if waiting:
            yield f"## Pending: {markdown.words(MODELS[name].title)} ⏳"
            yield "Planned, and not tried yet:"
            yield _planned(survey, waiting)
        skipped = [s for s in standings if s.state == "skipped"]
        if skipped:
            yield f"## Skipped: {markdown.words(MODELS[name].title)} ➖"
            yield markdown.bullets(
                f"{sections.heading(s.job)}: {markdown.words(survey.here(s.why))}" for s in skipped
            )


def _reason(survey: Survey, standing: Standing) -> Iterator[str]:
    yield "### Why"
    yield markdown.fence([survey.here(standing.why) or "no reason was noted"])
    outcome = standing.outcome if standing.state != "damaged" else None
    if outcome and outcome.hint:
        yield f"Hint: {markdown.words(survey.here(outcome.hint))}"
    yield "### What to do"
    if outcome:
        checkpoint = standing.model.checkpoint(standing.job.checkpoint)
        log = survey.here(outcome.log)
        yield from remedies.remedy(survey, standing.model, checkpoint, outcome.code, log).blocks()
    elif standing.state == "damaged":
        yield "The next run makes it again:"
        command = survey.command("generate-all", "--models", standing.job.model)
        yield markdown.fence([command], "bash")
    else:
        yield "Follow the message above, then run again."


def _planned(survey: Survey, standings: list[Standing]) -> str:
    """What would be made: heading, target, what is asked, file; takes of a segment together."""
    together: dict[tuple[int, str], list[Standing]] = {}
    for standing in standings:
        together.setdefault((standing.job.segment, standing.job.model), []).append(standing)
    return markdown.numbered(
        sections.heading(takes[0].job)
        + "\n"
        + markdown.bullets(
            [
                f"Target: {takes[0].job.seconds:g} seconds",
                *sections.asked(takes[0].job),
                f"File: {markdown.code(survey.wav_name(takes[0].job.name))}",
                _further(survey, takes[1:]),
            ],
            sections.INDENT,
        )
        for takes in together.values()
    )


def _further(survey: Survey, takes: list[Standing]) -> str:
    """The same with other seeds, in one line."""
    if not takes:
        return ""
    last = markdown.code(survey.wav_name(takes[-1].job.name))
    return f"{markdown.many(len(takes), 'further take')} with other seeds, to {last}"


def blocks(survey: Survey) -> list[str]:
    """The section, or nothing where there is nothing to learn yet."""
    lines = [
        line
        for name in MODELS
        if (takes := [s for s in survey.takes if s.job.model == name])
        for line in _of_model(name, takes)
    ]
    lines += _gates(survey)
    return ["## What the records show", markdown.bullets(lines)] if lines else []


def _of_model(name: str, takes: list[Standing]) -> Iterator[str]:
    title = markdown.words(MODELS[name].title)
    made = [standing.take for standing in takes if standing.take]
    for device in sorted({take.made.device for take in made}):
        here = [take for take in made if take.made.device == device]
        sound = sum(take.wav.seconds for take in here)
        spent = work_seconds(here)
        if sound:
            yield (
                f"{title} on {markdown.words(device)}: {spent / sound:.2g} s of work for a "
                f"second of sound ({markdown.many(len(here), 'take')}), after loading for "
                f"{max(take.made.load_seconds for take in here):.1f} s"
            )
    ignored = sorted({fact for take in made for fact in take.job.ignored})
    if ignored:
        prompted = ", beyond what its prompt says" if "prompt" in MODELS[name].honours else ""
        yield f"{title} does not know of{prompted}: {markdown.words(', '.join(ignored))}"
    off = [take for take in made if abs(take.wav.seconds - take.job.seconds) > 0.5]
    if off and not MODELS[name].exact_length:
        yield f"{title} ends by itself: it made {', '.join(_lengths(off))}"


def _lengths(takes: list[Take]) -> Iterator[str]:
    """How long takes became for what was asked: those of one segment together."""
    for number in dict.fromkeys(take.job.segment for take in takes):
        alike = [take for take in takes if take.job.segment == number]
        made = [take.wav.seconds for take in alike]
        long = f"{made[0]:.1f}" if len(made) == 1 else best_takes.spread(made, 1)
        yield f"{long} s for {alike[0].job.seconds:g} s"


def _gates(survey: Survey) -> Iterator[str]:
    """A licence or a token is a person's to give, as outcomes say."""
    codes = ("no_token", "bad_token", "terms")
    stuck = {s.job.model for s in survey.of("blocked") if s.outcome and s.outcome.code in codes}
    for name in sorted(stuck):
        title = markdown.words(MODELS[name].title)
        yield f"{title} is gated: no program can accept its licence for you"


TITLE = "Generation by local models"


def write(survey: Survey) -> str:
    """The page."""
    by_model = _by_model(survey)
    return markdown.page(
        [
            *head(survey, 3, TITLE, _status(survey, by_model), _summary(survey, by_model)),
            "## Every file at a glance",
            _glance(survey),
            *(block for m, all_of_it in by_model.items() for block in _made(survey, m, all_of_it)),
            *(block for m, all_of_it in by_model.items() for block in stuck(survey, m, all_of_it)),
            *pending(survey, by_model),
            *_unplanned(survey),
            *blocks(survey),
            "## Next steps",
            _next(survey, by_model),
        ]
    )


def _by_model(survey: Survey) -> dict[str, list[Standing]]:
    return {
        name: mine
        for name in MODELS
        if (mine := [standing for standing in survey.standings if standing.job.model == name])
    }


def _status(survey: Survey, by_model: dict[str, list[Standing]]) -> Status:
    wanted = [standing for standing in survey.standings if standing.state != "skipped"]
    done, stuck = survey.of("done"), survey.of("blocked", "failed", "damaged")
    detail = ", ".join(
        f"{markdown.words(MODELS[n].title)} {_state(all_)}" for n, all_ in by_model.items()
    )
    word = overall(len(done), len(stuck), len(wanted))
    return Status("Partial" if word != "Done" and survey.takes else word, detail)


def _state(standings: list[Standing]) -> str:
    """A model's state in a mark and a word: all alike, or how many are done."""
    states = {standing.state for standing in standings if standing.state != "skipped"}
    if len(states) <= 1:
        state: State = states.pop() if states else "skipped"
        return f"{MARKS[state]} {STATE_WORDS[state]}"
    done = sum(standing.state == "done" for standing in standings)
    return f"⚠️ {done} of {len(standings)} done"


def _summary(survey: Survey, by_model: dict[str, list[Standing]]) -> str:
    lines = []
    for name, standings in by_model.items():
        seconds = sum(s.playable.wav.seconds for s in standings if s.playable)
        made = sum(bool(s.playable) for s in standings)
        sound = f", {seconds:.1f} s of sound" if made else ""
        takes = markdown.many(len(standings), "take")
        state = f"{_state(standings)} ({made} of {takes} to play{sound})"
        lines.append(f"{_label(MODELS[name])}: {state}")
    opening = "Every segment of the song, made again by models on this machine."
    return f"{opening}\n\n{markdown.bullets(lines)}"


def _label(model: Model) -> str:
    """A model's name, and what it is where it is no model of music."""
    note = f", {markdown.words(model.note)}" if model.note else ""
    return f"**{markdown.words(model.title)}**{note}"


def _glance(survey: Survey) -> str:
    rows = []
    chosen = {one.first.job.name: one for one in best_takes.choices(survey, survey.standings)}
    shown = [s for s in survey.standings if not s.playable or s.job.name in chosen]
    for standing in sorted(shown, key=lambda s: s.job.segment):
        job, take = standing.job, standing.playable
        one = chosen.get(job.name)
        name = survey.wav_name(job.name)
        rows.append(
            (
                f"{job.segment} {job.kind}",
                one.label if one and one.several else markdown.words(standing.model.title),
                survey.link(survey.wav(job.name)) if take else markdown.code(name),
                f"{MARKS[standing.state]} {STATE_WORDS[standing.state]}",
                f"{take.wav.seconds:.2f} s" if take else "",
                f"{job.seconds:g} s",
                f"{take.wav.sample_rate} Hz" if take else "",
            )
        )
    head_row = ("segment", "model", "file", "state", "duration", "asked for", "sample rate")
    return markdown.table(head_row, rows)


def _made(survey: Survey, name: str, standings: list[Standing]) -> Iterator[str]:
    made = best_takes.choices(survey, standings)
    if made:
        model = MODELS[name]
        mark = "✅" if all(s.state == "done" for one in made for s in one.standings) else "🔁"
        yield f"## Completed: {markdown.words(model.title)} {mark}"
        yield f"*{markdown.words(model.note.capitalize())}.*" if model.note else ""
        yield markdown.numbered(
            sections.facts(survey, one.first, take) for one in made if (take := one.first.playable)
        )
        yield from (block for one in made if one.several for block in _takes(survey, one))


def _takes(survey: Survey, several: best_takes.Choice) -> Iterator[str]:
    """All takes of one segment by one model: which is the best and why, and how they lie."""
    job = several.first.job
    count, title = len(several.standings), markdown.words(several.first.model.title)
    yield f"### Segment {job.segment}: {count} takes by {title}"
    yield best_takes.explained(survey, several)
    yield from best_takes.table(survey, several)


def _unplanned(survey: Survey) -> Iterator[str]:
    if survey.unplanned:
        yield "## No longer planned"
        yield "Takes of this song that the song file no longer asks for. They are kept:"
        yield markdown.bullets(
            f"{survey.link(survey.wav(take.job.name))} ({take.wav.seconds:.2f} s)"
            for take in survey.unplanned
        )


def _next(survey: Survey, by_model: dict[str, list[Standing]]) -> str:
    stuck = [n for n, all_ in by_model.items() if any(_is_stuck(s) for s in all_)]
    waiting = survey.of("pending", "outdated")
    unverified = [s for s in survey.takes if not _is_verified(survey, s)]
    titles = ", ".join(markdown.words(MODELS[name].title) for name in stuck)
    phase_4 = survey.link(survey.folder / "PHASE4_PROGRESS.md", "Phase 4: analysis")
    return markdown.numbered(
        [
            f"Unblock {titles}: the steps are above" if stuck else "",
            f"Make what is planned: {_typed(survey, 'generate-all')}" if waiting else "",
            f"Check the files: {_typed(survey, 'verify')}" if unverified else "",
            f"Go on to {phase_4}" if survey.takes else "",
        ]
    )


def _typed(survey: Survey, verb: str) -> str:
    return markdown.code(survey.command(verb))


def _is_stuck(standing: Standing) -> bool:
    return standing.state in ("blocked", "failed", "damaged")


def _is_verified(survey: Survey, standing: Standing) -> bool:
    take = standing.playable
    name = survey.wav_name(standing.job.name)
    return bool(take and survey.verdicts.of(name, take.wav.sha256))
