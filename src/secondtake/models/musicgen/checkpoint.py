"""A MusicGen checkpoint on the disk: its configuration, and its tensors, mapped into memory."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from secondtake.core.errors import ModelError
from secondtake.core.weights import Weights
from secondtake.models.inference.checkpoints import as_safetensors
from secondtake.models.inference.safetensors_header import check_header

if TYPE_CHECKING:
    from torch import Tensor

REMEDY = "type: invoke fetch --models musicgen"
FRAME_RATE = 50  # token frames a second, of every MusicGen
TEXT, CODEC, DECODER = "text_encoder.", "audio_encoder.", "decoder."  # where their tensors are


@dataclass(frozen=True)
class Checkpoint:
    """The checkpoint's files. A tensor is mapped when it is asked for, not read."""

    config: Mapping[str, Any]  # config.json
    files: tuple[Path, ...]  # model.safetensors, or its shards
    sha256: str  # of all shards
    cache: Path  # folder for what is made of the tensors

    @property
    def decoder_config(self) -> Mapping[str, Any]:
        return dict(self.config["decoder"])

    @property
    def takes_melody(self) -> bool:
        """True if text and melody are a prefix of the tokens, rather than cross-attended."""
        return str(self.config["model_type"]) == "musicgen_melody"

    @property
    def quantized_path(self) -> Path:
        """The path beside which quantized matrices are cached."""
        return self.cache / "converted" / f"{self.sha256}.safetensors"

    def tensors(self, prefix: str) -> dict[str, Tensor]:
        """Tensors whose names begin with `prefix`, by the rest of their names."""
        from safetensors import SafetensorError, safe_open

        tensors = {}
        for path in self.files:
            check_header(path, REMEDY)
            try:
                with safe_open(path, framework="pt") as file:
                    stored = {name: name for name in file.keys()}  # noqa: SIM118
                    # A conversion stores equal tensors once.
                    stored |= json.loads((file.metadata() or {}).get("aliases", "{}"))
                    for name, stored_name in stored.items():
                        if name.startswith(prefix):
                            tensors[name.removeprefix(prefix)] = file.get_tensor(stored_name)
            except (SafetensorError, OSError) as error:
                raise ModelError("bad_weights", f"{path} cannot be read: {error}", REMEDY) from None
        return tensors

    def load_module(self, module_type: Any, prefix: str, name: str) -> Any:
        """transformers' module on the processor, with the tensors at `prefix`.

        No random ones are drawn first. ModelError bad_weights if they do not fit, which calls the
        module by its `name`.
        """
        import torch

        tensors = {key: tensor.float() for key, tensor in self.tensors(prefix).items()}
        try:
            model, load_info = module_type.from_pretrained(
                None,
                config=module_type.config_class.from_dict(dict(self.config[prefix[:-1]])),
                state_dict=tensors,
                dtype=torch.float32,
                output_loading_info=True,
            )
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            message = f"{self.files[0]} holds no {name}: {error}"
            raise ModelError("bad_weights", message, REMEDY) from error
        if load_info["missing_keys"]:
            message = f"{self.files[0]} lacks {min(load_info['missing_keys'])} of its {name}"
            raise ModelError("bad_weights", message, REMEDY)
        return model.eval()


def read_checkpoint(weights: Weights) -> Checkpoint:
    """The checkpoint of these files; keys: "config" and "model", which may be an index of shards.

    A file of torch.save's is converted first. ModelError bad_weights if the configuration is none
    of MusicGen's in mono; OSError if the disk is full.
    """
    path = weights["config"]
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
        is_musicgen = config["model_type"] in ("musicgen", "musicgen_melody")
        is_usable = is_musicgen and config["decoder"].get("audio_channels", 1) == 1
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        message = f"{path} is no configuration of MusicGen's: {error!r}"
        raise ModelError("bad_weights", message, REMEDY) from error
    if not is_usable:
        message = f"{path} is not of a MusicGen that plays in mono"
        raise ModelError("bad_weights", message, REMEDY)
    files = tuple(
        weights[key] if weights[key].suffix == ".safetensors" else as_safetensors(weights, key)
        for key in weights.parts("model")
    )
    return Checkpoint(config, files, weights.sha256("model"), weights.cache)
