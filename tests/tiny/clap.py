"""CLAP's checkpoints in their exact formats, about 1.5 MB of seeded noise each.

    python tests/tiny/clap.py FOLDER        (in venv-clap)

They know no music: every key, tensor name and code path is true, the numbers are not. Written are
laion/larger_clap_general, which tells texts apart as noise does, and laion/larger_clap_music, in
which all texts have nearly the same embedding, as in the real one.
"""

import json
import string
import sys
from pathlib import Path
from typing import Any

SEED = 20230324
GENERAL, MUSIC = "laion/larger_clap_general", "laion/larger_clap_music"
WIDTH, LAYERS, POSITIONS, DIMENSIONS = 48, 2, 514, 32  # of the texts; places as in the real ones
NARROWEST, STAGES = 8, 4  # of the sound: a stage doubles the width
SAMPLE_RATE, SECONDS = 48_000, 10
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")  # 0 to 3, as RoBERTa numbers them; the mask is last
MASK = "<mask>"
MERGES = ("Ġ a", "Ġ t", "h e", "i n", "Ġt he", "o n", "a n", "Ġ g", "Ġg u", "i t", "Ġgu it")
# Of the words and places in the collapsed checkpoint: what all texts have in common is the rest.
COLLAPSED = 1e-3


def write(folder: Path) -> dict[str, Path]:
    """Write every file that the checkpoints are made of: repository/file -> its path."""
    import torch

    for repository in (GENERAL, MUSIC):
        target = folder / repository
        target.mkdir(parents=True, exist_ok=True)
        words = _vocabulary()
        model = _model(len(words), is_collapsed=repository == MUSIC)
        torch.save(dict(model.state_dict()), target / "pytorch_model.bin")
        _write_json(target / "config.json", _config(len(words)))
        _write_json(target / "preprocessor_config.json", _preprocessor())
        _write_tokenizer(target, words)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path for path in files}


def _model(words: int, *, is_collapsed: bool) -> Any:
    """The network. Its matrices keep the size of what they are given, so that inputs count."""
    import torch
    from transformers import ClapConfig, ClapModel

    torch.manual_seed(SEED)
    model = ClapModel(ClapConfig.from_dict(_config(words)))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() > 1:
                inputs = parameter[0].numel()
                spread = 1.0 if "embeddings." in name else 2 * inputs**-0.5
                parameter.normal_(std=spread)
        embeddings = model.text_model.embeddings
        if is_collapsed:
            embeddings.token_type_embeddings.weight *= 10
            embeddings.word_embeddings.weight *= COLLAPSED
            embeddings.position_embeddings.weight *= COLLAPSED
        norm = model.audio_model.audio_encoder.batch_norm  # of decibels, as they come
        norm.running_mean.fill_(-40.0)
        norm.running_var.fill_(20.0**2)
    return model


def _config(words: int) -> dict[str, Any]:
    return {
        "architectures": ["ClapModel"],
        "audio_config": {
            "depths": [1] * STAGES,
            "hidden_size": NARROWEST << (STAGES - 1),
            "model_type": "clap_audio_model",
            "num_attention_heads": [2, 2, 4, 4],
            "patch_embeds_hidden_size": NARROWEST,
        },
        "hidden_size": WIDTH,
        "initializer_factor": 1.0,
        "logit_scale_init_value": 14.285714285714285,
        "model_type": "clap",
        "num_hidden_layers": LAYERS + STAGES,
        "projection_dim": DIMENSIONS,
        "projection_hidden_act": "relu",
        "text_config": {
            "hidden_size": WIDTH,
            "intermediate_size": 2 * WIDTH,
            "max_position_embeddings": POSITIONS,
            "model_type": "clap_text_model",
            "num_attention_heads": 4,
            "num_hidden_layers": LAYERS,
            "vocab_size": words,
        },
        "torch_dtype": "float32",
    }


def _preprocessor() -> dict[str, Any]:
    return {
        "chunk_length_s": SECONDS,
        "feature_extractor_type": "ClapFeatureExtractor",
        "feature_size": 64,
        "fft_window_size": 1024,
        "frequency_max": 14_000,
        "frequency_min": 50,
        "hop_length": 480,
        "max_length_s": SECONDS,
        "n_fft": 1024,
        "nb_frequency_bins": 513,
        "nb_max_samples": SECONDS * SAMPLE_RATE,
        "padding": "repeatpad",
        "padding_side": "right",
        "padding_value": 0.0,
        "processor_class": "ClapProcessor",
        "return_attention_mask": False,
        "sampling_rate": SAMPLE_RATE,
        "top_db": None,
        "truncation": "rand_trunc",
    }


def _vocabulary() -> list[str]:
    """The pieces of a byte-level BPE: those of every byte, so that it reads any text."""
    from tokenizers import pre_tokenizers

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    assert set(string.printable[:94]) <= set(letters)
    return [*SPECIAL, *letters, *(merge.replace(" ", "") for merge in MERGES), MASK]


def _write_tokenizer(folder: Path, words: list[str]) -> None:
    """RoBERTa's four files, as transformers wrote them in 2023."""
    special = {
        "bos_token": "<s>", "cls_token": "<s>", "eos_token": "</s>", "mask_token": MASK,
        "pad_token": "<pad>", "sep_token": "</s>", "unk_token": "<unk>",
    }  # fmt: skip
    tokens = {word: _added_token(word) for word in (*SPECIAL, MASK)}
    settings = {
        "add_prefix_space": False,
        "added_tokens_decoder": {
            str(words.index(word)): {**token, "special": True} for word, token in tokens.items()
        },
        "clean_up_tokenization_spaces": True,
        "errors": "replace",
        "max_length": None,
        "model_max_length": 512,
        "pad_to_multiple_of": None,
        "pad_token_type_id": 0,
        "padding_side": "right",
        "processor_class": "ClapProcessor",
        "tokenizer_class": "RobertaTokenizer",
        "trim_offsets": True,
        **special,
    }
    _write_json(folder / "vocab.json", {word: number for number, word in enumerate(words)})
    text = "\n".join(("#version: 0.2", *MERGES, ""))
    (folder / "merges.txt").write_text(text, encoding="utf-8")
    _write_json(folder / "special_tokens_map.json", {**special, "mask_token": tokens[MASK]})
    _write_json(folder / "tokenizer_config.json", dict(sorted(settings.items())))


def _added_token(word: str) -> dict[str, Any]:
    """A special token; the mask takes the space before it along."""
    return {
        "content": word,
        "lstrip": word == MASK,
        "normalized": False,
        "rstrip": False,
        "single_word": False,
    }


def _write_json(path: Path, value: dict[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    for name, path in write(Path(sys.argv[1])).items():
        print(name, path.stat().st_size)
