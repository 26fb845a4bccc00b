"""From noise to latents: ACE-Step's flow in equal steps of its shifted schedule (Euler).

In float32 the latents of a row are those of AceStepPipeline with a generator of the same seed, to
the bit. Rows of a batch have noise of their own generators: their order changes nothing, and their
number nothing but rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from secondtake.core.generate import Progress
from secondtake.models.ace_step.model import AceStepModel
from secondtake.models.ace_step.source_audio import silence
from secondtake.models.inference.sampling import seeded_generator, seeded_noise

if TYPE_CHECKING:
    from torch import Tensor

Transformer = Callable[..., tuple["Tensor"]]
# Adaptive projected guidance (APG) as the base checkpoints were published with: each step's
# direction less the last ones', no longer than this, and at right angles to the prediction.
MOMENTUM, NORM_THRESHOLD, ETA = -0.75, 2.5, 0.0


@dataclass(frozen=True)
class LatentRequest:
    """One row of a batch, before it is denoised."""

    conditions: Tensor  # (1, tokens, hidden): encode_conditions
    context: Tensor  # (1, n, 2 * channels): the source's latents, and 1 where something is made
    seed: int


def silent_context(model: AceStepModel, seconds: float) -> Tensor:
    """(1, n, 2 * channels): the context of a take that has no source, all of which is made."""
    import torch

    latents = silence(model.silence_latent, model.latent_count(seconds))
    return torch.cat((latents, torch.ones_like(latents)), dim=-1)


def noise_levels(steps: int, shift: float) -> list[float]:
    """`steps` levels from 1 downwards, and 0. shift: how much longer they stay high (1: evenly)."""
    import torch

    levels = torch.linspace(1.0, 0.0, steps + 1)
    if shift != 1.0:
        levels = shift * levels / (1 + (shift - 1) * levels)
    return [float(level) for level in levels]


def denoise(
    model: AceStepModel,
    transformer: Transformer,
    rows: Sequence[LatentRequest],
    settings: Mapping[str, Any],
    progress: Progress,
) -> Tensor:
    """Latents (rows, n, channels) of rows that have one length.

    transformer: transformer.load_transformer. settings: a job's steps, shift and guidance_scale,
    which a turbo checkpoint has inside. Noise levels stay on the CPU: no step waits for a GPU.
    """
    import torch

    guidance_scale = 1.0 if model.is_turbo else float(settings["guidance_scale"])
    shape = (1, rows[0].context.shape[1], model.channels)
    noise = [seeded_noise(shape, seeded_generator(row.seed), model.device) for row in rows]
    latents = torch.cat(noise)
    predict = _Prediction(model, transformer, rows, guidance_scale)
    steps = int(settings["steps"])
    levels = torch.tensor(noise_levels(steps, float(settings["shift"])))
    progress("denoising", 0, steps)
    with torch.no_grad():
        for step in range(steps):
            velocity = predict(latents, levels[step])
            latents = latents + (levels[step + 1] - levels[step]) * velocity
            progress("denoising", step + 1, steps)
    return latents


class _Prediction:
    """The velocity of every row at a noise level, guided if the scale is more than 1.

    The inputs that stay are put together once: the transformer may remember what it made of them.
    """

    def __init__(
        self,
        model: AceStepModel,
        transformer: Transformer,
        rows: Sequence[LatentRequest],
        guidance_scale: float,
    ) -> None:
        import torch

        self.transformer, self.scale = transformer, guidance_scale
        conditions = torch.cat([row.conditions for row in rows])
        context = torch.cat([row.context for row in rows])
        self.is_guided = guidance_scale > 1.0
        if self.is_guided:
            from diffusers.guiders.adaptive_projected_guidance import MomentumBuffer

            self.momentum = MomentumBuffer(momentum=MOMENTUM)
            conditions = torch.cat((conditions, model.null_condition.expand_as(conditions)))
            context = torch.cat((context, context))
        self.conditions, self.context = conditions, context

    def __call__(self, latents: Tensor, level: Tensor) -> Tensor:
        import torch

        inputs = torch.cat((latents, latents)) if self.is_guided else latents
        time = level.expand(len(inputs)).contiguous()
        (velocity,) = self.transformer(
            hidden_states=inputs,
            timestep=time,
            timestep_r=time,
            encoder_hidden_states=self.conditions,
            context_latents=self.context,
            return_dict=False,
        )
        return self._guide(*velocity.chunk(2)) if self.is_guided else velocity

    def _guide(self, conditional: Tensor, unconditional: Tensor) -> Tensor:
        from diffusers.guiders.adaptive_projected_guidance import normalized_guidance

        guided: Tensor = normalized_guidance(
            conditional,
            unconditional,
            self.scale - 1.0,
            self.momentum,
            ETA,
            NORM_THRESHOLD,
            use_original_formulation=True,
            norm_dim=(1,),
        )
        return guided
