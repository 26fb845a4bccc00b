"""A checkpoint of ACE-Step 1.5 on the disk: configurations and tensors, named as diffusers does.

Two layouts are read. Its authors' own has one configuration and one file of tensors for four
components, and the latents of silence in a file of torch.save; the names become diffusers', by the
rules of its scripts/convert_ace_step_to_diffusers.py. The layout of diffusers has a folder for each
component, and the silence among the condition encoder's tensors. Autoencoder and text encoder are
the same in both. Tensors are mapped into memory, and have the dtype that they are stored in.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from secondtake.core.errors import ModelError
from secondtake.core.registry.ace_step import ACE_STEP
from secondtake.core.registry.spec import Checkpoint
from secondtake.core.serialization import SHAPE_ERRORS
from secondtake.core.weights import Weights
from secondtake.models.inference.checkpoints import read_checkpoint
from secondtake.models.inference.safetensors_header import check_header
from secondtake.models.inference.torch_pickle import StoredTensor

if TYPE_CHECKING:
    from torch import Tensor

REMEDY = "type: invoke fetch --models ace_step"
FRAMES_PER_LATENT = 1920  # 25 latents a second
PREFIXES = {  # of the names in the authors' file, by component
    "transformer": "decoder.",
    "condition_encoder": "encoder.",
    "audio_tokenizer": "tokenizer.",
    "audio_token_detokenizer": "detokenizer.",
}
KEYS = {"text_encoder": "text"}  # a component's key in the registry, where that is not its name
NULL = "null_condition_emb"  # what guidance leads away from; it has no prefix
SILENCE = "silence_latent"
MOST_SILENCE = 1 << 24  # its numbers; ten minutes of 64 channels are a million
RENAMED = {
    "proj_in.1.": "proj_in_conv.", "proj_out.1.": "proj_out_conv.",
    ".q_proj.": ".to_q.", ".k_proj.": ".to_k.", ".v_proj.": ".to_v.", ".o_proj.": ".to_out.0.",
    ".q_norm.": ".norm_q.", ".k_norm.": ".norm_k.",
}  # fmt: skip
ATTENTION = (
    "head_dim", "rope_theta", "attention_bias", "attention_dropout", "rms_norm_eps",
    "sliding_window",
)  # fmt: skip
TRANSFORMER = (
    "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads",
    "num_key_value_heads", "in_channels", "audio_acoustic_hidden_dim", "patch_size", "layer_types",
    *ATTENTION,
)  # fmt: skip
CONDITIONS = (
    "text_hidden_dim", "timbre_hidden_dim", "num_lyric_encoder_hidden_layers",
    "num_timbre_encoder_hidden_layers", *ATTENTION,
)  # fmt: skip
# As wide as the transformer where the configuration says nothing else (XL does).
ENCODER = ("hidden_size", "intermediate_size", "num_attention_heads", "num_key_value_heads")
POOLING = {"pool_window_size": 5, "num_attention_pooler_hidden_layers": 2}
QUANTIZER = {"fsq_input_levels": [8, 8, 8, 5, 5, 5], "fsq_input_num_quantizers": 1}

Config = Mapping[str, Any]
Shapes = Mapping[str, tuple[int, ...]]


def is_upstream(weights: Weights) -> bool:
    """True for the authors' own layout."""
    return "config" in weights.paths


def config_path(weights: Weights, component: str) -> Path:
    """The file that holds a component's configuration."""
    if is_upstream(weights) and component in PREFIXES:
        return weights["config"]
    return weights[f"{KEYS.get(component, component)}/config.json"]


def read_configs(weights: Weights) -> dict[str, Config]:
    """By component, the configuration as diffusers has it; the text encoder's is transformers'.

    Optional components that were not published are left out. ModelError bad_weights if a file is no
    configuration of its component.
    """
    components = [*PREFIXES, "vae", "text_encoder"]
    if not is_upstream(weights):
        components = [name for name in components if _was_fetched(weights, name)]
    configs: dict[str, Config] = {}
    for component in components:
        path = config_path(weights, component)
        try:
            config = json.loads(path.read_text(encoding="utf-8"))
            if is_upstream(weights) and component in PREFIXES:
                config = convert_config(config, component)
            configs[component] = dict(config)
        except (OSError, RecursionError, *SHAPE_ERRORS) as error:
            message = f"{path} is no configuration of ACE-Step's {component}: {error!r}"
            raise ModelError("bad_weights", message, REMEDY) from error
    return configs


def _was_fetched(weights: Weights, component: str) -> bool:
    key = KEYS.get(component, component)
    if f"{key}/config.json" in weights.paths and f"{key}/model" in weights.paths:
        return True
    return component not in ("audio_tokenizer", "audio_token_detokenizer")


def convert_config(upstream: Config, component: str) -> dict[str, Any]:
    """A component's configuration, of the authors' one. KeyError names what that lacks."""
    encoder = {key: upstream.get(f"encoder_{key}", upstream[key]) for key in ENCODER}
    if component == "transformer":
        return {
            **{key: upstream[key] for key in TRANSFORMER},
            "encoder_hidden_size": encoder["hidden_size"],
            "is_turbo": bool(upstream.get("is_turbo", False)),
            "model_version": upstream.get("model_version"),
        }
    if component == "condition_encoder":
        return {**encoder, **{key: upstream[key] for key in CONDITIONS}}
    pooling = {key: upstream.get(key, default) for key, default in POOLING.items()}
    converted = {
        **encoder,
        **pooling,
        **{key: upstream[key] for key in ATTENTION},
        "audio_acoustic_hidden_dim": upstream["audio_acoustic_hidden_dim"],
        "layer_types": upstream["layer_types"][: pooling["num_attention_pooler_hidden_layers"]],
    }
    if component == "audio_tokenizer":
        converted |= {key: upstream.get(key, default) for key, default in QUANTIZER.items()}
        converted["fsq_dim"] = upstream.get("fsq_dim", encoder["hidden_size"])
    return converted


def is_turbo(config: Config) -> bool:
    """True if guidance is distilled into a transformer of this configuration."""
    return bool(config.get("is_turbo")) or config.get("model_version") == "turbo"


def check_configs(weights: Weights, configs: Mapping[str, Config], checkpoint: Checkpoint) -> None:
    """ModelError bad_weights if the configuration is another than what the registry says of it."""
    try:
        component, fault = next(_faults(configs, checkpoint), ("", ""))
    except TypeError as error:  # a text where a number should be
        component, fault = "transformer", repr(error)
    if fault:
        path = config_path(weights, component)
        message = f"{path} is of another model than {checkpoint.title}: {fault}"
        raise ModelError("bad_weights", message, REMEDY)


def _faults(configs: Mapping[str, Config], checkpoint: Checkpoint) -> Iterator[tuple[str, str]]:
    """What does not fit, each with the component whose configuration says it."""
    transformer, conditions = configs["transformer"], configs["condition_encoder"]
    if is_turbo(transformer) != checkpoint.name.endswith("turbo"):
        yield "transformer", f"is_turbo is {is_turbo(transformer)}"
    vae = configs["vae"]
    rate, ratio = vae.get("sampling_rate"), math.prod(vae.get("downsampling_ratios", ()))
    if (rate, ratio) != (ACE_STEP.sample_rate, FRAMES_PER_LATENT):
        yield "vae", f"it has {rate} Hz, and {ratio} frames in a latent"
    if vae.get("audio_channels") != ACE_STEP.channels:
        yield "vae", f"it has {vae.get('audio_channels')} channels"
    channels = transformer.get("audio_acoustic_hidden_dim")
    for component, key, wanted in (
        ("vae", "decoder_input_channels", channels),
        ("transformer", "in_channels", 3 * (channels or 0)),  # with the source's, and its mask's
        ("condition_encoder", "timbre_hidden_dim", channels),
        ("condition_encoder", "text_hidden_dim", configs["text_encoder"].get("hidden_size")),
    ):
        if (value := configs[component].get(key)) != wanted:
            yield component, f"{key} is {value}, where the others need {wanted}"
    width = transformer.get("encoder_hidden_size") or transformer.get("hidden_size")
    if conditions.get("hidden_size") != width:
        yield "condition_encoder", f"hidden_size is {conditions.get('hidden_size')}, not {width}"


def convert_name(name: str) -> tuple[str, str]:
    """The authors' name of a tensor -> its component and its name there; "" if none needs it."""
    if name == NULL:
        return "condition_encoder", NULL
    for component, prefix in PREFIXES.items():
        if name.startswith(prefix):
            rest = name.removeprefix(prefix)
            for theirs, ours in RENAMED.items():
                rest = rest.replace(theirs, ours)
            return component, rest
    return "", name


def tensor_key(weights: Weights, component: str) -> str:
    """The key of the file that holds a component's tensors, or of the index of its shards."""
    if is_upstream(weights) and component in PREFIXES:
        return "model"
    return f"{KEYS.get(component, component)}/model"


def read_state(weights: Weights, component: str) -> dict[str, Tensor]:
    """A component's tensors by diffusers' names, mapped from their files, in their stored dtype.

    ModelError bad_weights if a file cannot be read.
    """
    from safetensors import SafetensorError, safe_open

    shared = is_upstream(weights) and component in PREFIXES
    state: dict[str, Tensor] = {}
    for path in weights.files(tensor_key(weights, component)):
        check_header(path, REMEDY)
        try:
            with safe_open(path, framework="pt") as file:
                for stored in file.keys():  # noqa: SIM118
                    owner, name = convert_name(stored) if shared else (component, stored)
                    if owner == component:
                        state[name] = file.get_tensor(stored)
        except (SafetensorError, OSError) as error:
            message = f"{path} cannot be read: {error}"
            raise ModelError("bad_weights", message, REMEDY) from None
    if shared and component == "condition_encoder":
        state[SILENCE] = read_silence(weights["silence"])
    return state


def read_silence(path: Path) -> Tensor:
    """silence_latent.pt, (1, channels, n) -> (1, n, channels): nothing, as it is encoded.

    It is read without torch.load. ModelError bad_weights if it holds more than one tensor.
    """
    import torch

    checkpoint = read_checkpoint(path)
    stored = checkpoint.values
    is_latents = isinstance(stored, StoredTensor) and len(stored.shape) == 3
    if not is_latents or not 0 < math.prod(stored.shape) < MOST_SILENCE:
        message = f"{path} holds no latents (1, channels, n)"
        raise ModelError("bad_weights", message, REMEDY)
    values = torch.from_numpy(checkpoint.array(stored).copy())
    if stored.storage.dtype == "BF16":
        values = values.view(torch.bfloat16)
    if not values.is_floating_point() or not values.isfinite().all():
        raise ModelError("bad_weights", f"{path} holds no finite latents", REMEDY)
    return values.transpose(1, 2).contiguous()


def check_state(shapes: Shapes, expected: Shapes, path: Path) -> None:
    """ModelError bad_weights if tensors of a file are missing, foreign, or of another shape.

    Silence may be of any length.
    """
    missing = sorted(expected.keys() - shapes.keys())
    foreign = sorted(shapes.keys() - expected.keys())
    misshapen = sorted(
        name
        for name in expected.keys() & shapes.keys()
        if _fixed(name, shapes[name]) != _fixed(name, expected[name])
    )
    if missing:
        fault = f"it lacks {missing[0]}{_and_more(missing)}"
    elif foreign:
        fault = f"{foreign[0]} is none of its tensors{_and_more(foreign)}"
    elif misshapen:
        name = misshapen[0]
        fault = f"{name} is {shapes[name]}, not {expected[name]}{_and_more(misshapen)}"
    else:
        return
    raise ModelError("bad_weights", f"{path} does not fit its configuration: {fault}", REMEDY)


def _fixed(name: str, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The part of a shape that a configuration decides."""
    return (shape[0], *shape[2:]) if name == SILENCE and len(shape) == 3 else shape


def _and_more(names: list[str]) -> str:
    return f", and {len(names) - 1} more" if len(names) > 1 else ""
