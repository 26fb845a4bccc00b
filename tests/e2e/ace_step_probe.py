"""Runs inside venv-ace-step: python ace_step_probe.py FOLDER. Prints JSON.

FOLDER is what tests/tiny/ace_step.py wrote. Every checkpoint beside unmodified AceStepPipeline,
whose modules are those that the writer made, before any of their names was changed; what a take
depends on; what goes together, and what is remembered.
"""

import json
import os
import socket
import sys
import weakref
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import AceStepPipeline, AutoencoderOobleck, FlowMatchEulerDiscreteScheduler
from tests.e2e.tiny_weights import weights_in
from tests.tiny import ace_step as tiny
from transformers import AutoModel, AutoTokenizer

from secondtake.core.environ import LOW_MEMORY
from secondtake.core.errors import ModelError
from secondtake.core.generate import GeneratedAudio
from secondtake.core.jobs import Job
from secondtake.core.prompts.ace_step_prompt import ace_step_fields, ace_step_texts
from secondtake.core.registry.ace_step import ACE_STEP
from secondtake.models.ace_step import pipeline
from secondtake.models.ace_step.diffusion import LatentRequest, denoise, silent_context
from secondtake.models.ace_step.model import AceStepModel, encode_conditions, load_ace_step
from secondtake.models.ace_step.transformer import load_transformer
from secondtake.models.inference.quantization import FLOAT32

STEPS = 4
# Latents: 50; one; 25, an odd number; one and a bit; 85, of which the last is cut.
SECONDS = (2.0, 0.04, 1.0, 0.05, 3.37)
LONG = 14.0  # beyond the sliding window
LYRICS = "[verse]\nLa mar al amanecer\n[chorus]\nCanta corazón"
JOB = Job(
    song="s", segment=18, kind="chorus", title="", model="ace_step", checkpoint="turbo", take=1,
    seed=5, seconds=2.0, prompt="bolero, voz femenina, piano", style="", lyrics=LYRICS,
    languages=("es",), bpm=96.0, key="A minor", meter="3/4", settings={},
)  # fmt: skip
CHANGES: dict[str, dict[str, Any]] = {
    "seed": {"seed": 6},
    "prompt": {"prompt": "bolero, voz femenina, pianos"},
    "lyrics": {"lyrics": LYRICS.replace("mar", "mas")},
    "language": {"languages": ("it",)},
    "bpm": {"bpm": 97.0},
    "key": {"key": "B minor"},
    "meter": {"meter": "4/4"},
    "steps": {"steps": STEPS + 1},
    "shift": {"shift": 2.0},
}
GUIDED = {"guidance_scale": {"guidance_scale": 5.0}, "no guidance": {"guidance_scale": 1.0}}


def quiet(*_: Any) -> None:
    pass


def load(folder: Path, name: str) -> AceStepModel:
    checkpoint = ACE_STEP.checkpoint(name)
    return load_ace_step(weights_in(folder, checkpoint), checkpoint, "cpu")


def a_job(model: AceStepModel, **changes: Any) -> Job:
    own = {key: changes.pop(key) for key in list(changes) if key not in Job.__dataclass_fields__}
    chosen = {"steps": STEPS, "mode": "exact", "cover": "", **own}
    settings = ACE_STEP.settings(model.checkpoint, chosen)
    return replace(JOB, checkpoint=model.checkpoint.name, settings=settings, **changes)


def played(model: AceStepModel, *jobs: Job) -> list[GeneratedAudio | ModelError]:
    """The result of each job, in the order of the jobs."""
    done = list(pipeline.generate_batch(model, jobs, quiet))
    assert len(done) == len(jobs)
    return [next(result for job, result in done if job is asked) for asked in jobs]


def sound_of(model: AceStepModel, job: Job) -> GeneratedAudio:
    (result,) = played(model, job)
    if isinstance(result, ModelError):
        raise result
    return result


def rows_of(model: AceStepModel, jobs: Sequence[Job]) -> list[LatentRequest]:
    return [
        LatentRequest(encode_conditions(model, job), silent_context(model, job.seconds), job.seed)
        for job in jobs
    ]


def latents_of(model: AceStepModel, *jobs: Job) -> torch.Tensor:
    transformer = load_transformer(model, FLOAT32)
    return denoise(model, transformer, rows_of(model, jobs), jobs[0].settings, quiet)


def theirs(folder: Path, model: AceStepModel) -> AceStepPipeline:
    """The unmodified pipeline, in float32."""
    parts = tiny.modules(model.checkpoint.name)
    if model.checkpoint.name == "xl-turbo":  # diffusers' layout has the silence in bfloat16 too
        silence = parts["condition_encoder"].silence_latent
        silence.copy_(silence.bfloat16())
    text, vae = (model.weights[f"{part}/config.json"].parent for part in ("text", "vae"))
    pipe = AceStepPipeline(
        vae=AutoencoderOobleck.from_pretrained(vae, torch_dtype=torch.float32),
        text_encoder=AutoModel.from_pretrained(text, dtype=torch.float32),
        tokenizer=AutoTokenizer.from_pretrained(model.weights["text/tokenizer.json"].parent),
        scheduler=FlowMatchEulerDiscreteScheduler(num_train_timesteps=1, shift=1.0),
        **{name: part.eval() for name, part in parts.items()},
    )
    pipe.set_progress_bar_config(disable=True)
    return pipe


def their_sound(pipe: AceStepPipeline, job: Job, output: str) -> torch.Tensor:
    settings = job.settings
    sound: torch.Tensor = pipe(
        **ace_step_fields(job),
        num_inference_steps=settings["steps"],
        guidance_scale=settings["guidance_scale"],
        shift=settings["shift"],
        generator=torch.Generator().manual_seed(job.seed),
        output_type=output,
    ).audios
    return sound


def beside_theirs(folder: Path, model: AceStepModel) -> dict[str, Any]:
    """By seconds: the latents to the bit, the frames, and the sounds' largest difference."""
    pipe, facts = theirs(folder, model), {}
    fields = ace_step_fields(JOB)
    duration, instruction = fields.pop("audio_duration"), fields.pop("instruction")
    texts = pipe._format_prompt(**fields, audio_duration=duration, instruction=instruction)
    same_texts = texts == (ace_step_texts(JOB).text, ace_step_texts(JOB).lyrics)
    for seconds in (*SECONDS, LONG):
        job = a_job(model, seconds=seconds)
        sound, expected = sound_of(model, job), their_sound(pipe, job, "pt")[0].T.numpy()
        facts[str(seconds)] = {
            "latents": torch.equal(latents_of(model, job), their_sound(pipe, job, "latent")),
            "frames": [len(sound.samples), round(seconds * 48_000)],
            "difference": away(sound.samples, expected[: len(sound.samples)]),
            "peak": float(np.abs(expected).max()),
            "level": float(sound.samples.std()),
            "gain_db": sound.details["peak_normalisation"]["gain_db"],
        }
    return {"texts": same_texts, "by_seconds": facts}


def where_theirs_fails(folder: Path, model: AceStepModel) -> dict[str, Any]:
    """2.2 s are 56 latents, of which the pipeline's arithmetic makes 57 where noise is drawn."""
    job = a_job(model, seconds=2.2)
    try:
        their_sound(theirs(folder, model), job, "latent")
        fails = ""
    except RuntimeError as error:
        fails = str(error)
    return {"theirs": fails, "frames": len(sound_of(model, job).samples)}


def away(first: np.ndarray, second: np.ndarray) -> float:
    return float(np.abs(first - second).max())


def changed(model: AceStepModel) -> dict[str, float]:
    """By what was changed, how far the sound is from the unchanged one."""
    usual = sound_of(model, a_job(model)).samples
    changes = CHANGES if model.is_turbo else {**CHANGES, **GUIDED}
    far = {
        name: away(usual, sound_of(model, a_job(model, **change)).samples)
        for name, change in changes.items()
    }
    return {"again": away(usual, sound_of(model, a_job(model)).samples), **far}


def company(model: AceStepModel) -> dict[str, float]:
    """By the rows of a batch, how far a row is from itself alone; another order; another seed."""
    jobs = [a_job(model, seed=seed) for seed in (1, 2, 3, 4)]
    alone = torch.cat([latents_of(model, job) for job in jobs])
    four, two = latents_of(model, *jobs), latents_of(model, *jobs[:2])
    backwards = latents_of(model, *reversed(jobs)).flip(0)
    return {
        "2": float((two - alone[:2]).abs().max()),
        "4": float((four - alone).abs().max()),
        "backwards": float((backwards - four).abs().max()),
        "apart": float((alone[0] - alone[1]).abs().max()),
        "level": float(alone.std()),
    }


def batches(folder: Path) -> dict[str, Any]:
    """Jobs of two prompts and two lengths on what passes for a GPU; and where memory is short."""
    model = load(folder, "turbo")
    jobs = [
        *(a_job(model, seed=seed, take=seed) for seed in (1, 2, 3, 4, 5)),
        a_job(model, prompt="other", take=6),
        a_job(model, seconds=1.0, take=7),
        a_job(model, guidance_scale=3.0, take=8),
    ]
    alone = [sound_of(model, job).samples for job in jobs[:-1]]
    sizes: list[int] = []
    rows_that_fit = [4]
    whole_denoise, whole_batch = pipeline.denoise, pipeline.batch_size

    def counting(*arguments: Any) -> torch.Tensor:
        sizes.append(len(arguments[2]))
        if sizes[-1] > rows_that_fit[0]:
            raise RuntimeError("CUDA out of memory")
        return whole_denoise(*arguments)

    pipeline.denoise, pipeline.batch_size = counting, lambda _: 4
    try:
        results = played(model, *jobs)
        usual, rows_that_fit[0] = sizes.copy(), 1
        sizes.clear()
        short = played(model, *jobs[:5])
        halved, rows_that_fit[0] = sizes.copy(), 0
        none = played(model, jobs[0])
    finally:
        pipeline.denoise, pipeline.batch_size = whole_denoise, whole_batch
    return {
        "usual": usual,
        "halved": halved,
        "away": max(
            away(one.samples, sound) for one, sound in zip(results[:-1], alone, strict=True)
        ),
        "away_halved": max(
            away(one.samples, sound) for one, sound in zip(short, alone[:5], strict=True)
        ),
        "refused": said(results[-1]),
        "none": said(none[0]),
        "on": [whole_batch(device) for device in ("cpu", "mps", "cuda", "cuda:1")],
    }


def said(error: Any) -> list[str]:
    return [error.code, error.message, error.hint] if isinstance(error, ModelError) else []


def remembered(folder: Path) -> dict[str, Any]:
    """What is read again, and what is not; and whether tensors are mapped."""
    model = load(folder, "turbo")
    read: list[str] = []
    alive: list[weakref.ref[Any]] = []
    module = AceStepModel.module

    def counting(self: AceStepModel, component: str) -> Any:
        read.append(component)
        loaded = module(self, component)
        alive.append(weakref.ref(loaded))
        return loaded

    AceStepModel.module = counting  # type: ignore[method-assign]
    try:
        jobs = [a_job(model, seed=seed, prompt=f"prompt {seed}") for seed in range(17)]
        first = encode_conditions(model, jobs[0])
        again = encode_conditions(model, replace(jobs[0], seed=99)) is first
        timbre = model.tensors["timbre"]
        for job in jobs[1:]:
            encode_conditions(model, job)
        second = encode_conditions(model, jobs[0])
    finally:
        AceStepModel.module = module  # type: ignore[method-assign]
    state = model.state("transformer")
    maps = [line.split() for line in Path("/proc/self/maps").read_text().splitlines()]
    path = str(model.weights["model"].resolve())
    spans = [range(*(int(n, 16) for n in m[0].split("-"))) for m in maps if m[-1] == path]
    return {
        "again": again,
        "forgotten": second is not first and torch.equal(second, first),
        "read": [read.count("text_encoder"), read.count("condition_encoder")],
        "alive": sum(reference() is not None for reference in alive),
        "timbre_once": model.tensors["timbre"] is timbre,
        "cached": len(model.prompts),
        "mapped": all(any(t.data_ptr() in span for span in spans) for t in state.values()),
        "dtypes": sorted({str(tensor.dtype) for tensor in state.values()}),
    }


def low_memory(folder: Path) -> dict[str, Any]:
    usual = load(folder, "turbo")
    os.environ[LOW_MEMORY] = "1"
    try:
        spare = load(folder, "turbo")
    finally:
        del os.environ[LOW_MEMORY]
    job = a_job(usual)
    same = np.array_equal(sound_of(usual, job).samples, sound_of(spare, job).samples)
    return {"same": same, "held": [len(spare.loaded), len(usual.loaded) > 1]}


def overflow(folder: Path) -> list[str]:
    """What is said of latents that are no numbers any more."""
    model = load(folder, "turbo")
    whole = pipeline.denoise
    pipeline.denoise = lambda *arguments: whole(*arguments) * float("inf")
    try:
        return said(played(model, a_job(model, seconds=0.04))[0])
    finally:
        pipeline.denoise = whole


def told(folder: Path) -> list[tuple[str, int, int]]:
    model = load(folder, "turbo")
    events: list[tuple[str, int, int]] = []
    list(pipeline.generate_batch(model, [a_job(model)], lambda *event: events.append(event)))
    return events


def network_calls() -> list[str]:
    """What is asked of the network from now on, all of which fails."""
    asked: list[str] = []

    def refuse(_: socket.socket, address: Any) -> None:
        asked.append(repr(address))
        raise OSError("no network")

    socket.socket.connect = refuse  # type: ignore[method-assign, assignment]
    return asked


def main(folder: Path) -> dict[str, Any]:
    asked = network_calls()
    models = {name: load(folder, name) for name in tiny.SEEDS}
    return {
        "beside": {name: beside_theirs(folder, model) for name, model in models.items()},
        "changed": {name: changed(model) for name, model in models.items()},
        "company": {name: company(models[name]) for name in ("turbo", "base")},
        "batches": batches(folder),
        "remembered": remembered(folder),
        "low_memory": low_memory(folder),
        "overflow": overflow(folder),
        "told": told(folder),
        "where_theirs_fails": where_theirs_fails(folder, models["turbo"]),
        "network": asked,
    }


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
