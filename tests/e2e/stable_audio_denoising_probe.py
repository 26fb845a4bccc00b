"""Runs inside venv-stable-audio: python stable_audio_denoising_probe.py FOLDER PART.

FOLDER is what tests/tiny/stable_audio.py wrote. Denoising beside generate_diffusion_cond, alone
and in a batch, in every arithmetic, and the samplers on schedules of all kinds.
"""

import contextlib
import json
import random
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torchsde
from tiny_weights import weights_in

from secondtake.core.errors import ModelError
from secondtake.core.jobs import Job
from secondtake.core.registry.stable_audio import STABLE_AUDIO
from secondtake.core.schedules import SAMPLERS, SIGMA_SAMPLERS, Schedule, levels_fault
from secondtake.models.inference.quantization import FLOAT32, PRECISIONS
from secondtake.models.stable_audio import autotune, quantized
from secondtake.models.stable_audio.diffusion import denoise
from secondtake.models.stable_audio.model import StableAudioModel, WindowRequest, load_stable_audio
from secondtake.models.stable_audio.pipeline import generate, generate_batch
from secondtake.models.stable_audio.quantized import quantized_dit

CHECKPOINTS = ("open-1.0", "open-small")
PROMPT, OTHER = "Bandoneón solo, 120 BPM", "fast drums"
SIGMAS = {"sigma_min": 0.3, "sigma_max": 500.0}
COMBINATIONS = 1000
LAST_SIGMA = 0.30000001192092896  # exp(log(0.3)) in float32, where a platform rounds it up


def quiet(*_: Any) -> None:
    pass


def network_of(folder: Path, checkpoint: str) -> StableAudioModel:
    return load_stable_audio(weights_in(folder, STABLE_AUDIO.checkpoint(checkpoint)), "cpu")


def window_request(network: StableAudioModel, **changes: Any) -> WindowRequest:
    whole = network.window // network.frames_per_latent
    return replace(WindowRequest(PROMPT, "", 0.0, 3.0, whole, 7), **changes)


def ours(
    network: StableAudioModel, of: list[WindowRequest], sampler: str, cfg: float = 7.0, **how: Any
) -> Any:
    predict = quantized_dit(network, how.get("arithmetic", FLOAT32))
    return denoise(network, predict, of, Schedule(sampler, 3), cfg, quiet)


def theirs(
    network: StableAudioModel, request: WindowRequest, sampler: str, cfg: float = 7.0
) -> Any:
    """Latents of unmodified generate_diffusion_cond."""
    from stable_audio_tools.inference.generation import generate_diffusion_cond

    conditioning = network.conditioning(request.prompt, request.seconds_total)
    avoided = request.negative_prompt
    negative = network.conditioning(avoided, request.seconds_total) if avoided else None
    return generate_diffusion_cond(
        network.model, steps=3, cfg_scale=cfg, conditioning=conditioning,
        negative_conditioning=negative, sample_size=request.latents * network.frames_per_latent,
        seed=request.seed, device="cpu",
        sampler_type=sampler, apg_scale=0.0, return_latents=True, disable_tqdm=True,
        **(SIGMAS if sampler in SAMPLERS["v"][:7] else {}),
    )  # fmt: skip


def equal(network: StableAudioModel) -> dict[str, bool]:
    """Ours and theirs to the bit: every sampler; guided by a negative prompt; not guided."""
    request = window_request(network)
    first = SAMPLERS[network.objective][0]
    avoiding = window_request(network, negative_prompt="vocals", seed=8)
    is_equal = {
        sampler: torch.equal(ours(network, [request], sampler), theirs(network, request, sampler))
        for sampler in SAMPLERS[network.objective]
    }
    is_equal["negative"] = torch.equal(
        ours(network, [avoiding], first), theirs(network, avoiding, first)
    )
    is_equal["unguided"] = torch.equal(
        ours(network, [request], first, 1.0), theirs(network, request, first, 1.0)
    )
    return is_equal


def company(network: StableAudioModel) -> dict[str, float]:
    """The largest difference of a row in a batch from the row alone, by sampler, as a share."""
    prompts = ((1, PROMPT), (2, OTHER), (3, PROMPT))
    rows = [
        window_request(network, latents=64, seed=seed, prompt=prompt) for seed, prompt in prompts
    ]
    differences = {}
    for sampler in SAMPLERS[network.objective]:
        together = ours(network, rows, sampler)
        alone = torch.cat([ours(network, [row], sampler) for row in rows])
        differences[sampler] = float((together - alone).abs().max() / alone.abs().max())
    return differences


def batch(network: StableAudioModel, checkpoint: str) -> dict[str, Any]:
    """Three jobs at once, of which one cannot be done: each as it is alone, and one refusal."""

    def job(seed: int, seconds: float = 1.0) -> Job:
        own = STABLE_AUDIO.settings(
            STABLE_AUDIO.checkpoint(checkpoint), {"steps": 3, "dtype": "float32"}
        )
        return Job("song", 1, "instrumental", "", "stable_audio", checkpoint, seed, seed, seconds,
                   PROMPT, "", "", (), 120.0, "", own)  # fmt: skip

    jobs = [job(1), job(2, seconds=1e4), job(3)]
    results = {one.seed: results for one, results in generate_batch(network, jobs, quiet)}
    away = {
        seed: float(
            np.abs(results[seed].samples - generate(network, job(seed), quiet).samples).max()
        )
        for seed in (1, 3)
    }
    return {
        "answers": sorted(results),
        "refused": results[2].code if isinstance(results[2], ModelError) else "",
        "away": max(away.values()),
        "apart": float(np.abs(results[1].samples - results[3].samples).max()),
    }


def held(network: StableAudioModel) -> dict[str, Any]:
    """The prefix stays, to the last step, and the rest depends on it."""
    sampler = SAMPLERS[network.objective][0]
    prefix = torch.randn(
        (network.model.io_channels, 12), generator=torch.Generator().manual_seed(1)
    )
    free = ours(network, [window_request(network, latents=64)], sampler)
    bound = ours(network, [window_request(network, latents=64, prefix_latents=prefix)], sampler)
    return {
        "stays": float((bound[0, :, :12] - prefix).abs().max()),
        "changes_the_rest": float((bound - free)[0, :, 12:].abs().max()),
        "by_sampler": {
            name: float(
                (
                    ours(
                        network, [window_request(network, latents=64, prefix_latents=prefix)], name
                    )[0, :, :12]
                    - prefix
                )
                .abs()
                .max()
            )
            for name in SAMPLERS[network.objective]
        },
    }


def arithmetics(network: StableAudioModel) -> dict[str, Any]:
    events: list[tuple[str, int, int]] = []
    measured = autotune.measure_precisions(network, lambda *event: events.append(event))
    cache = network.cache
    chosen = autotune.autotune(network, quiet)
    file_names = sorted(path.name.split(".")[1] for path in (cache / "converted").glob("*.*.1.*"))
    return {
        "compared": list(measured),
        "wanted": [one.name for one in autotune.available_precisions("cpu")],
        "errors": {name: one.error for name, one in measured.items()},
        "chosen": chosen.name,
        "again": autotune.autotune(network, quiet).name,
        "files": len(list((cache / "measured").glob("stable_audio-*.json"))),
        "kept": file_names,
        "without_a_prompt": without_a_prompt(network),
        "steps_end": all(done < total for _, done, total in events),
        "sounds": {
            name: bool(
                ours(
                    network,
                    [window_request(network, latents=64)],
                    SAMPLERS[network.objective][0],
                    arithmetic=PRECISIONS[name],
                )
                .isfinite()
                .all()
            )
            for name in measured
        },
    }


def without_a_prompt(network: StableAudioModel) -> float:
    """How far guided latents are from those of a row that attends to a prompt of zeros, as a
    share: the row that no prompt leads is not computed there."""
    sampler, request = SAMPLERS[network.objective][0], window_request(network, latents=64)
    arithmetic, skip = PRECISIONS["int8-weights"], quantized._skip_empty_rows
    skipped = ours(network, [request], sampler, arithmetic=arithmetic)
    network.loaded.clear()
    quantized._skip_empty_rows = lambda attention: attention
    whole = ours(network, [request], sampler, arithmetic=arithmetic)
    quantized._skip_empty_rows = skip
    network.loaded.clear()
    return float((skipped - whole).abs().max() / whole.abs().max())


def recursion() -> dict[str, Any]:
    """The schedule of diffusers' pipeline, whose tree begins at its configured 0.3."""
    last = torch.tensor(LAST_SIGMA, dtype=torch.float32)
    tree = torchsde.BrownianTree(torch.tensor(0.3), torch.zeros(2), torch.tensor(500.0), entropy=1)
    try:
        tree(torch.tensor(0.0), last)
        fails = "no error"
    except RecursionError:
        fails = "RecursionError"
    try:
        Schedule("dpmpp-3m-sde", 3, 0.3, 0.3000015).check()
        words = ["", "", ""]
    except ModelError as error:
        words = [error.code, error.message, error.hint]
    return {"torchsde": fails, "guard": words}


def library_levels(schedule: Schedule, shift: Any) -> list[float]:
    """stable-audio-tools' own levels, steps + 1 of them. shift: the checkpoint's, or None."""
    from stable_audio_tools.inference import k_diffusion
    from stable_audio_tools.inference.sampling import build_schedule

    if schedule.sampler in SIGMA_SAMPLERS:
        get_sigmas = k_diffusion.sampling.get_sigmas_polyexponential
        return list(get_sigmas(schedule.steps, schedule.sigma_min, schedule.sigma_max).tolist())
    if schedule.sampler.startswith("v-"):
        return [*build_schedule(schedule.steps, include_endpoint=False).tolist(), 0.0]
    times = build_schedule(schedule.steps, dist_shift=shift, fallback_seq_len=8)
    return list(times.tolist())


def evenly_spaced(networks: list[StableAudioModel]) -> list[str]:
    """Schedules without noise levels of their own that no sampler could go through: none is."""
    return [
        repr(schedule)
        for network in networks
        for sampler in SAMPLERS[network.objective]
        if sampler not in SIGMA_SAMPLERS
        for steps in range(1, 1001)
        for schedule in [Schedule(sampler, steps)]
        if levels_fault(library_levels(schedule, network.model.sampling_dist_shift), sampler)
    ]


def combinations(networks: list[StableAudioModel]) -> dict[str, Any]:
    """Random samplers, steps, levels and arithmetics: refused beforehand, or finite."""
    chance = random.Random(3)
    finite = refused = needless = 0
    failed = []
    for number in range(COMBINATIONS):
        network = networks[number % len(networks)]
        low = 10 ** chance.uniform(-3, 1)
        schedule = Schedule(
            chance.choice(SAMPLERS[network.objective]),
            chance.choice((1, 2, 3, 4, 6)) if number % 20 else chance.choice((30, 50)),
            low,
            max(low, 1.0) * 10 ** chance.uniform(0, 2.7) if number % 10 else low * (1 + 1e-7),
        )
        arithmetic = chance.choice(autotune.available_precisions("cpu"))
        levels = library_levels(schedule, network.model.sampling_dist_shift)
        try:
            schedule.check()
        except ModelError:  # before a library was there to ask
            refused += 1
            needless += not levels_fault(levels, schedule.sampler) and schedule.steps > 1
            continue
        if fault := levels_fault(levels, schedule.sampler):
            failed.append(f"{schedule}: {fault}")
            continue
        request = window_request(network, latents=8, seed=number)
        latents = denoise(
            network, quantized_dit(network, arithmetic), [request], schedule, 1.0, quiet
        )
        if latents.isfinite().all():
            finite += 1
        else:
            failed.append(repr((schedule, arithmetic.name)))
    return {"finite": finite, "refused": refused, "needless": needless, "failed": failed}


def main(folder: Path, part: str) -> dict[str, Any]:
    networks = {name: network_of(folder, name) for name in CHECKPOINTS}
    if part == "arithmetics":
        return {name: arithmetics(network) for name, network in networks.items()}
    facts = {
        name: {
            "equal": equal(network),
            "company": company(network),
            "batch": batch(network, name),
            "held": held(network),
        }
        for name, network in networks.items()
    }
    return {
        **facts,
        "recursion": recursion(),
        "combinations": combinations(list(networks.values())),
        "evenly_spaced": evenly_spaced(list(networks.values())),
    }


if __name__ == "__main__":
    with contextlib.redirect_stdout(sys.stderr):
        facts = main(Path(sys.argv[1]), sys.argv[2])
    print(json.dumps(facts))
