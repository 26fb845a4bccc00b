import numpy as np
import pytest
import soundfile

from secondtake.analysis.checks import waveform
from secondtake.analysis.checks.waveform import clicks
from secondtake.core.wav import write_wav

RATE = 44_100


@pytest.mark.parametrize("at", [0.5, 1.2345])
def test_a_jump_of_one_sample_is_a_hint_that_says_where(sounds, at):
    samples = sounds.pink(2, RATE)[:, None] * np.float32(0.2)
    samples[round(at * RATE)] += 0.5
    check = clicks(samples, RATE)
    assert (check.verdict, check.figure) == ("pass", 1)
    assert check.note.startswith(f"at {at // 0.01 / 100:.2f} s; sharp attacks")


def clipped(samples: np.ndarray, at: float) -> np.ndarray:
    return np.clip(samples, -at, at)[:, None]


def test_a_clean_signal_has_none(sounds):
    for samples in (sounds.sine(440, 1, 0.99, RATE), sounds.pink(3, RATE)):
        assert waveform.full_scale(samples[:, None]).figure == 0
        assert waveform.flat_tops(samples[:, None]).figure == 0


def test_a_clipped_sine_is_found_by_both_rules_and_fails(sounds):
    samples = clipped(sounds.sine(440, 1, 2.0, RATE), 1.0)
    # a sine of twice full scale is above it for 2/3 of the time
    for check in (waveform.full_scale(samples), waveform.flat_tops(samples)):
        assert check.figure == pytest.approx(RATE * 2 / 3, rel=0.02)
    assert waveform.full_scale(samples).verdict == "warn"
    assert waveform.flat_tops(samples).verdict == "fail"


def test_turned_down_after_clipping_only_flat_tops_see_it(sounds):
    samples = clipped(sounds.sine(440, 1, 2.0, RATE), 1.0) * np.float32(0.3)
    assert waveform.full_scale(samples).figure == 0
    assert waveform.flat_tops(samples).verdict == "fail"


@pytest.mark.parametrize(("crests", "verdict"), [(1, "pass"), (3, "warn")])
def test_a_single_flat_crest_is_a_hint_and_more_warn(sounds, crests, verdict):
    samples = sounds.pink(2, RATE)[:, None]
    for crest in range(crests):
        samples[1000 * crest : 1000 * crest + 6] = 0.7
    check = waveform.flat_tops(samples)
    assert (check.verdict, check.figure, bool(check.note)) == (verdict, 6 * crests, True)


def test_one_channel_is_enough(sounds):
    clean, hard = sounds.pink(1, RATE), clipped(sounds.sine(440, 1, 2.0, RATE), 0.5)[:, 0]
    assert waveform.flat_tops(np.stack([clean, hard], axis=1)).verdict == "fail"


def test_silence_does_not_clip():
    assert waveform.flat_tops(np.zeros((1000, 2), np.float32)).figure == 0


@pytest.mark.parametrize(("seconds", "verdict"), [(0.0, "pass"), (0.0002, "pass"), (0.01, "warn")])
def test_a_few_samples_at_full_scale_pass_and_more_warn(sounds, seconds, verdict):
    samples = sounds.sine(440, 2, 0.5, RATE)[:, None]
    samples[1000 : 1000 + round(seconds * RATE)] = 1.0
    check = waveform.full_scale(samples)
    assert (check.verdict, check.figure) == (verdict, round(seconds * RATE))


@pytest.mark.parametrize(("peak", "said"), [(0.95, False), (1.2, False), (1.3, True)])
def test_true_peak_above_two_is_a_hint(sounds, peak, said):
    check = waveform.true_peak(sounds.sine(997, 1, peak, RATE)[:, None])
    assert (check.verdict, bool(check.note)) == ("pass", said)
    assert check.source == "EBU R 128"
    assert check.figure == pytest.approx(20 * np.log10(peak), abs=0.1)


@pytest.mark.parametrize(
    ("over", "verdict"), [(0, "pass"), (25, "pass"), (80, "warn"), (190, "warn"), (210, "fail")]
)
def test_samples_beyond_full_scale_are_counted(sounds, over, verdict):
    samples = sounds.sine(440, 100_000 / RATE, 0.9, RATE)[:, None]
    samples[:over] = 1.9
    samples[-1] = -1.0  # full scale is not beyond it
    check = waveform.beyond_full_scale(samples)
    assert (check.verdict, check.figure) == (verdict, over)
    if verdict != "pass":
        assert (
            check.note
            == f"an integer player clips {over / 1000:.2g} % of the samples; the peak is 1.90"
        )


def test_a_take_that_is_loud_throughout_fails(sounds):
    check = waveform.beyond_full_scale(sounds.sine(440, 1, 1.01, RATE)[:, None])
    assert check.verdict == "fail" and "clips 9 % of the samples" in check.note


@pytest.mark.parametrize(
    ("factor", "words"),
    [
        (1 << 15, "up to 24,576 times full scale: 16-bit values in a float file; divide by 32768"),
        (1 << 23, "24-bit values in a float file; divide by 8388608"),
        (1 << 31, "32-bit values in a float file; divide by 2147483648"),
        (1e12, "up to 7.5e+11 times full scale, as no format has it"),
    ],
)
def test_integers_in_a_float_file_are_named_with_their_remedy(sounds, factor, words):
    samples = np.rint(sounds.sine(440, 1, 0.75, RATE)[:, None] * factor)
    check = waveform.beyond_full_scale(samples)
    assert check.verdict == "fail"
    assert words in check.note


def test_soft_integers_are_known_by_being_whole(sounds):
    soft = np.rint(sounds.sine(440, 1, 40.0, RATE)[:, None])
    assert "16-bit values" in waveform.wrong_scale(soft)
    assert waveform.wrong_scale(soft + np.float32(0.25)) == ""
    assert waveform.wrong_scale(np.sign(soft)) == ""  # a square wave at full scale
    assert waveform.wrong_scale(np.zeros((0, 2), np.float32)) == ""


def test_a_take_whose_peak_was_brought_to_minus_1_dbfs_does_not_clip(sounds, tmp_path):
    """Where clipping is looked for begins: the peak lies just below, once it is in a file."""
    for name, mono in (("noise", sounds.pink(2, 48_000)), ("low", sounds.sine(41, 2, 1, 48_000))):
        stereo = np.stack([mono, 0.7 * mono], axis=1).astype(np.float32)
        stereo *= np.float32(10 ** (-1 / 20) / np.abs(stereo).max())
        write_wav(tmp_path / f"{name}.wav", stereo, 48_000)
        samples, _ = soundfile.read(tmp_path / f"{name}.wav", dtype="float32", always_2d=True)
        assert waveform.full_scale(samples).figure == 0
        assert waveform.beyond_full_scale(samples).verdict == "pass"
        assert waveform.true_peak(samples).note == ""
        if name == "noise":
            assert waveform.flat_tops(samples).figure == 0
