"""Variables that are on or off."""

import pytest

from secondtake.switches import low_memory, switched_on


@pytest.mark.parametrize("value", ["1", "on", "YES", "True", " t "])
def test_on(value):
    assert switched_on("X", {"X": value})


@pytest.mark.parametrize("value", ["", "0", "off", "no", "False", "2"])
def test_off(value):
    assert not switched_on("X", {"X": value})
    assert not switched_on("X", {})


@pytest.mark.parametrize("name", ["SECONDTAKE_LOW_MEMORY", "SUNO_OFFLOAD_CPU"])
def test_low_memory_has_an_old_name_too(name):
    assert low_memory({name: "1"})
    assert not low_memory({name: "0"}) and not low_memory({})
