"""Which selectable_devices Bark may be put on without being asked."""

import pytest

from secondtake.models.bark.batch import selectable_devices

ALL = ("cpu", "cuda", "mps")


def test_mps_is_left_alone_unless_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SUNO_ENABLE_MPS", raising=False)
    assert selectable_devices("auto", ALL) == ("cpu", "cuda")
    assert selectable_devices("mps", ALL) == ALL
    monkeypatch.setenv("SUNO_ENABLE_MPS", "True")
    assert selectable_devices("auto", ALL) == ALL
