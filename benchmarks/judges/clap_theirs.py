"""One run of plain transformers: python -m benchmarks.judges.clap_theirs FOLDER RUN

ClapProcessor and ClapModel, float32, as their documentation uses them. They know no floor, so no
other prompt is embedded while they are loaded.
"""

import json
import os
import sys
from pathlib import Path

import numpy as np
import torch
from benchmarks.harness import elapsed, peak_memory, wait
from benchmarks.judges.clap_timing import PROMPT, SAMPLE_RATE, median_seconds, windows
from transformers import ClapModel, ClapProcessor

from secondtake.judges.clap import BATCH


def main(folder: Path) -> None:
    device = os.environ["DEVICE"]
    processor = ClapProcessor.from_pretrained(folder)
    model = ClapModel.from_pretrained(folder, dtype=torch.float32).to(device).eval()
    loaded = elapsed()

    def hear(heard: list[np.ndarray]) -> torch.Tensor:
        inputs = processor(audio=heard, sampling_rate=SAMPLE_RATE, return_tensors="pt").to(device)
        features: torch.Tensor = model.get_audio_features(**inputs).pooler_output
        wait()
        return features

    def read() -> None:
        model.get_text_features(**processor(text=[PROMPT], return_tensors="pt").to(device))
        wait()

    heard = windows(BATCH)
    with torch.inference_mode():
        embedding = hear(heard[:1])[0]
        figures = {
            "load_seconds": loaded,
            "window_seconds": median_seconds(lambda: hear(heard[:1])),
            "batch_seconds": median_seconds(lambda: hear(heard)) / BATCH,
            "text_seconds": median_seconds(read),
            "embedding": embedding.tolist(),
            **peak_memory(),
        }
    print(json.dumps(figures))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
