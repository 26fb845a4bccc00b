"""The command that makes an edit again: of the same sound, with its seed and its settings."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from secondtake.core.edits import FROM_BASELINE, REPAINT, Edit, option_parameter, with_names_of
from secondtake.core.errors import UserError
from secondtake.core.jobs import Job
from secondtake.core.plan import Request, changed_fields, list_jobs
from secondtake.core.project import Project
from secondtake.core.prompts.source_audio import BASELINE, parse_source_audio
from secondtake.core.registry.all_models import MODELS
from secondtake.core.song import Song
from secondtake.core.take_store import TakeStore

NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class EditCommand:
    """A command to type, and what keeps it from making the same take."""

    command: str
    differences: tuple[str, ...]  # in a few words each; none: the same take is made

    @property
    def sentence(self) -> str:
        """What the command does, for a person."""
        if not self.differences:
            return f"to make it again: {self.command}"
        why = ", ".join(self.differences)
        return f"it cannot be made again ({why}); to make another: {self.command}"


def edit_command(job: Job, song: Song, project: Project, store: TakeStore) -> EditCommand:
    """The command that makes an edit again.

    `invoke generate` has no options for a model's own parameters: where the song file does not say
    what the edit was made with, the command is that of the model's script.
    """
    words, differences = _edit_words(job, store)
    checkpoint, typed = "", {}
    try:
        if _asked_job(job, song).checkpoint != job.checkpoint:
            checkpoint = job.checkpoint
        asked = _asked_job(job, song, checkpoint)
        typed = {
            parameter.name: value
            for parameter in MODELS[job.model].parameters
            if not (parameter.option or parameter.parse or parameter.resolve_for_segment)
            and (value := job.settings.get(parameter.name)) is not None
            and value != asked.settings.get(parameter.name)
        }
        differences += _differences(job, _asked_job(job, song, checkpoint, typed))
    except UserError as error:
        differences.append(str(error))
    words += ["--seed", str(job.seed)]
    if typed:
        words = ["--song", project.relative(song.path), "--segment", str(job.segment), *words]
        words += ["--checkpoint", checkpoint] if checkpoint else []
        for name, value in typed.items():
            words += [f"--{name.replace('_', '-')}", str(value)]
        return EditCommand(shlex.join(["nox", "-s", job.model, "--", *words]), tuple(differences))
    words = ["--models", job.model, "--segments", str(job.segment), *words]
    words += ["--checkpoint", f"{job.model}={checkpoint}"] if checkpoint else []
    return EditCommand(project.command("generate", *words, song=song.path), tuple(differences))


def _edit_words(job: Job, store: TakeStore) -> tuple[list[str], list[str]]:
    """The options of the edit, and what is no longer there of its source."""
    repaint = job.settings.get(option_parameter(MODELS[job.model], REPAINT))
    if not repaint:
        return Edit().words, []
    source = parse_source_audio(str(repaint))
    assert source.end is not None  # of a stretch
    edit, take = Edit((source.start, source.end)), store.source_take(source)
    if take and store.is_whole(take):
        return replace(edit, of=take.name).words, []
    return edit.words, [f"{source.label} is no longer here"]


def _asked_job(
    job: Job, song: Song, checkpoint: str = "", typed: Mapping[str, Any] = NOTHING
) -> Job:
    """The job that the song file and what is typed ask for in an edit's place: a take, or a cover.

    UserError if they ask for none.
    """
    settings, model = dict(typed), MODELS[job.model]
    if not job.settings.get(option_parameter(model, REPAINT)):
        settings[option_parameter(model, FROM_BASELINE)] = BASELINE
    checkpoints = {job.model: checkpoint} if checkpoint else None
    request = Request((job.model,), (job.segment,), checkpoints=checkpoints, settings=settings)
    return list_jobs(song, request)[0]


def _differences(job: Job, asked: Job) -> list[str]:
    """What an edit was made of and the song file no longer says, but for its seed and source."""
    asked = replace(asked, seed=job.seed)
    if job.settings.get(option_parameter(MODELS[job.model], REPAINT)):
        options = [parameter.name for parameter in MODELS[job.model].parameters if parameter.option]
        own = {name: job.settings[name] for name in options if name in job.settings}
        asked = replace(asked, seconds=job.seconds, settings={**asked.settings, **own})
    changed = changed_fields(job, with_names_of(job, asked))
    return [f"its {', '.join(changed)} changed since"] if changed else []
