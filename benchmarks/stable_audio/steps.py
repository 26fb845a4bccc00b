"""How many steps with which sampler: how far a take is from the one of 250 steps.

    venv-stable-audio/bin/python -m benchmarks.stable_audio.steps [--write docs/lab/performance.md]
                                 [--folder A_CHECKPOINT] [--seconds 10]

Random weights have no sound to converge to, so by default the network is the best denoiser there
could be of latents that are known: one of sixteen takes, each with its own variations. Its
prediction is a formula, a run takes seconds, and what is measured is the sampler alone. With
--folder a real checkpoint is run instead (hours on a CPU, with guidance and a prompt).

Both runs of a comparison have one seed, hence one beginning and, for samplers that add noise, one
path of Brownian motion. Errors are a root mean square, as a share of the result of 250 steps.
"""

import argparse
import contextlib
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.harness import put, tell

SAMPLERS = {  # calls of the network for each step; one more or less at the end
    "dpmpp-3m-sde": 1, "dpmpp-2m-sde": 1, "dpmpp-2m": 1, "k-lms": 1, "v-ddim": 1,
    "k-heun": 2, "k-dpm-2": 2, "k-dpmpp-2s-ancestral": 2,
}  # fmt: skip
STEPS = (8, 15, 25, 50, 100)
BEST = 250
SIGMAS = {"sigma_min": 0.3, "sigma_max": 500.0}
TAKES, CHANNELS, LATENTS = 16, 64, 226  # of the formula
SPREAD = 0.3  # of a take's variations, beside 1 of the takes themselves
SEEDS = 2
PROMPT = "instrumental accordion waltz, soft drums, 90 BPM"
Sample = Any  # (sampler, steps, seed) -> latents


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--folder", type=Path, help="model_config.json, model.safetensors, t5-base")
    parser.add_argument("--seconds", type=float, default=10.0, help="of sound, with --folder")
    parser.add_argument("--samplers", nargs="+", default=list(SAMPLERS), choices=list(SAMPLERS))
    parser.add_argument("--steps", nargs="+", type=int, default=list(STEPS))
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--write", type=Path, help="put the table into this page of docs/")
    options = parser.parse_args()
    with contextlib.redirect_stdout(sys.stderr):
        sample = _checkpoint(options.folder, options.seconds) if options.folder else _formula()
        errors = {name: _errors(sample, name, options.steps, options.seeds)
                 for name in options.samplers}  # fmt: skip
    put(options.write, "stable_audio_steps", report(errors, options.steps))


def report(errors_by_sampler: Mapping[str, Sequence[float]], steps: Sequence[int]) -> str:
    lines = [
        f"| sampler | calls a step | {' | '.join(f'{count} steps' for count in steps)} |",
        "|---" * (len(steps) + 2) + "|",
    ]
    for name, errors in errors_by_sampler.items():
        cells = " | ".join(f"{error:.3f}" for error in errors)
        lines.append(f"| {name} | {SAMPLERS[name]} | {cells} |")
    return "\n".join(lines)


def _errors(sample: Sample, sampler: str, steps: Sequence[int], seeds: int) -> list[float]:
    """The median error of each number of steps, over the seeds."""
    tell(f"{sampler} …")
    errors: list[list[float]] = [[] for _ in steps]
    for seed in range(seeds):
        best = sample(sampler, BEST, seed)
        for of_count, count in zip(errors, steps, strict=True):
            difference = (sample(sampler, count, seed) - best).square().mean().sqrt()
            of_count.append((difference / best.square().mean().sqrt()).item())
    return [median(of_count) for of_count in errors]


def _formula() -> Sample:
    """Samples of takes whose best denoiser is known."""
    import torch
    from stable_audio_tools.inference.sampling import sample_diffusion

    chance = torch.Generator().manual_seed(0)
    takes = torch.randn((TAKES, CHANNELS * LATENTS), generator=chance)

    def predict(x: Any, t: Any, **_: Any) -> Any:
        """v of a v model: with a = cos, s = sin, x = a·sound + s·noise, v = a·noise - s·sound."""
        angle = t[0] * torch.pi / 2
        a, s = angle.cos(), angle.sin()
        flat = x.flatten(1)
        variance = a**2 * SPREAD**2 + s**2
        away = flat[:, None] - a * takes  # (1, TAKES, …)
        likely = torch.softmax(-away.square().sum(2) / (2 * variance), dim=1)
        nearest = takes + away * (a * SPREAD**2 / variance)
        sound = (likely[..., None] * nearest).sum(1)
        return ((a * flat - sound) / s.clamp(min=1e-4)).view_as(x)

    def sample(sampler: str, steps: int, seed: int) -> Any:
        torch.manual_seed(seed)
        noise = torch.randn((1, CHANNELS, LATENTS))
        given = SIGMAS if sampler != "v-ddim" else {}
        return sample_diffusion(
            predict, noise, {}, "v", steps, sampler_type=sampler, disable_tqdm=True, **given
        )

    return sample


def _checkpoint(folder: Path, seconds: float) -> Sample:
    """Samples of a checkpoint, in float32, as long as the page makes them."""
    from benchmarks.stable_audio.job import weights

    from secondtake.core.schedules import Schedule
    from secondtake.models.stable_audio.continuation import latent_count
    from secondtake.models.stable_audio.diffusion import denoise
    from secondtake.models.stable_audio.model import WindowRequest, load_stable_audio

    network = load_stable_audio(weights(folder), "cpu")
    count = latent_count(network, round(seconds * network.sample_rate))

    def sample(sampler: str, steps: int, seed: int) -> Any:
        request = WindowRequest(PROMPT, "", 0.0, seconds, count, seed)
        schedule = Schedule(sampler, steps)
        return denoise(network, network.model.model, [request], schedule, 7.0, lambda *_: None)

    return sample


if __name__ == "__main__":
    main()
