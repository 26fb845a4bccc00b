"""A decoder's step as one call, beside the same step in PyTorch: python fused_step_probe.py

Prints JSON.
"""

import json
from dataclasses import replace
from itertools import product
from typing import Any

import torch

from secondtake.models.inference import simd
from secondtake.models.inference.decoders import fastest_decoder
from secondtake.models.inference.quantization import INT8_WEIGHTS
from secondtake.models.inference.transformer import (
    Decoder,
    KVCache,
    Layer,
    Norm,
    TransformerWeights,
)
from secondtake.models.musicgen.cross_attention import CrossAttentionCache, CrossAttentionLayer
from secondtake.models.musicgen.decoder import MusicGenDecoder

SHAPES = ((8, 2), (24, 3), (64, 1), (72, 4), (192, 3))  # width, heads: with and without remainders
CHOICES, POSITIONS, LAYERS, PROMPT, STEPS = 43, 60, 2, 21, 6
UNFUSED = replace(INT8_WEIGHTS, fused=False, kv_dtype="float32")


def random_weights(width: int, heads: int, *, cross: bool) -> TransformerWeights:
    draw = torch.Generator().manual_seed(width)

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(shape, generator=draw)

    def linear(outputs: int, inputs: int, *, bias: bool = True) -> Any:
        quantized = INT8_WEIGHTS.quantize(normal(outputs, inputs) / inputs**0.5, is_head=False)
        return INT8_WEIGHTS.linear(quantized, normal(outputs) if bias else None)

    def norm(*, bias: bool = True) -> Norm:
        return Norm(1 + normal(width) / 10, normal(width) / 10 if bias else None)

    def layer(bias: bool) -> Layer:
        block = Layer(
            ln_1=norm(bias=bias),
            qkv_proj=linear(3 * width, width, bias=bias),
            out_proj=linear(width, width),
            ln_2=norm(),
            fc=linear(4 * width, width),
            proj=linear(width, 4 * width, bias=bias),
        )
        if not cross:
            return block
        return CrossAttentionLayer(
            **vars(block),
            ln_cross=norm(),
            cross_q_proj=linear(width, width, bias=False),
            cross_kv_proj=linear(2 * width, width),
            cross_out_proj=linear(width, width, bias=False),
        )

    heads_of = [INT8_WEIGHTS.quantize(normal(CHOICES, width), is_head=True) for _ in range(2)]
    return TransformerWeights(
        token_embeddings=[normal(99, width)],
        position_embeddings=normal(POSITIONS, width),
        layers=[layer(bias) for bias in (True, False)],
        final_norm=norm(bias=False),
        lm_heads=[INT8_WEIGHTS.lm_head(quantized, None) for quantized in heads_of],
        n_head=heads,
        precision=INT8_WEIGHTS,
        device="cpu",
    )


def decoded(
    weights: TransformerWeights, texts: Any, rows: list[int], cache_rows: int, threads: int = 2
) -> Any:
    """Logits (steps, rows, choices) of rows whose prompts and tokens go by their numbers.

    threads: of the steps. The prompts are read by PyTorch, which sums in another order on others.
    """
    torch.set_num_threads(threads)
    kind = Decoder if texts is None else MusicGenDecoder
    decoder = fastest_decoder(weights, kind)
    torch.set_num_threads(2)
    cache: KVCache = (
        CrossAttentionCache(weights, texts[:cache_rows], POSITIONS)
        if texts is not None
        else decoder.cache(cache_rows)
    )

    def tokens(row: int, count: int) -> torch.Tensor:
        drawn = torch.randint(99, (count,), generator=torch.Generator().manual_seed(row))
        return drawn[:, None] if texts is not None else drawn

    for row in rows:
        decoder.prefill_hidden(decoder.embed(tokens(row, PROMPT + row)), cache, row)
    steps = []
    for step in range(STEPS):
        column = torch.cat([tokens(row, 50 + step)[-1:] for row in rows])
        steps.append(decoder.decode_step(column, cache, rows, step % 2))
    return torch.stack(steps)


def checked(width: int, heads: int, *, cross: bool) -> dict[str, Any]:
    weights = random_weights(width, heads, cross=cross)
    texts = None
    if cross:
        encoder = MusicGenDecoder(weights)
        states = [torch.randn(n, width, generator=torch.Generator().manual_seed(n)) for n in (3, 9)]
        first, second = (encoder.encode_text(state) for state in states)
        texts = [first, None, second, first, None, None, second, first, None]
    every, some = list(range(9)), [1, 4, 5, 8]
    plain = decoded(replace(weights, precision=UNFUSED), texts, every, 9)
    together = decoded(weights, texts, every, 9)
    equal = {"some": torch.equal(decoded(weights, texts, some, 9), together[:, some])}
    equal |= {
        str(row): torch.equal(decoded(weights, texts, [row], row + 1)[:, 0], together[:, row])
        for row in every
    }
    for threads in (1, 3):
        others = decoded(weights, texts, every, 9, threads)
        equal[f"{threads} threads"] = torch.equal(others, together)
    error = ((together - plain).square().mean().sqrt() / plain.std()).item()
    return {"error": error, "equal": equal}


def main() -> dict[str, Any]:
    return {
        "lanes": simd.LANES,
        "cases": {
            f"{width}, {heads} heads{', a text' if cross else ''}": checked(
                width, heads, cross=cross
            )
            for (width, heads), cross in product(SHAPES, (False, True))
        },
    }


if __name__ == "__main__":
    with torch.inference_mode():
        print(json.dumps(main()))
