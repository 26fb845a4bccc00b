import numpy as np
import pytest

from secondtake.analysis.checks import signal

RATE = 44_100


def column(samples: np.ndarray) -> np.ndarray:
    return samples[:, None]


@pytest.mark.parametrize("broken", [np.nan, np.inf, -np.inf])
def test_one_broken_sample_fails(sounds, broken):
    samples = column(sounds.sine(440, 1))
    assert signal.finite(samples).verdict == "pass"
    samples[77] = broken
    check = signal.finite(samples)
    assert (check.verdict, check.figure) == ("fail", 1)


@pytest.mark.parametrize(
    ("sounding", "verdict"), [(1.0, "pass"), (0.6, "pass"), (0.4, "warn"), (0.0, "fail")]
)
def test_silence_is_judged_by_its_share(sounds, sounding, verdict):
    samples = sounds.sine(440, 2, rate=RATE)
    samples[round(len(samples) * sounding) :] = 0
    check = signal.silence(column(samples), RATE)
    assert check.verdict == verdict
    assert check.figure == pytest.approx(1 - sounding, abs=0.01)


@pytest.mark.parametrize(("rms", "share"), [(-60.5, 1.0), (-59.5, 0.0)])
def test_silence_begins_below_minus_60_dbfs_rms(sounds, rms, share):
    samples = sounds.sine(1000, 1, np.sqrt(2) * 10 ** (rms / 20), RATE)
    assert signal.silence(column(samples), RATE).figure == share


def test_a_long_edge_warns_with_both_lengths(sounds):
    samples = np.concatenate([np.zeros(RATE * 2, np.float32), sounds.sine(440, 3, rate=RATE)])
    check = signal.edge_silence(column(samples), RATE)
    assert check.verdict == "warn"
    assert check.figure == pytest.approx(2.0, abs=0.011)
    assert "2.00 s before" in check.note and "0.00 s after" in check.note


def test_a_long_edge_of_a_record_is_a_figure_alone(sounds):
    samples = np.concatenate([sounds.sine(440, 3, rate=RATE), np.zeros(RATE * 2, np.float32)])
    check = signal.edge_silence(column(samples), RATE, is_take=False)
    assert (check.verdict, check.note) == ("pass", "")
    assert check.figure == pytest.approx(2.0, abs=0.011)


@pytest.mark.parametrize(
    ("by", "verdict", "said"), [(0.005, "pass", False), (0.05, "pass", True), (0.15, "warn", True)]
)
def test_offset_of_the_worse_channel(sounds, by, verdict, said):
    sine = sounds.sine(441, 1, rate=RATE)
    check = signal.offset(np.stack([sine, sine - by], axis=1))
    assert (check.verdict, bool(check.note)) == (verdict, said)
    assert check.figure == pytest.approx(by, abs=1e-4)


def test_an_end_in_the_middle_of_a_sound_warns_if_it_is_the_models_own(sounds):
    samples = column(sounds.pink(3, RATE))
    cut = signal.ending(samples, RATE, own=True)
    assert cut.verdict == "warn"
    assert cut.figure == pytest.approx(0, abs=2)
    of_any = signal.ending(samples, RATE)
    assert (of_any.verdict, of_any.note, of_any.figure) == ("pass", "", cut.figure)


@pytest.mark.parametrize(("level", "verdict"), [(-19, "warn"), (-21, "pass")])
def test_an_end_20_db_softer_than_the_whole_has_rung_out(sounds, level, verdict):
    samples = sounds.sine(440, 20, 0.5, RATE)
    samples[-RATE // 20 :] *= np.float32(10 ** (level / 20))
    check = signal.ending(column(samples), RATE, own=True)
    assert check.verdict == verdict
    assert check.figure == pytest.approx(level, abs=0.1)


def test_silence_does_not_end_in_a_sound():
    assert signal.ending(np.zeros((RATE, 1), np.float32), RATE, own=True).verdict == "pass"


@pytest.mark.parametrize("milliseconds", [12, 100, 3000])
def test_a_hole_in_sound_is_found_where_it_is(sounds, milliseconds):
    samples = sounds.pink(6, RATE)
    start = round(1.2345 * RATE)
    samples[start : start + round(milliseconds / 1000 * RATE)] = 0
    check = signal.dropouts(column(samples), RATE)
    assert (check.verdict, check.figure) == ("warn", 1)
    assert check.note.startswith("first at 1.23 s")


def test_neither_a_tiny_hole_nor_a_long_rest_nor_a_fade_is_a_dropout(sounds):
    tiny, rest = sounds.pink(6, RATE), sounds.pink(6, RATE)
    tiny[RATE : RATE + round(0.004 * RATE)] = 0
    rest[RATE : RATE + round(3.6 * RATE)] = 0
    time = np.arange(RATE) / RATE
    note = sounds.sine(440, 1, rate=RATE) * np.exp(-10 * time).astype(np.float32)
    for samples in (tiny, rest, np.tile(note, 4), sounds.clicks(120, 4, RATE)[:RATE]):
        assert signal.dropouts(column(samples), RATE).figure == 0


def test_silence_at_the_edges_is_no_dropout(sounds):
    silence = np.zeros(RATE, dtype=np.float32)
    samples = np.concatenate([silence, sounds.pink(2, RATE), silence])
    assert signal.dropouts(column(samples), RATE).verdict == "pass"
