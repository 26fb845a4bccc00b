from itertools import combinations

import matplotlib
import numpy as np
import pytest

from secondtake_analysis.pictures import colours

MAPS = (colours.SPECTROGRAM, colours.STRENGTH, colours.CLOSENESS)


def shades(name: str) -> list[colours.Colour]:
    return [tuple(matplotlib.colormaps[name](at)[:3]) for at in np.linspace(0, 1, 64)]


def test_lightness_and_contrast_are_the_standards():
    assert colours.lightness(colours.parsed("#777777")) == pytest.approx(50, abs=0.1)
    assert colours.lightness((0.0, 0.0, 0.0)) == 0
    assert colours.contrast((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)) == pytest.approx(21)
    assert colours.contrast((0.5, 0.2, 0.1), (0.5, 0.2, 0.1)) == 1
    assert colours.contrast(colours.parsed("#777777"), (1, 1, 1)) == pytest.approx(4.48, abs=0.01)


def test_reference_and_estimate_differ_in_grey():
    lightness = [
        colours.lightness(colours.parsed(c)) for c in (colours.REFERENCE, colours.ESTIMATE)
    ]
    assert abs(lightness[0] - lightness[1]) > 30


@pytest.mark.parametrize("colour", [colours.REFERENCE, colours.ESTIMATE, *colours.MODELS])
def test_what_is_drawn_on_white_can_be_seen_there(colour):
    assert colours.contrast(colours.parsed(colour), (1, 1, 1)) >= 3
    assert colours.contrast(colours.parsed(colour), colours.parsed("#f1f1f1")) >= 3


@pytest.mark.parametrize("name", MAPS)
def test_a_scale_rises_evenly_in_grey(name):
    steps = np.diff([colours.lightness(one) for one in shades(name)])
    assert abs(steps.sum()) > 70
    assert (np.sign(steps) == np.sign(steps.sum())).all()


def test_a_number_reads_well_on_every_shade():
    for shade in shades(colours.CLOSENESS):
        assert colours.contrast(colours.parsed(colours.ink(shade)), shade) >= 4.5


def test_models_of_one_colour_differ_in_shape():
    looks = [
        (colours.MARKERS[i % len(colours.MARKERS)], colours.MODELS[i % len(colours.MODELS)])
        for i in range(8)
    ]
    assert all(one[0] != other[0] for one, other in combinations(looks, 2))
