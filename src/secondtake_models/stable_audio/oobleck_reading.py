"""Oobleck's decoder as stable_audio_tools has it in memory -> as oobleck.Decoder computes it.

Its numbers are copied once, in the order that matrix products want: 0.3 GB of a real checkpoint.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from secondtake_models.stable_audio.oobleck import (
    Block,
    Convolution,
    Decoder,
    Snake,
    Unit,
    Upsampling,
)

if TYPE_CHECKING:
    from torch import Tensor

NO_ZERO = 1e-9  # upstream divides by beta plus this


def read_decoder(module: Any) -> Decoder | None:
    """What a decoder of stable_audio_tools computes; None if it is no plain Oobleck with Snakes.

    A plain one has kernels of odd length, and upsamples by even strides with kernels of twice that.
    """
    from stable_audio_tools.models.autoencoders import DecoderBlock, OobleckDecoder
    from torch import nn

    if type(module) is not OobleckDecoder:
        return None
    first, *middle, snake, last, end = module.layers
    plain = all(type(layer) is DecoderBlock and _is_plain(layer.layers) for layer in middle)
    if not plain or not _is_snake(snake) or next(module.parameters()).device.type != "cpu":
        return None
    return Decoder(
        first=_convolution(first),
        blocks=tuple(_block(layer.layers) for layer in middle),
        snake=_snake(snake),
        last=_convolution(last),
        bounded=isinstance(end, nn.Tanh),
    )


def _is_plain(layers: Any) -> bool:
    from torch import nn

    snake, up, *units = layers
    if type(up) is not nn.ConvTranspose1d or up.stride[0] % 2 or up.output_padding[0]:
        return False
    snakes = [snake, *(layer for unit in units for layer in (unit.layers[0], unit.layers[2]))]
    fits = up.kernel_size[0] == 2 * up.stride[0] and up.padding[0] == up.stride[0] // 2
    return fits and all(map(_is_snake, snakes))


def _is_snake(layer: Any) -> bool:
    from stable_audio_tools.models.blocks import SnakeBeta

    return type(layer) is SnakeBeta


def _block(layers: Any) -> Block:
    snake, up, *units = layers
    return Block(_upsampling(snake, up), tuple(_unit(unit.layers) for unit in units))


def _unit(layers: Any) -> Unit:
    first, wide, second, narrow = layers
    return Unit(_snake(first), _convolution(wide), _snake(second), _convolution(narrow))


def _snake(layer: Any) -> Snake:
    alpha, beta = layer.alpha.detach()[:, None], layer.beta.detach()[:, None]
    if layer.alpha_logscale:
        alpha, beta = alpha.exp(), beta.exp()
    return Snake(alpha, 1.0 / (beta + NO_ZERO))


def _convolution(layer: Any) -> Convolution:
    weight = _weight(layer)  # (out, in, taps)
    taps = tuple(tap.contiguous() for tap in weight.unbind(2))
    return Convolution(taps, _bias(layer, len(weight)), layer.dilation[0])


def _upsampling(snake: Any, layer: Any) -> Upsampling:
    weight, stride = _weight(layer).permute(1, 2, 0), layer.stride[0]  # (out, 2 strides, in)
    here, before = (
        part.reshape(-1, part.shape[2]).contiguous() for part in weight.split(stride, dim=1)
    )
    bias = _bias(layer, len(weight)).repeat_interleave(stride, dim=0)
    return Upsampling(_snake(snake), before, here, bias, stride)


def _weight(layer: Any) -> Tensor:
    """A layer's weight as weight norm makes it: direction and length become one tensor."""
    import torch

    return torch._weight_norm(layer.weight_v.detach(), layer.weight_g.detach(), 0)


def _bias(layer: Any, width: int) -> Tensor:
    import torch

    found = torch.zeros(width) if layer.bias is None else layer.bias.detach()
    return found[:, None]
