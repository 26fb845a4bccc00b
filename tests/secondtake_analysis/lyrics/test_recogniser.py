"""What of listening needs no recogniser: which stretches are heard together, what is read."""

import numpy as np
import pytest
import soundfile

from secondtake_analysis.audio import AudioError
from secondtake_analysis.lyrics.recogniser import SAMPLE_RATE, Span, read_samples, together


def span(start: float, end: float, language: str = "es") -> Span:
    return Span(round(start * SAMPLE_RATE), round(end * SAMPLE_RATE), language)


@pytest.mark.parametrize(
    ("spans", "heard"),
    [
        ([], []),
        ([span(0, 2), span(2.5, 4)], [span(0, 4)]),
        ([span(0, 2), span(4.0, 5)], [span(0, 5)]),
        ([span(0, 2), span(4.1, 5)], [span(0, 2), span(4.1, 5)]),
        ([span(0, 2), span(2.1, 3, "en"), span(3.1, 4)],) * 2,
        ([span(0, 15), span(16, 28), span(28, 29)], [span(0, 28), span(28, 29)]),
    ],
)
def test_neighbours_are_heard_together_unless_language_pause_or_length_part_them(spans, heard):
    assert together(spans) == heard


def test_a_stereo_take_becomes_mono_at_16_khz(tmp_path, sounds):
    tone = sounds.sine(440, 1.0, rate=44_100)
    soundfile.write(tmp_path / "a.wav", np.stack([tone, 0 * tone], axis=1), 44_100)
    samples = read_samples(tmp_path / "a.wav")
    assert samples.shape == (SAMPLE_RATE,) and samples.dtype == np.float32
    spectrum = np.abs(np.fft.rfft(samples))
    assert int(spectrum.argmax()) == 440 and samples.max() == pytest.approx(0.25, abs=0.01)


def test_what_is_no_recording_is_refused(tmp_path):
    (tmp_path / "a.wav").write_bytes(b"RIFF")
    with pytest.raises(AudioError):
        read_samples(tmp_path / "a.wav")
