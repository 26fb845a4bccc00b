"""A checkpoint of Stable Audio Open in memory: its configuration, its numbers, its text encoder."""

import contextlib
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from secondtake.errors import ModelError
from secondtake.registry.stable_audio import STABLE_AUDIO
from secondtake.weights import Weights
from secondtake_models.checkpoints import as_safetensors, load_converted

REMEDY = "type: invoke fetch --models stable_audio"


@dataclass(frozen=True)
class Network:
    """A checkpoint in memory, and what its configuration says."""

    model: Any
    config: Mapping[str, Any]
    device: str

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

    def conditioning(self, prompt: str, seconds: float) -> list[dict[str, Any]]:
        """What the checkpoint wants to know of a take: open-small has no seconds_start."""
        known = {"prompt": prompt, "seconds_start": 0, "seconds_total": seconds}
        wanted = {entry["id"] for entry in self.config["model"]["conditioning"]["configs"]}
        return [{name: value for name, value in known.items() if name in wanted}]


def prepared(config: Mapping[str, Any], text_encoder: Path) -> dict[str, Any]:
    """The configuration with T5 read from its folder, and no half precision (slow on a CPU)."""
    changed: dict[str, Any] = json.loads(json.dumps(config))
    changed["model"]["pretransform"]["model_half"] = False
    for entry in changed["model"]["conditioning"]["configs"]:
        if entry["type"] == "t5":
            entry["config"]["model_path"] = str(text_encoder)
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
    return Network(model.to(device).eval().requires_grad_(False), config, device)


def _build(config: Mapping[str, Any]) -> Any:
    """The network without numbers: drawing random ones takes longer than loading the real."""
    import torch
    from stable_audio_tools.models import create_model_from_config
    from stable_audio_tools.models.conditioners import (
        create_multi_conditioner_from_conditioning_config as create_conditioner,
    )

    parts = dict(config["model"])
    conditioning = parts.pop("conditioning")
    with torch.device("meta"):
        model = create_model_from_config({**config, "model": parts})
    model.conditioner = create_conditioner(conditioning)  # T5 comes with its own numbers
    return model


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
