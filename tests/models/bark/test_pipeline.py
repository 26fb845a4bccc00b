"""What a window hears before it sings, with voices whose every token is known."""

from typing import Any

import numpy as np

from secondtake.models.bark.pipeline import FROM_THE_LAST, LEAST_VOICE, can_anchor, go_on_from


def a_voice(tokens: int, first: int = 0) -> dict[str, Any]:
    """Numbered from `first`: token n of the semantic row is first + n, as are the frames."""
    frames = first + np.arange(round(tokens * 75 / 49.9))
    return {
        "semantic_prompt": first + np.arange(tokens),
        "coarse_prompt": np.tile(frames, (2, 1)),
        "fine_prompt": np.tile(frames, (8, 1)),
    }


def test_nothing_was_sung_before() -> None:
    anchor = a_voice(200)
    assert go_on_from(None, None) is None
    assert go_on_from(None, a_voice(200)) is None
    assert go_on_from(anchor, None) is anchor
    assert go_on_from(anchor, anchor) is anchor


def test_the_anchor_and_then_the_end_of_the_last_window() -> None:
    anchor, last = a_voice(200), a_voice(400, 1000)
    heard = go_on_from(anchor, last)
    assert heard is not None
    frames = round(FROM_THE_LAST * 75 / 49.9)
    semantic, coarse = heard["semantic_prompt"], heard["coarse_prompt"]
    assert np.array_equal(semantic[:200], anchor["semantic_prompt"])
    assert np.array_equal(semantic[200:], last["semantic_prompt"][-FROM_THE_LAST:])
    assert np.array_equal(coarse[:, :-frames], anchor["coarse_prompt"])
    assert np.array_equal(coarse[:, -frames:], last["coarse_prompt"][:, -frames:])
    assert heard["fine_prompt"].shape == (8, coarse.shape[1])
    assert np.array_equal(heard["fine_prompt"][5], coarse[0])


def test_tokens_and_frames_stay_of_one_sound() -> None:
    for tokens in (1, 2, 50, 103, 104, 105, 768):
        heard = go_on_from(a_voice(301), a_voice(tokens))
        assert heard is not None
        ratio = heard["coarse_prompt"].shape[1] / len(heard["semantic_prompt"])
        assert round(ratio, 1) == 1.5


def test_a_short_window_is_heard_whole_and_an_empty_one_not_at_all() -> None:
    anchor = a_voice(200)
    short = go_on_from(anchor, a_voice(20, 1000))
    assert short is not None and list(short["semantic_prompt"][200:]) == list(range(1000, 1020))
    empty = go_on_from(anchor, a_voice(0))
    assert empty is not None
    assert all(np.array_equal(empty[name], anchor[name]) for name in anchor)


def test_voices_are_left_as_they_are() -> None:
    anchor, last = a_voice(200), a_voice(400, 1000)
    go_on_from(anchor, last)
    assert np.array_equal(anchor["fine_prompt"], a_voice(200)["fine_prompt"])
    assert np.array_equal(last["fine_prompt"], a_voice(400, 1000)["fine_prompt"])


def test_a_voice_needs_a_second() -> None:
    assert can_anchor(a_voice(LEAST_VOICE))
    assert not can_anchor(a_voice(LEAST_VOICE - 1))
