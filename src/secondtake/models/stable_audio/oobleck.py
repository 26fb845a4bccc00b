"""Oobleck's decoder on a CPU, in pieces that fit the processor's cache.

It computes what stable_audio_tools' OobleckDecoder does, from the numbers of that module, and is
equal to it to 2e-6 of the loudest sample: sums are added up in another order, nothing else, and
both are 1e-6 from the same in float64. What is gained: upstream's 36 Snakes write every activation
to memory five times over; here a Snake and the convolution after it pass over a block that is still
in the cache. A convolution is the sum of its taps, each of them one matrix product. Weight norm is
folded in, once.

Sound at any depth is (channels, time) float32; a level's time runs faster by its block's stride.

Oobleck's decoder as stable_audio_tools has it in memory -> as oobleck.Decoder computes it.

Its numbers are copied once, in the order that matrix products want: 0.3 GB of a real checkpoint.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

BLOCK = 2**17  # numbers that are worked on at once: half a megabyte, which any second cache holds
FEWEST_COLUMNS = 256  # for a product to be worth its start


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
        """How far to either side it looks."""
        return (len(self.taps) - 1) // 2 * self.dilation

    def __call__(self, x: Tensor, out: Tensor) -> None:
        """x (in, time + 2 reach) -> out (out, time)."""
        import torch

        time = out.shape[1]
        torch.addmm(self.bias, self.taps[0], x[:, :time], out=out)
        for place, tap in enumerate(self.taps[1:], 1):
            start = place * self.dilation
            out.addmm_(tap, x[:, start : start + time])


@dataclass(frozen=True)
class Unit:
    """A residual unit: two Snakes and two convolutions beside a straight path."""

    first: Snake
    wide: Convolution  # 7 taps, dilated
    second: Snake
    narrow: Convolution  # 1 tap

    def __call__(self, x: Tensor) -> Tensor:
        """(channels, time) -> (channels, time), block by block."""
        import torch

        channels, time = x.shape
        size, reach = _columns(channels), self.wide.reach
        out = torch.empty(channels, time)
        ahead = torch.empty(channels, size + 2 * reach)
        between, behind = torch.empty(channels, size), torch.empty(channels, size)
        for start in range(0, time, size):
            stop = min(start + size, time)
            part = _bent(x, start - reach, stop + reach, self.first, ahead)
            wide, bent = between[:, : stop - start], behind[:, : stop - start]
            self.wide(part, wide)
            self.second(wide, bent)
            torch.add(x[:, start:stop], self.narrow.bias, out=out[:, start:stop])
            out[:, start:stop].addmm_(self.narrow.taps[0], bent)
        return out


@dataclass(frozen=True)
class Upsampling:
    """A Snake and a transposed convolution whose kernel is twice its stride.

    A piece of `stride` frames depends on the frame at its place and on the one before; weights are
    (out channels * stride, in channels), bias is (out channels * stride, 1).
    """

    snake: Snake
    before: Tensor
    here: Tensor
    bias: Tensor
    stride: int

    def __call__(self, x: Tensor) -> Tensor:
        """(in channels, time) -> (out channels, time * stride)"""
        import torch

        time, width = x.shape[1], len(self.here) // self.stride
        pieces = torch.empty(width, time + 1, self.stride)
        size = max(_columns(len(x)), FEWEST_COLUMNS)
        ahead, made = torch.empty(len(x), size + 1), torch.empty(len(self.here), size)
        for start in range(0, time + 1, size):
            stop = min(start + size, time + 1)
            part, piece = _bent(x, start - 1, stop, self.snake, ahead), made[:, : stop - start]
            torch.addmm(self.bias, self.before, part[:, :-1], out=piece)
            piece.addmm_(self.here, part[:, 1:])
            pieces[:, start:stop] = piece.view(width, self.stride, -1).transpose(1, 2)
        edge = self.stride // 2  # upstream's padding: so much of either end is cut
        return pieces.view(width, -1)[:, edge : edge + time * self.stride]


@dataclass(frozen=True)
class Block:
    """One level up: faster by a stride, then three residual units."""

    upsampling: Upsampling
    units: tuple[Unit, ...]

    @property
    def reach(self) -> int:
        return sum(unit.wide.reach for unit in self.units)

    def __call__(self, x: Tensor) -> Tensor:
        x = self.upsampling(x)
        for unit in self.units:
            x = unit(x)
        return x


@dataclass(frozen=True)
class Decoder:
    """All of it."""

    first: Convolution
    blocks: tuple[Block, ...]
    snake: Snake
    last: Convolution
    bounded: bool  # by a tanh

    @property
    def margins(self) -> tuple[int, ...]:
        """What a piece's sound depends on at either side: latents, then each block's input, then
        what the last convolution reads; in each level's own time."""
        needed = [self.last.reach]
        for block in reversed(self.blocks):
            needed.append(math.ceil((needed[-1] + block.reach) / block.upsampling.stride) + 1)
        return (needed[-1] + self.first.reach, *reversed(needed))

    def __call__(self, latents: Tensor, start: int, stop: int) -> Tensor:
        """Latents (channels, all) -> the sound (out channels, frames) of start to stop."""
        import torch

        around, *margins, after = self.margins
        low, high = max(start - around, 0), min(stop + around, latents.shape[1])
        padded = torch.nn.functional.pad(latents[:, low:high], 2 * (self.first.reach,))
        x = torch.empty(len(self.first.bias), high - low)
        self.first(padded, x)
        for block, margin in zip(self.blocks, margins, strict=True):
            stride = block.upsampling.stride
            x, low, high = _kept(x, low, high, start - margin, stop + margin)
            x, low, high = block(x), low * stride, high * stride
            start, stop = start * stride, stop * stride
        return self._spoken(*_kept(x, low, high, start - after, stop + after)[:2], start, stop)

    def _spoken(self, x: Tensor, low: int, start: int, stop: int) -> Tensor:
        """The last convolution: x begins at frame `low` -> the frames start to stop."""
        import torch

        size, reach = _columns(len(x)), self.last.reach
        ahead = torch.empty(len(x), size + 2 * reach)
        out = torch.empty(len(self.last.bias), stop - start)
        for a in range(start, stop, size):
            b = min(a + size, stop)
            part = _bent(x, a - reach - low, b + reach - low, self.snake, ahead)
            self.last(part, out[:, a - start : b - start])
        return out.tanh_() if self.bounded else out


def _bent(x: Tensor, start: int, stop: int, snake: Snake, room: Tensor) -> Tensor:
    """The Snake of x from start to stop, written into `room`; beyond x's ends it is zero."""
    out = room[:, : stop - start]
    low, high = max(start, 0), min(stop, x.shape[1])
    out[:, : low - start].zero_()
    out[:, high - start :].zero_()
    snake(x[:, low:high], out[:, low - start : high - start])
    return out


def _kept(x: Tensor, low: int, high: int, start: int, stop: int) -> tuple[Tensor, int, int]:
    """What of x, which is low to high, lies within start to stop; and where it now begins, ends."""
    first, last = max(low, start), min(high, stop)
    return x[:, first - low : last - low], first, last


def _columns(channels: int) -> int:
    """How much time of so many channels is one block."""
    return max(BLOCK // channels, FEWEST_COLUMNS)


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
