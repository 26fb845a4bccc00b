"""Stable Audio's checkpoints in their exact formats, about 1 MB of seeded noise each.

    python tests/tiny/stable_audio.py FOLDER        (in venv-stable-audio)

They know no music: every key, tensor name and code path is true, the numbers are not. Written are
stabilityai/stable-audio-open-1.0 (safetensors), stabilityai/stable-audio-open-small (a pickle)
and google-t5/t5-base, whose width of 768 its name promises to stable-audio-tools; and what
stable_audio_3.py beside this file writes.
"""

import json
import string
import sys
from pathlib import Path
from typing import Any

SEED = 20240605
OPEN_1_0 = "stabilityai/stable-audio-open-1.0"
OPEN_SMALL = "stabilityai/stable-audio-open-small"
TEXT_ENCODER = "google-t5/t5-base"  # "t5-base" to stable-audio-tools, and once to the hub
CONDITION = 32  # width of the conditioning; 768 in the real ones
WIDTH, HEADS, DEPTH = 64, 2, 2  # of the transformer. A head is as wide as the conditioning:
# rotary embeddings need 32, and WIDTH must be a multiple of CONDITION, else it hears no prompt.
LATENTS = 64
RATIO = 2048  # frames per latent: the product of the strides
CHANNELS = 4  # of the autoencoder; 128 in the real ones
WINDOW_1_0, WINDOW_SMALL = 2_097_152, 524_288  # frames, as in the real ones
LETTERS = string.ascii_letters + string.digits + ".,;:!?'\"-()&/#"
LOUDER = 3.0
SENTINELS = 100  # <extra_id_…>, which T5's tokenizer adds to every vocabulary


def write(folder: Path) -> dict[str, Path]:
    """Write every file that the checkpoints are made of: repository/file -> its path."""
    import torch
    from safetensors.torch import save_file

    _write_text_encoder(_made(folder / TEXT_ENCODER))
    large, small = _made(folder / OPEN_1_0), _made(folder / OPEN_SMALL)
    _write_json(large / "model_config.json", open_1_0())
    _write_json(small / "model_config.json", open_small())
    encoder = folder / TEXT_ENCODER
    save_file(_numbers(open_1_0(), encoder), large / "model.safetensors")
    torch.save({"state_dict": _numbers(open_small(), encoder)}, small / "model.ckpt")
    files = [path for top in (encoder, large, small) for path in sorted(top.iterdir())]
    return {path.relative_to(folder).as_posix(): path for path in files}


def open_1_0() -> dict[str, Any]:
    """model_config.json as stable-audio-open-1.0 has it, with smaller numbers."""
    seconds = [_number("seconds_start", 512), _number("seconds_total", 512)]
    return {
        "model_type": "diffusion_cond",
        "sample_size": WINDOW_1_0,
        "sample_rate": 44_100,
        "audio_channels": 2,
        "model": {
            "pretransform": {"type": "autoencoder", "iterate_batch": True, "config": _codec()},
            "conditioning": {"configs": [_text(128), *seconds], "cond_dim": CONDITION},
            "diffusion": {
                "cross_attention_cond_ids": ["prompt", "seconds_start", "seconds_total"],
                "global_cond_ids": ["seconds_start", "seconds_total"],
                "type": "dit",
                "config": {**_transformer(2 * CONDITION), "project_cond_tokens": False},
            },
            "io_channels": LATENTS,
        },
        "training": {"use_ema": True},
    }


def open_small() -> dict[str, Any]:
    """The same of stable-audio-open-small: half precision, no seconds_start, another objective."""
    halves = {"iterate_batch": True, "model_half": True, "chunked": True}
    return {
        "model_type": "diffusion_cond",
        "sample_size": WINDOW_SMALL,
        "sample_rate": 44_100,
        "audio_channels": 2,
        "model": {
            "pretransform": {"type": "autoencoder", **halves, "config": _codec()},
            "conditioning": {
                "configs": [_text(64), _number("seconds_total", 256)],
                "cond_dim": CONDITION,
            },
            "diffusion": {
                "cross_attention_cond_ids": ["prompt", "seconds_total"],
                "global_cond_ids": ["seconds_total"],
                "diffusion_objective": "rf_denoiser",
                "distribution_shift_options": {"min_length": 256, "max_length": 4096},
                "type": "dit",
                "config": {**_transformer(CONDITION), "attn_kwargs": {"qk_norm": "ln"}},
            },
            "io_channels": LATENTS,
        },
        "training": {"use_ema": True},
    }


def _codec() -> dict[str, Any]:
    """Oobleck: stereo <-> LATENTS channels at 1/RATIO of the sample rate."""
    shared = {
        "channels": CHANNELS,
        "c_mults": [1, 2, 4, 8, 16],
        "strides": [2, 4, 4, 8, 8],
        "use_snake": True,
    }
    encoder = {"in_channels": 2, "latent_dim": 2 * LATENTS, **shared}
    decoder = {"out_channels": 2, "latent_dim": LATENTS, "final_tanh": False, **shared}
    return {
        "encoder": {"type": "oobleck", "requires_grad": False, "config": encoder},
        "decoder": {"type": "oobleck", "config": decoder},
        "bottleneck": {"type": "vae"},
        "latent_dim": LATENTS,
        "downsampling_ratio": RATIO,
        "io_channels": 2,
    }


def _text(max_length: int) -> dict[str, Any]:
    config = {"t5_model_name": "t5-base", "max_length": max_length}
    return {"id": "prompt", "type": "t5", "config": config}


def _number(name: str, largest: int) -> dict[str, Any]:
    return {"id": name, "type": "number", "config": {"min_val": 0, "max_val": largest}}


def _transformer(global_width: int) -> dict[str, Any]:
    return {
        "io_channels": LATENTS,
        "embed_dim": WIDTH,
        "depth": DEPTH,
        "num_heads": HEADS,
        "cond_token_dim": CONDITION,
        "global_cond_dim": global_width,
        "transformer_type": "continuous_transformer",
    }


def _numbers(config: dict[str, Any], text_encoder: Path) -> dict[str, Any]:
    """The state of a fresh model. What begins at zero, and training moves, is moved from zero."""
    import torch
    from stable_audio_tools.models import create_model_from_config

    config = json.loads(json.dumps(config))
    config["model"]["pretransform"]["model_half"] = False  # the file holds float32
    for entry in config["model"]["conditioning"]["configs"]:
        if entry["type"] == "t5":
            entry["config"]["model_path"] = str(text_encoder)
    torch.manual_seed(SEED)
    model = create_model_from_config(config)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1 and not parameter.any():
                parameter.normal_(std=0.1)
        # A random decoder hums at 0 Hz above all else; without that, what is left is heard.
        last = model.pretransform.model.decoder.layers[-2]  # (2, channels, time); a tanh follows
        last.weight_v -= last.weight_v.mean(dim=2, keepdim=True)
        last.weight_g *= LOUDER
    return {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}


def _write_text_encoder(folder: Path) -> None:
    """T5 as google publishes it: encoder and decoder, a tokenizer, no tokenizer_config.json."""
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import T5Config, T5ForConditionalGeneration

    special = ["<pad>", "</s>", "<unk>"]
    pieces = [(piece, 0.0) for piece in special] + [(piece, -3.0) for piece in "▁" + LETTERS]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=2))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 1)]
    )
    tokenizer.add_special_tokens(special)
    tokenizer.save(str(folder / "tokenizer.json"))
    sizes = {"d_model": 768, "d_kv": 8, "d_ff": 16, "num_layers": 1, "num_heads": 2}
    torch.manual_seed(SEED)
    config = T5Config(vocab_size=len(pieces) + SENTINELS, decoder_start_token_id=0, **sizes)
    T5ForConditionalGeneration(config).save_pretrained(folder)


def _write_json(path: Path, value: dict[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=4) + "\n", encoding="utf-8")


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


if __name__ == "__main__":
    import stable_audio_3  # the file beside this one

    target = Path(sys.argv[1])
    for name, path in (write(target) | stable_audio_3.write(target)).items():
        print(name, path.stat().st_size)
