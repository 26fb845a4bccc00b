"""Stable Audio: from a prompt to stereo sound, with a checkpoint that is in memory.

Sound is (frames, channels) float32. Latents are (1, channels, latents); each of Stable Audio Open's
decodes to 2048 frames. In mode "exact" the whole window that a checkpoint was trained on is
denoised, however few seconds are asked for, as stable-audio-tools does by default. In mode "fast"
only what is asked for is: another computation, since every latent attends to all others, at a
fifth of the cost for 10 s. The record says which it was. Only the asked part is decoded.
"""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from secondtake.audio.fades import FADE_SECONDS, fade_edges
from secondtake.core.errors import ModelError
from secondtake.core.generate import Progress, Sound
from secondtake.core.jobs import Job
from secondtake.core.worker import as_model_error
from secondtake.models.inference.device import memory_explained
from secondtake.models.inference.quantization import Arithmetic
from secondtake.models.stable_audio import autotune, stable_audio_3
from secondtake.models.stable_audio import diffusion as sampling
from secondtake.models.stable_audio.autoencoder import decode, decoding_details
from secondtake.models.stable_audio.continuation import (
    Window,
    continued,
    continuing_details,
    latents_of,
    lay_out,
    measure_music,
    passages_of,
    refuse_longer,
    seam_warnings,
)
from secondtake.models.stable_audio.diffusion import SAMPLERS, Schedule, denoise
from secondtake.models.stable_audio.model import Network, Passage
from secondtake.models.stable_audio.quantized import diffusion

UNHEARD = "the negative prompt does nothing at cfg_scale 1"


def check(network: Network, job: Job) -> None:
    """ModelError unsupported, with what is possible, if the checkpoint cannot do the job."""
    autotune.check(job, network.device)
    if stable_audio_3.varies(network):
        return stable_audio_3.check(network, job)
    samplers, sampler = SAMPLERS.get(network.objective, ()), job.settings["sampler"]
    if sampler not in samplers:
        message = f"{job.checkpoint} cannot use the sampler {sampler!r} (its objective is "
        message += f"{network.objective})"
        raise ModelError("unsupported", message, f"use one of: {', '.join(samplers)}")
    refuse_longer(network, job.checkpoint, job.seconds, str(job.settings["longer"]))
    schedule, most = schedule_of(job), max(part.stop - part.start for part in lay(network, job))
    sampling.check(schedule, schedule.levels(network.model.sampling_dist_shift, most))


def generate(network: Network, job: Job, progress: Progress) -> Sound:
    """Make exactly round(seconds * sample rate) frames. ModelError says why it cannot."""
    ((_, made),) = generate_batch(network, [job], progress)
    if isinstance(made, ModelError):
        raise made
    return made


def generate_batch(
    network: Network, jobs: Sequence[Job], progress: Progress
) -> Iterator[tuple[Job, Sound | ModelError]]:
    """Every job with its sound, or with what went wrong; those alike are denoised together."""
    groups: dict[Any, list[Job]] = {}
    for job in jobs:
        try:
            check(network, job)
            groups.setdefault(_alike(network, job), []).append(job)
        except ModelError as error:
            yield job, error
    for same in groups.values():
        try:
            yield from _make(network, same, progress)
        except ModelError as error:
            yield from ((job, error) for job in same)


def _alike(network: Network, job: Job) -> Any:
    """Equal for jobs that can be denoised together: one window of one length, in equal steps."""
    settings = {**job.settings, "negative_prompt": bool(job.settings["negative_prompt"])}
    if stable_audio_3.varies(network) or len(windows := lay(network, job)) > 1:
        return job.name
    return (windows, tuple(sorted(settings.items())))


def _make(network: Network, jobs: Sequence[Job], progress: Progress) -> list[tuple[Job, Sound]]:
    import torch

    arithmetic = autotune.choose(network, jobs[0], progress)
    made = []
    with torch.no_grad(), memory_explained(), _explained(_details(network, jobs[0], arithmetic)):
        predict = diffusion(network, arithmetic)
        if stable_audio_3.varies(network):
            (job,) = jobs
            samples = stable_audio_3.play(network, job, progress, predict)
            return [(job, _sound(network, job, arithmetic, samples))]
        latents = _denoised(network, jobs, predict, progress)
        for row, job in enumerate(jobs):
            frames = round(job.seconds * network.sample_rate)
            samples = decode(network, latents[row : row + 1], frames, progress)
            made.append((job, _sound(network, job, arithmetic, samples)))
    return made


def _sound(network: Network, job: Job, arithmetic: Arithmetic, samples: Any) -> Sound:
    """A take, with what its record says of it."""
    details, warnings = _details(network, job, arithmetic), []
    if job.settings["negative_prompt"] and job.settings["cfg_scale"] == 1.0:
        warnings.append(UNHEARD)
    if not stable_audio_3.varies(network) and len(windows := lay(network, job)) > 1:
        seams = measure_music(samples, windows, network)
        details |= continuing_details(windows, seams, network)
        warnings += seam_warnings(seams)
    faded = fade_edges(samples, network.sample_rate)
    return Sound(faded, tuple(warnings), details, dtype=arithmetic.name)


def schedule_of(job: Job) -> Schedule:
    """The steps that a job asks for."""
    settings = job.settings
    return Schedule(
        str(settings["sampler"]),
        int(settings["steps"]),
        float(settings["sigma_min"]),
        float(settings["sigma_max"]),
    )


def lay(network: Network, job: Job) -> tuple[Window, ...]:
    """The windows of a take: one, fitted or whole, or several for a longer one."""
    frames = round(job.seconds * network.sample_rate)
    whole = network.window // network.frames_per_latent
    if frames <= network.window:
        fitted = min(latents_of(network, frames), whole)
        return (Window(0, whole if job.settings["mode"] == "exact" else fitted, 0),)
    return lay_out(latents_of(network, frames), whole)


def _denoised(network: Network, jobs: Sequence[Job], predict: Any, progress: Progress) -> Any:
    """Latents (jobs, channels, latents): of several jobs with one window, or of one with more."""
    windows, schedule = lay(network, jobs[0]), schedule_of(jobs[0])
    scale = float(jobs[0].settings["cfg_scale"])
    takes = [
        Passage(
            job.prompt,
            str(job.settings["negative_prompt"]),
            0.0,
            job.seconds,
            windows[0].stop,
            job.seed,
        )
        for job in jobs
    ]
    if len(windows) == 1:
        return denoise(network, predict, takes, schedule, scale, progress)

    def one(passage: Passage, told: Progress) -> Any:
        return denoise(network, predict, [passage], schedule, scale, told)

    return continued(windows, passages_of(network, takes[0], windows), one, progress)


def _details(network: Network, job: Job, arithmetic: Arithmetic) -> dict[str, Any]:
    schedule = schedule_of(job)
    return {
        "objective": network.objective,
        "sampler": schedule.sampler,
        "steps": schedule.steps,
        "cfg_scale": job.settings["cfg_scale"],
        **schedule.options,
        "arithmetic": arithmetic.name,
        **(
            stable_audio_3.details(network, job)
            if stable_audio_3.varies(network)
            else _window(network, job)
        ),
        "fade_seconds": FADE_SECONDS,
    }


def _window(network: Network, job: Job) -> Mapping[str, Any]:
    """Which part of the trained window was denoised, and how it was decoded."""
    first = lay(network, job)[0]
    seconds = first.stop * network.frames_per_latent / network.sample_rate
    whole = first.stop * network.frames_per_latent == network.window
    return {
        "window": "whole" if whole else "fitted",
        "window_seconds": round(seconds, 3),
        "noise_drawn_on": "cpu",
        **decoding_details(network),
    }


@contextlib.contextmanager
def _explained(details: Mapping[str, Any]) -> Iterator[None]:
    """Turn whatever fails inside into a ModelError that names what it was done with."""
    try:
        yield
    except (ModelError, OSError):  # they say themselves what is wrong, and what to do
        raise
    except Exception as error:
        if as_model_error(error).code != "bug":
            raise
        facts = ", ".join(f"{name} {value}" for name, value in details.items())
        message = f"{type(error).__name__}: {error} (with {facts})"
        hint = "try another --sampler or other --steps; the log has the whole story"
        raise ModelError("bug", message, hint) from error
