"""Runs inside venv-ace-step: python ace_step_repaint_probe.py FOLDER. Prints JSON.

FOLDER is what tests/tiny/ace_step.py wrote, and $SECONDTAKE_ROOT the project whose recordings are
read. Repaints and covers beside those of AceStepPipeline, on the same weights, the same recording,
and the same noise for its latents; and what is in the wavs of repainted takes.
"""

import json
import os
import sys
import wave
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import AceStepPipeline, FlowMatchEulerDiscreteScheduler
from diffusers.models.autoencoders import autoencoder_oobleck
from tiny_weights import weights_in
from transformers import AutoModel, AutoTokenizer

from secondtake.core.errors import ModelError
from secondtake.core.files import sha256_of
from secondtake.core.jobs import Job
from secondtake.core.prompts.ace_step_prompt import ace_step_fields, ace_step_task
from secondtake.core.prompts.source_audio import SourceAudio
from secondtake.core.registry.ace_step import ACE_STEP
from secondtake.core.wav import write_wav
from secondtake.models.ace_step import pipeline
from secondtake.models.ace_step.model import AceStepModel, build_module, load_ace_step
from secondtake.models.ace_step.source_audio import ENCODING_SEED, source_latents
from secondtake.models.inference.recordings import read_recording, resample

RATE, SECONDS, STEPS = 48_000, 2.0, 4
FADE = 2400  # frames of a crossfade
ROOT = Path(os.environ["SECONDTAKE_ROOT"])
LYRICS = "[verse]\nLa mar al amanecer\n[chorus]\nCanta corazón"


def load(folder: Path, name: str) -> AceStepModel:
    checkpoint = ACE_STEP.checkpoint(name)
    return load_ace_step(weights_in(folder, checkpoint), checkpoint, "cpu")


def a_job(model: AceStepModel, seed: int = 5, seconds: float = SECONDS, **settings: Any) -> Job:
    own = {"steps": STEPS, "mode": "exact", "cover": "", **settings}
    return Job(
        song="s", segment=18, kind="chorus", title="", model="ace_step",
        checkpoint=model.checkpoint.name, take=2, seed=seed, seconds=seconds,
        prompt="bolero, voz femenina", style="", lyrics=LYRICS, languages=("es",), bpm=96.0,
        key="A minor", meter="3/4", settings=ACE_STEP.settings(model.checkpoint, own),
    )  # fmt: skip


def quiet(*_: Any) -> None:
    pass


def sound_of(model: AceStepModel, job: Job) -> Any:
    ((_, result),) = pipeline.generate_batch(model, [job], quiet)
    if isinstance(result, ModelError):
        raise result
    return result


def error_of(model: AceStepModel, job: Job) -> list[str]:
    try:
        sound_of(model, job)
    except ModelError as error:
        return [error.code, error.message, error.hint]
    return []


def write(name: str, samples: Any) -> Path:
    """A wav as the generation loop writes it."""
    path = ROOT / name
    assert write_wav(path, np.asarray(samples, np.float32), RATE) == ()
    return path


def pcm(path: Path) -> np.ndarray:
    with wave.open(str(path), "rb") as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)


def source_of(path: Path, start: float, end: float | None) -> str:
    return str(SourceAudio(path.name, start, end, sha256_of(path)))


def theirs(model: AceStepModel) -> AceStepPipeline:
    """The unmodified pipeline, in float32."""
    parts = {}
    for name in (
        "vae", "transformer", "condition_encoder", "audio_tokenizer", "audio_token_detokenizer",
    ):  # fmt: skip
        module: Any = build_module(name, model.config(name))
        state = {key: value.float() for key, value in model.state(name).items()}
        module.load_state_dict(state, assign=True)
        parts[name] = module
    text = model.weights["text/config.json"].parent
    pipe = AceStepPipeline(
        text_encoder=AutoModel.from_pretrained(text, dtype=torch.float32),
        tokenizer=AutoTokenizer.from_pretrained(model.weights["text/tokenizer.json"].parent),
        scheduler=FlowMatchEulerDiscreteScheduler(num_train_timesteps=1, shift=1.0),
        **parts,
    )
    pipe.set_progress_bar_config(disable=True)
    return pipe


def by_their_pipeline(
    model: AceStepModel, job: Job, samples: np.ndarray, stretch: tuple[float, float] | None
) -> tuple[torch.Tensor, torch.Tensor]:
    """Its context and its latents, with our noise for the latents of the recording."""
    pipe, contexts = theirs(model), []
    distribution = autoencoder_oobleck.OobleckDiagonalGaussianDistribution
    sample, forward = distribution.sample, pipe.transformer.forward

    def seeded(self: Any, generator: Any = None) -> Any:
        return sample(self, torch.Generator().manual_seed(job.seed + ENCODING_SEED))

    def remembered(*arguments: Any, **named: Any) -> Any:
        contexts.append(named["context_latents"])
        return forward(*arguments, **named)

    distribution.sample, pipe.transformer.forward = seeded, remembered
    repainting = dict(zip(("repainting_start", "repainting_end"), stretch or (), strict=False))
    settings = job.settings
    try:
        latents = pipe(
            **ace_step_fields(job),
            task_type=ace_step_task(job),
            src_audio=torch.from_numpy(samples.T.copy()),
            **repainting,
            num_inference_steps=settings["steps"],
            guidance_scale=settings["guidance_scale"],
            shift=settings["shift"],
            generator=torch.Generator().manual_seed(job.seed),
            output_type="latent",
        ).audios
    finally:
        distribution.sample = sample
    return contexts[0], latents


def with_latents(model: AceStepModel, job: Job) -> tuple[Any, torch.Tensor]:
    """Our sound, and the latents that it was decoded from."""
    caught = []
    denoise = pipeline.denoise

    def remembered(*arguments: Any) -> torch.Tensor:
        caught.append(denoise(*arguments))
        return caught[-1]

    pipeline.denoise = remembered
    try:
        return sound_of(model, job), caught[0]
    finally:
        pipeline.denoise = denoise


def repainted(model: AceStepModel, take: Path) -> dict[str, Any]:
    """A second in the middle, beside the pipeline; and what of the wav is the take's."""
    job = a_job(model, repaint=source_of(take, 0.6, 1.2))
    sound, latents = with_latents(model, job)
    context, source = source_latents(model, job)
    their_context, their_latents = by_their_pipeline(model, job, source.samples, (0.6, 1.2))
    before, after = pcm(take), pcm(write(f"{take.stem}_repaint.wav", sound.samples))
    first, last = round(0.6 * RATE), round(1.2 * RATE)
    differ = np.flatnonzero((before != after).any(1))
    other = sound_of(model, replace(job, seed=6))
    return {
        # Guided, the pipeline has it twice: with the text, and without.
        "context": bool(torch.equal(context, their_context[:1])),
        "latents": bool(torch.equal(latents, their_latents)),
        "kept_is_masked": float(context[..., model.channels :].sum()) / model.channels,
        "frames": [len(before), len(after)],
        "outside": [int(differ.min()) - (first - FADE), last + FADE - int(differ.max())],
        "changed": float((before != after).any(1)[first:last].mean()),
        "details": sound.details,
        "again": bool(np.array_equal(sound_of(model, job).samples, sound.samples)),
        "another_seed": float(np.abs(other.samples - sound.samples)[first:last].max()),
        "warnings": list(sound.warnings),
    }


def continued(model: AceStepModel, take: Path) -> dict[str, Any]:
    """From the take's end on, and from before it."""
    facts = {}
    before = pcm(take)
    for name, start in (("at its end", SECONDS), ("before it", 1.7)):
        job = a_job(model, seconds=3.0, repaint=source_of(take, start, 3.0))
        sound = sound_of(model, job)
        after = pcm(write(f"{take.stem}_continued.wav", sound.samples))
        kept = round(start * RATE) - FADE
        tail = after[len(before) :]
        context, _ = source_latents(model, job)
        channels = model.channels
        facts[name] = {
            "frames": len(after),
            "kept": bool((before[:kept] == after[:kept]).all()),
            "tail_is_heard": int(np.abs(tail).max()),
            "silent": bool(torch.equal(context[:, 50:, :channels], model.silence_latent[:, 50:75])),
            "mask": [int(context[0, at, channels]) for at in (0, 42, 43, 74)],
        }
    return facts


def at_the_edges(model: AceStepModel, take: Path) -> dict[str, bool]:
    """From the first frame, to the last, and all of it."""
    before, facts = pcm(take), {}
    for name, start, end in (("first", 0.0, 0.8), ("last", 1.2, 2.0), ("all", 0.0, 2.0)):
        sound = sound_of(model, a_job(model, repaint=source_of(take, start, end)))
        after = pcm(write(f"{take.stem}_edge.wav", sound.samples))
        head, rest = max(round(start * RATE) - FADE, 0), round(end * RATE) + FADE
        kept = (before[:head] == after[:head]).all() and (before[rest:] == after[rest:]).all()
        facts[name] = bool(kept and len(before) == len(after) and (before != after).any())
    return facts


def covered(model: AceStepModel, recording: Path) -> dict[str, Any]:
    """A cover of a stretch of another rate, beside the pipeline; and of one that is too short."""
    facts: dict[str, Any] = {}
    for name, end in (("whole", 2.5), ("short", 1.5)):
        job = a_job(model, cover=source_of(recording, 0.5, end))
        context, source = source_latents(model, job)
        sound, latents = with_latents(model, job)
        facts[name] = {"details": sound.details, "frames": len(sound.samples)}
        if name == "whole":
            theirs = by_their_pipeline(model, job, source.samples, None)
            facts[name]["context"] = bool(torch.equal(context, theirs[0]))
            facts[name]["latents"] = bool(torch.equal(latents, theirs[1]))
        else:
            silence = model.silence_latent[:, 25:50]
            facts[name]["silent"] = bool(torch.equal(context[:, 25:, : model.channels], silence))
    plain = sound_of(model, a_job(model))
    facts["is_heard"] = float(np.abs(plain.samples - sound.samples).max())
    return facts


def refused(model: AceStepModel, bare: AceStepModel, take: Path, song: Path) -> dict[str, Any]:
    changed = source_of(take, 0.5, 1.5).partition("sha256:")[0] + f"sha256:{'0' * 64}"
    missing = f"none.wav@0.5-1.5@sha256:{'0' * 64}"
    return {
        "changed": error_of(model, a_job(model, repaint=changed)),
        "missing": error_of(model, a_job(model, repaint=missing)),
        "no take": error_of(model, a_job(model, repaint=source_of(song, 0.5, 1.5))),
        "no such baseline": error_of(model, a_job(model, cover=missing)),
        "no tokenizer": error_of(bare, a_job(bare, cover=source_of(song, 0.5, 2.5))),
    }


def without_tokenizer(model: AceStepModel) -> AceStepModel:
    """The same, as it is where its optional files were not published."""
    configs = {name: config for name, config in model.configs.items() if "token" not in name}
    return replace(model, configs=configs)


def tune(rate: int, seconds: float) -> np.ndarray:
    time = np.arange(round(rate * seconds)) / rate
    both = [0.4 * np.sin(2 * np.pi * pitch * time) for pitch in (440.0, 3000.0)]
    return np.stack(both, 1).astype(np.float32)


def resampled() -> dict[str, Any]:
    """A tone of another rate beside the same tone, away from the edges; and its channels."""
    facts = {}
    for rate in (22_050, 32_000, 44_100, 96_000):
        there = resample(torch.from_numpy(tune(rate, 1.0).T.copy()), rate, RATE).numpy().T
        wanted = tune(RATE, 1.0)
        same_length = len(there) == len(wanted)
        facts[str(rate)] = [same_length, float(np.abs(there - wanted)[2400:-2400].max())]
    return facts


def main() -> None:
    folder = Path(sys.argv[1])
    model = load(folder, "turbo")
    take = write("ace_step_segment18_chorus.wav", sound_of(model, a_job(model, seed=3)).samples)
    song = ROOT / "song.wav"
    with wave.open(str(song), "wb") as file:
        file.setparams((2, 2, 44_100, 0, "NONE", ""))
        file.writeframes((tune(44_100, 4.0) * 32_767).astype("<i2").tobytes())
    mono = read_recording(
        SourceAudio(song.name, 1.0, 2.0, sha256_of(song)), "cover", RATE, channels=1
    )
    xl = load(folder, "xl-turbo")
    base = load(folder, "base")
    facts = {
        "turbo": repainted(model, take),
        "base": repainted(base, take),
        "continued": continued(model, take),
        "edges": at_the_edges(model, take),
        "cover": covered(model, song),
        "xl cover": covered(xl, song),
        "refused": refused(model, without_tokenizer(xl), take, song),
        "resampled": resampled(),
        "mono": [list(mono.shape), float(np.abs(mono[:, 0]).max())],
    }
    print(json.dumps(facts))


main()
