"""A MusicGen checkpoint on the disk: its configuration, and its tensors, mapped into memory."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from secondtake.core.errors import ModelError
from secondtake.core.weights import Weights
from secondtake.models.inference.checkpoints import as_safetensors

REMEDY = "type: invoke fetch --models musicgen"
FRAME_RATE = 50  # token frames a second, of every MusicGen
TEXT, CODEC, DECODER = "text_encoder.", "audio_encoder.", "decoder."  # where their tensors are


@dataclass(frozen=True)
class Checkpoint:
    """What the files say. A tensor is mapped when it is asked for, not read."""

    config: Mapping[str, Any]  # config.json
    files: tuple[Path, ...]  # model.safetensors, or its parts
    sha256: str  # of all parts
    cache: Path  # where what is made of the tensors is kept

    @property
    def decoder(self) -> Mapping[str, Any]:
        return dict(self.config["decoder"])

    @property
    def takes_melody(self) -> bool:
        """Whether text and melody stand before the tokens, rather than beside every layer."""
        return self.config["model_type"] == "musicgen_melody"

    @property
    def kept_as(self) -> Path:
        """The path whose neighbours hold what arithmetics make of the matrices."""
        return self.cache / "converted" / f"{self.sha256}.safetensors"

    def tensors(self, prefix: str) -> dict[str, Any]:
        """Tensors whose names begin with `prefix`, by the rest of their names."""
        return dict(self._each(prefix))

    def _each(self, prefix: str) -> Iterator[tuple[str, Any]]:
        from safetensors import SafetensorError, safe_open

        for path in self.files:
            try:
                with safe_open(path, framework="pt") as file:
                    for name, stored in _names(file):
                        if name.startswith(prefix):
                            yield name.removeprefix(prefix), file.get_tensor(stored)
            except (SafetensorError, OSError) as error:
                raise ModelError("bad_weights", f"{path} cannot be read: {error}", REMEDY) from None


def read_checkpoint(weights: Weights) -> Checkpoint:
    """The checkpoint of these files; keys: "config", and "model" or "model1", "model2"…

    A file of torch.save's is converted first. ModelError bad_weights if the configuration is none
    of MusicGen's in mono; OSError if the disk is full.
    """
    path = weights["config"]
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
        known = config["model_type"] in ("musicgen", "musicgen_melody")
        usable = known and config["decoder"].get("audio_channels", 1) == 1
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"{path} is no configuration of MusicGen's: {error!r}"
        raise ModelError("bad_weights", message, REMEDY) from error
    if not usable:
        message = f"{path} is not of a MusicGen that plays in mono"
        raise ModelError("bad_weights", message, REMEDY)
    keys = sorted(key for key in weights.paths if key.startswith("model"))
    files = tuple(_as_safetensors(weights, key) for key in keys)
    whole = "".join(weights.hashes[key] for key in keys)
    sha256 = whole if len(keys) == 1 else hashlib.sha256(whole.encode()).hexdigest()
    return Checkpoint(config, files, sha256, weights.cache)


def _as_safetensors(weights: Weights, key: str) -> Path:
    is_one = weights[key].suffix == ".safetensors"
    return weights[key] if is_one else as_safetensors(weights, key)


def _names(file: Any) -> list[tuple[str, str]]:
    """Tensors' names, and the names they are stored under: a conversion stores equal ones once."""
    names = [(name, name) for name in file.keys()]  # noqa: SIM118
    aliases = json.loads((file.metadata() or {}).get("aliases", "{}"))
    return names + list(aliases.items())
