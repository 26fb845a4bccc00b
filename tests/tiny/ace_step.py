"""ACE-Step 1.5 in its exact formats, some 3 MB of seeded noise.

    python tests/tiny/ace_step.py FOLDER        (in venv-ace-step)

They know no music: every key, tensor name and code path is true, the numbers are not. Written are
the checkpoints turbo, base and sft in their authors' own layout (one file of tensors each, a pickle
of silence, and an autoencoder and a text encoder that all of them share), and XL turbo in that of
diffusers: its transformer in shards, and wider than its condition encoder. Latents have 8 channels
instead of 64, and as many frames as the true ones.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SEED = 20260203
MAIN, XL_TURBO = "ACE-Step/Ace-Step1.5", "ACE-Step/acestep-v15-xl-turbo-diffusers"
FOLDERS = {
    "turbo": f"{MAIN}/acestep-v15-turbo",
    "base": "ACE-Step/acestep-v15-base",
    "sft": "ACE-Step/acestep-v15-sft",
}
SEEDS = {"turbo": 0, "base": 1, "sft": 2, "xl-turbo": 3}  # added to SEED
CHANNELS = 8  # of the latents; 64 in the true ones
TEXT_WIDTH = 24  # of Qwen3; 1024
WINDOW = 16  # of the sliding attention, in patches: a take of 14 s has 175. True: 128
SILENCE = 15_000  # latents, ten minutes: true
PEAK = 0.3  # of a decoded latent noise, so that nothing clips
QUIETER = 0.002  # the biases of an autoencoder, which hum above all else in a random one
LOUDER = 20  # what is encoded, so that a recording's tokens are not all one
BYTES_OF_A_SHARD = 80_000
ATTENTION = {  # upstream's name of a projection, by that of diffusers
    ".to_q.": ".q_proj.", ".to_k.": ".k_proj.", ".to_v.": ".v_proj.", ".to_out.0.": ".o_proj.",
    ".norm_q.": ".q_norm.", ".norm_k.": ".k_norm.",
}  # fmt: skip
SHARED = {
    "head_dim": 8,
    "rope_theta": 1_000_000,
    "attention_bias": False,
    "attention_dropout": 0.0,
    "rms_norm_eps": 1e-6,
    "sliding_window": WINDOW,
}
SIZES = {"intermediate_size": 48, "num_attention_heads": 4, "num_key_value_heads": 2}
WIDTH, XL_WIDTH = 32, 48
LAYER_TYPES = ["sliding_attention", "full_attention"]
POOLING = {"pool_window_size": 5, "num_attention_pooler_hidden_layers": 2}
QUANTIZER = {"fsq_input_levels": [8, 8, 8, 5, 5, 5], "fsq_input_num_quantizers": 1}
END = "<|endoftext|>"  # Qwen3's; its embedding model ends every text with one more
SYLLABLES = [(consonant, vowel) for consonant in "bcdfghlmnprstv" for vowel in "aeiou"]  # merges
END_ID = 256 + len(SYLLABLES)


def write(folder: Path) -> dict[str, Path]:
    """Write every file that the checkpoints are made of: repository/file -> its path."""
    for name, place in FOLDERS.items():
        _write_upstream(_made(folder / place), name)
    _write_vae(_made(folder / MAIN / "vae"))
    text_encoder = _made(folder / MAIN / "Qwen3-Embedding-0.6B")
    _write_text_encoder(text_encoder)
    _write_tokenizer(text_encoder)
    _write_diffusers(folder / XL_TURBO)
    files = sorted(path for path in (folder / "ACE-Step").rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path for path in files}


def transformer_config(name: str) -> dict[str, Any]:
    return {
        "hidden_size": XL_WIDTH if name == "xl-turbo" else WIDTH,
        **SIZES,
        "num_hidden_layers": 2,
        "in_channels": 3 * CHANNELS,
        "audio_acoustic_hidden_dim": CHANNELS,
        "patch_size": 2,
        **SHARED,
        "layer_types": LAYER_TYPES,
        "encoder_hidden_size": WIDTH,
        "is_turbo": name.endswith("turbo"),
        "model_version": name.removeprefix("xl-"),
    }


def condition_config() -> dict[str, Any]:
    return {
        "hidden_size": WIDTH,
        **SIZES,
        "text_hidden_dim": TEXT_WIDTH,
        "timbre_hidden_dim": CHANNELS,
        "num_lyric_encoder_hidden_layers": 2,
        "num_timbre_encoder_hidden_layers": 2,
        **SHARED,
    }


def pooling_config() -> dict[str, Any]:
    """Of the detokenizer; the tokenizer has a quantizer too."""
    own = {"hidden_size": WIDTH, "audio_acoustic_hidden_dim": CHANNELS}
    return {**own, **SIZES, **POOLING, **SHARED, "layer_types": LAYER_TYPES}


def upstream_config(name: str) -> dict[str, Any]:
    """config.json as its authors write it: one for all of the parts."""
    kind = {"architectures": ["AceStepConditionGenerationModel"], "model_type": "acestep"}
    transformer = transformer_config(name)
    del transformer["encoder_hidden_size"]  # only XL's says it
    return {
        **kind,
        **condition_config(),
        **transformer,
        **POOLING,
        **QUANTIZER,
        "fsq_dim": WIDTH,
        "dtype": "bfloat16",
        "max_position_embeddings": 32_768,
        "use_sliding_window": True,
        "timbre_fix_frame": 750,
        "vocab_size": 64_003,
    }


def vae_config() -> dict[str, Any]:
    return {
        "encoder_hidden_size": 2 * CHANNELS,  # means and spreads
        "downsampling_ratios": [2, 4, 4, 6, 10],  # 1920 frames a latent: true
        "channel_multiples": [1, 2, 2, 2, 4],
        "decoder_channels": 4,
        "decoder_input_channels": CHANNELS,
        "audio_channels": 2,
        "sampling_rate": 48_000,
    }


def modules(name: str) -> dict[str, Any]:
    """The parts of a checkpoint by the names of their folders in diffusers: its own modules, in
    float32, with seeded weights that bfloat16 holds."""
    import torch
    from diffusers import AceStepTransformer1DModel
    from diffusers.pipelines.ace_step import (
        AceStepAudioTokenDetokenizer,
        AceStepAudioTokenizer,
        AceStepConditionEncoder,
    )

    torch.manual_seed(SEED + SEEDS[name])
    tokenizer = {**pooling_config(), **QUANTIZER, "fsq_dim": WIDTH}
    parts = {
        "transformer": AceStepTransformer1DModel(**transformer_config(name)),
        "condition_encoder": AceStepConditionEncoder(**condition_config()),
        "audio_tokenizer": AceStepAudioTokenizer(**tokenizer),
        "audio_token_detokenizer": AceStepAudioTokenDetokenizer(**pooling_config()),
    }
    for part in parts.values():
        _vary(part)
    parts["condition_encoder"].silence_latent.copy_(_silence())
    return parts


def _vary(module: Any) -> None:
    """Move what begins at one or at zero, and training moves, from there; round to bfloat16."""
    import torch

    with torch.no_grad():
        for name, parameter in module.named_parameters():
            if (parameter == parameter.flatten()[0]).all():
                parameter += 0.2 * torch.randn_like(parameter)
            if name.endswith("cross_attn.norm_q.weight"):
                parameter *= 3  # or every text would be the mean of its tokens
            parameter.copy_(parameter.bfloat16())


def _silence() -> Any:
    """(1, SILENCE, CHANNELS): much the same number throughout, as silence is encoded."""
    import torch

    generator = torch.Generator().manual_seed(SEED)
    mean = torch.randn((1, 1, CHANNELS), generator=generator)
    return mean + 0.1 * torch.randn((1, SILENCE, CHANNELS), generator=generator)


def _bfloat16(module: Any) -> dict[str, Any]:
    state = module.state_dict()
    return {name: tensor.bfloat16().contiguous() for name, tensor in state.items()}


def _write_upstream(folder: Path, name: str) -> None:
    """A checkpoint as its authors publish it: all in bfloat16 but the silence."""
    import torch
    from safetensors.torch import save_file

    parts = modules(name)
    silence = parts["condition_encoder"].silence_latent.transpose(1, 2).contiguous()
    torch.save(silence, folder / "silence_latent.pt")  # (1, CHANNELS, SILENCE) float32
    prefixes = ("decoder.", "encoder.", "tokenizer.", "detokenizer.")
    tensors = {}
    for prefix, part in zip(prefixes, parts.values(), strict=True):
        for key, tensor in _bfloat16(part).items():
            tensors[key if key == "null_condition_emb" else prefix + _upstream_name(key)] = tensor
    del tensors["encoder.silence_latent"]
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    _write_json(folder / "config.json", upstream_config(name))


def _upstream_name(key: str) -> str:
    for ours, theirs in ATTENTION.items():
        key = key.replace(ours, theirs)
    return key.replace("proj_in_conv.", "proj_in.1.").replace("proj_out_conv.", "proj_out.1.")


def _write_diffusers(folder: Path) -> None:
    """XL turbo as diffusers saves a pipeline; the files that ours does not read are left out."""
    for name, part in modules("xl-turbo").items():
        shard = BYTES_OF_A_SHARD if name == "transformer" else "5GB"
        part.bfloat16().save_pretrained(_made(folder / name), max_shard_size=shard)
    _write_vae(_made(folder / "vae"))
    _write_text_encoder(_made(folder / "text_encoder"))
    _write_tokenizer(_made(folder / "tokenizer"))


def _write_vae(folder: Path) -> None:
    """An autoencoder that hums less than random ones do, and decodes to some level."""
    import torch
    from diffusers import AutoencoderOobleck

    torch.manual_seed(SEED)
    vae = AutoencoderOobleck(**vae_config())
    _vary(vae)
    with torch.no_grad():
        for name, parameter in vae.named_parameters():
            if name.endswith("bias"):
                parameter *= QUIETER
        vae.encoder.conv2.weight_g *= LOUDER
        last = vae.decoder.conv2
        sound = vae.decode(torch.randn((1, CHANNELS, 32))).sample
        last.weight_g *= PEAK / sound.abs().max()
    vae.bfloat16().save_pretrained(folder)


def _write_text_encoder(folder: Path) -> None:
    """Qwen3 as Qwen publishes its embedding model: no heads, and no prefix before its names."""
    import torch
    from safetensors.torch import save_file
    from transformers import Qwen3Config, Qwen3Model

    sizes = {
        "hidden_size": TEXT_WIDTH,
        "num_hidden_layers": 2,
        "head_dim": 8,
        "vocab_size": END_ID + 1,
    }
    rope = {"rope_theta": 1_000_000, "max_position_embeddings": 32_768}
    config = Qwen3Config(**sizes, **SIZES, **rope, tie_word_embeddings=True)
    torch.manual_seed(SEED)
    model = Qwen3Model(config)
    _vary(model)
    with torch.no_grad():
        model.embed_tokens.weight.normal_()
        for layer in model.layers:
            for linear in (module for module in layer.modules() if hasattr(module, "in_features")):
                linear.weight.normal_(std=linear.in_features**-0.5)
    save_file(_bfloat16(model), folder / "model.safetensors", {"format": "pt"})
    kind = {"architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "hidden_act": "silu"}
    written = {**kind, **sizes, **SIZES, **rope, "rms_norm_eps": 1e-6, "tie_word_embeddings": True}
    _write_json(folder / "config.json", {**written, "torch_dtype": "bfloat16", "use_cache": True})


def _write_tokenizer(folder: Path) -> None:
    """A byte-level BPE: a token for every byte and every open syllable, and one for the end."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    syllables = [consonant + vowel for consonant, vowel in SYLLABLES]
    vocabulary = {token: n for n, token in enumerate((*letters, *syllables))}
    tokenizer = Tokenizer(models.BPE(vocabulary, SYLLABLES))
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([END])
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"$A {END}", pair=f"$A {END} $B {END}", special_tokens=[(END, END_ID)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    added = {
        str(END_ID): {"content": END, "single_word": False, "special": True, "normalized": False}
    }
    names = {"eos_token": END, "pad_token": END, "unk_token": None, "bos_token": None}
    kind = {"tokenizer_class": "Qwen2Tokenizer", "add_prefix_space": False}
    _write_json(
        folder / "tokenizer_config.json",
        {"added_tokens_decoder": added, **kind, **names, "model_max_length": 131_072},
    )


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


if __name__ == "__main__":
    for name, path in write(Path(sys.argv[1])).items():
        print(name, path.stat().st_size)
