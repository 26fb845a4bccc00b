"""The pieces of a take that are decoded one by one."""

from itertools import pairwise

import pytest

from secondtake.models.inference.oobleck_pieces import split_pieces


@pytest.mark.parametrize("latents", [1, 23, 24, 25, 49, 216, 1024, 12_920])
def test_pieces_follow_one_another_and_are_short_enough(latents: int) -> None:
    pieces = split_pieces(latents, 24)
    assert pieces[0][0] == 0 and pieces[-1][1] == latents
    assert all(piece[1] == later[0] for piece, later in pairwise(pieces))
    lengths = [stop - start for start, stop in pieces]
    assert min(lengths) >= 1 and max(lengths) <= 24 and max(lengths) - min(lengths) <= 1


def test_a_short_take_is_one_piece_and_a_longer_one_an_even_number() -> None:
    assert split_pieces(24, 24) == ((0, 24),)
    assert split_pieces(49, 24) == ((0, 12), (12, 24), (24, 37), (37, 49))
    assert len(split_pieces(217, 24)) == 10
