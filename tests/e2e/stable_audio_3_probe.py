"""Runs inside venv-stable-audio: python stable_audio_3_probe.py FOLDER. Prints JSON.

FOLDER is what tests/tiny/stable_audio_3.py wrote. Our loading and playing of Stable Audio 3 beside
that of stable-audio-tools, on the same checkpoint and the same seed; and what it made of the cases
whose sound by Stability AI's own package the test knows.
"""

import contextlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch

from secondtake.core.errors import ModelError
from secondtake.core.files import sha256_of
from secondtake.core.generate import GeneratedAudio
from secondtake.core.jobs import Job
from secondtake.core.registry.stable_audio import STABLE_AUDIO
from secondtake.core.weights import Weights
from secondtake.models.inference.quantization import candidate_precisions
from secondtake.models.inference.sampling import seeded_generator
from secondtake.models.stable_audio import stable_audio_3
from secondtake.models.stable_audio.model import StableAudioModel, load_stable_audio, offline_config
from secondtake.models.stable_audio.noise import seeded_randomness
from secondtake.models.stable_audio.pipeline import generate
from secondtake.models.stable_audio.stable_audio_3 import latents_for

CHECKPOINT = "3-small-music"
PROMPT = "Bandoneón solo with trap beats, A minor, 120 BPM"
SECONDS = 2.345
STEPS = 4
KNOWN = (("pingpong", 1.0, ""), ("pingpong", 3.0, "vocals"), ("euler", 3.0, ""),
         ("dpmpp", 7.0, "drums"))  # fmt: skip
HEARD_AT = slice(1000, 103_000, 8500)  # frames
EDGE = 221  # frames that fade


def job(**changes: Any) -> Job:
    values = {"prompt": PROMPT, "seed": 7, "seconds": SECONDS, **changes}
    own = STABLE_AUDIO.settings(STABLE_AUDIO.checkpoint(CHECKPOINT), {"steps": STEPS})
    settings = {name: values.pop(name, value) for name, value in own.items()}
    return Job("song", 1, "instrumental", "", "stable_audio", CHECKPOINT, 1, values["seed"],
               values["seconds"], values["prompt"], "", "", (), 120.0, "", settings)  # fmt: skip


def quiet(*_: Any) -> None:
    pass


def error_of(network: StableAudioModel, asked_job: Job) -> list[str]:
    try:
        generate(network, asked_job, quiet)
    except ModelError as error:
        return [error.code, error.message, error.hint]
    return []


def same(first: GeneratedAudio, second: GeneratedAudio) -> bool:
    return bool(np.array_equal(first.samples, second.samples))


def unfaded(network: StableAudioModel, asked_job: Job) -> Any:
    with torch.no_grad():
        return stable_audio_3.generate(network, asked_job, quiet)


def by_stable_audio_tools(files: dict[str, Path], asked_job: Job) -> Any:
    """The same job by upstream's own loading, length, noise and decoding: (frames, channels)."""
    from stable_audio_tools.inference.generation import generate_diffusion_cond_inpaint
    from stable_audio_tools.models import create_model_from_config
    from stable_audio_tools.models.utils import load_ckpt_state_dict

    config = offline_config(json.loads(files["config"].read_text()), files["t5/config.json"].parent)
    model = create_model_from_config(config)
    model.load_state_dict(load_ckpt_state_dict(str(files["model"])))
    settings = asked_job.settings
    facts = {"prompt": asked_job.prompt, "seconds_total": asked_job.seconds}
    with torch.no_grad():
        sound = generate_diffusion_cond_inpaint(
            model.eval(), steps=settings["steps"], cfg_scale=settings["cfg_scale"],
            conditioning=[facts], sample_size=config["sample_size"], seed=asked_job.seed,
            device="cpu", sampler_type=settings["sampler"], disable_tqdm=True,
        )  # fmt: skip
    return sound[0, :, : round(asked_job.seconds * 44_100)].numpy().T


def differences(network: StableAudioModel, files: dict[str, Path]) -> dict[str, float]:
    """The difference of ours from stable-audio-tools' by job, and the level of theirs."""
    jobs = {
        "pingpong": job(),
        "euler": job(sampler="euler"),
        "dpmpp": job(sampler="dpmpp"),
        "guided": job(cfg_scale=3.0),
        "longer": job(seconds=15.0),
    }
    theirs = {name: by_stable_audio_tools(files, one) for name, one in jobs.items()}
    differences = {
        name: abs(unfaded(network, one) - theirs[name]).max() for name, one in jobs.items()
    }
    return {name: float(off) for name, off in differences.items()} | {
        "level": float(np.sqrt(np.mean(theirs["pingpong"] ** 2)))
    }


def known(network: StableAudioModel) -> list[Any]:
    """A few frames of each case whose sound by stable_audio_3 is known."""
    jobs = [job(sampler=s, cfg_scale=c, negative_prompt=n) for s, c, n in KNOWN]
    return [unfaded(network, one)[HEARD_AT].tolist() for one in jobs]


def drawn() -> dict[str, bool]:
    """Noise drawn for a library is that of torch.manual_seed, and no other generator's."""
    like, before = torch.empty(3, 5), torch.get_rng_state()
    with seeded_randomness(seeded_generator(11)):
        ours = torch.randn_like(like), torch.randn_like(input=like)
    untouched = bool(torch.equal(before, torch.get_rng_state()))
    torch.manual_seed(11)
    theirs = torch.randn_like(like), torch.randn_like(like)
    as_seeded = all(torch.equal(one, other) for one, other in zip(ours, theirs, strict=True))
    return {"untouched": untouched, "as_seeded": as_seeded}


def by_arithmetic(network: StableAudioModel) -> dict[str, list[Any]]:
    """Each precision's name in the record, and the difference of its sound from float32's."""
    plain = generate(network, job(mode="exact"), quiet)
    results: dict[str, list[Any]] = {}
    for name in ("float32", *(each.name for each in candidate_precisions("cpu", many_rows=True))):
        sound = generate(network, job(dtype=name), quiet)
        results[name] = [sound.dtype, float(abs(sound.samples - plain.samples).max())]
    return results


def asked_again(network: StableAudioModel) -> int:
    """The calls of the text encoder for 20 prompts, of which the first comes thrice."""
    encodings: list[Any] = []
    hook = network.model.conditioner.register_forward_pre_hook(
        lambda *arguments: encodings.append(arguments)
    )
    for prompt in ("p0", "p0", *(f"p{at}" for at in range(1, 20)), "p0"):
        stable_audio_3.generate(network, job(prompt=prompt, seconds=0.5, steps=1), quiet)
    hook.remove()
    return len(encodings)


def facts_of(folder: Path) -> dict[str, Any]:
    wanted = STABLE_AUDIO.checkpoint(CHECKPOINT).weights
    files = {weight.key: folder / weight.source for weight in wanted}
    hashes = {key: sha256_of(path) for key, path in files.items()}
    network = load_stable_audio(Weights(files, hashes, folder / "cache"), "cpu")
    events: list[tuple[str, int, int]] = []
    before = torch.get_rng_state()
    sound = generate(network, job(), lambda *event: events.append(event))
    undisturbed = bool(torch.equal(before, torch.get_rng_state()))
    negative = {"negative_prompt": "vocals", "cfg_scale": 7.0}
    return {
        "told": events,
        "undisturbed": undisturbed,
        "drawn": drawn(),
        "shape": sound.samples.shape,
        "kind": str(sound.samples.dtype),
        "level": float(np.sqrt(np.mean(sound.samples**2))),
        "details": sound.details,
        "differences": differences(network, files),
        "known": known(network),
        "asked_again": asked_again(network),
        "by_arithmetic": by_arithmetic(network),
        "exact_off": float(abs(generate(network, job(mode="exact"), quiet).samples
                               - unfaded(network, job()))[EDGE:-EDGE].max()),
        "left_unfilled": [name for name, tensor in network.model.state_dict().items()
                          if tensor.is_meta],
        "again_the_same": same(sound, generate(network, job(), quiet)),
        "seed_the_same": same(sound, generate(network, job(seed=8), quiet)),
        "prompt_the_same": same(sound, generate(network, job(prompt="Slow flute"), quiet)),
        "negative_the_same": same(
            generate(network, job(**negative), quiet),
            generate(network, job(cfg_scale=7.0), quiet),
        ),
        "latents": {seconds: latents_for(network, seconds) for seconds in (0.5, 2.345, 10, 119)},
        "longest": len(generate(network, job(seconds=120.0, steps=1), quiet).samples),
        "too_long": error_of(network, job(seconds=120.5)),
        "rk4": error_of(network, job(sampler="rk4")),
    }  # fmt: skip


if __name__ == "__main__":
    with contextlib.redirect_stdout(sys.stderr):
        facts = facts_of(Path(sys.argv[1]))
    print(json.dumps(facts))
