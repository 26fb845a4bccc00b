"""Is our MusiCNN the one its authors published? Both on the same music, number by number.

    uv venv --python 3.11 .cache/benchmarks/tensorflow
    uv pip install --python .cache/benchmarks/tensorflow tensorflow tf_keras librosa
    uv pip install --python .cache/benchmarks/tensorflow --no-deps musicnn==0.1.0
    PYTHONPATH=src .cache/benchmarks/tensorflow/bin/python -m benchmarks.analysis.musicnn_equality

TensorFlow builds the network with musicnn's own code and restores its checkpoint with its own
reader; librosa makes its spectrogram, as musicnn does. Ours reads the same files by itself. Every
difference is given in units of the largest number. `--golden` writes what TensorFlow says of a
sound made from arithmetic into the file that the tests hold ours to.

musicnn asks for numpy below 1.17, which calculates its 10000 x + 1 in float32 although x is
float16; a newer one stays in float16 and overflows, so that line is not musicnn's own here.
"""

import argparse
import json
import os
import time
from collections.abc import Iterator, Sequence
from importlib import metadata
from itertools import islice
from typing import Any

os.environ["TF_USE_LEGACY_KERAS"] = "1"  # the network is written with tf.compat.v1.layers
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""  # the reference is the CPU's float32

import librosa
import numpy as np
import soxr
from benchmarks.analysis.corpus import tracks
from benchmarks.harness import ROOT, tell

from secondtake.analysis.audio_io import read
from secondtake.analysis.dsp.preprocess import COMMON_RATE, prepare
from secondtake.analysis.networks.musicnn import RATE, SHA256, embed, log_mel, weights
from secondtake.core.files import write_json

WINDOW = 3 * RATE  # samples
BATCH = 8  # patches that TensorFlow is given at once
SONGS = 16
START, SECONDS = 30.0, 12.0  # of a song: four windows
AGREED = 1e-4  # of the largest number: float32, added up in another order
TESTS = ROOT / "tests" / "analysis" / "networks"
GOLDEN = TESTS / "golden.json"
EVERY = 6  # the golden file keeps every sixth of the 753 numbers: some of each layer


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--songs", type=int, default=SONGS, help="default: %(default)s")
    parser.add_argument("--golden", action="store_true", help="write the tests' golden file anew")
    options = parser.parse_args()
    if options.golden:
        write_golden()
        return 0
    return report(np.array(list(windows(options.songs))))


def report(music: np.ndarray) -> int:
    """Compare both checkpoints on windows (n, 48000); 1 if one does not agree."""
    ours, theirs = (np.array([one(window) for window in music]) for one in (log_mel, librosa_mel))
    halved = np.array([librosa_mel(window, np.float16) for window in music])
    print(f"{len(music)} windows of 3 s; TensorFlow {metadata.version('tensorflow')}")
    print(f"  log-mel, ours against librosa's: {np.abs(ours - theirs).max():.1e} at most")
    worst = 0.0
    for checkpoint in SHA256:
        kept = weights(ROOT / ".cache" / "benchmarks" / "converted", checkpoint)
        begun = time.monotonic()
        heard = embed(list(music), kept)
        took = (time.monotonic() - begun) / len(music)
        print(f"  {checkpoint}: ours {1000 * took:.0f} ms a window")
        differences = {
            "the network alone": difference(heard, baseline(checkpoint, ours)),
            "with librosa's spectrogram": difference(heard, baseline(checkpoint, theirs)),
            "with that rounded to float16": difference(heard, baseline(checkpoint, halved)),
        }
        for name, value in differences.items():
            print(f"    {name}: {value:.1e}")
        worst = max(worst, *list(differences.values())[:2])
    print("they agree" if worst <= AGREED else f"they do not agree: {worst:.1e} > {AGREED:g}")
    return int(worst > AGREED)


def difference(ours: np.ndarray, theirs: np.ndarray) -> float:
    """The largest difference in units of the largest number; infinite for what is no number."""
    largest = np.abs(ours - theirs).max() / np.abs(theirs).max()
    return float(largest) if np.isfinite(largest) else float("inf")


def windows(songs: int) -> Iterator[np.ndarray]:
    """Music as the features see it: mono, -23 LUFS, through 22 050 Hz to 16 kHz."""
    found = tracks()
    for track in islice(found, 0, None, max(1, len(found) // songs)):
        prepared = prepare(read(track.path, START, START + SECONDS))
        if prepared is not None:
            heard = soxr.resample(prepared.samples, COMMON_RATE, RATE)
            yield from heard[: len(heard) // WINDOW * WINDOW].reshape(-1, WINDOW)


def librosa_mel(samples: np.ndarray, kept: Any = np.float32) -> np.ndarray:
    """(48000,) -> (187, 96) as musicnn's extractor makes it. kept: the power's type."""
    from musicnn import configuration

    mel = librosa.feature.melspectrogram(
        y=samples,
        sr=configuration.SR,
        hop_length=configuration.FFT_HOP,
        n_fft=configuration.FFT_SIZE,
        n_mels=configuration.N_MELS,
    ).T[:187]
    return np.asarray(np.log10(10_000 * mel.astype(kept).astype(np.float32) + 1))


def baseline(checkpoint: str, patches: np.ndarray) -> np.ndarray:
    """musicnn's own graph and TensorFlow's own reader: (n, 187, 96) -> mean_pool, (n, 753)."""
    import tensorflow
    from musicnn import configuration, models

    tensorflow.compat.v1.disable_eager_execution()
    tensorflow.compat.v1.reset_default_graph()
    labels = configuration.MTT_LABELS if "MTT" in checkpoint else configuration.MSD_LABELS
    seen = tensorflow.compat.v1.placeholder(tensorflow.float32, [None, *patches.shape[1:]])
    training = tensorflow.compat.v1.placeholder(tensorflow.bool)
    with tensorflow.name_scope("model"):
        *_, mean_pool, _, _ = models.define_model(seen, training, checkpoint, len(labels))
    with tensorflow.compat.v1.Session() as session:
        folder = metadata.distribution("musicnn").locate_file(f"musicnn/{checkpoint}")
        tensorflow.compat.v1.train.Saver().restore(session, f"{folder}/")
        parts = [patches[first : first + BATCH] for first in range(0, len(patches), BATCH)]
        return np.concatenate(
            [session.run(mean_pool, {seen: part, training: False}) for part in parts]
        )


def write_golden() -> None:
    """TensorFlow's embedding of the golden file's own sound, into that file."""
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    patch = librosa_mel(summed(golden["partials"]))[None]
    golden["every"] = EVERY
    golden["mean_pool"] = {
        checkpoint: [float(f"{one:.7g}") for one in baseline(checkpoint, patch)[0, ::EVERY]]
        for checkpoint in SHA256
    }
    write_json(GOLDEN, golden)
    tell(f"wrote {GOLDEN}")


def summed(partials: Sequence[Sequence[float]]) -> np.ndarray:
    """Sines of (Hz, peak), each opened and closed so many times a second, (48000,) float32."""
    seconds = np.arange(WINDOW) / RATE
    sines = [
        peak * np.sin(2 * np.pi * hz * seconds) * np.sin(np.pi * beats * seconds) ** 2
        for hz, peak, beats in partials
    ]
    return np.asarray(np.sum(sines, axis=0), dtype=np.float32)


if __name__ == "__main__":
    raise SystemExit(main())
