"""T5-base in its true sizes, filled with random numbers, and a tokenizer that stands in for its.

Both Stable Audio and MusicGen read their prompts with it.
"""

import string
from pathlib import Path
from typing import Any

SIZES = {
    "vocab_size": 32_128, "d_model": 768, "d_kv": 64, "d_ff": 3_072,
    "num_layers": 12, "num_heads": 12,
}  # fmt: skip
LETTERS = string.ascii_letters + string.digits + ".,;:!?'\"-()&/#"


def config() -> Any:
    from transformers import T5Config

    return T5Config(**SIZES, decoder_start_token_id=0, architectures=["T5ForConditionalGeneration"])


def draw(name: str, shape: tuple[int, ...]) -> Any:
    """As T5 begins: its attention is not divided by anything, so its queries are small."""
    import torch

    if name.endswith("norm.weight"):
        return torch.ones(shape)
    if name.endswith("shared.weight"):
        return torch.randn(shape)
    spread = float(shape[1]) ** -0.5
    if name.endswith("SelfAttention.q.weight") or name.endswith("EncDecAttention.q.weight"):
        spread *= SIZES["d_kv"] ** -0.5
    return torch.randn(shape) * spread


def is_copy(name: str) -> bool:
    """Whether a file leaves the tensor out: it is the same as shared.weight."""
    return name.endswith(("embed_tokens.weight", "lm_head.weight"))


def write_tokenizer(path: Path) -> None:
    """Letters for T5's 32,000 pieces: a prompt is more tokens than it would be, and as quick."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    if path.exists():
        return
    special = ["<pad>", "</s>", "<unk>"]
    pieces = [(piece, 0.0) for piece in special] + [(piece, -3.0) for piece in "▁" + LETTERS]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=2))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 1)]
    )
    tokenizer.add_special_tokens(special)
    path.parent.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(path))
