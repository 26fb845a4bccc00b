"""Which models of a song ran, in a sentence, and what stands in the way of the others."""

from collections.abc import Sequence
from dataclasses import dataclass

from secondtake.core.formatting import plural
from secondtake.core.registry.all_models import MODELS
from secondtake.runner.progress_pages import remedies
from secondtake.runner.progress_pages.best_takes import take_groups
from secondtake.runner.progress_pages.phase3_generation import GATED, ModelStatus
from secondtake.runner.progress_pages.survey import JobStatus, SongStatus, State, group_by


@dataclass(frozen=True)
class Obstacle:
    """Jobs of one model that were not made, for one reason, and what to type."""

    title: str
    state: str
    jobs: int
    why: str
    hint: str
    gate: str  # page on which a person accepts the licence
    commands: list[str]


def model_statuses(status: SongStatus) -> list[ModelStatus]:
    """The song's models, the control last."""
    by_model = group_by(status.jobs, lambda entry: entry.job.model)
    models = [
        ModelStatus(MODELS[name], by_model[name], take_groups(status, by_model[name]))
        for name in MODELS
        if name in by_model
    ]
    return sorted(models, key=lambda entry: entry.model.is_control)


def who_ran(models: Sequence[ModelStatus]) -> str:
    """Which models made takes. The control is none."""
    asked = [entry for entry in models if not entry.model.is_control]
    ran = [entry.model.title for entry in asked if entry.takes]
    control = next((entry.model.title for entry in models if entry.model.is_control), "")
    control_ran = any(entry.takes for entry in models if entry.model.is_control)
    if not asked:
        return (
            f"The song asks no model of music, only {control}." if control else "No model is asked."
        )
    if not ran:
        none = f"None of the {len(asked)} models asked has made a take yet"
        if len(asked) == 1:
            none = f"The one model asked, {asked[0].model.title}, has made no take yet"
        rest = f": only {control} ran, which follows rules and is no model of music" * control_ran
        return f"{none}{rest}."
    if len(asked) == 1:
        return f"The one model asked, {ran[0]}, made takes on this machine."
    share = "All" if len(ran) == len(asked) else f"{len(ran)} of"
    return f"{share} {plural(len(asked), 'model')} made takes on this machine: {_listed(ran)}."


def asked_of(models: Sequence[ModelStatus]) -> str:
    """Whom the segments are asked of: 2 models (Bark and MusicGen) and of the control."""
    titles = [entry.model.title for entry in models if not entry.model.is_control]
    with_control = len(titles) < len(models)
    if not titles:
        return "the control alone" if with_control else "no model"
    asked = f"{plural(len(titles), 'model')} ({_listed(titles)})"
    return f"{asked} and of the control" if with_control else asked


def name_control_once(
    sentences: Sequence[str], models: Sequence[ModelStatus], is_known: bool = False
) -> list[str]:
    """Sentences in which the control has its title once, and is "the control" from then on.

    is_known: its title was there before.
    """
    title = next((entry.model.title for entry in models if entry.model.is_control), "")
    shortened = []
    for sentence in sentences:
        text = sentence
        if title and title in text:
            first, *others = text.split(title)
            names = ["the control"] * len(others)
            if not is_known:
                names[0], is_known = title, True
            elif not first:
                names[0] = "The control"
            text = first + "".join(name + rest for name, rest in zip(names, others, strict=True))
        shortened.append(text)
    return shortened


def obstacles(status: SongStatus, models: Sequence[ModelStatus]) -> list[Obstacle]:
    """What was not made, by model and reason."""
    return [
        _obstacle(status, model, jobs)
        for model in models
        for jobs in [*model.stuck, *_alike(model, "pending"), *_alike(model, "skipped")]
    ]


def _listed(names: Sequence[str]) -> str:
    """Bark, MusicGen and Stable Audio."""
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def _alike(model: ModelStatus, state: State) -> list[list[JobStatus]]:
    """The jobs of one state, those with one reason together."""
    return list(group_by(model.with_state(state), lambda entry: entry.why).values())


def _obstacle(status: SongStatus, model: ModelStatus, jobs: list[JobStatus]) -> Obstacle:
    first, outcome = jobs[0], jobs[0].outcome
    checkpoint = model.model.checkpoint(first.job.checkpoint)
    commands = [status.command_to_make(first)]
    hint = gate = ""
    if first.state in ("blocked", "failed") and outcome:
        remedy = remedies.remedy(
            status, model.model, checkpoint, outcome.code, "", first.edit_command
        )
        hint, commands = outcome.hint, remedy.commands
        gate = checkpoint.gate if outcome.code in GATED else ""
    return Obstacle(
        title=model.model.title,
        state=first.state,
        jobs=len(jobs),
        why=status.shorten_paths(first.why) or "no reason was noted",
        hint=status.shorten_paths(hint),
        gate=gate,
        commands=[] if first.waits or first.state == "skipped" else commands,
    )
