from collections.abc import Callable
from pathlib import Path

import pytest
from tests.runner.progress_pages.scratch import Scratch, new_scratch


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scratch:
    """A project with nothing made yet."""
    monkeypatch.delenv("SECONDTAKE_CACHE", raising=False)
    return new_scratch(tmp_path)


@pytest.fixture
def another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Scratch]:
    """A project with a song of the test's own."""
    monkeypatch.delenv("SECONDTAKE_CACHE", raising=False)
    return lambda song: new_scratch(tmp_path, song)
