import numpy as np
import pytest

from secondtake.analysis.audio_io import as_audio
from secondtake.analysis.dsp import preprocess
from secondtake.analysis.dsp.log_spectrum import band_edges
from secondtake.analysis.dsp.preprocess import COMMON_RATE
from secondtake.analysis.dsp.tempogram import TEMPOGRAM_BPM
from secondtake.analysis.plots.panels import COLUMNS, envelope, reduced, tempograms, view_recording


def test_a_tone_is_one_band_and_one_pitch_class(sounds):
    view = view_recording(as_audio(sounds.sine(440, 5), COMMON_RATE))
    assert view.form == "5.0 s, 22.05 kHz, mono"
    assert view.spectral is not None
    assert view.spectral.chroma[9].mean() > 0.95  # A
    loudest = band_edges(COMMON_RATE)[view.spectral.spectrum.mean(axis=1).argmax()]
    assert loudest == pytest.approx(440, rel=0.06)
    assert band_edges(COMMON_RATE)[view.spectral.long_term.argmax()] == pytest.approx(440, rel=0.15)
    quieter = view_recording(as_audio(sounds.sine(440, 5, peak=0.05), COMMON_RATE)).spectral
    assert quieter is not None  # and drawn as loud
    assert quieter.long_term.max() == pytest.approx(view.spectral.long_term.max(), abs=0.2)


def test_clicks_repeat_at_their_tempo(sounds):
    spectral_view = view_recording(as_audio(sounds.clicks(120, 10), COMMON_RATE)).spectral
    assert spectral_view is not None
    strongest = TEMPOGRAM_BPM[spectral_view.tempogram.argmax(axis=0)]
    beats = 120 / strongest  # every second or third click repeats just as well
    assert np.allclose(beats, np.rint(beats), rtol=0.02)
    assert np.interp(120, TEMPOGRAM_BPM, spectral_view.tempogram.mean(axis=1)) > 0.8
    assert spectral_view.tempogram.shape == (96, 19)  # two a second


def test_a_short_recording_knows_only_fast_tempi(sounds):
    spectral_view = view_recording(as_audio(sounds.clicks(200, 1), COMMON_RATE)).spectral
    assert spectral_view is not None
    has_value = ~np.isnan(spectral_view.tempogram).any(axis=1)
    assert 0.9 < spectral_view.seconds <= 1
    longest = 0.75 * spectral_view.seconds  # a beat, s
    assert TEMPOGRAM_BPM[has_value].min() == pytest.approx(60 / longest, rel=0.04)
    assert has_value[has_value.argmax() :].all()


def test_it_begins_where_the_sound_does(sounds):
    late = np.concatenate([np.zeros(COMMON_RATE, np.float32), sounds.sine(440, 2)])
    view = view_recording(as_audio(late, COMMON_RATE))
    assert view.seconds == 3
    assert view.spectral is not None
    assert view.spectral.lead == pytest.approx(1, abs=0.011)
    assert view.spectral.seconds == pytest.approx(2, abs=0.011)


@pytest.mark.parametrize("samples", [np.zeros(66_150), np.full(1, 0.5), np.ones(100)])
def test_without_sound_there_is_a_waveform_only(samples):
    view = view_recording(as_audio(samples.astype(np.float32), COMMON_RATE))
    assert view.spectral is None
    assert view.envelope.shape == (2, min(len(samples), COLUMNS))


def test_an_envelope_shows_what_cancels_in_the_middle(sounds):
    tone = sounds.sine(440, 1, peak=0.5)
    low, high = envelope(np.stack([tone, -tone], axis=1))
    assert low.min() == pytest.approx(-0.5, abs=0.001)
    assert high.max() == pytest.approx(0.5, abs=0.001)


def test_columns_are_means_and_never_more_than_fit():
    rows = np.arange(2 * 5 * COLUMNS, dtype=np.float32).reshape(2, -1)
    columns = reduced(rows)
    assert columns.shape == (2, COLUMNS)
    assert columns[0, :2].tolist() == [2.0, 7.0]
    assert columns.mean() == pytest.approx(rows.mean())
    assert (reduced(rows[:, :7]) == rows[:, :7]).all()


def test_ten_minutes_have_no_more_columns():
    hops = round(600 * preprocess.HOPS_PER_SECOND)
    assert tempograms(np.zeros(hops)).shape == (96, COLUMNS)
    assert envelope(np.zeros((600 * 8000, 2), np.float32)).shape == (2, COLUMNS)
