"""Runs inside venv-stable-audio: python stable_audio_3_probe.py FOLDER CHECKPOINT. Prints JSON.

FOLDER is what tests/tiny/stable_audio_3.py wrote. Our loading and playing of Stable Audio 3 beside
that of stable-audio-tools, on the same checkpoint and the same seed; and what it made of the cases
whose sound by Stability AI's own package the test knows.
"""

import contextlib
import importlib.util
import json
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tiny_weights import weights_in

from secondtake.core.errors import ModelError
from secondtake.core.generate import GeneratedAudio
from secondtake.core.jobs import Job
from secondtake.core.registry.stable_audio import STABLE_AUDIO
from secondtake.models.inference.quantization import candidate_precisions
from secondtake.models.inference.sampling import seeded_generator
from secondtake.models.stable_audio import stable_audio_3
from secondtake.models.stable_audio.model import (
    StableAudioModel,
    load_stable_audio,
    meta_model,
    offline_config,
)
from secondtake.models.stable_audio.noise import seeded_randomness
from secondtake.models.stable_audio.pipeline import generate
from secondtake.models.stable_audio.sliding_window import windowed_attention
from secondtake.models.stable_audio.stable_audio_3 import latents_for

ROOT = Path(__file__).parents[2]
CHECKPOINT = sys.argv[2]
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


def by_stable_audio_tools(files: dict[str, Path], asked_job: Job, *, latents: bool = False) -> Any:
    """The same job by upstream's own loading, length, noise and decoding: (frames, channels)."""
    from stable_audio_tools.inference.generation import generate_diffusion_cond_inpaint
    from stable_audio_tools.models import create_model_from_config, transformer
    from stable_audio_tools.models.utils import load_ckpt_state_dict

    # Of its ways through a sliding window without flash-attn, the one that needs no compiler.
    transformer.flex_attention_available = False

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
            return_latents=latents,
        )  # fmt: skip
    if latents:
        return sound
    return sound[0, :, : round(asked_job.seconds * 44_100)].numpy().T


def ours_in_latents(network: StableAudioModel, asked_job: Job) -> Any:
    generator = seeded_generator(asked_job.seed)
    with torch.no_grad():
        return stable_audio_3.denoise(network, network.model.model, asked_job, generator, quiet)


JOBS = {
    "pingpong": job(),
    "euler": job(sampler="euler"),
    "dpmpp": job(sampler="dpmpp"),
    "guided": job(cfg_scale=3.0),
    "longer": job(seconds=15.1),  # of an even number of latents, which stable_audio_3 asks for
}


def latent_differences(network: StableAudioModel, files: dict[str, Path]) -> dict[str, float]:
    """The difference of our latents from stable-audio-tools' by job."""
    theirs = {name: by_stable_audio_tools(files, one, latents=True) for name, one in JOBS.items()}
    ours = {name: ours_in_latents(network, one) for name, one in JOBS.items()}
    return {name: float((ours[name] - theirs[name]).abs().max()) for name in JOBS}


def differences(network: StableAudioModel, files: dict[str, Path]) -> dict[str, float]:
    """The difference of ours from stable-audio-tools' by job, and the level of theirs."""
    theirs = {name: by_stable_audio_tools(files, one) for name, one in JOBS.items()}
    differences = {
        name: abs(unfaded(network, one) - theirs[name]).max() for name, one in JOBS.items()
    }
    return {name: float(off) for name, off in differences.items()} | {
        "level": float(np.sqrt(np.mean(theirs["pingpong"] ** 2)))
    }


def windows() -> dict[str, float]:
    """Our attention within a window against FlashAttention 2's window_size, query by query in
    float64, and against stable-audio-tools' two masks: the largest difference of each."""
    from stable_audio_tools.models import transformer

    off = {"definition": 0.0, "stable_audio_tools": 0.0, "unlike_full": float("inf")}
    for tokens, left, right in ((1, 17, 17), (31, 3, 5), (32, 0, 0), (100, 17, 17), (70, 60, 1)):
        q, k, v = torch.randn(3, 2, 3, tokens, 16, generator=seeded_generator(tokens))
        ours = windowed_attention(q, k, v, left, right)
        for query in range(tokens):  # attends to query - left to query + right, both included
            keys = slice(max(query - left, 0), query + right + 1)
            scores = q[:, :, query, None].double() @ k[:, :, keys].double().transpose(2, 3) / 4
            expected = scores.softmax(dim=-1) @ v[:, :, keys].double()  # (2, 3, 1, 16)
            difference = (ours[:, :, query, None] - expected).abs().max()
            off["definition"] = max(off["definition"], float(difference))
        mask = transformer._sliding_window_additive_mask(
            tokens, tokens, left, right, "cpu", v.dtype
        )
        attend = torch.nn.functional.scaled_dot_product_attention
        halo = transformer._sliding_window_chunked_halo_sdpa(q, k, v, left, right)
        for theirs in (attend(q, k, v, attn_mask=mask), halo):
            difference = (ours - theirs).abs().max()
            off["stable_audio_tools"] = max(off["stable_audio_tools"], float(difference))
        if tokens > left + right + 1:
            difference = (ours - attend(q, k, v)).abs().max()
            off["unlike_full"] = min(off["unlike_full"], float(difference))
    return off


def true_bytes() -> int:
    """The size of the checkpoint's file with the true sizes: a header of names, then float32."""
    spec = importlib.util.spec_from_file_location("tiny", ROOT / "tests/tiny/stable_audio_3.py")
    assert spec and spec.loader
    sys.modules["tiny"] = tiny = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tiny)
    build, repository = {
        "3-small-music": (tiny.small_music, tiny.SMALL_MUSIC),
        "3-medium": (tiny.medium, tiny.MEDIUM),
    }[CHECKPOINT]
    model = meta_model(build(tiny.TRUE_SIZES[repository]))
    seconds = "conditioner.conditioners.seconds_total.embedder.embedding.1"
    shapes = {name: list(tensor.shape) for name, tensor in model.state_dict().items()} | {
        "conditioner.conditioners.prompt.padding_embedding": [768],
        f"{seconds}.weight": [768, 256],
        f"{seconds}.bias": [768],
    }
    header: dict[str, Any] = {}
    end = 0
    for name in sorted(shapes):
        start, end = end, end + 4 * int(np.prod(shapes[name]))
        header[name] = {"dtype": "F32", "shape": shapes[name], "data_offsets": [start, end]}
    names = len(json.dumps(header, separators=(",", ":")))
    return 8 + math.ceil(names / 8) * 8 + end


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
    for name in ("float32", *(each.name for each in candidate_precisions("cpu"))):
        sound = generate(network, job(dtype=name), quiet)
        results[name] = [sound.dtype, float(abs(sound.samples - plain.samples).max())]
    return results


def told_of_pieces(network: StableAudioModel) -> list[Any]:
    """What is said while 15 s are decoded."""
    events: list[Any] = []
    generate(network, job(seconds=15.0, steps=1), lambda *event: events.append(event))
    return [event for event in events if event[0] == "decoding"]


def asked_again(network: StableAudioModel) -> int:
    """The calls of the text encoder for 20 prompts, of which the first comes thrice."""
    encodings: list[Any] = []
    text_encoder = network.model.conditioner.conditioners["prompt"].model
    hook = text_encoder.register_forward_pre_hook(lambda *inputs: encodings.append(inputs))
    for prompt in ("p0", "p0", *(f"p{at}" for at in range(1, 20)), "p0"):
        seconds = 0.5 + len(encodings) % 2 / 10  # which a prompt's states do not depend on
        stable_audio_3.generate(network, job(prompt=prompt, seconds=seconds, steps=1), quiet)
    hook.remove()
    return len(encodings)


def facts_of(folder: Path) -> dict[str, Any]:
    weights = weights_in(folder, STABLE_AUDIO.checkpoint(CHECKPOINT))
    files = dict(weights.paths)
    network = load_stable_audio(weights, "cpu")
    events: list[tuple[str, int, int]] = []
    before = torch.get_rng_state()
    sound = generate(network, job(), lambda *event: events.append(event))
    undisturbed = bool(torch.equal(before, torch.get_rng_state()))
    negative = {"negative_prompt": "vocals", "cfg_scale": 7.0}
    longest = STABLE_AUDIO.checkpoint(CHECKPOINT).longest_seconds
    return {
        "told": events,
        "undisturbed": undisturbed,
        "drawn": drawn(),
        "shape": sound.samples.shape,
        "kind": str(sound.samples.dtype),
        "level": float(np.sqrt(np.mean(sound.samples**2))),
        "details": sound.details,
        "differences": differences(network, files),
        "latent_differences": latent_differences(network, files),
        "known": known(network),
        "windows": windows(),
        "true_bytes": true_bytes(),
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
        "told_of_pieces": told_of_pieces(network),
        "longest": len(generate(network, job(seconds=longest, steps=1), quiet).samples),
        "too_long": error_of(network, job(seconds=longest + 0.5)),
        "rk4": error_of(network, job(sampler="rk4")),
    }  # fmt: skip


if __name__ == "__main__":
    with contextlib.redirect_stdout(sys.stderr):
        facts = facts_of(Path(sys.argv[1]))
    print(json.dumps(facts))
