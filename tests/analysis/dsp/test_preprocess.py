import numpy as np
import pytest

from secondtake.analysis.audio_io import as_audio
from secondtake.analysis.dsp import preprocess
from secondtake.analysis.dsp.preprocess import COMMON_RATE, TARGET_LUFS, prepare
from secondtake.audio.loudness import integrated

RATE = 48_000


def test_level_channels_rate_and_edges_make_no_difference(sounds):
    tone = sounds.chord((57, 60, 64), 4, RATE)
    silence = np.zeros(RATE, dtype=np.float32)
    wide = np.concatenate([silence, tone * 0.1, silence])
    one = prepare(as_audio(tone, RATE))
    other = prepare(as_audio(np.stack([wide, wide], axis=1), RATE))
    assert one and other
    assert other.lead == pytest.approx(1.0, abs=0.011)
    assert one.seconds == pytest.approx(4.0, abs=0.03)
    assert abs(one.seconds - other.seconds) < 0.03
    for prepared in (one, other):
        level = integrated(prepared.samples, COMMON_RATE)
        assert level == pytest.approx(TARGET_LUFS, abs=0.1)


def test_silence_and_a_click_have_nothing_to_compare(sounds):
    assert prepare(as_audio(np.zeros(RATE, np.float32), RATE)) is None
    assert prepare(as_audio(sounds.sine(440, 0.2, rate=RATE), RATE)) is None


HOPS = slice(5, -5)  # without the edges, where frames are half empty


def test_a_sine_peaks_in_its_own_bin(sounds):
    (block,) = preprocess.stft_blocks(sounds.sine(1000, 2))
    bins = block[:, HOPS].argmax(axis=0)
    assert bins == pytest.approx(np.full(len(bins), preprocess.bin_of(1000)), abs=0.5)


def test_blocks_are_one_spectrum_cut_in_pieces(sounds):
    noise = sounds.pink(60, 22_050)
    parts = list(preprocess.stft_blocks(noise))
    assert [part.shape for part in parts] == [(1025, 2048), (1025, 2048), (1025, 1072)]
    joined = np.concatenate(parts, axis=1)
    for hop in (0, 2047, 2048, 4096, 5167):  # at both sides of every seam
        frame = np.pad(noise, 1024)[hop * 256 :][:2048]
        theirs = np.abs(np.fft.rfft(frame * np.hanning(2049)[:-1]))
        assert joined[:, hop] == pytest.approx(theirs, abs=1e-4)
