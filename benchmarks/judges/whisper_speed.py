"""Whisper base and large-v3-turbo in turn, on random weights of their true shapes.

    venv-lyrics/bin/python -m benchmarks.judges.whisper_speed [--runs 1]
                           [--write docs/lab/performance.md]

Each in a process of its own, in float32 on the processor, as the judge loads them. The encoder
reads 30 s at once, whatever is in them; the decoder then writes a fixed number of tokens, since
random weights end nowhere. Nothing else should be running. The first run writes 1.8 GB to --folder.
"""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from benchmarks.floor import processor, processor_class
from benchmarks.harness import (
    Run,
    Runs,
    Side,
    chosen,
    counted,
    elapsed,
    in_turn,
    keep,
    median_of,
    memory_text,
    page,
    peak_bytes,
    put,
)
from benchmarks.judges.clap_timing import TIMES, median_seconds

SCRIPT = "judges/whisper_speed.py"
SEED = 20220921
FRAMES, POSITIONS = 1500, 448  # of the encoder and the decoder
TOKENS = 60  # that are written: a verse in 30 s
SPECIAL = {  # tokens that CTranslate2 looks for, in the places that they have in whisper-base
    50_257: "<|endoftext|>", 50_258: "<|startoftranscript|>", 50_259: "<|en|>",
    50_359: "<|transcribe|>", 50_362: "<|nospeech|>", 50_363: "<|notimestamps|>",
}  # fmt: skip
PROMPT = [50_258, 50_259, 50_359, 50_363]
BEAMS = 5  # faster-whisper's own
THREADS = 2


@dataclass(frozen=True)
class Shape:
    """A checkpoint's sizes (openai/whisper-base, openai/whisper-large-v3-turbo)."""

    width: int
    heads: int
    encoder_layers: int
    decoder_layers: int
    mels: int
    vocabulary: int


SHAPES = {
    "base": Shape(512, 8, 6, 6, 80, 51_865),
    "large-v3-turbo": Shape(1280, 20, 32, 4, 128, 51_866),
}
SIDES = tuple(Side(name, SCRIPT, (name,)) for name in SHAPES)


def main() -> None:
    options = page(__doc__, "whisper", runs=1).parse_args()
    name, units = processor()
    here = f"{name} ({processor_class(name, units)}), {THREADS} threads"
    for name, shape in SHAPES.items():
        if not (options.folder / name / "model.bin").exists():
            write_model(options.folder / name, shape)
    facts = [str(options.folder)]
    results = in_turn(chosen(SIDES, options.sides), options.runs, facts, "30 s", _seconds)
    keep(options.json, {"processor": here, "sides": results})
    lines = "\n".join(_lines(results, options.runs))
    put(options.write, "whisper_speed", f"{here}.\n\n{lines}")


def write_model(folder: Path, shape: Shape) -> None:
    """A network of random float16 numbers, as CTranslate2's converters write one."""
    from ctranslate2.specs import WhisperSpec
    from ctranslate2.specs.model_spec import OPTIONAL, visit_spec

    spec = WhisperSpec(shape.encoder_layers, shape.heads, shape.decoder_layers, shape.heads)
    dice = np.random.default_rng(SEED)

    def fill(layer: Any, name: str, value: Any) -> None:
        end = name.rpartition("/")[2]
        wanted = value is None or (end in ("bias", "encodings") and value == OPTIONAL)
        if wanted and not name.startswith("decoder/projection"):
            numbers = dice.standard_normal(_size(name, shape), np.float32)
            setattr(layer, end, (numbers * shape.width**-0.5).astype(np.float16))

    visit_spec(spec, fill)
    spec.decoder.projection.weight = spec.decoder.embeddings.weight
    tokens = [SPECIAL.get(place, f"<{place}>") for place in range(shape.vocabulary)]
    spec.register_vocabulary(tokens)
    spec.config.lang_ids = PROMPT[1:2]
    spec.config.suppress_ids = spec.config.suppress_ids_begin = []
    spec.config.alignment_heads = [[0, 0]]
    spec.validate()
    spec.optimize()
    folder.mkdir(parents=True, exist_ok=True)
    spec.save(str(folder))


def _size(name: str, shape: Shape) -> tuple[int, ...]:
    """The shape of a variable of Whisper's, by its name in CTranslate2's format."""
    width, end = shape.width, name.rpartition("/")[2]
    if name == "decoder/embeddings/weight":
        return shape.vocabulary, width
    if end == "encodings":
        return (FRAMES if name.startswith("encoder") else POSITIONS), width
    if "/conv" in name:
        return (width,) if end == "bias" else (width, shape.mels if "conv1" in name else width, 3)
    out, into = width, width
    if "ffn/linear_0" in name:
        out = 4 * width
    elif "ffn/linear_1" in name:
        into = 4 * width
    elif "self_attention/linear_0" in name:
        out = 3 * width  # queries, keys and values at once
    elif "attention/linear_1" in name and "self_" not in name:
        out = 2 * width  # keys and values of what the encoder read
    return (out, into) if end == "weight" else (out,)


def measure(folder: Path, side: str) -> None:
    """In a child: one checkpoint's figures of one run, printed as JSON."""
    import ctranslate2

    shape = SHAPES[side]
    model = ctranslate2.models.Whisper(
        str(folder / side), device="cpu", compute_type="float32", intra_threads=THREADS
    )
    loaded = elapsed()
    sound = np.random.default_rng(SEED).standard_normal((1, shape.mels, 3000), np.float32)
    features = ctranslate2.StorageView.from_array(sound)
    heard = model.encode(features)
    prompt, length = [PROMPT], TOKENS + len(PROMPT)
    told = model.generate(heard, prompt, beam_size=BEAMS, max_length=length)
    figures = {
        "load_seconds": loaded,
        "encode_seconds": median_seconds(lambda: np.asarray(model.encode(features)).sum()),
        "decode_seconds": median_seconds(
            lambda: model.generate(heard, prompt, beam_size=BEAMS, max_length=length)
        ),
        "tokens": len(told[0].sequences_ids[0]),
        "peak_bytes": peak_bytes(),
        "graphics_bytes": 0,
    }
    print(json.dumps(figures))


def _seconds(run: Run) -> float:
    return float(run["encode_seconds"]) + float(run["decode_seconds"])


def _lines(results: Mapping[str, Runs], count: int) -> Iterator[str]:
    """A row for each checkpoint."""
    base = results.get("base")
    yield f"30 s of sound, the median of {TIMES} times, {counted(count)}:"
    yield ""
    yield f"| checkpoint | loaded | heard | {TOKENS} tokens | together | ratio | peak memory |"
    yield "|---|---|---|---|---|---|---|"
    for name, runs in results.items():
        encode, decode = (median_of(runs, f"{what}_seconds") for what in ("encode", "decode"))
        ratio = f"{(encode + decode) / median(map(_seconds, base)):.1f}x" if base else ""
        yield (
            f"| {name} | {median_of(runs, 'load_seconds'):.1f} s | {encode:.2f} s "
            f"| {decode:.2f} s | {encode + decode:.2f} s | {ratio} | {memory_text(runs)} |"
        )


if __name__ == "__main__":
    if "STARTED" in os.environ:
        measure(Path(sys.argv[1]), sys.argv[2])
    else:
        main()
