from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from benchmarks.analysis import excerpts as page
from benchmarks.analysis.corpus import Album, Track
from benchmarks.analysis.excerpts import Excerpt, Material, stretches
from benchmarks.analysis.sung import Source
from tests.benchmarks.dealt import material

from secondtake.analysis.audio_io import Audio, as_audio
from secondtake.analysis.features.extract import FIELDS, Features
from secondtake.core.errors import UserError

SOURCE = Source(
    "test", "owner/demo", "c" * 40, "a b.mp3", "0" * 64, "sung", "en", "pop", "model", "MIT", ""
)
SOUND = as_audio(np.zeros((8000, 1), np.float32), 8000)


@pytest.fixture
def measured(
    dealt: list[Excerpt], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> list[tuple[float, int]]:
    """Seconds and sample rate of every sound that was measured; the features are dealt ones."""
    sounds: list[tuple[float, int]] = []

    def extract(audio: Audio, networks: object) -> Features:
        sounds.append((audio.seconds, audio.sample_rate))
        return replace(dealt[0].features, lra=float("nan"))

    monkeypatch.setattr(page, "FOLDER", tmp_path / "music")
    monkeypatch.setattr(page, "KEPT", tmp_path / "excerpts")
    monkeypatch.setattr(page, "SKETCHES", tmp_path / "sketches")
    monkeypatch.setattr(page, "NeuralFeatures", lambda folder: None)
    monkeypatch.setattr(page, "extract_features", extract)
    return sounds


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (198, [(39, 63), (135, 159)]),
        (60, [(4.5, 28.5), (31.5, 55.5)]),
        (30, [(1.55, 13.55), (16.45, 28.45)]),
        (18.2, [(0.1, 9.1), (9.1, 18.1)]),
        (18, [(0, 18)]),
        (7, [(0, 7)]),
    ],
)
def test_a_stretch_lies_in_the_middle_of_either_half(
    seconds: float, expected: list[tuple[float, float]]
) -> None:
    assert np.ravel(stretches(seconds)) == pytest.approx(np.ravel(expected))


@pytest.mark.parametrize("seconds", np.arange(18.2, 90, 0.7).tolist())
def test_two_stretches_share_nothing_and_are_whole_windows(seconds: float) -> None:
    (start, middle), (next_start, end) = stretches(seconds)
    assert 0 < start < middle <= next_start < end < seconds
    windows = (middle - start) / 3
    assert windows == pytest.approx(round(windows)) and end - next_start == pytest.approx(
        3 * windows
    )


def test_a_cut_excerpt_has_the_first_windows(dealt: list[Excerpt]) -> None:
    cut = dealt[0].cut(4)
    assert cut.features.starts.tolist() == [0, 3, 6, 9]
    assert (cut.features.seconds, cut.song) == (12, dealt[0].song)
    assert dealt[0].cut(20).features.windows == 8


def test_a_sound_is_measured_once_until_its_name_or_the_code_changes(
    measured: list[tuple[float, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = page.kept_features("name", lambda: SOUND)
    again = page.kept_features("name", lambda: SOUND)
    assert len(measured) == 1
    for field in FIELDS:
        before, after = getattr(first, field), getattr(again, field)
        assert np.array_equal(before, after, equal_nan=True), field
    page.kept_features("another name", lambda: SOUND)
    monkeypatch.setattr(page, "_code", lambda: "changed")
    page.kept_features("name", lambda: SOUND)
    assert len(measured) == 3


def test_a_recording_gives_its_two_stretches(
    measured: list[tuple[float, int]], tmp_path: Path
) -> None:
    path = tmp_path / "song.flac"
    soundfile.write(path, np.zeros(61 * 8000, dtype=np.float32), 8000)
    parts = page.excerpts([replace(material("song"), path=path)])
    assert [(part.half, part.song, part.naive) for part in parts] == [
        (0, "song", {}),
        (1, "song", {}),
    ]
    assert [part.start for part in parts] == pytest.approx([4.75, 32.25])
    assert measured == [(24, 8000)] * 2


def test_materials_are_the_songs_of_debian_and_the_public_recordings_of_a_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[tuple[str, ...]] = []

    def recordings(*splits: str) -> list[Source]:
        asked.append(splits)
        return [replace(SOURCE, group="retake"), SOURCE]

    folder = Path("/music")
    albums = [Album(split, "games", "MIT", split=split) for split in ("design", "test")]
    songs = [Track(folder / "games" / "theme.ogg", album, "1") for album in albums]
    monkeypatch.setattr("benchmarks.analysis.corpus.FOLDER", folder)
    monkeypatch.setattr(page, "tracks", lambda: songs)
    monkeypatch.setattr(page, "recordings", recordings)
    debian, retake, alone = page.materials("test", naive=True)
    assert asked == [("test",)]
    path = folder / "games" / "theme.ogg"
    assert debian == Material(path, "test: theme", "test", "instrumental", "test", has_naive=True)
    assert (retake.song, retake.album) == ("owner/demo: a b.mp3", "owner/demo model")
    assert (retake.group, alone.group) == ("owner/demo retake", "")  # groups are of a repository
    assert retake.has_naive and retake.kind == "sung"


def test_impostors_and_sketches_are_named_by_kind_and_number(
    measured: list[tuple[float, int]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "impostors", lambda split: [("sine", 2, SOUND)])
    with pytest.raises(UserError, match=r"no sketches .* type: .*analysis\.sketches"):
        page.impostor_excerpts("test")
    (tmp_path / "sketches").mkdir()
    for name in ("test 0", "design 0"):
        soundfile.write(tmp_path / "sketches" / f"{name}.wav", np.zeros(16_000), 8000)
    found = page.impostor_excerpts("test")
    assert [(e.song, e.material.kind) for e in found] == [("sine 2", "sine"), ("test 0", "sketch")]
    assert measured[-1] == (2, 8000)


def test_the_design_set_has_spoken_announcements(
    measured: list[tuple[float, int]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "impostors", lambda split: [])
    monkeypatch.setattr(page, "_announcements", lambda number: SOUND)
    (tmp_path / "sketches").mkdir()
    soundfile.write(tmp_path / "sketches" / "design 0.wav", np.zeros(16_000), 8000)
    kinds = [excerpt.material.kind for excerpt in page.impostor_excerpts("design")]
    assert kinds == ["speech"] * page.VOICES + ["sketch"]
