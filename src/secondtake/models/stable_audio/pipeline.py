"""Stable Audio: from a prompt to stereo sound, with a checkpoint that is in memory.

Sound is (frames, channels) float32. Latents are (1, channels, latents); each of Stable Audio Open's
decodes to 2048 frames. In mode "exact" the whole window that a checkpoint was trained on is
denoised, as stable-audio-tools does by default. In mode "fast" only what is asked for is: another
computation, since every latent attends to all others, at a fifth of the cost for 10 s.

As many takes are denoised together as the device has room for, and fewer if that is not enough.
"""

from __future__ import annotations

import contextlib
from collections.abc import Hashable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from secondtake.audio.seams import FADE_SECONDS, fade_edges
from secondtake.core.constraints import check_job
from secondtake.core.errors import ModelError, as_model_error
from secondtake.core.generate import GeneratedAudio, Progress
from secondtake.core.jobs import Job
from secondtake.core.registry.stable_audio import schedule_for
from secondtake.models.inference.denoising import check_finite, right_attention
from secondtake.models.inference.device import oom_as_model_error
from secondtake.models.inference.graphics_memory import fitting_batch, in_halves
from secondtake.models.inference.quantization import FLOAT16, Precision
from secondtake.models.stable_audio import autotune, continuation, stable_audio_3
from secondtake.models.stable_audio.autoencoder import decode, decoding_bytes, loaded_decoder
from secondtake.models.stable_audio.continuation import Window, latent_count
from secondtake.models.stable_audio.diffusion import denoise
from secondtake.models.stable_audio.model import StableAudioModel, WindowRequest
from secondtake.models.stable_audio.quantized import quantized_bytes, quantized_dit

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

JobResult = tuple[Job, GeneratedAudio | ModelError]
# Beside the latents' own: the seconds', and those of a prompt, which keys and values are made of.
EXTRA_TOKENS = 131
# Numbers of a token that are there at once, as multiples of the transformer's width: what a gated
# feed-forward of four times the width works in, attention before it, and room between.
LIVE_STATES = 40


def check(network: StableAudioModel, job: Job) -> None:
    """ModelError unsupported, with what is possible, if the checkpoint cannot do the job."""
    check_job(job, network.device)
    autotune.check_dtype(job, network.device)


def generate(network: StableAudioModel, job: Job, progress: Progress) -> GeneratedAudio:
    """Make exactly round(seconds * sample rate) frames. ModelError says why it cannot."""
    ((_, result),) = generate_batch(network, [job], progress)
    if isinstance(result, ModelError):
        raise result
    return result


def generate_batch(
    network: StableAudioModel, jobs: Sequence[Job], progress: Progress
) -> Iterator[tuple[Job, GeneratedAudio | ModelError]]:
    """Every job with its sound, or with its error; those alike are denoised together."""
    groups: dict[Hashable, list[Job]] = {}
    for job in jobs:
        try:
            check(network, job)
            groups.setdefault(_batch_key(network, job), []).append(job)
        except ModelError as error:
            yield job, error
    for group in groups.values():
        yield from _generate_alike(network, group, progress)


def _generate_alike(
    network: StableAudioModel, jobs: Sequence[Job], progress: Progress
) -> Iterator[JobResult]:
    """Jobs of one batch key, in batches that fit."""
    try:
        most = _fitting_jobs(network, jobs, progress)
    except ModelError as error:
        yield from ((job, error) for job in jobs)
        return

    def run(batch: Sequence[Job]) -> list[JobResult]:
        try:
            return _generate_group(network, batch, progress)
        except ModelError as error:
            if error.code == "memory":
                raise
            return [(job, error) for job in batch]

    for first in range(0, len(jobs), most):
        batch = jobs[first : first + most]
        yield from in_halves(batch, run, network.device, network.loaded.clear)


def _fitting_jobs(network: StableAudioModel, jobs: Sequence[Job], progress: Progress) -> int:
    """How many of jobs that are alike fit at once beside the transformer, which is loaded."""
    import torch

    with torch.no_grad(), oom_as_model_error(), right_attention(network.device):
        precision = autotune.select_precision(network, jobs[0], progress)
        quantized_dit(network, precision)
    return fitting_batch(len(jobs), take_bytes(network, jobs[0], precision), network.device)


def least_bytes(network: StableAudioModel) -> int:
    """What the graphics memory must hold for any take: the transformer in halves, or the decoder,
    for which the transformer may leave."""
    transformer = quantized_bytes(network, FLOAT16)
    return max(transformer, decoding_bytes(network))


def take_bytes(network: StableAudioModel, job: Job, precision: Precision) -> int:
    """What a step of one take works in on the device, at most: two rows, guidance's."""
    import torch

    if stable_audio_3.is_stable_audio_3(network):
        latents = stable_audio_3.latents_for(network, job.seconds)
    else:
        latents = max(window.stop - window.start for window in window_layout(network, job))
    width = int(network.config["model"]["diffusion"]["config"]["embed_dim"])
    itemsize: int = getattr(torch, precision.dtype).itemsize
    return 2 * (latents + EXTRA_TOKENS) * width * LIVE_STATES * itemsize


def _batch_key(network: StableAudioModel, job: Job) -> Hashable:
    """Equal for jobs that can be denoised together: one window of one length, in equal steps."""
    settings = {**job.settings, "negative_prompt": bool(job.settings["negative_prompt"])}
    if stable_audio_3.is_stable_audio_3(network) or len(windows := window_layout(network, job)) > 1:
        return job.name
    return (windows, tuple(sorted(settings.items())))


def _generate_group(
    network: StableAudioModel, jobs: Sequence[Job], progress: Progress
) -> list[JobResult]:
    import torch

    precision = autotune.select_precision(network, jobs[0], progress)
    details = _details(network, jobs[0], precision)
    results: list[JobResult] = []
    told, attention = _errors_with_details(details), right_attention(network.device)
    with torch.no_grad(), oom_as_model_error(), told, attention:
        if stable_audio_3.is_stable_audio_3(network):
            (job,) = jobs
            samples = stable_audio_3.generate(network, job, progress, precision)
            return [(job, _generated(network, job, precision, samples))]
        latents = _denoise(network, jobs, precision, progress)
        check_finite(latents, precision)
        for row, job in enumerate(jobs):
            frames = round(job.seconds * network.sample_rate)
            samples = decode(network, latents[row : row + 1], frames, progress)
            results.append((job, _generated(network, job, precision, samples)))
    return results


def _generated(
    network: StableAudioModel, job: Job, precision: Precision, samples: np.ndarray
) -> GeneratedAudio:
    """A take, with the details and warnings of its record."""
    details = _details(network, job, precision)
    warnings: tuple[str, ...] = ()
    is_3 = stable_audio_3.is_stable_audio_3(network)
    if not is_3 and len(windows := window_layout(network, job)) > 1:
        seams = continuation.window_seams(samples, windows, network)
        details |= continuation.continuation_details(windows, seams, network)
        warnings = continuation.seam_warnings(seams)
    faded = fade_edges(samples, network.sample_rate)
    return GeneratedAudio(faded, warnings, details, dtype=precision.name)


def window_layout(network: StableAudioModel, job: Job) -> tuple[Window, ...]:
    """The windows of a take: one, fitted or whole, or several for a longer one."""
    frames = round(job.seconds * network.sample_rate)
    whole = network.window // network.frames_per_latent
    if frames <= network.window:
        fitted = min(latent_count(network, frames), whole)
        return (Window(0, whole if job.settings["mode"] == "exact" else fitted, 0),)
    return continuation.split_windows(latent_count(network, frames), whole)


def _denoise(
    network: StableAudioModel, jobs: Sequence[Job], precision: Precision, progress: Progress
) -> Tensor:
    """Latents (jobs, channels, latents): of several jobs with one window, or of one with more."""
    windows, schedule = window_layout(network, jobs[0]), schedule_for(jobs[0])
    settings = jobs[0].settings
    denoise_rows = partial(
        denoise,
        network,
        quantized_dit(network, precision),
        schedule=schedule,
        cfg_scale=float(settings["cfg_scale"]),
        tree=settings["mode"] == "exact",
    )
    takes = []
    for job in jobs:
        texts = job.prompt, str(job.settings["negative_prompt"])
        takes.append(WindowRequest(*texts, 0.0, job.seconds, windows[0].stop, job.seed))
    if len(windows) == 1:
        return denoise_rows(takes, progress=progress)

    def denoise_window(request: WindowRequest, window_progress: Progress) -> Tensor:
        return denoise_rows([request], progress=window_progress)

    requests = continuation.window_requests(network, takes[0], windows)
    return continuation.continue_windows(windows, requests, denoise_window, progress)


def _details(network: StableAudioModel, job: Job, precision: Precision) -> dict[str, Any]:
    schedule, is_3 = schedule_for(job), stable_audio_3.is_stable_audio_3(network)
    window_details = stable_audio_3.details if is_3 else _window_details
    return {
        "objective": network.objective,
        "sampler": schedule.sampler,
        "steps": schedule.steps,
        "cfg_scale": job.settings["cfg_scale"],
        **schedule.options,
        "arithmetic": precision.name,
        **window_details(network, job),
        "fade_seconds": FADE_SECONDS,
    }


def _window_details(network: StableAudioModel, job: Job) -> dict[str, Any]:
    """The record's entries about the part of the trained window that was denoised."""
    first = window_layout(network, job)[0]
    seconds = first.stop * network.frames_per_latent / network.sample_rate
    is_whole = first.stop * network.frames_per_latent == network.window
    is_ours = loaded_decoder(network) is not None
    return {
        "window": "whole" if is_whole else "fitted",
        "window_seconds": round(seconds, 3),
        "noise_drawn_on": "cpu",
        "decoded_by": "secondtake" if is_ours else "stable_audio_tools",
    }


@contextlib.contextmanager
def _errors_with_details(details: Mapping[str, Any]) -> Iterator[None]:
    """Turn any exception inside into a ModelError that names the details of the job."""
    try:
        yield
    except (ModelError, OSError):  # they say themselves what is wrong, and what to do
        raise
    except Exception as error:
        if as_model_error(error).code != "bug":
            raise
        options = ", ".join(f"{name} {value}" for name, value in details.items())
        message = f"{type(error).__name__}: {error} (with {options})"
        hint = "try another --sampler or other --steps; the log has the whole story"
        raise ModelError("bug", message, hint) from error
