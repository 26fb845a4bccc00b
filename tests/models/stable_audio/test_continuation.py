"""Takes longer than a window: where their windows lie, and what is said of their seams."""

from itertools import pairwise

import numpy as np
import pytest
from tests.tiny.stable_audio import open_1_0, open_small

from secondtake.models.inference.oobleck_pieces import CONTEXT
from secondtake.models.stable_audio.continuation import (
    Window,
    continuation_details,
    latent_count,
    seam_warnings,
    split_windows,
    window_requests,
    window_seams,
    window_seed,
)
from secondtake.models.stable_audio.model import StableAudioModel, WindowRequest

LARGE, SMALL = (
    StableAudioModel(None, open_1_0(), "cpu"),
    StableAudioModel(None, open_small(), "cpu"),
)
RATE = 44_100
TAKE = WindowRequest("Bandoneón", "vocals", 0.0, 25.0, 548, 7)


@pytest.mark.parametrize("longest", [256, 1024])
@pytest.mark.parametrize("latents", [10, 256, 257, 449, 1024, 1025, 12_930])
def test_windows_fit_and_each_goes_on_from_the_end_of_the_last(latents: int, longest: int) -> None:
    windows = split_windows(latents, longest)
    assert windows[0].start == 0 and windows[0].overlap == 0 and windows[-1].stop == latents
    for window, later in pairwise(windows):
        assert later.start + later.overlap == window.stop and later.overlap == longest // 4
    lengths = [window.stop - window.start for window in windows]
    assert max(lengths) <= longest and max(lengths) - min(lengths) <= 1
    fewer = len(windows) - 1
    assert fewer == 0 or longest + (fewer - 1) * (longest - longest // 4) < latents


def test_a_take_of_25_s_by_open_small_is_three_windows() -> None:
    latents = latent_count(SMALL, 25 * RATE)
    assert latents == 539 + CONTEXT
    assert split_windows(latents, 256) == (
        Window(0, 226, 0),
        Window(162, 387, 64),
        Window(323, 549, 64),
    )


def test_the_first_window_has_the_takes_seed_and_the_others_their_own() -> None:
    seeds = [window_seed(7, number) for number in range(50)]
    assert seeds[0] == 7 and len(set(seeds)) == 50
    assert all(0 <= seed < 2**31 for seed in seeds)
    assert seeds[1:] == [window_seed(7, number) for number in range(1, 50)]
    assert window_seed(8, 1) != seeds[1]


def test_open_1_0_is_told_where_a_window_lies_in_its_piece() -> None:
    first, second = window_requests(LARGE, TAKE, (Window(0, 300, 0), Window(44, 548, 256)))
    assert (first.seconds_start, first.seconds_total, first.latents, first.seed) == (0, 25, 300, 7)
    assert (second.seconds_start, second.seconds_total, second.latents) == (2.043, 25, 504)
    assert (second.prompt, second.negative_prompt, second.prefix_latents) == (
        "Bandoneón",
        "vocals",
        None,
    )


def test_open_small_is_told_what_is_left_of_its_piece() -> None:
    passages = window_requests(SMALL, TAKE, split_windows(548, 256))
    assert [passage.seconds_start for passage in passages] == [0, 0, 0]
    assert [passage.seconds_total for passage in passages] == pytest.approx([25, 17.523, 10])


def chords(seconds: float, level: float = 0.1) -> np.ndarray:
    """Stereo noise and three tones, which go on: (frames, 2)."""
    times = np.arange(round(seconds * RATE)) / RATE
    tones = sum(np.sin(2 * np.pi * hertz * times) for hertz in (220, 277.18, 329.63))
    hiss = np.random.default_rng(1).normal(size=(len(times), 2))
    return (level * (tones[:, None] + 0.5 * hiss)).astype(np.float32)


def test_what_goes_on_as_it_was_has_no_seam_to_be_heard() -> None:
    windows = split_windows(latent_count(SMALL, 25 * RATE), 256)
    seams = window_seams(chords(25), windows, SMALL)
    assert [seam.at for seam in seams] == pytest.approx(
        [226 * 2048 / RATE, 387 * 2048 / RATE], 1e-3
    )
    for seam in seams:
        assert abs(seam.level_jump_db) < 0.1 and seam.spectral_distance_db < 1 and not seam.click
        assert seam.pitch_jump_semitones is None and seam.drift.pitch_semitones is None
    assert seam_warnings(seams) == ()
    details = continuation_details(windows, seams, SMALL)
    assert details["windows"] == 3 and details["window_starts"] == [0, 7.523, 15]
    assert details["held_seconds"] == pytest.approx(2.972)


def test_a_jump_and_a_click_at_a_seam_are_told_and_placed() -> None:
    windows = split_windows(latent_count(SMALL, 25 * RATE), 256)
    sound = chords(25, level=0.02)
    sound[226 * 2048 :] *= 4  # 12 dB
    sound[387 * 2048] += 2
    first, second = window_seams(sound, windows, SMALL)
    assert first.level_jump_db == pytest.approx(12, abs=0.2)
    assert second.click and not first.click
    warnings = seam_warnings((first, second))
    assert any(w.startswith("seam 1, at 10.5 s: 12.") for w in warnings)
    assert "seam 2, at 18.0 s: a click" in warnings


def test_seams_that_lie_behind_the_end_are_none() -> None:
    windows = (Window(0, 100, 0), Window(75, 175, 25))
    assert window_seams(chords(100 * 2048 / RATE), windows, SMALL) == ()
    assert continuation_details(windows[:1], (), SMALL) == {}
