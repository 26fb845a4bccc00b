"""A song whose takes judges have heard."""

import pytest
from tests.analysis.judged.made_judgments import JudgedSong

from secondtake.core.project import Project
from secondtake.core.registry.all_judges import VARIABLE


@pytest.fixture
def judged(project: Project, monkeypatch: pytest.MonkeyPatch) -> JudgedSong:
    """One segment; its judge is CLAP."""
    monkeypatch.delenv(VARIABLE, raising=False)
    return JudgedSong.of(project, 1)
