"""A recording as ACE-Step's context: the take of which a stretch is made anew, or what is covered.

The transformer reads a context latent beside every latent that it denoises: the recording's, and a
mask that is 1 where it is to make something new. A repaint's are the take's own latents, with those
of silence inside the stretch; a cover's are tokens of the recording, five a second, spread out to
latents again, which keep its course and lose its sound. So AceStepPipeline has them too
(`prepare_src_latents`, `_build_chunk_mask`). Beyond the recording's end they are silence's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from secondtake.audio.seams import LEVEL_JUMP
from secondtake.core.errors import ModelError
from secondtake.core.jobs import Job
from secondtake.core.prompts.ace_step_prompt import ace_step_task
from secondtake.core.prompts.source_audio import (
    CROSSFADE_SECONDS,
    SourceAudio,
    parse_source_audio,
)
from secondtake.models.ace_step.autoencoder import encode
from secondtake.models.ace_step.model import AceStepModel
from secondtake.models.ace_step.splice import joint_levels, splice
from secondtake.models.inference.recordings import read_recording, read_take
from secondtake.models.inference.sampling import seeded_generator

if TYPE_CHECKING:
    import numpy as np
    from torch import Generator, Tensor

# Beyond the seeds of takes: the noise of the recording's latents is none that a take begins with.
ENCODING_SEED = 1 << 32
TOKENIZER, DETOKENIZER = "audio_tokenizer", "audio_token_detokenizer"


@dataclass(frozen=True, eq=False)
class Source:
    """The recording that a take is made of."""

    task: str  # repaint, cover
    audio: SourceAudio
    samples: np.ndarray  # (frames, 2) float32: of the whole take, or of the stretch to cover
    sample_rate: int

    @property
    def details(self) -> dict[str, Any]:
        """Entries of a take's record."""
        source: dict[str, Any] = {
            "file": self.audio.path,
            "sha256": self.audio.sha256,
            "start_seconds": self.audio.start,
            "end_seconds": self.audio.end,
        }
        if self.task == "cover":
            source["seconds"] = round(len(self.samples) / self.sample_rate, 6)
            return {"task": self.task, "source": source}
        source["take"] = self.audio.name
        return {"task": self.task, "source": source, "crossfade_seconds": CROSSFADE_SECONDS}

    def splice(self, decoded: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
        """The take with its stretch from `decoded`, (frames, 2) as the autoencoder decodes it, and
        warnings. All else is the take: nothing may be done to its level or to its edges."""
        start, end = self.audio.start, self.audio.end
        assert end is not None  # of a stretch
        both = self.samples, decoded, start, end, self.sample_rate
        samples, gain = splice(*both)
        warnings = [
            f"by the stretch's {joint} the new sound is {abs(level):.1f} dB "
            f"{'louder' if level > 0 else 'quieter'} than the take: the joint may be heard"
            for joint, level in joint_levels(*both).items()
            if abs(level) > LEVEL_JUMP
        ]
        if gain:
            turned = f"turned down by {-gain:.1f} dB"
            warnings.append(f"the new stretch is louder than full scale and was {turned}")
        return samples, tuple(warnings)


def source_latents(
    model: AceStepModel, job: Job, generator: Generator | None = None
) -> tuple[Tensor, Source]:
    """The context of a repaint or a cover, (1, latents, 2 * channels) float32 on the model's
    device, and the recording.

    generator: of the noise in the recording's latents; the take's own if None. ModelError
    unsupported if the recording is not what it was, bad_weights if a cover's weights are absent.
    """
    import torch

    source = load_source(model, job)
    generator = generator or seeded_generator(job.seed + ENCODING_SEED)
    count = model.latent_count(job.seconds)
    silent = silence(model.silence_latent, count)
    with torch.no_grad():
        latents = encode(model, source.samples, generator).to(silent)
        if source.task == "cover":
            mask = torch.ones_like(silent)
            latents = extended(spread_tokens(model, latents), silent)
        else:
            mask = stretch_mask(source.audio, count, model.latents_per_second)
            mask = mask.to(silent).expand_as(silent)
            latents = torch.where(mask > 0, silent, extended(latents, silent))
    return torch.cat((latents, mask), -1), source


def load_source(model: AceStepModel, job: Job) -> Source:
    """The recording that a job is made of; of a cover at most the take's own length."""
    task = ace_step_task(job)
    audio = parse_source_audio(str(job.settings[task]))
    rate = model.sample_rate
    if task == "repaint":
        return Source(task, audio, read_take(audio, rate, channels=2), rate)
    samples = read_recording(audio, "cover", rate, channels=2)
    return Source(task, audio, samples[: round(job.seconds * rate)], rate)


def stretch_mask(audio: SourceAudio, count: int, per_second: float) -> Tensor:
    """(1, count, 1) float32: 1 in the stretch, whose edges are rounded down to whole latents."""
    import torch

    first = min(int(audio.start * per_second), count - 1)
    end = count if audio.end is None else int(audio.end * per_second)
    mask = torch.zeros((1, count, 1))
    mask[:, first : max(min(end, count), first + 1)] = 1
    return mask


def extended(latents: Tensor, silent: Tensor) -> Tensor:
    """(1, n, channels) -> (1, count, channels): cut, or gone on with in silence, which has that
    length."""
    import torch

    count = silent.shape[1]
    return torch.cat((latents[:, :count], silent[:, latents.shape[1] :]), 1)


def silence(silent: Tensor, count: int) -> Tensor:
    """(1, any, channels) -> (1, count, channels): from its first latent again where it ends."""
    repeats = -(-count // silent.shape[1])
    return silent.repeat(1, repeats, 1)[:, :count]


def spread_tokens(model: AceStepModel, latents: Tensor) -> Tensor:
    """(1, n, channels) -> the same: by way of five tokens a second, which a cover follows.

    The two networks for it are loaded for a cover alone, and not kept.
    """
    tokenizer, detokenizer = (_network(model, name) for name in (TOKENIZER, DETOKENIZER))
    tokens, _ = tokenizer.tokenize(latents, model.silence_latent)
    spread: Tensor = detokenizer(tokens)[:, : latents.shape[1]]
    return spread.contiguous()


def _network(model: AceStepModel, name: str) -> Any:
    if name not in model.configs:
        message = f"{model.checkpoint.title} came without {name}, which a cover needs"
        raise ModelError("bad_weights", message, "use --checkpoint ace_step=turbo for covers")
    return model.module(name)
