"""A window's history prompt and attempts, of voices whose every token is known."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from secondtake.core.errors import ModelError
from secondtake.models.bark import pipeline
from secondtake.models.bark.constants import COARSE_RATE_HZ, SEMANTIC_RATE_HZ
from secondtake.models.bark.pipeline import (
    LAST_WINDOW_TOKENS,
    MIN_ANCHOR_TOKENS,
    WindowResult,
    is_usable_as_anchor,
    next_history_prompt,
)


def a_voice(tokens: int, first: int = 0) -> dict[str, Any]:
    """Numbered from `first`: token n of the semantic row is first + n, as are the frames."""
    frames = first + np.arange(round(tokens * COARSE_RATE_HZ / SEMANTIC_RATE_HZ))
    return {
        "semantic_prompt": first + np.arange(tokens),
        "coarse_prompt": np.tile(frames, (2, 1)),
        "fine_prompt": np.tile(frames, (8, 1)),
    }


def test_nothing_was_sung_before() -> None:
    anchor = a_voice(200)
    assert next_history_prompt(None, None) is None
    assert next_history_prompt(None, a_voice(200)) is None
    assert next_history_prompt(anchor, None) is anchor
    assert next_history_prompt(anchor, anchor) is anchor


def test_the_anchor_and_then_the_end_of_the_last_window() -> None:
    anchor, last = a_voice(200), a_voice(400, 1000)
    history_prompt = next_history_prompt(anchor, last)
    assert history_prompt is not None
    frames = round(LAST_WINDOW_TOKENS * COARSE_RATE_HZ / SEMANTIC_RATE_HZ)
    semantic, coarse = history_prompt["semantic_prompt"], history_prompt["coarse_prompt"]
    assert np.array_equal(semantic[:200], anchor["semantic_prompt"])
    assert np.array_equal(semantic[200:], last["semantic_prompt"][-LAST_WINDOW_TOKENS:])
    assert np.array_equal(coarse[:, :-frames], anchor["coarse_prompt"])
    assert np.array_equal(coarse[:, -frames:], last["coarse_prompt"][:, -frames:])
    assert history_prompt["fine_prompt"].shape == (8, coarse.shape[1])
    assert np.array_equal(history_prompt["fine_prompt"][5], coarse[0])


def test_tokens_and_frames_stay_of_one_sound() -> None:
    for tokens in (1, 2, 50, 103, 104, 105, 768):
        history_prompt = next_history_prompt(a_voice(301), a_voice(tokens))
        assert history_prompt is not None
        ratio = history_prompt["coarse_prompt"].shape[1] / len(history_prompt["semantic_prompt"])
        assert round(ratio, 1) == 1.5


def test_a_short_window_is_heard_whole_and_an_empty_one_not_at_all() -> None:
    anchor = a_voice(200)
    short = next_history_prompt(anchor, a_voice(20, 1000))
    assert short is not None and list(short["semantic_prompt"][200:]) == list(range(1000, 1020))
    empty = next_history_prompt(anchor, a_voice(0))
    assert empty is not None
    assert all(np.array_equal(empty[name], anchor[name]) for name in anchor)


def test_voices_are_left_as_they_are() -> None:
    anchor, last = a_voice(200), a_voice(400, 1000)
    next_history_prompt(anchor, last)
    assert np.array_equal(anchor["fine_prompt"], a_voice(200)["fine_prompt"])
    assert np.array_equal(last["fine_prompt"], a_voice(400, 1000)["fine_prompt"])


def test_a_voice_needs_a_second() -> None:
    assert is_usable_as_anchor(a_voice(MIN_ANCHOR_TOKENS))
    assert not is_usable_as_anchor(a_voice(MIN_ANCHOR_TOKENS - 1))


STUCK, NOTHING = [7] * 300, []  # semantic tokens of an attempt


@pytest.mark.parametrize("drawn", [[STUCK, NOTHING, NOTHING], [NOTHING, STUCK, NOTHING]])
def test_an_attempt_that_was_given_up_is_sung_if_the_last_has_no_token(
    drawn: list[list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    stages, result = attempts_at_a_window(drawn, monkeypatch)
    assert stages == ["semantic", "semantic", "semantic", "sound"]
    assert result.attempt.number == drawn.index(STUCK) and result.attempt.audio is not None
    assert result.attempts[result.attempt.number] is result.attempt
    assert len(result.state.samples)


def test_a_window_without_any_token_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModelError, match="before its first sound"):
        attempts_at_a_window([NOTHING] * 3, monkeypatch)


def attempts_at_a_window(
    drawn: list[list[int]], monkeypatch: pytest.MonkeyPatch
) -> tuple[list[str], WindowResult]:
    """The stages that a window asks for, and its result: attempt n draws the n-th tokens."""
    states: list[Any] = []

    def empty_state(generator: Any, history_prompt: Any, seed: int) -> Any:
        states.append(SimpleNamespace(semantic=None))
        return states[-1]

    monkeypatch.setattr(pipeline.WindowGenerator, "_state", empty_state)
    job: Any = SimpleNamespace(seed=1, settings={"mode": "fast", "retakes": 2})
    window: Any = SimpleNamespace(text="la la la", seconds=4.0)
    generator = pipeline.WindowGenerator(job, window, 0, "", lambda text: [1], many=False)
    stages, steps = [], generator.generate(None)
    while True:
        try:
            request = next(steps)
        except StopIteration as end:
            return stages, end.value
        stages.append(request.stage)
        if request.stage == "semantic":
            request.state.semantic = np.array(drawn[len(states) - 1], dtype=np.int64)
        else:
            request.state.samples = np.sin(np.arange(96_000) / 20).astype(np.float32) / 4
