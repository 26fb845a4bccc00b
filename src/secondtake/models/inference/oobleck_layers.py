"""The layers of Oobleck decoders: stable_audio_tools' and diffusers' modules as our own.

Both have the same plan under other names. Neither library is imported to tell: a worker has one of
them, and the module brings its class along.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from secondtake.models.inference.oobleck import (
    Convolution,
    Oobleck,
    ResidualUnit,
    Snake,
    Upsampling,
    UpsamplingBlock,
)

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module

EPSILON = 1e-9  # upstream divides by beta plus this
SNAKES = (
    "stable_audio_tools.models.blocks.SnakeBeta",
    "diffusers.models.autoencoders.autoencoder_oobleck.Snake1d",
)


@dataclass(frozen=True)
class UnitLayers:
    """The modules of a residual unit."""

    snake_1: Any
    conv_1: Any
    snake_2: Any
    conv_2: Any


@dataclass(frozen=True)
class BlockLayers:
    """The modules of one level."""

    snake: Any
    upsampling: Any
    units: tuple[UnitLayers, ...]


@dataclass(frozen=True)
class DecoderLayers:
    """The modules of a decoder, in the order in which they are computed."""

    first: Any
    blocks: tuple[BlockLayers, ...]
    snake: Any
    last: Any
    final_tanh: bool


def load_decoder(module: Module) -> Oobleck | None:
    """Our decoder of an OobleckDecoder on the CPU; None if it is no plain one with Snakes.

    A plain one has kernels of odd length, and upsamples by even strides with kernels of twice that.
    """
    read = _READERS.get(_class_name(module))
    if read is None or next(module.parameters()).device.type != "cpu":
        return None
    layers = read(module)
    if layers is None or not all(map(_is_plain, layers.blocks)) or not _is_snake(layers.snake):
        return None
    return Oobleck(
        first=_convolution(layers.first),
        blocks=tuple(map(_block, layers.blocks)),
        snake=_snake(layers.snake),
        last=_convolution(layers.last),
        final_tanh=layers.final_tanh,
    )


def _class_name(module: Module) -> str:
    return f"{type(module).__module__}.{type(module).__qualname__}"


def _stable_audio_tools_layers(module: Any) -> DecoderLayers | None:
    from torch import nn

    first, *middle, snake, last, end = module.layers
    if {type(layer).__name__ for layer in middle} != {"DecoderBlock"}:
        return None

    def block(layers: Any) -> BlockLayers:
        snake, upsampling, *units = layers
        return BlockLayers(snake, upsampling, tuple(UnitLayers(*unit.layers) for unit in units))

    blocks = tuple(block(layer.layers) for layer in middle)
    return DecoderLayers(first, blocks, snake, last, isinstance(end, nn.Tanh))


def _diffusers_layers(module: Any) -> DecoderLayers:
    def block(layer: Any) -> BlockLayers:
        units = (layer.res_unit1, layer.res_unit2, layer.res_unit3)
        return BlockLayers(layer.snake1, layer.conv_t1, tuple(map(unit_layers, units)))

    def unit_layers(unit: Any) -> UnitLayers:
        return UnitLayers(unit.snake1, unit.conv1, unit.snake2, unit.conv2)

    blocks = tuple(map(block, module.block))
    return DecoderLayers(module.conv1, blocks, module.snake1, module.conv2, final_tanh=False)


_READERS: dict[str, Callable[[Any], DecoderLayers | None]] = {
    "stable_audio_tools.models.autoencoders.OobleckDecoder": _stable_audio_tools_layers,
    "diffusers.models.autoencoders.autoencoder_oobleck.OobleckDecoder": _diffusers_layers,
}


def _is_plain(block: BlockLayers) -> bool:
    from torch import nn

    up = block.upsampling
    if type(up) is not nn.ConvTranspose1d or up.stride[0] % 2 or up.output_padding[0]:
        return False
    is_double = up.kernel_size[0] == 2 * up.stride[0] and up.padding[0] == up.stride[0] // 2
    snakes = [block.snake]
    for unit in block.units:
        snakes += [unit.snake_1, unit.snake_2]
    return is_double and all(map(_is_snake, snakes))


def _is_snake(layer: Any) -> bool:
    return _class_name(layer) in SNAKES


def _block(layers: BlockLayers) -> UpsamplingBlock:
    upsampling = _upsampling(layers.snake, layers.upsampling)
    return UpsamplingBlock(upsampling, tuple(map(_residual_unit, layers.units)))


def _residual_unit(unit: UnitLayers) -> ResidualUnit:
    conv_1, conv_2 = _convolution(unit.conv_1), _convolution(unit.conv_2)
    return ResidualUnit(_snake(unit.snake_1), conv_1, _snake(unit.snake_2), conv_2)


def _snake(layer: Any) -> Snake:
    alpha, beta = layer.alpha.detach().flatten(), layer.beta.detach().flatten()
    if layer.alpha_logscale if hasattr(layer, "alpha_logscale") else layer.logscale:
        alpha, beta = alpha.exp(), beta.exp()
    return Snake(alpha, 1.0 / (beta + EPSILON))


def _convolution(layer: Any) -> Convolution:
    return Convolution(_weight(layer), _bias(layer, layer.out_channels), layer.dilation[0])


def _upsampling(snake: Any, layer: Any) -> Upsampling:
    import torch

    weight, stride = _weight(layer), layer.stride[0]  # (in, out, 2 strides)
    current, previous = weight.permute(2, 1, 0).split(stride)  # (stride, out, in)
    kernel = torch.stack((previous.flatten(0, 1), current.flatten(0, 1)), dim=2)
    bias = _bias(layer, layer.out_channels).repeat(stride)
    return Upsampling(_snake(snake), Convolution(kernel, bias), stride)


def _weight(layer: Any) -> Tensor:
    """A layer's weight with its weight norm folded in: direction and length as one tensor."""
    import torch

    return torch._weight_norm(layer.weight_v.detach(), layer.weight_g.detach(), 0)


def _bias(layer: Any, width: int) -> Tensor:
    import torch

    return torch.zeros(width) if layer.bias is None else layer.bias.detach()
