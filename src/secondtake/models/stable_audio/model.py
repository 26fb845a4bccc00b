"""A checkpoint of Stable Audio in memory: its configuration, its weights, its conditioners.

The checkpoint stays where it is mapped, on the CPU. Another device is given what computes there and
no more: the transformer in one precision (quantized), and on CUDA the autoencoder's decoder. A
prompt is encoded on the CPU, so that it is the same for every device, and once for all takes of a
worker and all windows of a take.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from secondtake.core.environ import low_memory
from secondtake.core.errors import ModelError
from secondtake.core.registry.spec import Checkpoint
from secondtake.core.registry.stable_audio import STABLE_AUDIO
from secondtake.core.schedules import SAMPLERS
from secondtake.core.weights import Weights
from secondtake.models.inference.checkpoints import as_safetensors, load_converted
from secondtake.models.inference.denoising import make_room
from secondtake.models.inference.device import ComponentCache
from secondtake.models.inference.latest import LatestResults
from secondtake.models.inference.safetensors_header import check_header
from secondtake.models.stable_audio.sliding_window import use_windowed_attention

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module

REMEDY = "type: invoke fetch --models stable_audio"
TEXT_ENCODERS = ("t5", "t5gemma")  # Stable Audio Open's, and Stable Audio 3's
CACHED_PROMPTS = 16  # 0.4 to 0.8 MB each
ConditioningInputs = dict[str, Any]  # prompt, seconds_start, seconds_total


@dataclass(frozen=True)
class StableAudioModel:
    """A checkpoint in memory, and its configuration."""

    model: Module  # stable-audio-tools' ConditionedDiffusionModelWrapper, in float32 on the CPU
    config: Mapping[str, Any]
    device: str  # of the transformer
    hashes: Mapping[str, str] = field(default_factory=dict)  # sha256 of its files
    cache: Path = Path()  # folder for what is converted, quantized and measured of them
    # Its transformer in other precisions or places, and the decoder of a GPU.
    loaded: ComponentCache = field(default_factory=lambda: ComponentCache(one_at_a_time=True))

    @property
    def quantized_path(self) -> Path:
        """The path beside which quantized matrices are cached."""
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

    @property
    def pretransform(self) -> Module:
        """The autoencoder, without its encoder, where it decodes: on CUDA, else on the CPU.

        Before macOS 15.1, mps refuses convolutions whose output is longer than 65,536.
        """
        if not self.device.startswith("cuda"):
            pretransform: Module = self.model.pretransform
            return pretransform
        return self.loaded.get("pretransform", lambda: _copy_pretransform(self))

    def make_room(self, needed: int) -> None:
        """Let go of what is on the device if it does not hold `needed` bytes more beside it.

        ModelError memory if it does not hold them alone.
        """
        make_room(self.loaded, needed, self.device, "Stable Audio")

    def conditioning(
        self, prompt: str, seconds: float, seconds_start: float = 0
    ) -> list[ConditioningInputs]:
        """stable-audio-tools' conditioning, of one row: open-small has no seconds_start."""
        values = {"prompt": prompt, "seconds_start": seconds_start, "seconds_total": seconds}
        ids = {entry["id"] for entry in self.config["model"]["conditioning"]["configs"]}
        return [{name: value for name, value in values.items() if name in ids}]


def offline_config(config: Mapping[str, Any], text_encoder: Path) -> dict[str, Any]:
    """The configuration with T5 read from its folder, and no half precision (slow on a CPU)."""
    offline: dict[str, Any] = json.loads(json.dumps(config))
    offline["model"]["pretransform"]["model_half"] = False
    for entry in offline["model"]["conditioning"]["configs"]:
        if entry["type"] in TEXT_ENCODERS:
            entry["config"]["model_path"] = str(text_encoder)
            for key in ("repo_id", "subfolder"):  # where T5Gemma would be fetched from
                entry["config"].pop(key, None)
    return offline


def load_stable_audio(weights: Weights, device: str) -> StableAudioModel:
    """Load a checkpoint's files. ModelError bad_weights if they do not fit."""
    try:
        text = weights["config"].read_text(encoding="utf-8")
        config = offline_config(json.loads(text), weights["t5/config.json"].parent)
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
        message = f"{weights['config']} is no configuration of Stable Audio: {error!r}"
        raise ModelError("bad_weights", message, REMEDY) from error
    if config["sample_rate"] != STABLE_AUDIO.sample_rate:
        message = f"{weights['config']} says {config['sample_rate']} Hz"
        raise ModelError("bad_weights", message, REMEDY)
    with contextlib.redirect_stdout(sys.stderr):  # its import prints about missing accelerators
        from stable_audio_tools.models import conditioners

        model, configs = meta_model(config), config["model"]["conditioning"]
        model.conditioner = conditioners.create_multi_conditioner_from_conditioning_config(configs)
        for entry in configs["configs"]:
            if entry["type"] in TEXT_ENCODERS:
                _remember_prompts(model.conditioner.conditioners[entry["id"]])
    _load_weights(model, weights)
    model.pretransform.model.encoder = None  # nothing is encoded; it is up to 1.7 GB
    use_windowed_attention(model.pretransform.model)
    model.eval().requires_grad_(False)
    loaded = ComponentCache(one_at_a_time=low_memory(os.environ))
    return StableAudioModel(model, config, device, weights.hashes, weights.cache, loaded)


def check_configuration(network: StableAudioModel, checkpoint: Checkpoint) -> None:
    """ModelError bad_weights if a checkpoint is another than what the registry says of it."""
    samplers = SAMPLERS.get(network.objective, ())
    if not set(checkpoint.choices["sampler"]) <= set(samplers):
        fault = f"its objective is {network.objective!r}"
    elif round(checkpoint.longest_seconds * network.sample_rate) > network.window:
        fault = f"its window has {network.window} frames"
    else:
        return
    message = f"the configuration of {checkpoint.title} is of another model: {fault}"
    raise ModelError("bad_weights", message, REMEDY)


def meta_model(config: Mapping[str, Any]) -> Module:
    """Modules without weights (drawing random ones takes long), and without conditioners."""
    import torch
    from stable_audio_tools.models import create_model_from_config

    parts = {name: part for name, part in config["model"].items() if name != "conditioning"}
    with torch.device("meta"):
        return create_model_from_config({**config, "model": parts})


def _load_weights(model: Module, weights: Weights) -> None:
    """Load every parameter from a safetensors file, or from a .ckpt converted to one."""
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    path = weights["model"]
    try:
        if path.suffix == ".safetensors":
            check_header(path, REMEDY)
            tensors = load_file(path)
        else:
            tensors, _ = load_converted(as_safetensors(weights, "model", within="state_dict"))
        state = {k: v.to(torch.float32) if v.is_floating_point() else v for k, v in tensors.items()}
        model.load_state_dict(state, strict=True, assign=True)
    except (RuntimeError, SafetensorError) as error:
        message = f"{path} does not fit its configuration: {error}"
        raise ModelError("bad_weights", message, REMEDY) from error


def _copy_pretransform(network: StableAudioModel) -> Module:
    """The network's autoencoder on its device."""
    pretransform: Any = meta_model(network.config).pretransform
    autoencoder, source = pretransform.model, network.model.pretransform.model
    autoencoder.encoder = None
    use_windowed_attention(autoencoder)
    state = {name: each.to(network.device) for name, each in source.state_dict().items()}
    autoencoder.load_state_dict(state, strict=True, assign=True)
    copy: Module = pretransform.eval().requires_grad_(False)
    return copy


def _remember_prompts(text_encoder: Any) -> None:
    """Let a text encoder return its latest states and masks again, whose numbers stay the same."""
    encode = text_encoder.forward
    latest: LatestResults[tuple[str, ...], Any] = LatestResults(CACHED_PROMPTS)

    def encode_once(texts: Sequence[str], device: str) -> Any:
        return latest.get(tuple(texts), lambda: encode(texts, device))

    text_encoder.forward = encode_once


def encode_conditioning(network: StableAudioModel, row: ConditioningInputs) -> dict[str, Any]:
    """One row: by conditioner, its states (1, …) and their mask, on the network's device."""
    encoded = network.model.conditioner([row], "cpu")
    return {name: [part.to(network.device) for part in parts] for name, parts in encoded.items()}


def encode_batch(network: StableAudioModel, rows: Sequence[ConditioningInputs]) -> dict[str, Any]:
    """Several rows, each encoded as it is alone: by conditioner, states (rows, …) and mask."""
    import torch

    encoded = [encode_conditioning(network, row) for row in rows]
    if len(encoded) == 1:
        return encoded[0]
    return {
        name: [torch.cat([row[name][part] for row in encoded]) for part in range(len(parts))]
        for name, parts in encoded[0].items()
    }


@dataclass(frozen=True)
class WindowRequest:
    """One row of a batch, before it is denoised: a take, or one window of a longer one."""

    prompt: str
    negative_prompt: str  # what the sound should keep away from; "" for nothing
    seconds_start: float  # from the start of the piece that it belongs to
    seconds_total: float  # of that piece
    latents: int  # to denoise
    seed: int
    prefix_latents: Tensor | None = None  # (channels, n): its beginning, which stays
