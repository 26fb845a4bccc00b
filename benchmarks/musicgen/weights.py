"""MusicGen (small) in its true sizes and file formats, filled with random numbers.

    python -m benchmarks.musicgen.weights FOLDER        (in venv-musicgen)

2.4 GB, written tensor by tensor. What a token costs depends on the shapes, not on the numbers.
Files that are there already are left as they are.
"""

import sys
from pathlib import Path
from typing import Any

from benchmarks.floor import widths
from benchmarks.random_tensors import drawn, shapes_of, write_random

from benchmarks import t5_weights

LAYERS, WIDTH, WIDE, HEADS = 24, 1024, 4096, 16
BOOKS, CODES = 4, 2048
FRAME_RATE = 50
# Of the heads, so that some tokens are likely and most are not, as after training.
HEAD_SPREAD = 0.1
KEYS = {"config": "config.json", "tokenizer": "tokenizer.json", "model": "model.safetensors"}


def make(folder: Path) -> dict[str, Path]:
    """Write the files that are not there yet; returns their paths by the registry's keys."""
    paths = {key: folder / name for key, name in KEYS.items()}
    if all(path.exists() for path in paths.values()):
        return paths
    t5_weights.write_tokenizer(paths["tokenizer"])
    config = _config()
    config.save_pretrained(folder)
    _generation().save_pretrained(folder)
    write_random(paths["model"], _shapes(config), _drawn)
    return paths


def step_bytes(precision: str, takes: int, frames: int) -> float:
    """The bytes that one step has to read at least: all matrices, each row's keys and values.

    frames: looked back on, on average. A take with guidance is two rows.
    """
    read = widths(precision)
    # Self-attention 4, of the cross-attention 2 (its keys are made once), feed-forward 8 of them.
    weights = LAYERS * (6 * WIDTH**2 + 2 * WIDTH * WIDE) * read.matrix
    heads = BOOKS * CODES * WIDTH * read.head
    cache = 2 * takes * LAYERS * 2 * frames * WIDTH * read.cached
    return float(weights + heads + cache)


def _config() -> Any:
    from transformers import EncodecConfig, MusicgenConfig, MusicgenDecoderConfig

    audio = EncodecConfig(
        target_bandwidths=[2.2], sampling_rate=32_000, audio_channels=1, num_filters=64,
        upsampling_ratios=[8, 5, 4, 4], codebook_size=CODES, codebook_dim=128, hidden_size=128,
        num_lstm_layers=2, use_causal_conv=False, use_conv_shortcut=False, pad_mode="reflect",
        norm_type="weight_norm", chunk_length_s=None, overlap=None,
    )  # fmt: skip
    decoder = MusicgenDecoderConfig(
        vocab_size=CODES, num_codebooks=BOOKS, audio_channels=1, hidden_size=WIDTH, ffn_dim=WIDE,
        num_hidden_layers=LAYERS, num_attention_heads=HEADS, max_position_embeddings=2048,
        pad_token_id=CODES, bos_token_id=CODES,
    )  # fmt: skip
    return MusicgenConfig(
        text_encoder=t5_weights.config().to_dict(),
        audio_encoder=audio.to_dict(),
        decoder=decoder.to_dict(),
    )


def _generation() -> Any:
    from transformers import GenerationConfig

    return GenerationConfig(
        do_sample=True, guidance_scale=3.0, max_length=1500,
        pad_token_id=CODES, bos_token_id=CODES, decoder_start_token_id=CODES,
    )  # fmt: skip


def _shapes(config: Any) -> dict[str, tuple[int, ...]]:
    import torch
    from transformers import MusicgenForConditionalGeneration

    with torch.device("meta"):
        shapes = shapes_of(MusicgenForConditionalGeneration(config))
    copy = "text_encoder.encoder.embed_tokens.weight"
    return {name: shape for name, shape in shapes.items() if name != copy}


def _drawn(name: str, shape: tuple[int, ...]) -> Any:
    import torch

    if name.startswith("text_encoder."):
        return t5_weights.draw(name, shape)
    if name.startswith("decoder.lm_heads"):
        return torch.randn(shape) * HEAD_SPREAD
    if "codebook" in name and len(shape) == 2:  # of zeros every token would sound the same
        return torch.randn(shape)
    if "decoder.embed_tokens" in name:
        return torch.randn(shape) * 0.5  # four are added up: about 1
    return drawn(name, shape)


if __name__ == "__main__":
    for written in make(Path(sys.argv[1])).values():
        print(f"{written.stat().st_size:>14,} {written}")
