"""Stable Audio 3 small-music and medium in their exact format, 3 MB of seeded noise each.

    python tests/tiny/stable_audio_3.py FOLDER        (in venv-stable-audio)

They know no music: every key, tensor name and code path is true, the numbers are not. The shapes
are those of stabilityai/stable-audio-3-small-music at revision 0fef139 and of -medium at 27b5a21.
With TRUE_SIZES small-music has the 685 tensors of the published file (438 in the transformer, 120
in each half of the autoencoder, 4 in its bottleneck, 3 for the conditioning) and 2.27 GB of them;
medium 997 (522, 234 in each half, 4, 3) and 9.22 GB: with its header, the size of the published
file to the byte. The text encoder, T5Gemma in bfloat16, lies in a folder of each repository.
"""

import json
import string
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SEED = 20260521
SMALL_MUSIC = "stabilityai/stable-audio-3-small-music"
MEDIUM = "stabilityai/stable-audio-3-medium"
TEXT_FOLDER = "t5gemma-b-b-ul2"
TEXT_WIDTH = 768  # stable-audio-tools knows no other T5Gemma
PATCH, STRIDE = 256, 16  # frames in a patch, patches in a latent: true
RATIO = PATCH * STRIDE  # frames per latent
# Frames: true, 1292 latents, 120 s, and 4096 latents, 380.4 s.
WINDOW_SMALL, WINDOW_MEDIUM = 5_292_032, 16_777_216


@dataclass(frozen=True)
class Sizes:
    """What is smaller than in the true checkpoints."""

    latents: int = 32  # channels
    width: int = 64  # of the transformer
    heads: int = 2
    depth: int = 2
    codec_channels: int = 8
    codec_widened: int = 8
    codec_depth: int = 2
    codec_head: int = 32
    codec_sines: int = 2  # the blocks that are nearer to the end than this one gate by sines


TRUE_SIZES = {
    SMALL_MUSIC: Sizes(256, 1024, 16, 20, 128, 6, 6, 64),
    MEDIUM: Sizes(256, 1536, 24, 24, 128, 12, 12, 64, 8),
}
LETTERS = string.ascii_letters + string.digits + ".,;:!?'\"-()&/#"
LOUDER_FIRST, LOUDER_LAST = 10.0, {SMALL_MUSIC: 30.0, MEDIUM: 10.0}  # layer of the decoder


def write(folder: Path) -> dict[str, Path]:
    """Write every file that the checkpoints are made of: repository/file -> its path."""
    from safetensors.torch import save_file

    for repository, config in ((SMALL_MUSIC, small_music()), (MEDIUM, medium())):
        top = folder / repository
        encoder = top / TEXT_FOLDER
        encoder.mkdir(parents=True, exist_ok=True)
        _write_text_encoder(encoder)
        _write_json(top / "model_config.json", config)
        save_file(_numbers(config, encoder), top / "model.safetensors")
    tops = [folder / repository for repository in (SMALL_MUSIC, MEDIUM)]
    files = sorted(path for top in tops for path in top.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path for path in files}


def small_music(sizes: Sizes | None = None) -> dict[str, Any]:
    """model_config.json as stable-audio-3-small-music has it, with smaller numbers."""
    sizes = sizes or Sizes()
    halves = {
        "dim_heads": sizes.codec_head,
        "chunk_size": 32,
        "chunk_midpoint_shift": True,
    }
    decoder = {"conv_mapping": True, "sinusoidal_blocks": [0]}
    return _config(SMALL_MUSIC, WINDOW_SMALL, sizes, halves, decoder, {})


def medium(sizes: Sizes | None = None) -> dict[str, Any]:
    """The same of stable-audio-3-medium: all attention is differential, and the autoencoder,
    SAME-L, attends within a sliding window of a latent to either side."""
    sizes = sizes or Sizes()
    halves = {"dim_heads": sizes.codec_head, "sliding_window": [1, 1]}
    decoder = {"sinusoidal_blocks": [sizes.codec_sines]}
    return _config(MEDIUM, WINDOW_MEDIUM, sizes, halves, decoder, {"differential": True})


def _config(
    repository: str,
    window: int,
    sizes: Sizes,
    halves: dict[str, Any],
    decoder: dict[str, Any],
    attention: dict[str, Any],
) -> dict[str, Any]:
    text = {
        "repo_id": repository,
        "subfolder": TEXT_FOLDER,
        "max_length": 256,
        "padding_mode": "learned",
    }
    seconds = {"min_val": 0, "max_val": 384, "fourier_features_type": "expo"}
    return {
        "model_type": "diffusion_cond_inpaint",
        "sample_size": window,
        "sample_rate": 44_100,
        "audio_channels": 2,
        "model": {
            "pretransform": {
                "type": "autoencoder",
                "iterate_batch": True,
                "chunked": True,
                "config": _codec(sizes, halves, decoder),
            },
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
                "config": _transformer(sizes, attention),
            },
            "io_channels": sizes.latents,
        },
        "training": {"use_ema": True},
    }


def _codec(sizes: Sizes, halves: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """SAME: stereo <-> latents at 1/RATIO of the sample rate, by transformers."""
    shared = {
        "channels": sizes.codec_channels,
        "c_mults": [sizes.codec_widened],
        "strides": [STRIDE],
        "latent_dim": sizes.latents,
        "transformer_depths": [sizes.codec_depth],
        "differential": True,
        "dyt": True,
        "ff_mult": 3,
        "variable_stride": True,
        **halves,
    }
    encoder = {"in_channels": 2 * PATCH, "mask_noise": 0.001, **shared}
    decoder = {"out_channels": 2 * PATCH, "mask_noise": 0.01, **own, **shared}
    return {
        "encoder": {"type": "taae_v2", "config": encoder},
        "decoder": {"type": "taae_v2", "config": decoder},
        "bottleneck": {
            "type": "softnorm",
            "config": {"dim": sizes.latents, "noise_regularize": True, "auto_scale": True},
        },
        "pretransform": {"type": "patched", "config": {"channels": 2, "patch_size": PATCH}},
        "latent_dim": sizes.latents,
        "downsampling_ratio": RATIO,
        "io_channels": 2,
    }


def _transformer(sizes: Sizes, attention: dict[str, Any]) -> dict[str, Any]:
    return {
        "io_channels": sizes.latents,
        "embed_dim": sizes.width,
        "depth": sizes.depth,
        "num_heads": sizes.heads,
        "cond_token_dim": TEXT_WIDTH,
        "global_cond_dim": TEXT_WIDTH,
        "local_add_cond_dim": 1 + sizes.latents,
        "project_cond_tokens": True,
        "num_memory_tokens": 64,
        "transformer_type": "continuous_transformer",
        "global_cond_type": "adaLN",
        "timestep_features_type": "expo",
        "norm_type": "rms_norm",
        "norm_kwargs": {"force_fp32": True, "eps": 1e-5},
        "attn_kwargs": {"qk_norm": "rms", "qk_norm_eps": 1e-6, **attention},
        "ff_kwargs": {"mult": 4},
    }


def _numbers(config: dict[str, Any], text_encoder: Path) -> dict[str, Any]:
    """The state of a fresh model. What begins at zero, and training moves, is moved from zero."""
    import torch
    from stable_audio_tools.models import create_model_from_config

    config = json.loads(json.dumps(config))
    text = config["model"]["conditioning"]["configs"][0]["config"]
    loudness = LOUDER_LAST[text["repo_id"]]
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
        decoder.layers[1].weight *= LOUDER_FIRST
        decoder.layers[-1].mapping.weight_g *= loudness
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
