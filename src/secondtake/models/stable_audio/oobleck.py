"""Oobleck's decoder on a CPU, in blocks that fit the processor's cache.

It equals stable_audio_tools' OobleckDecoder to 2e-6 of the loudest sample, since float32 sums in
another order; both are 1e-6 from the same in float64. Upstream's 36 Snakes write every activation
to memory five times over; here a Snake and the convolution after it pass over a block that is still
in the cache. A convolution is the sum of its taps, each of them one matrix product. Weights are
copied once, with weight norm folded in: 0.3 GB of a real checkpoint.

Sound at any depth is (channels, time) float32; a level's time runs faster by its block's stride.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module

BLOCK_SIZE = 2**17  # numbers that are worked on at once: half a megabyte fits any second cache
MIN_COLUMNS = 256  # for a matrix product to be worth its start


@dataclass(frozen=True)
class Snake:
    """x + sin²(x * alpha) / beta, for every channel its own: both (channels, 1)."""

    alpha: Tensor
    scale: Tensor  # 1 / beta

    def __call__(self, x: Tensor, out: Tensor) -> None:
        """Write the Snake of x into `out`, which is not x."""
        import torch

        torch.mul(x, self.alpha, out=out)
        out.sin_()
        torch.mul(out, out, out=out)
        torch.addcmul(x, out, self.scale, out=out)


@dataclass(frozen=True)
class Convolution:
    """A convolution's taps, each (out channels, in channels), and its bias (out channels, 1)."""

    taps: tuple[Tensor, ...]
    bias: Tensor
    dilation: int = 1

    @property
    def reach(self) -> int:
        """Its receptive field to either side, in time steps."""
        return (len(self.taps) - 1) // 2 * self.dilation

    def __call__(self, x: Tensor, out: Tensor) -> None:
        """x (in, time + 2 reach) -> out (out, time)."""
        import torch

        time = out.shape[1]
        torch.addmm(self.bias, self.taps[0], x[:, :time], out=out)
        for number, tap in enumerate(self.taps[1:], 1):
            start = number * self.dilation
            out.addmm_(tap, x[:, start : start + time])


@dataclass(frozen=True)
class ResidualUnit:
    """Two Snakes and two convolutions beside a skip connection."""

    snake_1: Snake
    conv_1: Convolution  # 7 taps, dilated
    snake_2: Snake
    conv_2: Convolution  # 1 tap

    def __call__(self, x: Tensor) -> Tensor:
        """(channels, time) -> (channels, time), block by block."""
        import torch

        channels, time = x.shape
        size, reach = _block_columns(channels), self.conv_1.reach
        out = torch.empty(channels, time)
        padded_buffer = torch.empty(channels, size + 2 * reach)
        buffer_1, buffer_2 = torch.empty(channels, size), torch.empty(channels, size)
        for start in range(0, time, size):
            stop = min(start + size, time)
            padded = _snake_padded(x, start - reach, stop + reach, self.snake_1, padded_buffer)
            hidden, activated = buffer_1[:, : stop - start], buffer_2[:, : stop - start]
            self.conv_1(padded, hidden)
            self.snake_2(hidden, activated)
            torch.add(x[:, start:stop], self.conv_2.bias, out=out[:, start:stop])
            out[:, start:stop].addmm_(self.conv_2.taps[0], activated)
        return out


@dataclass(frozen=True)
class Upsampling:
    """A Snake and a transposed convolution whose kernel is twice its stride.

    Every `stride` output frames depend on the current input frame and on the previous one; weights
    are (out channels * stride, in channels), bias is (out channels * stride, 1).
    """

    snake: Snake
    previous: Tensor
    current: Tensor
    bias: Tensor
    stride: int

    def __call__(self, x: Tensor) -> Tensor:
        """(in channels, time) -> (out channels, time * stride)"""
        import torch

        time, width = x.shape[1], len(self.current) // self.stride
        out = torch.empty(width, time + 1, self.stride)
        size = max(_block_columns(len(x)), MIN_COLUMNS)
        padded_buffer = torch.empty(len(x), size + 1)
        block_buffer = torch.empty(len(self.current), size)
        for start in range(0, time + 1, size):
            stop = min(start + size, time + 1)
            padded = _snake_padded(x, start - 1, stop, self.snake, padded_buffer)
            block = block_buffer[:, : stop - start]
            torch.addmm(self.bias, self.previous, padded[:, :-1], out=block)
            block.addmm_(self.current, padded[:, 1:])
            out[:, start:stop] = block.view(width, self.stride, -1).transpose(1, 2)
        padding = self.stride // 2  # upstream's: so much of either end is cut
        return out.view(width, -1)[:, padding : padding + time * self.stride]


@dataclass(frozen=True)
class UpsamplingBlock:
    """One level up: faster by a stride, then three residual units."""

    upsampling: Upsampling
    units: tuple[ResidualUnit, ...]

    @property
    def reach(self) -> int:
        return sum(unit.conv_1.reach for unit in self.units)

    def __call__(self, x: Tensor) -> Tensor:
        x = self.upsampling(x)
        for unit in self.units:
            x = unit(x)
        return x


@dataclass(frozen=True)
class Oobleck:
    """The whole decoder."""

    first: Convolution
    blocks: tuple[UpsamplingBlock, ...]
    snake: Snake
    last: Convolution
    final_tanh: bool

    @property
    def margins(self) -> tuple[int, ...]:
        """The context that a piece's sound depends on at either side, in each level's own time:
        latents, then each block's input, then the last convolution's input."""
        margins = [self.last.reach]
        for block in reversed(self.blocks):
            margins.append(math.ceil((margins[-1] + block.reach) / block.upsampling.stride) + 1)
        return (margins[-1] + self.first.reach, *reversed(margins))

    def __call__(self, latents: Tensor, start: int, stop: int) -> Tensor:
        """Latents (channels, all) -> the sound (out channels, frames) of start to stop."""
        import torch

        latent_margin, *block_margins, last_margin = self.margins
        low = max(start - latent_margin, 0)
        high = min(stop + latent_margin, latents.shape[1])
        padded = torch.nn.functional.pad(latents[:, low:high], 2 * (self.first.reach,))
        x = torch.empty(len(self.first.bias), high - low)
        self.first(padded, x)
        for block, margin in zip(self.blocks, block_margins, strict=True):
            stride = block.upsampling.stride
            x, low, high = _crop(x, low, high, start - margin, stop + margin)
            x, low, high = block(x), low * stride, high * stride
            start, stop = start * stride, stop * stride
        x, low, _ = _crop(x, low, high, start - last_margin, stop + last_margin)
        return self._final_conv(x, low, start, stop)

    def _final_conv(self, x: Tensor, low: int, start: int, stop: int) -> Tensor:
        """The last Snake and convolution: x begins at frame `low` -> the frames start to stop."""
        import torch

        size, reach = _block_columns(len(x)), self.last.reach
        padded_buffer = torch.empty(len(x), size + 2 * reach)
        out = torch.empty(len(self.last.bias), stop - start)
        for a in range(start, stop, size):
            b = min(a + size, stop)
            first, end = a - reach - low, b + reach - low
            padded = _snake_padded(x, first, end, self.snake, padded_buffer)
            self.last(padded, out[:, a - start : b - start])
        return out.tanh_() if self.final_tanh else out


def _snake_padded(x: Tensor, start: int, stop: int, snake: Snake, buffer: Tensor) -> Tensor:
    """The Snake of x from start to stop, written into `buffer`; beyond x's ends it is zero."""
    out = buffer[:, : stop - start]
    low, high = max(start, 0), min(stop, x.shape[1])
    out[:, : low - start].zero_()
    out[:, high - start :].zero_()
    snake(x[:, low:high], out[:, low - start : high - start])
    return out


def _crop(x: Tensor, low: int, high: int, start: int, stop: int) -> tuple[Tensor, int, int]:
    """The part of x, which is low to high, within start to stop; its new start and stop."""
    new_low, new_high = max(low, start), min(high, stop)
    return x[:, new_low - low : new_high - low], new_low, new_high


def _block_columns(channels: int) -> int:
    """The time steps of one block of so many channels."""
    return max(BLOCK_SIZE // channels, MIN_COLUMNS)


EPSILON = 1e-9  # upstream divides by beta plus this


def load_decoder(module: Module) -> Oobleck | None:
    """Our decoder of one of stable_audio_tools'; None if that is no plain Oobleck with Snakes.

    A plain one has kernels of odd length, and upsamples by even strides with kernels of twice that.
    """
    from stable_audio_tools.models.autoencoders import DecoderBlock, OobleckDecoder
    from torch import nn

    if type(module) is not OobleckDecoder:
        return None
    first, *middle, snake, last, end = module.layers
    is_plain = all(type(layer) is DecoderBlock and _is_plain(layer.layers) for layer in middle)
    if not is_plain or not _is_snake(snake) or next(module.parameters()).device.type != "cpu":
        return None
    return Oobleck(
        first=_convolution(first),
        blocks=tuple(_block(layer.layers) for layer in middle),
        snake=_snake(snake),
        last=_convolution(last),
        final_tanh=isinstance(end, nn.Tanh),
    )


def _is_plain(layers: Iterable[Module]) -> bool:
    from torch import nn

    snake, up, *units = layers
    if type(up) is not nn.ConvTranspose1d or up.stride[0] % 2 or up.output_padding[0]:
        return False
    snakes = [snake, *(layer for unit in units for layer in (unit.layers[0], unit.layers[2]))]
    is_double = up.kernel_size[0] == 2 * up.stride[0] and up.padding[0] == up.stride[0] // 2
    return is_double and all(map(_is_snake, snakes))


def _is_snake(layer: Module) -> bool:
    from stable_audio_tools.models.blocks import SnakeBeta

    return type(layer) is SnakeBeta


def _block(layers: Iterable[Module]) -> UpsamplingBlock:
    snake, up, *units = layers
    residual_units = tuple(_residual_unit(unit.layers) for unit in units)
    return UpsamplingBlock(_upsampling(snake, up), residual_units)


def _residual_unit(layers: Iterable[Module]) -> ResidualUnit:
    snake_1, conv_1, snake_2, conv_2 = layers
    conv_1, conv_2 = _convolution(conv_1), _convolution(conv_2)
    return ResidualUnit(_snake(snake_1), conv_1, _snake(snake_2), conv_2)


def _snake(layer: Module) -> Snake:
    alpha, beta = layer.alpha.detach()[:, None], layer.beta.detach()[:, None]
    if layer.alpha_logscale:
        alpha, beta = alpha.exp(), beta.exp()
    return Snake(alpha, 1.0 / (beta + EPSILON))


def _convolution(layer: Module) -> Convolution:
    weight = _weight(layer)  # (out, in, taps)
    taps = tuple(tap.contiguous() for tap in weight.unbind(2))
    return Convolution(taps, _bias(layer, len(weight)), layer.dilation[0])


def _upsampling(snake: Module, layer: Module) -> Upsampling:
    weight, stride = _weight(layer).permute(1, 2, 0), layer.stride[0]  # (out, 2 strides, in)
    current, previous = (
        part.reshape(-1, part.shape[2]).contiguous() for part in weight.split(stride, dim=1)
    )
    bias = _bias(layer, len(weight)).repeat_interleave(stride, dim=0)
    return Upsampling(_snake(snake), previous, current, bias, stride)


def _weight(layer: Module) -> Tensor:
    """A layer's weight with its weight norm folded in: direction and length as one tensor."""
    import torch

    return torch._weight_norm(layer.weight_v.detach(), layer.weight_g.detach(), 0)


def _bias(layer: Module, width: int) -> Tensor:
    import torch

    bias = torch.zeros(width) if layer.bias is None else layer.bias.detach()
    return bias[:, None]
