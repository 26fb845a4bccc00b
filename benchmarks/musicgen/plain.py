"""One run of transformers in int8: python musicgen/plain.py FOLDER SECONDS TAKES RUN

What a decoder of our own has to beat: the plain MusicgenForConditionalGeneration, all of whose
linears torch.ao.quantization.quantize_dynamic turns into int8 (on a CPU only). TAKES of the prompt
are one batch, drawn with one generator: quantize_dynamic scales the activations of the whole batch
together, so that a take's tokens depend on its neighbours.

A static cache is no side of the benchmark. MusicGen's generate (transformers 5.23) has its own
preparation of caches, which ignores cache_implementation="static": no StaticCache is made. A
StaticCache that is passed to it as past_key_values runs, and draws other tokens.
"""

import sys
from typing import Any

import torch
from benchmarks.musicgen.theirs import measure


def quantize(model: Any) -> Any:
    return torch.ao.quantization.quantize_dynamic(
        model, {torch.nn.Linear}, dtype=torch.qint8, inplace=True
    )


if __name__ == "__main__":
    measure(quantize, "int8", int(sys.argv[3]))
