"""The diffusion transformer in another precision: what AceStepTransformer1DModel computes, faster.

Its large matrices are quantized (transformer_layers), and what is between their products stays in
float32. Keys and values of a prompt are computed once for all steps, the embedding of a noise level
once for all takes. Attention within a window is computed block by block, and without a mask where
the sequence fits one window. On CUDA all the rest of a step is replayed as a graph.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from secondtake.models.ace_step.attention import (
    adaptive_norm,
    attend,
    rms_norm,
    rotary_tables,
    rotate,
)
from secondtake.models.ace_step.model import AceStepModel
from secondtake.models.ace_step.transformer_layers import Layer, load_layers
from secondtake.models.inference.graphed_call import GraphedCall, LastInput
from secondtake.models.inference.graphics_memory import tensor_bytes
from secondtake.models.inference.latest import LatestResults
from secondtake.models.inference.quantization import Precision

if TYPE_CHECKING:
    from torch import Tensor

    KeysValues = tuple[tuple[Tensor, Tensor], ...]  # of a prompt, by layer

FREQUENCIES, LONGEST_PERIOD, TIME_SCALE = 128, 10_000.0, 1000.0  # that embed a noise level
REMEMBERED_LEVELS = 256  # 100 KB each


class QuantizedTransformer:
    """Called as diffusers' AceStepTransformer1DModel is (see transformer.load_transformer)."""

    def __init__(self, model: AceStepModel, precision: Precision) -> None:
        stored = model.state("transformer")
        model.make_room(tensor_bytes(stored.values(), precision.dtype))
        self.config, self.device = model.config("transformer"), model.device
        # What is no layer's: in the dtype that it is stored in, widened where it is used.
        self.state = {
            name: tensor.to(model.device)
            for name, tensor in stored.items()
            if not name.startswith("layers.")
        }
        self.blocks = Blocks(self.config, self.state, load_layers(model, precision), precision)
        self.step = GraphedCall(self.blocks, model.device, precision.dtype)
        self.levels: LatestResults[tuple[str, float], tuple[Tensor, Tensor]]
        self.levels = LatestResults(REMEMBERED_LEVELS)
        self.rotary: LatestResults[int, tuple[Tensor, Tensor]] = LatestResults(1)
        self.conditions = LastInput(by_number=True)
        self.keys_values: KeysValues | None = None

    @property
    def layers(self) -> tuple[Layer, ...]:
        return self.blocks.layers

    def __call__(
        self,
        hidden_states: Tensor,
        timestep: Tensor,
        timestep_r: Tensor,
        encoder_hidden_states: Tensor,
        context_latents: Tensor,
        return_dict: bool = False,
    ) -> tuple[Tensor]:
        import torch

        assert not return_dict, "a tuple is all that there is"
        with torch.no_grad():
            embedded, modulation = self._embed_levels(timestep, timestep - timestep_r)
            patches = -(-hidden_states.shape[1] // self.blocks.patch)
            velocity = self.step(
                latents=hidden_states,
                context=context_latents,
                embedded=embedded,
                modulation=modulation,
                rotary=self.rotary.get(patches, lambda: self._rotary_tables(patches)),
                keys_values=self._read_prompt(encoder_hidden_states),
            )
        return (velocity,)

    def _rotary_tables(self, count: int) -> tuple[Tensor, Tensor]:
        theta = float(self.config["rope_theta"])
        return rotary_tables(count, self.blocks.head_dim, theta, self.device)

    def _read_prompt(self, conditions: Tensor) -> KeysValues:
        """The keys and values of (rows, tokens, width), those of the last step if it had them."""
        import torch

        if not self.conditions.is_again(conditions) or self.keys_values is None:
            weight, bias = (self._float32(f"condition_embedder.{of}") for of in ("weight", "bias"))
            embedded = torch.nn.functional.linear(conditions.float(), weight, bias)
            read = self.blocks.keys_values
            self.keys_values = tuple(read(layer, embedded) for layer in self.layers)
        return self.keys_values

    def _embed_levels(self, level: Tensor, interval: Tensor) -> tuple[Tensor, Tensor]:
        """Noise levels and what is left of each step, (rows) -> their embeddings (rows, width), and
        what these make of every layer's norms and gates (rows, 6, width); one row if all are one.
        """
        import torch

        pairs = list(zip(level.tolist(), interval.tolist(), strict=True))
        pairs = pairs[:1] if len(set(pairs)) == 1 else pairs
        levels = [self._embed_pair(*pair) for pair in pairs]
        embedded, modulation = zip(*levels, strict=True)
        return torch.cat(embedded), torch.cat(modulation)

    def _embed_pair(self, level: float, interval: float) -> tuple[Tensor, Tensor]:
        """(1, width) and (1, 6, width)"""
        both = (self._embed("time_embed", level), self._embed("time_embed_r", interval))
        embedded, modulation = (first + second for first, second in zip(*both, strict=True))
        return embedded, modulation

    def _embed(self, prefix: str, value: float) -> tuple[Tensor, Tensor]:
        """(1, width) and (1, 6, width), by one of the two embeddings."""
        return self.levels.get((prefix, value), lambda: self._embed_anew(prefix, value))

    def _embed_anew(self, prefix: str, value: float) -> tuple[Tensor, Tensor]:
        """The same, computed. The weights are widened for the moment."""
        import torch

        def linear(name: str, x: Tensor) -> Tensor:
            weight, bias = (self._float32(f"{prefix}.{name}.{of}") for of in ("weight", "bias"))
            return torch.nn.functional.linear(x, weight, bias)

        exponents = torch.arange(FREQUENCIES, dtype=torch.float32, device=self.device) / FREQUENCIES
        angles = value * TIME_SCALE * LONGEST_PERIOD**-exponents
        waves = torch.cat((angles.cos(), angles.sin()))[None]
        embedded = linear("linear_2", torch.nn.functional.silu(linear("linear_1", waves)))
        modulation = linear("time_proj", torch.nn.functional.silu(embedded))
        return embedded, modulation.unflatten(1, (6, -1))

    def _float32(self, name: str) -> Tensor:
        import torch

        return self.state[name].to(torch.float32)


class Blocks:
    """From latents to a velocity: patches, the layers, latents again."""

    def __init__(
        self,
        config: Mapping[str, Any],
        state: Mapping[str, Tensor],
        layers: tuple[Layer, ...],
        precision: Precision,
    ) -> None:
        import torch

        def float32(name: str) -> Tensor:
            return state[name].to(torch.float32)

        self.layers, self.dtype = layers, getattr(torch, precision.dtype)
        self.eps, self.patch = float(config["rms_norm_eps"]), int(config["patch_size"])
        self.heads = int(config["num_attention_heads"])
        self.kv_heads = int(config["num_key_value_heads"])
        self.head_dim = int(config["head_dim"])
        self.proj_in = float32("proj_in_conv.weight").permute(0, 2, 1).flatten(1)
        self.proj_in_bias = float32("proj_in_conv.bias")
        self.proj_out = float32("proj_out_conv.weight").permute(2, 1, 0).flatten(0, 1)
        self.proj_out_bias = float32("proj_out_conv.bias").repeat(self.patch)
        self.norm_out = float32("norm_out.weight")
        self.table = float32("scale_shift_table")[0]  # (2, width)

    def __call__(
        self,
        latents: Tensor,
        context: Tensor,
        embedded: Tensor,
        modulation: Tensor,
        rotary: tuple[Tensor, Tensor],
        keys_values: KeysValues,
    ) -> Tensor:
        """Latents and context (rows, n, …) -> the velocity (rows, n, channels), float32."""
        import torch

        x = self._patches(torch.cat((context, latents), dim=-1).float())
        for layer, of_prompt in zip(self.layers, keys_values, strict=True):
            x = self._layer(layer, x, modulation, rotary, of_prompt)
        return self._velocity(x, embedded)[:, : latents.shape[1]]

    def _patches(self, latents: Tensor) -> Tensor:
        """(rows, n, channels) -> (rows, patches, width); the last one is filled with zeros."""
        import torch

        padded = torch.nn.functional.pad(latents, (0, 0, 0, -latents.shape[1] % self.patch))
        patches = padded.view(len(latents), -1, self.patch * latents.shape[2])
        return torch.nn.functional.linear(patches, self.proj_in, self.proj_in_bias)

    def _velocity(self, x: Tensor, embedded: Tensor) -> Tensor:
        """(rows, patches, width) -> (rows, n, channels)"""
        import torch

        shift, scale = (self.table + embedded[:, None]).unsqueeze(2).unbind(1)
        x = adaptive_norm(x, self.norm_out * (1 + scale), shift, self.eps)
        x = torch.nn.functional.linear(x, self.proj_out, self.proj_out_bias)
        return x.view(len(x), x.shape[1] * self.patch, -1)

    def _layer(
        self,
        layer: Layer,
        x: Tensor,
        modulation: Tensor,
        rotary: tuple[Tensor, Tensor],
        keys_values: tuple[Tensor, Tensor],
    ) -> Tensor:
        """x (rows, n, width), which is changed."""
        import torch

        parts = (layer.table + modulation).unsqueeze(2).unbind(1)  # each (rows or 1, 1, width)
        shift, scale, gate, mlp_shift, mlp_scale, mlp_gate = parts
        product, (self_norm, cross_norm, mlp_norm) = layer.products, layer.norms

        normed = adaptive_norm(x, self_norm * (1 + scale), shift, self.eps)
        attended = self._attend_to_itself(layer, product["qkv"](normed), rotary)
        x.addcmul_(product["self_out"](attended).float(), gate)

        query = product["cross_q"](rms_norm(x, cross_norm, self.eps)).float()
        query = rms_norm(self._heads(query), layer.norm_cross_q, self.eps).to(self.dtype)
        x.add_(product["cross_out"](attend(query, *keys_values)))

        normed = adaptive_norm(x, mlp_norm * (1 + mlp_scale), mlp_shift, self.eps)
        gates, up = product["gate_up"](normed).chunk(2, dim=-1)
        fed_forward = product["down"](torch.nn.functional.silu(gates).mul_(up))
        return x.addcmul_(fed_forward.float(), mlp_gate)

    def _attend_to_itself(self, layer: Layer, qkv: Tensor, rotary: tuple[Tensor, Tensor]) -> Tensor:
        """(rows, n, joined heads) -> (rows, n, heads * head_dim)"""
        states = self._heads(qkv)
        query_key = states[:, :, : -self.kv_heads].float()
        query_key = rotate(rms_norm(query_key, layer.norm_qk, self.eps), rotary).to(self.dtype)
        query, key = query_key[:, :, : self.heads], query_key[:, :, self.heads :]
        return attend(query, key, states[:, :, -self.kv_heads :], layer.window)

    def _heads(self, x: Tensor) -> Tensor:
        """(rows, n, heads * head_dim) -> (rows, n, heads, head_dim)"""
        return x.view(*x.shape[:2], -1, self.head_dim)

    def keys_values(self, layer: Layer, embedded: Tensor) -> tuple[Tensor, Tensor]:
        """A layer's, of a prompt (rows, tokens, width): (rows, tokens, kv heads, head_dim) each."""
        states = self._heads(layer.products["cross_kv"](embedded))
        key = states[:, :, : self.kv_heads].float()
        key = rms_norm(key, layer.norm_cross_k, self.eps).to(self.dtype)
        return key, states[:, :, self.kv_heads :].contiguous()
