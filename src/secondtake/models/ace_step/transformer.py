"""The diffusion transformer, in the precision that is asked for.

In float32 it is diffusers' AceStepTransformer1DModel, which widens nothing but the stored weights;
only what it makes of a prompt is remembered from step to step. Every other precision is computed by
`quantized_transformer`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from secondtake.models.ace_step.model import AceStepModel, build_module
from secondtake.models.ace_step.quantized_transformer import QuantizedTransformer
from secondtake.models.inference.denoising import upload
from secondtake.models.inference.graphed_call import LastInput
from secondtake.models.inference.graphics_memory import tensor_bytes
from secondtake.models.inference.quantization import Precision

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module

Transformer = Callable[..., tuple["Tensor"]]


def load_transformer(model: AceStepModel, precision: Precision) -> Transformer:
    """The transformer of a checkpoint, loaded when it is first needed.

    Called as diffusers' is: (hidden_states (rows, n, channels), timestep (rows), timestep_r (rows),
    encoder_hidden_states (rows, tokens, width), context_latents (rows, n, 2 * channels),
    return_dict=False) -> (the velocity (rows, n, channels),), in float32. The timesteps are on the
    CPU, all else on the model's device. ModelError memory if that has no room for it.
    """
    load = _load_exact if precision.exact else QuantizedTransformer
    return model.loaded.get(f"transformer {precision.name}", lambda: load(model, precision))


def _load_exact(model: AceStepModel, _: Precision) -> Any:
    import torch

    transformer: Any = build_module("transformer", model.config("transformer"))
    model.make_room(tensor_bytes(model.state("transformer").values(), "float32"))
    groups: dict[str, list[str]] = {}
    for name in model.state("transformer"):
        groups.setdefault(".".join(name.split(".")[:2]), []).append(name)
    widened: dict[str, Tensor] = {}
    for names in groups.values():
        stored = model.state("transformer")  # mapped anew: what was widened leaves memory
        widened |= {name: stored[name].to(model.device, torch.float32) for name in names}
    transformer.load_state_dict(widened, strict=True, assign=True)
    remember_conditions(transformer)

    def upload_levels(_: Module, args: Any, inputs: dict[str, Any]) -> Any:
        levels = {name: upload(inputs[name], model.device) for name in ("timestep", "timestep_r")}
        return args, inputs | levels

    transformer.register_forward_pre_hook(upload_levels, with_kwargs=True)
    return transformer


def remember_conditions(transformer: Any) -> None:
    """Let a transformer embed a prompt, and project its keys and values, once for all steps.

    The products are the same ones of the same numbers: no bit of a velocity changes.
    """
    transformer.condition_embedder = _remembering(transformer.condition_embedder, by_number=True)
    for layer in transformer.layers:
        # What the embedder gave is the same tensor for as long as the prompt is the same.
        attention = layer.cross_attn
        attention.to_k = _remembering(attention.to_k, by_number=False)
        attention.to_v = _remembering(attention.to_v, by_number=False)


def _remembering(linear: Module, *, by_number: bool) -> Module:
    """A linear that gives its last result again for the same input."""
    import torch

    class Remembering(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear, self.last = linear, LastInput(by_number=by_number)
            self.result: Tensor | None = None

        def forward(self, x: Tensor) -> Tensor:
            if not self.last.is_again(x) or self.result is None:
                self.result = self.linear(x)
            return self.result

    return Remembering()
