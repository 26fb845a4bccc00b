"""Write sketches to measure with: venv-sketch/bin/python -m benchmarks.analysis.sketches

The control of a study is rule-based music that knows nothing of the song. Eight of them go to
.cache/benchmarks/sketches, half for the design set, half for the test set.
"""

from pathlib import Path

from secondtake.core.wav import write_wav
from secondtake.models.sketch.arrange import arrange
from secondtake.models.sketch.dsp import SAMPLE_RATE
from secondtake.models.sketch.score import SketchInput

FOLDER = Path(__file__).parents[2] / ".cache" / "benchmarks" / "sketches"
SECONDS = 24.0
LYRICS = {
    "en": "morning comes over the river\nI carry the light in my hand",
    "es": "la noche camina despacio\ny canta conmigo la mar",
}
SEGMENTS = {
    "design 0": SketchInput("verse", SECONDS, 96, "D minor", LYRICS["en"], ("en",), "folk", 1),
    "design 1": SketchInput("chorus", SECONDS, 124, "G major", LYRICS["es"], ("es",), "pop", 2),
    "design 2": SketchInput("instrumental", SECONDS, 140, "E minor", None, ("en",), "trap", 3),
    "design 3": SketchInput("bridge", SECONDS, 72, "C major", LYRICS["en"], ("en",), "ballad", 4),
    "test 0": SketchInput("chorus", SECONDS, 120, "A minor", LYRICS["es"], ("es",), "tango", 5),
    "test 1": SketchInput("verse", SECONDS, 88, "F major", LYRICS["en"], ("en",), "rock", 6),
    "test 2": SketchInput("instrumental", SECONDS, 110, "B minor", None, ("en",), "house", 7),
    "test 3": SketchInput("drop", SECONDS, 128, "C minor", LYRICS["en"], ("en",), "electro", 8),
}


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, segment in SEGMENTS.items():
        write_wav(FOLDER / f"{name}.wav", arrange(segment), SAMPLE_RATE)
        print(f"{name}: {segment.kind}, {segment.bpm:g} BPM, {segment.key}", flush=True)


if __name__ == "__main__":
    main()
