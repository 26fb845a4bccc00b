"""One run of ours: python -m benchmarks.judges.clap_ours FOLDER RUN

The judge as its worker loads it, on windows of 10 s: alone, and in batches as it hears a recording.
"""

import json
import os
import sys
import time
from pathlib import Path

from benchmarks.harness import elapsed, peak_memory
from benchmarks.judges.clap_timing import PROMPT, median_seconds, windows
from benchmarks.judges.clap_weights import weights

from secondtake.judges.clap import BATCH, Clap, load_clap
from secondtake.models.inference.checkpoints import as_safetensors


def main(folder: Path) -> None:
    start = time.monotonic()
    as_safetensors(weights(folder), "model")  # done already, but for the first run
    convert_seconds = time.monotonic() - start
    clap = load_clap(weights(folder), os.environ["DEVICE"]).judge
    assert isinstance(clap, Clap)
    loaded = elapsed() - convert_seconds
    heard = windows(BATCH)
    embedding = clap.embed_windows(heard[:1], lambda *_: None)[0]
    figures = {
        "convert_seconds": convert_seconds,
        "load_seconds": loaded,
        "window_seconds": median_seconds(lambda: clap.embed_windows(heard[:1], lambda *_: None)),
        "batch_seconds": median_seconds(lambda: clap.embed_windows(heard, lambda *_: None)) / BATCH,
        "text_seconds": median_seconds(lambda: clap.embed_texts([PROMPT])),
        "embedding": embedding.tolist(),
        **peak_memory(),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
