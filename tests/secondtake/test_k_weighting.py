import pytest

from secondtake.k_weighting import filters


def test_at_48_khz_they_are_the_printed_ones():
    """ITU-R BS.1770-4, tables 1 and 2."""
    shelf, cut = filters(48_000)
    assert shelf.b == pytest.approx(
        (1.53512485958697, -2.69169618940638, 1.19839281085285), abs=1e-13
    )
    assert shelf.a == pytest.approx((1, -1.69065929318241, 0.73248077421585), abs=1e-13)
    assert cut.b == (1, -2, 1)
    assert cut.a == pytest.approx((1, -1.99004745483398, 0.99007225036621), abs=1e-13)
