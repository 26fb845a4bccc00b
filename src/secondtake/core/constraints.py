"""What a model cannot do, of what a job asks: said when it is planned, and by workers in the same
words.

The limits are data of the registry (Checkpoint, Parameter, ModelSpec), and the rules that are more
than a limit are functions named there. A worker calls `check_job` too, for it may be given any
job; what is left to it besides is what only weights, or a model's own libraries, can tell.
"""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from secondtake.core.devices import accelerators, fastest_device, processor_computes
from secondtake.core.errors import UnsupportedError, UserError
from secondtake.core.jobs import Job
from secondtake.core.project import DEFAULT_SONG
from secondtake.core.registry.all_models import MODELS
from secondtake.core.registry.spec import Checkpoint, ModelSpec, Parameter
from secondtake.core.song import Segment, Song, import_words


def check_jobs(jobs: Sequence[Job], song: Song, device: str = "auto") -> None:
    """UserError naming file, segment, model, key, value, limit and remedy of the first job that
    its model would refuse; or the device, if this machine has no such."""
    if device != "auto" and any(device in MODELS[job.model].devices for job in jobs):
        here = (*accelerators(), "cpu")
        if device not in here:
            choices = " or ".join(["auto", *here])
            raise UserError(f"--device: this machine shows no {device}; use --device {choices}")
    segments = {segment.number: segment for segment in song.segments}
    devices = {name: device_of(MODELS[name], device) for name in {job.model for job in jobs}}
    for job in jobs:
        if job.take > 1 and not job.is_edit:  # further takes differ in their seeds alone
            continue
        segment, model = segments[job.segment], MODELS[job.model]
        try:
            check_job(job, devices[job.model])
            for parameter in model.parameters:
                if parameter.check_for_segment:
                    value = job.settings[parameter.name]
                    command = _import_command(song, segment)
                    parameter.check_for_segment(parameter.name, value, segment, command)
        except UnsupportedError as error:
            options = {entry.name: entry.option for entry in model.parameters}
            key = options.get(error.key) or error.key  # as it was typed
            where = f"{song.path}: segment {job.segment}: {model.name}: {key}"
            raise UserError(f"{where}: {error.message}; {error.hint}") from None


def _import_command(song: Song, segment: Segment) -> str:
    """The command that brings in a segment's baseline, and names a song that is not the usual."""
    usual = Path(DEFAULT_SONG).parts
    named = () if song.path.parts[-len(usual) :] == usual else ("--song", str(song.path))
    return shlex.join(["invoke", *import_words(song, segment), *named])


def device_of(model: ModelSpec, device: str) -> str:
    """The device that a model runs on where `device` is asked for: that, or the fastest it can."""
    return device if device in model.devices else fastest_device(model.devices)


def check_job(job: Job, device: str) -> None:
    """UnsupportedError if its model cannot do a job on that device (cpu, cuda, cuda:1, mps)."""
    model = MODELS[job.model]
    checkpoint = model.checkpoint(job.checkpoint)
    check_limits(model, checkpoint, job.seconds, job.bpm, job.settings)
    for parameter in model.parameters:
        _check_value(parameter, job.settings[parameter.name], model, checkpoint, device)
    if model.check:
        model.check(job)


def check_limits(
    model: ModelSpec,
    checkpoint: Checkpoint,
    seconds: float,
    bpm: float,
    settings: Mapping[str, object] = MappingProxyType({}),
) -> None:
    """UnsupportedError for seconds that a checkpoint does not make, or a tempo not played."""
    if not model.slowest_bpm <= bpm <= model.fastest_bpm:
        limits = f"{model.slowest_bpm:g} to {model.fastest_bpm:g}"
        hint = f"give the segment bpm = a number from {limits}"
        raise UnsupportedError("bpm", f"{bpm:g} is outside the {limits} of {model.name}", hint)
    asked, rate = f"{seconds:g} s", model.sample_rate
    if seconds < checkpoint.shortest_seconds:
        least = f"{checkpoint.shortest_seconds:g} s"
        message = f"{asked} is shorter than the {least} that {checkpoint.name} makes at least"
        raise UnsupportedError("seconds", message, f"ask for {least} or more")
    if round(seconds * rate) <= round(checkpoint.longest_seconds * rate):
        return
    going_on = checkpoint.continued_seconds
    is_asked = settings.get("longer") == "continue"
    if is_asked and seconds <= going_on:
        return
    longest = f"the {checkpoint.longest} that {checkpoint.name} makes at once"
    hint = f"ask for at most {checkpoint.longest}"
    if is_asked and going_on:
        longest = f"the {going_on:g} s that can be continued to"
        hint = f"ask for at most {going_on:g} s"
    elif going_on:
        hint = (
            'add longer = "continue" (by hand: --longer continue), which goes on from the end of '
        )
        hint += "each window; or ask for less"
    elif "longer" in settings:
        longest += ", and it continues none"
    raise UnsupportedError("seconds", f"{asked} is longer than {longest}", hint)


def _check_value(
    parameter: Parameter, value: object, model: ModelSpec, checkpoint: Checkpoint, device: str
) -> None:
    is_chosen = value and value != parameter.default
    if parameter.only and checkpoint.name not in parameter.only and is_chosen:
        message = f"the checkpoint {checkpoint.name} has no {parameter.name}"
        hint = f"choose one that has it: --checkpoint {model.name}={parameter.only[0]}"
        raise UnsupportedError(parameter.name, message, hint)
    choices = checkpoint.choices.get(parameter.name)
    if choices and value not in choices:
        message = f"{checkpoint.name} has no {value!r}"
        raise UnsupportedError(parameter.name, message, f"use one of: {', '.join(choices)}")
    if str(value) in parameter.devices and not _is_computed(parameter, str(value), device):
        message = f"this processor has no instructions for {value}"
        devices = parameter.devices[str(value)]
        if device.partition(":")[0] not in devices:
            message = f"{value} is not computed on {device}, only on {' and '.join(devices)}"
        able = [other for other in parameter.choices if _is_computed(parameter, other, device)]
        raise UnsupportedError(parameter.name, message, f"use one of: {', '.join(able)}")


def _is_computed(parameter: Parameter, value: str, device: str) -> bool:
    kind = device.partition(":")[0]
    if kind not in parameter.devices.get(value, (kind,)):
        return False
    return kind != "cpu" or processor_computes(value)
