"""ACE-Step 1.5 turbo in its true sizes and file formats, filled with random numbers.

    python -m benchmarks.ace_step.weights FOLDER        (in venv-ace-step)

6.3 GB in its authors' layout (`upstream`), which ours reads, and 4.8 GB once more in diffusers'
(`diffusers`), with the same numbers, which AceStepPipeline reads; autoencoder and text encoder are
linked there. All of it is bfloat16, as it is published. What a step costs depends on the shapes,
not on the numbers. Files that are there already are left as they are.
"""

import json
import sys
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.ace_step.job import LYRICS, PROMPT
from benchmarks.random_tensors import drawn, shapes_of, write_random

from secondtake.core.weights import Weights
from secondtake.models.ace_step import checkpoint as files
from secondtake.models.ace_step.model import build_module

WIDTH, DEPTH, HEADS, KV_HEADS, HEAD_DIM, HIDDEN = 2048, 24, 16, 8, 128, 6144
CHANNELS, PATCH, WINDOW = 64, 2, 128
TEXT_WIDTH, TEXT_DEPTH, TEXT_HIDDEN, WORDS = 1024, 28, 3072, 151_669
SILENCE = 15_000  # latents, ten minutes
KEYS = {  # the registry's key -> file below FOLDER/upstream
    "config": "turbo/config.json",
    "model": "turbo/model.safetensors",
    "silence": "turbo/silence_latent.pt",
    "vae/config.json": "vae/config.json",
    "vae/model": "vae/diffusion_pytorch_model.safetensors",
    **{f"text/{name}": f"text_encoder/{name}"
       for name in ("config.json", "tokenizer.json", "tokenizer_config.json")},
    "text/model": "text_encoder/model.safetensors",
}  # fmt: skip
SHARED = {
    "num_attention_heads": HEADS, "num_key_value_heads": KV_HEADS, "head_dim": HEAD_DIM,
    "rope_theta": 1_000_000, "attention_bias": False, "rms_norm_eps": 1e-6,
}  # fmt: skip
CONFIG = {  # config.json of turbo, without what only training reads
    "model_type": "acestep", "model_version": "turbo", "is_turbo": True, **SHARED,
    "attention_dropout": 0.0, "sliding_window": WINDOW, "use_sliding_window": True,
    "hidden_size": WIDTH, "intermediate_size": HIDDEN, "num_hidden_layers": DEPTH,
    "in_channels": 3 * CHANNELS, "audio_acoustic_hidden_dim": CHANNELS, "patch_size": PATCH,
    "layer_types": ["sliding_attention", "full_attention"] * (DEPTH // 2),
    "text_hidden_dim": TEXT_WIDTH, "timbre_hidden_dim": CHANNELS,
    "num_lyric_encoder_hidden_layers": 8, "num_timbre_encoder_hidden_layers": 4,
    "num_attention_pooler_hidden_layers": 2, "pool_window_size": 5, "fsq_dim": WIDTH,
    "fsq_input_levels": [8, 8, 8, 5, 5, 5], "fsq_input_num_quantizers": 1,
}  # fmt: skip
VAE = {
    "encoder_hidden_size": 128, "downsampling_ratios": [2, 4, 4, 6, 10],
    "channel_multiples": [1, 2, 4, 8, 16], "decoder_channels": 128,
    "decoder_input_channels": CHANNELS, "audio_channels": 2, "sampling_rate": 48_000,
}  # fmt: skip
TEXT = {
    "architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "hidden_act": "silu", **SHARED,
    "hidden_size": TEXT_WIDTH, "intermediate_size": TEXT_HIDDEN, "num_hidden_layers": TEXT_DEPTH,
    "vocab_size": WORDS, "max_position_embeddings": 32_768, "tie_word_embeddings": True,
    "torch_dtype": "bfloat16",
}  # fmt: skip
PIPELINE = {  # model_index.json of diffusers
    "_class_name": "AceStepPipeline",
    "transformer": ["diffusers", "AceStepTransformer1DModel"],
    "condition_encoder": ["ace_step", "AceStepConditionEncoder"],
    "vae": ["diffusers", "AutoencoderOobleck"],
    "text_encoder": ["transformers", "Qwen3Model"],
    "tokenizer": ["transformers", "Qwen2TokenizerFast"],
    "scheduler": ["diffusers", "FlowMatchEulerDiscreteScheduler"],
    "audio_tokenizer": [None, None],
    "audio_token_detokenizer": [None, None],
}
SCHEDULER = {
    "_class_name": "FlowMatchEulerDiscreteScheduler", "num_train_timesteps": 1, "shift": 1.0
}  # fmt: skip
END = "<|endoftext|>"
PIECES = 400  # of the tokenizer, beyond single bytes: a word is one to three tokens, as Qwen's are


def weights(folder: Path) -> Weights:
    """The files as a model's script gets them. (Their hashes are known by now when the runner
    starts a worker; here a name and a time stand for one.)"""
    paths = {key: folder / "upstream" / name for key, name in KEYS.items()}
    hashes = {key: f"{path.name}-{path.stat().st_mtime_ns}" for key, path in paths.items()}
    return Weights(paths, hashes, folder / "cache")


def make(folder: Path) -> None:
    """Write the files that are not there yet."""
    paths = {key: folder / "upstream" / name for key, name in KEYS.items()}
    for path in paths.values():
        path.parent.mkdir(parents=True, exist_ok=True)
    for key, config in (("config", CONFIG), ("vae/config.json", VAE), ("text/config.json", TEXT)):
        _write_json(paths[key], config)
    _write_tokenizer(paths["text/tokenizer.json"], paths["text/tokenizer_config.json"])
    _write_silence(paths["silence"])
    write_random(paths["model"], _model_shapes(), _drawn, "bfloat16")
    write_random(paths["vae/model"], _shapes("vae", VAE), _drawn, "bfloat16")
    write_random(paths["text/model"], _shapes("text_encoder", TEXT), _drawn_text, "bfloat16")
    _write_pipeline(folder)


def step_operations(latents: int, tokens: int, rows: int = 1) -> float:
    """Multiplications and additions of one step of so many latents, for a prompt of so many tokens
    whose keys and values are there already."""
    positions = latents / PATCH
    heads = HEADS * HEAD_DIM
    attentions = 2 * 2 * WIDTH * heads + 2 * WIDTH * KV_HEADS * HEAD_DIM  # both; own keys, values
    products = 2 * (attentions + 3 * WIDTH * HIDDEN) * positions
    full = positions * (positions + 2 * tokens + min(positions, 2 * WINDOW + 1)) / 2
    return float(rows * DEPTH * (products + 4 * heads * full))


def decode_operations(latents: int) -> float:
    """Multiplications and additions of decoding so many latents."""
    multiples, operations, rate = (16, 8, 4, 2, 1, 1), 2 * 7 * CHANNELS * 16 * 128, 1
    for (before, after), stride in zip(pairwise(multiples), (10, 6, 4, 4, 2), strict=True):
        operations += rate * 2 * (before * 128) * (after * 128) * 2 * stride
        rate *= stride
        operations += rate * 3 * 2 * (7 + 1) * (after * 128) ** 2
    return float(latents * (operations + rate * 2 * 7 * 128 * 2))


def _shapes(component: str, config: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    return shapes_of(build_module(component, config))


def _model_shapes() -> dict[str, tuple[int, ...]]:
    """Of model.safetensors, by its authors' names."""
    shapes = {}
    for component, prefix in files.PREFIXES.items():
        for name, shape in _shapes(component, files.convert_config(CONFIG, component)).items():
            if name != files.SILENCE:
                shapes[name if name == files.NULL else prefix + _their_name(name)] = shape
    return shapes


def _their_name(name: str) -> str:
    for theirs, ours in files.RENAMED.items():
        name = name.replace(ours, theirs)
    return name


def _drawn(name: str, shape: tuple[int, ...]) -> Any:
    """Gates are open, and what a layer's parts add is small, so that all together add what comes
    in: else every rounding would grow from layer to layer as it does in no network that was
    trained."""
    import torch

    if name.endswith("scale_shift_table"):
        table = torch.randn(shape) * WIDTH**-0.5
        table[:, 2::3] += 1.0  # gates: the third and the sixth of six
        return table
    numbers = drawn(name, shape)
    if name.endswith(("o_proj.weight", "down_proj.weight")):
        numbers *= DEPTH**-0.5
    return numbers


def _drawn_text(name: str, shape: tuple[int, ...]) -> Any:
    import torch

    return torch.randn(shape) if "embed_tokens" in name else _drawn(name, shape)


def _write_silence(path: Path) -> None:
    import torch

    if not path.exists():
        generator = torch.Generator().manual_seed(3)
        silence = torch.randn((1, CHANNELS, SILENCE), generator=generator)
        torch.save(silence.bfloat16().float(), path)  # diffusers' file has it in bfloat16


def _write_tokenizer(path: Path, config: Path) -> None:
    """A byte-level BPE of the benchmark's own words."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

    if path.exists():
        return
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=256 + PIECES, initial_alphabet=alphabet, special_tokens=[END],
        show_progress=False,
    )  # fmt: skip
    tokenizer.train_from_iterator([PROMPT, LYRICS], trainer)
    tokenizer.save(str(path))
    kind = {"tokenizer_class": "Qwen2Tokenizer", "add_prefix_space": False}
    _write_json(config, {**kind, "eos_token": END, "pad_token": END, "model_max_length": 131_072})


def _write_pipeline(folder: Path) -> None:
    """FOLDER/diffusers: what its conversion script writes of the same numbers."""
    pipeline = folder / "diffusers"
    for name in ("vae", "text_encoder", "tokenizer"):
        pipeline.mkdir(exist_ok=True)
        if not (pipeline / name).is_symlink():
            source = "text_encoder" if name == "tokenizer" else name
            (pipeline / name).symlink_to(f"../upstream/{source}", target_is_directory=True)
    for component in ("transformer", "condition_encoder"):
        state = files.read_state(weights(folder), component)
        path = pipeline / component / "diffusion_pytorch_model.safetensors"
        shapes = {name: tuple(tensor.shape) for name, tensor in state.items()}
        write_random(path, shapes, lambda name, _, state=state: state[name], "bfloat16")  # type: ignore[misc]
        _write_json(path.with_name("config.json"), files.convert_config(CONFIG, component))
    (pipeline / "scheduler").mkdir(exist_ok=True)
    _write_json(pipeline / "scheduler" / "scheduler_config.json", SCHEDULER)
    _write_json(pipeline / "model_index.json", PIPELINE)


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    make(Path(sys.argv[1]))
    for written in sorted(Path(sys.argv[1]).rglob("*.*")):
        print(f"{written.stat().st_size:>14,} {written}")
