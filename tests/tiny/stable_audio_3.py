"""Stable Audio 3 small-music in its exact format, about 3 MB of seeded noise.

    python tests/tiny/stable_audio_3.py FOLDER        (in venv-stable-audio)

It knows no music: every key, tensor name and code path is true, the numbers are not. The shape is
that of stabilityai/stable-audio-3-small-music at revision 0fef139: with the real sizes in place of
SIZES it has the 685 tensors of the published file (438 in the transformer, 120 in each half of the
autoencoder, 4 in its bottleneck, 3 for the conditioning), and 2.27 GB of them. The text encoder,
T5Gemma in bfloat16, lies in a folder of the same repository.
"""

import json
import string
import sys
from pathlib import Path
from typing import Any

SEED = 20260521
SMALL_MUSIC = "stabilityai/stable-audio-3-small-music"
TEXT_FOLDER = "t5gemma-b-b-ul2"
TEXT_WIDTH = 768  # stable-audio-tools knows no other T5Gemma
LATENTS = 32  # channels; 256 in the real one
WIDTH, HEADS, DEPTH = 64, 2, 2  # of the transformer; 1024, 16, 20 in the real one
CODEC_CHANNELS, CODEC_WIDENED, CODEC_DEPTH = 8, 8, 2  # 128, 6, 6 in the real one
CODEC_HEAD = 32  # 64 in the real one
PATCH, STRIDE = 256, 16  # frames in a patch, patches in a latent: true
RATIO = PATCH * STRIDE  # frames per latent
WINDOW = 5_292_032  # frames: true, 1292 latents, 120 s
LETTERS = string.ascii_letters + string.digits + ".,;:!?'\"-()&/#"
LOUDER = {"first": 10.0, "last": 30.0}  # layer of the decoder


def write(folder: Path) -> dict[str, Path]:
    """Write every file that the checkpoint is made of: repository/file -> its path."""
    from safetensors.torch import save_file

    top = folder / SMALL_MUSIC
    encoder = top / TEXT_FOLDER
    encoder.mkdir(parents=True, exist_ok=True)
    _write_text_encoder(encoder)
    _write_json(top / "model_config.json", small_music())
    save_file(_numbers(small_music(), encoder), top / "model.safetensors")
    files = sorted(path for path in top.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path for path in files}


def small_music() -> dict[str, Any]:
    """model_config.json as stable-audio-3-small-music has it, with smaller numbers."""
    text = {
        "repo_id": SMALL_MUSIC,
        "subfolder": TEXT_FOLDER,
        "max_length": 256,
        "padding_mode": "learned",
    }
    seconds = {"min_val": 0, "max_val": 384, "fourier_features_type": "expo"}
    return {
        "model_type": "diffusion_cond_inpaint",
        "sample_size": WINDOW,
        "sample_rate": 44_100,
        "audio_channels": 2,
        "model": {
            "pretransform": {"type": "autoencoder", "iterate_batch": True, "config": _codec()},
            "conditioning": {
                "configs": [
                    {"id": "prompt", "type": "t5gemma", "config": text},
                    {"id": "seconds_total", "type": "number", "config": seconds},
                ],
                "cond_dim": TEXT_WIDTH,
            },
            "diffusion": {
                "cross_attention_cond_ids": ["prompt", "seconds_total"],
                "global_cond_ids": ["seconds_total"],
                "local_add_cond_ids": ["inpaint_mask", "inpaint_masked_input"],
                "diffusion_objective": "rf_denoiser",
                "mask_padding_attention": True,
                "use_effective_length_for_schedule": True,
                "type": "dit",
                "config": _transformer(),
            },
            "io_channels": LATENTS,
        },
        "training": {"use_ema": True},
    }


def _codec() -> dict[str, Any]:
    """SAME: stereo <-> LATENTS channels at 1/RATIO of the sample rate, by transformers."""
    shared = {
        "channels": CODEC_CHANNELS,
        "c_mults": [CODEC_WIDENED],
        "strides": [STRIDE],
        "latent_dim": LATENTS,
        "transformer_depths": [CODEC_DEPTH],
        "dim_heads": CODEC_HEAD,
        "chunk_size": 32,
        "chunk_midpoint_shift": True,
        "differential": True,
        "dyt": True,
        "ff_mult": 3,
        "variable_stride": True,
    }
    encoder = {"in_channels": 2 * PATCH, "mask_noise": 0.001, **shared}
    decoder = {
        "out_channels": 2 * PATCH,
        "mask_noise": 0.01,
        "conv_mapping": True,
        "sinusoidal_blocks": [0],
        **shared,
    }
    return {
        "encoder": {"type": "taae_v2", "config": encoder},
        "decoder": {"type": "taae_v2", "config": decoder},
        "bottleneck": {
            "type": "softnorm",
            "config": {"dim": LATENTS, "noise_regularize": True, "auto_scale": True},
        },
        "pretransform": {"type": "patched", "config": {"channels": 2, "patch_size": PATCH}},
        "latent_dim": LATENTS,
        "downsampling_ratio": RATIO,
        "io_channels": 2,
    }


def _transformer() -> dict[str, Any]:
    return {
        "io_channels": LATENTS,
        "embed_dim": WIDTH,
        "depth": DEPTH,
        "num_heads": HEADS,
        "cond_token_dim": TEXT_WIDTH,
        "global_cond_dim": TEXT_WIDTH,
        "local_add_cond_dim": 1 + LATENTS,
        "project_cond_tokens": True,
        "num_memory_tokens": 64,
        "transformer_type": "continuous_transformer",
        "global_cond_type": "adaLN",
        "timestep_features_type": "expo",
        "norm_type": "rms_norm",
        "norm_kwargs": {"force_fp32": True, "eps": 1e-5},
        "attn_kwargs": {"qk_norm": "rms", "qk_norm_eps": 1e-6},
        "ff_kwargs": {"mult": 4},
    }


def _numbers(config: dict[str, Any], text_encoder: Path) -> dict[str, Any]:
    """The state of a fresh model. What begins at zero, and training moves, is moved from zero."""
    import torch
    from stable_audio_tools.models import create_model_from_config

    config = json.loads(json.dumps(config))
    text = config["model"]["conditioning"]["configs"][0]["config"]
    text |= {"model_path": str(text_encoder), "repo_id": None, "subfolder": None}
    torch.manual_seed(SEED)
    model = create_model_from_config(config)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() > 1 and not parameter.any():
                parameter.normal_(std=0.5 if "cross_attn" in name else 0.1)
            elif name.endswith("padding_embedding"):
                parameter.normal_()  # it begins at next to nothing
        # A random decoder hums its own tokens above all else; without those, the latents are heard.
        decoder = model.pretransform.model.decoder
        decoder.layers[1].weight *= LOUDER["first"]
        decoder.layers[-1].mapping.weight_g *= LOUDER["last"]
        decoder.layers[-1].mapping.bias.zero_()
    return {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}


def _write_text_encoder(folder: Path) -> None:
    """T5Gemma as google publishes it: encoder and decoder in bfloat16, Gemma's tokenizer."""
    import torch
    from tokenizers import Tokenizer, decoders, models, normalizers, processors
    from transformers import T5GemmaConfig, T5GemmaForConditionalGeneration

    special = ["<pad>", "<eos>", "<bos>", "<unk>"]
    vocabulary = {piece: at for at, piece in enumerate([*special, "▁", *LETTERS])}
    tokenizer = Tokenizer(models.BPE(vocabulary, [], unk_token="<unk>", fuse_unk=True))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.decoder = decoders.Replace("▁", " ")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<bos> $A", pair="<bos> $A <bos> $B", special_tokens=[("<bos>", 2)]
    )
    tokenizer.add_special_tokens(special)
    tokenizer.save(str(folder / "tokenizer.json"))
    names = {f"{piece.strip('<>')}_token": piece for piece in special}
    settings = {"add_bos_token": True, "add_eos_token": False, "padding_side": "left"}
    _write_json(
        folder / "tokenizer_config.json",
        {"tokenizer_class": "GemmaTokenizer", "model_max_length": 10**9, **settings, **names},
    )
    _write_json(folder / "special_tokens_map.json", names)
    half = {
        "vocab_size": len(vocabulary),
        "hidden_size": TEXT_WIDTH,
        "intermediate_size": 16,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "head_dim": 8,
        "query_pre_attn_scalar": 8,
        "layer_types": ["sliding_attention", "full_attention"],
    }
    torch.manual_seed(SEED)
    config = T5GemmaConfig(encoder=half, decoder=half, vocab_size=len(vocabulary))
    T5GemmaForConditionalGeneration(config).to(torch.bfloat16).save_pretrained(folder)


def _write_json(path: Path, value: dict[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=4) + "\n", encoding="utf-8")


if __name__ == "__main__":
    for name, path in write(Path(sys.argv[1])).items():
        print(name, path.stat().st_size)
