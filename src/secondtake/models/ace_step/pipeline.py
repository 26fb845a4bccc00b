"""ACE-Step 1.5: from jobs to stereo sound at 48 kHz, with a checkpoint that is in memory.

Sound is (frames, 2) float32. A take's whole length is denoised at once, and decoded in pieces. Then
its peak is brought to -1 dBFS, as AceStepPipeline does: so every take is as loud as its loudest
sample allows, whatever level the model gave it, and the record says by how much it was changed. A
stretch that is made anew keeps the level of the take around it.

As many takes are denoised together as the device has room for, and fewer if that is not enough.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from secondtake.core.constraints import check_job
from secondtake.core.errors import ModelError
from secondtake.core.generate import GeneratedAudio, Progress
from secondtake.core.jobs import Job
from secondtake.core.prompts.ace_step_prompt import ace_step_task, ace_step_texts
from secondtake.models.ace_step import autotune
from secondtake.models.ace_step.autoencoder import decode, decoding_bytes
from secondtake.models.ace_step.checkpoint import FRAMES_PER_LATENT
from secondtake.models.ace_step.diffusion import LatentRequest, denoise, silent_context
from secondtake.models.ace_step.model import AceStepModel, encode_conditions
from secondtake.models.ace_step.source_audio import Source, source_latents
from secondtake.models.ace_step.transformer import load_transformer
from secondtake.models.inference.denoising import check_finite, right_attention
from secondtake.models.inference.device import oom_as_model_error
from secondtake.models.inference.graphics_memory import fitting_batch, in_halves, tensor_bytes
from secondtake.models.inference.quantization import Precision

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

PEAK_DBFS = -1.0  # to which AceStepPipeline brings every take's loudest sample
LOWEST_PEAK = 1e-6  # below it a take is silence, and is not made louder
BATCH = 4  # takes denoised together on a GPU
# Numbers of a position that are there at once, as multiples of the transformer's width: what a
# feed-forward and attention work in, keys and values of the prompt, and room between.
LIVE_STATES, FLOAT32_BYTES = 40, 4

JobResult = tuple[Job, GeneratedAudio | ModelError]


def batch_size(device: str) -> int:
    """The takes denoised together: a CPU is as long at one as at its share of four, a GPU not."""
    return BATCH if device.startswith("cuda") else 1


def generate_batch(
    model: AceStepModel, jobs: Sequence[Job], progress: Progress
) -> Iterator[JobResult]:
    """Every job with its sound, or with its error; those alike are denoised together."""
    groups: dict[Hashable, list[Job]] = {}
    for job in jobs:
        try:
            check_job(job, model.device)
            groups.setdefault(batch_key(job), []).append(job)
        except ModelError as error:
            yield job, error
    for alike in groups.values():
        yield from _generate_alike(model, alike, progress)


def batch_key(job: Job) -> Hashable:
    """Equal for jobs that can be denoised together: of one length, in equal steps, from one text.

    Those of other texts would need padding, which the transformer does not tell from a text.
    """
    if ace_step_task(job) != "text2music":
        return job.name
    return ace_step_texts(job), job.seconds, tuple(sorted(job.settings.items()))


def _generate_alike(
    model: AceStepModel, jobs: Sequence[Job], progress: Progress
) -> Iterator[JobResult]:
    """Jobs of one batch key, in batches that fit."""
    try:
        most = _fitting_jobs(model, jobs, progress)
    except ModelError as error:
        yield from ((job, error) for job in jobs)
        return

    def run(batch: Sequence[Job]) -> list[JobResult]:
        return _generate_group(model, batch, progress)

    for first in range(0, len(jobs), most):
        batch = jobs[first : first + most]
        yield from in_halves(batch, run, model.device, model.loaded.clear)


def _fitting_jobs(model: AceStepModel, jobs: Sequence[Job], progress: Progress) -> int:
    """How many of jobs that are alike fit at once beside the transformer, which is loaded."""
    import torch

    with torch.no_grad(), oom_as_model_error(), right_attention(model.device):
        encode_conditions(model, jobs[0])
        load_transformer(model, autotune.select_precision(model, jobs[0], progress))
    most = min(batch_size(model.device), len(jobs))
    return fitting_batch(most, take_bytes(model, jobs[0].seconds), model.device)


def least_bytes(model: AceStepModel) -> int:
    """What the graphics memory must hold for any take: the transformer in halves, or the text
    encoder, or a half of the autoencoder on CUDA, for which the others may leave."""
    transformer = tensor_bytes(model.state("transformer").values(), "float16")
    text_encoder = tensor_bytes(model.state("text_encoder").values())
    return max(transformer, text_encoder, decoding_bytes(model))


def take_bytes(model: AceStepModel, seconds: float) -> int:
    """What a step of one take works in on the device, at most, in float32."""
    config = model.config("transformer")
    patches = math.ceil(model.latent_count(seconds) / int(config["patch_size"]))
    rows = 1 if model.is_turbo else 2  # guidance's
    return rows * patches * int(config["hidden_size"]) * LIVE_STATES * FLOAT32_BYTES


def _generate_group(
    model: AceStepModel, jobs: Sequence[Job], progress: Progress
) -> list[JobResult]:
    import torch

    with torch.no_grad(), oom_as_model_error(), right_attention(model.device):
        progress("reading the text", 0, 0)
        conditions = encode_conditions(model, jobs[0])
        precision = autotune.select_precision(model, jobs[0], progress)
        contexts = [_context(model, job) for job in jobs]
        rows = [
            LatentRequest(conditions, context, job.seed)
            for job, (context, _) in zip(jobs, contexts, strict=True)
        ]
        settings = jobs[0].settings
        # Nothing else holds on to the transformer, which may have to make room for the decoder.
        latents = denoise(model, load_transformer(model, precision), rows, settings, progress)
        check_finite(latents, precision)
        return [
            (job, _decode(model, job, latents[row : row + 1], precision, source, progress))
            for row, (job, (_, source)) in enumerate(zip(jobs, contexts, strict=True))
        ]


def _context(model: AceStepModel, job: Job) -> tuple[Tensor, Source | None]:
    """The context latents of a job, (1, n, 2 * channels), and the recording that they are of."""
    if ace_step_task(job) == "text2music":
        return silent_context(model, job.seconds), None
    return source_latents(model, job)


def _decode(
    model: AceStepModel,
    job: Job,
    latents: Tensor,
    precision: Precision,
    source: Source | None,
    progress: Progress,
) -> GeneratedAudio:
    """A take of exactly round(seconds * 48000) frames. latents: (1, n, channels)"""
    frames = round(job.seconds * model.sample_rate)
    whole = max(latents.shape[1] * FRAMES_PER_LATENT, frames)
    samples = decode(model, latents.transpose(1, 2), whole, progress)
    details = _details(job, precision)
    warnings: tuple[str, ...] = ()
    if source is not None:
        details |= source.details
    if source is not None and details["task"] == "repaint":
        samples, warnings = source.splice(samples[:frames])
    else:
        samples, gain_db = normalise_peak(samples)
        samples = samples[:frames]
        details["peak_normalisation"] = {"peak_dbfs": PEAK_DBFS, "gain_db": round(gain_db, 2)}
    return GeneratedAudio(samples, warnings, details, dtype=precision.name)


def normalise_peak(samples: np.ndarray) -> tuple[np.ndarray, float]:
    """The samples with their loudest at PEAK_DBFS, and the gain in dB that brought it there.

    In AceStepPipeline's order: what is beyond full scale is first brought to it.
    """
    import numpy as np

    first = np.abs(samples).max(initial=0.0)
    within = samples / first if first > 1.0 else samples
    peak = max(np.abs(within).max(initial=0.0), np.float32(LOWEST_PEAK))
    gain = np.float32(10.0 ** (PEAK_DBFS / 20.0)) / peak
    return within * gain, 20 * math.log10(float(gain) / max(float(first), 1.0))


def _details(job: Job, precision: Precision) -> dict[str, Any]:
    """The entries of a take's record."""
    texts = ace_step_texts(job)
    return {
        "task": ace_step_task(job),
        "text": texts.text,
        "lyrics": texts.lyrics,
        **{name: job.settings[name] for name in ("steps", "shift", "guidance_scale")},
        "arithmetic": precision.name,
    }
