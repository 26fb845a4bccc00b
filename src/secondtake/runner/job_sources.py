"""A recorded job as the registry and the files of today can do it again.

A job names the files that it reads (a recording, a take, a voice) by path and sha256. The bytes
decide: a file of another name will do, if it has them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from secondtake.core.constraints import check_job, device_of
from secondtake.core.devices import accelerators
from secondtake.core.errors import ModelError, UnsupportedError, UserError
from secondtake.core.jobs import Job
from secondtake.core.prompts.source_audio import Baseline
from secondtake.core.registry.all_models import MODELS
from secondtake.core.registry.spec import DEVICES, ModelSpec
from secondtake.core.take_files import discarded_folder
from secondtake.core.take_store import TakeStore
from secondtake.core.takes import Take, takes_folder
from secondtake.core.validation import did_you_mean, shorten_repr
from secondtake.runner.take_lookup import FoundTake

# "data/song.wav@31.5-43.5@sha256:…" and "voices/me.npz@sha256:…"
FILE_SETTING = re.compile(r"(?s)(.+?)((?:@[0-9.]+-[0-9.]*)?@sha256:([0-9a-f]{64}))")


@dataclass(frozen=True)
class _NoBaseline:
    """A segment of which nothing is known."""

    number: int
    baseline: Baseline | None = None


def job_of_today(found: FoundTake, take: Take, device: str) -> Job:
    """The job of a record, its files where they are now, with the defaults of later parameters.

    ModelError environment, with the remedy, where the registry has no such model, checkpoint or
    setting any more, or where no file has the bytes of one that the take was made of.
    """
    job = take.job
    model = _model_of(job)
    known = {parameter.name for parameter in model.parameters}
    gone = [name for name, value in job.settings.items() if name not in known and value]
    if gone:
        raise _outgrown(job, f"{model.title} has no setting {' and '.join(gone)} any more")
    own = {name: value for name, value in job.settings.items() if name in known}
    settings = {**_defaults(model, job, own), **own}
    settings = {name: _located(found, name, value) for name, value in settings.items()}
    again = replace(job, settings=settings)
    try:
        check_job(again, device_of(model, device))
    except UnsupportedError as error:
        message = f"{model.name}: {error.key}: {error.message}"
        raise ModelError("environment", message, _as_it_was(job)) from None
    return again


def device_for(take: Take, asked: str) -> str:
    """The device to make a take on: the one asked for, else its record's if that is here.

    UserError if this machine has not what was asked for.
    """
    here = (*accelerators(), "cpu")
    recorded = take.made.device.partition(":")[0]
    if not asked:
        return recorded if recorded in here and recorded in DEVICES else "auto"
    if asked.lower() not in DEVICES:
        hint = did_you_mean(asked, DEVICES)
        raise UserError(f"--device: no device {shorten_repr(asked)}; {hint}")
    if asked.lower() not in ("auto", *here):
        choices = " or ".join(["auto", *here])
        raise UserError(f"--device: this machine shows no {asked}; use --device {choices}")
    return asked.lower()


def _model_of(job: Job) -> ModelSpec:
    model = MODELS.get(job.model)
    if model is None:
        raise _outgrown(job, f"the registry has no model {shorten_repr(job.model)} any more")
    names = [checkpoint.name for checkpoint in model.checkpoints]
    if job.checkpoint not in names:
        name = shorten_repr(job.checkpoint)
        raise _outgrown(job, f"{model.title} has no checkpoint {name} any more")
    return model


def _outgrown(job: Job, message: str) -> ModelError:
    return ModelError("environment", message, _as_it_was(job))


def _as_it_was(job: Job) -> str:
    registry = f"src/secondtake/core/registry/{job.model}.py"
    return f"check out a version that made such takes; to find it: git log --oneline -- {registry}"


def _defaults(model: ModelSpec, job: Job, own: dict[str, Any]) -> dict[str, Any]:
    """The values of parameters that are newer than the record."""
    settings = {**model.settings(model.checkpoint(job.checkpoint), {}), **own}
    resolved = {
        parameter.name: parameter.resolve_for_segment(
            settings[parameter.name], _NoBaseline(job.segment), model.name
        )
        for parameter in model.parameters
        if parameter.resolve_for_segment and parameter.name not in own
    }
    return {**settings, **resolved}


def _located(found: FoundTake, name: str, value: Any) -> Any:
    """A setting, with the path where the bytes that it names are now."""
    match = FILE_SETTING.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return value
    path, rest, sha256 = match.groups()
    root = found.project.root
    if _has_bytes(found.store, root / path, sha256):
        return value
    for other in _candidates(found.store, root / path, sha256):
        if _has_bytes(found.store, other, sha256):
            return f"{found.project.relative(other)}{rest}"
    state = "is another sound now" if (root / path).is_file() else "is gone"
    message = f"the {name} of {found.name} is {path} (sha256 {sha256[:8]}…), which {state}"
    is_take = (root / path).parent == takes_folder(found.store.results)
    restore = "make that take again first, or" if is_take else "put the recording back there, or"
    raise ModelError(
        "environment", message, f"{restore} a copy of it beside it, under any name; then again"
    )


def _candidates(store: TakeStore, path: Path, sha256: str) -> Iterator[Path]:
    """Where the bytes of a file may be now: among the takes, in the bin, beside where it was."""
    for folder, takes in (
        (takes_folder(store.results), store.files.takes),
        (discarded_folder(store.results), store.discarded.takes),
    ):
        yield from (folder / t.wav.file for t in takes.values() if t.wav.sha256 == sha256)
    if path.parent.is_dir():
        same_kind = (p for p in path.parent.iterdir() if p.suffix.lower() == path.suffix.lower())
        yield from sorted(same_kind)


def _has_bytes(store: TakeStore, path: Path, sha256: str) -> bool:
    try:
        return path.is_file() and store.hashes.sha256(path) == sha256
    except OSError:
        return False
