"""Oobleck's decoder on a CPU, in blocks that fit the processor's cache.

It equals the OobleckDecoder of stable_audio_tools and of diffusers to 2e-6 of the loudest sample,
since float32 sums in another order; all are 1e-6 from the same in float64. Upstream's 36 Snakes
write every activation to memory five times over; here a Snake and the convolution after it pass
over a block that is still in the cache. Sound at any depth is (time, channels) float32, as oneDNN
multiplies it fastest: its kernels reach their full rate on every x86 processor, which the BLAS of
PyTorch does not on some. A level's time runs faster by its block's stride. Weights are copied once,
in oneDNN's own layout and with weight norm folded in (oobleck_layers): 0.3 GB of a real checkpoint.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

BLOCK_SIZE = 2**17  # numbers that are worked on at once: half a megabyte fits any second cache
MIN_ROWS = 256  # for a matrix product to be worth its start


@dataclass(frozen=True)
class Snake:
    """x + sin²(x * alpha) / beta, for every channel its own: both (channels)."""

    alpha: Tensor
    scale: Tensor  # 1 / beta

    def __call__(self, x: Tensor, out: Tensor) -> None:
        """Write the Snake of x into `out`, which is not x."""
        import torch

        torch.mul(x, self.alpha, out=out)
        out.sin_()
        torch.mul(out, out, out=out)
        torch.addcmul(x, out, self.scale, out=out)


class Convolution:
    """A convolution of kernels (out channels, in channels, taps) and a bias (out channels)."""

    def __init__(self, weight: Tensor, bias: Tensor, dilation: int = 1) -> None:
        import torch

        self.bias, self.dilation = bias, dilation
        self.out_channels, self.in_channels, self.taps = weight.shape
        self.is_packed = torch.backends.mkldnn.is_available()
        if self.is_packed:
            rows = block_rows(self.in_channels) + self.span
            shape = (1, self.in_channels, 1, rows)
            self.weight = torch.ops.mkldnn._reorder_convolution_weight(
                weight[:, :, None].contiguous(), [0, 0], [1, 1], [1, dilation], 1, shape
            )
        else:
            self.weight = weight.permute(2, 1, 0).contiguous()  # (taps, in, out)

    @property
    def span(self) -> int:
        """The rows from the first to the last that one output depends on, without the first."""
        return int((self.taps - 1) * self.dilation)

    @property
    def reach(self) -> int:
        """Its receptive field to either side, in time steps; its taps are an odd number."""
        return int(self.span // 2)

    def __call__(self, x: Tensor) -> Tensor:
        """x (time + span, in) -> (time, out)"""
        import torch

        if not self.is_packed:
            return self._sum_of_taps(x)
        images = x[None, None].permute(0, 3, 1, 2)  # (1, in, 1, time), its channels the fastest
        out: Tensor = torch.ops.mkldnn._convolution_pointwise(
            images, self.weight, self.bias, [0, 0], [1, 1], [1, self.dilation], 1, "none", [], ""
        )
        return out[0, :, 0].T

    def _sum_of_taps(self, x: Tensor) -> Tensor:
        import torch

        time = len(x) - self.span
        out = torch.addmm(self.bias, x[:time], self.weight[0])
        for number, tap in enumerate(self.weight[1:], 1):
            start = number * self.dilation
            out.addmm_(x[start : start + time], tap)
        return out


@dataclass(frozen=True)
class ResidualUnit:
    """Two Snakes and two convolutions beside a skip connection."""

    snake_1: Snake
    conv_1: Convolution  # 7 taps, dilated
    snake_2: Snake
    conv_2: Convolution  # 1 tap

    def __call__(self, x: Tensor) -> Tensor:
        """(time, channels) -> (time, channels), block by block."""
        import torch

        time, channels = x.shape
        size, reach = min(block_rows(channels), time), self.conv_1.reach
        out = torch.empty(time, channels)
        padded_buffer = torch.empty(size + 2 * reach, channels)
        activated = torch.empty(size, channels)
        for start in block_starts(time, size):
            stop = start + size
            padded = _snake_padded(x, start - reach, stop + reach, self.snake_1, padded_buffer)
            self.snake_2(self.conv_1(padded), activated)
            torch.add(x[start:stop], self.conv_2(activated), out=out[start:stop])
        return out


@dataclass(frozen=True)
class Upsampling:
    """A Snake and a transposed convolution whose kernel is twice its stride.

    Every `stride` output frames depend on the previous input frame and on the current one: a
    convolution of two taps whose (stride * out channels) outputs are so many frames.
    """

    snake: Snake
    conv: Convolution
    stride: int

    def __call__(self, x: Tensor) -> Tensor:
        """(time, in channels) -> (time * stride, out channels)"""
        import torch

        time, width = len(x), self.conv.out_channels // self.stride
        out = torch.empty(time + 1, self.conv.out_channels)
        size = min(block_rows(x.shape[1]), time + 1)
        padded_buffer = torch.empty(size + 1, x.shape[1])
        for start in block_starts(time + 1, size):
            stop = start + size
            out[start:stop] = self.conv(
                _snake_padded(x, start - 1, stop, self.snake, padded_buffer)
            )
        padding = self.stride // 2  # upstream's: so much of either end is cut
        return out.view(-1, width)[padding : padding + time * self.stride]


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
        """Latents (all, channels) -> the sound (frames, out channels) of start to stop."""
        import torch

        latent_margin, *block_margins, last_margin = self.margins
        low = max(start - latent_margin, 0)
        high = min(stop + latent_margin, len(latents))
        padding = (0, 0, self.first.reach, self.first.reach)
        x = self.first(torch.nn.functional.pad(latents[low:high], padding))
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

        size, reach = min(block_rows(x.shape[1]), stop - start), self.last.reach
        padded_buffer = torch.empty(size + 2 * reach, x.shape[1])
        out = torch.empty(stop - start, self.last.out_channels)
        for a in block_starts(stop - start, size):
            first = start + a - reach - low
            padded = _snake_padded(x, first, first + size + 2 * reach, self.snake, padded_buffer)
            out[a : a + size] = self.last(padded)
        return out.tanh_() if self.final_tanh else out


def _snake_padded(x: Tensor, start: int, stop: int, snake: Snake, buffer: Tensor) -> Tensor:
    """The Snake of x from start to stop, written into `buffer`; beyond x's ends it is zero."""
    low, high = max(start, 0), min(stop, len(x))
    buffer[: low - start].zero_()
    buffer[high - start :].zero_()
    snake(x[low:high], buffer[low - start : high - start])
    return buffer


def _crop(x: Tensor, low: int, high: int, start: int, stop: int) -> tuple[Tensor, int, int]:
    """The part of x, which is low to high, within start to stop; its new start and stop."""
    new_low, new_high = max(low, start), min(high, stop)
    return x[new_low - low : new_high - low], new_low, new_high


def block_rows(channels: int) -> int:
    """The time steps of one block of so many channels."""
    return max(BLOCK_SIZE // channels, MIN_ROWS)


def block_starts(time: int, size: int) -> list[int]:
    """The starts of blocks of one size that cover `time`; the last one ends with it.

    oneDNN prepares a product for each new shape. The last block overlaps the one before instead.
    """
    return [min(start, time - size) for start in range(0, time, size)]
