"""Runs inside venv-stable-audio: python stable_audio_sound_probe.py FOLDER. Prints JSON.

FOLDER is what tests/tiny/stable_audio.py wrote. Latents to sound by our decoding beside that of
stable-audio-tools, on tiny checkpoints: their kernels, strides and levels are those of the real
ones, so what depends on what is the same.
"""

import contextlib
import hashlib
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from stable_audio_tools.models.autoencoders import OobleckDecoder
from stable_audio_tools.models.blocks import SnakeBeta
from tiny_weights import weights_in

from secondtake.core.errors import ModelError
from secondtake.core.generate import GeneratedAudio
from secondtake.core.jobs import Job
from secondtake.core.registry.stable_audio import STABLE_AUDIO, schedule_for
from secondtake.models.inference.oobleck_layers import load_decoder
from secondtake.models.inference.oobleck_pieces import CONTEXT
from secondtake.models.stable_audio.autoencoder import decode, loaded_decoder
from secondtake.models.stable_audio.continuation import continue_windows, window_requests
from secondtake.models.stable_audio.diffusion import denoise
from secondtake.models.stable_audio.model import StableAudioModel, WindowRequest, load_stable_audio
from secondtake.models.stable_audio.pipeline import generate, window_layout

RATIO, RATE = 2048, 44_100
LONG = {"open-small": 25.0, "open-1.0": 60.0}  # seconds: three windows, and two
STEP = RATE // 100  # frames: levels are compared every 10 ms
LATENTS = (1, 24, 25, 61)  # one piece, one that is full, two, four
SHAPE = {"out_channels": 2, "channels": 4, "latent_dim": 64, "c_mults": [1, 2, 4, 8, 16],
         "strides": [2, 4, 4, 8, 8]}  # fmt: skip


def quiet(*_: Any) -> None:
    pass


def loaded(checkpoint: str, folder: Path) -> StableAudioModel:
    return load_stable_audio(weights_in(folder, STABLE_AUDIO.checkpoint(checkpoint)), "cpu")


def noise(latents: int) -> torch.Tensor:
    return torch.randn(1, 64, latents, generator=torch.Generator().manual_seed(latents))


def upstream(network: StableAudioModel, latents: torch.Tensor) -> np.ndarray:
    """The whole, by stable-audio-tools: (frames, channels)."""
    with torch.no_grad():
        return network.model.pretransform.decode(latents)[0].numpy().T


def apart(sound: np.ndarray, reference: np.ndarray) -> float:
    """The largest difference, as a part of the loudest sample."""
    return float(abs(sound - reference).max() / abs(reference).max())


def decoding(network: StableAudioModel) -> dict[str, Any]:
    before = upstream(network, noise(61))
    errors = [
        apart(decode(network, noise(n), n * RATIO, quiet), upstream(network, noise(n)))
        for n in LATENTS
    ]
    whole, frames = noise(61), 30 * RATIO - 5
    cut = decode(network, whole, frames, quiet)
    changed = whole.clone()
    changed[:, :, 30 + CONTEXT :] = 0  # nothing that a frame of the first 30 latents depends on
    events: list[tuple[str, int, int]] = []
    decode(network, whole, frames, lambda *event: events.append(event))
    return {
        "ours": loaded_decoder(network) is not None,
        "errors": errors,
        "cut": [cut.shape, str(cut.dtype), cut.flags.c_contiguous],
        "cut_error": apart(cut, before[:frames]),
        "beyond_the_context": bool(np.array_equal(cut, decode(network, changed, frames, quiet))),
        "within_the_context": reached(network),
        "told": events,
        "threads": by_threads(network, whole),
        "upstream_unchanged": bool(np.array_equal(before, upstream(network, noise(61)))),
        "by_upstream_in_pieces": by_upstream(network, noise(300)),
    }


def reached(network: StableAudioModel) -> int:
    """The latents beyond a frame's own that its sound depends on, by stable-audio-tools."""
    untouched_latents, changed = noise(61), noise(61)
    changed[:, :, 45] += 1000.0
    with torch.no_grad():
        decoder = network.model.pretransform.model.decoder.double()
        sounds = [decoder(latents.double())[0].numpy() for latents in (untouched_latents, changed)]
        decoder.float()
    first = int(np.flatnonzero((sounds[0] != sounds[1]).any(axis=0))[0])
    return 45 - first // RATIO


def by_threads(network: StableAudioModel, latents: torch.Tensor) -> dict[str, Any]:
    """Hashes of what one, two and three threads make, and how many are set afterwards."""
    allowed, hashes, after = torch.get_num_threads(), [], []
    for threads in (1, 2, 3):
        torch.set_num_threads(threads)
        sound = decode(network, latents, 61 * RATIO, quiet)
        hashes.append(hashlib.sha256(sound.tobytes()).hexdigest())
        after.append(torch.get_num_threads())
    torch.set_num_threads(allowed)
    return {"different": len(set(hashes)), "after": after}


def by_upstream(network: StableAudioModel, latents: torch.Tensor) -> float:
    """The difference of decoding by stable-audio-tools in pieces from the whole."""
    model, soft_clip = network.model.pretransform.model, network.model.pretransform.model.soft_clip
    decoder, model.decoder = model.decoder, another_decoder()
    try:
        whole = upstream(network, latents)
        return apart(decode(network, latents, 300 * RATIO, quiet), whole)
    finally:
        model.decoder, model.soft_clip = decoder, soft_clip


def another_decoder(**changes: Any) -> Any:
    """A decoder that is not ours to compute: ELU instead of Snake, unless changed."""
    torch.manual_seed(3)
    decoder = OobleckDecoder(**{**SHAPE, "use_snake": False, "final_tanh": True, **changes})
    return decoder.eval().requires_grad_(False)


def long_job(checkpoint: str, **changes: Any) -> Job:
    """A take longer than a window; `changes` are settings."""
    options = {"steps": 4, "cfg_scale": 1.0, "dtype": "float32", "longer": "continue", **changes}
    settings = STABLE_AUDIO.settings(STABLE_AUDIO.checkpoint(checkpoint), options)
    return Job("song", 1, "instrumental", "", "stable_audio", checkpoint, 1, 7, LONG[checkpoint],
               "Bandoneón solo, A minor", "", "", (), 120.0, "", settings)  # fmt: skip


def going_on(network: StableAudioModel, checkpoint: str) -> dict[str, Any]:
    """A take of several windows, and its windows by themselves."""
    take_job, events = long_job(checkpoint), []
    sound = generate(network, take_job, lambda *event: events.append(event))
    windows = window_layout(network, take_job)
    try:
        generate(network, long_job(checkpoint, longer="refuse"), quiet)
        refused = ["", ""]
    except ModelError as error:
        refused = [error.code, error.hint]
    return {
        "shape": sound.samples.shape,
        "details": sound.details,
        "warnings": sound.warnings,
        "told": [events[0], [event for event in events if event[0] == "denoising"][-1], events[-1]],
        "again_the_same": np.array_equal(sound.samples, generate(network, take_job, quiet).samples),
        "held_exactly": held_exactly(network, take_job),
        "goes_on": goes_on(network, take_job),
        "seams": [beside(sound, (w.start + w.overlap) * RATIO) for w in windows[1:]],
        "refused": refused,
    }


def played(network: StableAudioModel, take_job: Job, request: WindowRequest) -> torch.Tensor:
    return denoise(network, network.model.model, [request], schedule_for(take_job), 1.0, quiet)


def requests(network: StableAudioModel, take_job: Job) -> list[WindowRequest]:
    take = WindowRequest(take_job.prompt, "", 0.0, take_job.seconds, 0, take_job.seed)
    return window_requests(network, take, window_layout(network, take_job))


def held_exactly(network: StableAudioModel, take_job: Job) -> bool:
    """True if every window begins with exactly the latents of its prefix."""
    equal: list[bool] = []

    def denoise_window(request: WindowRequest, _: Any) -> torch.Tensor:
        latents = played(network, take_job, request)
        if request.prefix_latents is not None:
            equal.append(
                torch.equal(
                    latents[0, :, : request.prefix_latents.shape[1]], request.prefix_latents
                )
            )
        return latents

    continue_windows(
        window_layout(network, take_job), requests(network, take_job), denoise_window, quiet
    )
    return all(equal) and len(equal) == len(window_layout(network, take_job)) - 1


def goes_on(network: StableAudioModel, take_job: Job) -> bool:
    """True if the new part of a second window depends on its prefix."""
    first, second, *_ = requests(network, take_job)
    held = window_layout(network, take_job)[1].overlap
    end = played(network, take_job, first)[0, :, -held:]
    news = [
        played(network, take_job, replace(second, prefix_latents=known))[:, :, held:]
        for known in (end, -end)
    ]
    return not torch.equal(*news)


def beside(sound: GeneratedAudio, at: int) -> dict[str, float]:
    """The largest change at a seam and anywhere: from sample to sample, and of level in dB."""
    mono = sound.samples.mean(axis=1)
    steps = abs(np.diff(mono))
    levels = 20 * np.log10(
        np.sqrt((mono[: len(mono) // STEP * STEP].reshape(-1, STEP) ** 2).mean(1))
    )
    jumps, block = abs(np.diff(levels))[1:-1], at // STEP - 1  # its edges are faded
    return {
        "step": float(steps[at - STEP : at + STEP].max() / steps.max()),
        "jump": float(jumps[block - 2 : block + 2].max() / jumps.max()),
    }


def snakes() -> dict[str, float]:
    """Our Snake beside SnakeBeta, with and without logarithms."""
    errors = {}
    for log in (True, False):
        theirs = SnakeBeta(32, alpha_logscale=log)
        torch.manual_seed(5)
        with torch.no_grad():
            theirs.alpha.uniform_(0.2, 1.5)
            theirs.beta.uniform_(0.2, 1.5)
            x = 3 * torch.randn(1, 32, 4000)
            out = torch.empty(4000, 32)
            decoder = another_decoder(use_snake=True)
            decoder.layers[-3] = theirs
            load_decoder(decoder).snake(x[0].T.contiguous(), out)
            errors[str(log)] = apart(out.numpy().T, theirs(x)[0].numpy())
    return errors


def kinds() -> dict[str, Any]:
    """The decoders that are ours to compute, and the difference of ours from a bounded one."""
    bounded = another_decoder(use_snake=True)
    latents = noise(12)
    with torch.inference_mode():
        theirs, ours = bounded(latents)[0], load_decoder(bounded)
    return {
        "bounded_error": apart(ours(latents[0].T, 0, 12).numpy().T, theirs.numpy()),
        "margins": ours.margins,
        "elu": load_decoder(another_decoder()) is None,
        "smoothed": load_decoder(another_decoder(use_snake=True, antialias_activation=True))
        is None,
        "nearest": load_decoder(another_decoder(use_snake=True, use_nearest_upsample=True)) is None,
        "odd": load_decoder(another_decoder(use_snake=True, strides=[2, 4, 4, 8, 7])) is None,
    }


def facts(folder: Path) -> dict[str, Any]:
    results: dict[str, Any] = {}
    for name in LONG:
        network = loaded(name, folder)
        results[name] = {**decoding(network), "long": going_on(network, name)}
    return {**results, "snakes": snakes(), "kinds": kinds()}


if __name__ == "__main__":
    with contextlib.redirect_stdout(sys.stderr):
        results = facts(Path(sys.argv[1]))
    print(json.dumps(results))
