"""CLAP (larger, general) in its true sizes and file formats, filled with random numbers.

    python -m benchmarks.judges.clap_weights FOLDER        (in venv-clap)

776 MB. What a window costs depends on the shapes, not on the numbers. Files that are there already
are left as they are.
"""

import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.random_tensors import SEED, drawn

from secondtake.core.registry.clap import GENERAL_FILES
from secondtake.core.weights import Weights
from secondtake.judges.clap_prompts import OTHER_PROMPTS

VOCABULARY, POSITIONS = 50_265, 514
MOST_MERGES = 2_000  # of pieces of words: enough for the prompts to be as many tokens as in truth
CONFIG: dict[str, Any] = {
    "architectures": ["ClapModel"],
    "audio_config": {
        "depths": [2, 2, 12, 2],
        "hidden_size": 1024,
        "model_type": "clap_audio_model",
        "patch_embeds_hidden_size": 128,
    },
    "model_type": "clap",
    "projection_dim": 512,
    "text_config": {
        "max_position_embeddings": POSITIONS,
        "model_type": "clap_text_model",
        "vocab_size": VOCABULARY,
    },
}
PREPROCESSOR = {
    "feature_extractor_type": "ClapFeatureExtractor", "feature_size": 64, "fft_window_size": 1024,
    "frequency_max": 14_000, "frequency_min": 50, "hop_length": 480, "max_length_s": 10,
    "padding": "repeatpad", "padding_value": 0.0, "processor_class": "ClapProcessor",
    "sampling_rate": 48_000, "truncation": "rand_trunc",
}  # fmt: skip
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
MASK = "<mask>"
NAMES = {"model": "pytorch_model.bin", **{key: name for key, (name, *_) in GENERAL_FILES.items()}}


def make(folder: Path) -> Path:
    """Write the files that are not there yet; returns the folder."""
    if all((folder / name).exists() for name in NAMES.values()):
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / NAMES["config"], CONFIG)
    _write(folder / NAMES["preprocessor"], PREPROCESSOR)
    _write_tokenizer(folder)
    _write_network(folder / NAMES["model"])
    return folder


def weights(folder: Path) -> Weights:
    """The files of a folder. (Their hashes are known by now when the runner starts a worker; here
    a name and a time stand for one.)"""
    paths = {key: folder / name for key, name in NAMES.items()}
    hashes = {key: f"{path.name}-{path.stat().st_mtime_ns}" for key, path in paths.items()}
    return Weights(paths, hashes, folder / "cache")


def _write_network(path: Path) -> None:
    """Matrices that keep the size of what they are given, so that texts differ as after training.

    ours refuses a checkpoint that tells none apart.
    """
    import torch
    from transformers import ClapConfig, ClapModel

    torch.manual_seed(SEED)
    with torch.device("meta"):
        shapes = ClapModel(ClapConfig.from_dict(CONFIG)).state_dict()
    with torch.no_grad():
        tensors = {name: _drawn(name, tuple(t.shape), t.dtype) for name, t in shapes.items()}
    aside = path.with_suffix(".part")
    torch.save(tensors, aside)
    aside.rename(path)


def _drawn(name: str, shape: tuple[int, ...], dtype: Any) -> Any:
    import torch

    if name.endswith("relative_position_index"):  # any place of the table costs as much
        return torch.randint(225, shape)
    if name.endswith("position_ids"):
        return torch.arange(POSITIONS)[None]
    if not dtype.is_floating_point:
        return torch.zeros(shape, dtype=dtype)
    if name.endswith("running_var"):
        return torch.full(shape, 400.0)  # of decibels
    if "embeddings." in name and len(shape) > 1:
        return torch.randn(shape)
    return drawn(name, shape) * (2 * 3**0.5 if len(shape) > 1 else 1)


def _write_tokenizer(folder: Path) -> None:
    """RoBERTa's files: pieces of the prompts' words, and as many others as it has."""
    from tokenizers import ByteLevelBPETokenizer

    tokenizer = ByteLevelBPETokenizer()
    tokenizer.train_from_iterator(OTHER_PROMPTS, MOST_MERGES, 2, False, list(SPECIAL))
    tokenizer.save_model(str(folder))
    vocabulary = json.loads((folder / NAMES["vocabulary"]).read_text(encoding="utf-8"))
    missing = VOCABULARY - 1 - len(vocabulary)
    vocabulary |= {f"<unused{n}>": len(vocabulary) + n for n in range(missing)}
    _write(folder / NAMES["vocabulary"], {**vocabulary, MASK: VOCABULARY - 1})
    special = {
        "bos_token": "<s>", "cls_token": "<s>", "eos_token": "</s>", "sep_token": "</s>",
        "pad_token": "<pad>", "unk_token": "<unk>", "mask_token": MASK,
    }  # fmt: skip
    _write(folder / NAMES["special_tokens"], special)
    settings = {**special, "model_max_length": 512, "tokenizer_class": "RobertaTokenizer"}
    _write(folder / NAMES["tokenizer_config"], settings)


def _write(path: Path, value: object) -> None:
    path.write_text(json.dumps(value), encoding="utf-8")


if __name__ == "__main__":
    for written in sorted(make(Path(sys.argv[1])).iterdir()):
        print(f"{written.stat().st_size:>14,} {written}")
