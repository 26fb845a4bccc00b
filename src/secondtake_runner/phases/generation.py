"""Phase 3: generation, model by model: what was made, what is blocked and why, what is planned."""

from collections.abc import Iterator

from secondtake.model import Model
from secondtake.models import MODELS
from secondtake_runner.phases import choice, layout, lessons, take_facts, waiting
from secondtake_runner.phases.head import Status, head, overall
from secondtake_runner.phases.survey import MARKS, Standing, State, Survey
from secondtake_runner.phases.waiting import STATE_WORDS

TITLE = "Generation by local models"


def write(survey: Survey) -> str:
    """The page."""
    by_model = _by_model(survey)
    return layout.page(
        [
            *head(survey, 3, TITLE, _status(survey, by_model), _summary(survey, by_model)),
            "## Every file at a glance",
            _glance(survey),
            *(block for m, all_of_it in by_model.items() for block in _made(survey, m, all_of_it)),
            *(
                block
                for m, all_of_it in by_model.items()
                for block in waiting.stuck(survey, m, all_of_it)
            ),
            *waiting.pending(survey, by_model),
            *_unplanned(survey),
            *lessons.blocks(survey),
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
        f"{layout.words(MODELS[n].title)} {_state(all_)}" for n, all_ in by_model.items()
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
        takes = layout.many(len(standings), "take")
        state = f"{_state(standings)} ({made} of {takes} to play{sound})"
        lines.append(f"{_label(MODELS[name])}: {state}")
    opening = "Every segment of the song, made again by models on this machine."
    return f"{opening}\n\n{layout.bullets(lines)}"


def _label(model: Model) -> str:
    """A model's name, and what it is where it is no model of music."""
    note = f", {layout.words(model.note)}" if model.note else ""
    return f"**{layout.words(model.title)}**{note}"


def _glance(survey: Survey) -> str:
    rows = []
    chosen = {one.first.job.name: one for one in choice.choices(survey, survey.standings)}
    shown = [s for s in survey.standings if not s.playable or s.job.name in chosen]
    for standing in sorted(shown, key=lambda s: s.job.segment):
        job, take = standing.job, standing.playable
        one = chosen.get(job.name)
        name = survey.wav_name(job.name)
        rows.append(
            (
                f"{job.segment} {job.kind}",
                one.label if one and one.several else layout.words(standing.model.title),
                survey.link(survey.wav(job.name)) if take else layout.code(name),
                f"{MARKS[standing.state]} {STATE_WORDS[standing.state]}",
                f"{take.wav.seconds:.2f} s" if take else "",
                f"{job.seconds:g} s",
                f"{take.wav.sample_rate} Hz" if take else "",
            )
        )
    head_row = ("segment", "model", "file", "state", "duration", "asked for", "sample rate")
    return layout.table(head_row, rows)


def _made(survey: Survey, name: str, standings: list[Standing]) -> Iterator[str]:
    made = choice.choices(survey, standings)
    if made:
        model = MODELS[name]
        mark = "✅" if all(s.state == "done" for one in made for s in one.standings) else "🔁"
        yield f"## Completed: {layout.words(model.title)} {mark}"
        yield f"*{layout.words(model.note.capitalize())}.*" if model.note else ""
        yield layout.numbered(
            take_facts.facts(survey, one.first, take)
            for one in made
            if (take := one.first.playable)
        )
        yield from (block for one in made if one.several for block in _takes(survey, one))


def _takes(survey: Survey, several: choice.Choice) -> Iterator[str]:
    """All takes of one segment by one model: which is the best and why, and how they lie."""
    job = several.first.job
    count, title = len(several.standings), layout.words(several.first.model.title)
    yield f"### Segment {job.segment}: {count} takes by {title}"
    yield choice.explained(survey, several)
    yield from choice.table(survey, several)


def _unplanned(survey: Survey) -> Iterator[str]:
    if survey.unplanned:
        yield "## No longer planned"
        yield "Takes of this song that the song file no longer asks for. They are kept:"
        yield layout.bullets(
            f"{survey.link(survey.wav(take.job.name))} ({take.wav.seconds:.2f} s)"
            for take in survey.unplanned
        )


def _next(survey: Survey, by_model: dict[str, list[Standing]]) -> str:
    stuck = [n for n, all_ in by_model.items() if any(_is_stuck(s) for s in all_)]
    waiting = survey.of("pending", "outdated")
    unverified = [s for s in survey.takes if not _is_verified(survey, s)]
    titles = ", ".join(layout.words(MODELS[name].title) for name in stuck)
    phase_4 = survey.link(survey.folder / "PHASE4_PROGRESS.md", "Phase 4: analysis")
    return layout.numbered(
        [
            f"Unblock {titles}: the steps are above" if stuck else "",
            f"Make what is planned: {_typed(survey, 'generate-all')}" if waiting else "",
            f"Check the files: {_typed(survey, 'verify')}" if unverified else "",
            f"Go on to {phase_4}" if survey.takes else "",
        ]
    )


def _typed(survey: Survey, verb: str) -> str:
    return layout.code(survey.command(verb))


def _is_stuck(standing: Standing) -> bool:
    return standing.state in ("blocked", "failed", "damaged")


def _is_verified(survey: Survey, standing: Standing) -> bool:
    take = standing.playable
    name = survey.wav_name(standing.job.name)
    return bool(take and survey.verdicts.of(name, take.wav.sha256))
