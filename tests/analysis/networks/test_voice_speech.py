"""silero-vad on a synthetic voice, on what is none, and against its authors' other network."""

from importlib import metadata

import numpy as np
import pytest
import soxr

from secondtake.analysis.networks.onnx import session
from secondtake.analysis.networks.vad_f0 import (
    BLOCK_CHUNKS,
    CHUNK,
    CONTEXT,
    SPEAKING,
    VAD_RATE,
    vad_probabilities,
)
from secondtake.models.sketch.tts import SpeechRequest, speak


@pytest.fixture(scope="module")
def sentence() -> np.ndarray:
    """Four seconds of espeak-ng at 16 kHz, (frames,)."""
    [spoken] = speak(
        [SpeechRequest("The neon rain is falling on the silent city tonight", "en", 150, 50)]
    )
    return soxr.resample(spoken.samples, spoken.sample_rate, VAD_RATE).astype(np.float32)


def step_by_step(samples: np.ndarray) -> np.ndarray:
    """The answers of the network that is fed 32 ms at a time: other weights' file, other graph."""
    path = metadata.distribution("silero-vad").locate_file("silero_vad/data/silero_vad.onnx")
    network, state = session(path), np.zeros((2, 1, 128), dtype=np.float32)
    before, said = np.zeros(CONTEXT, dtype=np.float32), []
    for chunk in np.pad(samples, (0, -len(samples) % CHUNK)).reshape(-1, CHUNK):
        heard = np.concatenate([before, chunk])[None]
        probability, state = network.run(
            None, {"input": heard, "state": state, "sr": np.array(VAD_RATE, dtype=np.int64)}
        )
        said.append(probability.item())
        before = chunk[-CONTEXT:]
    return np.array(said)


def test_a_sentence_is_speech_and_a_pause_is_not(sentence):
    pause = np.zeros(2 * VAD_RATE, dtype=np.float32)
    said = vad_probabilities(np.concatenate([pause, sentence, pause])) >= SPEAKING
    begin, end = len(pause) // CHUNK, (len(pause) + len(sentence)) // CHUNK
    assert said[begin:end].mean() > 0.75
    assert not said[: begin - 1].any()
    assert not said[end + 16 :].any()  # it lets half a second ring out


def test_what_nobody_says_is_no_speech(sounds):
    for samples in (
        sounds.pink(4, VAD_RATE),
        sounds.chord((57, 60, 64), 4, VAD_RATE),
        sounds.clicks(120, 4, VAD_RATE),
        np.zeros(4 * VAD_RATE, dtype=np.float32),
    ):
        assert vad_probabilities(samples).max() < SPEAKING


def test_a_sound_at_once_is_heard_as_one_fed_step_by_step(sentence, sounds):
    """Longer than a block, so that what is carried from block to block is compared too."""
    count = (BLOCK_CHUNKS + 60) * CHUNK + 100
    samples = np.resize(sentence, count) + 0.05 * sounds.pink(count / VAD_RATE, VAD_RATE)[:count]
    assert vad_probabilities(samples) == pytest.approx(step_by_step(samples), abs=1e-4)


@pytest.mark.parametrize("count", [0, 1, CHUNK, CHUNK + 1])
def test_the_shortest_sounds_have_an_answer(sentence, count):
    said = vad_probabilities(sentence[:count])
    assert len(said) == max(1, -(-count // CHUNK))
    assert ((said >= 0) & (said <= 1)).all()
