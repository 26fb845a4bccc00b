"""A checkpoint of Stable Audio Open in memory: its configuration, its numbers, its text encoder.

What the conditioners make of prompts and seconds: computed once, for all takes of a worker.

What is denoised at once: a take, or one window of a longer one.
"""

import contextlib
import json
import os
import sys
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from secondtake.core.environ import low_memory
from secondtake.core.errors import ModelError
from secondtake.core.registry.stable_audio import STABLE_AUDIO
from secondtake.core.weights import Weights
from secondtake.models.inference.checkpoints import as_safetensors, load_converted
from secondtake.models.inference.device import Holding

REMEDY = "type: invoke fetch --models stable_audio"
TEXT_ENCODERS = ("t5", "t5gemma")  # Stable Audio Open's, and Stable Audio 3's


@dataclass(frozen=True)
class Network:
    """A checkpoint in memory, and what its configuration says."""

    model: Any
    config: Mapping[str, Any]
    device: str
    hashes: Mapping[str, str] = field(default_factory=dict)  # sha256 of its files
    cache: Path = Path()  # where what is made of them, and measured of them, is kept
    # Its transformer in other arithmetics.
    holding: Holding = field(default_factory=lambda: Holding(one_at_a_time=True))

    @property
    def kept_as(self) -> Path:
        """The path whose neighbours hold what arithmetics make of the matrices."""
        return self.cache / "converted" / f"{self.hashes['model']}.safetensors"

    @property
    def objective(self) -> str:
        return str(self.config["model"]["diffusion"].get("diffusion_objective", "v"))

    @property
    def sample_rate(self) -> int:
        return int(self.config["sample_rate"])

    @property
    def frames_per_latent(self) -> int:
        return int(self.config["model"]["pretransform"]["config"]["downsampling_ratio"])

    @property
    def window(self) -> int:
        """The most frames that one take can have: whole latents of the trained length."""
        return int(self.config["sample_size"]) // self.frames_per_latent * self.frames_per_latent

    def conditioning(
        self, prompt: str, seconds: float, seconds_start: float = 0
    ) -> list[dict[str, Any]]:
        """What the checkpoint wants to know of a take: open-small has no seconds_start."""
        known = {"prompt": prompt, "seconds_start": seconds_start, "seconds_total": seconds}
        wanted = {entry["id"] for entry in self.config["model"]["conditioning"]["configs"]}
        return [{name: value for name, value in known.items() if name in wanted}]


def prepared(config: Mapping[str, Any], text_encoder: Path) -> dict[str, Any]:
    """The configuration with T5 read from its folder, and no half precision (slow on a CPU)."""
    changed: dict[str, Any] = json.loads(json.dumps(config))
    changed["model"]["pretransform"]["model_half"] = False
    for entry in changed["model"]["conditioning"]["configs"]:
        if entry["type"] in TEXT_ENCODERS:
            entry["config"]["model_path"] = str(text_encoder)
            for elsewhere in ("repo_id", "subfolder"):  # where T5Gemma would be fetched from
                entry["config"].pop(elsewhere, None)
    return changed


def load_network(weights: Weights, device: str) -> Network:
    """Load a checkpoint's files. ModelError bad_weights if they do not fit."""
    try:
        text = weights["config"].read_text(encoding="utf-8")
        config = prepared(json.loads(text), weights["t5/config.json"].parent)
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = f"{weights['config']} is no configuration of Stable Audio: {error!r}"
        raise ModelError("bad_weights", message, REMEDY) from error
    if config["sample_rate"] != STABLE_AUDIO.sample_rate:
        message = f"{weights['config']} says {config['sample_rate']} Hz"
        raise ModelError("bad_weights", message, REMEDY)
    with contextlib.redirect_stdout(sys.stderr):  # its import prints about missing accelerators
        model = _build(config)
    _fill(model, weights)
    return Network(
        model.to(device).eval().requires_grad_(False),
        config,
        device,
        weights.hashes,
        weights.cache,
        Holding(one_at_a_time=low_memory(os.environ)),
    )


def _build(config: Mapping[str, Any]) -> Any:
    """The network without numbers, but for its conditioners: T5 comes with its own."""
    from stable_audio_tools.models.conditioners import (
        create_multi_conditioner_from_conditioning_config as create_conditioner,
    )

    model = empty_model(config)
    model.conditioner = create_conditioner(config["model"]["conditioning"])
    return model


def empty_model(config: Mapping[str, Any]) -> Any:
    """Its modules without numbers and without conditioners: drawing random numbers, which are
    then replaced, takes longer than loading the real ones."""
    import torch
    from stable_audio_tools.models import create_model_from_config

    parts = {name: part for name, part in config["model"].items() if name != "conditioning"}
    with torch.device("meta"):
        return create_model_from_config({**config, "model": parts})


def _fill(model: Any, weights: Weights) -> None:
    """Give every parameter its numbers from a safetensors file, or a .ckpt turned into one."""
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    path = weights["model"]
    try:
        if path.suffix == ".safetensors":
            tensors = load_file(path)
        else:
            tensors, _ = load_converted(as_safetensors(weights, "model", within="state_dict"))
        full = {k: v.to(torch.float32) if v.is_floating_point() else v for k, v in tensors.items()}
        model.load_state_dict(full, strict=True, assign=True)
    except (RuntimeError, SafetensorError) as error:
        message = f"{path} does not fit its configuration: {error}"
        raise ModelError("bad_weights", message, REMEDY) from error


KEPT_PROMPTS = 16  # 0.4 to 0.8 MB each
_kept: WeakKeyDictionary[Any, OrderedDict[str, Any]] = WeakKeyDictionary()  # by their network

Known = dict[str, Any]  # prompt, seconds_start, seconds_total


def heard(network: Network, known: Known) -> dict[str, Any]:
    """One row: by conditioner, its states (1, …) and their mask."""
    kept = _kept.setdefault(network.model, OrderedDict())
    key = repr(known)
    if key not in kept:
        while len(kept) >= KEPT_PROMPTS:
            kept.popitem(last=False)
        kept[key] = network.model.conditioner([known], network.device)
    kept.move_to_end(key)
    return dict(kept[key])


def heard_together(network: Network, rows: Sequence[Known]) -> dict[str, Any]:
    """Several rows: each as it is alone, put together."""
    import torch

    each = [heard(network, known) for known in rows]
    if len(each) == 1:
        return each[0]
    return {
        name: [torch.cat([one[name][place] for one in each]) for place in range(len(parts))]
        for name, parts in each[0].items()
    }


@dataclass(frozen=True)
class Passage:
    """One row of a batch, before it is denoised."""

    prompt: str
    negative: str  # what the sound should keep away from; "" for nothing
    seconds_start: float  # where it begins in the piece that it belongs to
    seconds_total: float  # how long that piece is
    latents: int  # how many are denoised
    seed: int
    held: Any = None  # (channels, n) latents that its beginning is held to
