"""One run of plain transformers: python musicgen/theirs.py FOLDER SECONDS RUN

Its own loading and generation, float32, with the cache that it takes by default. It makes the
tokens of three frames more than asked, which its delay pattern takes away again.
"""

import hashlib
import json
import math
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from benchmarks.harness import elapsed, keep_sound, peak_memory, wait
from benchmarks.musicgen.job import GUIDANCE, PROMPT, TEMPERATURE, TOP_K
from benchmarks.musicgen.weights import FRAME_RATE
from transformers import (
    LogitsProcessor,
    LogitsProcessorList,
    MusicgenForConditionalGeneration,
    PreTrainedTokenizerFast,
)


class Clock(LogitsProcessor):
    """Writes down when scores came, and leaves them as they are."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        wait()
        self.times.append(time.monotonic())
        return scores


def measure(prepare: Callable[[Any], Any], precision: str, takes: int = 1) -> None:
    """Print the figures of one run. prepare: model -> model, before it is timed as loaded."""
    folder, seconds, run = Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[-1])
    device = os.environ["DEVICE"]
    # What AutoProcessor would read; its audio half is for melodies alone.
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(folder / "tokenizer.json"), pad_token="<pad>", eos_token="</s>"
    )
    model = MusicgenForConditionalGeneration.from_pretrained(folder, dtype=torch.float32)
    model = prepare(model.to(device).eval())
    loaded = elapsed()
    inputs = tokenizer([PROMPT] * takes, return_tensors="pt").to(device)
    decodings: list[tuple[float, torch.Tensor]] = []  # when decoding began, and its tokens
    decode = model.audio_encoder.decode

    def timed_decode(codes: torch.Tensor, *args: Any, **options: Any) -> Any:
        wait()
        decodings.append((time.monotonic(), codes))
        return decode(codes, *args, **options)

    model.audio_encoder.decode = timed_decode
    frames, clock = math.ceil(seconds * FRAME_RATE), Clock()
    torch.manual_seed(run)
    start = time.monotonic()
    with torch.inference_mode():
        sound = model.generate(
            input_ids=inputs["input_ids"],
            attention_mask=inputs["attention_mask"],
            do_sample=True,
            guidance_scale=GUIDANCE,
            top_k=TOP_K,
            temperature=TEMPERATURE,
            max_new_tokens=frames + model.config.decoder.num_codebooks - 1,
            logits_processor=LogitsProcessorList([clock]),
        )[0, 0]
    end = time.monotonic()
    ((decoding, codes),) = decodings
    tokens = codes[0, 0].cpu().numpy()  # (codebooks, frames)
    rate = model.config.audio_encoder.sampling_rate
    path = keep_sound(sound[: round(seconds * rate), None].cpu())
    figures = {
        "load_seconds": loaded,
        "first_sound_seconds": elapsed(),
        "stages": {"tokens": decoding - start, "sound": end - decoding},
        "step_seconds": (clock.times[-1] - clock.times[1]) / (len(clock.times) - 2),
        "frames": int(tokens.shape[1]),
        "arithmetic": precision,
        **peak_memory(),
        "sha256": hashlib.sha256(tokens.astype("<i8").tobytes()).hexdigest(),
        "sound": path,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    measure(lambda model: model, "float32")
