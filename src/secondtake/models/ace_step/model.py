"""A checkpoint of ACE-Step 1.5 in memory: its components, and the encoding of texts.

Encoders compute in float32. Their weights stay as they are stored, in bfloat16, and each linear
widens its own when it multiplies: the numbers are those of a model that is float32 throughout, to
the bit, at half of its memory. What a prompt is encoded to is remembered, the encoders are not: to
map them again takes a tenth of a second, to keep them more than two gigabytes.
"""

from __future__ import annotations

import contextlib
import math
import os
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from secondtake.core.environ import low_memory
from secondtake.core.errors import ModelError, UnsupportedError
from secondtake.core.jobs import Job
from secondtake.core.prompts.ace_step_prompt import AceStepTexts, ace_step_texts
from secondtake.core.registry.spec import Checkpoint
from secondtake.core.weights import Weights
from secondtake.models.ace_step import checkpoint as files
from secondtake.models.ace_step.checkpoint import FRAMES_PER_LATENT, NULL, REMEDY, SILENCE, Config
from secondtake.models.inference.denoising import make_room
from secondtake.models.inference.device import ComponentCache
from secondtake.models.inference.graphics_memory import tensor_bytes
from secondtake.models.inference.latest import LatestResults

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module

TEXT_TOKENS, LYRICS_TOKENS = 256, 2048  # AceStepPipeline's limits, beyond which it reads no more
TIMBRE_SECONDS = 30  # of silence, where no recording says how a voice is to sound
CACHED_PROMPTS = 16  # 1 to 19 MB each
MODULES = {  # diffusers' classes, below the packages that hold them
    "transformer": ("diffusers", "AceStepTransformer1DModel"),
    "condition_encoder": ("diffusers.pipelines.ace_step", "AceStepConditionEncoder"),
    "audio_tokenizer": ("diffusers.pipelines.ace_step", "AceStepAudioTokenizer"),
    "audio_token_detokenizer": ("diffusers.pipelines.ace_step", "AceStepAudioTokenDetokenizer"),
    "vae": ("diffusers", "AutoencoderOobleck"),
    "text_encoder": ("transformers", "Qwen3Model"),
}


@dataclass(frozen=True)
class AceStepModel:
    """A checkpoint's files, and what is in memory of them."""

    checkpoint: Checkpoint
    device: str
    weights: Weights
    loaded: ComponentCache
    configs: Mapping[str, Config]
    prompts: LatestResults[AceStepTexts, Tensor] = field(
        default_factory=lambda: LatestResults(CACHED_PROMPTS)
    )
    tensors: dict[str, Tensor] = field(default_factory=dict)  # small ones, by name

    def config(self, component: str) -> dict[str, Any]:
        """A component's configuration, as diffusers has it. KeyError if it was not published."""
        return dict(self.configs[component])

    def state(self, component: str) -> dict[str, Tensor]:
        """A component's tensors by diffusers' names, mapped, in their stored dtype, on the CPU."""
        return files.read_state(self.weights, component)

    def module(self, component: str) -> Module:
        """A component in float32 arithmetic, its weights as they are stored; not kept in memory."""
        module, state = build_module(component, self.configs[component]), self.state(component)
        self.make_room(tensor_bytes(state.values()))
        _load_state(module, state, self.device)
        return module

    @property
    def sound_device(self) -> str:
        """Where sound is encoded and decoded: on CUDA, else on the CPU.

        Before macOS 15.1, mps refuses convolutions whose output is longer than 65,536.
        """
        return self.device if self.device.startswith("cuda") else "cpu"

    def vae_half(self, name: str) -> Module:
        """The "encoder" or the "decoder" of diffusers' AutoencoderOobleck, in float32."""
        return self.loaded.get(f"vae {name}", partial(load_vae_half, self, name))

    def make_room(self, needed: int) -> None:
        """Let go of what is on the device if it does not hold `needed` bytes more beside it.

        ModelError memory if it does not hold them alone.
        """
        make_room(self.loaded, needed, self.device, self.checkpoint.title)

    @property
    def silence_latent(self) -> Tensor:
        """(1, n, channels) float32: silence, as the autoencoder encodes it; ten minutes of it."""
        return self._small(SILENCE)

    @property
    def null_condition(self) -> Tensor:
        """(1, 1, hidden) float32: what guidance leads away from."""
        return self._small(NULL)

    @property
    def is_turbo(self) -> bool:
        """True if guidance is distilled into its weights."""
        return files.is_turbo(self.configs["transformer"])

    @property
    def channels(self) -> int:
        """The channels of a latent."""
        return int(self.configs["transformer"]["audio_acoustic_hidden_dim"])

    @property
    def sample_rate(self) -> int:
        return int(self.configs["vae"]["sampling_rate"])

    @property
    def latents_per_second(self) -> float:
        return self.sample_rate / FRAMES_PER_LATENT

    def latent_count(self, seconds: float) -> int:
        """The latents of so many seconds, as AceStepPipeline counts them."""
        return math.ceil(seconds * self.latents_per_second)

    def _small(self, name: str) -> Tensor:
        if name not in self.tensors:
            state = self.state("condition_encoder")
            for key in (SILENCE, NULL):
                self.tensors[key] = state[key].to(self.device).float()
        return self.tensors[name]


def load_ace_step(weights: Weights, checkpoint: Checkpoint, device: str) -> AceStepModel:
    """The checkpoint of these files, of which nothing is read yet but what they say they hold.

    ModelError bad_weights if a configuration is of another kind than the checkpoint's name says, or
    tensors are missing, foreign, or of another shape than it says.
    """
    silence_libraries()
    configs = files.read_configs(weights)
    files.check_configs(weights, configs, checkpoint)
    loaded = ComponentCache(one_at_a_time=low_memory(os.environ))
    model = AceStepModel(checkpoint, device, weights, loaded, configs)
    for component in configs:
        _check_component(model, component)
    return model


def silence_libraries() -> None:
    """Their bars and remarks would stand among our own lines."""
    from diffusers.utils import logging as of_diffusers
    from transformers.utils import logging as of_transformers

    for logging in (of_diffusers, of_transformers):
        logging.disable_progress_bar()
        logging.set_verbosity_error()


def _check_component(model: AceStepModel, component: str) -> None:
    path = model.weights[files.tensor_key(model.weights, component)]
    try:
        module = build_module(component, model.configs[component])
    except (KeyError, TypeError, ValueError, AttributeError, RuntimeError) as error:
        path = files.config_path(model.weights, component)
        reason = str(error).partition("\n")[0]
        message = f"{path} is no configuration of ACE-Step's {component}: {reason}"
        raise ModelError("bad_weights", message, REMEDY) from error
    expected = {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}
    shapes = {name: tuple(tensor.shape) for name, tensor in model.state(component).items()}
    files.check_state(shapes, expected, path)


def build_module(component: str, config: Config) -> Module:
    """diffusers' or transformers' module without weights: its parameters are on no device."""
    import importlib

    package, name = MODULES[component]
    kind: Any = getattr(importlib.import_module(package), name)
    with _parameters_on_meta(), warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of torch's, about weight_norm
        if component == "text_encoder":
            module: Module = kind(kind.config_class.from_dict(dict(config)))
        else:
            module = kind.from_config(dict(config))
    return module.eval().requires_grad_(False)


@contextlib.contextmanager
def _parameters_on_meta() -> Iterator[None]:
    """Modules that are made inside draw no random weights, which takes long; buffers are true."""
    import torch

    register = torch.nn.Module.register_parameter

    def register_on_meta(module: Module, name: str, parameter: Any) -> None:
        if parameter is not None:
            parameter = torch.nn.Parameter(parameter.to("meta"), requires_grad=False)
        register(module, name, parameter)

    torch.nn.Module.register_parameter = register_on_meta
    try:
        yield
    finally:
        torch.nn.Module.register_parameter = register


def _load_state(module: Module, state: dict[str, Tensor], device: str) -> None:
    """Give a module its weights: matrices as they are stored, all others in float32."""
    import torch

    linear, embedding = _widening_classes()
    stored = set()
    for name, part in module.named_modules():
        if isinstance(part, torch.nn.Linear | torch.nn.Embedding):
            stored.add(f"{name}.weight")
            part.__class__ = linear if isinstance(part, torch.nn.Linear) else embedding
        for key, buffer in part.named_buffers(recurse=False):
            setattr(part, key, buffer.to(device))
    placed = {
        name: tensor.to(device) if name in stored else tensor.to(device, torch.float32)
        for name, tensor in state.items()
    }
    if SILENCE in placed:  # of any length
        module.register_buffer(SILENCE, placed[SILENCE])
    module.load_state_dict(placed, strict=True, assign=True)


@cache
def _widening_classes() -> tuple[type[Any], type[Any]]:
    """Linears and embeddings whose weights become float32 where they are used, and only then."""
    import torch

    class WideningLinear(torch.nn.Linear):
        def forward(self, x: Tensor) -> Tensor:
            return torch.nn.functional.linear(x, self.weight.float(), self.bias)

    class WideningEmbedding(torch.nn.Embedding):
        def forward(self, ids: Tensor) -> Tensor:
            return self.weight[ids].float()

    return WideningLinear, WideningEmbedding


def load_vae_half(model: AceStepModel, name: str) -> Module:
    """The autoencoder's "encoder" or "decoder" alone, in float32, where sound is computed."""
    import torch

    half: Module = getattr(build_module("vae", model.configs["vae"]), name)
    state = {
        key.removeprefix(f"{name}."): tensor.to(model.sound_device, torch.float32)
        for key, tensor in model.state("vae").items()
        if key.startswith(f"{name}.")
    }
    half.load_state_dict(state, strict=True, assign=True)
    return half


def encode_conditions(model: AceStepModel, job: Job) -> Tensor:
    """(1, tokens, hidden) float32: lyrics, timbre and text of a job, for cross-attention.

    The same tensor for the same texts. UnsupportedError if a text is longer than the model reads.
    """
    texts = ace_step_texts(job)
    return model.prompts.get(texts, lambda: _encode(model, texts))


def _encode(model: AceStepModel, texts: AceStepTexts) -> Tensor:
    """As AceStepPipeline encodes one row, of which nothing is padding."""
    import torch

    tokenizer = _load_tokenizer(model.weights)
    text_ids = _token_ids(tokenizer, texts.text, TEXT_TOKENS, "prompt")
    lyric_ids = _token_ids(tokenizer, texts.lyrics, LYRICS_TOKENS, "lyrics")
    with torch.no_grad():
        text_encoder: Any = model.module("text_encoder")
        text = text_encoder(input_ids=text_ids.to(model.device)).last_hidden_state
        lyrics = text_encoder.embed_tokens(lyric_ids.to(model.device))
        del text_encoder
        encoder: Any = model.module("condition_encoder")
        mask = torch.ones(lyrics.shape[:2], dtype=torch.bool, device=model.device)
        lyrics = encoder.lyric_encoder(inputs_embeds=lyrics, attention_mask=mask)
        return torch.cat((lyrics, _timbre(model, encoder), encoder.text_projector(text)), dim=1)


def _timbre(model: AceStepModel, encoder: Any) -> Tensor:
    """(1, 1, hidden): the timbre of silence, which is computed once."""
    import torch

    if "timbre" not in model.tensors:
        count = math.ceil(TIMBRE_SECONDS * model.latents_per_second)
        order = torch.zeros(1, dtype=torch.long, device=model.device)
        silence = model.silence_latent[:, :count].contiguous()
        model.tensors["timbre"], _ = encoder.timbre_encoder(silence, order)
    return model.tensors["timbre"]


def _load_tokenizer(weights: Weights) -> Any:
    """Qwen3's tokenizer, as transformers reads its folder. ModelError bad_weights."""
    from transformers import AutoTokenizer

    path = weights["text/tokenizer.json"]
    try:
        return AutoTokenizer.from_pretrained(
            path.parent, local_files_only=True, trust_remote_code=False
        )
    except Exception as error:  # the library raises nothing more particular
        message = f"{path} is no tokenizer: {error}"
        raise ModelError("bad_weights", message, REMEDY) from error


def _token_ids(tokenizer: Any, text: str, most: int, key: str) -> Tensor:
    """(1, tokens) int64. UnsupportedError if they are more than `most`."""
    import torch

    ids = tokenizer(text).input_ids
    if len(ids) > most:
        message = f"{len(ids)} tokens long with its fields, more than the {most} that are read"
        hint = "shorten it" if key == "prompt" else "shorten them, or cut them into segments"
        raise UnsupportedError(key, message, hint)
    return torch.tensor([ids])
