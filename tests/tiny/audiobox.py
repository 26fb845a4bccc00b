"""Audiobox Aesthetics in its exact formats, some 0.2 MB of seeded noise.

    python tests/tiny/audiobox.py FOLDER        (in venv-audiobox)

It knows nothing of sound: every key, tensor name and code path is true, the numbers are not.
Written are the hub's three files: model.safetensors and config.json as `save_pretrained` of the
authors' class writes them, and checkpoint.pt, the older pickle of the same numbers.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SEED = 20250207
REPOSITORY = "facebook/audiobox-aesthetics"
MODEL, CONFIG, PICKLE = "model.safetensors", "config.json", "checkpoint.pt"
LAYERS = 2
SIZES = {
    "encoder_layers": LAYERS, "encoder_embed_dim": 24, "encoder_ffn_embed_dim": 40,
    "encoder_attention_heads": 3, "conv_pos": 16, "conv_pos_groups": 4, "num_buckets": 32,
    "conv_feature_layers": "[(8,10,5)] + [(8,3,2)] * 4 + [(8,2,2)] * 2",
}  # fmt: skip
SETTINGS: dict[str, Any] = {
    "proj_num_layer": 3, "proj_ln": True, "proj_act_fn": "gelu", "proj_dropout": 0,
    "nth_layer": LAYERS + 1, "use_weighted_layer_sum": True, "precision": "bf16",
    "normalize_embed": True, "output_dim": 1, "freeze_encoder": True,
    "target_transform": {
        "CE": {"mean": 5.5, "std": 1.5}, "CU": {"mean": 6.0, "std": 1.4},
        "PC": {"mean": 3.0, "std": 1.6}, "PQ": {"mean": 6.5, "std": 1.3},
    },
}  # fmt: skip
SPREAD = 2.0  # of a matrix, over what keeps its input's size: else all sounds are alike


def write(folder: Path) -> dict[str, Path]:
    """Write every file that the checkpoint is made of: repository/file -> its path."""
    import torch

    target = folder / REPOSITORY
    target.mkdir(parents=True, exist_ok=True)
    network = make()
    network.save_pretrained(target)
    pickled = {
        "state_dict": {f"model.{name}": value for name, value in network.state_dict().items()},
        "model_cfg": {
            name: value for name, value in SETTINGS.items() if name != "target_transform"
        },
        "target_transform": SETTINGS["target_transform"],
    }
    torch.save(pickled, target / PICKLE)
    return {f"{REPOSITORY}/{name}": target / name for name in (MODEL, CONFIG, PICKLE)}


@contextmanager
def small() -> Iterator[None]:
    """Within it, the authors' network is built with a small WavLM."""
    from audiobox_aesthetics.model import aes
    from audiobox_aesthetics.model.wavlm import WavLMConfig

    usual = aes.DEFAULT_AUDIO_CFG
    aes.DEFAULT_AUDIO_CFG = WavLMConfig({**vars(usual), **SIZES})
    try:
        yield
    finally:
        aes.DEFAULT_AUDIO_CFG = usual


def make() -> Any:
    """The authors' network, small. What begins as ones or zeros is moved from there."""
    import torch
    from audiobox_aesthetics.model.aes import AesMultiOutput

    torch.manual_seed(SEED)
    with small():
        network = AesMultiOutput(**SETTINGS)
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if name.endswith("weight") and parameter.dim() > 1:
                parameter.normal_(std=SPREAD * parameter[0].numel() ** -0.5)
            elif not name.endswith("weight_g"):
                parameter.add_(torch.randn_like(parameter) * 0.3)
    return network.eval()


if __name__ == "__main__":
    for name, path in write(Path(sys.argv[1])).items():
        print(name, path.stat().st_size)
