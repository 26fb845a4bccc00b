"""ACE-Step 1.5: from jobs to stereo sound at 48 kHz, with a checkpoint that is in memory.

Sound is (frames, 2) float32. A take's whole length is denoised at once, and decoded in pieces. Then
its peak is brought to -1 dBFS, as AceStepPipeline does: so every take is as loud as its loudest
sample allows, whatever level the model gave it, and the record says by how much it was changed. A
stretch that is made anew keeps the level of the take around it.
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
from secondtake.models.ace_step.autoencoder import decode
from secondtake.models.ace_step.checkpoint import FRAMES_PER_LATENT
from secondtake.models.ace_step.diffusion import LatentRequest, denoise, silent_context
from secondtake.models.ace_step.model import AceStepModel, encode_conditions
from secondtake.models.ace_step.source_audio import Source, source_latents
from secondtake.models.ace_step.transformer import load_transformer
from secondtake.models.inference.device import oom_as_model_error
from secondtake.models.inference.quantization import Precision

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

PEAK_DBFS = -1.0  # to which AceStepPipeline brings every take's loudest sample
LOWEST_PEAK = 1e-6  # below it a take is silence, and is not made louder
BATCH = 4  # takes denoised together on a GPU

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
    most = batch_size(model.device)
    for alike in groups.values():
        for first in range(0, len(alike), most):
            yield from _generate_or_halve(model, alike[first : first + most], progress)


def batch_key(job: Job) -> Hashable:
    """Equal for jobs that can be denoised together: of one length, in equal steps, from one text.

    Those of other texts would need padding, which the transformer does not tell from a text.
    """
    if ace_step_task(job) != "text2music":
        return job.name
    return ace_step_texts(job), job.seconds, tuple(sorted(job.settings.items()))


def _generate_or_halve(
    model: AceStepModel, jobs: Sequence[Job], progress: Progress
) -> Iterator[JobResult]:
    """The sounds of jobs that are alike; in smaller batches where memory is short."""
    try:
        yield from _generate_group(model, jobs, progress)
        return
    except ModelError as error:
        if error.code != "memory" or len(jobs) == 1:
            yield from ((job, error) for job in jobs)
            return
    _free_memory(model.device)  # outside the handler, whose error holds on to the tensors
    half = len(jobs) // 2
    for part in (jobs[:half], jobs[half:]):
        yield from _generate_or_halve(model, part, progress)


def _free_memory(device: str) -> None:
    import torch

    if device.startswith("cuda"):
        torch.cuda.empty_cache()


def _generate_group(
    model: AceStepModel, jobs: Sequence[Job], progress: Progress
) -> list[tuple[Job, GeneratedAudio]]:
    import torch

    with torch.no_grad(), oom_as_model_error():
        progress("reading the text", 0, 0)
        conditions = encode_conditions(model, jobs[0])
        precision = autotune.select_precision(model, jobs[0], progress)
        contexts = [_context(model, job) for job in jobs]
        rows = [
            LatentRequest(conditions, context, job.seed)
            for job, (context, _) in zip(jobs, contexts, strict=True)
        ]
        transformer = load_transformer(model, precision)
        latents = denoise(model, transformer, rows, jobs[0].settings, progress)
        _check_finite(latents, precision)
        return [
            (job, _decode(model, job, latents[row : row + 1], precision, source, progress))
            for row, (job, (_, source)) in enumerate(zip(jobs, contexts, strict=True))
        ]


def _context(model: AceStepModel, job: Job) -> tuple[Tensor, Source | None]:
    """The context latents of a job, (1, n, 2 * channels), and the recording that they are of."""
    if ace_step_task(job) == "text2music":
        return silent_context(model, job.seconds), None
    return source_latents(model, job)


def _check_finite(latents: Tensor, precision: Precision) -> None:
    """ModelError unsupported if the arithmetic has overflowed."""
    if not latents.isfinite().all():
        message = f"its numbers have left the range of {precision.name}"
        raise ModelError("unsupported", message, "use --dtype float32, or --mode exact")


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
