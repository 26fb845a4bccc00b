"""The other prompts of CLAP's floor, and which of them a style leaves out."""

from itertools import combinations

import numpy as np
import pytest

from secondtake.judges.clap import MOST_ALIKE, mean_cosine
from secondtake.judges.clap_prompts import OTHER_PROMPTS, other_prompts, say_the_same


def test_they_are_many_lines_that_say_different_things() -> None:
    assert len(OTHER_PROMPTS) >= 40
    assert all(prompt.isprintable() and len(prompt) <= 77 for prompt in OTHER_PROMPTS)
    assert not any(say_the_same(*pair) for pair in combinations(OTHER_PROMPTS, 2))


@pytest.mark.parametrize("style", ["a calm piano", "música lenta", "静かな音楽", "!!!", "9"])
def test_a_style_of_its_own_has_all_of_them(style: str) -> None:
    assert other_prompts(style) == OTHER_PROMPTS


@pytest.mark.parametrize("number", [0, 17, 41])
def test_one_that_says_the_same_is_left_out(number: int) -> None:
    prompt = OTHER_PROMPTS[number]
    rest = tuple(other for other in OTHER_PROMPTS if other != prompt)
    for style in (prompt, f"{prompt.upper()}!", f"{prompt}, 90 BPM", prompt.replace(" ", "  ")):
        assert other_prompts(style) == rest
    words = " ".join(prompt.split()[2:])
    assert prompt not in other_prompts(words)


def test_words_count_whole() -> None:
    assert say_the_same("Roots Reggae", "slow roots-reggae, dub")
    assert not say_the_same("art", "heartfelt")
    assert not say_the_same("piano, sad", "sad piano")


def test_the_mean_cosine_of_texts_that_are_known() -> None:
    assert mean_cosine(np.eye(5, dtype=np.float32)) == pytest.approx(0.0)
    assert mean_cosine(np.tile([[0.6, 0.8]], (7, 1))) == pytest.approx(1.0)
    assert mean_cosine(np.array([[1.0, 0.0], [0.5, 3**0.5 / 2]])) == pytest.approx(0.5)


def test_unlike_texts_are_far_below_what_is_refused() -> None:
    """A cone as narrow as in a checkpoint that works, and one as in the one that does not."""
    random = np.random.default_rng(3)
    for spread, is_refused in ((1.5, False), (0.02, True)):
        rows = np.eye(1, 512) + spread * random.standard_normal((50, 512)) / 512**0.5
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        assert (mean_cosine(rows) > MOST_ALIKE) == is_refused
