"""Stable Audio Open 1.0 in its true sizes and file formats, filled with random numbers.

    python -m benchmarks.stable_audio.weights FOLDER        (in venv-stable-audio)

4.9 GB for the network and 0.9 GB for T5, written tensor by tensor. What a step costs depends on
the shapes, not on the numbers. Files that are there already are left as they are.
"""

import contextlib
import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.random_tensors import drawn, shapes_of, write_random

from benchmarks import t5_weights

WIDTH, HEADS, DEPTH = 1536, 24, 24
CONDITION = 768  # width of T5-base
LATENTS, RATIO = 64, 2048
WINDOW, RATE = 2_097_152, 44_100
CHANNELS = 128  # of the autoencoder
LONGEST = 512  # seconds that the conditioner counts to
PROMPT_TOKENS = 128
PREPENDED = 1  # token of the time and the seconds, before the latents
KEYS = {  # the registry's key -> file
    "config": "model_config.json",
    "model": "model.safetensors",
    **{f"t5/{name}": f"t5-base/{name}"
       for name in ("config.json", "model.safetensors", "tokenizer.json")},
}  # fmt: skip


def make(folder: Path) -> dict[str, Path]:
    """Write the files that are not there yet; returns their paths by the registry's keys."""
    paths = {key: folder / name for key, name in KEYS.items()}
    if all(path.exists() for path in paths.values()):
        return paths
    with contextlib.redirect_stdout(sys.stderr):  # the library's import prints
        t5_weights.write_tokenizer(paths["t5/tokenizer.json"])
        paths["t5/config.json"].write_text(t5_weights.config().to_json_string(), encoding="utf-8")
        _write_t5(paths["t5/model.safetensors"])
        paths["config"].write_text(json.dumps(config(), indent=4) + "\n", encoding="utf-8")
        write_random(paths["model"], _shapes(), _drawn)
    return paths


def config() -> dict[str, Any]:
    """model_config.json as it is published, without what only training reads."""
    number = {"type": "number", "config": {"min_val": 0, "max_val": LONGEST}}
    text = {"t5_model_name": "t5-base", "max_length": PROMPT_TOKENS}
    seconds_ids = ["seconds_start", "seconds_total"]
    codec = {"channels": CHANNELS, "c_mults": [1, 2, 4, 8, 16], "strides": [2, 4, 4, 8, 8],
             "use_snake": True}  # fmt: skip
    encoder = {"in_channels": 2, "latent_dim": 2 * LATENTS, **codec}
    decoder = {"out_channels": 2, "latent_dim": LATENTS, "final_tanh": False, **codec}
    return {
        "model_type": "diffusion_cond",
        "sample_size": WINDOW,
        "sample_rate": RATE,
        "audio_channels": 2,
        "model": {
            "pretransform": {
                "type": "autoencoder",
                "iterate_batch": True,
                "config": {
                    "encoder": {"type": "oobleck", "requires_grad": False, "config": encoder},
                    "decoder": {"type": "oobleck", "config": decoder},
                    "bottleneck": {"type": "vae"},
                    "latent_dim": LATENTS,
                    "downsampling_ratio": RATIO,
                    "io_channels": 2,
                },
            },
            "conditioning": {
                "configs": [
                    {"id": "prompt", "type": "t5", "config": text},
                    *({"id": name, **number} for name in seconds_ids),
                ],
                "cond_dim": CONDITION,
            },
            "diffusion": {
                "cross_attention_cond_ids": ["prompt", *seconds_ids],
                "global_cond_ids": seconds_ids,
                "type": "dit",
                "config": {
                    "io_channels": LATENTS,
                    "embed_dim": WIDTH,
                    "depth": DEPTH,
                    "num_heads": HEADS,
                    "cond_token_dim": CONDITION,
                    "global_cond_dim": 2 * CONDITION,
                    "project_cond_tokens": False,
                    "transformer_type": "continuous_transformer",
                },
            },
            "io_channels": LATENTS,
        },
        "training": {"use_ema": True},
    }


def step_operations(latents: int, rows: int = 2) -> float:
    """Multiplications and additions of one step; two rows are one take with guidance.

    A layer's matrices have 18 * WIDTH**2 numbers that every token meets: self-attention 4, cross-
    attention 2, feed-forward 12.
    """
    tokens = latents + PREPENDED
    products = 2 * 18 * WIDTH**2 * tokens
    attention = 4 * WIDTH * tokens * (tokens + PROMPT_TOKENS + 2)
    return float(rows * DEPTH * (products + attention))


def _shapes() -> dict[str, tuple[int, ...]]:
    """Of everything in the file: all but T5, which is no part of it."""
    import torch
    from stable_audio_tools.models import create_model_from_config
    from stable_audio_tools.models.conditioners import (
        create_multi_conditioner_from_conditioning_config as create_conditioner,
    )

    whole = config()
    conditioning = whole["model"].pop("conditioning")
    conditioning["configs"] = [each for each in conditioning["configs"] if each["type"] != "t5"]
    with torch.device("meta"):
        shapes = shapes_of(create_model_from_config(whole))
        numbers = shapes_of(create_conditioner(conditioning))
    return shapes | {f"conditioner.{name}": shape for name, shape in numbers.items()}


def _drawn(name: str, shape: tuple[int, ...]) -> Any:
    """What a layer's three parts add is small, so that all together add what comes in: else every
    rounding would grow from layer to layer as it does in no network that was trained."""
    numbers = drawn(name, shape)
    if name.startswith("model.") and name.endswith(("to_out.weight", "ff.ff.2.weight")):
        numbers *= (3 * DEPTH) ** -0.5
    return numbers


def _write_t5(path: Path) -> None:
    """Encoder and decoder, as google publishes it; stable-audio-tools reads the file for half."""
    import torch
    from transformers import T5ForConditionalGeneration

    with torch.device("meta"):
        shapes = shapes_of(T5ForConditionalGeneration(t5_weights.config()))
    needed = {name: shape for name, shape in shapes.items() if not t5_weights.is_copy(name)}
    write_random(path, needed, t5_weights.draw)


if __name__ == "__main__":
    for written in make(Path(sys.argv[1])).values():
        print(f"{written.stat().st_size:>14,} {written}")
