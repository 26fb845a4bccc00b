"""One run of plain transformers: python musicgen_theirs.py FOLDER SECONDS RUN

Its own loading and generation, float32, with the cache that it takes by default. It makes the
tokens of three frames more than asked, which its delay pattern takes away again.
"""

import hashlib
import json
import math
import os
import sys
import time
from pathlib import Path
from typing import Any

import torch
from harness import elapsed, keep_sound, peak_bytes
from musicgen_job import GUIDANCE, PROMPT, TEMPERATURE, TOP_K
from musicgen_weights import FRAME_RATE
from transformers import (
    LogitsProcessor,
    LogitsProcessorList,
    MusicgenForConditionalGeneration,
    PreTrainedTokenizerFast,
)

FOLDER, SECONDS, RUN = Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
DEVICE = os.environ["DEVICE"]


class Clock(LogitsProcessor):
    """Writes down when scores came, and leaves them as they are."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        self.times.append(time.monotonic())
        return scores


# What AutoProcessor would read; its audio half is for melodies alone.
tokenizer = PreTrainedTokenizerFast(
    tokenizer_file=str(FOLDER / "tokenizer.json"), pad_token="<pad>", eos_token="</s>"
)
model = MusicgenForConditionalGeneration.from_pretrained(FOLDER, dtype=torch.float32)
model = model.to(DEVICE).eval()
loaded = elapsed()
inputs = tokenizer([PROMPT], return_tensors="pt").to(DEVICE)
seen: list[tuple[float, Any]] = []  # when decoding began, and what was decoded
decode = model.audio_encoder.decode


def decoded(codes: Any, *given: Any, **named: Any) -> Any:
    seen.append((time.monotonic(), codes))
    return decode(codes, *given, **named)


model.audio_encoder.decode = decoded
frames, clock = math.ceil(SECONDS * FRAME_RATE), Clock()
books = model.config.decoder.num_codebooks
torch.manual_seed(RUN)
begun = time.monotonic()
with torch.inference_mode():
    sound = model.generate(
        input_ids=inputs["input_ids"],
        attention_mask=inputs["attention_mask"],
        do_sample=True,
        guidance_scale=GUIDANCE,
        top_k=TOP_K,
        temperature=TEMPERATURE,
        max_new_tokens=frames + books - 1,
        logits_processor=LogitsProcessorList([clock]),
    )[0, 0]
ended = time.monotonic()
((sounds, codes),) = seen
tokens = codes[0, 0].cpu().numpy()  # (books, frames)
kept = keep_sound(sound[: round(SECONDS * model.config.audio_encoder.sampling_rate), None].cpu())
print(
    json.dumps(
        {
            "load_seconds": loaded,
            "first_sound_seconds": elapsed(),
            "stages": {"tokens": sounds - begun, "sound": ended - sounds},
            "step_seconds": (clock.times[-1] - clock.times[1]) / (len(clock.times) - 2),
            "frames": int(tokens.shape[1]),
            "arithmetic": "float32",
            "peak_bytes": peak_bytes(),
            "sha256": hashlib.sha256(tokens.astype("<i8").tobytes()).hexdigest(),
            "sound": kept,
        }
    )
)
