"""A study whose takes are noise, an alarm or a stranger's speech: none is said to be close."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import soxr
from benchmarks.analysis.impostors import MAKERS, TONES

from secondtake.analysis.comparison.compare import compare_song
from secondtake.analysis.comparison.material import gather
from secondtake.analysis.metrics.metric import CLOSE
from secondtake.analysis.report.comparison_page import comparison_page
from secondtake.core.project import Project
from secondtake.core.song import Song
from secondtake.models.sketch.arrange import arrange
from secondtake.models.sketch.score import SketchInput
from secondtake.models.sketch.tts import SpeechRequest, speak

RATE, SECONDS = 44_100, 12
CLAIMS = ("comes closer", "cannot be told from the baseline", "another take of the same")


@pytest.fixture(scope="module")
def music() -> np.ndarray:
    """A sung sketch for a baseline: (frames, 2)."""
    lyrics = "the river runs under the silver bridge tonight"
    return arrange(SketchInput("verse", SECONDS, 92, "C major", lyrics, ("en",), "", 2))


def impostor(kind: str) -> np.ndarray:
    samples = MAKERS[kind](np.random.default_rng(4), TONES["test"])
    return samples[: SECONDS * RATE].astype(np.float32)


def speech() -> np.ndarray:
    words = "Good evening. This is the news of the day, read slowly and without any music."
    (spoken,) = speak([SpeechRequest(words, "en", 140, 50)])
    return np.asarray(soxr.resample(spoken.samples, spoken.sample_rate, RATE)[: SECONDS * RATE])


TAKES: dict[str, Callable[[], np.ndarray]] = {
    "pink noise": lambda: impostor("pink noise"),
    "alarm": lambda: impostor("alarm"),
    "speech": speech,
}


@pytest.mark.parametrize("stranger", list(TAKES))
def test_no_stranger_is_said_to_be_close(
    stranger: str, music: np.ndarray, song: Song, project: Project, make_take: Any
) -> None:
    file: Path = project.root / "data" / "baseline" / "one.wav"
    file.parent.mkdir(parents=True)
    soundfile.write(file, music, RATE)
    make_take("stable_audio", TAKES[stranger]())
    result = compare_song(song, gather(song, project), project)
    (take,) = result["segments"][0]["takes"]
    verdicts = {m["name"]: m["verdict"] for m in take["measurements"]}
    assert verdicts["likeness"] not in CLOSE
    assert not [finding for finding in result["findings"] if finding["sort"] == "close"]
    page = comparison_page(result)
    assert not [claim for claim in CLAIMS if claim in page]
